// Package cluster spells what runs in the cluster: the objects for the API server, and
// the static pods that kubelets read from files. It alone uses the types of package kube.
//
// Start with Common, Gateways and Routes for objects and with StaticPod for a file. They
// take what the pods run as values, from package host.
package cluster

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Concern is a group of objects that stand in one file, in the order in which they can
// be applied.
type Concern struct {
	Name    string
	Objects []any
}

// Common is what all regions share: the namespace and, where pods mount them, the
// programs and what all are told of the fleet, once for however many regions there are.
func Common(p *plan.Plan, f *host.Fleet) []Concern {
	list := []Concern{{"namespace", []any{namespace(p), priorityQuota(p)}}}
	mounted := func(r plan.Region) bool {
		return r.Region.Gateways.Mode == schema.ModeDaemonSet || r.HasForm(schema.RouteFormDaemonSet)
	}
	if !slices.ContainsFunc(p.Regions, mounted) {
		return list
	}
	programs := map[string]string{}
	for _, f := range program.Files() {
		programs[f.Name] = string(f.Data)
	}
	scripts := commonMap(p, programMap, programs)
	scripts.Annotations = literal()
	return append(list,
		Concern{programMap, []any{scripts}},
		Concern{fleetMap, []any{commonMap(p, fleetMap, map[string]string{host.FleetTables: string(f.Data)})}})
}

// programMap and fleetMap are the ConfigMaps that every region's pods mount.
const (
	programMap = "programs"
	fleetMap   = "fleet"
)

func commonMap(p *plan.Plan, name string, data map[string]string) *kube.ConfigMap {
	return &kube.ConfigMap{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: kube.ObjectMeta{Name: name, Namespace: schema.Namespace, Labels: Labels(p)},
		Data:       data,
	}
}

// namespace lets privileged pods in: where it does not, the DaemonSet is accepted all
// the same and only its pods are refused.
func namespace(p *plan.Plan) *kube.Namespace {
	labels := Labels(p)
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = "privileged"
	}
	return &kube.Namespace{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: kube.ObjectMeta{Name: schema.Namespace, Labels: labels, Annotations: kept()},
	}
}

// priorityQuota admits pods of the gateways' priority class. GKE admits them only
// where a namespace has a quota that names the class (kubernetes.io: Resource Quotas,
// "Limit Priority Class consumption by default"; rook#11973); elsewhere it is a limit
// that nobody meets. The mirrors of static pods are counted, too.
func priorityQuota(p *plan.Plan) *kube.ResourceQuota {
	return &kube.ResourceQuota{
		TypeMeta: kube.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: kube.ObjectMeta{
			Name: "gateway-priority", Namespace: schema.Namespace, Labels: Labels(p),
		},
		Spec: kube.ResourceQuotaSpec{
			Hard: kube.ResourceList{kube.ResourcePods: "10k"},
			ScopeSelector: &kube.ScopeSelector{MatchExpressions: []kube.ScopedResourceSelectorRequirement{{
				ScopeName: kube.ResourceQuotaScopePriorityClass,
				Operator:  kube.ScopeSelectorOpIn,
				Values:    []string{priorityClass},
			}}},
		},
	}
}

// ManagedByLabel is on every object we render, with the value ManagedBy: a second
// run of the function replaces those, and those only.
const (
	ManagedByLabel = "app.kubernetes.io/managed-by"
	ManagedBy      = "kustomize-hybrid"
)

// Labels are on every object of the topology.
func Labels(p *plan.Plan) map[string]string {
	return map[string]string{
		ManagedByLabel:              ManagedBy,
		"app.kubernetes.io/part-of": p.Topology.Metadata.Name,
	}
}
