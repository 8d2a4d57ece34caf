package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// The codes of the findings about addresses; docs/checks.md has a heading for each.
const (
	CodeAPIServer         diag.Code = "api-server-unreachable"     // its address is in nobody's advertised prefixes
	CodeCapacity          diag.Code = "capacity-exceeded"          // more nodes than blocks or addresses
	CodeHeadroom          diag.Code = "capacity-headroom"          // nearly as many
	CodeOverlap           diag.Code = "cidr-overlap"               // two parties claim the same addresses
	CodePublic            diag.Code = "cidr-public"                // somebody else's public addresses
	CodeRedundant         diag.Code = "cidr-redundant"             // one list says the same addresses twice
	CodeClusterCIDR       diag.Code = "cluster-cidr"               // one range for all regions where there are several
	CodeDefault           diag.Code = "default-overlap"            // a field left out, filled with a default that collides
	CodeDefaultUnknown    diag.Code = "default-unknown"            // a field left out, and nobody knows what fills it
	CodeFamily            diag.Code = "family-mixed"               // address families that do not meet
	CodeGatewayDuplicate  diag.Code = "gateway-duplicate"          // two gateways with one name or address
	CodeGatewayOutside    diag.Code = "gateway-outside-node-cidrs" // its address is not its region's
	CodeGatewayPublicIP   diag.Code = "gateway-public-ip"          // the tunnel's endpoint is inside the tunnel
	CodeGatewayTailnetIP  diag.Code = "gateway-tailnet-ip"         // not from the pool
	CodeNodeBlock         diag.Code = "node-block-size"            // blocks and pools that do not fit each other
	CodeDefaultRoute      diag.Code = "prefix-default-route"       // a prefix that is everything
	CodeProviderUnknown   diag.Code = "provider-unknown"           // no reserved ranges known
	CodeRegionDuplicate   diag.Code = "region-duplicate"           // two regions with one name
	CodeServiceSize       diag.Code = "service-cidr-size"          // larger or smaller than the API server takes
	CodeServiceVersion    diag.Code = "service-cidrs-version"      // several, before Kubernetes can
	CodeSuppressed        diag.Code = "suppression-expired"        // its last day has passed
	CodeSuppressionUnused diag.Code = "suppression-unused"         // nothing to suppress
	CodePool              diag.Code = "tailnet-ip-pool"            // a pool the tailnet cannot have
)

// The codes of the findings about policies that have to readmit gateways.
const (
	CodeGatewayUnknown diag.Code = "gateway-address-unknown" // no address to readmit
	CodeWholePool      diag.Code = "readmit-whole-pool"      // the whole tailnet is readmitted
)

// The codes of the findings about network plugins and their marks. Known issues have
// codes of their own: see KnownIssues.
const (
	CodeMarkCollision  diag.Code = "mark-collision"        // two programs use the same bits of the mark
	CodeCalicoMask     diag.Code = "calico-mark-mask-bits" // a mask that Felix cannot work with
	CodeMasqueradeGap  diag.Code = "masquerade-gap"        // pods would lose their address on the way
	CodeMasqueradeWide diag.Code = "masquerade-too-wide"   // pods would keep their address where they must not
	CodeDeviceTunnel   diag.Code = "cilium-device-tunnel"  // a device pattern that takes tailscale0
	CodeIPAM           diag.Code = "cilium-ipam"           // an IPAM that cannot give regions their CIDRs
	CodeTunnelFamily   diag.Code = "cni-tunnel-family"     // a tunnel that cannot carry a family
	CodeClusterWide    diag.Code = "cni-cluster-wide"      // regions differ in what a cluster has once
	CodeVersionSkew    diag.Code = "cni-version-skew"      // versions that are not made to meet
	CodeMixedCNI       diag.Code = "cni-mixed"             // identities that another plugin does not know
	CodeNodeLabel      diag.Code = "node-label-restricted" // a label that a kubelet may not set
	CodeKnownIssue     diag.Code = "known-issue-redefined" // an issue of the user's with a code that is taken
)

// The codes of the findings about providers' networks.
const (
	CodeCloudField      diag.Code = "cloud-field"           // a field that is another cloud's, or has another's form
	CodeCloudID         diag.Code = "cloud-id-missing"      // a route cannot be made without it
	CodeCloudQuota      diag.Code = "cloud-quota"           // more routes or rules than the cloud takes
	CodeCloudFamily     diag.Code = "cloud-route-family"    // no next hop of a prefix's family
	CodeCloudNodeRoutes diag.Code = "cloud-node-routes"     // routes on hosts, where those do nothing
	CodeCloudStandby    diag.Code = "cloud-standby-refuses" // a standby that cannot hand over
	CodeCloudTailnet    diag.Code = "cloud-tailnet-route"   // tailnet addresses that no route can lead to
)

// The codes of the findings about gateways' modes and how several share the work.
const (
	CodePerNodeMissing   diag.Code = "per-node-missing"     // a node whose pods nobody advertises
	CodePerNodeOutside   diag.Code = "per-node-outside"     // its block is not its region's
	CodePerNodeOverlap   diag.Code = "per-node-overlap"     // two nodes with the same pods' addresses
	CodeFieldUnused      diag.Code = "gateway-field-unused" // a field that its mode or strategy does not read
	CodePerNodeIPAM      diag.Code = "per-node-ipam"        // a plugin that gives nodes no block for good
	CodeDeviceBudget     diag.Code = "device-budget"        // more gateways than the tailnet takes
	CodeEqualCost        diag.Code = "ha-equal-cost"        // several gateways and no strategy
	CodeZone             diag.Code = "gateway-zone"         // gateways that fail together
	CodeGatewayFamily    diag.Code = "gateway-family"       // an address family without a next hop
	CodeSupersetVersion  diag.Code = "supersets-version"    // receivers that do not take supersets
	CodeSupersetMode     diag.Code = "supersets-mode"       // gateways that cannot differ
	CodeSupersetNone     diag.Code = "supersets-none"       // no wider prefix to be had
	CodeSupersetShared   diag.Code = "supersets-shared"     // one that is not the own
	CodeSupersetSwallows diag.Code = "supersets-swallows"   // one that holds what is not the own
)

// The codes of the findings about who gateways are and where that is kept.
const (
	CodeStateSecret       diag.Code = "state-secret"                 // a Secret that a gateway cannot use
	CodeIdentityControl   diag.Code = "workload-identity-control"    // a control server without it
	CodeIdentityRemote    diag.Code = "workload-identity-remote"     // a token from the far end of the tunnel
	CodeIdentityStaticPod diag.Code = "workload-identity-static-pod" // pods without a token
	CodeIdentityVersion   diag.Code = "workload-identity-version"    // a version without it
)

// Codes lists every code that this package can report.
func Codes() []diag.Code {
	return []diag.Code{
		CodeAPIServer, CodeCapacity, CodeHeadroom, CodeOverlap, CodePublic, CodeRedundant,
		CodeClusterCIDR, CodeDefault, CodeDefaultUnknown, CodeFamily, CodeGatewayDuplicate, CodeGatewayOutside,
		CodeGatewayPublicIP, CodeGatewayTailnetIP, CodeNodeBlock, CodeDefaultRoute, CodeProviderUnknown,
		CodeRegionDuplicate, claim.CodeReservedRange, CodeServiceSize, CodeServiceVersion, claim.CodeSpecialRange,
		CodeSuppressed, CodeSuppressionUnused, CodePool, claim.CodeTailnetRange,
		CodeGatewayUnknown, CodeWholePool, CodeMarkCollision, CodeCalicoMask, CodeMasqueradeGap,
		CodeMasqueradeWide, CodeDeviceTunnel, CodeIPAM, CodeTunnelFamily, CodeClusterWide, CodeVersionSkew,
		CodeMixedCNI, CodeNodeLabel, CodeKnownIssue,
		CodeRoutesBootstrap, CodeRoutesDevice, CodeRoutesFabric, CodeRoutesUnwatched,
		CodeCloudField, CodeCloudID, CodeCloudQuota, CodeCloudFamily, CodeCloudNodeRoutes, CodeCloudStandby, CodeCloudTailnet,
		CodePerNodeMissing, CodePerNodeOutside, CodePerNodeOverlap, CodeFieldUnused, CodePerNodeIPAM,
		CodeDeviceBudget, CodeEqualCost, CodeZone, CodeGatewayFamily, CodeSupersetVersion, CodeSupersetMode, CodeSupersetNone, CodeSupersetShared, CodeSupersetSwallows,
		CodeMTUIPv6, CodeMTULink, CodeMTUPod, CodeMTUTunnel,
		CodeStateSecret, CodeIdentityControl, CodeIdentityRemote, CodeIdentityStaticPod, CodeIdentityVersion,
	}
}
