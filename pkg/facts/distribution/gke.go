package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// GKE is Google Kubernetes Engine.
func (distributions) GKE() Distribution {
	const page = "Google Kubernetes Engine, VPC-native clusters"
	return Distribution{
		Name: schema.DistributionGKE, Title: "GKE",
		Ranges:           fact.Known([]fact.Range(nil), page+": it keeps none beside those of Google Cloud"),
		Pods:             fact.Unknown[[]fact.Range]("Google chooses a secondary range of the subnet"),
		Services:         fact.Ranges(fact.Default("34.118.224.0/20", "is GKE's default for services", page, "read 2026-11")),
		LeastServiceBits: serviceBits(),
		Home:             fact.Known(schema.ProviderGCP, "Google Kubernetes Engine documentation"),
		KeepsNodes:       fact.Unknown[bool](homeController),
		RemotePrivate:    fact.Unknown[bool](notRead),
		KubeletUnits:     fact.Known([]string{kubelet}, "kubernetes v1.33.1, cluster/gce/gci/configure-helper.sh"),
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
		KubeletTunnel:    fact.Known(konnectivity, "Google Kubernetes Engine, cluster architecture: the Konnectivity proxy"),
		Signs:            fact.Known(Signs{Versions: []string{"-gke."}, Labels: []string{"cloud.google.com/gke-nodepool"}}, "k8s.io/apimachinery v0.37.2, pkg/util/managedfields/node.yaml, which is a node of GKE: its label, and kubelet v1.11.10-gke.5; kubernetes/cloud-provider-gcp 4e2453124 (August 2026), metis/Makefile: versions such as 1.30.14-gke.2250000"),
		Flags:            fact.Unknown[Flags](noFlags),
		Remote:           fact.Known(Remote{No, "takes nodes of its own node pools only"}, "Google Kubernetes Engine, node pools: a node is a Compute Engine instance that GKE makes"),
		RemoteNetworks:   fact.Unknown[string]("it takes no such nodes"),
	}
}
