package schema

// Network is a region's network in its provider's own names: what routes and firewall
// rules for it need. At most one of the four clouds is set, the region's provider.
type Network struct {
	AWS     AWSNetwork     `json:"aws,omitzero"`
	GCP     GCPNetwork     `json:"gcp,omitzero"`
	Azure   AzureNetwork   `json:"azure,omitzero"`
	Alibaba AlibabaNetwork `json:"alibaba,omitzero"`
	// HostFirewall is the firewall on the gateways' own hosts; empty asks for no rules.
	HostFirewall HostFirewall `json:"hostFirewall,omitempty"`
	// EgressFiltered tells whether outgoing traffic needs rules, too.
	EgressFiltered bool `json:"egressFiltered,omitempty"`
}

// AWSNetwork is a VPC of Amazon Web Services.
type AWSNetwork struct {
	// Region is an AWS region, such as eu-central-1.
	Region string `json:"region"`
	// RouteTables are the IDs of the route tables of the nodes' subnets.
	RouteTables []string `json:"routeTables,omitempty"`
	// SecurityGroup is the ID of the group of nodes and gateways; empty asks for no rules.
	SecurityGroup string `json:"securityGroup,omitempty"`
}

// GCPNetwork is a VPC network of Google Cloud; it has one route table.
type GCPNetwork struct {
	Project string `json:"project"`
	Name    string `json:"name"`
}

// AzureNetwork is a virtual network of Azure.
type AzureNetwork struct {
	ResourceGroup string `json:"resourceGroup"`
	// RouteTables are the names of the route tables of the nodes' subnets.
	RouteTables []string `json:"routeTables,omitempty"`
	// SecurityGroup is the name of the network security group of nodes and gateways;
	// empty asks for no rules.
	SecurityGroup string `json:"securityGroup,omitempty"`
}

// AlibabaNetwork is a VPC of Alibaba Cloud.
type AlibabaNetwork struct {
	Region string `json:"region"`
	// RouteTables are the IDs of the route tables of the nodes' vSwitches.
	RouteTables []string `json:"routeTables,omitempty"`
	// SecurityGroup is the ID of the group of nodes and gateways; empty asks for no rules.
	SecurityGroup string `json:"securityGroup,omitempty"`
}

// HostFirewall is a firewall on a host.
type HostFirewall string

const (
	HostFirewallUFW      HostFirewall = "ufw"
	HostFirewallNFTables HostFirewall = "nftables"
)

// Clouds lists the clouds that n has an entry for, in order of the alphabet.
func (n *Network) Clouds() []string {
	var clouds []string
	for _, c := range []struct {
		name string
		set  bool
	}{
		{ProviderAlibaba, n.Alibaba.Region != ""},
		{ProviderAWS, n.AWS.Region != ""},
		{ProviderAzure, n.Azure.ResourceGroup != ""},
		{ProviderGCP, n.GCP.Project != ""},
	} {
		if c.set {
			clouds = append(clouds, c.name)
		}
	}
	return clouds
}

// Cloud is the cloud whose route tables lead to the region's gateways; empty where
// the topology asks for no routes there.
func (r *Region) Cloud() string {
	for _, c := range r.Network.Clouds() {
		if c == r.Provider {
			return c
		}
	}
	return ""
}

// CloudTarget is what a route of the cloud names as its next hop: an interface of
// AWS, an instance of Google Cloud or Alibaba Cloud, a network card of Azure (whose
// routes name its address). Empty where the topology does not say.
func (n *GatewayNode) CloudTarget(cloud string) string {
	switch {
	case cloud == ProviderAWS || cloud == ProviderAzure:
		return n.NetworkInterface
	case cloud == ProviderGCP && n.Instance == "":
		return n.Name
	}
	return n.Instance
}
