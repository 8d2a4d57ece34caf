package acl

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// The codes of findings about a policy. Those of package policyfile and package eval
// stand there. Each has a heading in docs/checks.md.
const (
	CodeUndefined   diag.Code = "policy-undefined"
	CodePorts       diag.Code = "policy-ports"
	CodeUnsupported diag.Code = "policy-unsupported"
	CodeSelf        diag.Code = "policy-region-self"
	CodePinBack     diag.Code = "policy-pin-way-back"
)

// Codes lists the codes that stand in this package.
func Codes() []diag.Code {
	return []diag.Code{
		CodeUndefined, CodePorts, CodeUnsupported, CodeSelf, CodePinBack,
	}
}
