package render

import (
	"crypto/sha256"
	"encoding/hex"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// objectName is what everything that belongs to the region's gateways is called.
func (r *RegionPlan) objectName() string { return "gateway-" + r.Region.Name }

// gatewayObjects run the region's gateways as a DaemonSet.
func (p *Plan) gatewayObjects(r *RegionPlan) []any {
	objects := []any{p.scriptMap(r), p.daemonSet(r)}
	if len(r.Region.Gateways.Nodes) > 1 {
		objects = append(objects, p.disruptionBudget(r))
	}
	return objects
}

func (p *Plan) scriptMap(r *RegionPlan) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: p.regionMeta(r, r.objectName()),
		Data:       p.gatewayScripts(r),
	}
}

// gatewayScripts are the scripts that a gateway's containers run, by file name.
func (p *Plan) gatewayScripts(r *RegionPlan) map[string]string {
	scripts := map[string]string{"setup.sh": string(p.headed(p.setupScript(r)))}
	if watch := p.gatewayWatchScript(r); watch != nil {
		scripts["watch.sh"] = string(p.headed(watch))
	}
	return scripts
}

func (p *Plan) daemonSet(r *RegionPlan) *appsv1.DaemonSet {
	spec := p.gatewayPod(r, p.clusterVolumes(r))
	spec.ServiceAccountName = r.objectName()
	return &appsv1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: p.regionMeta(r, r.objectName()),
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: selector(r)},
			Template: corev1.PodTemplateSpec{ObjectMeta: p.podMeta(r), Spec: spec},
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
func (p *Plan) disruptionBudget(r *RegionPlan) *policyv1.PodDisruptionBudget {
	stay := intstr.FromInt32(int32(len(r.Region.Gateways.Nodes) - 1))
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: p.regionMeta(r, r.objectName()),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: &stay,
			Selector:     &metav1.LabelSelector{MatchLabels: selector(r)},
		},
	}
}

// podMeta is the metadata of a gateway's pod. The hash makes a change of a script a
// change of the pod, which runs them once, at its start.
func (p *Plan) podMeta(r *RegionPlan) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Labels: p.labels(r),
		Annotations: map[string]string{
			"kubectl.kubernetes.io/default-container": "tailscale",
			schema.Group + "/scripts-hash":            p.scriptsHash(r),
		},
	}
}

func (p *Plan) scriptsHash(r *RegionPlan) string {
	h := sha256.New()
	scripts := p.gatewayScripts(r)
	for _, name := range []string{"setup.sh", "watch.sh"} {
		h.Write([]byte(name + "\x00" + scripts[name] + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
