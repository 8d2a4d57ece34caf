package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// AWSVPC is aws/amazon-vpc-cni-k8s.
func (plugins) AWSVPC() Plugin {
	const network = "amazon-vpc-cni-k8s pkg/networkutils/network.go"
	p := fromProviderOnly(schema.CNIAWSVPC, "Amazon VPC CNI", schema.ProviderAWS, "amazon-vpc-cni-k8s README.md")
	p.OneNetwork = fact.Known(false, network+": it exempts the VPC and a list")
	p.Signs = fact.Known(Signs{Objects: []string{"DaemonSet/kube-system/aws-node"}, Groups: []string{"crd.k8s.amazonaws.com"}}, "aws/amazon-vpc-cni-k8s v1.23.1, config/master/aws-k8s-cni.yaml (commit b52188387, August 2026)")
	p.ByHand = fact.Known([]string{
		"Set `AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS={keeps4}` on the DaemonSet aws-node (IPv4 only; other entries are skipped), or `AWS_VPC_K8S_CNI_EXTERNALSNAT=true` where a NAT gateway does the rest.",
		"Pods' addresses come from the VPC, so this plugin runs in this region only: keep the DaemonSet off other regions by node affinity.",
	}, network+": envExcludeSNATCIDRs")
	return p
}

// fromProviderOnly is a plugin that takes pods' addresses from the provider's network,
// and of which little else is known.
func fromProviderOnly(t schema.CNIType, title, home, page string) Plugin {
	return Plugin{
		Type: t, Title: title,
		Pods:            fact.Unknown[[]fact.Range]("it has no range of its own: addresses come from the provider's subnets"),
		Modes:           fact.Known([]Mode{fromProvider(fact.Unknown[schema.IPAM](noChoice), page)}, page),
		Marks:           fact.Unknown[[]fact.Mark]("which marks it uses has not been looked up"),
		MarkMask:        fact.Unknown[MarkMask]("which marks it uses has not been looked up"),
		Ports:           fact.Known([]fact.Port(nil), page+": pods' packets travel as they are, and agents do not speak to each other"),
		Signs:           fact.Unknown[Signs]("each has its own"),
		Home:            fact.Known(home, page),
		Tunnels:         fact.Known([]Tunnel(nil), page+": pods' packets travel as they are"),
		Carries:         fact.Unknown[schema.TunnelProtocol]("no source has been read; the topology says it"),
		Devices:         fact.Unknown[[]string]("it manages the cards that the provider gives it"),
		HostRouting:     fact.Unknown[schema.HostRouting]("it has no choice"),
		DataPlane:       fact.Unknown[schema.DataPlane]("it has no choice"),
		StopsAtNFTables: fact.Unknown[bool]("nobody has reported that it does"),
		OneNetwork:      fact.Unknown[bool]("what it masquerades has not been looked up"),
		KubeProxy:       fact.Known(true, page+": services are kube-proxy's"),
		Policies:        fact.Known(PoliciesKubernetes, page),
		Settings:        fact.Unknown[Settings]("its settings belong to the provider's installation"),
		SetsMTU:         fact.Known(false, "we render no settings for it"),
		Versions:        fact.NoVersions(noSettings),
		ByHand:          fact.Unknown[[]string]("its own file says"),
	}
}
