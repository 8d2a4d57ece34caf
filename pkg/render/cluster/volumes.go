package cluster

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
)

// xtablesLock keeps iptables-legacy and kube-proxy from overwriting each other's
// tables, which they replace as a whole; /lib/modules lets it load them (as kubeadm
// mounts both for kube-proxy: kubernetes v1.33.1, cmd/kubeadm/app/phases/addons/proxy).
const xtablesLock = "/run/xtables.lock"

func programMounts() []kube.VolumeMount {
	return []kube.VolumeMount{
		mountReadOnly("programs", host.ProgramDir),
		mount("run", host.RunDir),
		mountReadOnly("modules", "/lib/modules"),
		mount("xtables-lock", xtablesLock),
	}
}

func tailscaleMounts() []kube.VolumeMount {
	return []kube.VolumeMount{
		mountReadOnly("auth", host.AuthDir),
		mount("state", host.StateDir),
		mount("socket", host.SocketDir),
		mount("tun", "/dev/net/tun"),
		mountReadOnly("modules", "/lib/modules"),
		mount("xtables-lock", xtablesLock),
	}
}

// hostVolumes are those of every gateway.
func hostVolumes() []kube.Volume {
	return []kube.Volume{
		emptyDirVolume("socket"),
		hostVolume("run", host.RunDir, kube.HostPathDirectoryOrCreate),
		// An event about a missing device beats a container that cannot start.
		hostVolume("tun", "/dev/net/tun", kube.HostPathCharDev),
		hostVolume("modules", "/lib/modules", kube.HostPathUnset),
		hostVolume("xtables-lock", xtablesLock, kube.HostPathFileOrCreate),
	}
}

// dropLock takes the lock out where the kubelet runs in a container that does not see the
// host's file: it would make a file of its own, and the runtime a directory of that name on
// the host. Nobody else there shares the lock either (talos v1.9.5,
// internal/app/machined/pkg/system/services/kubelet.go, and its templates of kube-proxy).
func dropLock(spec *kube.PodSpec) {
	const name = "xtables-lock"
	spec.Volumes = slices.DeleteFunc(spec.Volumes, func(v kube.Volume) bool { return v.Name == name })
	for _, containers := range [][]kube.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			c := &containers[i]
			c.VolumeMounts = slices.DeleteFunc(c.VolumeMounts, func(m kube.VolumeMount) bool { return m.Name == name })
		}
	}
}

// clusterVolumes are those of a DaemonSet's pods.
func (g *gateway) clusterVolumes() []kube.Volume {
	return []kube.Volume{
		programVolume(g.objectName()),
		{Name: "auth", VolumeSource: g.authSource()},
		g.stateVolume(),
	}
}

// programVolume is one directory, as a host has it: the programs, what all are told of
// the fleet, and the tables in the ConfigMap of that name.
func programVolume(tables string) kube.Volume {
	source := &kube.ProjectedVolumeSource{DefaultMode: new(int32(0o555))} // programs run each other
	for _, name := range []string{programMap, fleetMap, tables} {
		source.Sources = append(source.Sources, kube.VolumeProjection{ConfigMap: &kube.ConfigMapProjection{
			LocalObjectReference: kube.LocalObjectReference{Name: name},
		}})
	}
	return kube.Volume{Name: "programs", VolumeSource: kube.VolumeSource{Projected: source}}
}

// authSource holds the auth key, or the token that takes its place.
func (g *gateway) authSource() kube.VolumeSource {
	auth := &g.all.Topology.Spec.Tailnet.Auth
	if g.plan.Federated {
		return kube.VolumeSource{Projected: tokenSource(auth.WorkloadIdentity.Audience)}
	}
	return kube.VolumeSource{Secret: &kube.SecretVolumeSource{
		SecretName:  auth.SecretName,
		Items:       []kube.KeyToPath{{Key: "authkey", Path: "authkey"}},
		DefaultMode: new(int32(0o400)),
	}}
}

// tokenSeconds is a day: containerboot shows the token at every start, and where the
// API server is behind the tunnel the kubelet cannot renew it while the tunnel is down.
// The kubelet renews it after 80 % of that (kubernetes v1.33.1,
// pkg/kubelet/token/token_manager.go); an API server may allow less.
const tokenSeconds = 24 * 60 * 60

func tokenSource(audience string) *kube.ProjectedVolumeSource {
	return &kube.ProjectedVolumeSource{
		Sources: []kube.VolumeProjection{{ServiceAccountToken: &kube.ServiceAccountTokenProjection{
			Audience: audience, ExpirationSeconds: new(int64(tokenSeconds)), Path: host.TokenFile,
		}}},
		DefaultMode: new(int32(0o400)),
	}
}

// staticVolumes are those of a static pod, which may refer to nothing in the API
// server (kubernetes v1.33.1, plugin/pkg/admission/noderestriction; from 1.34 on the
// kubelet refuses it).
func (g *gateway) staticVolumes() []kube.Volume {
	return []kube.Volume{
		hostVolume("programs", host.ProgramHostDir(g.all), kube.HostPathDirectory),
		hostVolume("auth", g.all.Topology.Spec.Tailnet.Auth.HostDir, kube.HostPathDirectory),
		g.stateVolume(),
	}
}

// stateVolume holds the identity, or only what tailscaled can do without where that
// is in a Secret.
func (g *gateway) stateVolume() kube.Volume {
	if g.plan.State == plan.StateSecret {
		return emptyDirVolume("state")
	}
	return hostVolume("state", host.HostStateDir, kube.HostPathDirectoryOrCreate)
}

func emptyDirVolume(name string) kube.Volume {
	return kube.Volume{Name: name, VolumeSource: kube.VolumeSource{EmptyDir: &kube.EmptyDirVolumeSource{}}}
}

func hostVolume(name, path string, kind string) kube.Volume {
	source := &kube.HostPathVolumeSource{Path: path}
	if kind != kube.HostPathUnset {
		source.Type = &kind
	}
	return kube.Volume{Name: name, VolumeSource: kube.VolumeSource{HostPath: source}}
}

func mount(name, path string) kube.VolumeMount {
	return kube.VolumeMount{Name: name, MountPath: path}
}

func mountReadOnly(name, path string) kube.VolumeMount {
	return kube.VolumeMount{Name: name, MountPath: path, ReadOnly: true}
}
