// Package capture holds the program that writes down how hosts and a cluster are, for package
// doctor. It is no part of what hosts have: it goes there when somebody wants to know.
package capture

import (
	_ "embed"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// Path is where a rendered tree has it.
const Path = "capture.sh"

//go:embed program/capture.sh
var program []byte

// File is the program, the same for every topology. Callers may keep its bytes but not write to
// them.
func File() tree.File { return tree.File{Path: Path, Executable: true, Data: program} }
