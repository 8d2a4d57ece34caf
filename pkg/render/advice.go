package render

import "github.com/kustomize-hybrid/kustomize-hybrid/schema"

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
	// TableNeedsOne: the provider's route table leads to one gateway, past any hand-over,
	// so it has to be the primary: always, where it is the only one.
	TableNeedsOne
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

// strategyAdvice looks at region i of s, whatever strategy the user chose.
func strategyAdvice(s *schema.Spec, i int) StrategyAdvice {
	r := &s.Regions[i]
	a := StrategyAdvice{Recommended: schema.HARelay, Reason: AnyVersion, Supersets: supersetsVerdict(s, i)}
	switch {
	case len(r.Gateways.Nodes) < 2 && r.RoutesByTable():
		a.Recommended, a.Reason = schema.HASingle, OneByTable
	case len(r.Gateways.Nodes) < 2:
		a.Recommended, a.Reason = schema.HASingle, OneGateway
	case r.Gateways.Mode == schema.ModePerNode:
		a.Reason = OwnPods
	case r.RoutesByTable() && a.Supersets == SupersetsPossible:
		a.Recommended, a.Reason = schema.HASupersets, TableNeedsNone
	case r.RoutesByTable():
		a.Recommended, a.Reason = schema.HASingle, TableNeedsOne
	}
	return a
}

// supersetsVerdict: receivers take a packet from whoever advertises a prefix that its
// source lies in since 1.98.0 only (wireguard-go device/receive.go), and only static
// pods have an environment for each host.
func supersetsVerdict(s *schema.Spec, i int) SupersetsVerdict {
	switch {
	case !s.Tailnet.TailscaleVersion.AtLeast(1, 98, 0):
		return SupersetsTooOld
	case s.Regions[i].Gateways.Mode != schema.ModeStaticPod:
		return SupersetsNotInMode
	case !s.SupersetsFit(i):
		return SupersetsNoRoom
	}
	return SupersetsPossible
}
