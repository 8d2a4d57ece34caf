package plan

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Reach is how a gateway's UDP port is reached from the internet, as far as it is stated.
type Reach int

const (
	ReachOpen    Reach = iota + 1 // it has a public address
	ReachEasy                     // a NAT maps it to one port for all peers
	ReachHard                     // a NAT maps it to another port for each peer
	ReachUnknown                  // nobody says
	ReachHTTPS                    // nothing but TCP to port 443 gets out
)

// Reaches are all of them.
func Reaches() []Reach { return []Reach{ReachOpen, ReachEasy, ReachHard, ReachUnknown, ReachHTTPS} }

// ReachOf is that of the i-th gateway of the region.
func (r *Region) ReachOf(i int) Reach {
	n := &r.Region.Gateways.Nodes[i]
	switch {
	case r.Region.Egress == schema.EgressHTTPS:
		return ReachHTTPS
	case n.PublicIP.IsValid() && !n.UnderNAT:
		return ReachOpen
	case n.NATMapping == schema.NATEndpointIndependent:
		return ReachEasy
	case n.NATMapping == schema.NATEndpointDependent:
		return ReachHard
	}
	return ReachUnknown
}

// Path is how two gateways exchange the tunnel's packets.
type Path int

const (
	PathDirect    Path = iota + 1 // by UDP, from one to the other
	PathMaybe                     // that depends on what nobody says, or on luck
	PathPeerRelay                 // by UDP, through a gateway of another region
	PathRelayed                   // by a relay (DERP), more slowly
)

// ExpectedPath is what tailscaled makes of the two, where there is a peer relay or not
// (tailscale.com/blog/how-nat-traversal-works; the lab's shapes symmetric-nat and only-443,
// measured with tailscaled 1.84.3 and 1.102.3): one open end is enough for UDP, two NATs that
// map to one port each find each other, and two that map to another for each peer do not.
// Whoever gets UDP out reaches a relay.
func ExpectedPath(a, b Reach, relay bool) Path {
	switch {
	case a == ReachHard && b == ReachHard && relay:
		return PathPeerRelay
	case a == ReachHTTPS || b == ReachHTTPS || a == ReachHard && b == ReachHard:
		return PathRelayed
	case a == ReachOpen || b == ReachOpen || a == ReachEasy && b == ReachEasy:
		return PathDirect
	}
	return PathMaybe
}

// HasOpen reports whether one of the region's gateways can be reached by anybody.
func (r *Region) HasOpen() bool { return r.hasReach(func(x Reach) bool { return x == ReachOpen }) }

// AsksRelays reports whether one of the region's gateways may need a peer relay: it gets
// UDP out, and others do not reach it by themselves.
func (r *Region) AsksRelays() bool {
	return r.hasReach(func(x Reach) bool { return x != ReachOpen && x != ReachHTTPS })
}

func (r *Region) hasReach(is func(Reach) bool) bool {
	for i := range r.Region.Gateways.Nodes {
		if is(r.ReachOf(i)) {
			return true
		}
	}
	return false
}

// PeerRelays are the regions whose gateways relay tunnels of others, as indices.
func (p *Plan) PeerRelays() []int {
	var list []int
	for i := range p.Regions {
		if r := &p.Regions[i]; r.Region.Gateways.PeerRelay != 0 && r.HasOpen() {
			list = append(list, i)
		}
	}
	return list
}

// RelaysFor are the UDP ports of peer relays that gateways of the region may use, each
// once, in order.
func (r *Region) RelaysFor() []int {
	var ports []int
	if !r.AsksRelays() {
		return nil
	}
	for _, i := range r.plan.PeerRelays() {
		ports = append(ports, r.plan.Regions[i].Region.Gateways.PeerRelay)
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}
