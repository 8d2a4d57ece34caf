package crds_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/test/crds"
)

// component is a program whose versions are gone through.
type component struct {
	title string
	// takes are those that validation takes.
	takes fact.Versions
	// recorded are the minors whose names are recorded.
	recorded []string
	// set makes a topology one of that version, and reports whether it has the program.
	set func(*schema.Topology, schema.Version) bool
	// names are what a rendered tree uses of the program, and lacks those that a minor has not.
	names func(t *testing.T, files []file) []string
	lacks func(t *testing.T, minor string, names []string, files []file) []string
}

// file is a file of a rendered tree, with the objects in it where it is YAML.
type file struct {
	path    string
	data    []byte
	objects []map[string]any
}

// TestVersionMatrix: for every minor in range, what is rendered exists there: API versions
// and fields, values, options, variables and flags.
func TestVersionMatrix(t *testing.T) {
	for _, c := range components(t) {
		t.Run(c.title, func(t *testing.T) {
			c.inRange(t)
			var table strings.Builder
			for _, minor := range c.recorded {
				used, bad := map[string]bool{}, map[string]bool{}
				for name, topology := range topologies(t) {
					if !c.set(topology, schema.Version(minor+".0")) || tooOld(topology) {
						continue
					}
					files := rendered(t, topology)
					names := c.names(t, files)
					for _, n := range names {
						used[n] = true
					}
					for _, n := range c.lacks(t, minor, names, files) {
						if !bad[n] {
							t.Errorf("%s %s has no %s, which topology %s is rendered with", c.title, minor, n, name)
						}
						bad[n] = true
					}
				}
				if len(used) == 0 {
					t.Errorf("%s %s: nothing is rendered for it", c.title, minor)
				}
				fmt.Fprintf(&table, "\n%-10s %-6s %4d names used, %d of them unknown there", c.title, minor, len(used), len(bad))
			}
			t.Log(table.String())
		})
	}
}

// tooOld reports whether validation refuses the topology because its daemons lack what it
// asks for: workload-identity-version and peer-relay.
func tooOld(t *schema.Topology) bool {
	v := t.Spec.Tailnet.TailscaleVersion
	relays := slices.ContainsFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Gateways.PeerRelay != 0 })
	return relays && facts.Before(facts.TailscalePeerRelays).Contains(v) ||
		t.Spec.Tailnet.Auth.WorkloadIdentity.ClientID != "" && facts.Before(facts.TailscaleTokens).Contains(v)
}

// inRange: the minors that are recorded are those that validation takes without a word.
func (c component) inRange(t *testing.T) {
	read := c.takes.Read.Value
	first, last := schema.Version(c.recorded[0]+".0"), schema.Version(c.recorded[len(c.recorded)-1]+".0")
	if read.Oldest.MinorSkew(first) != 0 || read.Newest.MinorSkew(last) != 0 {
		t.Errorf("%s: %s to %s are recorded, and validation takes %s to %s", c.title, first, last, read.Oldest, read.Newest)
	}
	step := 1
	if c.takes.OddUnstable.Value {
		step = 2
	}
	for i, m := range c.recorded[1:] {
		if schema.Version(m+".0").MinorSkew(schema.Version(c.recorded[i]+".0")) != step {
			t.Errorf("%s: a minor between %s and %s is not recorded", c.title, c.recorded[i], m)
		}
	}
}

func components(t *testing.T) []component {
	kubernetes, calico, tailscale := readNames(t, "kubernetes"), readNames(t, "calico"), readNames(t, "tailscale")
	stated := func(kinds ...schema.CNIType) func(*schema.Topology, schema.Version) bool {
		return func(t *schema.Topology, v schema.Version) (has bool) {
			for i := range t.Spec.Regions {
				if c := &t.Spec.Regions[i].CNI; slices.Contains(kinds, c.Type) {
					c.Version, has = v, true
				}
			}
			return has
		}
	}
	return []component{
		{"Kubernetes", facts.KubernetesVersions(), kubernetes.minors,
			func(t *schema.Topology, v schema.Version) bool { t.Spec.Cluster.KubernetesVersion = v; return true },
			fieldsOf(kubernetes, isKubernetes), kubernetes.lacks},
		{"Tailscale", facts.TailscaleVersions(), tailscale.minors,
			func(t *schema.Topology, v schema.Version) bool { t.Spec.Tailnet.TailscaleVersion = v; return true }, tailscaleNames, tailscale.lacks},
		// Canal's version is that of its Calico.
		{"Calico", facts.Plugin(schema.CNICalico).Versions, calico.minors, stated(schema.CNICalico, "canal"), fieldsOf(calico, isCalico), calicoLacks(calico)},
		ciliumComponent(t, stated(schema.CNICilium)),
	}
}

// topologies are made anew at each call: every example, every way in which hosts are told
// their routes, each provider's network, and each way of a plugin's.
func topologies(t *testing.T) map[string]*schema.Topology {
	t.Helper()
	all := sample.Cases()
	maps.Copy(all, sample.Clouds())
	examples, err := filepath.Glob("../../examples/*/topology.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	for _, e := range examples {
		data, err := os.ReadFile(e)
		if err != nil {
			t.Fatal(err)
		}
		var topology schema.Topology
		if err := yaml.UnmarshalStrict(data, &topology); err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		all["examples/"+path.Base(path.Dir(e))] = &topology
	}
	all["relays"] = sample.Published(t, func(t *schema.Topology) {
		t.Spec.Regions[0].Gateways.PeerRelay = 40000
		t.Spec.Regions[0].Gateways.Nodes[0].PublicIP = netip.MustParseAddr("9.9.9.9")
	})
	all["tokens"] = sample.Published(t, func(t *schema.Topology) { t.Spec.Tailnet.Auth.WorkloadIdentity.ClientID = "TCLIENT" })
	all["another control server"] = sample.Published(t, func(t *schema.Topology) {
		t.Spec.Tailnet.Control, t.Spec.Tailnet.ControlURL = schema.ControlHeadscale, "https://headscale.example"
	})
	for name, c := range map[string]schema.CNI{
		"cilium, kernel routing": {Type: schema.CNICilium, HostRouting: schema.HostRoutingBPF, MTU: 1230},
		"cilium, vxlan":          {Type: schema.CNICilium, Tunnel: schema.TunnelVXLAN},
		"cilium, geneve":         {Type: schema.CNICilium, Tunnel: schema.TunnelGeneve, IPAM: schema.IPAMKubernetes},
		"cilium, wireguard":      {Type: schema.CNICilium, Tunnel: schema.TunnelWireGuard},
		"cilium, cluster pool":   {Type: schema.CNICilium, IPAM: schema.IPAMClusterPool, NodeBlockSizeIPv4: 25, NodeBlockSizeIPv6: 121},
		"calico, iptables":       {Type: schema.CNICalico},
		"calico, nftables":       {Type: schema.CNICalico, DataPlane: schema.DataPlaneNFTables, Tunnel: schema.TunnelIPIP, NodeBlockSizeIPv4: 28},
		"calico, ebpf":           {Type: schema.CNICalico, DataPlane: schema.DataPlaneEBPF, Tunnel: schema.TunnelVXLAN},
		"calico, wireguard":      {Type: schema.CNICalico, Tunnel: schema.TunnelWireGuard},
		"canal":                  {Type: "canal"},
	} {
		all[name] = published(t, c, nil)
		if c.Tunnel != schema.TunnelIPIP { // which carries no IPv6: cni-tunnel-family
			all[name+", dual stack"] = published(t, c, dualStack)
		}
	}
	all["cilium, one native network"] = published(t, schema.CNI{Type: schema.CNICilium, IPAM: schema.IPAMKubernetes}, func(t *schema.Topology) {
		t.Spec.Cluster.NativeRoutingCIDR = netip.MustParsePrefix("10.0.0.0/8")
	})
	return all
}

// rendered is the whole tree, with the objects for the API server.
func rendered(t *testing.T, topology *schema.Topology) []file {
	t.Helper()
	files, err := render.Tree(plan.New(topology))
	if err != nil {
		t.Fatal(err)
	}
	var all []file
	for _, f := range files {
		one := file{path: f.Path, data: f.Data}
		if strings.HasSuffix(f.Path, ".yaml") {
			for _, document := range bytes.Split(f.Data, []byte("\n---\n")) {
				var o map[string]any
				if yaml.Unmarshal(document, &o) == nil && o["kind"] != nil {
					one.objects = append(one.objects, o)
				}
			}
		}
		all = append(all, one)
	}
	return all
}

// names are recorded for some minors; `go run ./record` writes them.
type names struct {
	minors []string
	has    map[string]map[string]bool // by name, then by minor
	// restricted are the fields that take certain values only, in some minor.
	restricted map[string]bool
}

func readNames(t *testing.T, name string) names {
	t.Helper()
	data, err := crds.ReadCompressed(filepath.Join("testdata/versions", name+".txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	n := names{has: map[string]map[string]bool{}, restricted: map[string]bool{}}
	head, body, _ := strings.Cut(string(data), "\n\n")
	for line := range strings.Lines(head) {
		n.minors = append(n.minors, strings.Fields(line)[0])
	}
	for line := range strings.Lines(body) {
		key, runs, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		n.has[key] = map[string]bool{}
		if at, _, chosen := strings.Cut(key, "="); chosen {
			n.restricted[at] = true
		}
		for _, run := range strings.Fields(runs) {
			from, to, _ := strings.Cut(run, "-")
			for _, m := range n.minors[slices.Index(n.minors, from) : slices.Index(n.minors, to)+1] {
				n.has[key][m] = true
			}
		}
	}
	return n
}

// lacks are those of the names that a minor has not.
func (n names) lacks(_ *testing.T, minor string, used []string, _ []file) []string {
	var lacking []string
	for _, u := range used {
		if !n.has[u][minor] && !n.below(u, minor) && !n.free(u, minor) {
			lacking = append(lacking, u)
		}
	}
	return lacking
}

// below: an empty object is there where one of its fields is.
func (n names) below(name, minor string) bool {
	at, empty := strings.CutSuffix(name, "{}")
	if !empty {
		return false
	}
	for known, of := range n.has {
		if of[minor] && strings.HasPrefix(known, at+".") {
			return true
		}
	}
	return false
}

// free reports whether a field whose value is part of the name takes any value there.
func (n names) free(name, minor string) bool {
	at, _, chosen := strings.Cut(name, "=")
	if !chosen {
		return false
	}
	for known, of := range n.has {
		if of[minor] && strings.HasPrefix(known, at+"=") {
			return false
		}
	}
	return n.has[at][minor]
}

// fieldsOf lists the fields of some objects, as they are recorded: "v1 Pod spec.nodeName".
// Where a kind's values are recorded, they are part of it.
func fieldsOf(n names, want func(apiVersion string) bool) func(*testing.T, []file) []string {
	return func(_ *testing.T, files []file) []string {
		used := map[string]bool{}
		for _, f := range files {
			for _, o := range f.objects {
				if version, _ := o["apiVersion"].(string); want(version) {
					// Calico's API server takes the fields that are stored, in another group.
					version = strings.Replace(version, "projectcalico.org/v3", "crd.projectcalico.org/v1", 1)
					n.fields(o, fmt.Sprintf("%s %v ", version, o["kind"]), used)
				}
			}
		}
		return slices.Sorted(maps.Keys(used))
	}
}

func (n names) fields(v any, at string, used map[string]bool) {
	if n.has[at+".*"] != nil {
		used[at+".*"] = true
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			used[at+"{}"] = true
		}
		for key, inner := range v {
			if strings.HasSuffix(at, " ") {
				n.fields(inner, at+key, used)
			} else {
				n.fields(inner, at+"."+key, used)
			}
		}
	case []any:
		for _, inner := range v {
			n.fields(inner, at+"[]", used)
		}
	default:
		used[at] = true
		n.value(v, at, used)
	}
}

// value adds a field's type and value where definitions restrict them.
func (n names) value(v any, at string, used map[string]bool) {
	kind := "another type"
	switch v.(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64, int64:
		kind = "integer"
	}
	for _, known := range []string{"string", "boolean", "integer"} {
		if n.has[at+":"+known] != nil {
			used[at+":"+kind] = true
		}
	}
	if s, ok := v.(string); ok && n.restricted[at] {
		used[at+"="+s] = true
	}
}

func isKubernetes(apiVersion string) bool {
	group, _, grouped := strings.Cut(apiVersion, "/")
	switch group {
	case "kustomize.config.k8s.io", "kubelet.config.k8s.io": // files of programs
		return false
	}
	return !grouped && apiVersion == "v1" || grouped && (!strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io"))
}

func isCalico(apiVersion string) bool { return strings.Contains(apiVersion, "projectcalico.org/") }

// flagWord is a flag on a command line.
var flagWord = regexp.MustCompile(`--([a-z-]+)`)

// tailscaleNames are the variables of every gateway and the flags that it is started with.
func tailscaleNames(t *testing.T, files []file) []string {
	used := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f.path, ".env") && strings.Contains(f.path, "/gateway/") {
			for line := range strings.Lines(string(f.data)) {
				variable, value, ok := strings.Cut(strings.TrimSpace(line), "=")
				if !ok || strings.HasPrefix(variable, "#") || variable == "TS_VERSION" { // which gateway-host.sh alone reads
					continue
				}
				used[variable] = true
				if variable == "TS_EXTRA_ARGS" {
					flags("tailscale up", value, used)
				}
			}
		}
	}
	for _, f := range files {
		switch {
		case path.Base(f.path) == "gateway-host.sh":
			programFlags(f.data, used)
		case strings.HasSuffix(f.path, "/gateway/tables") && bytes.Contains(f.data, []byte("peerRelay")):
			used["tailscale set --relay-server-port"] = true // by gateway-watch.sh
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// programFlags are those that a gateway on its host starts tailscaled and tailscale up with.
func programFlags(script []byte, used map[string]bool) {
	for line := range strings.Lines(string(script)) {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "exec tailscaled "):
			flags("tailscaled", line, used)
		case strings.Contains(line, "$TS_EXTRA_ARGS") && strings.Contains(line, "printf"), strings.Contains(line, `echo "--auth-key`):
			flags("tailscale up", line, used)
		}
	}
}

func flags(program, line string, used map[string]bool) {
	for _, m := range flagWord.FindAllStringSubmatch(line, -1) {
		used[program+" --"+m[1]] = true
	}
}

// ciliumComponent: the chart's values and the agent's options are recorded beside what
// renders them; the definitions are those of testdata.
func ciliumComponent(t *testing.T, set func(*schema.Topology, schema.Version) bool) component {
	versions := map[string]string{"1.16": "1.16.9", "1.17": "1.17.3", "1.18": "1.18.0", "1.19": "1.19.0", "1.20": "1.20.2"}
	values, options := readListed(t, "values"), readListed(t, "options")
	return component{
		title: "Cilium", takes: facts.Plugin(schema.CNICilium).Versions, recorded: slices.Sorted(maps.Keys(versions)), set: set,
		names: ciliumNames,
		lacks: func(t *testing.T, minor string, used []string, files []file) []string {
			var lacking []string
			for _, u := range used {
				kind, name, _ := strings.Cut(u, " ")
				list := map[string]func(string, string) bool{"value": values, "option": options}[kind]
				if list != nil && !list(name, versions[minor]) {
					lacking = append(lacking, u)
				}
			}
			for _, f := range files {
				for _, o := range f.objects {
					if version, _ := o["apiVersion"].(string); strings.HasPrefix(version, "cilium.io/") {
						lacking = append(lacking, refused(t, "cilium-"+minor, o)...)
					}
				}
			}
			return lacking
		},
	}
}

// refused is the object's kind, with what the definitions of a minor say against it.
func refused(t *testing.T, name string, object map[string]any) []string {
	if err := load(t, name).Check(object); err != nil {
		return []string{fmt.Sprintf("object %s: %v", object["kind"], err)}
	}
	return nil
}

// calicoLacks: the names that a minor has not, and what its definitions say against the objects.
func calicoLacks(n names) func(*testing.T, string, []string, []file) []string {
	return func(t *testing.T, minor string, used []string, files []file) []string {
		lacking := n.lacks(t, minor, used, files)
		for _, f := range files {
			for _, o := range f.objects {
				if version, _ := o["apiVersion"].(string); isCalico(version) {
					lacking = append(lacking, refused(t, "calico-"+minor, stored(t, "calico-"+minor, o))...)
				}
			}
		}
		return lacking
	}
}

// ciliumNames are paths of values, keys of node configurations, and kinds of objects.
func ciliumNames(t *testing.T, files []file) []string {
	used := map[string]bool{}
	for _, f := range files {
		if path.Base(f.path) == "cilium-values.yaml" {
			var values map[string]any
			if err := yaml.Unmarshal(f.data, &values); err != nil {
				t.Fatal(err)
			}
			valueNames(values, "", used)
		}
		for _, o := range f.objects {
			if version, _ := o["apiVersion"].(string); !strings.HasPrefix(version, "cilium.io/") {
				continue
			}
			used[fmt.Sprintf("object %v %v", o["apiVersion"], o["kind"])] = true
			spec, _ := o["spec"].(map[string]any)
			defaults, _ := spec["defaults"].(map[string]any)
			for key := range defaults {
				used["option "+key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// valueNames are the paths of leaves. What is below ipMasqAgent.config goes to the agent as
// it is.
func valueNames(m map[string]any, at string, used map[string]bool) {
	for key, v := range m {
		name := strings.TrimPrefix(at+"."+key, ".")
		if inner, ok := v.(map[string]any); ok && name != "ipMasqAgent.config" {
			valueNames(inner, name, used)
		} else {
			used["value "+name] = true
		}
	}
}

// readListed reads a list of testdata/cilium of package plugin: a name that not all of the
// recorded versions have is followed by those that do.
func readListed(t *testing.T, name string) func(name, version string) bool {
	data, err := os.ReadFile("../../pkg/render/plugin/testdata/cilium/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	of := map[string][]string{}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		of[words[0]] = words[1:]
	}
	return func(name, version string) bool {
		only, ok := of[name]
		return ok && (len(only) == 0 || slices.Contains(only, version))
	}
}

// TestMatrixSees: what is rendered for one version is not taken for another that lacks it.
func TestMatrixSees(t *testing.T) {
	for _, c := range components(t) {
		against := map[string][2]string{ // rendered for, and held against
			"Kubernetes": {"1.37", "1.29"}, "Tailscale": {"1.96", "1.98"}, "Calico": {"3.29", "3.28"}, "Cilium": {"1.18", "1.17"},
		}[c.title]
		found := false
		for _, topology := range topologies(t) {
			if !c.set(topology, schema.Version(against[0]+".0")) || found {
				continue
			}
			files := rendered(t, topology)
			found = len(c.lacks(t, against[1], c.names(t, files), files)) > 0
		}
		if !found {
			t.Errorf("%s %s has everything that is rendered for %s", c.title, against[1], against[0])
		}
	}
}
