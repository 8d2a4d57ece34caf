package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// KOps is kubernetes/kops.
func (distributions) KOps() Distribution {
	const page = "kops.sigs.k8s.io, networking"
	return Distribution{
		Name: schema.DistributionKOps, Title: "kOps",
		Ranges:           fact.Known([]fact.Range(nil), page+": it keeps none"),
		Pods:             fact.Ranges(fact.Default("100.96.0.0/11", "is kOps's default for pods", page, "read 2026-11")),
		Services:         fact.Ranges(fact.Default("100.64.0.0/13", "is kOps's default for services", page, "read 2026-11")),
		LeastServiceBits: serviceBits(),
		Home:             fact.Unknown[string](anywhere),
		KeepsNodes:       fact.Known(false, "kops.sigs.k8s.io, cluster spec: it installs the cloud's own controller"),
		RemotePrivate:    fact.Unknown[bool](noRemote),
		KubeletUnits:     fact.Known([]string{kubelet}, "kops nodeup/pkg/model/kubelet.go"),
		MachineConfig:    fact.Unknown[string](ownHosts),
		StaticPods:       fact.Known("/etc/kubernetes/manifests", "kops pkg/model/components/kubelet.go: PodManifestPath"),
		StartsAlone:      fact.Unknown[bool](notRead),
		Join:             fact.Unknown[Join](noJoin),
		JoinNeeds:        fact.Unknown[string](noJoin),
		JoinGiven:        fact.Unknown[Given](noGiven),
		Alone:            fact.Unknown[Alone](notRead),
		PluginCharts:     fact.Unknown[string](noCharts),
		JoinPorts:        fact.Unknown[[]string](notRead),
		NodePorts:        fact.Unknown[[]string](notRead),
		PeerPorts:        fact.Unknown[[]string](notRead),
		KubeletTunnel:    fact.Unknown[string](notRead),
		Signs:            fact.Known(Signs{Labels: []string{"kops.k8s.io/instancegroup"}}, "kubernetes/kops 268927e26 (August 2026), pkg/apis/kops/instancegroup.go: NodeLabelInstanceGroup"),
		Flags:            fact.Unknown[Flags](noFlags),
		Remote:           fact.Unknown[Remote](noRemote),
		RemoteNetworks:   fact.Unknown[string](noRemote),
	}
}
