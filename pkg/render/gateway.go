package render

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// gateway is the gateways of one region, or one of them where they differ, about to be
// spelled.
type gateway struct {
	*regionPlan
	plan *Plan
	host *plan.Host
	// files are the region's scripts, spelled once: they are in the tree, in a ConfigMap
	// and in the hash that rolls the pods.
	files []File
	// setup and watch are those that the pod runs; watch may be nil.
	setup, watch []byte
}

// gateway finds the host's scripts among the region's files, which have their headers.
func (p *Plan) gateway(r *plan.Region, h *plan.Host, files []File) *gateway {
	g := &gateway{regionPlan: r, plan: p, host: h, files: files}
	for i := range files {
		switch f := &files[i]; f.Path {
		case g.path("gateway/" + hostDir(h) + "setup.sh"):
			g.setup = f.Data
		case g.path("gateway/" + hostDir(h) + "watch.sh"):
			g.watch = f.Data
		}
	}
	return g
}

// path is where a file of the region stands in the tree.
func (g *gateway) path(name string) string { return "regions/" + g.Region.Name + "/" + name }

// objectName is what everything that belongs to the region's gateways is called.
func (g *gateway) objectName() string { return "gateway-" + g.Region.Name }

// gatewayObjects run the region's gateways as a DaemonSet.
func (g *gateway) gatewayObjects() []any {
	objects := []any{g.scriptMap(), g.daemonSet()}
	if len(g.Region.Gateways.Nodes) > 1 {
		objects = append(objects, g.disruptionBudget())
	}
	return objects
}

func (g *gateway) scriptMap() *corev1.ConfigMap {
	scripts := map[string]string{"setup.sh": string(g.setup)}
	if g.watch != nil {
		scripts["watch.sh"] = string(g.watch)
	}
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: g.regionMeta(g.objectName()),
		Data:       scripts,
	}
}

func (g *gateway) daemonSet() *appsv1.DaemonSet {
	spec := g.gatewayPod(g.clusterVolumes())
	spec.ServiceAccountName = g.objectName()
	return &appsv1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: g.regionMeta(g.objectName()),
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: g.selector()},
			Template: corev1.PodTemplateSpec{ObjectMeta: g.podMeta(), Spec: spec},
			// One at a time, and the old one first: two on a host share its port and TUN.
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{
				Type: appsv1.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDaemonSet{
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
func (g *gateway) disruptionBudget() *policyv1.PodDisruptionBudget {
	stay := intstr.FromInt32(int32(len(g.Region.Gateways.Nodes) - 1))
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: g.regionMeta(g.objectName()),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: &stay,
			Selector:     &metav1.LabelSelector{MatchLabels: g.selector()},
		},
	}
}

// podMeta is the metadata of a gateway's pod. The hash makes a change of a script a
// change of the pod, which runs them once, at its start.
func (g *gateway) podMeta() metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Labels: g.labels(),
		Annotations: map[string]string{
			"kubectl.kubernetes.io/default-container": "tailscale",
			schema.Group + "/scripts-hash":            g.scriptsHash(),
		},
	}
}

func (g *gateway) scriptsHash() string {
	sum := sha256.Sum256(slices.Concat(g.setup, []byte{0}, g.watch))
	return hex.EncodeToString(sum[:6])
}
