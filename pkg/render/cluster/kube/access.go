package kube

// RBACVersion is the apiVersion of roles, and RBACGroup the group in it.
const (
	RBACGroup   = "rbac.authorization.k8s.io"
	RBACVersion = RBACGroup + "/v1"
)

// ServiceAccountKind is the kind of a subject that is a ServiceAccount.
const ServiceAccountKind = "ServiceAccount"

// ServiceAccount is who pods are to the API server.
type ServiceAccount struct {
	TypeMeta
	ObjectMeta                   `json:"metadata,omitempty"`
	AutomountServiceAccountToken *bool `json:"automountServiceAccountToken,omitempty"`
}

// Role is what may be done in a namespace.
type Role struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Rules      []PolicyRule `json:"rules"`
}

type PolicyRule struct {
	Verbs         []string `json:"verbs"`
	APIGroups     []string `json:"apiGroups,omitempty"`
	Resources     []string `json:"resources,omitempty"`
	ResourceNames []string `json:"resourceNames,omitempty"`
}

// RoleBinding says who may do it.
type RoleBinding struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Subjects   []Subject `json:"subjects,omitempty"`
	RoleRef    RoleRef   `json:"roleRef"`
}

type Subject struct {
	Kind      string `json:"kind"`
	APIGroup  string `json:"apiGroup,omitempty"`
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

type RoleRef struct {
	APIGroup string `json:"apiGroup"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
}
