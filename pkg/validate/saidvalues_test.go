package validate_test

import (
	"net/netip"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// values are differences in single values, which nobody can mean or only few can.
func values() []difference {
	gateway := func(change func(*schema.GatewayNode)) func(*schema.Spec) {
		return func(s *schema.Spec) { change(&s.Regions[1].Gateways.Nodes[0]) }
	}
	outside := func(prefixes ...string) func(*schema.Spec) {
		return func(s *schema.Spec) { s.ExternalCIDRs = cidrs(prefixes...) }
	}
	fabric := func(prefix string) func(*schema.Spec) {
		return func(s *schema.Spec) { s.Regions[1].FabricCIDRs = cidrs(prefix) }
	}
	leaving := func(change func(*schema.Region)) func(*schema.Spec) {
		return func(s *schema.Spec) {
			r := topologytest.Region("old", "bare-metal", "10.9.0.0/24", "10.8.0.0/20", "10.9.0.11")
			change(&r)
			s.Leaving = []schema.Region{r}
		}
	}
	control := func(url string) func(*schema.Spec) {
		return func(s *schema.Spec) { s.Tailnet.Control, s.Tailnet.ControlURL = schema.ControlHeadscale, url }
	}
	endpoint := func(e string) func(*schema.Spec) {
		return func(s *schema.Spec) { s.Cluster.APIServer.Endpoint = e }
	}
	mark := func(m schema.Mark) func(*schema.Spec) {
		return func(s *schema.Spec) { m.Owner = "ours"; s.Marks = []schema.Mark{m} }
	}
	versions := func(from, until schema.Version) func(*schema.Spec) {
		return func(s *schema.Spec) {
			s.KnownIssues = []schema.KnownIssue{{Code: "ours", When: []schema.IssueCondition{{Kubernetes: schema.VersionRange{From: from, Until: until}}}}}
		}
	}
	named := func(names ...string) func(*schema.Spec) {
		return func(s *schema.Spec) {
			g := s.Regions[1].Gateways.Nodes[0]
			s.Regions[1].Gateways.Nodes = nil
			for i, n := range names {
				g.Name, g.InternalIP = n, netip.AddrFrom4([4]byte{10, 143, 0, byte(11 + i)})
				s.Regions[1].Gateways.Nodes = append(s.Regions[1].Gateways.Nodes, g)
			}
		}
	}
	devices := func(names ...string) func(*schema.Spec) {
		return func(s *schema.Spec) { s.Regions[0].CNI.Devices = names }
	}
	return []difference{
		{"a gateway at loopback for others", gateway(func(g *schema.GatewayNode) { g.PublicIP = addr("127.0.0.1") })},
		{"a gateway at loopback in the tailnet", gateway(func(g *schema.GatewayNode) { g.TailnetIP = addr("127.0.0.1") })},
		{"a gateway at loopback in the tailnet, which leaves", leaving(func(r *schema.Region) { r.Gateways.Nodes[0].TailnetIP = addr("127.0.0.1") })},
		{"a gateway at loopback among nodes at loopback", func(s *schema.Spec) {
			s.Regions[1].NodeCIDRs, s.Regions[1].Gateways.Nodes[0].InternalIP = cidrs("127.0.0.0/24"), addr("127.0.0.11")
		}},
		{"a fabric of one link", fabric("169.254.7.0/24")},
		{"a fabric of all of one link", fabric("169.254.0.0/16")},
		{"a fabric of more than one link", fabric("169.254.0.0/15")},
		{"a fabric of one link, of IPv6", fabric("fe80::/10")},
		{"a fabric of multicast", fabric("224.0.0.0/4")},
		{"transit over one link", func(s *schema.Spec) { s.Regions[1].TransitCIDRs = cidrs("169.254.7.0/30") }},
		{"services over one link", func(s *schema.Spec) { s.Cluster.ServiceCIDRs = cidrs("169.254.0.0/20") }},
		{"one link outside", outside("169.254.7.0/24")},
		{"everything outside", outside("0.0.0.0/0")},
		{"everything of IPv6 reserved", func(s *schema.Spec) {
			s.ReservedCIDRs = []schema.ReservedCIDR{{Prefix: netip.MustParsePrefix("::/0"), Reason: "ours"}}
		}},
		{"everything keeps its address", func(s *schema.Spec) { s.Cluster.NonMasqueradeCIDRs = cidrs("192.168.0.0/16", "0.0.0.0/0") }},
		{"half of everything keeps its address", func(s *schema.Spec) { s.Cluster.NonMasqueradeCIDRs = cidrs("0.0.0.0/1") }},
		{"everything is the cluster's", func(s *schema.Spec) { s.Cluster.ClusterCIDRs = cidrs("10.0.0.0/8", "::/0") }},
		{"everything is routed natively", func(s *schema.Spec) { s.Cluster.NativeRoutingCIDR = netip.MustParsePrefix("0.0.0.0/0") }},
		{"a device three times", devices("eth0", "eth1", "eth0", "eth0")},
		{"a device twice in two regions", func(s *schema.Spec) { devices("eth0")(s); s.Regions[1].CNI.Devices = []string{"eth0"} }},
		{"devices without a name", devices("", "")},
		{"an API server twice", func(s *schema.Spec) {
			s.Cluster.APIServer.Addresses = append(s.Cluster.APIServer.Addresses, s.Cluster.APIServer.Addresses...)
		}},
		{"a tag of a gateway twice", gateway(func(g *schema.GatewayNode) { g.Tags = []string{"tag:a", "tag:b", "tag:a"} })},
		{"an API server at loopback", endpoint("127.0.0.1:6443")},
		{"an API server everywhere", endpoint("0.0.0.0:6443")},
		{"an API server at one link, of IPv6", endpoint("[fe80::5]:6443")},
		{"a control server everywhere", control("http://0.0.0.0:8080")},
		{"a control server at loopback", control("http://[::1]:8080")},
		{"a control server at an address", control("http://192.0.2.7:8080")},
		{"a control server that is misspelt", control("https://10.0.0.555")},
		{"a control server without a host", control("https://")},
		{"a control server without an end", control("https://[fd00::7")},
		{"a control server that nobody can find", control("")},
		{"a value beside its mask", mark(schema.Mark{Mask: 0xff, Value: 0x1f0})},
		{"a value in its mask", mark(schema.Mark{Mask: 0xff000, Value: 0xff000})},
		{"a value without a mask", mark(schema.Mark{Value: 0x1f0})},
		{"a mark in a region", mark(schema.Mark{Mask: 0x1000000, Regions: []string{"gpu-dc"}})},
		{"a mark in a region that leaves", func(s *schema.Spec) {
			leaving(func(*schema.Region) {})(s)
			mark(schema.Mark{Mask: 0x1000000, Regions: []string{"old"}})(s)
		}},
		{"a mark in a region that is misspelt", mark(schema.Mark{Mask: 0x1000000, Regions: []string{"gcp-us", "", "gpu-cd"}})},
		{"a mark on the moon", mark(schema.Mark{Mask: 0x1000000, Regions: []string{"moon"}})},
		{"versions between two", versions("1.30.0", "1.30.1")},
		{"versions between one and itself", versions("1.30.0", "1.30.0")},
		{"versions backwards", versions("1.31.0", "1.30.0")},
		{"versions without an end", versions("1.31.0", "")},
		{"versions without a beginning", versions("", "1.31.0")},
		{"files of one host where another has its directory", named("a", "a.env", "b.env")},
		{"a name as long as can be", named(strings.Repeat("a", 251))},
		{"a name that is too long", named(strings.Repeat("a", 252))},
		{"gateways with one public address", func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes[0].PublicIP, s.Regions[0].Gateways.Nodes[1].PublicIP = addr("65.21.7.11"), addr("65.21.7.11")
		}},
		{"gateways behind one NAT", func(s *schema.Spec) {
			for i := range s.Regions[0].Gateways.Nodes {
				s.Regions[0].Gateways.Nodes[i].PublicIP, s.Regions[0].Gateways.Nodes[i].UnderNAT = addr("65.21.7.11"), true
			}
		}},
		{"gateways with one address in the tailnet", func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes[0].TailnetIP, s.Regions[1].Gateways.Nodes[0].TailnetIP = addr("100.80.0.7"), addr("100.80.0.7")
		}},
		{"a node of two regions", func(s *schema.Spec) { s.Regions[0].Nodes = []schema.Node{{Name: "gpu-dc-a"}} }},
		{"a node that is a gateway", func(s *schema.Spec) { s.Regions[1].Nodes = []schema.Node{{Name: "gpu-dc-a"}} }},
		{"a node twice", func(s *schema.Spec) { s.Regions[1].Nodes = []schema.Node{{Name: "gpu-7"}, {Name: "gpu-7"}} }},
		{"a node twice, in two regions", func(s *schema.Spec) {
			s.Regions[0].Nodes, s.Regions[1].Nodes = []schema.Node{{Name: "gpu-7"}}, []schema.Node{{Name: "gpu-7"}}
		}},
		{"nodes without names", func(s *schema.Spec) { s.Regions[1].Nodes = []schema.Node{{}, {}} }},
		{"API servers in a prefix outside", func(s *schema.Spec) {
			s.Cluster.APIServer = schema.APIServer{Prefixes: cidrs("192.168.9.0/28"), Port: 6443}
		}},
		{"API servers by address and prefix outside", func(s *schema.Spec) {
			s.Cluster.APIServer = schema.APIServer{Addresses: []netip.Addr{addr("192.168.9.1")}, Prefixes: cidrs("192.168.9.0/28"), Port: 6443}
		}},
		{"API servers by name alone", func(s *schema.Spec) { s.Cluster.APIServer = schema.APIServer{Endpoint: "api.example.com:443"} }},
		{"API servers outside, of k3s", func(s *schema.Spec) {
			s.Cluster.APIServer = schema.APIServer{Addresses: []netip.Addr{addr("192.168.9.1")}, Port: 6443}
			s.Cluster.Distribution = schema.DistributionK3s
		}},
		{"pods as large as the network takes", func(s *schema.Spec) { s.Regions[0].MTU, s.Regions[0].CNI.MTU = 1400, 1400 }},
		{"pods larger than the network takes", func(s *schema.Spec) { s.Regions[0].MTU, s.Regions[0].CNI.MTU = 1400, 1401 }},
		{"pods in a tunnel as large as the network takes", func(s *schema.Spec) {
			s.Regions[0].MTU, s.Regions[0].CNI.MTU, s.Regions[0].CNI.Tunnel = 1400, 1350, schema.TunnelVXLAN
		}},
		{"pods in a tunnel larger than the network takes", func(s *schema.Spec) {
			s.Regions[0].MTU, s.Regions[0].CNI.MTU, s.Regions[0].CNI.Tunnel = 1400, 1351, schema.TunnelVXLAN
		}},
		{"blocks of IPv6 that are too long for their pool", func(s *schema.Spec) {
			s.Regions[0].PodCIDRs, s.Regions[0].MaxNodes = cidrs("10.61.0.0/16", "fd00:61::/104"), 9
			s.Regions[0].CNI.IPAM, s.Regions[0].CNI.NodeBlockSizeIPv6 = schema.IPAMKubernetes, 121
		}},
		{"blocks of IPv6 that are just right", func(s *schema.Spec) {
			s.Regions[0].PodCIDRs, s.Regions[0].MaxNodes = cidrs("10.61.0.0/16", "fd00:61::/104"), 9
			s.Regions[0].CNI.IPAM, s.Regions[0].CNI.NodeBlockSizeIPv6 = schema.IPAMKubernetes, 120
		}},
		{"pods that take addresses one by one", func(s *schema.Spec) {
			s.Regions[0].MaxNodes, s.Regions[0].CNI.IPAM, s.Regions[0].CNI.NodeBlockSizeIPv4 = 999, schema.IPAMCloud, 24
		}},
		{"supersets of nodes", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModePerNode, "1.98.2"
		}},
		{"supersets that nobody is free for", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
			s.ExternalCIDRs = cidrs("10.60.2.0/23", "10.60.1.0/24", "10.0.6.0/23", "10.0.4.0/24")
		}},
		{"pods in what tailnets have, beside the pool", func(s *schema.Spec) {
			s.Tailnet.IPPool, s.Regions[0].PodCIDRs = cidrs("100.80.0.0/16"), cidrs("100.72.0.0/16")
		}},
		{"pods in what tailnets have", func(s *schema.Spec) { s.Regions[0].PodCIDRs = cidrs("100.72.0.0/16") }},
		{"pods in documents", func(s *schema.Spec) { s.Regions[0].PodCIDRs = cidrs("192.0.2.0/24") }},
		{"supersets of one prefix of two", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
			s.Regions[0].Gateways.Nodes[0].Supersets = cidrs("10.60.0.0/15")
		}},
		{"supersets that swallow what is outside", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
			s.Regions[0].Gateways.Nodes[0].Supersets = cidrs("10.60.0.0/15", "10.0.0.0/21")
			s.ExternalCIDRs = cidrs("10.60.7.0/24")
		}},
		{"supersets beyond private addresses", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
			s.Regions[0].PodCIDRs = cidrs("192.168.0.0/16")
		}},
		{"one device", func(s *schema.Spec) { s.Tailnet.MaxDevices = 1 }},
		{"a pool beside one that could not be read", func(s *schema.Spec) {
			s.Tailnet.IPPool = []netip.Prefix{{}, netip.MustParsePrefix("100.80.0.0/31")}
		}},
		{"supersets of the user's, beyond private addresses", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
			s.Regions[0].PodCIDRs, s.Regions[0].Gateways.Nodes[0].Supersets = cidrs("192.168.0.0/16"), cidrs("192.168.0.0/15", "10.0.0.0/21")
		}},
		{"supersets among Docker's", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
			s.Regions[0].PodCIDRs = cidrs("172.20.0.0/16")
		}},
	}
}
