package validate_test

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// nodes are differences in what a region's hosts have for themselves, and in what regions share.
func nodes() []difference {
	type change = func(*schema.Spec)
	all := func(changes ...change) change {
		return func(s *schema.Spec) {
			for _, c := range changes {
				c(s)
			}
		}
	}
	// perNode has each of two hosts own a block.
	perNode := func(blocks ...string) change {
		return func(s *schema.Spec) {
			r := &s.Regions[0]
			r.Gateways.Mode, r.CNI.IPAM = schema.ModePerNode, schema.IPAMKubernetes
			s.Regions[1].CNI.IPAM = schema.IPAMKubernetes
			for i, b := range blocks {
				if b != "" {
					r.Gateways.Nodes[i].PodCIDRs = cidrs(b)
				}
			}
		}
	}
	listed := func(nodes ...schema.Node) change {
		return func(s *schema.Spec) {
			for i := range s.Regions {
				s.Regions[i].CNI.IPAM = schema.IPAMKubernetes
			}
			s.Regions[1].Nodes = nodes
		}
	}
	node := func(name string, blocks ...string) schema.Node {
		return schema.Node{Name: name, PodCIDRs: cidrs(blocks...)}
	}
	at := func(controller schema.CloudController) change {
		return func(s *schema.Spec) { s.Cluster.CloudController = controller }
	}
	cluster := func(prefixes ...string) change {
		return func(s *schema.Spec) { s.Cluster.ClusterCIDRs = cidrs(prefixes...) }
	}
	made := func(s *schema.Spec) {
		r := &s.Regions[1]
		r.HostAddress, r.NodeCIDRs = schema.HostAddressMade, cidrs("10.143.0.11/32")
		r.Gateways.Nodes[0].PublicIP = addr("65.21.7.11")
	}
	marks := func(marks ...schema.Mark) change {
		return func(s *schema.Spec) { s.Marks = marks }
	}
	third := func(change func(*schema.Region)) change {
		return func(s *schema.Spec) {
			r := topologytest.Region("lab", "bare-metal", "10.3.0.0/24", "10.4.0.0/20", "10.3.0.11")
			change(&r)
			s.Regions = append(s.Regions, r)
		}
	}
	ipv6 := func(mtu int, tunnel schema.TunnelProtocol, provider string) change {
		return func(s *schema.Spec) {
			for i := range s.Regions {
				r := &s.Regions[i]
				r.Provider, r.CNI.Version, r.CNI.Tunnel, r.CNI.MTU = provider, "1.18.2", tunnel, mtu
			}
			s.Regions[1].PodCIDRs = cidrs("fd00:142::/104")
		}
	}
	return []difference{
		{"blocks of nodes", perNode("10.61.0.0/24", "10.61.1.0/24")},
		{"one block of two nodes", perNode("10.61.0.0/24", "10.61.0.0/24")},
		{"a block within another node's", perNode("10.61.0.0/23", "10.61.1.0/24")},
		{"a block around another node's", perNode("10.61.1.0/24", "10.61.0.0/23")},
		{"a block within several, and around one", all(perNode("10.61.1.0/24", "10.61.0.0/22"), func(s *schema.Spec) {
			g := s.Regions[0].Gateways.Nodes[1]
			g.Name, g.InternalIP, g.PodCIDRs = "gcp-us-c", addr("10.0.0.13"), cidrs("10.61.0.0/23")
			s.Regions[0].Gateways.Nodes = append(s.Regions[0].Gateways.Nodes, g)
		})},
		{"a block outside", perNode("10.61.0.0/24", "10.99.0.0/24")},
		{"a block that could not be read", all(perNode("10.61.0.0/24", "10.61.1.0/24"), func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes[1].PodCIDRs = append(s.Regions[0].Gateways.Nodes[1].PodCIDRs, netip.Prefix{})
		})},
		{"two blocks of one family", all(perNode("10.61.0.0/24", "10.61.1.0/24"), func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes[1].PodCIDRs = cidrs("10.61.1.0/24", "10.61.2.0/24")
		})},
		{"a block without the mode", func(s *schema.Spec) { s.Regions[0].Gateways.Nodes[1].PodCIDRs = cidrs("10.61.1.0/24") }},
		{"a node router without the mode", func(s *schema.Spec) { s.Regions[0].Gateways.Nodes[1].NodeRouter = true }},
		{"supersets without the strategy", func(s *schema.Spec) { s.Regions[0].Gateways.Nodes[1].Supersets = cidrs("10.60.0.0/15") }},
		{"nodes with strategy single", all(perNode("10.61.0.0/24", "10.61.1.0/24"), func(s *schema.Spec) { s.Regions[0].Gateways.HA.Strategy = schema.HASingle })},
		{"a plugin that cures nothing", all(perNode("10.61.0.0/24", "10.61.1.0/24"), func(s *schema.Spec) {
			for i := range s.Regions {
				s.Regions[i].CNI = schema.CNI{Type: schema.CNICalico}
			}
		})},
		{"nodes by a controller", all(perNode("10.61.0.0/24", "10.61.1.0/24"), at(schema.CloudControllerGCP), func(s *schema.Spec) { s.Regions[0].Provider = "gcp" })},
		{"listed nodes by a controller", all(listed(node("gpu-dc-a", "10.142.0.0/24")), at(schema.CloudControllerGCP), func(s *schema.Spec) { s.Regions[1].Provider = "gcp" })},
		{"listed nodes", listed(node("gpu-dc-a", "10.142.0.0/24"), node("gpu-7", "10.142.1.0/24"))},
		{"listed nodes without the gateway", listed(node("gpu-7", "10.142.1.0/24"))},
		{"listed nodes with one block", listed(node("gpu-dc-a", "10.142.0.0/24"), node("gpu-7", "10.142.0.0/24"), node("gpu-8", "10.142.0.0/25"))},
		{"listed nodes without a block", listed(node("gpu-dc-a", "10.142.0.0/24"), node("gpu-7"))},
		{"listed nodes with a block outside", listed(node("gpu-dc-a", "10.142.0.0/24"), node("gpu-7", "10.99.0.0/24"))},
		{"listed nodes with a block that could not be read", all(listed(node("gpu-dc-a", "10.142.0.0/24")), func(s *schema.Spec) {
			s.Regions[1].Nodes[0].PodCIDRs = append(s.Regions[1].Nodes[0].PodCIDRs, netip.Prefix{})
		})},
		{"listed nodes inside the cluster's range", all(listed(node("gpu-dc-a", "10.142.0.0/24")), cluster("10.0.0.0/8"))},
		{"listed nodes outside the cluster's range", all(listed(node("gpu-dc-a", "10.142.0.0/24")), cluster("10.61.0.0/16"))},
		{"listed nodes with mode perNode", all(perNode("10.61.0.0/24", "10.61.1.0/24"), func(s *schema.Spec) {
			s.Regions[0].Nodes = []schema.Node{node("gcp-us-a"), node("gcp-us-b", "10.61.1.0/24"), node("gcp-us-c", "10.61.2.0/24")}
		})},
		{"a host that makes its address", made},
		{"a link to a host that makes its address", all(made, func(s *schema.Spec) { s.Links = []schema.Link{{Regions: []string{"gcp-us", "gpu-dc"}}} })},
		{"a host that makes its address, and says where", all(made, func(s *schema.Spec) { s.Regions[1].CNI.Tunnel = schema.TunnelVXLAN })},
		{"hosts that make addresses of two families", all(made, func(s *schema.Spec) { s.Regions[1].Gateways.Nodes[0].InternalIP = addr("fd00:143::11") })},
		{"a region without gateways that makes addresses", all(made, func(s *schema.Spec) { s.Regions[1].Gateways.Nodes = nil })},
		{"one mark twice", marks(schema.Mark{Owner: "ours", Mask: 0x3000}, schema.Mark{Owner: "theirs", Mask: 0x3000})},
		{"one mark thrice, in part", marks(schema.Mark{Owner: "ours", Mask: 0x1000}, schema.Mark{Owner: "theirs", Mask: 0x2000}, schema.Mark{Owner: "hers", Mask: 0x3000})},
		{"one mark in two regions", marks(schema.Mark{Owner: "ours", Mask: 0x3000, Regions: []string{"gcp-us"}}, schema.Mark{Owner: "theirs", Mask: 0x3000, Regions: []string{"gpu-dc"}})},
		{"three DaemonSets of one label", all(third(func(r *schema.Region) { r.Gateways.Mode = schema.ModeDaemonSet }), func(s *schema.Spec) {
			for i := range s.Regions {
				s.Regions[i].Gateways.Mode, s.Regions[i].Gateways.NodeSelector = schema.ModeDaemonSet, map[string]string{"a": "1"}
			}
		})},
		{"NATs of both ends, and of two gateways", func(s *schema.Spec) {
			for i := range s.Regions {
				for j := range s.Regions[i].Gateways.Nodes {
					s.Regions[i].Gateways.Nodes[j].NATMapping = schema.NATEndpointDependent
				}
			}
		}},
		{"a relay at another overlay's port", func(s *schema.Spec) {
			s.Regions[1].Gateways.PeerRelay, s.Tailnet.TailscaleVersion = 8472, "1.98.2"
			s.Regions[1].Gateways.Nodes[0].PublicIP = addr("203.0.113.7")
		}},
		{"pods twice", third(func(r *schema.Region) { r.PodCIDRs = cidrs("10.142.0.0/20") })},
		{"pods twice in one region", func(s *schema.Spec) { s.Regions[1].PodCIDRs = cidrs("10.142.0.0/20", "10.142.0.0/20") }},
		{"pods in another region's nodes", third(func(r *schema.Region) { r.PodCIDRs = cidrs("10.143.0.0/25") })},
		{"pods among services", third(func(r *schema.Region) { r.PodCIDRs = cidrs("10.97.0.0/20") })},
		{"services twice", func(s *schema.Spec) { s.Cluster.ServiceCIDRs = cidrs("10.96.0.0/12", "10.97.0.0/16") }},
		{"services beside one that could not be read", func(s *schema.Spec) {
			s.Cluster.ServiceCIDRs = []netip.Prefix{{}, netip.MustParsePrefix("10.96.0.0/11"), netip.MustParsePrefix("fd00:96::/108")}
		}},
		{"pods in the pool", func(s *schema.Spec) {
			s.Tailnet.IPPool = cidrs("100.80.0.0/16")
			s.Regions[1].PodCIDRs = cidrs("100.80.0.0/20")
		}},
		{"pods in what is reserved", func(s *schema.Spec) {
			s.ReservedCIDRs = []schema.ReservedCIDR{{Prefix: netip.MustParsePrefix("10.142.0.0/24"), Reason: "a lab"}}
		}},
		{"pods in what is outside", func(s *schema.Spec) { s.ExternalCIDRs = cidrs("10.142.0.0/16") }},
		{"a fabric among another region's pods", third(func(r *schema.Region) { r.FabricCIDRs = cidrs("10.142.0.0/24") })},
		{"a fabric among its own pods", third(func(r *schema.Region) { r.FabricCIDRs = cidrs("10.4.0.0/24") })},
		{"transit among another region's nodes", third(func(r *schema.Region) { r.TransitCIDRs = cidrs("10.143.0.0/30") })},
		{"two fabrics of one prefix", func(s *schema.Spec) {
			s.Regions[0].FabricCIDRs, s.Regions[1].FabricCIDRs = cidrs("10.200.0.0/24"), cidrs("10.200.0.0/24")
		}},
		{"IPv6 in packets that are too small", ipv6(1279, schema.TunnelNone, "bare-metal")},
		{"IPv6 in packets that are just right", ipv6(1280, schema.TunnelNone, "bare-metal")},
		{"IPv6 in a tunnel", ipv6(0, schema.TunnelVXLAN, "bare-metal")},
		{"IPv6 in a tunnel at a provider", ipv6(0, schema.TunnelVXLAN, "gcp")},
		{"IPv6 in a tunnel of one region", all(ipv6(0, schema.TunnelVXLAN, "bare-metal"), func(s *schema.Spec) { s.Regions = s.Regions[1:] })},
		{"packets of a plugin's own size", func(s *schema.Spec) {
			for i := range s.Regions {
				s.Regions[i].CNI = schema.CNI{Type: schema.CNICalico, Tunnel: schema.TunnelVXLAN}
			}
		}},
		{"hosts of nobody's network", func(s *schema.Spec) { s.Regions[1].PodCIDRs = nil }},
		{"pods without addresses in a region that leaves", func(s *schema.Spec) {
			s.Leaving = []schema.Region{topologytest.Region("old", "bare-metal", "10.0.1.0/24", "10.61.0.0/20", "10.0.1.11")}
		}},
		{"API servers by name, in Secrets of the state", func(s *schema.Spec) {
			s.Cluster.APIServer.Endpoint, s.Regions[0].Gateways.State = "api.example.com:6443", schema.KeepSecret
		}},
		{"an API server that is nobody's", func(s *schema.Spec) { s.Cluster.APIServer.Addresses = []netip.Addr{addr("127.0.0.1")} }},
		{"an API server that could not be read", func(s *schema.Spec) { s.Cluster.APIServer.Addresses = []netip.Addr{{}} }},
		{"state in a Secret whose name is too long", func(s *schema.Spec) {
			s.Regions[0].Gateways.State = schema.KeepSecret
			s.Regions[0].Gateways.Nodes[1].Name = long(250)
		}},
		{"state in the Secret with the key", func(s *schema.Spec) {
			s.Regions[0].Gateways.State = schema.KeepSecret
			s.Regions[0].Gateways.Nodes[1].Name = "auth"
		}},
		{"one block of three nodes", all(perNode("10.61.0.0/24", "10.61.0.0/24"), func(s *schema.Spec) {
			g := s.Regions[0].Gateways.Nodes[1]
			g.Name, g.InternalIP = "gcp-us-c", addr("10.0.0.13")
			s.Regions[0].Gateways.Nodes = append(s.Regions[0].Gateways.Nodes, g)
		})},
		{"a relay beside the overlay's port", func(s *schema.Spec) {
			s.Regions[1].Gateways.PeerRelay, s.Regions[1].CNI.Tunnel, s.Tailnet.TailscaleVersion = 40000, schema.TunnelVXLAN, "1.98.2"
			s.Regions[1].Gateways.Nodes[0].PublicIP = addr("203.0.113.7")
		}},
		{"API servers in a public prefix", func(s *schema.Spec) {
			s.Cluster.APIServer = schema.APIServer{Endpoint: "api.example.com:443", Prefixes: cidrs("65.21.7.0/28")}
		}},
		{"API servers in a public prefix, and an address there", func(s *schema.Spec) {
			s.Cluster.APIServer = schema.APIServer{Addresses: []netip.Addr{addr("65.21.7.1")}, Prefixes: cidrs("65.21.7.0/28")}
		}},
		{"API servers of Amazon", func(s *schema.Spec) {
			s.Cluster.Distribution, s.Cluster.APIServer = schema.DistributionEKS, schema.APIServer{Endpoint: "api.example.com:443", Prefixes: cidrs("10.0.0.0/28")}
		}},
		{"an API server by its address in a region", func(s *schema.Spec) { s.Cluster.APIServer.Endpoint = "10.143.0.5:6443" }},
		{"blocks of a plugin that nobody knows", func(s *schema.Spec) {
			s.Regions[1].CNI = schema.CNI{Type: schema.CNIOther, NodeBlockSizeIPv4: 24}
			s.Regions[1].PodCIDRs, s.Regions[1].MaxNodes = cidrs("10.142.0.0/23"), 3
		}},
		{"as many nodes as leave room", func(s *schema.Spec) {
			s.Regions[1].PodCIDRs, s.Regions[1].MaxNodes = cidrs("10.142.0.0/22", "10.142.4.0/24"), 4
		}},
		{"a region that leaves, and pods twice elsewhere", all(third(func(r *schema.Region) { r.PodCIDRs = cidrs("10.142.0.0/20") }), func(s *schema.Spec) {
			s.Leaving = []schema.Region{topologytest.Region("old", "bare-metal", "10.9.0.0/24", "10.8.0.0/20", "10.9.0.11")}
		})},
		{"two marks on a plugin's", marks(schema.Mark{Owner: "ours", Mask: 0x100000}, schema.Mark{Owner: "theirs", Mask: 0x100000})},
		{"IPv6 beside a tunnel that carries none", func(s *schema.Spec) {
			for i := range s.Regions {
				s.Regions[i].CNI = schema.CNI{Type: schema.CNICalico, Tunnel: schema.TunnelIPIP, MTU: 1400}
			}
			s.Regions[1].PodCIDRs = cidrs("10.142.0.0/20", "fd00:142::/104")
		}},
		{"pods that are nodes", func(s *schema.Spec) { s.Regions[1].PodCIDRs = s.Regions[1].NodeCIDRs }},
		{"pods in another region's fabric", func(s *schema.Spec) { s.Regions[0].FabricCIDRs = cidrs("10.142.0.0/16") }},
		{"nodes of nobody", func(s *schema.Spec) { s.Regions[1].Provider = "" }},
		{"a host that makes an address without a word", all(made, func(s *schema.Spec) {
			s.Regions[1].HostAddress, s.Regions[1].Provider = "", "acme"
			s.Regions[1].Gateways.Mode = schema.ModeHost
		})},
		{"gateways replaced by any", func(s *schema.Spec) { s.Regions[0].Gateways.Replaced = schema.ReplacedAnyAddress }},
		{"gateways on hosts replaced by any", func(s *schema.Spec) { s.Regions[1].Gateways.Replaced = schema.ReplacedAnyAddress }},
		{"gateways replaced, with a key for one", all(func(s *schema.Spec) {
			s.Regions[1].Gateways.Replaced, s.Tailnet.Auth.HostKind = schema.ReplacedSameAddress, schema.KeyOneOff
		})},
		{"gateways replaced, and a pool", func(s *schema.Spec) {
			s.Regions[1].Gateways.Replaced, s.Tailnet.GatewaySource = schema.ReplacedSameAddress, schema.SourceTailnetIP
			s.Tailnet.IPPool, s.Regions[1].Gateways.Nodes[0].TailnetIP = cidrs("100.80.0.0/16"), addr("100.80.0.7")
		}},
		{"gateways replaced, and no pool", func(s *schema.Spec) {
			s.Regions[1].Gateways.Replaced, s.Tailnet.GatewaySource = schema.ReplacedSameAddress, schema.SourceTailnetIP
			s.Regions[1].Gateways.Nodes[0].TailnetIP = addr("100.80.0.7")
		}},
		{"gateways replaced, known by an address", func(s *schema.Spec) {
			s.Regions[1].Gateways.Replaced, s.Regions[1].Gateways.Nodes[0].TailnetIP = schema.ReplacedSameAddress, addr("100.80.0.7")
		}},
		{"gateways in node groups", func(s *schema.Spec) { s.Cluster.Distribution, s.Regions[0].Provider = schema.DistributionEKS, "aws" }},
		{"gateways in node groups, never replaced", func(s *schema.Spec) {
			s.Cluster.Distribution, s.Regions[0].Provider, s.Regions[0].Gateways.Replaced = schema.DistributionEKS, "aws", schema.ReplacedNever
		}},
		{"gateways beside node groups", func(s *schema.Spec) { s.Cluster.Distribution, s.Regions[0].Provider = schema.DistributionEKS, "gcp" }},
		{"gateways on hosts of node groups", func(s *schema.Spec) {
			s.Cluster.Distribution, s.Regions[0].Provider, s.Regions[0].Gateways.Mode = schema.DistributionEKS, "aws", schema.ModeHost
		}},
		{"services beside one that could not be read, before 1.33", func(s *schema.Spec) {
			s.Cluster.ServiceCIDRs = []netip.Prefix{{}, netip.MustParsePrefix("10.96.0.0/12"), netip.MustParsePrefix("fd00:96::/108")}
			s.Cluster.KubernetesVersion = "1.32.9"
		}},
		{"blocks around and within one that comes later", all(perNode("10.61.0.0/22", "10.61.1.0/24"), func(s *schema.Spec) {
			g := s.Regions[0].Gateways.Nodes[1]
			g.Name, g.InternalIP, g.PodCIDRs = "gcp-us-c", addr("10.0.0.13"), cidrs("10.61.0.0/23")
			s.Regions[0].Gateways.Nodes = append(s.Regions[0].Gateways.Nodes, g)
		})},
		{"hosts that make addresses, each a gateway", all(made, func(s *schema.Spec) {
			s.Regions[1].Gateways.Mode, s.Regions[1].Gateways.Nodes[0].PodCIDRs = schema.ModePerNode, cidrs("10.142.0.0/24")
			s.Regions[1].NodeCIDRs = cidrs("10.143.0.0/24", "fd00:143::/120")
		})},
		{"no hosts that make addresses, each a gateway", all(made, func(s *schema.Spec) {
			s.Regions[1].Gateways.Mode, s.Regions[1].Gateways.Nodes = schema.ModePerNode, nil
		})},
		{"a host that makes an address without a word, beside pods that its network knows", all(made, func(s *schema.Spec) {
			s.Regions[1].HostAddress, s.Regions[1].Provider, s.Regions[1].CNI.PodRoutes = "", "acme", schema.PodRoutesNetwork
			s.Regions[1].Gateways.Mode = schema.ModeHost
		})},
		{"state that stays, and a key for one", func(s *schema.Spec) {
			s.Regions[0].Gateways.Replaced, s.Tailnet.Auth.SecretKind = schema.ReplacedSameAddress, schema.KeyOneOff
			s.Regions[0].Gateways.Nodes = s.Regions[0].Gateways.Nodes[:1]
		}},
		{"pods over what several keep", func(s *schema.Spec) {
			s.Regions[1].Provider, s.Regions[1].PodCIDRs = "gcp", cidrs("172.16.0.0/12")
		}},
		{"routes by a DaemonSet that needs them", func(s *schema.Spec) {
			s.Regions[1].NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormDaemonSet}
		}},
		{"routes by a DaemonSet, and an API server by name", func(s *schema.Spec) {
			s.Regions[1].NodeRoutes.Forms, s.Cluster.APIServer.Endpoint = []schema.RouteForm{schema.RouteFormDaemonSet}, "api.example.com:6443"
		}},
	}
}

func long(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a'
	}
	return string(b)
}
