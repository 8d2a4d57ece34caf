package provider

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Sample is a network of a provider's under names that nobody has, which keep the place of the
// user's own: the contract's forms, schema/topology.cue, decide what such a name may be.
type Sample struct {
	// Network is zero for a provider whose network a topology cannot describe.
	Network schema.Network
	// SubnetMode is that of networks in which nothing is kept for the provider's own subnets.
	SubnetMode schema.SubnetMode
	// Zone is one of the provider's, where routes name a gateway's.
	Zone string
	// Instance and NetworkInterface are what its routes call a gateway; empty where they need
	// neither.
	Instance, NetworkInterface string
}

// SampleOf is the sample of a provider; zero where there is nothing to name.
func SampleOf(name string) Sample {
	const mine = "change-me"
	var s Sample
	switch n := &s.Network; name {
	case schema.ProviderAWS:
		n.AWS = schema.AWSNetwork{Region: "eu-central-1", RouteTables: []string{"rtb-00000000000000000"}}
		s.NetworkInterface = "eni-00000000000000000"
	case schema.ProviderGCP:
		n.GCP = schema.GCPNetwork{Project: mine, Name: mine}
		s.SubnetMode, s.Zone = schema.SubnetModeCustom, "us-central1-a"
	case schema.ProviderAzure:
		n.Azure = schema.AzureNetwork{ResourceGroup: mine, RouteTables: []string{mine}}
		s.NetworkInterface = mine
	case schema.ProviderAlibaba:
		n.Alibaba = schema.AlibabaNetwork{Region: "eu-central-1", RouteTables: []string{"vtb-00000000000000000"}}
		s.Instance = "i-00000000000000000000"
	case schema.ProviderHetzner:
		n.Hetzner = schema.HetznerNetwork{Name: mine, IPRange: netip.MustParsePrefix("10.0.0.0/8")}
	case schema.ProviderOpenStack:
		n.OpenStack = schema.OpenStackNetwork{Router: mine}
		s.NetworkInterface = mine
	}
	return s
}
