// Package kube has the objects of Kubernetes that are rendered: of each type the fields
// that package cluster fills in, by the names and in the order of k8s.io/api v0.37.2,
// whose types of the same names say what they mean. A field that Kubernetes always
// spells out is always spelled out here, too.
//
// They are written down a second time because k8s.io/api is made for clients: who links
// it registers hundreds of types and their protobuf at each start. A call of the
// function that takes milliseconds pays for that each time. The tests hold each type
// here against the one there, and each rendered object against what Kubernetes' own
// types make of it.
package kube

// TypeMeta says which type an object is of. The kind comes first, and the gate turns that
// round of an object, though not of one inside of another.
type TypeMeta struct {
	Kind       string `json:"kind,omitempty"`
	APIVersion string `json:"apiVersion,omitempty"`
}

// ObjectMeta names an object.
type ObjectMeta struct {
	Name        string            `json:"name,omitempty"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// LabelSelector finds objects by their labels.
type LabelSelector struct {
	MatchLabels map[string]string `json:"matchLabels,omitempty"`
}

// Namespace has no spec that anybody writes.
type Namespace struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
}

// ConfigMap holds files.
type ConfigMap struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Data       map[string]string `json:"data,omitempty"`
}

// SecretTypeOpaque is a Secret of no known form.
const SecretTypeOpaque = "Opaque"

// Secret is rendered empty: nothing secret passes through here.
type Secret struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Type       string `json:"type,omitempty"`
}

// ResourceQuota limits what a namespace may have.
type ResourceQuota struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Spec       ResourceQuotaSpec `json:"spec,omitempty"`
}

type ResourceQuotaSpec struct {
	Hard          ResourceList   `json:"hard,omitempty"`
	ScopeSelector *ScopeSelector `json:"scopeSelector,omitempty"`
}

// What a quota of a priority class says.
const (
	ResourceQuotaScopePriorityClass = "PriorityClass"
	ScopeSelectorOpIn               = "In"
)

type ScopeSelector struct {
	MatchExpressions []ScopedResourceSelectorRequirement `json:"matchExpressions,omitempty"`
}

type ScopedResourceSelectorRequirement struct {
	ScopeName string   `json:"scopeName"`
	Operator  string   `json:"operator"`
	Values    []string `json:"values,omitempty"`
}

// ResourceList are amounts of resources by their names, spelled as Kubernetes spells a
// quantity in its canonical form: "100m", "128Mi", "10k".
type ResourceList map[string]string

// Names of resources.
const (
	ResourceCPU    = "cpu"
	ResourceMemory = "memory"
	ResourcePods   = "pods"
)

// Taint keeps pods off a node.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
}

// Node is a machine of the cluster.
type Node struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Spec       NodeSpec `json:"spec,omitempty"`
}

type NodeSpec struct {
	PodCIDR    string   `json:"podCIDR,omitempty"`
	PodCIDRs   []string `json:"podCIDRs,omitempty"`
	ProviderID string   `json:"providerID,omitempty"`
	Taints     []Taint  `json:"taints,omitempty"`
}

// IPFamilyPolicyPreferDualStack gives a Service addresses of all families that there are.
const IPFamilyPolicyPreferDualStack = "PreferDualStack"

// Service is an address for pods.
type Service struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Spec       ServiceSpec `json:"spec,omitempty"`
}

type ServiceSpec struct {
	Ports          []ServicePort     `json:"ports,omitempty"`
	Selector       map[string]string `json:"selector,omitempty"`
	IPFamilyPolicy *string           `json:"ipFamilyPolicy,omitempty"`
}
