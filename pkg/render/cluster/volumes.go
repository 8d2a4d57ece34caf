package cluster

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
)

// xtablesLock keeps iptables-legacy and kube-proxy from overwriting each other's
// tables, which they replace as a whole; /lib/modules lets it load them (as kubeadm
// mounts both for kube-proxy: kubernetes v1.33.1, cmd/kubeadm/app/phases/addons/proxy).
const xtablesLock = "/run/xtables.lock"

func programMounts() []corev1.VolumeMount {
	return []corev1.VolumeMount{
		mountReadOnly("programs", host.ProgramDir),
		mount("run", host.RunDir),
		mountReadOnly("modules", "/lib/modules"),
		mount("xtables-lock", xtablesLock),
	}
}

func tailscaleMounts() []corev1.VolumeMount {
	return []corev1.VolumeMount{
		mountReadOnly("auth", host.AuthDir),
		mount("state", host.StateDir),
		mount("socket", host.SocketDir),
		mount("tun", "/dev/net/tun"),
		mountReadOnly("modules", "/lib/modules"),
		mount("xtables-lock", xtablesLock),
	}
}

// hostVolumes are those of every gateway.
func hostVolumes() []corev1.Volume {
	return []corev1.Volume{
		emptyDirVolume("socket"),
		hostVolume("run", host.RunDir, corev1.HostPathDirectoryOrCreate),
		// An event about a missing device beats a container that cannot start.
		hostVolume("tun", "/dev/net/tun", corev1.HostPathCharDev),
		hostVolume("modules", "/lib/modules", corev1.HostPathUnset),
		hostVolume("xtables-lock", xtablesLock, corev1.HostPathFileOrCreate),
	}
}

// dropLock takes the lock out where the kubelet runs in a container that does not see the
// host's file: it would make a file of its own, and the runtime a directory of that name on
// the host. Nobody else there shares the lock either (talos v1.9.5,
// internal/app/machined/pkg/system/services/kubelet.go, and its templates of kube-proxy).
func dropLock(spec *corev1.PodSpec) {
	const name = "xtables-lock"
	spec.Volumes = slices.DeleteFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Name == name })
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			c := &containers[i]
			c.VolumeMounts = slices.DeleteFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == name })
		}
	}
}

// clusterVolumes are those of a DaemonSet's pods.
func (g *gateway) clusterVolumes() []corev1.Volume {
	return []corev1.Volume{
		programVolume(g.objectName()),
		{Name: "auth", VolumeSource: g.authSource()},
		g.stateVolume(),
	}
}

// programVolume is one directory, as a host has it: the programs, what all are told of
// the fleet, and the tables in the ConfigMap of that name.
func programVolume(tables string) corev1.Volume {
	source := &corev1.ProjectedVolumeSource{DefaultMode: new(int32(0o555))} // programs run each other
	for _, name := range []string{programMap, fleetMap, tables} {
		source.Sources = append(source.Sources, corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: name},
		}})
	}
	return corev1.Volume{Name: "programs", VolumeSource: corev1.VolumeSource{Projected: source}}
}

// authSource holds the auth key, or the token that takes its place.
func (g *gateway) authSource() corev1.VolumeSource {
	auth := &g.all.Topology.Spec.Tailnet.Auth
	if g.plan.Federated {
		return corev1.VolumeSource{Projected: tokenSource(auth.WorkloadIdentity.Audience)}
	}
	return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
		SecretName:  auth.SecretName,
		Items:       []corev1.KeyToPath{{Key: "authkey", Path: "authkey"}},
		DefaultMode: new(int32(0o400)),
	}}
}

// tokenSeconds is a day: containerboot shows the token at every start, and where the
// API server is behind the tunnel the kubelet cannot renew it while the tunnel is down.
// The kubelet renews it after 80 % of that (kubernetes v1.33.1,
// pkg/kubelet/token/token_manager.go); an API server may allow less.
const tokenSeconds = 24 * 60 * 60

func tokenSource(audience string) *corev1.ProjectedVolumeSource {
	return &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
			Audience: audience, ExpirationSeconds: new(int64(tokenSeconds)), Path: host.TokenFile,
		}}},
		DefaultMode: new(int32(0o400)),
	}
}

// staticVolumes are those of a static pod, which may refer to nothing in the API
// server (kubernetes v1.33.1, plugin/pkg/admission/noderestriction; from 1.34 on the
// kubelet refuses it).
func (g *gateway) staticVolumes() []corev1.Volume {
	return []corev1.Volume{
		hostVolume("programs", host.ProgramHostDir(g.all), corev1.HostPathDirectory),
		hostVolume("auth", g.all.Topology.Spec.Tailnet.Auth.HostDir, corev1.HostPathDirectory),
		g.stateVolume(),
	}
}

// stateVolume holds the identity, or only what tailscaled can do without where that
// is in a Secret.
func (g *gateway) stateVolume() corev1.Volume {
	if g.plan.State == plan.StateSecret {
		return emptyDirVolume("state")
	}
	return hostVolume("state", host.HostStateDir, corev1.HostPathDirectoryOrCreate)
}

func emptyDirVolume(name string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}
}

func hostVolume(name, path string, kind corev1.HostPathType) corev1.Volume {
	source := &corev1.HostPathVolumeSource{Path: path}
	if kind != corev1.HostPathUnset {
		source.Type = &kind
	}
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{HostPath: source}}
}

func mount(name, path string) corev1.VolumeMount {
	return corev1.VolumeMount{Name: name, MountPath: path}
}

func mountReadOnly(name, path string) corev1.VolumeMount {
	return corev1.VolumeMount{Name: name, MountPath: path, ReadOnly: true}
}
