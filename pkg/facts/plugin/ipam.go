package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Mode is a way of giving out pods' addresses.
type Mode struct {
	// Name is what a topology calls it (cni.ipam); unknown where the plugin has no choice.
	Name fact.Datum[schema.IPAM]
	// Blocks are what a node gets; unknown where pods take addresses one by one.
	Blocks fact.Datum[Blocks]
	// LongestIPv4 and LongestIPv6 are how many bits a block may be longer than the pool that
	// it is cut from; unknown where there is no such limit.
	LongestIPv4, LongestIPv6 fact.Datum[int]
	// Pools is whose addresses they are.
	Pools fact.Datum[Pools]
	// Stays reports whether the address of a pod lies in the block of its node for as long as
	// the node lives.
	Stays fact.Datum[bool]
	// Roaming completes "the plugin ..., so pods get addresses that their node does not
	// advertise", where they do not stay, and Cure says which setting helps.
	Roaming, Cure fact.Datum[string]
	// ByHand is what an operator does; see Plugin.ByHand.
	ByHand fact.Datum[[]string]
}

// Blocks are prefix lengths.
type Blocks struct{ IPv4, IPv6 int }

// Pools is whose addresses pods get. The zero value is invalid.
type Pools uint8

const (
	// PoolsOfRegion: each region has pools of its own.
	PoolsOfRegion Pools = iota + 1
	// PoolsOfCluster: there is one list for the whole cluster.
	PoolsOfCluster
	// PoolsOfNode: whatever a node's podCIDRs say, which kube-controller-manager hands out
	// from one range for each family.
	PoolsOfNode
	// PoolsOfProvider: they come from the provider's network.
	PoolsOfProvider
)

const (
	noChoice   = "the plugin has no choice of modes"
	oneByOne   = "pods take addresses one by one"
	noLimit    = "there are no blocks to limit"
	notRoaming = "addresses stay with their node"
	nothing    = "there is nothing to do"
	noSettings = "we render no settings for it"
	anywhere   = "it gives out addresses of its own"
)

// nodeIPAM is what kube-controller-manager gives each node, as prefix lengths
// (--node-cidr-mask-size-ipv4 and -ipv6). Its allocator refuses blocks that are more than
// 16 bits longer than their range.
func nodeIPAM() Mode {
	const source, limit = "kubernetes v1.33.1, kube-controller-manager: --node-cidr-mask-size-ipv4, -ipv6", "kubernetes v1.33.1, cmd/kubeadm/app/constants/constants.go: PodSubnetNodeMaskMaxDiff"
	return Mode{
		Name:        fact.Unknown[schema.IPAM](noChoice),
		Blocks:      fact.Known(Blocks{24, 64}, source),
		LongestIPv4: fact.Known(16, limit),
		LongestIPv6: fact.Known(16, limit),
		Pools:       fact.Known(PoolsOfNode, "kubernetes v1.33.1, kube-controller-manager: --cluster-cidr"),
		Stays:       fact.Known(true, "kubernetes v1.33.1, pkg/apis/core/validation/validation.go: Node.spec.podCIDRs can only be set once"),
		Roaming:     fact.Unknown[string](notRoaming),
		Cure:        fact.Unknown[string](notRoaming),
		ByHand:      fact.Unknown[[]string](nothing),
	}
}

// fromProvider is addresses of the provider's network.
func fromProvider(name fact.Datum[schema.IPAM], source string) Mode {
	return Mode{
		Name:        name,
		Blocks:      fact.Unknown[Blocks](oneByOne),
		LongestIPv4: fact.Unknown[int](noLimit),
		LongestIPv6: fact.Unknown[int](noLimit),
		Pools:       fact.Known(PoolsOfProvider, source),
		Stays:       fact.Known(false, source),
		Roaming:     fact.Known("takes pods' addresses one by one from the provider's network", source),
		Cure:        fact.Unknown[string]("no setting of it gives nodes blocks of their own"),
		ByHand:      fact.Unknown[[]string](nothing),
	}
}
