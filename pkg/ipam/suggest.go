package ipam

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Request asks for free prefixes.
type Request struct {
	// Role is what they are for; claim.RolePool takes them from 100.64.0.0/10, every other
	// one from the private blocks.
	Role claim.Role
	// Bits is their prefix length: up to 32 asks for IPv4 unless Within says IPv6.
	Bits int
	// Count is how many; 0 means one.
	Count int
	// Within confines them to one prefix. For IPv6 it may be left out when the
	// topology already uses a unique local /48.
	Within netip.Prefix
	// Avoid is kept free, too: what a lock file has promised to others.
	Avoid []netip.Prefix
}

// Suggest finds free prefixes: the smallest hole that fits, lowest address first.
// They overlap nothing that the topology claims, no default that fills in what it
// leaves out, and no range that its providers, its distribution or Tailscale keep.
// The same topology and request give the same prefixes.
func Suggest(t *schema.Topology, r Request) ([]netip.Prefix, error) {
	roots, err := r.roots(t)
	if err != nil {
		return nil, err
	}
	spaces := r.spaces(t, roots)
	var found []netip.Prefix
	for range max(r.Count, 1) {
		p, ok := takeFirst(spaces, r.Bits)
		if !ok {
			return nil, fullError(r, roots, spaces)
		}
		found = append(found, p)
	}
	return found, nil
}

// roots are the prefixes to look in, in order of preference.
func (r *Request) roots(t *schema.Topology) ([]netip.Prefix, error) {
	switch {
	case r.Within.IsValid():
		return r.within()
	case r.Bits < 1 || r.Bits > 128:
		return nil, fmt.Errorf("a prefix cannot have length %d", r.Bits)
	case r.Role == claim.RolePool:
		return []netip.Prefix{schema.TailnetIPv4()}, nil
	case r.Bits <= 32:
		return schema.PrivateBlocks()[:3], nil
	}
	roots := localSites(claim.Of(t))
	if len(roots) == 0 {
		return nil, errors.New("the topology does not use a unique local IPv6 prefix yet: name the one to search (RFC 4193 asks for a random fdxx:xxxx:xxxx::/48)")
	}
	return roots, nil
}

func (r *Request) within() ([]netip.Prefix, error) {
	w := r.Within.Masked()
	if r.Bits < w.Bits() || r.Bits > w.Addr().BitLen() {
		return nil, fmt.Errorf("no prefix of length %d lies inside %s", r.Bits, w)
	}
	return []netip.Prefix{w}, nil
}

// localSites lists the unique local /48 blocks that claims already use.
func localSites(claims []claim.Claim) []netip.Prefix {
	var sites []netip.Prefix
	for _, c := range claims {
		if c.Prefix.Bits() >= 48 && claim.InAny(c.Prefix, schema.PrivateBlocks()[3:]) {
			sites = append(sites, netip.PrefixFrom(c.Prefix.Addr(), 48).Masked())
		}
	}
	return disjoint(sites)
}

func (r *Request) spaces(t *schema.Topology, roots []netip.Prefix) []*space {
	var spaces []*space
	occupied := r.occupied(t)
	for _, root := range roots {
		spaces = append(spaces, newSpace(root, occupied))
	}
	return spaces
}

// occupied is everything to stay clear of.
func (r *Request) occupied(t *schema.Topology) []netip.Prefix {
	taken := slices.Clone(r.Avoid)
	t = plan.BeforeLeaving(t) // what a leaving region has is its own until it is gone
	for _, c := range claim.WithDefaults(t) {
		taken = append(taken, c.Prefix)
	}
	for _, p := range claim.ActivePacks(t, claim.Packs()) {
		for _, k := range p.Ranges {
			if k.Fills == 0 && !r.mayUse(&k) {
				taken = append(taken, k.Prefix)
			}
		}
	}
	return disjoint(taken)
}

// mayUse: a pool comes out of Tailscale's own block, and who names a part of what
// Docker might use one day has thought about it.
func (r *Request) mayUse(k *claim.Range) bool {
	if r.Role == claim.RolePool && k.Prefix == schema.TailnetIPv4() {
		return true
	}
	return r.Within.IsValid() && k.Severity == diag.Info && k.Prefix.Overlaps(r.Within)
}

func takeFirst(spaces []*space, bits int) (netip.Prefix, bool) {
	for _, s := range spaces {
		if p, ok := s.take(bits); ok {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

func fullError(r Request, roots []netip.Prefix, spaces []*space) error {
	best := 129
	for _, s := range spaces {
		if b, ok := s.largest(); ok {
			best = min(best, b)
		}
	}
	if best == 129 {
		return fmt.Errorf("nothing is free in %s", claim.Join(roots))
	}
	return fmt.Errorf("no /%d is free in %s: the largest free block is a /%d", r.Bits, claim.Join(roots), best)
}
