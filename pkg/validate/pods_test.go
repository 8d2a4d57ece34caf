package validate_test

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// ofFirst is what is found about the first region with one of the codes.
func ofFirst(t *schema.Topology, codes ...diag.Code) []string {
	var got []string
	for _, d := range validate.Topology(t) {
		if slices.Contains(codes, d.Code) && strings.HasPrefix(d.Path, "spec.regions[0]") {
			got = append(got, string(d.Code)+" "+d.Severity.String())
		}
	}
	return got
}

// TestPodsAreRouted goes through every provider, plugin, tunnel and statement: pods of a
// region reach each other, or it is said that they do not. What must be is written down
// here once more, from providers' and plugins' manuals.
func TestPodsAreRouted(t *testing.T) {
	lan := map[string]bool{"bare-metal": true, "on-premises": true, "openstack": true}
	byTable := map[string]bool{"gcp": true, "azure": true, "alibaba": true}
	subnets := map[string]bool{"aws": true}
	own := map[schema.CNIType]bool{schema.CNIAWSVPC: true, schema.CNIAzure: true}
	overlay := map[schema.CNIType]bool{schema.CNIFlannel: true, "canal": true, schema.CNIAntrea: true, schema.CNIWeave: true}
	tunnels := []schema.TunnelProtocol{"", schema.TunnelNone, schema.TunnelVXLAN, schema.TunnelGeneve, schema.TunnelIPIP, schema.TunnelWireGuard}
	combinations := 0
	providers := []string{"acme"}
	for _, p := range facts.Providers() {
		providers = append(providers, p.Name)
	}
	for _, provider := range providers {
		for _, p := range facts.Plugins() {
			for _, tunnel := range tunnels {
				for _, routes := range []schema.PodRoutes{"", schema.PodRoutesNodes, schema.PodRoutesNetwork} {
					for _, ipam := range []schema.IPAM{"", schema.IPAMMultiPool, schema.IPAMKubernetes, schema.IPAMClusterPool, schema.IPAMCloud} {
						combinations++
						topology := published()
						r := &topology.Spec.Regions[0]
						r.Provider = provider
						r.CNI = schema.CNI{Type: p.Type, Tunnel: tunnel, PodRoutes: routes, IPAM: ipam}
						var want []string
						carried := tunnel != "" && tunnel != schema.TunnelNone || tunnel == "" && overlay[p.Type]
						if p.Type == schema.CNICilium && tunnel == schema.TunnelWireGuard {
							carried = false // it encrypts what pods send pods, and nodes send pods the rest
						}
						given := own[p.Type] || p.Type == schema.CNICilium && ipam == schema.IPAMCloud
						switch {
						case carried, routes == schema.PodRoutesNetwork:
						case routes == schema.PodRoutesNodes && byTable[provider]:
							want = []string{"pods-host-routes error"}
						case routes == schema.PodRoutesNodes, given, lan[provider]:
						case byTable[provider] || subnets[provider]:
							want = []string{"pods-unrouted error"}
						default:
							want = []string{"pods-unrouted warning"}
						}
						if got := ofFirst(topology, validate.CodePodsUnrouted, validate.CodeHostRoutes); !slices.Equal(got, want) {
							t.Errorf("%s, %s, tunnel %q, podRoutes %q, ipam %q: got %v, want %v", provider, p.Type, tunnel, routes, ipam, got, want)
						}
					}
				}
			}
		}
	}
	if combinations < 2000 {
		t.Errorf("%d combinations", combinations)
	}
}

// TestWaysOutLeadOut does what the hints say, each way by itself: no other error waits there but
// one that the hint names.
func TestWaysOutLeadOut(t *testing.T) {
	field := regexp.MustCompile(`cni\.(tunnel|mtu|ipam|podRoutes): (\w+(?:-\w+)*)`)
	followed := map[string]int{}
	for _, provider := range facts.Providers() {
		for _, p := range facts.Plugins() {
			for _, pods := range [][]string{{"10.61.0.0/16", "10.142.0.0/20"}, {"fd00:61::/56", "fd00:142::/56"}} {
				topology := func() *schema.Topology {
					topology := published()
					for i := range topology.Spec.Regions {
						r := &topology.Spec.Regions[i]
						r.CNI = schema.CNI{Type: p.Type, Tunnel: schema.TunnelNone}
						r.PodCIDRs = cidrs(pods[i])
					}
					topology.Spec.Regions[0].Provider = provider.Name
					return topology
				}
				known := errors(topology())
				for _, d := range validate.Topology(topology()) {
					if d.Code != validate.CodePodsUnrouted {
						continue
					}
					for _, way := range strings.Split(d.Remedy, "; or ") {
						next := topology()
						for i := range next.Spec.Regions {
							if i > 0 && !strings.Contains(way, "in every region of") {
								continue
							}
							c := &next.Spec.Regions[i].CNI
							for _, m := range field.FindAllStringSubmatch(way, -1) {
								switch m[1] {
								case "tunnel":
									c.Tunnel = schema.TunnelProtocol(m[2])
								case "mtu":
									c.MTU, _ = strconv.Atoi(m[2])
								case "ipam":
									c.IPAM = schema.IPAM(m[2])
								case "podRoutes":
									if i == 0 {
										c.PodRoutes = schema.PodRoutes(m[2])
									}
								}
							}
							if strings.Contains(way, "where all regions of") {
								next.Spec.Regions[i].Provider = provider.Name
							}
						}
						if strings.Contains(way, "where all regions of") {
							next.Spec.Regions = next.Spec.Regions[:1]
						} else if strings.Contains(way, "own plugin") {
							continue // another plugin, of which the hint says no more
						}
						way, _, _ := strings.Cut(way, ":")
						followed[way]++
						for _, code := range errors(next) {
							if !slices.Contains(known, code) && !strings.Contains(d.Remedy, string(code)) || code == validate.CodePodsUnrouted {
								t.Errorf("%s, %s, pods %s: %q leads to %s", provider.Name, p.Type, pods, way, code)
							}
						}
					}
				}
			}
		}
	}
	if len(followed) < 4 {
		t.Errorf("followed %v", followed)
	}
}

// errors are the codes of the errors about a topology.
func errors(t *schema.Topology) []diag.Code {
	var codes []diag.Code
	for _, d := range validate.Topology(t) {
		if d.Severity == diag.Error {
			codes = append(codes, d.Code)
		}
	}
	return codes
}

// TestCloudSaysItsNetwork: saying less never hides what a network does to packets.
func TestCloudSaysItsNetwork(t *testing.T) {
	for provider, want := range map[string]string{
		"gcp": "cloud-network-missing error", "azure": "cloud-network-missing error", "alibaba": "cloud-network-missing error",
		"hetzner": "cloud-network-missing warning", "aws": "fabric-source-check warning", "oracle": "fabric-source-check warning", "openstack": "fabric-source-check warning", "bare-metal": "", "acme": "",
	} {
		topology := published()
		topology.Spec.Regions[0].Provider = provider
		if got := strings.Join(ofFirst(topology, validate.CodeCloudUntold, validate.CodeSourceCheck), " "); got != want {
			t.Errorf("%s: got %q, want %q", provider, got, want)
		}
	}
}

// TestPerNodeIsNoWayRound: there, hosts reach other regions by a neighbour, too.
func TestPerNodeIsNoWayRound(t *testing.T) {
	topology := published()
	r := &topology.Spec.Regions[0]
	r.Provider, r.Gateways.Mode = "gcp", schema.ModePerNode
	if got := ofFirst(topology, validate.CodeCloudUntold); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

// TestLoneHosts: a host that peers can reach only behind a route of the tailnet has relays.
func TestLoneHosts(t *testing.T) {
	for name, c := range map[string]struct {
		node, internal, public string
		want                   []string
	}{
		"one public address":            {"65.21.7.11/32", "65.21.7.11", "", []string{"gateway-public-ip error"}},
		"the same twice":                {"65.21.7.11/32", "65.21.7.11", "65.21.7.11", []string{"gateway-public-ip error"}},
		"public, in its own region":     {"65.21.7.0/24", "65.21.7.11", "65.21.7.12", []string{"gateway-public-ip error"}},
		"of the shared block":           {"100.65.0.0/24", "100.65.0.11", "", nil},
		"one of that alone":             {"100.65.0.11/32", "100.65.0.11", "65.21.7.11", nil},
		"a carrier's NAT in between":    {"10.77.0.0/24", "10.77.0.7", "100.72.1.1", []string{"gateway-public-ip warning"}},
		"private, and public elsewhere": {"10.77.0.7/32", "10.77.0.7", "65.21.7.11", nil},
	} {
		topology := published()
		topology.Spec.Tailnet.IPPool = cidrs("100.96.0.0/16")
		r := &topology.Spec.Regions[1]
		r.NodeCIDRs = cidrs(c.node)
		r.Gateways.Nodes = []schema.GatewayNode{{Name: "gpu-1", InternalIP: netip.MustParseAddr(c.internal)}}
		if c.public != "" {
			r.Gateways.Nodes[0].PublicIP = netip.MustParseAddr(c.public)
		}
		var got []string
		for _, d := range validate.Topology(topology) {
			if d.Code == validate.CodeGatewayPublicIP || d.Code == validate.CodeGatewayDuplicate {
				got = append(got, string(d.Code)+" "+d.Severity.String())
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestProvidersIPAMOfOneRegion: addresses of a provider's network are in nobody's way where
// regions of others run another plugin.
func TestProvidersIPAMOfOneRegion(t *testing.T) {
	for plugin, want := range map[schema.CNIType]int{schema.CNICalico: 0, schema.CNICilium: 1} {
		topology := published()
		r := &topology.Spec.Regions[0]
		r.Provider, r.CNI.IPAM = "aws", schema.IPAMCloud
		topology.Spec.Regions[1].CNI = schema.CNI{Type: plugin}
		got := 0
		for _, code := range errors(topology) {
			if code == validate.CodeIPAM {
				got++
			}
		}
		if got != want {
			t.Errorf("beside %s: %d findings, want %d", plugin, got, want)
		}
	}
}

// TestPortsWithoutGuard: a network whose cards let out everything drops nothing of pods.
func TestPortsWithoutGuard(t *testing.T) {
	for security, want := range map[schema.PortSecurity][]string{"": {"pods-source-check error"}, schema.PortSecurityDisabled: nil} {
		topology := published()
		for i := range topology.Spec.Regions {
			topology.Spec.Regions[i].CNI = schema.CNI{Type: schema.CNICalico, Tunnel: schema.TunnelVXLAN}
		}
		r := &topology.Spec.Regions[0]
		r.Provider = "openstack"
		r.Network.OpenStack = schema.OpenStackNetwork{Router: "k8s", PortSecurity: security}
		if got := ofFirst(topology, validate.CodePodsSource); !slices.Equal(got, want) {
			t.Errorf("port security %q: got %v, want %v", security, got, want)
		}
	}
}

// TestRelayBehindHTTPS: who lets no UDP out relays none, whatever address it has.
func TestRelayBehindHTTPS(t *testing.T) {
	topology := published()
	topology.Spec.Tailnet.TailscaleVersion = facts.TailscalePeerRelays
	r := &topology.Spec.Regions[0]
	r.Egress, r.Gateways.PeerRelay = schema.EgressHTTPS, 40000
	r.Gateways.Nodes[0].PublicIP = netip.MustParseAddr("65.21.7.11")
	for _, d := range validate.Topology(topology) {
		if d.Code == validate.CodePeerRelay && d.Severity == diag.Error && strings.Contains(d.Message, "TCP to port 443") && !strings.Contains(d.Remedy, "publicIP") {
			return
		}
	}
	t.Error("nothing is said of it")
}

// TestUnknownPluginSharesNodes: Terway for one gives pods addresses of the nodes' own network, and
// the topology says so by who routes them.
func TestUnknownPluginSharesNodes(t *testing.T) {
	for routes, want := range map[schema.PodRoutes][]string{
		schema.PodRoutesNetwork: {"pods-share-nodes warning"},
		schema.PodRoutesNodes:   {"cidr-overlap error"},
	} {
		topology := published()
		r := &topology.Spec.Regions[0]
		r.CNI = schema.CNI{Type: schema.CNIOther, PodRoutes: routes}
		r.PodCIDRs = r.NodeCIDRs
		if got := ofFirst(topology, validate.CodeOverlap, validate.CodePodsShare); !slices.Equal(got, want) {
			t.Errorf("podRoutes %s: got %v, want %v", routes, got, want)
		}
	}
}

// TestClusterPoolOfOneRegion: one list is enough where one region takes from it.
func TestClusterPoolOfOneRegion(t *testing.T) {
	topology := published()
	topology.Spec.Regions[0].CNI = schema.CNI{Type: schema.CNIAWSVPC}
	topology.Spec.Regions[1].CNI.IPAM = schema.IPAMClusterPool
	for _, d := range validate.Topology(topology) {
		if d.Code == validate.CodeIPAM {
			t.Error(d)
		}
	}
}
