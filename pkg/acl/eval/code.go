package eval

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// The codes of findings about what a policy allows, beside those of package acl. Each
// has a heading in docs/checks.md.
const (
	CodeSelector    diag.Code = "policy-selector"
	CodeTestFailed  diag.Code = "policy-test-failed"
	CodeUndecided   diag.Code = "policy-test-undecided"
	CodeTestMissing diag.Code = "policy-test-missing"
	CodeUnapproved  diag.Code = "policy-route-unapproved"
	CodeApprover    diag.Code = "policy-approver-wide"
	CodeMissing     diag.Code = "policy-grant-missing"
	CodeWide        diag.Code = "policy-grant-wide"
	CodeMirror      diag.Code = "policy-udp-mirror"
	CodeRandomPort  diag.Code = "policy-randomize-port"
	CodeAttr        diag.Code = "policy-attr-missing"
	CodeOwners      diag.Code = "policy-tag-owners"
	CodeHost        diag.Code = "policy-host-differs"
	CodeDefault     diag.Code = "policy-default-allow"
)

// Codes lists the codes that stand in this package.
func Codes() []diag.Code {
	return []diag.Code{
		CodeSelector, CodeTestFailed, CodeUndecided, CodeTestMissing, CodeUnapproved, CodeApprover, CodeMissing,
		CodeWide, CodeMirror, CodeRandomPort, CodeAttr, CodeOwners, CodeHost, CodeDefault,
	}
}
