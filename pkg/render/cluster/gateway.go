package cluster

import (
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// gateway is the gateways of one region, or one of them where they differ, about to be
// spelled.
type gateway struct {
	naming
	host *plan.Host
	// runs is in the tree, in ConfigMaps and in the hash that rolls the pods.
	runs host.Gateway
}

// Gateways are the objects of a region whose gateways are the pods of a DaemonSet, in the
// order in which they can be applied. They mount what Common has.
func Gateways(p *plan.Plan, r *plan.Region, runs host.Gateway) Concern {
	g := &gateway{naming{p, r, r.Region}, &r.Hosts[0], runs}
	return Concern{g.objectName(), append(g.accessObjects(), g.gatewayObjects()...)}
}

// gatewayObjects run the region's gateways as a DaemonSet.
func (g *gateway) gatewayObjects() []any {
	objects := []any{tableMap(g.regionMeta(g.objectName()), g.runs.Tables), g.daemonSet()}
	if len(g.region.Gateways.Nodes) > 1 {
		objects = append(objects, g.disruptionBudget())
	}
	return objects
}

// tableMap is what the region's gateways, or its other nodes, are told.
func tableMap(meta kube.ObjectMeta, tables []byte) *kube.ConfigMap {
	return &kube.ConfigMap{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: meta,
		Data:       map[string]string{host.Tables: string(tables)},
	}
}

func (g *gateway) daemonSet() *kube.DaemonSet {
	spec := g.gatewayPod(g.clusterVolumes())
	spec.ServiceAccountName = g.objectName()
	meta := g.regionMeta(g.objectName())
	meta.Annotations = literal() // the kubelet's own variables, $(HOST_IP)
	return &kube.DaemonSet{
		TypeMeta:   kube.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: meta,
		Spec: kube.DaemonSetSpec{
			Selector: &kube.LabelSelector{MatchLabels: g.selector()},
			Template: kube.PodTemplateSpec{ObjectMeta: g.podMeta(), Spec: spec},
			// One at a time, and the old one first: two on a host share its port and TUN.
			UpdateStrategy: kube.DaemonSetUpdateStrategy{
				Type: kube.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &kube.RollingUpdateDaemonSet{
					MaxUnavailable: new(intstr.FromInt32(1)), MaxSurge: new(intstr.FromInt32(0)),
				},
			},
			// The control server needs up to about 15 s to move a primary
			// (tailscale.com/kb/1115/high-availability): let one move end before the next.
			MinReadySeconds: 15,
		},
	}
}

// disruptionBudget keeps evictions from taking all gateways at once; a rolling update
// does not ask it. It counts the gateways that must stay, because the controller
// knows no scale of a DaemonSet: with maxUnavailable it would allow no eviction, ever
// (kubernetes v1.33.1, pkg/controller/disruption/disruption.go: getScaleController).
func (g *gateway) disruptionBudget() *kube.PodDisruptionBudget {
	stay := intstr.FromInt32(int32(len(g.region.Gateways.Nodes) - 1))
	return &kube.PodDisruptionBudget{
		TypeMeta:   kube.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: g.regionMeta(g.objectName()),
		Spec: kube.PodDisruptionBudgetSpec{
			MinAvailable: &stay,
			Selector:     &kube.LabelSelector{MatchLabels: g.selector()},
		},
	}
}

// podMeta is the metadata of a gateway's pod. The hash makes a change of a program, of the
// fleet or of the tables a change of the pod, which prepares its host at its start.
func (g *gateway) podMeta() kube.ObjectMeta {
	return kube.ObjectMeta{
		Labels: g.labels(),
		Annotations: map[string]string{
			"kubectl.kubernetes.io/default-container": "tailscale",
			schema.Group + "/scripts-hash":            g.runs.Hash,
		},
	}
}
