package validate

import (
	"cmp"
	"fmt"
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about pools and what they have to hold.
const (
	CodeCapacity  diag.Code = "capacity-exceeded" // more nodes than blocks or addresses
	CodeHeadroom  diag.Code = "capacity-headroom" // nearly as many
	CodeNodeBlock diag.Code = "node-block-size"   // blocks and pools that do not fit each other
)

// headroom is the share of a pool, in percent, above which maxNodes leaves no room
// for the nodes that come while others drain: our own choice.
const headroom = 80

// blockSizes says what a network plugin gives each node, as prefix lengths for IPv4
// and IPv6; ok is false where pods take addresses one by one.
func blockSizes(c *schema.CNI) (ipv4, ipv6 int, ok bool) {
	if c.IPAM == schema.IPAMCloud {
		return 0, 0, false
	}
	usual := facts.Plugin(c.Type).Mode(c.IPAM).Blocks.Value
	ipv4, ipv6 = cmp.Or(c.NodeBlockSizeIPv4, usual.IPv4), cmp.Or(c.NodeBlockSizeIPv6, usual.IPv6)
	return ipv4, ipv6, ipv4 != 0 || ipv6 != 0
}

// capacity compares the pools of each region with the nodes it must hold.
func capacity(t *schema.Topology) diag.List {
	var list diag.List
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		ipv4, ipv6, ok := blockSizes(&r.CNI)
		if ok {
			pods := pool{r, i, "pod"}
			pods.blocks(&list, ipv4, netip.Addr.Is4)
			pods.blocks(&list, ipv6, netip.Addr.Is6)
		}
		nodes := pool{r, i, "node"}
		nodes.addresses(&list, netip.Addr.Is4)
		nodes.addresses(&list, netip.Addr.Is6)
	}
	return list
}

type pool struct {
	region *schema.Region
	index  int
	what   string // "node" or "pod"
}

// field is where the pool is stated.
func (p *pool) field() string { return p.what + "CIDRs" }

func (p *pool) path() string { return regionPath(p.index) + "." + p.field() }

// blocks checks that the pod CIDRs of one family can be cut into blocks, and enough
// of them.
func (p *pool) blocks(list *diag.List, size int, family func(netip.Addr) bool) {
	total, any := 0, false
	for i, c := range p.region.PodCIDRs {
		if size == 0 || !c.IsValid() || !family(c.Addr()) {
			continue
		}
		any = true
		longest := longestBlock(&p.region.CNI, c)
		switch difference := size - c.Bits(); {
		case difference < 0:
			list.Errorf(CodeNodeBlock, diag.Index(p.path(), i), "pod CIDR %s of region %q is smaller than the /%d block that %s gives each node, so no node gets one",
				c, p.region.Name, size, p.region.CNI.Type).Fix("use a prefix of at most /%d, or set nodeBlockSizeIPv%s to a longer one", size, version(c))
		case longest.IsKnown() && difference > longest.Value:
			list.Errorf(CodeNodeBlock, diag.Index(p.path(), i), "pod CIDR %s of region %q is cut into /%d blocks, and %s refuses blocks more than %d bits longer than their pool",
				c, p.region.Name, size, p.region.CNI.Type, longest.Value).Fix("use a /%d, or set nodeBlockSizeIPv%s to at most %d", size-longest.Value, version(c), c.Bits()+longest.Value)
		default:
			total = add(total, blocksIn(c.Bits(), size))
		}
	}
	if any && total > 0 {
		p.judge(list, total, func() string { return fmt.Sprintf("blocks of /%d for pods", size) })
	}
}

// longestBlock is how many bits longer than the pool p a block may be.
func longestBlock(c *schema.CNI, p netip.Prefix) fact.Datum[int] {
	mode := facts.Plugin(c.Type).Mode(c.IPAM)
	if p.Addr().Is4() {
		return mode.LongestIPv4
	}
	return mode.LongestIPv6
}

// addresses checks that the node CIDRs of one family have an address for each node.
func (p *pool) addresses(list *diag.List, family func(netip.Addr) bool) {
	total, any := 0, false
	for _, c := range p.region.NodeCIDRs {
		if c.IsValid() && family(c.Addr()) {
			any = true
			total = add(total, usable(p.region.Provider, c))
		}
	}
	if any {
		p.judge(list, total, func() string { return "addresses for nodes" })
	}
}

// usable is how many hosts a subnet holds. Providers keep some of its addresses; where
// nobody says how many, it is the network's own and broadcast.
func usable(provider string, p netip.Prefix) int {
	n := blocksIn(p.Bits(), p.Addr().BitLen())
	if p.Bits() >= p.Addr().BitLen()-1 || p.Addr().Is6() {
		return n // RFC 3021, and hosts named one by one
	}
	keeps := kept(provider)
	return max(n-keeps.First-keeps.Last, 0)
}

// kept are the addresses of a subnet that no host can have.
func kept(name string) provider.Kept {
	return facts.Provider(name).SubnetKeeps.Or(provider.OwnAndBroadcast())
}

// judge compares what the pool has room for with what has to be there.
func (p *pool) judge(list *diag.List, total int, what func() string) {
	known, want := len(p.region.Gateways.Nodes), p.region.MaxNodes
	if want <= total && known <= total && want*100 <= total*headroom {
		return
	}
	at, requested := p.path(), regionPath(p.index)+".maxNodes"
	switch {
	case want > total:
		list.Errorf(CodeCapacity, at, "region %q must hold %d nodes (maxNodes) and its %s CIDRs have room for %d: %s", p.region.Name, want, p.what, total, what()).
			See(requested, "%d nodes are requested here", want).Fix("add a prefix to %s, or lower maxNodes", p.field())
	case known > total:
		list.Errorf(CodeCapacity, at, "region %q has %d gateways and its %s CIDRs have room for %d nodes: %s", p.region.Name, known, p.what, total, what()).
			Fix("add a prefix to %s", p.field())
	case want*100 > total*headroom:
		list.Warnf(CodeHeadroom, at, "region %q must hold %d nodes (maxNodes), which is more than %d %% of the %d %s in its %s CIDRs", p.region.Name, want, headroom, total, what(), p.what).
			See(requested, "%d nodes are requested here", want).Fix("leave room for nodes that come while others drain: add a prefix to %s", p.field())
	}
}

// blocksIn is how many prefixes of the longer length one of the shorter holds, as
// far as an int that is compared with node counts needs to go.
func blocksIn(shorter, longer int) int { return 1 << min(longer-shorter, 30) }

func add(a, b int) int { return min(a+b, 1<<30) }

func version(p netip.Prefix) string {
	if p.Addr().Is4() {
		return "4"
	}
	return "6"
}
