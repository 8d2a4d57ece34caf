package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// AKS is Azure Kubernetes Service. It refuses its ranges for pods, services and the VNet
// alike.
func (distributions) AKS() Distribution {
	const page = "azure-aks-docs concepts-network-cni-overview.md"
	const reason = "AKS keeps for itself and refuses for pods, services and the VNet"
	return Distribution{
		Name: schema.DistributionAKS, Title: "AKS",
		Ranges: fact.Ranges(
			fact.Keep("169.254.0.0/16", fact.Error, fact.Everybody, reason, page, "2026-08"),
			fact.Keep("172.30.0.0/16", fact.Error, fact.Everybody, reason, page, "2026-08"),
			fact.Keep("172.31.0.0/16", fact.Error, fact.Everybody, reason, page, "2026-08"),
			fact.Keep("192.0.2.0/24", fact.Error, fact.Everybody, reason, page, "2026-08"),
		),
		Pods:             fact.Unknown[[]fact.Range]("it depends on the network plugin, and no source has been read"),
		Services:         fact.Ranges(fact.Default("10.0.0.0/16", "is AKS's default for services", page, "2026-08")),
		LeastServiceBits: serviceBits(),
		Home:             fact.Known(schema.ProviderAzure, "azure-aks-docs"),
		KeepsNodes:       fact.Unknown[bool](homeController),
		RemotePrivate:    fact.Unknown[bool](notRead),
		KubeletUnits:     fact.Known([]string{kubelet}, "Azure AgentBaker, parts/linux/cloud-init/artifacts/kubelet.service"),
		MachineConfig:    fact.Unknown[string](ownHosts),
		StaticPods:       fact.Unknown[string](notRead),
		StartsAlone:      fact.Unknown[bool](notRead),
		Join:             fact.Unknown[Join](noJoin),
		JoinNeeds:        fact.Unknown[string](noJoin),
		JoinGiven:        fact.Unknown[Given](noGiven),
		Alone:            fact.Unknown[Alone](notRead),
		PluginCharts:     fact.Unknown[string](noCharts),
		JoinPorts:        fact.Unknown[[]string](notRead),
		NodePorts:        fact.Unknown[[]string](notRead),
		PeerPorts:        fact.Known([]string(nil), hidden),
		KubeletTunnel:    fact.Known(konnectivity, "learn.microsoft.com, AKS core concepts: konnectivity-agent, but with API Server VNet Integration"),
		Signs:            fact.Known(Signs{Labels: []string{"kubernetes.azure.com/cluster"}}, "MicrosoftDocs/azure-aks-docs fb060abe6 (August 2026), articles/aks/use-labels.md: labels that it reserves"),
		Flags:            fact.Unknown[Flags](noFlags),
		Remote:           fact.Known(Remote{Preview, "takes nodes outside Azure by a preview alone (Flex nodes)"}, "learn.microsoft.com, flex-nodes-for-aks-overview, read 2026-11"),
		RemoteNetworks:   fact.Unknown[string](notRead),
	}
}
