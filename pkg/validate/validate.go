// Package validate finds what cannot work in a topology although every field has
// the right shape: addresses that two parties claim, ranges that somebody else
// keeps, pools that are too small, versions that do not get on.
//
// Start with Topology. It works on the types of package schema alone, touches
// neither files nor the clock, and reports everything in one run.
package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
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
	// Plan is that of the topology, for those who have one; Run makes one otherwise.
	Plan *plan.Plan
	// Unread are the paths of fields that could not be read; see load.Document. What may
	// follow from their values is not reported.
	Unread []string
	// Packs are the user's own, beside those of the program; see existing.Compare.
	Packs []claim.Pack
	// Found are the findings of others about the topology, which get proposals and can
	// be suppressed like those of this package; see existing.Compare.
	Found diag.List
	// OperatorShown names an object which shows that proxies of Tailscale's operator have the
	// tag that it gives them; see existing.OperatorProxies. Empty where none does.
	OperatorShown string
	// Day is today, as YYYY-MM-DD, for suppressions that expire. None has expired when
	// it is empty: no clock is asked.
	Day string
	// Others are codes of findings that other runs find: their suppressions are not said to
	// be unused.
	Others []diag.Code
}

// Run is Topology with more to look at.
func Run(in Input) diag.List {
	var list diag.List
	p := in.Plan
	if p == nil {
		p = plan.New(in.Topology)
	}
	x := newIndex(in.Topology)
	for _, check := range checks() {
		list = append(list, check(p, x)...)
	}
	list = append(list, operatorTag(p, in.OperatorShown)...)
	list = append(list, in.Found...)
	if len(in.Packs) > 0 {
		list = append(list, reservedBy(x, claim.ActivePacks(in.Topology, in.Packs))...)
	}
	if len(in.Unread) == 0 { // a prefix is free where nothing could be read, perhaps
		ipam.Propose(in.Topology, list, curable)
	}
	return known(Suppress(in.Topology, list, in.Day, in.Others), in.Unread)
}

// check finds what is wrong with a topology, of which it also has the plan and what other
// checks have asked.
type check = func(*plan.Plan, *index) diag.List

// given is a check of what the user wrote alone.
func given(c func(*schema.Topology) diag.List) check {
	return func(p *plan.Plan, _ *index) diag.List { return c(p.Given) }
}

// planned is a check of what follows from it.
func planned(c func(*plan.Plan) diag.List) check {
	return func(p *plan.Plan, _ *index) diag.List { return c(p) }
}

// claimed is a check of who claims what.
func claimed(c func(*index) diag.List) check {
	return func(_ *plan.Plan, x *index) diag.List { return c(x) }
}

// checks lists what Topology runs, in order.
func checks() []check {
	return []check{
		given(names),
		claimed(form),
		claimed(values),
		planned(versions),
		claimed(overlaps),
		given(leaving),
		claimed(reserved),
		claimed(defaultsUnknown),
		given(unknownProviders),
		claimed(ipPool),
		claimed(sharedLocal),
		claimed(gateways),
		planned(perNode),
		planned(hostAddresses),
		planned(machineConfig),
		planned(whatStarts),
		planned(replacements),
		planned(authKeys),
		planned(paths),
		planned(peerRelays),
		planned(links),
		planned(deviceBudget),
		planned(highAvailability),
		supersets,
		planned(workloadIdentity),
		planned(stateSecret),
		apiServer,
		given(capacity),
		planned(clusterCIDR),
		planned(nodeObjects),
		given(mixedFamilies),
		given(services),
		planned(readmission),
		planned(standbySources),
		given(masquerade),
		planned(masqueradeOut),
		given(everything),
		planned(networkPlugins),
		given(nodeLabels),
		given(selectors),
		planned(nodeRoutes),
		planned(packetSizes),
		planned(markUses),
		planned(insideRegions),
		planned(clouds),
		planned(foreignNodes),
		planned(sharedTag),
		planned(knownIssues),
	}
}

// curable reports whether another prefix would cure the finding.
func curable(d *diag.Diagnostic) bool {
	switch d.Code {
	case CodeOverlap, CodeDefault, CodePublic, claim.CodeReservedRange, claim.CodeSpecialRange, claim.CodeTailnetRange, CodePool:
		return d.Severity != diag.Info
	}
	return false
}

// regionPath is where the region with the index stands in a topology.
func regionPath(i int) string { return diag.Index("spec.regions", i) }

// none is the index of what is not there.
const none = -1

// Codes lists every code that this package can report.
func Codes() []diag.Code {
	return []diag.Code{
		CodeAPIServer, CodeAPIServerElsewhere, CodeAPIServerMissing, CodeEtcd, CodeRemoteNodes, CodeCapacity, CodeHeadroom, CodeOverlap, CodePublic, CodeRedundant,
		CodeClusterCIDR, CodeDefault, CodeDefaultUnknown, CodeFamily, CodeGatewayDuplicate, CodeGatewayOutside, CodeGatewayNobodys,
		CodeGatewayPublicIP, CodeGatewayTailnetIP, CodeNodeBlock, CodeDefaultRoute, CodeProviderUnknown,
		CodeRegionDuplicate, claim.CodeReservedRange, CodeServiceSize, CodeServiceVersion, claim.CodeSpecialRange,
		CodeSuppressed, CodeSuppressionUnused, CodePool, claim.CodeTailnetRange,
		CodeGatewayUnknown, CodeWholePool, CodeSourceStandby, CodeMarkCollision, CodeCalicoMask, CodeMasqueradeGap,
		CodeMasqueradeWide, CodeMasqueradeVia, CodeDeviceTunnel, CodeIPAM, CodeTunnelFamily, CodeTunnelOther, CodeElsewhere, CodeClusterWide, CodeVersionSkew,
		CodeMixedCNI, CodeNodeLabel, CodeKnownIssue,
		CodeRoutesBootstrap, CodeRoutesDevice, CodeRoutesFabric, CodeRoutesUnwatched,
		CodeCloudField, CodeCloudID, CodeCloudQuota, CodeCloudDestination, CodeRoutesDeleted, CodeCloudFamily, CodeCloudNodeRoutes, CodeCloudFailover, CodeCloudStandby, CodeCloudTailnet,
		CodeNodeObjectBlock, CodeNodeObjectDuplicate, CodeNodeObjectHome, CodeNodeObjectUnused,
		CodePerNodeMissing, CodePerNodeOutside, CodePerNodeOverlap, CodeFieldUnused, CodePerNodeIPAM,
		CodeHostAddress, CodeHostsNoLAN, CodeMachineConfig, CodeNeverStarts, CodeHostServices, CodeReplaced, CodeLinkRegions, CodeLinkMTU, CodeKeyOneOff, CodeKeyOAuth, CodeKeyControl, CodeKeyUnread, CodePathRelayed, CodePeerRelay, CodePeerRelayUnused,
		CodeDeviceBudget, CodeEqualCost, CodeZone, CodeGatewayFamily, CodeSupersetVersion, CodeSupersetMode, CodeSupersetNone, CodeSupersetShared, CodeSupersetSwallows,
		CodeMTUIPv6, CodeMTULink, CodeMTUPod, CodeMTUTunnel,
		CodePodsUnrouted, CodeHostRoutes, CodeCloudUntold, CodeSourceCheck, CodePodsShare, CodePodsSource,
		CodeForeignNode, CodeTagOperator, CodeTagRegions,
		CodeLeavingServer, CodeSelectorShared, CodeStateSecret, CodeIdentityControl, CodeIdentityRemote, CodeIdentityStaticPod, CodeIdentityVersion,
		CodeControlURL, CodeHostFiles, CodeListedTwice, CodeMarkOutside, CodeRegionUnknown, CodeVersionRange,
		CodeVersionOld, CodeVersionUnknown, CodeVersionUnread, CodeVersionUnstable,
	}
}
