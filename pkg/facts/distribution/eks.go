package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// EKS is Amazon EKS. It fills in one of two service ranges: the one that does not collide
// with the VPC. A region's node CIDRs need not be the whole VPC, so both are candidates.
func (distributions) EKS() Distribution {
	const remote = "Amazon EKS API reference, RemoteNetworkConfigRequest"
	const page, reason = "Amazon EKS user guide, serviceIpv4Cidr", "is one of EKS's two defaults for services"
	return Distribution{
		Name: schema.DistributionEKS, Title: "EKS",
		Ranges: fact.Known([]fact.Range(nil), page+": it keeps none beside those of AWS"),
		Pods:   fact.Unknown[[]fact.Range]("pods have addresses of the VPC"),
		Services: fact.Ranges(
			fact.Default("10.100.0.0/16", reason, page, "2024-12"),
			fact.Default("172.20.0.0/16", reason, page, "2024-12"),
		),
		LeastServiceBits: fact.Known(8, page+": /24 to /12"),
		Home:             fact.Known(schema.ProviderAWS, "Amazon EKS user guide, hybrid nodes"),
		KeepsNodes:       fact.Unknown[bool](homeController),
		RemotePrivate:    fact.Known(true, "Amazon EKS user guide, hybrid nodes: remote node and pod networks"),
		KubeletUnits:     fact.Known([]string{kubelet}, "awslabs/amazon-eks-ami, nodeadm"),
		MachineConfig:    fact.Unknown[string](ownHosts),
		StaticPods:       fact.Unknown[string](notRead),
		StartsAlone:      fact.Unknown[bool](notRead),
		Join:             fact.Unknown[Join](noJoin),
		Alone:            fact.Unknown[Alone](notRead),
		PluginCharts:     fact.Unknown[string](noCharts),
		JoinPorts:        fact.Known([]string(nil), "Amazon EKS user guide, hybrid nodes networking: the API server's 443"),
		PeerPorts:        fact.Known([]string(nil), hidden),
		KubeletTunnel:    fact.Known("", "Amazon EKS user guide, hybrid nodes networking: the control plane opens 10250 of each node through the VPC"),
		Remote:           fact.Known(Remote{Yes, "takes them as hybrid nodes, whose networks it has to know"}, remote),
		RemoteNetworks:   fact.Known("aws eks update-cluster-config --name CLUSTER --remote-network-config file://", remote),
	}
}
