package plan

import "github.com/kustomize-hybrid/kustomize-hybrid/schema"

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
	PathDirect  Path = iota + 1 // by UDP, from one to the other
	PathMaybe                   // that depends on what nobody says, or on luck
	PathRelayed                 // by a relay (DERP), more slowly
)

// ExpectedPath is what tailscaled makes of the two (tailscale.com/blog/how-nat-traversal-works;
// the lab's shapes symmetric-nat and only-443, measured with tailscaled 1.84.3 and 1.102.3): one
// open end is enough for UDP, two NATs that map to one port each find each other, and two
// that map to another for each peer do not.
func ExpectedPath(a, b Reach) Path {
	switch {
	case a == ReachHTTPS || b == ReachHTTPS || a == ReachHard && b == ReachHard:
		return PathRelayed
	case a == ReachOpen || b == ReachOpen || a == ReachEasy && b == ReachEasy:
		return PathDirect
	}
	return PathMaybe
}
