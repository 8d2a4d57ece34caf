package provider

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
)

// Network is what a network does that a topology can describe: see schema.Network.
type Network struct {
	// CLI is the provider's own command line.
	CLI string
	// Target is how its routes name a gateway.
	Target Target
	// Tables is where its routes are.
	Tables fact.Datum[Tables]
	// NextHops is how many routes a destination can have.
	NextHops fact.Datum[NextHops]
	// OwnFamily reports whether a next hop must be of the destination's address family.
	OwnFamily fact.Datum[bool]
	// Zonal reports whether routes name a gateway's zone.
	Zonal fact.Datum[bool]
	// IPv4Only reports whether it carries no IPv6.
	IPv4Only fact.Datum[bool]
	// Destinations are what a route's destination has to lie in; unknown where nothing is
	// excluded, or only what TakesTailnet is about.
	Destinations fact.Datum[[]netip.Prefix]
	// OwnRange reports whether hosts by themselves send into it only what is for its own
	// range of addresses, and everything else to the internet.
	OwnRange fact.Datum[bool]
	// TakesTailnet reports whether a destination in 100.64.0.0/10 is accepted.
	TakesTailnet fact.Datum[bool]
	// Withdraws reports whether a route is not used while its gateway's host is stopped.
	Withdraws fact.Datum[bool]
	// SignIn is how CLI signs in on a host of the provider, without a key in a file where
	// there is such a way.
	SignIn fact.Datum[string]
	// Moves is what CLI must be permitted for moving routes that are there to another
	// gateway, and no more.
	Moves fact.Datum[string]
	// Sources is how many prefixes a host may be told to send from beside its own address;
	// unknown where a host is told that for all of them at once, or need not be told.
	Sources fact.Datum[Quota]
	// Routes is how many routes it takes.
	Routes fact.Datum[Quota]
	// Rules is how many firewall rules it takes, where each prefix is one or counts as one.
	Rules fact.Datum[Quota]
	// Firewall is what firewall rules belong to.
	Firewall fact.Datum[Firewall]
	// FirewallInside reports whether those rules are asked about what hosts of the network
	// send each other, too.
	FirewallInside fact.Datum[bool]
	// RulePeers is how many prefixes a firewall rule has at its other end.
	RulePeers fact.Datum[Peers]
	// RulePriorities reports whether each firewall rule has a priority of its own.
	RulePriorities fact.Datum[bool]
}

// Target is how routes name a gateway.
type Target struct {
	// Field of schema.GatewayNode: networkInterface or instance, or the host's own address.
	Field Field
	Form  fact.Datum[Form]
	// Prefix is how an ID begins, for FormID.
	Prefix fact.Datum[string]
}

// Field is a field of a gateway that says how routes name it.
type Field string

const (
	FieldInstance  Field = "instance"
	FieldInterface Field = "networkInterface"
	FieldAddress   Field = "internalIP"
)

// Readers is whose routes read the field, as messages say it.
func (f Field) Readers() string {
	if f == FieldInstance {
		return "Google Cloud and Alibaba Cloud"
	}
	return "AWS, Azure and OpenStack"
}

// Lack is what a gateway without a target has none of.
func (f Field) Lack() string {
	if f == FieldAddress {
		return "IPv4 address"
	}
	return string(f)
}

// Form is what a target looks like. The zero value is invalid.
type Form uint8

const (
	// FormID: an ID that the provider gives, with a prefix.
	FormID Form = iota + 1
	// FormName: a name of the user's.
	FormName
	// FormLabel: a name of the user's, at most 63 lower-case letters, digits and dashes; the
	// node's name where the topology does not say.
	FormLabel
	// FormAddress: the host's own IPv4 address.
	FormAddress
)

// Tables is where routes are. The zero value is invalid.
type Tables uint8

const (
	// TablesNamed: in route tables that belong to subnets.
	TablesNamed Tables = iota + 1
	// TablesOne: a network has one table.
	TablesOne
)

// NextHops is how many routes a destination can have. The zero value is invalid.
type NextHops uint8

const (
	// HopsOne: a destination stands in a table once.
	HopsOne NextHops = iota + 1
	// HopsByPriority: a destination has routes of several priorities, and those of the same
	// one share the connections.
	HopsByPriority
)

// Firewall is what firewall rules belong to. The zero value is invalid.
type Firewall uint8

const (
	// FirewallOfGroup: to a group of hosts, which has to be named.
	FirewallOfGroup Firewall = iota + 1
	// FirewallOfNetwork: to the network.
	FirewallOfNetwork
)

// Peers is how many prefixes a firewall rule has at its other end. The zero value is
// invalid.
type Peers uint8

const (
	PeersOne Peers = iota + 1
	PeersMany
)

// Quota is how many of something a network takes.
type Quota struct {
	// Given is what an account has until it asks for more.
	Given int
	// Most is what it can get.
	Most fact.Datum[int]
	// What is counted.
	What string
}
