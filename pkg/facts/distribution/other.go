package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Other is any distribution that is not listed: what it does, its user knows.
func (distributions) Other() Distribution {
	const why = "any distribution that is not listed: what it does, its user knows"
	return Distribution{
		Name: schema.DistributionOther, Title: "another distribution",
		Ranges:           fact.Unknown[[]fact.Range](why),
		Pods:             fact.Unknown[[]fact.Range](why),
		Services:         fact.Unknown[[]fact.Range](why),
		LeastServiceBits: serviceBits(),
		Home:             fact.Unknown[string](why),
		KeepsNodes:       fact.Unknown[bool](why),
		RemotePrivate:    fact.Unknown[bool](why),
		KubeletUnits:     fact.Known([]string{kubelet}, "kubernetes documentation: the usual name, which k0s and Talos do not have"),
		MachineConfig:    fact.Unknown[string](ownHosts),
		StaticPods:       fact.Unknown[string](why),
		StartsAlone:      fact.Unknown[bool](why),
		Join:             fact.Unknown[Join](noJoin),
		JoinNeeds:        fact.Unknown[string](noJoin),
		JoinGiven:        fact.Unknown[Given](noGiven),
		Alone:            fact.Unknown[Alone](notRead),
		PluginCharts:     fact.Unknown[string](why),
		JoinPorts:        fact.Unknown[[]string](why),
		NodePorts:        fact.Unknown[[]string](why),
		PeerPorts:        fact.Unknown[[]string](why),
		KubeletTunnel:    fact.Unknown[string](why),
		Signs:            fact.Unknown[Signs]("what shows it, its user knows"),
		Flags:            fact.Unknown[Flags](why),
		Remote:           fact.Unknown[Remote](why),
		RemoteNetworks:   fact.Unknown[string](why),
	}
}
