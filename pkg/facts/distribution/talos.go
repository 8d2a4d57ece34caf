package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Talos is siderolabs/talos.
func (distributions) Talos() Distribution {
	const page = "docs.siderolabs.com, Talos machine configuration"
	return Distribution{
		Name: schema.DistributionTalos, Title: "Talos",
		Ranges:           fact.Known([]fact.Range(nil), page+": it keeps none"),
		Pods:             fact.Ranges(fact.Default("10.244.0.0/16", "is Talos's default for pods", page, "read 2026-11")),
		Services:         fact.Ranges(fact.Default("10.96.0.0/12", "is Talos's default for services", page, "read 2026-11")),
		LeastServiceBits: serviceBits(),
		Home:             fact.Unknown[string](anywhere),
		KeepsNodes:       fact.Unknown[bool]("it installs none, and leaves that to the user"),
		RemotePrivate:    fact.Unknown[bool](noRemote),
		KubeletUnits:     fact.Unknown[[]string]("it has no systemd"),
		MachineConfig:    fact.Known("/var", "talos v1.9.5, internal/app/machined/pkg/runtime/v1alpha1/v1alpha1_sequencer_tasks.go: WriteUserFiles; talos.dev v1.9, overview: no shell, and a read-only root"),
		StaticPods:       fact.Unknown[string]("it has no such directory: it serves machine.pods to the kubelet (talos.dev v1.9, static pods)"),
		StartsAlone:      fact.Known(true, "talos v1.9.5, internal/app/machined/pkg/controllers/k8s/kubelet_service.go and kubelet_spec.go: the kubelet's configuration stands on the host, with rotateCertificates, so it runs static pods while it asks for a certificate"),
		Join:             fact.Unknown[Join](noJoin),
		JoinNeeds:        fact.Unknown[string](noJoin),
		JoinGiven:        fact.Unknown[Given](noGiven),
		Alone:            fact.Unknown[Alone](notRead),
		PluginCharts:     fact.Unknown[string](noCharts),
		JoinPorts:        fact.Known([]string{"tcp:50000-50001"}, "talos.dev v1.9, network requirements: apid and trustd, which workers renew certificates with"),
		NodePorts:        fact.Known([]string{"tcp:50000"}, "talos.dev v1.9, network requirements: control plane nodes reach apid of workers, by which talosctl gets there"),
		PeerPorts:        etcdPorts("talos.dev v1.9, network requirements: 2379-2380 between control plane nodes"),
		KubeletTunnel:    fact.Unknown[string](notRead),
		Signs:            fact.Known(Signs{Images: []string{"Talos"}}, "talos v1.9.5, /etc/os-release, which kubelets report: PRETTY_NAME is Talos (v1.9.5)"),
		Flags:            fact.Unknown[Flags](noFlags),
		Remote:           fact.Unknown[Remote](noRemote),
		RemoteNetworks:   fact.Unknown[string](noRemote),
	}
}
