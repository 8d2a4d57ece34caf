package validate

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// hetznerRegion stands in a network whose range contains every prefix.
func hetznerRegion(r *schema.Region) {
	r.Provider = schema.ProviderHetzner
	r.Network = schema.Network{Hetzner: schema.HetznerNetwork{Name: "k8s", IPRange: netip.MustParsePrefix("10.0.0.0/8"), Firewall: "gateways"}}
	r.Gateways.Nodes[0].NetworkInterface, r.Gateways.Nodes[1].NetworkInterface = "", ""
	r.Gateways.HA.Strategy = schema.HASingle
}

// openStackRegion has ports that are told what they let out.
func openStackRegion(r *schema.Region) {
	r.Provider = schema.ProviderOpenStack
	r.Network = schema.Network{OpenStack: schema.OpenStackNetwork{Router: "k8s"}}
	r.Gateways.Nodes[0].NetworkInterface, r.Gateways.Nodes[1].NetworkInterface = "fra-1-port", "fra-2-port"
	r.Gateways.HA.Strategy = schema.HASingle
	r.CNI.PodRoutes = schema.PodRoutesNetwork
}

func awsRegion() schema.Region {
	return schema.Region{
		Name: "fra", Provider: schema.ProviderAWS,
		NodeCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/22")},
		PodCIDRs:  []netip.Prefix{netip.MustParsePrefix("10.61.0.0/16")},
		Network:   schema.Network{AWS: schema.AWSNetwork{Region: "eu-central-1", RouteTables: []string{"rtb-1"}, SecurityGroup: "sg-1"}},
		Gateways: schema.Gateways{Mode: schema.ModeStaticPod, Nodes: []schema.GatewayNode{
			{Name: "fra-1", InternalIP: netip.MustParseAddr("10.0.0.11"), Zone: "a", NetworkInterface: "eni-1"},
			{Name: "fra-2", InternalIP: netip.MustParseAddr("10.0.0.12"), Zone: "a", NetworkInterface: "eni-2"},
		}},
	}
}

// manyPrefixes is a region that advertises so many prefixes.
func manyPrefixes(prefixes int) schema.Region {
	r := schema.Region{Name: "dc", Provider: schema.ProviderBareMetal, Gateways: schema.Gateways{Mode: schema.ModeStaticPod}}
	for i := range prefixes {
		r.PodCIDRs = append(r.PodCIDRs, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 128 + byte(i/256), byte(i), 0}), 24))
	}
	return r
}

func TestClouds(t *testing.T) {
	tests := map[string]struct {
		change   func(r *schema.Region)
		prefixes int
		want     map[diag.Code]diag.Severity
		says     string
	}{
		"nothing wrong": {},
		"no network, two zones": {change: func(r *schema.Region) {
			r.Network, r.Gateways.Nodes[1].Zone = schema.Network{}, "b"
			r.Gateways.Nodes[0].NetworkInterface, r.Gateways.Nodes[1].NetworkInterface = "", ""
		}},
		"two zones": {change: func(r *schema.Region) { r.Gateways.Nodes[1].Zone = "b" },
			want: map[diag.Code]diag.Severity{CodeCloudStandby: diag.Warning}, says: "the gateways stand in different zones, so in different subnets of AWS, and a standby cannot hand traffic to the primary past the route table"},
		"two zones, one gateway takes traffic": {change: func(r *schema.Region) {
			r.Gateways.Nodes[1].Zone, r.Gateways.HA.Strategy = "b", schema.HASingle
		}},
		"the form of an ID": {change: func(r *schema.Region) { r.Gateways.Nodes[0].NetworkInterface = "i-1" },
			want: map[diag.Code]diag.Severity{CodeCloudField: diag.Error}, says: `"eni-"`},
		"no ID": {change: func(r *schema.Region) { r.Gateways.Nodes[0].NetworkInterface, r.Network.AWS.RouteTables = "", nil },
			want: map[diag.Code]diag.Severity{CodeCloudID: diag.Warning}},
		"another cloud's field": {change: func(r *schema.Region) { r.Gateways.Nodes[0].Instance = "i-1" },
			want: map[diag.Code]diag.Severity{CodeCloudField: diag.Error}, says: "Google Cloud and Alibaba Cloud"},
		"many prefixes": {prefixes: 51, want: map[diag.Code]diag.Severity{CodeCloudQuota: diag.Warning}, says: "51 routes"},
		"few enough":    {prefixes: 50},
		"as many as there may be": {change: func(r *schema.Region) { r.Network.AWS.SecurityGroup = "" }, prefixes: 1000,
			want: map[diag.Code]diag.Severity{CodeCloudQuota: diag.Warning}, says: "1000 routes"},
		"all too many":           {prefixes: 1001, want: map[diag.Code]diag.Severity{CodeCloudQuota: diag.Error}, says: "1000 at most"},
		"Hetzner":                {change: hetznerRegion, prefixes: 100},
		"more than Hetzner's":    {change: hetznerRegion, prefixes: 101, want: map[diag.Code]diag.Severity{CodeCloudQuota: diag.Warning}, says: "101 routes in a network"},
		"one table of Hetzner's": {change: func(r *schema.Region) { hetznerRegion(r); r.Gateways.HA.Strategy = schema.HARelay }, want: map[diag.Code]diag.Severity{CodeCloudStandby: diag.Warning}, says: "in Hetzner the route table decides about every packet"},
		"a narrow range": {change: func(r *schema.Region) {
			hetznerRegion(r)
			r.Network.Hetzner.IPRange = netip.MustParsePrefix("10.0.0.0/16")
		}, want: map[diag.Code]diag.Severity{CodeCloudDestination: diag.Warning}, says: "for 10.128.0.0/24 (2 of the prefixes of other regions) to the internet"},
		"a range just wide enough": {change: func(r *schema.Region) {
			hetznerRegion(r)
			r.Network.Hetzner.IPRange = netip.MustParsePrefix("10.0.0.0/8")
		}},
		"a next hop outside": {change: func(r *schema.Region) {
			hetznerRegion(r)
			r.Gateways.Nodes[1].InternalIP = netip.MustParseAddr("172.16.0.12")
		}, want: map[diag.Code]diag.Severity{CodeCloudField: diag.Error}, says: "the range of its network of Hetzner is 10.0.0.0/8"},
		"the network's own gateway": {change: func(r *schema.Region) {
			hetznerRegion(r)
			r.Gateways.Nodes[1].InternalIP = netip.MustParseAddr("10.0.0.1")
		}, want: map[diag.Code]diag.Severity{CodeCloudField: diag.Error}, says: "the network's own gateway"},
		"OpenStack": {change: openStackRegion, prefixes: 10},
		"more than a port is told": {change: openStackRegion, prefixes: 11,
			want: map[diag.Code]diag.Severity{CodeCloudQuota: diag.Warning}, says: "11 allowed address pairs on a port (one for each prefix that a gateway forwards), and OpenStack takes 10"},
		"a port without a guard": {change: func(r *schema.Region) {
			openStackRegion(r)
			r.Network.OpenStack.PortSecurity = schema.PortSecurityDisabled
		}, prefixes: 30},
		"more than a router takes": {change: func(r *schema.Region) {
			openStackRegion(r)
			r.Network.OpenStack.PortSecurity = schema.PortSecurityDisabled
		}, prefixes: 31, want: map[diag.Code]diag.Severity{CodeCloudQuota: diag.Warning}, says: "31 routes on a router"},
		"a standby is told more": {change: func(r *schema.Region) {
			openStackRegion(r)
			r.Gateways.HA.Strategy = schema.HARelay
		}, prefixes: 9, want: map[diag.Code]diag.Severity{CodeCloudQuota: diag.Warning}, says: "11 allowed address pairs"},
		"pods that no port lets out": {change: func(r *schema.Region) {
			openStackRegion(r)
			r.CNI.PodRoutes = ""
		}, want: map[diag.Code]diag.Severity{CodeSourceCheck: diag.Warning}, says: "drops what pods of region \"fra\" send"},
		"pods that ports let out": {change: func(r *schema.Region) {
			openStackRegion(r)
			r.CNI.PodRoutes, r.Network.OpenStack.NodePorts = schema.PodRoutesNodes, []string{"w-1"}
		}},
		"ports with nothing to be told": {change: func(r *schema.Region) {
			openStackRegion(r)
			r.Network.OpenStack.NodePorts = []string{"w-1"}
		}, want: map[diag.Code]diag.Severity{CodeCloudField: diag.Warning}, says: "nodePorts of region"},
		"no port": {change: func(r *schema.Region) {
			openStackRegion(r)
			r.Gateways.Nodes[0].NetworkInterface = ""
		}, want: map[diag.Code]diag.Severity{CodeCloudID: diag.Warning}, says: `"fra-1" of region "fra" has no networkInterface`},
		"no IPv4 next hop": {change: func(r *schema.Region) {
			hetznerRegion(r)
			r.Gateways.Nodes[1].InternalIP = netip.MustParseAddr("fd00::1")
		}, want: map[diag.Code]diag.Severity{CodeCloudID: diag.Warning}, says: `"fra-2" of region "fra" has no IPv4 address`},
		"routes follow the primary": {change: func(r *schema.Region) {
			r.Gateways.Nodes[1].Zone, r.Network.Failover = "b", schema.FailoverWatch
		}, want: map[diag.Code]diag.Severity{CodeCloudStandby: diag.Info}, says: "up to about 15 s to become it, 3 s to see it, and the calls of aws that move them"},
		"routes follow where a standby hands over": {change: func(r *schema.Region) { r.Network.Failover = schema.FailoverWatch }},
		"nobody moves them":                        {change: func(r *schema.Region) { r.Network.Failover = schema.FailoverManual }},
		"nobody to follow": {change: func(r *schema.Region) {
			r.Network.Failover, r.Gateways.Nodes = schema.FailoverWatch, r.Gateways.Nodes[:1]
		}, want: map[diag.Code]diag.Severity{CodeCloudFailover: diag.Error}, says: "it has one gateway, which is always the primary"},
		"each is a primary": {change: func(r *schema.Region) {
			r.Network.Failover, r.Gateways.HA.Strategy = schema.FailoverWatch, schema.HASupersets
		}, want: map[diag.Code]diag.Severity{CodeCloudFailover: diag.Error}, says: "with strategy supersets"},
		"nothing to move": {change: func(r *schema.Region) {
			r.Network = schema.Network{Failover: schema.FailoverWatch}
		}, want: map[diag.Code]diag.Severity{CodeCloudFailover: diag.Error}, says: "network describes no route table of AWS"},
		"routes on nodes": {change: func(r *schema.Region) { r.NodeRoutes.Forms = []schema.RouteForm{schema.RouteFormSystemd} }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := awsRegion()
			if test.change != nil {
				test.change(&r)
			}
			topology := &schema.Topology{}
			topology.Spec.Regions = []schema.Region{r, manyPrefixes(max(test.prefixes, 2))}
			found := map[diag.Code]diag.Severity{}
			text := ""
			for _, d := range clouds(plan.New(topology)) {
				found[d.Code] = max(found[d.Code], d.Severity)
				if d.Severity == diag.Error {
					found[d.Code] = diag.Error
				}
				text += d.Message + d.Remedy
			}
			for code, severity := range test.want {
				if found[code] != severity {
					t.Errorf("%s is %v, want %v", code, found[code], severity)
				}
			}
			if len(found) != len(test.want) || !strings.Contains(text, test.says) {
				t.Errorf("%v: %s", found, text)
			}
		})
	}
}

// Whose route controller deletes routes, of those that the network has: where it runs, where
// it makes routes to pods, and only what lies in the cluster's own prefixes.
func TestRouteControllers(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *schema.Topology)
		want   bool
	}{
		"it runs":          {func(*schema.Topology) {}, true},
		"it does not":      {func(t *schema.Topology) { t.Spec.Cluster.CloudController = schema.CloudControllerNone }, false},
		"another one runs": {func(t *schema.Topology) { t.Spec.Cluster.CloudController = schema.CloudControllerGCP }, false},
		"pods in a tunnel": {func(t *schema.Topology) { t.Spec.Regions[0].CNI.PodRoutes = "" }, false},
		"other prefixes": {func(t *schema.Topology) {
			t.Spec.Cluster.ClusterCIDRs = []netip.Prefix{netip.MustParsePrefix("10.61.0.0/16")}
		}, false},
		"nothing is stated": {func(t *schema.Topology) { t.Spec.Cluster.ClusterCIDRs = nil }, false},
	} {
		r := awsRegion()
		openStackRegion(&r)
		topology := &schema.Topology{}
		topology.Spec.Cluster.CloudController = schema.CloudControllerOpenStack
		topology.Spec.Cluster.ClusterCIDRs = []netip.Prefix{netip.MustParsePrefix("10.60.0.0/14"), netip.MustParsePrefix("10.128.0.0/12")}
		topology.Spec.Regions = []schema.Region{r, manyPrefixes(2)}
		test.change(topology)
		found := ""
		for _, d := range clouds(plan.New(topology)) {
			if d.Code == CodeRoutesDeleted {
				found += d.Message
			}
		}
		if (found != "") != test.want || test.want && !strings.Contains(found, "deletes the route to 10.128.0.0/24") {
			t.Errorf("%s: %q", name, found)
		}
	}
}

// Hosts without a service manager run no unit: the routes follow by somebody else.
func TestFailoverWithoutUnits(t *testing.T) {
	for distribution, want := range map[schema.Distribution]string{
		schema.DistributionKubeadm: "",
		schema.DistributionTalos:   "hosts of Talos have neither a shell nor a service manager: nobody there would move them",
	} {
		r := awsRegion()
		r.Network.Failover = schema.FailoverWatch
		topology := &schema.Topology{}
		topology.Spec.Cluster.Distribution = distribution
		topology.Spec.Regions = []schema.Region{r, manyPrefixes(2)}
		said := ""
		for _, d := range clouds(plan.New(topology)) {
			if d.Code == CodeCloudFailover {
				said += d.Message
			}
		}
		if !strings.HasSuffix(said, want) || (said == "") != (want == "") {
			t.Errorf("%s: %q, want %q", distribution, said, want)
		}
	}
}
