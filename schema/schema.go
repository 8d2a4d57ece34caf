package schema

import _ "embed"

// Package is the path under which a topology written in CUE imports the contract.
const Package = "github.com/kustomize-hybrid/kustomize-hybrid/schema"

//go:embed topology.cue
var cue string

// CUE returns the contract: the CUE source of definition #Topology and of those it
// uses.
func CUE() []byte { return []byte(cue) }
