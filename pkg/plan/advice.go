package plan

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// StrategyAdvice is how the gateways of a region should share the work, and why.
// Gateways.HA.Strategy is how they do.
type StrategyAdvice struct {
	Recommended schema.HAStrategy
	Reason      StrategyReason
	// Supersets says whether the region could have that strategy, and what forbids it.
	Supersets SupersetsVerdict
}

// StrategyReason is what decides about a region's strategy.
type StrategyReason int

const (
	// OneGateway: there is nobody to share with.
	OneGateway StrategyReason = iota + 1
	// OneByTable: the same, and a second one could not hand over anyway.
	OneByTable
	// AnyVersion: relay asks nothing of the receivers, not even of those outside the
	// topology.
	AnyVersion
	// OwnPods: with mode perNode only what nodes themselves send is handed over.
	OwnPods
	// EachItsOwn: hosts are apart, and no prefix is advertised by two of them.
	EachItsOwn
	// TableNeedsOne: the provider's route table leads to one gateway, past any hand-over,
	// so it has to be the primary: always, where it is the only one.
	TableNeedsOne
	// TableFollows: the same, and the routes follow the primary.
	TableFollows
	// TableNeedsNone: the same, but every gateway can send into its own tunnel.
	TableNeedsNone
)

// SupersetsVerdict says whether strategy supersets is possible in a region.
type SupersetsVerdict int

const (
	// SupersetsPossible, as far as the topology shows.
	SupersetsPossible SupersetsVerdict = iota + 1
	// SupersetsTooOld: receivers before 1.98.0 do not take them.
	SupersetsTooOld
	// SupersetsNotInMode: the gateways' mode gives them no prefixes of their own.
	SupersetsNotInMode
	// SupersetsNoRoom: around the region's prefixes somebody else has addresses.
	SupersetsNoRoom
)

// Advice is what we recommend for the region, whatever strategy the user chose. It is
// worked out for each call.
func (r *Region) Advice() StrategyAdvice {
	a := StrategyAdvice{Recommended: schema.HARelay, Reason: AnyVersion, Supersets: supersetsVerdict(r)}
	switch several := len(r.Region.Gateways.Nodes) > 1; {
	case !several && r.ByTable:
		a.Recommended, a.Reason = schema.HASingle, OneByTable
	case !several:
		a.Recommended, a.Reason = schema.HASingle, OneGateway
	case r.Apart:
		a.Recommended, a.Reason = schema.HASingle, EachItsOwn
	case r.Region.Gateways.Mode == schema.ModePerNode:
		a.Reason = OwnPods
	case r.ByTable && a.Supersets == SupersetsPossible:
		a.Recommended, a.Reason = schema.HASupersets, TableNeedsNone
	case r.ByTable && r.Follows():
		a.Reason = TableFollows
	case r.ByTable:
		a.Recommended, a.Reason = schema.HASingle, TableNeedsOne
	}
	return a
}

// supersetsVerdict: receivers take a packet from whoever advertises a prefix that its
// source lies in since 1.98.0 only (wireguard-go device/receive.go), and static
// pods and services alone have an environment for each host.
func supersetsVerdict(r *Region) SupersetsVerdict {
	switch {
	case !facts.Since(facts.TailscaleSupersets).Contains(r.plan.Topology.Spec.Tailnet.TailscaleVersion):
		return SupersetsTooOld
	case r.Region.Gateways.Mode != schema.ModeStaticPod && r.Region.Gateways.Mode != schema.ModeHost:
		return SupersetsNotInMode
	case !r.SupersetsFit():
		return SupersetsNoRoom
	}
	return SupersetsPossible
}
