package validate

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// The codes of the findings about addresses; docs/checks.md has a heading for each.
const (
	CodeOverlap      diag.Code = "cidr-overlap"    // two parties claim the same addresses
	CodeRedundant    diag.Code = "cidr-redundant"  // one list says the same addresses twice
	CodeDefault      diag.Code = "default-overlap" // a field left out, filled with a default that collides
	CodeTailnetRange diag.Code = "tailnet-range"   // inside Tailscale's own address block
	CodeSpecialRange diag.Code = "special-range"   // inside a special-use block of RFC 6890
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
	CodeClusterWide    diag.Code = "cni-cluster-wide"      // regions differ in what a cluster has once
	CodeVersionSkew    diag.Code = "cni-version-skew"      // versions that are not made to meet
	CodeMixedCNI       diag.Code = "cni-mixed"             // identities that another plugin does not know
	CodeNodeLabel      diag.Code = "node-label-restricted" // a label that a kubelet may not set
	CodeKnownIssue     diag.Code = "known-issue-redefined" // an issue of the user's with a code that is taken
)

// Codes lists every code that Topology can report.
func Codes() []diag.Code {
	return []diag.Code{
		CodeOverlap,
		CodeRedundant,
		CodeDefault,
		CodeTailnetRange,
		CodeSpecialRange,
		CodeGatewayUnknown,
		CodeWholePool,
		CodeMarkCollision,
		CodeCalicoMask,
		CodeMasqueradeGap,
		CodeMasqueradeWide,
		CodeDeviceTunnel,
		CodeIPAM,
		CodeClusterWide,
		CodeVersionSkew,
		CodeMixedCNI,
		CodeNodeLabel,
		CodeKnownIssue,
	}
}
