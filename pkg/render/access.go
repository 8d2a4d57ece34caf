package render

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// accessObjects are who the region's gateways are to the API server, and, where their
// state is in Secrets, those Secrets and the right to write them.
func (p *Plan) accessObjects(r *RegionPlan) []any {
	objects := []any{p.serviceAccount(r)}
	if r.State != StateSecret {
		return objects
	}
	for _, n := range r.Region.Gateways.Nodes {
		objects = append(objects, p.stateSecret(r, n))
	}
	return append(objects, p.role(r), p.roleBinding(r))
}

func (p *Plan) serviceAccount(r *RegionPlan) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   p.regionMeta(r, r.objectName()),
		AutomountServiceAccountToken: new(r.State == StateSecret),
	}
}

// stateSecretName names the Secret after the node and not after its address, which
// is no name where it is IPv6.
func stateSecretName(node string) string { return "tailscale-" + node }

// stateSecret is empty: it exists so that its gateway need not be allowed to create
// Secrets, a right that cannot be narrowed to a name. Applying it again keeps what
// the gateway has written.
func (p *Plan) stateSecret(r *RegionPlan, n schema.GatewayNode) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: p.regionMeta(r, stateSecretName(n.Name)),
		Type:       corev1.SecretTypeOpaque,
	}
}

// role is what containerboot asks for at its start and no more (tailscale 1.84.3,
// kube/kubeclient/client.go: CheckSecretPermissions). Events are left out: it writes
// none without POD_NAME and POD_UID, and says so once in its log.
func (p *Plan) role(r *RegionPlan) *rbacv1.Role {
	var names []string
	for _, n := range r.Region.Gateways.Nodes {
		names = append(names, stateSecretName(n.Name))
	}
	return &rbacv1.Role{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"},
		ObjectMeta: p.regionMeta(r, r.objectName()),
		Rules: []rbacv1.PolicyRule{{
			APIGroups:     []string{""},
			Resources:     []string{"secrets"},
			ResourceNames: names,
			Verbs:         []string{"get", "update", "patch"},
		}},
	}
}

func (p *Plan) roleBinding(r *RegionPlan) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "RoleBinding"},
		ObjectMeta: p.regionMeta(r, r.objectName()),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: r.objectName()},
		Subjects: []rbacv1.Subject{{
			Kind: rbacv1.ServiceAccountKind, Name: r.objectName(), Namespace: schema.Namespace,
		}},
	}
}
