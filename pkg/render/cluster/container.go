package cluster

import (
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
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
func (g *gateway) gatewayPod(volumes []kube.Volume) kube.PodSpec {
	spec := kube.PodSpec{
		InitContainers:                []kube.Container{g.setupContainer()},
		Containers:                    g.containers(),
		Volumes:                       append(volumes, hostVolumes()...),
		NodeSelector:                  g.region.Gateways.NodeSelector,
		HostNetwork:                   true,
		DNSPolicy:                     kube.DNSDefault, // cluster DNS may be behind the tunnel
		EnableServiceLinks:            new(false),
		AutomountServiceAccountToken:  new(g.plan.State == plan.StateSecret),
		TerminationGracePeriodSeconds: new(int64(graceSeconds)),
		PriorityClassName:             priorityClass,
		// Every taint, with or without a value: a gateway comes before the CNI, the
		// cloud controller and the GPU drivers that lift theirs.
		Tolerations: []kube.Toleration{{Operator: kube.TolerationOpExists}},
	}
	if g.all.MachineConfig() {
		dropLock(&spec)
	}
	return spec
}

func (g *gateway) containers() []kube.Container {
	containers := []kube.Container{g.tailscaleContainer()}
	if g.runs.Watched {
		containers = append(containers, g.watchContainer())
	}
	return containers
}

// setupContainer prepares the host before tailscaled adds its routes.
func (g *gateway) setupContainer() kube.Container {
	return kube.Container{
		Name:    "setup",
		Image:   g.all.Topology.Spec.Tailnet.Image,
		Command: []string{"/bin/sh", host.ProgramDir + "/gateway-setup.sh", "apply"},
		Env:     []kube.EnvVar{variableOf(host.HostIP())},
		// It writes kernel settings and firewall rules.
		SecurityContext: privileged(),
		VolumeMounts:    programMounts(),
	}
}

// tailscaleContainer runs the image's own containerboot: a shell in front of it would
// swallow the signal that ends it.
func (g *gateway) tailscaleContainer() kube.Container {
	return kube.Container{
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
func (g *gateway) watchContainer() kube.Container {
	return kube.Container{
		Name:            "watch",
		Image:           g.all.Topology.Spec.Tailnet.Image,
		Command:         []string{"/bin/sh", host.ProgramDir + "/gateway-watch.sh"},
		Env:             []kube.EnvVar{variableOf(host.HostIP()), {Name: "TS_SOCKET", Value: host.Socket}},
		Resources:       requests("20m", "64Mi"),
		VolumeMounts:    append(programMounts(), mount("socket", host.SocketDir)),
		Lifecycle:       preStop("sleep 10"),
		SecurityContext: privileged(), // as gateway-setup.sh needs it
	}
}

// ports lets the scheduler and the kubelet refuse a second gateway on a host, which
// would fight with the first over the port and the name of the TUN device.
func (g *gateway) ports() []kube.ContainerPort {
	port := func(name string, number int32, protocol string) kube.ContainerPort {
		return kube.ContainerPort{Name: name, ContainerPort: number, HostPort: number, Protocol: protocol}
	}
	list := []kube.ContainerPort{
		port("wireguard", facts.TailscalePort, kube.ProtocolUDP),
		port("health", facts.TailscaleHealthPort, kube.ProtocolTCP),
	}
	if relay := g.plan.Region.Gateways.PeerRelay; relay != 0 {
		list = append(list, port("peer-relay", int32(relay), kube.ProtocolUDP))
	}
	return list
}

// requests has no limits: a throttled or killed gateway is an outage of its region.
func requests(cpu, memory string) kube.ResourceRequirements {
	return kube.ResourceRequirements{Requests: kube.ResourceList{
		kube.ResourceCPU: cpu, kube.ResourceMemory: memory,
	}}
}

func privileged() *kube.SecurityContext {
	return &kube.SecurityContext{Privileged: new(true)}
}

// startupProbe waits for the first tailnet address. containerboot gives up by itself
// after 60 s (tailscale 1.84.3, cmd/containerboot/main.go), so twice that is late enough.
func (g *gateway) startupProbe() *kube.Probe {
	return &kube.Probe{ProbeHandler: g.healthz(), PeriodSeconds: 5, TimeoutSeconds: 5, FailureThreshold: 24}
}

// livenessProbe restarts a containerboot that hangs. It must not ask for more: a
// restart drops the data plane, which outlives an outage of the control server.
func (g *gateway) livenessProbe() *kube.Probe {
	return &kube.Probe{ProbeHandler: g.healthz(), PeriodSeconds: 10, TimeoutSeconds: 5, FailureThreshold: 6}
}

func (g *gateway) healthz() kube.ProbeHandler {
	get := &kube.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(facts.TailscaleHealthPort)}
	if g.plan.Health == plan.HealthLoopback {
		get.Host = "127.0.0.1"
	}
	return kube.ProbeHandler{HTTPGet: get}
}

// readinessProbe is true while the control server, which elects the primary, counts
// this gateway in: /healthz stays well without it. An update or an eviction of the
// next gateway waits for that.
func readinessProbe() *kube.Probe {
	return &kube.Probe{
		ProbeHandler: kube.ProbeHandler{Exec: &kube.ExecAction{Command: shell(
			"tailscale --socket=" + host.Socket + ` status --json --peers=false | grep -q '"Online": true'`,
		)}},
		PeriodSeconds: 10, TimeoutSeconds: 5, FailureThreshold: 3,
	}
}

// withdraw hands the routes over before the gateway stops: 0.7 s until the far side
// uses the other one, against 11 s when it just vanishes (measured in namespaces with
// tailscaled 1.84.3 and headscale). The next start advertises them again.
func withdraw() *kube.Lifecycle {
	return preStop("tailscale --socket=" + host.Socket + " set --advertise-routes= && sleep 5")
}

func preStop(command string) *kube.Lifecycle {
	return &kube.Lifecycle{PreStop: &kube.LifecycleHandler{Exec: &kube.ExecAction{Command: shell(command)}}}
}

func shell(command string) []string { return []string{"/bin/sh", "-c", command} }

// environment spells variables for a container.
func environment(variables []host.Variable) []kube.EnvVar {
	env := make([]kube.EnvVar, len(variables))
	for i, v := range variables {
		env[i] = variableOf(v)
	}
	return env
}

func variableOf(v host.Variable) kube.EnvVar {
	if v.Field == "" {
		return kube.EnvVar{Name: v.Name, Value: v.Value}
	}
	return kube.EnvVar{Name: v.Name, ValueFrom: &kube.EnvVarSource{
		FieldRef: &kube.ObjectFieldSelector{FieldPath: v.Field},
	}}
}
