package schema

import "net/netip"

// Node is a node of a region whose Node object is written before its kubelet registers.
type Node struct {
	// Name is the Kubernetes node name.
	Name string `json:"name"`
	// PodCIDRs are the blocks of the region's pod CIDRs that are this node's own, one for
	// each family. With ModePerNode the gateway's own say it, and this is empty.
	PodCIDRs []netip.Prefix `json:"podCIDRs,omitempty"`
	// ProviderID is what a cloud controller manager knows the node by; empty lets the
	// planner decide.
	ProviderID string `json:"providerID,omitempty"`
	// Labels are those of the user's own. A kubelet gives none of its --node-labels to a
	// Node that is there already.
	Labels map[string]string `json:"labels,omitempty"`
	// Taints stand in for the kubelet's --register-with-taints in the same way.
	Taints []Taint `json:"taints,omitempty"`
}

// Taint keeps pods off a node that do not tolerate it.
type Taint struct {
	Key    string      `json:"key"`
	Value  string      `json:"value,omitempty"`
	Effect TaintEffect `json:"effect"`
}

// TaintEffect is what a taint does.
type TaintEffect string

// The effects of Kubernetes (kubernetes v1.33.1, staging/src/k8s.io/api/core/v1/types.go).
const (
	TaintNoSchedule       TaintEffect = "NoSchedule"
	TaintPreferNoSchedule TaintEffect = "PreferNoSchedule"
	TaintNoExecute        TaintEffect = "NoExecute"
)
