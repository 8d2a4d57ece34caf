package policyfile

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// The codes of findings about a policy file, beside those of package acl and package
// eval. Each has a heading in docs/checks.md.
const (
	CodeSyntax    diag.Code = "policy-syntax"
	CodeHash      diag.Code = "policy-hash-comment"
	CodeFragment  diag.Code = "policy-fragment"
	CodeDuplicate diag.Code = "policy-duplicate-name"
	CodeType      diag.Code = "policy-type"
	CodeSection   diag.Code = "policy-unknown-section"
	CodeRule      diag.Code = "policy-rule-form"
	CodePrefix    diag.Code = "policy-prefix"
	CodeTestForm  diag.Code = "policy-test-form"
	CodeMoot      diag.Code = "policy-rule-moot"
	CodeEmpty     diag.Code = "policy-rule-empty"
	CodeConflict  diag.Code = "policy-conflict"
	CodeNarrowed  diag.Code = "policy-narrowed"
	CodeMarks     diag.Code = "policy-marks"
)

// Codes lists the codes that stand in this package.
func Codes() []diag.Code {
	return []diag.Code{
		CodeSyntax, CodeHash, CodeFragment, CodeDuplicate, CodeType, CodeSection, CodeRule, CodePrefix, CodeTestForm,
		CodeMoot, CodeEmpty, CodeConflict, CodeNarrowed, CodeMarks,
	}
}
