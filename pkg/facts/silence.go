package facts

import (
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
)

// Silence is for how long flows between regions stood still, over several runs: the least
// and the most.
type Silence struct{ Least, Most time.Duration }

// Silences are how long the flows of a region stand still while something happens to one of
// its gateways.
type Silences struct {
	// Drained: a gateway of several withdraws and ends, and another one takes over.
	Drained fact.Datum[Silence]
	// Returned: it comes back, and is the primary again.
	Returned fact.Datum[Silence]
	// HandedOver: static pods, a DaemonSet's and services of the host follow each other, one
	// gateway of two after the other.
	HandedOver fact.Datum[Silence]
	// Lost: a gateway's host of several goes without a word, as in a reboot.
	Lost fact.Datum[Silence]
	// Alone: the only gateway restarts.
	Alone fact.Datum[Silence]
	// Exchanged: the only gateway goes over to another form, or its host reboots.
	Exchanged fact.Datum[Silence]
	// ByTable: one of several restarts where the provider's route table decides.
	ByTable fact.Datum[Silence]
	// Supersets: one of several restarts with that strategy.
	Supersets fact.Datum[Silence]
	// Restyled: the gateways of a region go over from one strategy to another, one after the
	// other.
	Restyled fact.Datum[Silence]
	// Rejoined: a gateway joins with another tag.
	Rejoined fact.Datum[Silence]
	// Rewritten: hosts replace their routes while packets flow.
	Rewritten fact.Datum[Silence]
	// Mixed: gateways of one region advertise different lengths of one network.
	Mixed fact.Datum[Silence]
}

// silence is a span in tenths of seconds.
func silence(least, most int, source string) fact.Datum[Silence] {
	return fact.Known(Silence{time.Duration(least) * 100 * time.Millisecond, time.Duration(most) * 100 * time.Millisecond}, source)
}

// GatewaySilences are what the test benches of this project have measured. What depends on
// when the control server notices takes longer with Tailscale's service: see
// TailscaleFailover.
func GatewaySilences() Silences {
	const (
		lab     = "docs/gateways.md, measured in namespaces with tailscale 1.84.3 and 1.102.3, strategy relay"
		cluster = "docs/handover.md, measured in a cluster of two gateways a region"
		phases  = "docs/plan.md, measured in namespaces with tailscale 1.84.3 and 1.102.3"
		// No kubelet, scheduler or registry stood between the old pod and the new one.
		bare = phases + ", where a new pod starts at once: plan for a minute where its image is pulled first"
	)
	return Silences{
		Drained:    silence(12, 16, lab),
		Returned:   silence(28, 39, lab),
		HandedOver: silence(25, 33, cluster),
		Lost:       silence(65, 100, lab),
		Alone:      silence(107, 180, bare),
		ByTable:    silence(107, 180, bare),
		Exchanged:  fact.Unknown[Silence]("nobody takes over from the only gateway until it is back, which may mean a reboot: plan for minutes, or add a second gateway first"),
		Supersets:  silence(50, 70, phases),
		Restyled:   silence(50, 60, phases),
		Rejoined:   silence(30, 39, phases+": as a device that the control server lets in at once"),
		Rewritten:  silence(1, 3, phases),
		Mixed:      silence(32, 180, phases+": the shorter the pause between two gateways, the shorter"),
	}
}
