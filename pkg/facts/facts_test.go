package facts_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func Example() {
	p := facts.Provider("gcp")
	fmt.Println(p.MTU.Value, "says", p.MTU.Source)
	fmt.Println(p.FlatLAN(), p.RoutesByTable(true))
	unknown := facts.Provider("acme")
	fmt.Println(unknown.FlatLAN(), unknown.RoutesByTable(true), "because", unknown.Fabric.Why)
	// Output:
	// 1460 says Google Cloud VPC, "Maximum transmission unit": networks have 1460
	// false true
	// false false because nobody has written down what this provider does
}

// everything is all that is written down, by name.
func everything() map[string]any {
	all := map[string]any{
		"Tailscale": facts.Tailscale(), "IANA": facts.IANA(), "Docker": facts.Docker(), "kube-proxy": facts.KubeProxy(),
		"unknown provider": *facts.Provider("acme"), "silences": facts.GatewaySilences(), "versions of Tailscale": facts.TailscaleVersions(), "versions of Kubernetes": facts.KubernetesVersions(),
	}
	for _, p := range facts.Providers() {
		all["provider "+p.Name] = p
	}
	for _, p := range facts.Plugins() {
		all["plugin "+string(p.Type)] = p
	}
	for _, d := range facts.Distributions() {
		all["distribution "+string(d.Name)] = d
	}
	for _, s := range []schema.ControlServer{schema.ControlTailscale, schema.ControlHeadscale} {
		all["control server "+string(s)] = facts.Control(s)
	}
	return all
}

// TestNothingIsLeftOut: a field has a value with a source, or a reason for having none.
func TestNothingIsLeftOut(t *testing.T) {
	for name, v := range everything() {
		for _, gap := range gaps(reflect.ValueOf(v), name) {
			t.Error(gap)
		}
	}
}

// TestGapsAreFound: the test above sees what it is there for.
func TestGapsAreFound(t *testing.T) {
	p := *facts.Provider("aws")
	p.Title = ""
	p.MTU = fact.Datum[int]{}
	p.Fabric = fact.Known(provider.Fabric(0), "somewhere")
	p.SubnetKeeps.Why = "both"
	p.Ranges = fact.Known([]fact.Range{{}}, "somewhere")
	got := gaps(reflect.ValueOf(p), "p")
	slices.Sort(got)
	for _, want := range []string{"p.Fabric", "p.MTU", "p.Ranges[0].Prefix", "p.Ranges[0].Reason", "p.Ranges[0].Scope", "p.SubnetKeeps", "p.Title"} {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, want+":") }) {
			t.Errorf("%s is not among %q", want, got)
		}
	}
}

// gaps lists the fields below v, which is at path, that are left empty without a reason.
func gaps(v reflect.Value, path string) []string {
	switch v.Kind() {
	case reflect.Slice:
		var list []string
		for i := range v.Len() {
			list = append(list, gaps(v.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
		return list
	case reflect.Struct:
		if strings.HasPrefix(v.Type().Name(), "Datum[") {
			return datumGaps(v, path)
		}
		if v.NumField() > 0 && v.Type().Field(0).IsExported() {
			return fieldGaps(v, path)
		}
	}
	if v.IsZero() {
		return []string{path + ": is left empty"}
	}
	return nil
}

func fieldGaps(v reflect.Value, path string) []string {
	var list []string
	for i := range v.NumField() {
		list = append(list, gaps(v.Field(i), path+"."+v.Type().Field(i).Name)...)
	}
	return list
}

// datumGaps: the value of a datum may be zero, unless it is a word of ours, whose zero
// value is invalid.
func datumGaps(v reflect.Value, path string) []string {
	value, source, why := v.FieldByName("Value"), v.FieldByName("Source").String(), v.FieldByName("Why").String()
	switch {
	case source == "" && why == "":
		return []string{path + ": has neither a source nor a reason"}
	case source != "" && why != "":
		return []string{path + ": has a source and a reason for having none"}
	case why != "" && !value.IsZero():
		return []string{path + ": has a value and a reason for having none"}
	case strings.HasSuffix(source+why, "."):
		return []string{path + ": ends like a sentence"}
	case source == "":
		return nil
	case value.Kind() == reflect.Slice, value.Kind() == reflect.Struct:
		return gaps(value, path)
	case value.IsZero() && value.Type().PkgPath() != "":
		return []string{path + ": has an invalid word"}
	}
	return nil
}

// TestRanges: a range has no host bits, and its reason goes on where a message stops.
func TestRanges(t *testing.T) {
	for name, list := range ranges() {
		if !list.IsKnown() && len(list.Value) > 0 {
			t.Errorf("%s: ranges without a source", name)
		}
		for _, r := range list.Value {
			if r.Prefix != r.Prefix.Masked() || strings.HasSuffix(r.Reason, ".") || !slices.Contains([]fact.Severity{fact.Error, fact.Warning, fact.Info}, r.Severity) {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
}

func ranges() map[string]fact.Datum[[]fact.Range] {
	all := map[string]fact.Datum[[]fact.Range]{
		"Tailscale": facts.Tailscale().Ranges, "IANA": facts.IANA().Ranges, "Docker": facts.Docker().Ranges,
	}
	for _, p := range facts.Providers() {
		all[p.Name], all[p.Name+" auto"] = p.Ranges, p.AutoRanges
	}
	for _, p := range facts.Plugins() {
		all[string(p.Type)] = p.Pods
	}
	for _, d := range facts.Distributions() {
		all[string(d.Name)], all[string(d.Name)+" pods"], all[string(d.Name)+" services"] = d.Ranges, d.Pods, d.Services
	}
	return all
}

// TestUnknownProvider: nobody's network is taken for a LAN, or for anything else.
func TestUnknownProvider(t *testing.T) {
	for _, name := range []string{"", "acme", "ovh", "AWS"} {
		p := facts.Provider(name)
		if p.FlatLAN() || p.RoutesByTable(true) || p.Fabric.IsKnown() || p.Ranges.IsKnown() || p.Network.IsKnown() || p.Name != name {
			t.Errorf("%q: %+v", name, p)
		}
	}
	for name, flat := range map[string]bool{
		schema.ProviderBareMetal: true, schema.ProviderOnPremises: true, schema.ProviderOpenStack: true,
		schema.ProviderAWS: false, schema.ProviderHetzner: false, schema.ProviderHuawei: false, schema.ProviderOracle: false,
	} {
		if got := facts.Provider(name).FlatLAN(); got != flat {
			t.Errorf("%s: flat LAN %v", name, got)
		}
	}
}

// TestContractIsCovered: what the contract lets a user write, facts know.
func TestContractIsCovered(t *testing.T) {
	plugins := names(facts.Plugins(), func(p plugin.Plugin) string { return string(p.Type) })
	distributions := names(facts.Distributions(), func(d distribution.Distribution) string { return string(d.Name) })
	controls := []string{string(facts.Control(schema.ControlHeadscale).Name), string(facts.Control("").Name)}
	for _, c := range []struct {
		definition string // in schema/topology.cue
		goType     string // of the constants in package schema
		have       []string
	}{
		{`#CNIType:`, "CNIType", plugins},
		{`distribution\?:`, "Distribution", distributions},
		{`control\?:`, "ControlServer", controls},
		{`cloudController\?:`, "CloudController", controllers()},
	} {
		if want := cueWords(t, c.definition); !slices.Equal(c.have, want) {
			t.Errorf("facts: %q\n%s in CUE: %q", c.have, c.definition, want)
		}
		for _, name := range constants(t, func(typ, name string) bool { return typ == c.goType }) {
			if !slices.Contains(c.have, name) {
				t.Errorf("%s %q of package schema is not written down", c.goType, name)
			}
		}
	}
	providers := names(facts.Providers(), func(p provider.Provider) string { return p.Name })
	for _, name := range constants(t, func(typ, name string) bool { return strings.HasPrefix(name, "Provider") }) {
		if !slices.Contains(providers, name) {
			t.Errorf("provider %q of package schema is not written down", name)
		}
	}
}

// TestTableOrLAN: where a provider has both, only a described network is one that routes.
func TestTableOrLAN(t *testing.T) {
	for name, want := range map[string][2]bool{
		"hetzner": {false, true}, "gcp": {true, true}, "aws": {false, false}, "bare-metal": {false, false},
	} {
		p := facts.Provider(name)
		if got := [2]bool{p.RoutesByTable(false), p.RoutesByTable(true)}; got != want {
			t.Errorf("%s: routes by table, not described and described: %v", name, got)
		}
	}
}

// controllers are the names of cloud controller managers, and the word for having none.
func controllers() []string {
	all := []string{string(schema.CloudControllerNone)}
	for _, p := range facts.Providers() {
		if p.Controller.IsKnown() {
			all = append(all, string(p.Controller.Value.Name))
		}
	}
	slices.Sort(all)
	return all // twice the same name is a fault, too: it would have two providers
}

// TestControllers: who deletes nodes that have no providerID, and from which release on
// nobody does any more.
func TestControllers(t *testing.T) {
	for name, deletes := range map[schema.CloudController][2]bool{ // with Kubernetes 1.29.9, and 1.33.1
		schema.CloudControllerGCP:       {true, true},
		schema.CloudControllerAzure:     {true, true},
		schema.CloudControllerHCloud:    {true, true},
		schema.CloudControllerAWS:       {true, false},
		schema.CloudControllerOpenStack: {true, false},
		schema.CloudControllerAlibaba:   {false, false},
	} {
		p, ok := facts.WithController(name)
		c := p.Controller.Value
		if !ok || c.Name != name || c.Deletes("1.29.9") != deletes[0] || c.Deletes("1.33.1") != deletes[1] {
			t.Errorf("%s: %s, %+v", name, p.Name, c)
		}
	}
	for _, name := range []schema.CloudController{"", schema.CloudControllerNone, "acme"} {
		if p, ok := facts.WithController(name); ok {
			t.Errorf("%q is %s's", name, p.Name)
		}
	}
}

// names are sorted, and there once.
func names[T any](list []T, of func(T) string) []string {
	var all []string
	for _, v := range list {
		all = append(all, of(v))
	}
	slices.SortFunc(all, cmp.Compare)
	return slices.Compact(all)
}

// cueWords are the words of an enumeration, whose definition begins like that.
func cueWords(t *testing.T, definition string) []string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^\s*` + definition + `\s*((?:"[a-z0-9-]+" \|\s)+)`).FindStringSubmatch(string(schema.CUE()))
	if found == nil {
		t.Fatalf("the contract has no %s", definition)
	}
	words := regexp.MustCompile(`[a-z0-9-]+`).FindAllString(found[1], -1)
	slices.Sort(words)
	return words
}

// contract lists the files of package schema that have a constant for each name.
func contract() []string { return []string{"schema/topology.go", "schema/cni.go"} }

// constants are the values of those constants of package schema that is picks by type
// and name.
func constants(t *testing.T, is func(typ, name string) bool) []string {
	t.Helper()
	var values []string
	collect := func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		typ := ""
		if id, ok := spec.Type.(*ast.Ident); ok {
			typ = id.Name
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && is(typ, spec.Names[0].Name) {
			value, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		return true
	}
	for _, path := range contract() {
		file, err := parser.ParseFile(token.NewFileSet(), "../../"+path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, collect)
	}
	if len(values) < 2 {
		t.Fatalf("found %q", values)
	}
	return values
}

// TestOneFileEach: what is written down stands in a file of its own, so that adding one
// touches that file alone.
func TestOneFileEach(t *testing.T) {
	for dir, set := range map[string]string{"provider": "providers", "plugin": "plugins", "distribution": "distributions"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		method := regexp.MustCompile(`(?m)^func \(` + set + `\) `)
		for _, f := range files {
			text, err := os.ReadFile(dir + "/" + f.Name())
			if err != nil {
				t.Fatal(err)
			}
			if n := len(method.FindAll(text, -1)); n > 1 {
				t.Errorf("%s/%s has %d of the %s", dir, f.Name(), n, set)
			}
		}
	}
}

// TestFieldReaders: the phrase about whose routes read a field names those and no others.
func TestFieldReaders(t *testing.T) {
	for _, p := range facts.Providers() {
		if !p.Network.IsKnown() {
			continue
		}
		for _, f := range []provider.Field{provider.FieldInstance, provider.FieldInterface} {
			if strings.Contains(f.Readers(), p.Title) != (p.Network.Value.Target.Field == f) {
				t.Errorf("%s of %s: %q", f, p.Title, f.Readers())
			}
		}
	}
}

// TestWordsInBraces: an instruction has no word in braces that nobody replaces.
func TestWordsInBraces(t *testing.T) {
	known := []string{"{keeps}", "{keeps4}", "{pods}", "{nodes}", "{network}", "{masqAgent}"}
	var texts []string
	for _, p := range facts.Plugins() {
		texts = append(texts, p.ByHand.Value...)
		for _, m := range p.Modes.Value {
			texts = append(texts, m.ByHand.Value...)
		}
	}
	for _, p := range facts.Providers() {
		texts = append(texts, p.Masquerading.Value)
	}
	for _, text := range texts {
		for _, word := range regexp.MustCompile(`\{[a-zA-Z0-9]+\}`).FindAllString(text, -1) {
			if !slices.Contains(known, word) {
				t.Errorf("%s in %q", word, text)
			}
		}
	}
}

// TestModesAndTunnels: what is asked for by name is found, and the first mode is meant
// where nothing is said.
func TestModesAndTunnels(t *testing.T) {
	cilium := facts.Plugin(schema.CNICilium)
	for _, m := range []schema.IPAM{schema.IPAMMultiPool, schema.IPAMKubernetes, schema.IPAMClusterPool, schema.IPAMCloud} {
		if got := cilium.Mode(m).Name.Value; got != m {
			t.Errorf("%s: %s", m, got)
		}
	}
	if got := cilium.Mode("").Name.Value; got != schema.IPAMMultiPool {
		t.Errorf("the usual mode of Cilium is %s", got)
	}
	for _, p := range facts.Plugins() {
		for _, has := range p.Tunnels.Value {
			if got, ok := p.Tunnel(has.Protocol); !ok || got.Protocol != has.Protocol {
				t.Errorf("%s has %s, and it is not found", p.Type, has.Protocol)
			}
		}
		if _, ok := p.Tunnel(schema.TunnelNone); ok {
			t.Errorf("%s has a tunnel called none", p.Type)
		}
	}
	for _, protocol := range []schema.TunnelProtocol{schema.TunnelVXLAN, schema.TunnelGeneve, schema.TunnelIPIP, schema.TunnelWireGuard} {
		if _, ok := facts.Plugin(schema.CNIOther).Tunnel(protocol); !ok {
			t.Errorf("a plugin that is not written down has no %s", protocol)
		}
	}
	if facts.Plugin("acme").Type != schema.CNIOther || facts.Distribution("acme").Name != schema.DistributionOther || facts.Distribution("").Name != schema.DistributionKubeadm {
		t.Error("a name that is not written down is somebody's")
	}
}
