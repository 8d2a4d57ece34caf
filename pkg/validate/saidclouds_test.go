package validate_test

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// clouds are differences in a region whose network is a provider's.
func clouds() []difference {
	type change = func(*schema.Spec)
	in := func(provider string, network schema.Network, changes ...change) change {
		return func(s *schema.Spec) {
			r := &s.Regions[0]
			r.Provider, r.Network, r.Gateways.Mode, r.CNI.PodRoutes = provider, network, schema.ModeStaticPod, schema.PodRoutesNetwork
			// What is said of every network of two providers says nothing here.
			s.Tailnet.Policy.TagPerRegion, s.Cluster.CloudController = true, schema.CloudControllerNone
			for _, c := range changes {
				c(s)
			}
		}
	}
	cards := func(names ...string) change {
		return func(s *schema.Spec) {
			for i, n := range names {
				s.Regions[0].Gateways.Nodes[i].NetworkInterface = n
			}
		}
	}
	zones := func(s *schema.Spec) {
		s.Regions[0].Gateways.Nodes[0].Zone, s.Regions[0].Gateways.Nodes[1].Zone = "a", "b"
	}
	alone := func(s *schema.Spec) { s.Regions[0].Gateways.Nodes = s.Regions[0].Gateways.Nodes[:1] }
	single := func(s *schema.Spec) { s.Regions[0].Gateways.HA.Strategy = schema.HASingle }
	strategy := func(h schema.HAStrategy) change {
		return func(s *schema.Spec) { s.Regions[0].Gateways.HA.Strategy = h }
	}
	failover := func(f schema.Failover) change {
		return func(s *schema.Spec) { s.Regions[0].Network.Failover = f }
	}
	// of has the other region advertise so many prefixes, its node CIDR among them.
	of := func(prefixes int) change {
		return func(s *schema.Spec) {
			s.Regions[1].PodCIDRs = nil
			for i := range prefixes - 1 {
				s.Regions[1].PodCIDRs = append(s.Regions[1].PodCIDRs, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 144 + byte(i/256), byte(i), 0}), 24))
			}
		}
	}
	dual := func(s *schema.Spec) {
		s.Regions[1].PodCIDRs = cidrs("10.142.0.0/20", "fd00:142::/104")
	}
	aws := schema.Network{AWS: schema.AWSNetwork{Region: "eu-central-1", RouteTables: []string{"rtb-1"}, SecurityGroup: "sg-1"}}
	unguarded := aws
	unguarded.AWS.SecurityGroup = ""
	both := aws
	both.Azure = schema.AzureNetwork{ResourceGroup: "k8s"}
	gcp := schema.Network{GCP: schema.GCPNetwork{Project: "p", Name: "k8s"}}
	azure := schema.Network{Azure: schema.AzureNetwork{ResourceGroup: "k8s", RouteTables: []string{"t"}}}
	alibaba := schema.Network{Alibaba: schema.AlibabaNetwork{Region: "cn-1", RouteTables: []string{"vtb-1"}, SecurityGroup: "sg-1"}}
	hetzner := schema.Network{Hetzner: schema.HetznerNetwork{Name: "k8s", IPRange: netip.MustParsePrefix("10.0.0.0/8")}}
	openstack := schema.Network{OpenStack: schema.OpenStackNetwork{Router: "k8s"}}
	enis, ports := cards("eni-1", "eni-2"), cards("port-1", "port-2")
	tunnelled := func(s *schema.Spec) { s.Regions[0].CNI.PodRoutes = "" }
	controller := func(cluster ...string) change {
		return func(s *schema.Spec) {
			s.Cluster.CloudController, s.Cluster.ClusterCIDRs = schema.CloudControllerOpenStack, cidrs(cluster...)
		}
	}
	overlay := func(cluster ...string) change {
		return func(s *schema.Spec) {
			for i := range s.Regions {
				s.Regions[i].CNI = schema.CNI{Type: schema.CNICalico, Tunnel: schema.TunnelVXLAN, MTU: 1230}
			}
			s.Cluster.ClusterCIDRs = cidrs(cluster...)
		}
	}
	return []difference{
		{"AWS", in("aws", aws, enis)},
		{"AWS in two zones", in("aws", aws, enis, zones)},
		{"AWS in two zones, one gateway", in("aws", aws, enis, zones, alone)},
		{"AWS, and a word about Azure", in("aws", both, enis)},
		{"AWS without its cards", in("aws", aws)},
		{"AWS with cards of others", in("aws", aws, ports)},
		{"AWS, at the quota", in("aws", aws, enis, of(50))},
		{"AWS, over the quota", in("aws", aws, enis, of(51))},
		{"AWS, over the quota of rules", in("aws", aws, enis, of(60))},
		{"AWS, over the quota of rules of nobody", in("aws", unguarded, enis, of(60))},
		{"AWS follows", in("aws", aws, enis, zones, failover(schema.FailoverWatch))},
		{"AWS follows one", in("aws", aws, enis, alone, failover(schema.FailoverWatch))},
		{"AWS follows each", in("aws", aws, enis, single, failover(schema.FailoverWatch))},
		{"Google Cloud", in("gcp", gcp, zones)},
		{"Google Cloud with one gateway", in("gcp", gcp, zones, alone)},
		{"Google Cloud with strategy single", in("gcp", gcp, zones, single)},
		{"Google Cloud without zones", in("gcp", gcp)},
		{"Google Cloud, an instance's name that is none", in("gcp", gcp, zones, func(s *schema.Spec) { s.Regions[0].Gateways.Nodes[1].Name = "gcp.us.b" })},
		{"Google Cloud, an instance with a name of its own", in("gcp", gcp, zones, func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes[1].Name, s.Regions[0].Gateways.Nodes[1].Instance = "gcp.us.b", "gcp-us-b"
		})},
		{"Google Cloud, at the quota", in("gcp", gcp, zones, of(100))},
		{"Google Cloud, over the quota", in("gcp", gcp, zones, of(101))},
		{"Google Cloud, and IPv6 elsewhere", in("gcp", gcp, zones, dual)},
		{"Azure", in("azure", azure)},
		{"Azure without tables", in("azure", schema.Network{Azure: schema.AzureNetwork{ResourceGroup: "k8s"}})},
		{"Azure, and IPv6 elsewhere", in("azure", azure, dual)},
		{"Alibaba Cloud", in("alibaba", alibaba)},
		{"Alibaba Cloud, over the quota", in("alibaba", alibaba, of(200))},
		{"Hetzner", in("hetzner", hetzner)},
		{"Hetzner, and IPv6 elsewhere", in("hetzner", hetzner, dual)},
		{"Hetzner, over the quota", in("hetzner", hetzner, of(101))},
		{"OpenStack", in("openstack", openstack, ports)},
		{"OpenStack, and pods in a tunnel", in("openstack", openstack, ports, tunnelled)},
		{"OpenStack, and its controller", in("openstack", openstack, ports, controller("10.0.0.0/8"))},
		{"OpenStack, and its controller of two ranges", in("openstack", openstack, ports, controller("10.61.0.0/16", "10.142.0.0/16"))},
		{"OpenStack, and its controller of itself alone", in("openstack", openstack, ports, controller("10.61.0.0/16"))},
		{"OpenStack, at a port's quota", in("openstack", openstack, ports, single, of(10))},
		{"OpenStack, over a port's quota", in("openstack", openstack, ports, single, of(11))},
		{"OpenStack without pods elsewhere", in("openstack", openstack, ports, strategy(schema.HARelay), of(1))},
		{"a provider whose routes are not made here", in("oracle", schema.Network{Failover: schema.FailoverWatch})},
		{"a provider without its network", in("azure", schema.Network{Failover: schema.FailoverWatch})},
		{"routes on hosts of a provider", in("azure", schema.Network{}, func(s *schema.Spec) {
			s.Regions[0].NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormSystemd}
		})},
		{"routes on hosts of a provider whose table decides", in("azure", azure, func(s *schema.Spec) {
			s.Regions[0].NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormSystemd}
		})},
		{"routes on hosts of AWS", in("aws", schema.Network{}, func(s *schema.Spec) {
			s.Regions[0].NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormSystemd}
		})},
		{"routes on hosts of AWS in two zones", in("aws", schema.Network{}, zones, func(s *schema.Spec) {
			s.Regions[0].NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormNetworkd}
		})},
		{"routes on hosts of AWS, whose network is told", in("aws", aws, enis, func(s *schema.Spec) {
			s.Regions[0].NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormSystemd}
		})},
		{"Google Cloud, and one gateway with a strategy for several", in("gcp", gcp, zones, alone, strategy(schema.HARelay))},
		{"Google Cloud with one host", in("gcp", gcp, zones, alone, tunnelled, func(s *schema.Spec) { s.Regions[0].NodeCIDRs = cidrs("10.0.0.11/32") })},
		{"a Secret beside an identity that nobody has", in("bare-metal", schema.Network{}, func(s *schema.Spec) {
			s.Tailnet.Auth.SecretKind, s.Tailnet.Auth.WorkloadIdentity.ClientID, s.Tailnet.TailscaleVersion = schema.KeyReusable, "T123/abc", "1.98.2"
		})},
		{"routes on hosts of Hetzner, of which network nobody says", in("hetzner", schema.Network{}, func(s *schema.Spec) {
			s.Regions[0].NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormSystemd}
		})},
		{"pods that a tunnel hides", in("aws", aws, enis, tunnelled, overlay("10.61.0.0/16", "10.142.0.0/20"))},
		{"pods that a tunnel hides from nodes too", in("aws", aws, enis, tunnelled, overlay("10.0.0.0/8"))},
		{"pods that a tunnel hides in one region", in("aws", aws, enis, tunnelled, overlay("10.61.0.0/16", "10.142.0.0/20"), func(s *schema.Spec) { s.Regions[1].CNI.Tunnel = schema.TunnelNone })},
	}
}
