package cluster

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
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

func (g *nodeRoutes) meta() kube.ObjectMeta {
	labels := Labels(g.all)
	maps.Copy(labels, g.selector())
	return kube.ObjectMeta{Name: g.name(), Namespace: schema.Namespace, Labels: labels}
}

func (g *nodeRoutes) selector() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": "node-routes",
		schema.Group + "/region": g.region.Name,
	}
}

func (g *nodeRoutes) daemonSet() *kube.DaemonSet {
	meta := g.meta()
	return &kube.DaemonSet{
		TypeMeta:   kube.TypeMeta{APIVersion: "apps/v1", Kind: "DaemonSet"},
		ObjectMeta: meta,
		Spec: kube.DaemonSetSpec{
			Selector: &kube.LabelSelector{MatchLabels: g.selector()},
			Template: kube.PodTemplateSpec{
				ObjectMeta: kube.ObjectMeta{
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
			UpdateStrategy: kube.DaemonSetUpdateStrategy{
				Type:          kube.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &kube.RollingUpdateDaemonSet{MaxUnavailable: new(intstr.FromString("10%"))},
			},
		},
	}
}

// pod has no preStop and removes nothing when it ends: an update or an eviction
// must not cut a node off that works.
func (g *nodeRoutes) pod() kube.PodSpec {
	return kube.PodSpec{
		Containers:                   g.containers(),
		Volumes:                      g.volumes(),
		Affinity:                     g.notGateways(),
		HostNetwork:                  true,
		DNSPolicy:                    kube.DNSDefault,
		EnableServiceLinks:           new(false),
		AutomountServiceAccountToken: new(false),
		// The shells end nothing that waiting for would help; as process 1 they do not
		// even hear the signal.
		TerminationGracePeriodSeconds: new(int64(2)),
		PriorityClassName:             priorityClass,
		// Before the CNI and whatever else lifts its taint late.
		Tolerations: []kube.Toleration{{Operator: kube.TolerationOpExists}},
	}
}

func (g *nodeRoutes) containers() []kube.Container {
	containers := []kube.Container{g.routesContainer()}
	if g.runs.Watched {
		containers = append(containers, g.watchContainer())
	}
	return containers
}

// routesContainer mends the routes twice a minute, as the timer does elsewhere. It is
// ready while all of them are there. A restart would mend nothing that the next round
// does not, so there is no liveness probe.
func (g *nodeRoutes) routesContainer() kube.Container {
	program := host.ProgramDir + "/node-routes.sh"
	return kube.Container{
		Name:            "routes",
		Image:           g.all.Topology.Spec.Tailnet.Image,
		Command:         shell("while :; do " + program + " check || " + program + " apply; sleep 30; done"),
		Resources:       requests("5m", "16Mi"),
		Env:             []kube.EnvVar{{Name: "PROC_SYS", Value: hostSysctls}},
		VolumeMounts:    nodeMounts(),
		ReadinessProbe:  &kube.Probe{ProbeHandler: g.check(), PeriodSeconds: 30, TimeoutSeconds: 5, FailureThreshold: 3},
		SecurityContext: netAdmin(),
	}
}

func (g *nodeRoutes) check() kube.ProbeHandler {
	return kube.ProbeHandler{Exec: &kube.ExecAction{Command: []string{host.ProgramDir + "/node-routes.sh", "check"}}}
}

// watchContainer takes out gateways that do not answer.
func (g *nodeRoutes) watchContainer() kube.Container {
	return kube.Container{
		Name:            "watch",
		Image:           g.all.Topology.Spec.Tailnet.Image,
		Command:         []string{"/bin/sh", host.ProgramDir + "/node-watch.sh"},
		Resources:       requests("10m", "16Mi"),
		Env:             []kube.EnvVar{{Name: "PROC_SYS", Value: hostSysctls}},
		VolumeMounts:    nodeMounts(),
		SecurityContext: netAdmin(),
	}
}

// netAdmin is the one right that routes and network settings need. SELinux lets no
// other type than spc_t write them or the host's /run, and hosts without it ignore the
// type (as Cilium's agent has it: cilium 1.17.4, install/kubernetes/cilium/values.yaml).
func netAdmin() *kube.SecurityContext {
	return &kube.SecurityContext{
		Capabilities: &kube.Capabilities{
			Add: []string{"NET_ADMIN"}, Drop: []string{"ALL"},
		},
		SELinuxOptions:           &kube.SELinuxOptions{Type: "spc_t", Level: "s0"},
		RunAsUser:                new(int64(0)),
		ReadOnlyRootFilesystem:   new(true),
		AllowPrivilegeEscalation: new(false),
		SeccompProfile:           &kube.SeccompProfile{Type: kube.SeccompProfileTypeRuntimeDefault},
	}
}

func nodeMounts() []kube.VolumeMount {
	return []kube.VolumeMount{
		mountReadOnly("programs", host.ProgramDir),
		mount("run", host.RunDir),
		mount("net-sysctls", hostNetSysctls),
	}
}

func (g *nodeRoutes) volumes() []kube.Volume {
	return []kube.Volume{
		programVolume(g.name()),
		hostVolume("run", host.RunDir, kube.HostPathDirectoryOrCreate),
		hostVolume("net-sysctls", "/proc/sys/net", kube.HostPathDirectory),
	}
}

// notGateways selects the region's nodes but its gateways, known by name or by label.
// A gateway has all labels of the selector, so a node that lacks one of them is none:
// a term for each label, since terms are alternatives.
func (g *nodeRoutes) notGateways() *kube.Affinity {
	labels := g.plan.GatewayLabels()
	var terms []kube.NodeSelectorTerm
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		terms = append(terms, kube.NodeSelectorTerm{
			MatchExpressions: []kube.NodeSelectorRequirement{
				{Key: schema.RegionLabel, Operator: kube.NodeSelectorOpIn, Values: []string{g.region.Name}},
				{Key: name, Operator: kube.NodeSelectorOpNotIn, Values: []string{labels[name]}},
			},
			MatchFields: g.notNamed(),
		})
	}
	return &kube.Affinity{NodeAffinity: &kube.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &kube.NodeSelector{NodeSelectorTerms: terms},
	}}
}

// notNamed is a requirement for each known gateway: a field takes one value only
// (kubernetes v1.33.1, pkg/apis/core/validation/validation.go: ValidateNodeFieldSelectorRequirement).
func (g *nodeRoutes) notNamed() []kube.NodeSelectorRequirement {
	var fields []kube.NodeSelectorRequirement
	for _, name := range g.plan.GatewayNames() {
		fields = append(fields, kube.NodeSelectorRequirement{
			Key: kube.ObjectNameField, Operator: kube.NodeSelectorOpNotIn, Values: []string{name},
		})
	}
	return fields
}
