package schema

import (
	"reflect"
	"slices"
	"strings"
)

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

// Clouds lists the clouds that n has an entry for, in order of the alphabet: the entry of
// a provider is called like the provider.
func (n *Network) Clouds() []string {
	var clouds []string
	v := reflect.ValueOf(*n)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Struct && !f.IsZero() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			clouds = append(clouds, name)
		}
	}
	slices.Sort(clouds)
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
