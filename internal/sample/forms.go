package sample

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// AllForms are all forms of routes that one distribution's hosts take.
func AllForms() []schema.RouteForm {
	return []schema.RouteForm{
		schema.RouteFormSystemd, schema.RouteFormNetworkd, schema.RouteFormNetplan,
		schema.RouteFormNetworkManager, schema.RouteFormCloudInit, schema.RouteFormDaemonSet,
	}
}

// WithForms is the dual-stack topology of the scripts, with forms in region "cloud",
// which has two gateways, and gateways that are static pods where mode says so.
func WithForms(mode schema.GatewayMode, forms ...schema.RouteForm) *schema.Topology {
	t := Cases()["dual"]
	r := &t.Spec.Regions[1]
	r.Gateways.Mode = mode
	if mode == schema.ModeDaemonSet {
		r.Gateways.NodeSelector = map[string]string{"role": "edge", "tailscale": "true"}
	}
	r.NodeRoutes = schema.NodeRoutes{Forms: forms, Device: "eth0"}
	return t
}

// cloud is a region "cloud" of each kind with two dual-stack gateways, and a
// data centre.
func cloud(provider string, network schema.Network) *schema.Topology {
	t := Topology(
		Region("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		Region("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"))
	AddIPv6(&t.Spec.Regions[0], "fd00:143::/64", "fd00:142::/56")
	AddIPv6(&t.Spec.Regions[1], "fd00:10::/64", "fd00:61::/56")
	r := &t.Spec.Regions[1]
	r.Provider, r.Network = provider, network
	r.Network.EgressFiltered = true
	for i := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[i]
		n.Zone = "zone-a"
		switch provider {
		case schema.ProviderAWS, schema.ProviderAzure, schema.ProviderOpenStack:
			n.NetworkInterface = "eni-0a1b2c3d4e5f6071" + string(rune('1'+i))
		case schema.ProviderAlibaba:
			n.Instance = "i-" + n.Name
		}
	}
	return t
}

// Clouds are networks of each cloud whose route tables are filled, by its name.
func Clouds() map[string]*schema.Topology {
	return map[string]*schema.Topology{
		"aws": cloud(schema.ProviderAWS, schema.Network{AWS: schema.AWSNetwork{
			Region: "eu-central-1", RouteTables: []string{"rtb-2", "rtb-1"}, SecurityGroup: "sg-1"}}),
		"gcp": cloud(schema.ProviderGCP, schema.Network{GCP: schema.GCPNetwork{Project: "ai-prod-4711", Name: "k8s"}}),
		"azure": cloud(schema.ProviderAzure, schema.Network{Azure: schema.AzureNetwork{
			ResourceGroup: "ai-weu", RouteTables: []string{"nodes"}, SecurityGroup: "nodes"}}),
		"alibaba": cloud(schema.ProviderAlibaba, schema.Network{Alibaba: schema.AlibabaNetwork{
			Region: "eu-central-1", RouteTables: []string{"vtb-1"}, SecurityGroup: "sg-1"}}),
		"hetzner": cloud(schema.ProviderHetzner, schema.Network{Hetzner: schema.HetznerNetwork{
			Name: "k8s", IPRange: netip.MustParsePrefix("10.0.0.0/8"), Firewall: "gateways"}}),
		"openstack": cloud(schema.ProviderOpenStack, schema.Network{OpenStack: schema.OpenStackNetwork{
			Router: "k8s", SecurityGroup: "nodes", NodePorts: []string{"node-2", "node-1"}}}),
	}
}
