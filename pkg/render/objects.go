package render

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// concern is a group of objects that stand in one file.
type concern struct {
	name    string
	objects []any
}

// concerns are the objects of one region, in the order in which they can be applied.
// Gateways that are static pods have none.
func (g *gateway) concerns() []concern {
	var list []concern
	if g.Region.Gateways.Mode == schema.ModeDaemonSet {
		list = append(list,
			concern{"rbac-" + g.Region.Name, g.accessObjects()},
			concern{"gateway-" + g.Region.Name, g.gatewayObjects()},
		)
	}
	if g.routed(schema.RouteFormDaemonSet) {
		list = append(list, g.routesDaemon())
	}
	return list
}

// namespace lets privileged pods in: where it does not, the DaemonSet is accepted all
// the same and only its pods are refused.
func (p *Plan) namespace() *corev1.Namespace {
	labels := p.commonLabels()
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = "privileged"
	}
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: schema.Namespace, Labels: labels},
	}
}

// priorityQuota admits pods of the gateways' priority class. GKE admits them only
// where a namespace has a quota that names the class (kubernetes.io: Resource Quotas,
// "Limit Priority Class consumption by default"; rook#11973); elsewhere it is a limit
// that nobody meets. The mirrors of static pods are counted, too.
func (p *Plan) priorityQuota() *corev1.ResourceQuota {
	return &corev1.ResourceQuota{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: metav1.ObjectMeta{
			Name: "gateway-priority", Namespace: schema.Namespace, Labels: p.commonLabels(),
		},
		Spec: corev1.ResourceQuotaSpec{
			Hard: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("10k")},
			ScopeSelector: &corev1.ScopeSelector{MatchExpressions: []corev1.ScopedResourceSelectorRequirement{{
				ScopeName: corev1.ResourceQuotaScopePriorityClass,
				Operator:  corev1.ScopeSelectorOpIn,
				Values:    []string{priorityClass},
			}}},
		},
	}
}

// regionMeta is the metadata of an object that belongs to the region's gateways.
func (g *gateway) regionMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: schema.Namespace, Labels: g.labels()}
}

func (g *gateway) labels() map[string]string {
	labels := g.plan.commonLabels()
	maps.Copy(labels, g.selector())
	return labels
}

// ManagedByLabel is on every object we render, with the value ManagedBy: a second
// run of the function replaces those, and those only.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedBy      = "kustomize-hybrid"
)

func (p *Plan) commonLabels() map[string]string {
	return map[string]string{
		ManagedByLabel:              ManagedBy,
		"app.kubernetes.io/part-of": p.Topology.Metadata.Name,
	}
}

// selector finds the region's gateway pods. A selector of a DaemonSet can never
// change, so it names nothing that a user might.
func (g *gateway) selector() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": "tailscale-gateway",
		schema.Group + "/region": g.Region.Name,
	}
}
