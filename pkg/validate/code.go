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
	}
}
