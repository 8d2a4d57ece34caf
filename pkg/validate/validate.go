// Package validate finds what cannot work in a topology although every field has
// the right shape: addresses that two parties claim, ranges that somebody else
// keeps, pools that are too small, versions that do not get on.
//
// Start with Topology. It works on the types of package schema alone, touches
// neither files nor the clock, and reports everything in one run.
package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Topology runs every check on t and returns all findings but those that the
// topology itself suppresses, unsorted. Invalid prefixes and addresses (the zero
// value) are skipped: loading has reported them. It leaves t alone.
func Topology(t *schema.Topology) diag.List { return Run(Input{Topology: t}) }

// Input is what Run looks at.
type Input struct {
	// Topology must be set.
	Topology *schema.Topology
	// Objects exist already and are compared with the topology; see Objects.
	Objects []Object
	// Day is today, as YYYY-MM-DD, for suppressions that expire. None has expired when
	// it is empty: no clock is asked.
	Day string
}

// Run is Topology with more to look at.
func Run(in Input) diag.List {
	var list diag.List
	for _, check := range checks() {
		list = append(list, check(in.Topology)...)
	}
	list = append(list, Objects(in.Topology, in.Objects)...)
	propose(in.Topology, list)
	return Suppress(in.Topology, list, in.Day)
}

// checks lists what Topology runs, in order.
func checks() []func(*schema.Topology) diag.List {
	return []func(*schema.Topology) diag.List{
		names,
		form,
		overlaps,
		reserved,
		defaultsUnknown,
		unknownProviders,
		ipPool,
		sharedLocal,
		gateways,
		perNode,
		deviceBudget,
		highAvailability,
		supersets,
		workloadIdentity,
		stateSecret,
		apiServer,
		capacity,
		clusterCIDR,
		mixedFamilies,
		services,
		readmission,
		masquerade,
		networkPlugins,
		nodeLabels,
		nodeRoutes,
		packetSizes,
		marks,
		clouds,
		knownIssues,
	}
}
