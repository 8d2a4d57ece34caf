package readmit_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// topology is the published network, with what name says of its gateways: "known"
// addresses, one of them the control plane's; a "relay", the same with a peer relay; a
// "pool"; or "internalIP". In "calico" the addresses are known and the second region runs
// Calico, in "calicoOnly" both do, and in "calicoPool" both do and none is known. In "elsewhere"
// no gateway is the control plane's.
func topology(name string) *schema.Topology {
	t := &schema.Topology{}
	t.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.0.0.11")}
	t.Spec.Tailnet.TailscaleVersion = "1.84.3"
	t.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
	t.Spec.Regions = []schema.Region{
		region("gcp-us", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"),
		region("gpu-dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
	}
	t.Spec.Regions[0].Gateways.NodeSelector = map[string]string{"tailscale": "true"}
	t.Spec.Regions[1].Gateways.NodeSelector = map[string]string{"tailscale": "true"}
	switch name {
	case "calicoPool":
		t.Spec.Regions[0].CNI = schema.CNI{Type: schema.CNICalico, Version: "3.30.7"}
		t.Spec.Regions[1].CNI = t.Spec.Regions[0].CNI
		fallthrough
	case "pool":
		t.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.80.0.0/24")}
	case "calicoOnly":
		t.Spec.Regions[0].CNI = schema.CNI{Type: schema.CNICalico, Version: "3.30.7"}
		fallthrough
	case "calico":
		t.Spec.Regions[1].CNI = schema.CNI{Type: schema.CNICalico, Version: "3.30.7"}
		return withAddresses(t)
	case "relay":
		t.Spec.Regions[1].Gateways.PeerRelay = 40000
		return withAddresses(t)
	case "elsewhere":
		t.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.0.0.99")}
		return withAddresses(t)
	case "internalIP":
		t.Spec.Tailnet.GatewaySource = ""
		fallthrough
	case "known":
		return withAddresses(t)
	}
	return t
}

// withAddresses gives the gateways 100.80.0.1 and so on.
func withAddresses(t *schema.Topology) *schema.Topology {
	last := 0
	for i := range t.Spec.Regions {
		nodes := t.Spec.Regions[i].Gateways.Nodes
		for j := range nodes {
			last++
			nodes[j].TailnetIP = netip.MustParseAddr(fmt.Sprintf("100.80.0.%d", last))
		}
	}
	return t
}

func region(name, nodes, pods string, gateways ...string) schema.Region {
	r := schema.Region{
		Name:      name,
		NodeCIDRs: []netip.Prefix{netip.MustParsePrefix(nodes)},
		PodCIDRs:  []netip.Prefix{netip.MustParsePrefix(pods)},
		CNI:       schema.CNI{Type: schema.CNICilium, Version: "1.17.4"},
	}
	for i, ip := range gateways {
		r.Gateways.Nodes = append(r.Gateways.Nodes, schema.GatewayNode{
			Name: fmt.Sprintf("%s-%d", name, i+1), InternalIP: netip.MustParseAddr(ip),
		})
	}
	return r
}

// policyCase is a file of testdata/policies.
type policyCase struct {
	name     string
	topology *schema.Topology
	before   []byte
	archive  *txtar.Archive
}

func policyCases(t testing.TB) []policyCase {
	files, err := filepath.Glob("testdata/policies/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d policies, %v", len(files), err)
	}
	var cases []policyCase
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile(`(?m)^topology: (\w+)$`).FindSubmatch(a.Comment)
		cases = append(cases, policyCase{file, topology(string(named[1])), part(a, "before.yaml"), a})
	}
	return cases
}

func part(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// read keeps comments and adds no annotations.
func read(t testing.TB, data []byte) []*yaml.RNode {
	items, err := (&kio.ByteReader{Reader: bytes.NewReader(data), OmitReaderAnnotations: true}).Read()
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func write(t testing.TB, items []*yaml.RNode) []byte {
	var b bytes.Buffer
	if err := (kio.ByteWriter{Writer: &b, KeepReaderAnnotations: true}).Write(items); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func findings(t testing.TB, list diag.List) []byte {
	var b bytes.Buffer
	if err := diag.WriteText(&b, list); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPolicies(t *testing.T) {
	for _, c := range policyCases(t) {
		t.Run(filepath.Base(c.name), func(t *testing.T) {
			items := read(t, c.before)
			changes, list := readmit.Policies(plan.New(c.topology), items)
			after := write(t, items)
			got := &txtar.Archive{Comment: c.archive.Comment, Files: []txtar.File{{Name: "before.yaml", Data: c.before}}}
			if !bytes.Equal(after, write(t, read(t, c.before))) {
				got.Files = append(got.Files, txtar.File{Name: "after.yaml", Data: after})
			}
			if len(changes) > 0 {
				got.Files = append(got.Files, txtar.File{Name: "changes.txt", Data: lines(changes)})
			}
			got.Files = append(got.Files, txtar.File{Name: "findings.txt", Data: findings(t, list)})
			goldentest.Compare(t, c.name, string(txtar.Format(got)))

			more, again := readmit.Policies(plan.New(c.topology), items)
			for _, c := range more {
				if c.Rule != readmit.RuleCalicoOwn { // which is so without an edit
					t.Errorf("a second pass makes %s", lines([]readmit.Change{c}))
				}
			}
			if diff := cmp.Diff(string(after), string(write(t, items))); diff != "" {
				t.Errorf("a second pass changes\n%s", diff)
			}
			if diff := cmp.Diff(unnumbered(t, list), unnumbered(t, again)); diff != "" {
				t.Errorf("a second pass finds\n%s", diff)
			}
			onePeerKind(t, items, list)
		})
	}
}

// unnumbered are findings without the numbers of rules, which move as siblings come in.
func unnumbered(t *testing.T, list diag.List) string {
	return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(string(findings(t, list)), "")
}

// lines writes changes as a review wants to read them.
func lines(changes []readmit.Change) []byte {
	var b bytes.Buffer
	for _, c := range changes {
		fmt.Fprintf(&b, "%s: %s %s %v\n", c.Path, c.Rule, c.Effect, c.Addresses)
	}
	return b.Bytes()
}

// onePeerKind holds every rule against Cilium's own law, unless the law's breach is
// among the findings.
func onePeerKind(t *testing.T, items []*yaml.RNode, list diag.List) {
	for _, d := range list {
		if d.Code == readmit.CodeMixedPeers || d.Code == readmit.CodeMalformed {
			return
		}
	}
	for _, rule := range rules(t, items) {
		kinds := 0
		for key, peers := range rule {
			list, isList := peers.([]any)
			if (strings.HasPrefix(key, "from") || strings.HasPrefix(key, "to")) && isList && len(list) > 0 &&
				key != "toPorts" && !strings.HasSuffix(key, "Requires") {
				kinds++
			}
		}
		if kinds > 1 {
			t.Errorf("%d kinds of peers in %v", kinds, rule)
		}
		if rule["icmps"] != nil && rule["toPorts"] != nil {
			t.Errorf("icmps and toPorts in %v", rule)
		}
	}
}

// rules lists every rule of every section, read without the package under test.
func rules(t testing.TB, items []*yaml.RNode) []map[string]any {
	var all []map[string]any
	for _, item := range items {
		var doc struct {
			Spec  map[string]any
			Specs []map[string]any
		}
		if err := item.YNode().Decode(&doc); err != nil {
			continue
		}
		for _, spec := range append(doc.Specs, doc.Spec) {
			for _, name := range []string{"ingress", "ingressDeny", "egress", "egressDeny"} {
				list, _ := spec[name].([]any)
				for _, rule := range list {
					if m, ok := rule.(map[string]any); ok {
						all = append(all, m)
					}
				}
			}
		}
	}
	return all
}
