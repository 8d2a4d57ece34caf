package cluster

import (
	"maps"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// naming is what the objects of a region's gateways are called, and how they are found.
type naming struct {
	all    *plan.Plan
	plan   *plan.Region
	region *schema.Region
}

// objectName is what everything that belongs to the region's gateways is called.
func (n naming) objectName() string { return "gateway-" + n.region.Name }

// regionMeta is the metadata of an object that belongs to the region's gateways.
func (n naming) regionMeta(name string) kube.ObjectMeta {
	return kube.ObjectMeta{Name: name, Namespace: schema.Namespace, Labels: n.labels()}
}

func (n naming) labels() map[string]string {
	labels := Labels(n.all)
	maps.Copy(labels, n.selector())
	return labels
}

// selector finds the region's gateway pods. A selector of a DaemonSet can never
// change, so it names nothing that a user might.
func (n naming) selector() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": "tailscale-gateway",
		schema.Group + "/region": n.region.Name,
	}
}
