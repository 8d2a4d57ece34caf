package cluster

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
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

func (g *gateway) serviceAccount() *kube.ServiceAccount {
	return &kube.ServiceAccount{
		TypeMeta:                     kube.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   g.regionMeta(g.objectName()),
		AutomountServiceAccountToken: new(g.plan.State == plan.StateSecret),
	}
}

// stateSecret is empty: it exists so that its gateway need not be allowed to create
// Secrets, a right that cannot be narrowed to a name. Applying it again keeps what
// the gateway has written.
func (g *gateway) stateSecret(n schema.GatewayNode) *kube.Secret {
	meta := g.regionMeta(plan.StateSecretName(n.Name))
	meta.Annotations = kept()
	return &kube.Secret{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: meta,
		Type:       kube.SecretTypeOpaque,
	}
}

// role is what containerboot asks for at its start and no more (tailscale 1.84.3,
// kube/kubeclient/client.go: CheckSecretPermissions). Events are left out: it writes
// none without POD_NAME and POD_UID, and says so once in its log.
func (g *gateway) role() *kube.Role {
	var names []string
	for _, n := range g.region.Gateways.Nodes {
		names = append(names, plan.StateSecretName(n.Name))
	}
	return &kube.Role{
		TypeMeta:   kube.TypeMeta{APIVersion: kube.RBACVersion, Kind: "Role"},
		ObjectMeta: g.regionMeta(g.objectName()),
		Rules: []kube.PolicyRule{{
			APIGroups:     []string{""},
			Resources:     []string{"secrets"},
			ResourceNames: names,
			Verbs:         []string{"get", "update", "patch"},
		}},
	}
}

func (g *gateway) roleBinding() *kube.RoleBinding {
	return &kube.RoleBinding{
		TypeMeta:   kube.TypeMeta{APIVersion: kube.RBACVersion, Kind: "RoleBinding"},
		ObjectMeta: g.regionMeta(g.objectName()),
		RoleRef:    kube.RoleRef{APIGroup: kube.RBACGroup, Kind: "Role", Name: g.objectName()},
		Subjects: []kube.Subject{{
			Kind: kube.ServiceAccountKind, Name: g.objectName(), Namespace: schema.Namespace,
		}},
	}
}
