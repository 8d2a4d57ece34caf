package cluster

import (
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// hostSysctls is where the host's settings are in a container, those of the network
// alone: its own /proc/sys is read-only unless it is privileged (as Cilium mounts them
// for its agent: cilium 1.17.4, install/kubernetes/cilium/templates/cilium-agent/daemonset.yaml).
const (
	hostSysctls    = "/host/proc/sys"
	hostNetSysctls = hostSysctls + "/net"
)

// nodeRoutes is what keeps the routes of the region's nodes that are in the cluster
// already and are not gateways: the programs that other nodes run as services.
type nodeRoutes struct {
	all    *plan.Plan
	plan   *plan.Region
	region *schema.Region
	runs   host.Node
}

// Routes are the objects of that. They mount what Common has.
func Routes(p *plan.Plan, r *plan.Region, runs host.Node) Concern {
	g := &nodeRoutes{p, r, r.Region, runs}
	return Concern{g.name(), []any{tableMap(g.meta(), runs.Tables), g.daemonSet()}}
}

func (g *nodeRoutes) name() string { return "routes-" + g.region.Name }

func (g *nodeRoutes) meta() metav1.ObjectMeta {
	labels := Labels(g.all)
	maps.Copy(labels, g.selector())
	return metav1.ObjectMeta{Name: g.name(), Namespace: schema.Namespace, Labels: labels}
}

func (g *nodeRoutes) selector() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": "node-routes",
		schema.Group + "/region": g.region.Name,
	}
}

func (g *nodeRoutes) daemonSet() *appsv1.DaemonSet {
	meta := g.meta()
	return &appsv1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: meta,
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: g.selector()},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{
					Labels: meta.Labels,
					Annotations: map[string]string{
						"kubectl.kubernetes.io/default-container": "routes",
						schema.Group + "/scripts-hash":            g.runs.Hash,
					},
				},
				Spec: g.pod(),
			},
			// Routes outlive their pod, so several nodes at once lose nothing; tables that
			// a node refuses are never ready there, and stops the rest.
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{
				Type:          appsv1.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxUnavailable: new(intstr.FromString("10%"))},
			},
		},
	}
}

// pod has no preStop and removes nothing when it ends: an update or an eviction
// must not cut a node off that works.
func (g *nodeRoutes) pod() corev1.PodSpec {
	return corev1.PodSpec{
		Containers:                   g.containers(),
		Volumes:                      g.volumes(),
		Affinity:                     g.notGateways(),
		HostNetwork:                  true,
		DNSPolicy:                    corev1.DNSDefault,
		EnableServiceLinks:           new(false),
		AutomountServiceAccountToken: new(false),
		// The shells end nothing that waiting for would help; as process 1 they do not
		// even hear the signal.
		TerminationGracePeriodSeconds: new(int64(2)),
		PriorityClassName:             priorityClass,
		// Before the CNI and whatever else lifts its taint late.
		Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
	}
}

func (g *nodeRoutes) containers() []corev1.Container {
	containers := []corev1.Container{g.routesContainer()}
	if g.runs.Watched {
		containers = append(containers, g.watchContainer())
	}
	return containers
}

// routesContainer mends the routes twice a minute, as the timer does elsewhere. It is
// ready while all of them are there. A restart would mend nothing that the next round
// does not, so there is no liveness probe.
func (g *nodeRoutes) routesContainer() corev1.Container {
	program := host.ProgramDir + "/node-routes.sh"
	return corev1.Container{
		Name:            "routes",
		Image:           g.all.Topology.Spec.Tailnet.Image,
		Command:         shell("while :; do " + program + " check || " + program + " apply; sleep 30; done"),
		Resources:       requests("5m", "16Mi"),
		Env:             []corev1.EnvVar{{Name: "PROC_SYS", Value: hostSysctls}},
		VolumeMounts:    nodeMounts(),
		ReadinessProbe:  &corev1.Probe{ProbeHandler: g.check(), PeriodSeconds: 30, TimeoutSeconds: 5, FailureThreshold: 3},
		SecurityContext: netAdmin(),
	}
}

func (g *nodeRoutes) check() corev1.ProbeHandler {
	return corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{host.ProgramDir + "/node-routes.sh", "check"}}}
}

// watchContainer takes out gateways that do not answer.
func (g *nodeRoutes) watchContainer() corev1.Container {
	return corev1.Container{
		Name:            "watch",
		Image:           g.all.Topology.Spec.Tailnet.Image,
		Command:         []string{"/bin/sh", host.ProgramDir + "/node-watch.sh"},
		Resources:       requests("10m", "16Mi"),
		Env:             []corev1.EnvVar{{Name: "PROC_SYS", Value: hostSysctls}},
		VolumeMounts:    nodeMounts(),
		SecurityContext: netAdmin(),
	}
}

// netAdmin is the one right that routes and network settings need. SELinux lets no
// other type than spc_t write them or the host's /run, and hosts without it ignore the
// type (as Cilium's agent has it: cilium 1.17.4, install/kubernetes/cilium/values.yaml).
func netAdmin() *corev1.SecurityContext {
	return &corev1.SecurityContext{
		Capabilities: &corev1.Capabilities{
			Add: []corev1.Capability{"NET_ADMIN"}, Drop: []corev1.Capability{"ALL"},
		},
		SELinuxOptions:           &corev1.SELinuxOptions{Type: "spc_t", Level: "s0"},
		RunAsUser:                new(int64(0)),
		ReadOnlyRootFilesystem:   new(true),
		AllowPrivilegeEscalation: new(false),
		SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

func nodeMounts() []corev1.VolumeMount {
	return []corev1.VolumeMount{
		mountReadOnly("programs", host.ProgramDir),
		mount("run", host.RunDir),
		mount("net-sysctls", hostNetSysctls),
	}
}

func (g *nodeRoutes) volumes() []corev1.Volume {
	return []corev1.Volume{
		programVolume(g.name()),
		hostVolume("run", host.RunDir, corev1.HostPathDirectoryOrCreate),
		hostVolume("net-sysctls", "/proc/sys/net", corev1.HostPathDirectory),
	}
}

// notGateways selects the region's nodes but its gateways, known by name or by label.
// A gateway has all labels of the selector, so a node that lacks one of them is none:
// a term for each label, since terms are alternatives.
func (g *nodeRoutes) notGateways() *corev1.Affinity {
	labels := g.plan.GatewayLabels()
	var terms []corev1.NodeSelectorTerm
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		terms = append(terms, corev1.NodeSelectorTerm{
			MatchExpressions: []corev1.NodeSelectorRequirement{
				{Key: schema.RegionLabel, Operator: corev1.NodeSelectorOpIn, Values: []string{g.region.Name}},
				{Key: name, Operator: corev1.NodeSelectorOpNotIn, Values: []string{labels[name]}},
			},
			MatchFields: g.notNamed(),
		})
	}
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: terms},
	}}
}

// notNamed is a requirement for each known gateway: a field takes one value only
// (kubernetes v1.33.1, pkg/apis/core/validation/validation.go: ValidateNodeFieldSelectorRequirement).
func (g *nodeRoutes) notNamed() []corev1.NodeSelectorRequirement {
	var fields []corev1.NodeSelectorRequirement
	for _, name := range g.plan.GatewayNames() {
		fields = append(fields, corev1.NodeSelectorRequirement{
			Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpNotIn, Values: []string{name},
		})
	}
	return fields
}
