package ipam

import (
	"math/big"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Block is one block of addresses: who has which part of it, and what nobody has.
type Block struct {
	Prefix netip.Prefix
	// Owners are in order of address, a cover before what lies inside it.
	Owners []Owner
	// Free are the largest aligned prefixes that Suggest could give away whole, in order of
	// address: in the tailnet's block to the tailnet's pool alone. What Docker may take one day is free.
	Free []netip.Prefix
}

// Owner is somebody who has a prefix, or keeps others out of it.
type Owner struct {
	// Prefix overlaps the block, and may be wider.
	Prefix netip.Prefix
	// Claim is what the topology says, or a component fills in; its Role is 0 where Keeper
	// keeps the range.
	Claim claim.Claim
	// Keeper is the provider, distribution or component, as messages call it; empty for a
	// claim.
	Keeper string
	// Reason completes "a range which …"; empty for a claim, but for the user's own of a
	// reserved CIDR.
	Reason string
	// Severity of a collision with the keeper's range: diag.Info is what may be taken one
	// day. 0 for a claim.
	Severity diag.Severity
}

// Survey lists the blocks that a network of one's own is planned in: the private blocks of
// RFC 1918 and that of RFC 6598, whether used or not, then every other one that a claim lies
// in: IPv4 by /16, IPv6 by /48, and a wider claim by itself. Leaving regions have theirs, too. Single addresses of gateways and API
// servers lie in networks that are listed, and are not.
func Survey(t *schema.Topology) []Block {
	t = plan.BeforeLeaving(t)
	claims := slices.DeleteFunc(claim.WithDefaults(t), func(c claim.Claim) bool {
		return c.Prefix.IsSingleIP() && (c.Role == claim.RoleGateway || c.Role == claim.RoleAPIServer)
	})
	var owners []Owner
	for _, c := range claims {
		owners = append(owners, Owner{Prefix: c.Prefix, Claim: c, Reason: reason(t, &c)})
	}
	for _, p := range claim.ActivePacks(t, claim.Packs()) {
		for _, k := range p.Ranges {
			if k.Fills == 0 {
				owners = append(owners, Owner{Prefix: k.Prefix, Keeper: p.Name, Reason: k.Reason, Severity: k.Severity})
			}
		}
	}
	slices.SortStableFunc(owners, func(a, b Owner) int { return a.Prefix.Compare(b.Prefix) })
	var blocks []Block
	for _, root := range surveyed(claims) {
		blocks = append(blocks, survey(t, root, owners))
	}
	return blocks
}

// reason is the user's for a range that they keep.
func reason(t *schema.Topology, c *claim.Claim) string {
	for _, r := range t.Spec.ReservedCIDRs {
		if p, ok := claim.Canonical(r.Prefix); ok && c.Role == claim.RoleReserved && p == c.Prefix {
			return r.Reason
		}
	}
	return ""
}

// surveyed are the blocks' prefixes.
func surveyed(claims []claim.Claim) []netip.Prefix {
	usual := append(slices.Clone(schema.PrivateBlocks()[:3]), schema.TailnetIPv4())
	var more []netip.Prefix
	for _, c := range claims {
		if claim.InAny(c.Prefix, usual) {
			continue
		}
		bits := 48
		if c.Prefix.Addr().Is4() {
			bits = 16
		}
		more = append(more, netip.PrefixFrom(c.Prefix.Addr(), min(bits, c.Prefix.Bits())).Masked())
	}
	return append(usual, disjoint(more)...)
}

// survey is one block, of all owners.
func survey(t *schema.Topology, root netip.Prefix, owners []Owner) Block {
	b := Block{Prefix: root}
	for _, o := range owners {
		if o.Prefix.Overlaps(root) {
			b.Owners = append(b.Owners, o)
		}
	}
	r := Request{Within: root}
	if root == schema.TailnetIPv4() {
		r.Role = claim.RolePool
	}
	for _, list := range newSpace(root, r.occupied(t)).free {
		b.Free = append(b.Free, list...)
	}
	slices.SortFunc(b.Free, netip.Prefix.Compare)
	return b
}

// FreeShare is how much of the block is free, from 0 to 1.
func (b *Block) FreeShare() float64 {
	free := new(big.Int)
	for _, p := range b.Free {
		free.Add(free, size(p))
	}
	share, _ := new(big.Rat).SetFrac(free, size(b.Prefix)).Float64()
	return share
}

// size is how many addresses a prefix has.
func size(p netip.Prefix) *big.Int {
	return new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
}
