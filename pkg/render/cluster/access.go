package cluster

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// accessObjects are who the region's gateways are to the API server, and, where their
// state is in Secrets, those Secrets and the right to write them.
func (g *gateway) accessObjects() []any {
	objects := []any{g.serviceAccount()}
	if g.plan.State != plan.StateSecret {
		return objects
	}
	for _, n := range g.region.Gateways.Nodes {
		objects = append(objects, g.stateSecret(n))
	}
	return append(objects, g.role(), g.roleBinding())
}

func (g *gateway) serviceAccount() *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   g.regionMeta(g.objectName()),
		AutomountServiceAccountToken: new(g.plan.State == plan.StateSecret),
	}
}

// stateSecret is empty: it exists so that its gateway need not be allowed to create
// Secrets, a right that cannot be narrowed to a name. Applying it again keeps what
// the gateway has written.
func (g *gateway) stateSecret(n schema.GatewayNode) *corev1.Secret {
	meta := g.regionMeta(plan.StateSecretName(n.Name))
	meta.Annotations = kept()
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: meta,
		Type:       corev1.SecretTypeOpaque,
	}
}

// role is what containerboot asks for at its start and no more (tailscale 1.84.3,
// kube/kubeclient/client.go: CheckSecretPermissions). Events are left out: it writes
// none without POD_NAME and POD_UID, and says so once in its log.
func (g *gateway) role() *rbacv1.Role {
	var names []string
	for _, n := range g.region.Gateways.Nodes {
		names = append(names, plan.StateSecretName(n.Name))
	}
	return &rbacv1.Role{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"},
		ObjectMeta: g.regionMeta(g.objectName()),
		Rules: []rbacv1.PolicyRule{{
			APIGroups:     []string{""},
			Resources:     []string{"secrets"},
			ResourceNames: names,
			Verbs:         []string{"get", "update", "patch"},
		}},
	}
}

func (g *gateway) roleBinding() *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "RoleBinding"},
		ObjectMeta: g.regionMeta(g.objectName()),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: g.objectName()},
		Subjects: []rbacv1.Subject{{
			Kind: rbacv1.ServiceAccountKind, Name: g.objectName(), Namespace: schema.Namespace,
		}},
	}
}
