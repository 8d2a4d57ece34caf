package schema

import "net/netip"

// RangePack is a document beside a topology: ranges of the user's own to keep clear of.
type RangePack struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Metadata   Metadata      `json:"metadata"`
	Spec       RangePackSpec `json:"spec"`
}

// RangePackSpec is the ranges of a RangePack, and whom they concern.
type RangePackSpec struct {
	// Provider brings the ranges in where a region has it; empty means always.
	Provider string      `json:"provider,omitempty"`
	Ranges   []KeptRange `json:"ranges"`
}

// KeptRange is a range that somebody keeps.
type KeptRange struct {
	Prefix netip.Prefix `json:"prefix"`
	// Reason completes "10.255.0.0/16, which"; empty means that it is kept free.
	Reason string `json:"reason,omitempty"`
	// Severity is "error", "warning" or "info"; empty means "error".
	Severity string `json:"severity,omitempty"`
	// Source says where that is written, and Since from when on; both may be empty.
	Source string `json:"source,omitempty"`
	Since  string `json:"since,omitempty"`
}

// Transform is the configuration of the function under transformers.
type Transform struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Metadata   Metadata      `json:"metadata"`
	Spec       TransformSpec `json:"spec,omitzero"`
}

// TransformSpec says which topology a Transform is about.
type TransformSpec struct {
	// Topology is the name of one among the resources; empty means the only one.
	Topology string `json:"topology,omitempty"`
}

// Validate is the configuration of the function under validators.
type Validate struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Metadata   Metadata     `json:"metadata"`
	Spec       ValidateSpec `json:"spec,omitzero"`
}

// ValidateSpec says which topology a Validate is about, and how it is judged.
type ValidateSpec struct {
	// Topology is the name of one among the resources; empty means the only one.
	Topology string `json:"topology,omitempty"`
	// Strict makes an error of every warning.
	Strict bool `json:"strict,omitempty"`
	// Today is a day as YYYY-MM-DD; empty means that no suppression has expired.
	Today string `json:"today,omitempty"`
}
