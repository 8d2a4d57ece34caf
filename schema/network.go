package schema

import (
	"net/netip"
	"slices"
)

// Network is a region's network in its provider's own names: what routes and firewall
// rules for it need. At most one of the clouds is set, the region's provider.
type Network struct {
	AWS       AWSNetwork       `json:"aws,omitzero"`
	GCP       GCPNetwork       `json:"gcp,omitzero"`
	Azure     AzureNetwork     `json:"azure,omitzero"`
	Alibaba   AlibabaNetwork   `json:"alibaba,omitzero"`
	Hetzner   HetznerNetwork   `json:"hetzner,omitzero"`
	OpenStack OpenStackNetwork `json:"openstack,omitzero"`
	// Failover is who moves the routes when another gateway becomes the primary; empty is
	// FailoverManual.
	Failover Failover `json:"failover,omitempty"`
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

// HetznerNetwork is a network of Hetzner Cloud; it has one route table.
type HetznerNetwork struct {
	Name string `json:"name"`
	// IPRange are all addresses of the network. Hosts send nothing else into it by themselves.
	IPRange netip.Prefix `json:"ipRange"`
	// Firewall is the name of the firewall of the gateways' servers; empty asks for no rules.
	Firewall string `json:"firewall,omitempty"`
}

// OpenStackNetwork is the network behind a router of OpenStack, which has the routes.
type OpenStackNetwork struct {
	// Router is a name or an ID.
	Router string `json:"router"`
	// SecurityGroup is the name or ID of the group of nodes and gateways; empty asks for no
	// rules.
	SecurityGroup string `json:"securityGroup,omitempty"`
	// PortSecurity tells whether a port lets out only the addresses that it is told; empty is
	// PortSecurityEnabled.
	PortSecurity PortSecurity `json:"portSecurity,omitempty"`
	// NodePorts are the names or IDs of the ports of nodes that are not gateways.
	NodePorts []string `json:"nodePorts,omitempty"`
}

// PortSecurity tells whether a network drops what a host sends from another address than
// its port was told.
type PortSecurity string

const (
	PortSecurityEnabled  PortSecurity = "enabled"
	PortSecurityDisabled PortSecurity = "disabled"
)

// Failover is who moves routes to another gateway.
type Failover string

const (
	// FailoverManual: somebody runs the provider's program.
	FailoverManual Failover = "manual"
	// FailoverWatch: units on the gateways' hosts do, by what gateway-watch.sh says.
	FailoverWatch Failover = "watch"
)

// HostFirewall is a firewall on a host.
type HostFirewall string

const (
	HostFirewallUFW      HostFirewall = "ufw"
	HostFirewallNFTables HostFirewall = "nftables"
)

// Clouds lists the clouds that n has an entry for, in order of the alphabet: the entry of
// a provider is called like the provider.
func (n *Network) Clouds() []string {
	var clouds []string
	for _, c := range [...]struct {
		name string
		has  bool
	}{
		{"alibaba", n.Alibaba.Region != "" || n.Alibaba.RouteTables != nil || n.Alibaba.SecurityGroup != ""},
		{"aws", n.AWS.Region != "" || n.AWS.RouteTables != nil || n.AWS.SecurityGroup != ""},
		{"azure", n.Azure.ResourceGroup != "" || n.Azure.RouteTables != nil || n.Azure.SecurityGroup != ""},
		{"gcp", n.GCP != GCPNetwork{}},
		{"hetzner", n.Hetzner != HetznerNetwork{}},
		{"openstack", n.OpenStack.Router != "" || n.OpenStack.SecurityGroup != "" || n.OpenStack.PortSecurity != "" || n.OpenStack.NodePorts != nil},
	} {
		if c.has {
			clouds = append(clouds, c.name)
		}
	}
	return clouds
}

// RouteTables are those that the one cloud's entry names.
func (n *Network) RouteTables() []string {
	return slices.Concat(n.AWS.RouteTables, n.Azure.RouteTables, n.Alibaba.RouteTables)
}

// SecurityGroup is what takes firewall rules, as the one cloud's entry calls it; empty asks
// for no rules.
func (n *Network) SecurityGroup() string {
	return n.AWS.SecurityGroup + n.Azure.SecurityGroup + n.Alibaba.SecurityGroup + n.Hetzner.Firewall + n.OpenStack.SecurityGroup
}

// Range are all addresses of the network, where hosts have to be told; otherwise invalid.
func (n *Network) Range() netip.Prefix { return n.Hetzner.IPRange }

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
