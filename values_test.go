package hybrid_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	checks "github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// field is a field of the contract and the kind of its values.
type contractField struct {
	document, path string // of its definition, and below it, with [] for elements and {} for any name
	kind, refuses  string
	mayBeEmpty     bool // a list that may be
	comment        string
}

// contract is what the contract says of values.
type contract struct {
	t           *testing.T
	definitions map[string]*ast.Field
	fields      []contractField
	walked      map[string]string // definitions of mappings, and where they were met first
}

func readContract(t *testing.T) *contract {
	t.Helper()
	f, err := parser.ParseFile("topology.cue", schema.CUE(), parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{t: t, definitions: map[string]*ast.Field{}, walked: map[string]string{}}
	for _, d := range f.Decls {
		if field, ok := d.(*ast.Field); ok {
			name, _, _ := ast.LabelName(field.Label)
			c.definitions[strings.TrimPrefix(name, "#")] = field
		}
	}
	for _, document := range []string{schema.KindTopology, schema.KindRangePack, schema.KindTransform, schema.KindValidate} {
		c.walked = map[string]string{}
		c.structure(contractField{document: document}, c.definitions[document].Value.(*ast.StructLit))
	}
	return c
}

func (c *contract) structure(at contractField, s *ast.StructLit) {
	for _, e := range s.Elts {
		f, ok := e.(*ast.Field)
		if !ok {
			continue // a condition on what the fields above it say
		}
		below := at
		below.comment, below.mayBeEmpty = commentOf(f), false
		if list, isPattern := f.Label.(*ast.ListLit); isPattern && len(list.Elts) == 1 {
			below.path += "{}"
		} else {
			name, _, err := ast.LabelName(f.Label)
			if err != nil {
				c.t.Fatal(err)
			}
			below.path = strings.TrimPrefix(below.path+"."+name, ".")
		}
		c.value(below, f.Value)
	}
}

// value finds out the kind of a field. A rule that has no name, text above all, fails: nobody
// could list what it refuses.
func (c *contract) value(at contractField, e ast.Expr) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		c.value(at, e.X)
	case *ast.ListLit:
		at.path += "[]"
		at.mayBeEmpty = len(e.Elts) == 1
		c.value(at, e.Elts[len(e.Elts)-1].(*ast.Ellipsis).Type)
	case *ast.StructLit:
		c.structure(at, e)
	case *ast.Ident:
		c.named(at, e.Name)
	case *ast.BasicLit:
		c.add(at, "a word", "any other word")
	case *ast.BinaryExpr:
		switch text := message(e); {
		case strings.HasPrefix(text, "must be a number") || strings.HasPrefix(text, "must be a prefix length"):
			c.add(at, "a number", "what is not"+strings.TrimPrefix(text, "must be"))
		case strings.HasPrefix(text, `must be "`):
			c.add(at, "a word", "what is not"+strings.TrimPrefix(text, "must be"))
		default:
			c.t.Errorf("%s %s: a value has a rule without a name: make it a kind, with what it refuses", at.document, at.path)
		}
	default:
		c.t.Errorf("%s %s: %T is no value that this test knows", at.document, at.path, e)
	}
}

func (c *contract) named(at contractField, name string) {
	kind, isDefinition := strings.CutPrefix(name, "#")
	switch {
	case name == "bool":
		c.add(at, "true or false", "any other word")
		return
	case !isDefinition:
		c.t.Errorf("%s %s: any %s will do: make it a kind, with what it refuses", at.document, at.path, name)
		return
	}
	d := c.definitions[kind]
	s, isStruct := d.Value.(*ast.StructLit)
	_, refuses, isKind := strings.Cut(commentOf(d), "Refused: ")
	switch {
	case isKind:
		c.add(at, kind, refuses)
		if isStruct && kind == "VersionRange" {
			c.structure(at, s)
		}
	case isStruct:
		if first, twice := c.walked[kind]; twice {
			c.add(at, "as "+first, "the same")
			return
		}
		c.walked[kind] = at.path
		c.structure(at, s)
	default:
		c.value(at, d.Value)
	}
}

func (c *contract) add(at contractField, kind, refuses string) {
	at.kind, at.refuses = kind, strings.TrimSuffix(refuses, ".")
	c.fields = append(c.fields, at)
}

// message is what error() says at the end of a disjunction.
func message(e *ast.BinaryExpr) string {
	call, ok := e.Y.(*ast.CallExpr)
	if !ok {
		return ""
	}
	text, _ := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
	return text
}

func commentOf(f *ast.Field) string {
	var text []string
	for _, c := range ast.Comments(f) {
		text = append(text, strings.Fields(c.Text())...)
	}
	return strings.Join(text, " ")
}

// Every field is of a kind, every kind says what it refuses, and has values that it does.
func TestEveryFieldHasAKind(t *testing.T) {
	c, samples := readContract(t), sample.Refused()
	used := map[string]bool{}
	for _, f := range c.fields {
		used[f.kind] = true
		if len(samples[f.kind]) == 0 && !strings.HasPrefix(f.kind, "as ") {
			t.Errorf("%s %s: nothing shows what kind %s refuses", f.document, f.path, f.kind)
		}
		if f.mayBeEmpty && !strings.Contains(f.comment, "None when left out") && !strings.Contains(f.comment, "no use elsewhere") && !strings.Contains(f.comment, "Must be left out") {
			t.Errorf("%s %s may be empty, and its comment does not say that it is none when left out: an empty list would mean more than a full one (%s)", f.document, f.path, f.comment)
		}
	}
	for kind := range samples {
		if !used[kind] {
			t.Errorf("no field is of kind %s", kind)
		}
	}
	if len(c.fields) < 180 {
		t.Errorf("%d fields are not all of them", len(c.fields))
	}
}

// documents are one of each kind, with every field there is.
func documents(t *testing.T) map[string]string {
	t.Helper()
	maximal, err := os.ReadFile("schema/load/testdata/maximal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const head = "apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: %s\nmetadata: {name: example, namespace: tailscale, labels: {a: b}, annotations: {a: b}}\nspec: "
	return map[string]string{
		schema.KindTopology:  string(maximal),
		schema.KindRangePack: fmt.Sprintf(head, schema.KindRangePack) + "{provider: acme, ranges: [{prefix: 10.255.0.0/16, reason: is taken, severity: error, source: acme.example/docs, since: \"2026-11-01\"}]}\n",
		schema.KindTransform: fmt.Sprintf(head, schema.KindTransform) + "{topology: example}\n",
		schema.KindValidate:  fmt.Sprintf(head, schema.KindValidate) + "{topology: example, strict: true, today: \"2026-11-01\"}\n",
	}
}

// findings are what is said of a document, beside a topology where it is none itself.
func findings(t *testing.T, document, text string) diag.List {
	t.Helper()
	if document != schema.KindTopology {
		base, err := os.ReadFile("pkg/validate/testdata/base.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text = strings.TrimRight(string(base), "\n") + "\n---\n" + text
	}
	in, err := hybrid.Read("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if shape := in.Documents[0].Findings; len(shape) > 0 {
		return shape // relations take their time, and wait for it
	}
	return hybrid.Validate(in, hybrid.Options{})
}

// In every field, every value that its kind refuses is a finding there, and every key of a
// tailnet one that does not repeat it. A list that may not be empty is refused when it is.
func TestEveryFieldRefuses(t *testing.T) {
	var tried atomic.Int32
	t.Cleanup(func() {
		if n := tried.Load(); n < 900 {
			t.Errorf("%d values are not what this test was written for", n)
		}
	})
	fields := readContract(t).fields
	for document, text := range documents(t) {
		known := map[string]bool{}
		for _, d := range findings(t, document, text) {
			known[sentence(d)] = true
		}
		for _, f := range fields {
			if f.document != document || f.path == "kind" || strings.HasPrefix(f.kind, "as ") {
				continue
			}
			if f.path == "apiVersion" && document != schema.KindTopology {
				continue // a document of another group is somebody else's
			}
			t.Run(document+" "+f.path, func(t *testing.T) {
				t.Parallel()
				samples := sample.Refused()[f.kind]
				if !slices.Contains([]string{"a number", "true or false", "Port", "MTU", "MarkMask", "MarkValue", "NodeSelector", "VersionRange"}, f.kind) {
					samples = append(samples, "tskey-auth-"+sample.KeyEnd)
				}
				for _, value := range samples {
					tried.Add(1)
					refuses(t, document, text, f.path, value, known)
				}
				if list, isList := strings.CutSuffix(f.path, "[]"); isList && !f.mayBeEmpty {
					refuses(t, document, text, list, "[]", known)
				}
			})
		}
	}
}

func sentence(d *diag.Diagnostic) string { return string(d.Code) + d.Path + d.Message }

// refuses puts a value into a field and looks for a finding about it. With ~ in front a warning
// will do.
func refuses(t *testing.T, document, text, path, value string, known map[string]bool) {
	t.Helper()
	value, warned := strings.CutPrefix(value, "~")
	changed, path, ok := replaced(text, path, value)
	if !ok {
		t.Fatalf("%s has no %s: every field belongs into it", document, path)
	}
	list := findings(t, document, changed)
	about := func(d *diag.Diagnostic) bool {
		at := d.Path[strings.Index(d.Path, ":")+1:]
		return !known[sentence(d)] && (strings.HasPrefix(at, path) || strings.HasPrefix(path, at)) && (d.Severity == diag.Error || warned)
	}
	if !slices.ContainsFunc(list, about) {
		t.Errorf("nothing is said of %s", value)
	}
	if !strings.Contains(value, sample.KeyEnd) {
		return
	}
	all, err := json.Marshal(list)
	if err != nil || strings.Contains(string(all), sample.KeyEnd) {
		t.Errorf("a key is repeated: %s, %v", all, err)
	}
	if !slices.ContainsFunc(list, func(d *diag.Diagnostic) bool { return d.Code == load.KeyInText }) {
		t.Error("a key is accepted")
	}
}

// What has once been accepted, in fields of a document that has all of them.
func TestOnceAccepted(t *testing.T) {
	text := documents(t)[schema.KindTopology]
	for _, c := range []struct {
		path, value string
		code        diag.Code
	}{
		{"spec.cluster.apiServer.addresses[]", "0.0.0.0", claim.CodeSpecialRange},
		{"spec.cluster.apiServer.addresses[]", `"::"`, claim.CodeSpecialRange},
		{"spec.cluster.apiServer.addresses[]", "127.0.0.1", claim.CodeSpecialRange},
		{"spec.cluster.apiServer.addresses[]", "255.255.255.255", claim.CodeSpecialRange},
		{"spec.cluster.apiServer.addresses[]", "169.254.169.254", claim.CodeSpecialRange},
		{"spec.cluster.apiServer.addresses", "[10.0.0.5, 10.0.0.5]", checks.CodeListedTwice},
		{"spec.regions[].gateways.nodes[].publicIP", "0.0.0.0", claim.CodeSpecialRange},
		{"spec.regions[].gateways.nodes[].publicIP", "127.0.0.1", claim.CodeSpecialRange},
		{"spec.regions[].gateways.nodes[].tailnetIPv6", `"2001:db8::1"`, checks.CodeGatewayTailnetIP},
		{"spec.regions[].gateways.nodes[].tailnetIPv6", `"::"`, checks.CodeGatewayTailnetIP},
		{"spec.regions[].gateways.nodes[].name", strings.Repeat("a", 252), checks.CodeHostFiles},
		{"spec.regions[].fabricCIDRs[]", "224.0.0.0/4", claim.CodeSpecialRange},
		{"spec.regions[].cni.devices[]", `".."`, load.BadValue},
		{"spec.externalCIDRs[]", "127.0.0.0/8", claim.CodeSpecialRange},
		{"spec.reservedCIDRs[].prefix", "255.255.255.255/32", claim.CodeSpecialRange},
		{"spec.leaving[].gateways.nodes[]", "{name: gone, internalIP: 10.9.0.11, tailnetIP: 127.0.0.1}", claim.CodeSpecialRange},
		{"spec.marks[].value", "0x700", checks.CodeMarkOutside},
		{"spec.marks[].regions[]", "nowhere", checks.CodeRegionUnknown},
		{"spec.marks[].regions", "[]", load.BadValue},
		{"spec.knownIssues[].when[].tailscale", "{from: 1.190.0, until: 1.80.0}", checks.CodeVersionRange},
		{"spec.suppressions[].expires", `"2027-02-31"`, load.BadValue},
		{"spec.cluster.nonMasqueradeCIDRs[]", "0.0.0.0/0", checks.CodeMasqueradeWide},
		{"spec.tailnet.tailscaleVersion", "0.0.0", load.BadValue},
		{"spec.tailnet.tailscaleVersion", "1.2.0", checks.CodeVersionOld},
		{"spec.tailnet.controlURL", `"https://:::"`, load.BadValue},
		{"spec.tailnet.controlURL", `"https://[[::1"`, load.BadValue},
		{"spec.tailnet.controlURL", "https://-", load.BadValue},
		{"spec.tailnet.image", `"registry.example:99999/tailscale:v1.102.3"`, load.BadValue},
		{"spec.tailnet.policy.tagOwners[]", `"hello world"`, load.BadValue},
		{"spec.tailnet.policy.tagOwners[]", `"tag:nosuch"`, acl.CodeUndefined},
		{"spec.tailnet.policy.flows[].from", "[]", load.BadValue},
		{"spec.tailnet.auth.hostDir", "/proc/self", load.BadValue},
		{"spec.tailnet.auth.hostDir", "/etc/tskey-auth-" + sample.KeyEnd, load.KeyInText},
		{"metadata.annotations", "{tskey-auth-" + sample.KeyEnd + ": x}", load.KeyInText},
	} {
		changed, path, ok := replaced(text, c.path, c.value)
		if !ok {
			t.Fatal(c.path)
		}
		list := findings(t, schema.KindTopology, changed)
		is := func(d *diag.Diagnostic) bool { return d.Code == c.code && strings.HasPrefix(d.Path, path) }
		if !slices.ContainsFunc(list, is) {
			t.Errorf("%s: %s is no %s", path, c.value, c.code)
		}
		if all, _ := json.Marshal(list); strings.Contains(string(all), sample.KeyEnd) {
			t.Errorf("%s: a key is repeated: %s", path, all)
		}
	}
}

// Documents beside a topology are read as strictly: of ours everything, of others what is compared.
func TestDocumentsBeside(t *testing.T) {
	const ours = "apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: RangePack\nmetadata: {name: x}\n"
	for what, text := range map[string]string{
		"no spec":               ours + "spec: null\n",
		"a list":                ours + "spec: []\n",
		"text":                  ours + "spec: x\n",
		"fields of others":      ours + "spec: {cidr: 7, ipv4: 7, prefixes: 7}\nnetworking: []\n",
		"misspelt":              ours + "spec: {rangs: [{prefix: 10.61.0.0/16, reason: taken}]}\n",
		"misspelt below":        ours + "spec: {ranges: [{prefx: 10.61.0.0/16}]}\n",
		"a mapping of ranges":   ours + "spec: {ranges: {prefix: 10.61.0.0/16}}\n",
		"text as a range":       ours + "spec: {ranges: [10.61.0.0/16]}\n",
		"host bits":             ours + "spec: {ranges: [{prefix: 10.61.0.1/16}]}\n",
		"another version":       strings.Replace(ours, "v1alpha1", "v1beta1", 1) + "spec: {ranges: [{prefix: 10.200.0.0/16}]}\n",
		"no version":            "kind: RangePack\nmetadata: {name: x}\nspec: {ranges: [{prefix: 10.200.0.0/16}]}\n",
		"a tag":                 strings.Replace(ours, "kind: ", "kind: !!str ", 1) + "spec: {ranges: [{prefix: 10.200.0.0/16}]}\n",
		"a mistyped kind":       strings.Replace(ours, "RangePack", "RangPack", 1) + "spec: {ranges: [{prefix: 10.200.0.0/16}]}\n",
		"no kind of ours":       strings.Replace(ours, "RangePack", "Ranges", 1),
		"Transform":             strings.Replace(ours, "RangePack", "Transform", 1) + "topology: x\n",
		"Validate":              strings.Replace(ours, "RangePack", "Validate", 1) + "spec: {strict: yes}\n",
		"a topology in a List":  "apiVersion: v1\nkind: List\nitems: [{apiVersion: kustomize-hybrid.dev/v1alpha1, kind: Topology}]\n",
		"items that are none":   "kind: List\nitems: 7\n",
		"items that are no map": "apiVersion: v1\nkind: NodeList\nitems: [7]\n",
		"a Node of text":        "apiVersion: v1\nkind: Node\nmetadata: {name: x}\nspec: x\n",
		"a Node's addresses":    "apiVersion: v1\nkind: Node\nmetadata: {name: x}\nstatus: {addresses: 7}\n",
		"a pool's number":       "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: x}\nspec: {cidr: 7}\n",
	} {
		base, err := os.ReadFile("pkg/validate/testdata/base.yaml")
		if err != nil {
			t.Fatal(err)
		}
		in, err := hybrid.Read("base.yaml", base)
		if err != nil || len(hybrid.Validate(in, hybrid.Options{})) > 0 {
			t.Fatal("the topology alone is not right", err)
		}
		beside, err := hybrid.Read("beside.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		found := hybrid.Validate(beside, hybrid.Options{})
		whole, err := hybrid.Read("whole.yaml", []byte(strings.TrimRight(string(base), "\n")+"\n---\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range []diag.List{found, hybrid.Validate(whole, hybrid.Options{})} {
			if isOurs := strings.Contains(text, "kustomize-hybrid.dev") || strings.Contains(text, "RangePack"); !isOurs && list.Count(diag.Error) == 0 && len(list) == len(found) {
				continue // what others wrote is compared with a topology, where there is one
			}
			if list.Count(diag.Error) == 0 || !list[0].Pos.IsValid() {
				t.Errorf("%s: nothing is said, or not where: %v", what, list)
			}
		}
	}
}

// replaced is the text with another value at the path, of whose lists the first element is
// meant, and of whose names the first one.
func replaced(text, path, value string) (changed, written string, ok bool) {
	doc := yaml.MustParse(text)
	n, written := doc.YNode(), ""
	steps := strings.FieldsFunc(strings.NewReplacer("[]", ".[]", "{}", ".{}").Replace(path), func(c rune) bool { return c == '.' })
	for _, step := range steps {
		switch {
		case step == "[]" && len(n.Content) > 0:
			n, written = n.Content[0], diag.Index(written, 0)
		case step == "{}" && len(n.Content) > 1:
			n, written = n.Content[1], diag.Field(written, n.Content[0].Value)
		default:
			i := slices.IndexFunc(n.Content, func(c *yaml.Node) bool { return c.Value == step })
			if i < 0 || i+1 >= len(n.Content) {
				return "", "", false
			}
			n, written = n.Content[i+1], diag.Field(written, step)
		}
	}
	*n = *yaml.MustParse(value).YNode()
	return doc.MustString(), written, true
}

// docs/values.md lists every field with its kind, and every kind with what it refuses.
func TestValuesPageIsCurrent(t *testing.T) {
	c := readContract(t)
	var b strings.Builder
	b.WriteString(`# What each field may hold

A test keeps this page equal to the contract, ` + "`schema/topology.cue`" + `: a field that is of no kind fails it, and in
each field each value of the last column is tried. A key of a tailnet (tskey-, hskey-) is refused everywhere, in
names of fields, too. Nothing that a list of words or addresses names stands there twice, and a list that would mean
more when empty may not be empty.

## Kinds

| kind | refused | such as |
|---|---|---|
`)
	seen := map[string]bool{}
	for _, f := range c.fields {
		if samples := sample.Refused()[f.kind]; len(samples) > 0 && !seen[f.kind] {
			seen[f.kind] = true
			refuses := f.refuses
			if _, named := c.definitions[f.kind]; !named {
				refuses = "anything else; what it may be stands at the field"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", f.kind, cell(refuses), cell(shown(samples)))
		}
	}
	document := ""
	for _, f := range c.fields {
		if f.document != document {
			document = f.document
			fmt.Fprintf(&b, "\n## Fields of a %s\n\n| field | kind | refused |\n|---|---|---|\n", document)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.path, f.kind, cell(f.refuses))
	}
	goldentest.Compare(t, "docs/values.md", b.String())
}

// shown are the first few samples that fit into a table.
func shown(samples []string) string {
	var list []string
	for _, s := range samples {
		if s = strings.TrimPrefix(s, "~"); len(s) < 40 && len(list) < 6 && !strings.Contains(s, sample.KeyEnd) {
			list = append(list, "`"+s+"`")
		}
	}
	return strings.Join(list, ", ")
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
