package readmit

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// What can be wrong with a policy. Each has a heading in docs/checks.md.
const (
	CodeMalformed      diag.Code = "policy-malformed"
	CodeMixedPeers     diag.Code = "policy-mixed-peers"
	CodeDeniesGateways diag.Code = "policy-denies-gateways"
	CodeSelectsNodes   diag.Code = "policy-selects-nodes"
	CodeRequires       diag.Code = "policy-requires"
	CodeAuthentication diag.Code = "policy-authentication"
	CodeCIDRNeverMatch diag.Code = "policy-cidr-never-matches"
	CodeAPIServer      diag.Code = "policy-kube-apiserver"
	CodeDropsTunnel    diag.Code = "policy-drops-tunnel"
	CodeUnnamed        diag.Code = "policy-unnamed"
)

// Codes lists every code that Policies and Patches can report.
func Codes() []diag.Code {
	return []diag.Code{
		CodeMalformed, CodeMixedPeers, CodeDeniesGateways, CodeSelectsNodes, CodeRequires,
		CodeAuthentication, CodeCIDRNeverMatch, CodeAPIServer, CodeDropsTunnel, CodeUnnamed,
	}
}
