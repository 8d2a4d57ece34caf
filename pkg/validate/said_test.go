package validate_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestSaid changes one thing of the published network at a time: a file for each kind of change has
// all of what is said of it, which for neighbours of a boundary is nothing. What an earlier change
// has brought up in the same words stands there, and is named.
func TestSaid(t *testing.T) { said(t, "said", differences()) }

func TestSaidOfValues(t *testing.T) { said(t, "said-values", values()) }

func TestSaidOfNodes(t *testing.T) { said(t, "said-nodes", nodes()) }

func TestSaidOfClouds(t *testing.T) { said(t, "said-clouds", clouds()) }

func said(t *testing.T, name string, differences []difference) {
	t.Helper()
	var b strings.Builder
	first := map[string]string{} // where a finding stands in full
	for _, c := range differences {
		topology := published()
		c.change(&topology.Spec)
		list := validate.Topology(topology)
		list.Sort()
		fmt.Fprintf(&b, "= %s\n", c.what)
		var again []string
		for _, d := range list {
			text := fmt.Sprintf("%s: %s: %s [%s]; %s\n", d.Path, d.Severity, d.Message, d.Code, d.Remedy)
			for _, r := range d.Related {
				text += fmt.Sprintf("\t%s: %s\n", r.Path, r.Message)
			}
			if where, stands := first[text]; stands {
				again = append(again, fmt.Sprintf("%s [%s], %s", d.Path, d.Code, where))
				continue
			}
			first[text] = c.what
			b.WriteString(text)
		}
		if len(again) > 0 {
			fmt.Fprintf(&b, "as under: %s\n", strings.Join(again, "; "))
		}
	}
	goldentest.Compare(t, "testdata/"+name+".txt", b.String())
}

type difference struct {
	what   string
	change func(*schema.Spec)
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func differences() []difference {
	gateway := func(s *schema.Spec) *schema.GatewayNode { return &s.Regions[1].Gateways.Nodes[0] }
	pool := func(prefixes ...string) func(*schema.Spec) {
		return func(s *schema.Spec) { s.Tailnet.IPPool = cidrs(prefixes...) }
	}
	external := func(prefix string, mode schema.NetfilterMode, version schema.Version, pool ...string) func(*schema.Spec) {
		return func(s *schema.Spec) {
			s.ExternalCIDRs, s.Tailnet.IPPool, s.Tailnet.NetfilterMode, s.Tailnet.TailscaleVersion = cidrs(prefix), cidrs(pool...), mode, version
		}
	}
	keys := func(secret, hosts schema.KeyKind) func(*schema.Spec) {
		return func(s *schema.Spec) { s.Tailnet.Auth.SecretKind, s.Tailnet.Auth.HostKind = secret, hosts }
	}
	link := func(links ...schema.Link) func(*schema.Spec) { return func(s *schema.Spec) { s.Links = links } }
	both := []string{"gcp-us", "gpu-dc"}
	at := func(internal string) func(*schema.Spec) {
		return func(s *schema.Spec) { gateway(s).InternalIP = addr(internal) }
	}
	third := func(s *schema.Spec) {
		s.Regions = append(s.Regions, topologytest.Region("lab", "bare-metal", "10.3.0.0/24", "10.4.0.0/20", "10.3.0.11", "10.3.0.12"))
	}
	endpoint := func(e string, addresses ...string) func(*schema.Spec) {
		return func(s *schema.Spec) {
			s.Cluster.APIServer.Endpoint, s.Cluster.APIServer.Addresses = e, nil
			for _, a := range addresses {
				s.Cluster.APIServer.Addresses = append(s.Cluster.APIServer.Addresses, addr(a))
			}
		}
	}
	native := func(p string) func(*schema.Spec) {
		return func(s *schema.Spec) { s.Cluster.NativeRoutingCIDR = netip.MustParsePrefix(p) }
	}
	relay := func(port int, version schema.Version) func(*schema.Spec) {
		return func(s *schema.Spec) {
			s.Regions[1].Gateways.PeerRelay, s.Tailnet.TailscaleVersion = port, version
			gateway(s).PublicIP = addr("203.0.113.7")
		}
	}
	return []difference{
		{"the pool is outside 100.64.0.0/10", pool("10.80.0.0/16")},
		{"the pool is wider than 100.64.0.0/10", pool("100.0.0.0/8")},
		{"the pool is all of 100.64.0.0/10", pool("100.64.0.0/10")},
		{"the pool has what Tailscale keeps", pool("100.100.0.0/24")},
		{"the pool contains what Tailscale keeps", pool("100.96.0.0/12")},
		{"the pool has too few addresses", pool("100.80.0.0/31")},
		{"the pool has as many addresses as gateways", pool("100.80.0.0/31", "100.80.0.2/32")},
		{"what is outside shares 100.64.0.0/10 with the tailnet", external("100.72.0.0/16", schema.NetfilterOff, "1.84.3")},
		{"what is outside lies beside the pool", external("100.72.0.0/16", schema.NetfilterOff, "1.84.3", "100.80.0.0/16")},
		{"what is outside lies in the pool", external("100.80.1.0/24", schema.NetfilterOff, "1.84.3", "100.80.0.0/16")},
		{"what is outside lies beside the pool, with netfilter", external("100.72.0.0/16", schema.NetfilterOn, "1.84.3", "100.80.0.0/16")},
		{"what is outside lies beside the pool, with netfilter and an attribute", external("100.72.0.0/16", schema.NetfilterOn, "1.98.0", "100.80.0.0/16")},
		{"three devices", func(s *schema.Spec) { s.Tailnet.MaxDevices = 3 }},
		{"two devices", func(s *schema.Spec) { s.Tailnet.MaxDevices = 2 }},
		{"two devices, and more nodes than are listed", func(s *schema.Spec) {
			s.Tailnet.MaxDevices, s.Regions[1].Gateways.Mode, s.Regions[1].MaxNodes = 2, schema.ModePerNode, 9
		}},
		{"gateways send from the tailnet", func(s *schema.Spec) { s.Tailnet.GatewaySource = schema.SourceTailnetIP }},
		{"gateways send from the pool", func(s *schema.Spec) {
			s.Tailnet.GatewaySource, s.Tailnet.IPPool = schema.SourceTailnetIP, cidrs("100.80.0.0/16")
		}},
		{"gateways send from the whole tailnet", func(s *schema.Spec) {
			s.Tailnet.GatewaySource, s.Tailnet.ReadmitWholePool = schema.SourceTailnetIP, true
		}},
		{"a one-off key in the Secret", keys(schema.KeyOneOff, "")},
		{"a one-off key in the Secret of one gateway", func(s *schema.Spec) {
			keys(schema.KeyOneOff, "")(s)
			s.Regions[0].Gateways.Nodes = s.Regions[0].Gateways.Nodes[:1]
		}},
		{"a one-off key on hosts", keys("", schema.KeyOneOff)},
		{"an OAuth client's secret on hosts", keys("", schema.KeyOAuthClient)},
		{"an OAuth client's secret on hosts of two regions", func(s *schema.Spec) { keys("", schema.KeyOAuthClient)(s); third(s) }},
		{"OAuth clients of Headscale", func(s *schema.Spec) {
			keys(schema.KeyOAuthClient, schema.KeyOAuthClient)(s)
			s.Tailnet.Control, s.Tailnet.ControlURL = schema.ControlHeadscale, "https://headscale.example.com"
		}},
		{"a Secret that nobody reads", func(s *schema.Spec) {
			keys(schema.KeyReusable, "")(s)
			s.Regions[0].Gateways.Mode = schema.ModeStaticPod
		}},
		{"files that nobody reads", func(s *schema.Spec) {
			keys("", schema.KeyReusable)(s)
			s.Regions[1].Gateways.Mode = schema.ModeDaemonSet
		}},
		{"a Secret beside a workload identity", func(s *schema.Spec) {
			keys(schema.KeyReusable, "")(s)
			s.Tailnet.TailscaleVersion, s.Tailnet.Auth.WorkloadIdentity.ClientID = "1.98.2", "T123/abc"
		}},
		{"a workload identity before it is supported", func(s *schema.Spec) { s.Tailnet.Auth.WorkloadIdentity.ClientID = "T123/abc" }},
		{"a link of one region", link(schema.Link{Regions: both[:1]})},
		{"a link of three regions", link(schema.Link{Regions: []string{"gcp-us", "gpu-dc", "lab"}})},
		{"a link within a region", link(schema.Link{Regions: []string{"gcp-us", "gcp-us"}})},
		{"a link to nowhere", link(schema.Link{Regions: []string{"gcp-us", "moon"}})},
		{"a link", link(schema.Link{Regions: both})},
		{"a link twice", link(schema.Link{Regions: both}, schema.Link{Regions: []string{"gpu-dc", "gcp-us"}})},
		{"a link beside one of one region", link(schema.Link{Regions: both[:1]}, schema.Link{Regions: both})},
		{"a link of 1400 bytes", link(schema.Link{Regions: both, MTU: 1400})},
		{"a link of 1500 bytes", link(schema.Link{Regions: both, MTU: 1500})},
		{"pods of 1501 bytes", func(s *schema.Spec) { s.Links = []schema.Link{{Regions: both}}; s.Regions[0].CNI.MTU = 1501 }},
		{"the network's own address", at("10.143.0.0")},
		{"the first address of two", func(s *schema.Spec) { at("10.143.0.10")(s); s.Regions[1].NodeCIDRs = cidrs("10.143.0.10/31") }},
		{"the network's broadcast address", at("10.143.0.255")},
		{"the network's last address", at("10.143.0.254")},
		{"an address that the provider keeps", func(s *schema.Spec) { at("10.143.0.3")(s); s.Regions[1].Provider = "aws" }},
		{"an address that the provider does not keep", func(s *schema.Spec) { at("10.143.0.4")(s); s.Regions[1].Provider = "aws" }},
		{"an address of another region", at("10.0.0.99")},
		{"an address of another gateway", at("10.0.0.11")},
		{"a public address inside", func(s *schema.Spec) { gateway(s).PublicIP = addr("10.143.0.99") }},
		{"a private public address", func(s *schema.Spec) { gateway(s).PublicIP = addr("192.168.7.7") }},
		{"a private public address under NAT", func(s *schema.Spec) { gateway(s).PublicIP, gateway(s).UnderNAT = addr("192.168.7.7"), true }},
		{"a tailnet address outside", func(s *schema.Spec) { gateway(s).TailnetIP = addr("10.9.9.9") }},
		{"a tailnet address outside the pool", func(s *schema.Spec) { pool("100.80.0.0/16")(s); gateway(s).TailnetIP = addr("100.81.0.1") }},
		{"a tailnet address of IPv6", func(s *schema.Spec) { gateway(s).TailnetIP = addr("fd7a:115c:a1e0::7") }},
		{"a tailnet address of other IPv6", func(s *schema.Spec) { gateway(s).TailnetIP = addr("fd00::7") }},
		{"names twice", func(s *schema.Spec) { s.Regions[1].Name, gateway(s).Name = "gcp-us", "gcp-us-a" }},
		{"labels that kubelets may not set", func(s *schema.Spec) {
			s.Regions[0].Gateways.NodeSelector = map[string]string{
				"kubernetes.io/gateway": "", "node.kubernetes.io/gateway": "", "example.com/gateway": "", "gateway": "", "kubernetes.io/hostname": "a", "x.k8s.io/y": "",
				"notkubernetes.io/gateway": "", "a.kubelet.kubernetes.io/b": "",
			}
		}},
		{"two DaemonSets of one label", func(s *schema.Spec) {
			s.Regions[1].Gateways.Mode = schema.ModeDaemonSet
			s.Regions[0].Gateways.NodeSelector, s.Regions[1].Gateways.NodeSelector = map[string]string{"a": "1", "b": "1"}, map[string]string{"a": "1"}
		}},
		{"two DaemonSets of different labels", func(s *schema.Spec) {
			s.Regions[1].Gateways.Mode = schema.ModeDaemonSet
			s.Regions[0].Gateways.NodeSelector, s.Regions[1].Gateways.NodeSelector = map[string]string{"a": "1"}, map[string]string{"a": "2"}
		}},
		{"no API server", endpoint("")},
		{"an API server by name only", endpoint("api.example.com:443")},
		{"an API server that is misspelt", endpoint("10.0.0.555:6443")},
		{"an API server by an address outside", endpoint("", "192.168.9.9")},
		{"an API server by a public address", endpoint("", "203.0.113.9")},
		{"an API server in the tailnet", endpoint("", "100.90.0.9")},
		{"API servers of two regions", endpoint("", "10.0.0.5", "10.143.0.5")},
		{"API servers of two regions, of k3s", func(s *schema.Spec) {
			endpoint("", "10.0.0.5", "10.143.0.5")(s)
			s.Cluster.Distribution = schema.DistributionK3s
		}},
		{"pods of two families", func(s *schema.Spec) { s.Regions[0].PodCIDRs = cidrs("10.61.0.0/16", "fd00:61::/104") }},
		{"services of two families", func(s *schema.Spec) { s.Cluster.ServiceCIDRs = cidrs("10.96.0.0/12", "fd00:96::/108") }},
		{"services of 21 bits", func(s *schema.Spec) { s.Cluster.ServiceCIDRs = cidrs("10.96.0.0/11") }},
		{"services of one bit", func(s *schema.Spec) { s.Cluster.ServiceCIDRs = cidrs("10.96.0.0/31") }},
		{"two ranges of services", func(s *schema.Spec) { s.Cluster.ServiceCIDRs = cidrs("10.96.0.0/16", "10.97.0.0/16") }},
		{"two ranges of services before 1.33", func(s *schema.Spec) {
			s.Cluster.ServiceCIDRs, s.Cluster.KubernetesVersion = cidrs("10.96.0.0/16", "10.97.0.0/16"), "1.32.9"
		}},
		{"native routing of all", native("10.0.0.0/8")},
		{"native routing of some", native("10.0.0.0/9")},
		{"native routing of IPv6", native("fd00::/8")},
		{"native routing of what is outside", func(s *schema.Spec) { native("10.0.0.0/8")(s); s.ExternalCIDRs = cidrs("10.200.0.0/16") }},
		{"cluster CIDRs of some", func(s *schema.Spec) { s.Cluster.ClusterCIDRs = cidrs("10.61.0.0/16") }},
		{"Flannel without a network", func(s *schema.Spec) { s.Regions[1].CNI = schema.CNI{Type: schema.CNIFlannel, Version: "0.26.1"} }},
		{"Flannel with its network", func(s *schema.Spec) {
			s.Regions[1].CNI, s.Cluster.ClusterCIDRs = schema.CNI{Type: schema.CNIFlannel, Version: "0.26.1"}, cidrs("10.61.0.0/16", "10.142.0.0/20")
		}},
		{"a prefix that is everything", func(s *schema.Spec) { s.Regions[1].PodCIDRs = cidrs("0.0.0.0/0") }},
		{"public pods", func(s *schema.Spec) { s.Regions[1].PodCIDRs = cidrs("8.8.0.0/20") }},
		{"public nodes", func(s *schema.Spec) { s.Regions[1].NodeCIDRs = cidrs("8.8.0.0/20", "10.143.0.0/24") }},
		{"a region that leaves with the API server", func(s *schema.Spec) {
			s.Leaving = []schema.Region{topologytest.Region("old", "bare-metal", "10.0.0.0/24", "10.9.0.0/20", "10.0.0.11")}
		}},
		{"egress by HTTPS", func(s *schema.Spec) { s.Regions[0].Egress = schema.EgressHTTPS }},
		{"a NAT at one end", func(s *schema.Spec) { gateway(s).NATMapping = schema.NATEndpointDependent }},
		{"NATs at both ends", func(s *schema.Spec) {
			gateway(s).NATMapping, s.Regions[0].Gateways.Nodes[1].NATMapping = schema.NATEndpointDependent, schema.NATEndpointDependent
		}},
		{"a relay", relay(40000, "1.98.2")},
		{"a relay of an old version", relay(40000, "1.84.3")},
		{"a relay at the tunnel's port", relay(41641, "1.98.2")},
		{"a relay without a public address", func(s *schema.Spec) { relay(40000, "1.98.2")(s); gateway(s).PublicIP = netip.Addr{} }},
		{"a relay behind egress by HTTPS", func(s *schema.Spec) { relay(40000, "1.98.2")(s); s.Regions[1].Egress = schema.EgressHTTPS }},
		{"a relay at the overlay's port", func(s *schema.Spec) { relay(8472, "1.98.2")(s); s.Regions[1].CNI.Tunnel = schema.TunnelVXLAN }},
		{"one strategy of several gateways", func(s *schema.Spec) { s.Regions[0].Gateways.HA.Strategy = schema.HASingle }},
		{"one strategy of one gateway", func(s *schema.Spec) { s.Regions[1].Gateways.HA.Strategy = schema.HASingle }},
		{"one zone", func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes[0].Zone, s.Regions[0].Gateways.Nodes[1].Zone = "a", "a"
		}},
		{"two zones", func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes[0].Zone, s.Regions[0].Gateways.Nodes[1].Zone = "a", "b"
		}},
		{"a zone that is not said", func(s *schema.Spec) { s.Regions[0].Gateways.Nodes[0].Zone = "a" }},
		{"first addresses of two families", func(s *schema.Spec) {
			s.Regions[0].NodeCIDRs = cidrs("10.0.0.0/22", "fd00:10::/64")
			s.Regions[0].Gateways.Nodes[1].InternalIP = addr("fd00:10::12")
		}},
		{"supersets before 1.98.0", func(s *schema.Spec) { s.Regions[0].Gateways.HA.Strategy = schema.HASupersets }},
		{"supersets of static pods", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
		}},
		{"a superset twice", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
			s.Regions[0].Gateways.Nodes[0].Supersets, s.Regions[0].Gateways.Nodes[1].Supersets = cidrs("10.0.0.0/21", "10.60.0.0/15"), cidrs("10.0.0.0/21", "10.61.0.0/16")
		}},
		{"a superset of another region", func(s *schema.Spec) {
			s.Regions[0].Gateways.HA.Strategy, s.Regions[0].Gateways.Mode, s.Tailnet.TailscaleVersion = schema.HASupersets, schema.ModeStaticPod, "1.98.2"
			s.Regions[0].Gateways.Nodes[0].Supersets, s.Regions[0].Gateways.Nodes[1].Supersets = cidrs("10.0.0.0/8"), cidrs("0.0.0.0/1")
		}},
		{"state in Secrets of static pods", func(s *schema.Spec) { s.Regions[1].Gateways.State = schema.KeepSecret }},
		{"state in Secrets of DaemonSets", func(s *schema.Spec) { s.Regions[0].Gateways.State = schema.KeepSecret }},
		{"state in Secrets far from the API server", func(s *schema.Spec) {
			s.Regions[1].Gateways.State, s.Regions[1].Gateways.Mode = schema.KeepSecret, schema.ModeDaemonSet
		}},
		{"a version of Kubernetes that nobody released", func(s *schema.Spec) { s.Cluster.KubernetesVersion = "2.0.0" }},
		{"a version of Kubernetes that is old", func(s *schema.Spec) { s.Cluster.KubernetesVersion = "1.18.0" }},
		{"a version of Tailscale that is unstable", func(s *schema.Spec) { s.Tailnet.TailscaleVersion = "1.85.0" }},
		{"a version of Tailscale that is newer", func(s *schema.Spec) { s.Tailnet.TailscaleVersion = "1.198.0" }},
		{"a version of Tailscale that is a candidate", func(s *schema.Spec) { s.Tailnet.TailscaleVersion = "1.98.2-rc.1" }},
		{"the operator's tag", func(s *schema.Spec) { s.Tailnet.Tag = "tag:k8s" }},
		{"the operator's tag, and the operator", func(s *schema.Spec) { s.Tailnet.Tag, s.Tailnet.Operator = "tag:k8s", true }},
	}
}
