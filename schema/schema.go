package schema

import _ "embed"

// Package is the path under which a topology written in CUE imports the contract.
const Package = "github.com/kustomize-hybrid/kustomize-hybrid/schema"

//go:embed topology.cue
var cue string

// CUE returns the contract: the CUE source of definition #Topology and of those it
// uses.
func CUE() []byte { return []byte(cue) }

// JSONSchemaID is the $id of the JSON Schema: its name, by which nobody need fetch it.
const JSONSchemaID = "https://" + APIVersion + "/topology.schema.json"

//go:embed topology.schema.json
var jsonSchema string

// JSONSchema returns the contract as JSON Schema, draft 7, for editors. It is
// generated from the CUE source, with the defaults and examples that its comments name, and
// catches slips; what exactly is right, only the CUE source and the program know.
func JSONSchema() []byte { return []byte(jsonSchema) }
