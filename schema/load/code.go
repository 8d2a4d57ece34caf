package load

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// The kinds of findings this package reports; docs/checks.md explains each.
const (
	AliasExpansion   diag.Code = "alias-expansion"   // an anchor that contains itself, or aliases that expand to too much
	BadAddress       diag.Code = "bad-address"       // not an IP address in canonical text
	BadPrefix        diag.Code = "bad-prefix"        // not a prefix in canonical text
	BadValue         diag.Code = "bad-value"         // a value that the contract does not allow
	DuplicateField   diag.Code = "duplicate-field"   // a field that appears twice in one mapping
	EmptyInput       diag.Code = "empty-input"       // nothing but space and comments
	HostBits         diag.Code = "host-bits"         // a prefix with bits set beyond its length
	KeyInText        diag.Code = "key-in-text"       // a key of the tailnet, anywhere
	MissingField     diag.Code = "missing-field"     // a required field that is not there
	NotCUE           diag.Code = "not-cue"           // CUE that does not parse, or does not evaluate to values
	NotText          diag.Code = "not-text"          // binary data
	NotYAML          diag.Code = "not-yaml"          // YAML or JSON that does not parse
	SeveralDocuments diag.Code = "several-documents" // more than one document in a file
	TooDeep          diag.Code = "too-deep"          // more levels than a topology can have
	TooMany          diag.Code = "too-many"          // more values, fields or elements than are read
	UnknownField     diag.Code = "unknown-field"     // a field that is not in the contract
	WrongType        diag.Code = "wrong-type"        // a number where text is wanted, and the like
)

// Codes lists every code of this package, in alphabetical order.
func Codes() []diag.Code {
	return []diag.Code{
		AliasExpansion, BadAddress, BadPrefix, BadValue, DuplicateField, EmptyInput, HostBits, KeyInText, MissingField,
		NotCUE, NotText, NotYAML, SeveralDocuments, TooDeep, TooMany, UnknownField, WrongType,
	}
}
