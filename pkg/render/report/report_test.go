package report_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/report"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func topology() *schema.Topology {
	prefix := netip.MustParsePrefix
	return &schema.Topology{
		Metadata: schema.Metadata{Name: "small"},
		Spec: schema.Spec{
			Cluster: schema.Cluster{KubernetesVersion: "1.33.1"},
			Tailnet: schema.Tailnet{TailscaleVersion: "1.84.3", Tag: "tag:k8s"},
			Regions: []schema.Region{{
				Name: "a", Provider: "bare-metal",
				NodeCIDRs: []netip.Prefix{prefix("10.0.0.0/24")}, PodCIDRs: []netip.Prefix{prefix("10.1.0.0/16")},
				CNI: schema.CNI{Type: schema.CNICilium, Version: "1.17.4"},
				Gateways: schema.Gateways{Mode: schema.ModeStaticPod, Nodes: []schema.GatewayNode{
					{Name: "a1", InternalIP: netip.MustParseAddr("10.0.0.11")},
				}},
			}},
		},
	}
}

func Example() {
	text := string(report.Markdown(plan.New(topology())))
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| a |") {
			fmt.Print(line)
		}
	}
	// Output:
	// | a | staticPod: a1 (10.0.0.11) | single | 10.0.0.0/24, 10.1.0.0/16 | on the host | the node's InternalIP |
	// | a | single | single | One gateway: while its host, its uplink or its tailscaled is down, so is the region's way to all others; a second one that does not fail together with it would make it relay. |
	// | a | staticPod | 1 |
}

// The report names the mark of each component, and every known issue that applies.
func TestReport(t *testing.T) {
	text := string(report.Markdown(plan.New(topology())))
	for _, want := range []string{"| tailscale 1.84.3 | its own packets", "| cilium 1.17.4 |", "`cilium-identity-bypass` at `spec.regions[0]"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

// Each number comes with where it is from, and the sum with the limit.
func TestDevices(t *testing.T) {
	top := topology()
	none, many := top.Spec.Regions[0], top.Spec.Regions[0]
	none.Name, none.Gateways = "b", schema.Gateways{Mode: schema.ModeDaemonSet}
	many.Name, many.Gateways.Mode, many.MaxNodes = "c", schema.ModePerNode, 20
	top.Spec.Regions = append(top.Spec.Regions, none, many)
	top.Spec.Tailnet.MaxDevices = 30
	text := string(report.Markdown(plan.New(top)))
	for _, want := range []string{"| b | daemonSet | at least 1: no host is listed |", "| c | perNode | 20, of which 1 are listed |", "| together | | at least 22 of 30 |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

// TestReplaced: what a new machine is and needs, where gateways are replaced, and nothing else.
func TestReplaced(t *testing.T) {
	const head = "## Machines in a gateway's place"
	if text := string(report.Markdown(plan.New(topology()))); strings.Contains(text, head) {
		t.Errorf("nobody replaces gateways:\n%s", text)
	}
	top := topology()
	top.Spec.Regions[0].Gateways.Replaced = schema.ReplacedSameAddress
	local := top.Spec.Regions[0]
	local.Name = "b"
	local.Gateways.Mode, local.Gateways.NodeSelector = schema.ModeDaemonSet, map[string]string{"y": "z", "a": "b"}
	top.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.0.0.5")}
	top.Spec.Regions = append(top.Spec.Regions, local)
	text := string(report.Markdown(plan.New(top)))
	for _, want := range []string{head, "| a | the gateway's node name and internalIPs | another device, which joins by the key; delete the old one at the control server | what `kustomize-hybrid bundle --host NAME` makes, and the key |\n",
		"| b | the gateway's node name and internalIPs | the same device, by its Secret | the labels `a=b`, `y=z` |\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

// TestPeerRelay: the path of those who cannot reach each other, with a relay and without.
func TestPeerRelay(t *testing.T) {
	top := topology()
	top.Spec.Regions = append(top.Spec.Regions, top.Spec.Regions[0], top.Spec.Regions[0])
	for i := range top.Spec.Regions {
		r := &top.Spec.Regions[i]
		r.Name = string(rune('a' + i))
		r.Gateways.Nodes = []schema.GatewayNode{{Name: r.Name + "1", InternalIP: netip.AddrFrom4([4]byte{10, 0, 0, byte(11 + i)}), UnderNAT: true, NATMapping: schema.NATEndpointDependent}}
	}
	hub := &top.Spec.Regions[2].Gateways
	hub.Nodes[0] = schema.GatewayNode{Name: "c1", InternalIP: netip.MustParseAddr("10.0.0.13"), PublicIP: netip.MustParseAddr("203.0.113.7")}
	for port, want := range map[int][]string{
		0:     {"| a1, b1 | a NAT with another port for each peer | c1: direct; a1, b1: by DERP |\n"},
		40000: {"| a1, b1 | a NAT with another port for each peer | c1: direct; a1, b1: by a peer relay |\n", "Gateways of c are peer relays at UDP port 40000"},
	} {
		hub.PeerRelay = port
		text := string(report.Markdown(plan.New(top)))
		for _, line := range want {
			if !strings.Contains(text, line) {
				t.Errorf("the report lacks %q:\n%s", line, text)
			}
		}
	}
}

// What the reader does comes first, and what is in no step is said there and nowhere else.
func TestWhatIsLeft(t *testing.T) {
	top := topology()
	other := top.Spec.Regions[0]
	other.Name, other.NodeCIDRs, other.PodCIDRs = "b", []netip.Prefix{netip.MustParsePrefix("10.2.0.0/24")}, []netip.Prefix{netip.MustParsePrefix("10.3.0.0/16")}
	other.CNI = schema.CNI{Type: schema.CNIFlannel, Version: "0.27.0"}
	other.Gateways.Nodes = []schema.GatewayNode{{Name: "b1", InternalIP: netip.MustParseAddr("10.2.0.11")}, {Name: "b2", InternalIP: netip.MustParseAddr("10.2.0.12")}}
	other.Gateways.HA.Strategy = schema.HASingle
	top.Spec.Regions = append(top.Spec.Regions, other)
	top.Spec.Links = []schema.Link{{Regions: []string{"b", "a"}}}
	top.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.0.0.5")}
	top.Spec.Tailnet.NetfilterMode = schema.NetfilterOn
	todo, done, found := strings.Cut(string(report.Markdown(plan.New(top))), "\n# What is done\n")
	if !found {
		t.Fatal("the report has one part")
	}
	for _, want := range []string{
		"- The tailnet: policy first, then keys: steps 1 to 2\n",
		"- If 10.0.0.5 stands for several API servers, write it into `spec.cluster.apiServer.endpoint`",
		"- Region a needs routes by the private link for what is region b's: 10.2.0.0/24, 10.3.0.0/16. Its network has to know the way to pods there, too.\n",
		"- Region b needs routes by the private link for what is region a's: 10.0.0.0/24, 10.1.0.0/16.",
		"- See that the blocks of pods' addresses that nodes of region b get lie in 10.3.0.0/16",
		"- Decide about the strategy of region b: `single` is in force and `relay` recommended, see below.\n",
		"- Decide about netfilter mode `on`: `off` is recommended.\n",
	} {
		if !strings.Contains(todo, want) {
			t.Errorf("what is left lacks %q:\n%s", want, todo)
		}
		if strings.Contains(done, want) {
			t.Errorf("what is done has %q", want)
		}
	}
	if alone, _, _ := strings.Cut(string(report.Markdown(plan.New(topology()))), "\n# What is done\n"); strings.Contains(alone, "In no step") {
		t.Errorf("nothing is left but the steps:\n%s", alone)
	}
}
