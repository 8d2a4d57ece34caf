package cluster

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
)

const (
	// priorityClass outlasts whatever the node runs for its own sake.
	priorityClass = "system-node-critical"

	// graceSeconds has room for the 6 s of preStop and for the 25 s that containerboot
	// allows itself before it stops tailscaled (tailscale 1.84.3, cmd/containerboot/main.go).
	graceSeconds = 45
)

// gatewayPod is what a DaemonSet's pod and a static pod have in common: all but
// where programs, auth key and state come from, and who may speak to the API server.
func (g *gateway) gatewayPod(volumes []corev1.Volume) corev1.PodSpec {
	spec := corev1.PodSpec{
		InitContainers:                []corev1.Container{g.setupContainer()},
		Containers:                    g.containers(),
		Volumes:                       append(volumes, hostVolumes()...),
		NodeSelector:                  g.region.Gateways.NodeSelector,
		HostNetwork:                   true,
		DNSPolicy:                     corev1.DNSDefault, // cluster DNS may be behind the tunnel
		EnableServiceLinks:            new(false),
		AutomountServiceAccountToken:  new(g.plan.State == plan.StateSecret),
		TerminationGracePeriodSeconds: new(int64(graceSeconds)),
		PriorityClassName:             priorityClass,
		// Every taint, with or without a value: a gateway comes before the CNI, the
		// cloud controller and the GPU drivers that lift theirs.
		Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
	}
	if g.all.MachineConfig() {
		dropLock(&spec)
	}
	return spec
}

func (g *gateway) containers() []corev1.Container {
	containers := []corev1.Container{g.tailscaleContainer()}
	if g.runs.Watched {
		containers = append(containers, g.watchContainer())
	}
	return containers
}

// setupContainer prepares the host before tailscaled adds its routes.
func (g *gateway) setupContainer() corev1.Container {
	return corev1.Container{
		Name:    "setup",
		Image:   g.all.Topology.Spec.Tailnet.Image,
		Command: []string{"/bin/sh", host.ProgramDir + "/gateway-setup.sh", "apply"},
		Env:     []corev1.EnvVar{variableOf(host.HostIP())},
		// It writes kernel settings and firewall rules.
		SecurityContext: privileged(),
		VolumeMounts:    programMounts(),
	}
}

// tailscaleContainer runs the image's own containerboot: a shell in front of it would
// swallow the signal that ends it.
func (g *gateway) tailscaleContainer() corev1.Container {
	return corev1.Container{
		Name:           "tailscale",
		Image:          g.all.Topology.Spec.Tailnet.Image,
		Ports:          g.ports(),
		Env:            environment(g.runs.Environment),
		Resources:      requests("100m", "128Mi"),
		VolumeMounts:   tailscaleMounts(),
		StartupProbe:   g.startupProbe(),
		LivenessProbe:  g.livenessProbe(),
		ReadinessProbe: readinessProbe(),
		Lifecycle:      withdraw(),
		// containerboot writes net.ipv4.ip_forward and may have to make /dev/net/tun
		// (tailscale 1.84.3, cmd/containerboot/forwarding.go); both need more than NET_ADMIN.
		SecurityContext: privileged(),
	}
}

// watchContainer follows the primary, and runs gateway-setup.sh now and then. It stays
// while the gateway withdraws: until the far side knows, it is this container that hands
// traffic to the new primary.
func (g *gateway) watchContainer() corev1.Container {
	return corev1.Container{
		Name:            "watch",
		Image:           g.all.Topology.Spec.Tailnet.Image,
		Command:         []string{"/bin/sh", host.ProgramDir + "/gateway-watch.sh"},
		Env:             []corev1.EnvVar{variableOf(host.HostIP()), {Name: "TS_SOCKET", Value: host.Socket}},
		Resources:       requests("20m", "64Mi"),
		VolumeMounts:    append(programMounts(), mount("socket", host.SocketDir)),
		Lifecycle:       preStop("sleep 10"),
		SecurityContext: privileged(), // as gateway-setup.sh needs it
	}
}

// ports lets the scheduler and the kubelet refuse a second gateway on a host, which
// would fight with the first over the port and the name of the TUN device.
func (g *gateway) ports() []corev1.ContainerPort {
	port := func(name string, number int32, protocol corev1.Protocol) corev1.ContainerPort {
		return corev1.ContainerPort{Name: name, ContainerPort: number, HostPort: number, Protocol: protocol}
	}
	list := []corev1.ContainerPort{
		port("wireguard", facts.TailscalePort, corev1.ProtocolUDP),
		port("health", facts.TailscaleHealthPort, corev1.ProtocolTCP),
	}
	if relay := g.plan.Region.Gateways.PeerRelay; relay != 0 {
		list = append(list, port("peer-relay", int32(relay), corev1.ProtocolUDP))
	}
	return list
}

// requests has no limits: a throttled or killed gateway is an outage of its region.
func requests(cpu, memory string) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory),
	}}
}

func privileged() *corev1.SecurityContext {
	return &corev1.SecurityContext{Privileged: new(true)}
}

// startupProbe waits for the first tailnet address. containerboot gives up by itself
// after 60 s (tailscale 1.84.3, cmd/containerboot/main.go), so twice that is late enough.
func (g *gateway) startupProbe() *corev1.Probe {
	return &corev1.Probe{ProbeHandler: g.healthz(), PeriodSeconds: 5, TimeoutSeconds: 5, FailureThreshold: 24}
}

// livenessProbe restarts a containerboot that hangs. It must not ask for more: a
// restart drops the data plane, which outlives an outage of the control server.
func (g *gateway) livenessProbe() *corev1.Probe {
	return &corev1.Probe{ProbeHandler: g.healthz(), PeriodSeconds: 10, TimeoutSeconds: 5, FailureThreshold: 6}
}

func (g *gateway) healthz() corev1.ProbeHandler {
	get := &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(facts.TailscaleHealthPort)}
	if g.plan.Health == plan.HealthLoopback {
		get.Host = "127.0.0.1"
	}
	return corev1.ProbeHandler{HTTPGet: get}
}

// readinessProbe is true while the control server, which elects the primary, counts
// this gateway in: /healthz stays well without it. An update or an eviction of the
// next gateway waits for that.
func readinessProbe() *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: shell(
			"tailscale --socket=" + host.Socket + ` status --json --peers=false | grep -q '"Online": true'`,
		)}},
		PeriodSeconds: 10, TimeoutSeconds: 5, FailureThreshold: 3,
	}
}

// withdraw hands the routes over before the gateway stops: 0.7 s until the far side
// uses the other one, against 11 s when it just vanishes (measured in namespaces with
// tailscaled 1.84.3 and headscale). The next start advertises them again.
func withdraw() *corev1.Lifecycle {
	return preStop("tailscale --socket=" + host.Socket + " set --advertise-routes= && sleep 5")
}

func preStop(command string) *corev1.Lifecycle {
	return &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: shell(command)}}}
}

func shell(command string) []string { return []string{"/bin/sh", "-c", command} }

// environment spells variables for a container.
func environment(variables []host.Variable) []corev1.EnvVar {
	env := make([]corev1.EnvVar, len(variables))
	for i, v := range variables {
		env[i] = variableOf(v)
	}
	return env
}

func variableOf(v host.Variable) corev1.EnvVar {
	if v.Field == "" {
		return corev1.EnvVar{Name: v.Name, Value: v.Value}
	}
	return corev1.EnvVar{Name: v.Name, ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: v.Field},
	}}
}
