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
		Join:             fact.Known(hybridNode(false), hybridSource),
		JoinNeeds:        fact.Known("an account of AWS", hybridSource),
		JoinGiven:        fact.Known(Given{"mi-", hybridNode(true)}, hybridSource),
		Alone:            fact.Unknown[Alone](notRead),
		PluginCharts:     fact.Unknown[string](noCharts),
		JoinPorts:        fact.Known([]string(nil), "Amazon EKS user guide, hybrid nodes networking: the API server's 443"),
		NodePorts:        fact.Known([]string(nil), "Amazon EKS user guide, hybrid nodes networking: the kubelet's 10250"),
		PeerPorts:        fact.Known([]string(nil), hidden),
		KubeletTunnel:    fact.Known("", "Amazon EKS user guide, hybrid nodes networking: the control plane opens 10250 of each node through the VPC"),
		Signs:            fact.Known(Signs{Versions: []string{"-eks-"}, Labels: []string{"eks.amazonaws.com/nodegroup", "eks.amazonaws.com/compute-type"}}, "awslabs/amazon-eks-ami 81fec2e8 (July 2026), CHANGELOG.md: kubelet versions such as v1.21.5-eks-9017834; aws/eks-hybrid e5f42ca4 (August 2026), internal/kubelet/config.go: compute-type of hybrid nodes; aws/amazon-vpc-cni-k8s b52188387 (August 2026), test/framework/resources/aws/utils/nodegroup.go: nodegroup"),
		Flags:            fact.Unknown[Flags](noFlags),
		Remote:           fact.Known(Remote{Yes, "takes them as hybrid nodes, whose networks it has to know"}, remote),
		RemoteNetworks:   fact.Known("aws eks update-cluster-config --name CLUSTER --remote-network-config file://", remote),
	}
}

// hybridNode is how nodeadm makes a node of a host elsewhere. One of two credential providers
// says who it is. With SSM the node's name is the managed instance's, mi-..., which AWS gives;
// with IAM Roles Anywhere it is nodeName (aws/eks-hybrid v1.0.20,
// internal/node/hybrid/defaults.go). It takes one IPv4 address (internal/network/utils.go).
// nodeadm sets labels of its own by --node-labels and appends these flags
// (internal/kubelet/environment.go); the kubelet adds what a second --node-labels says
// (kubernetes v1.33.1, component-base/cli/flag/configuration_map.go). Uninstalling asks the
// API server whether the Node is drained, so the Node has to be there still
// (cmd/nodeadm/uninstall/uninstall.go).
func hybridNode(ssm bool) Join {
	const file, program = "/etc/eks/nodeConfig.yaml", "nodeadm is that of aws/eks-hybrid, not of EC2's images. "
	provider := "iam-ra"
	credentials := `    iamRolesAnywhere:
      nodeName: {name}
      trustAnchorArn: TRUST_ANCHOR_ARN
      profileArn: PROFILE_ARN
      roleArn: ROLE_ARN
`
	why := "The certificate is in /etc/iam/pki/server.pem, its key in server.key beside it. "
	if ssm {
		provider = "ssm"
		credentials = `    ssm:
      activationCode: ACTIVATION_CODE
      activationId: ACTIVATION_ID
`
		why = "`aws ssm create-activation` prints code and ID. AWS gives the node its name, mi-..., when it registers: that one stands in the topology. "
	}
	return Join{
		File: file,
		Text: `apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  cluster:
    name: CLUSTER
    region: REGION
  hybrid:
` + credentials + `  kubelet:
    config:
      staticPodPath: /etc/kubernetes/manifests
    flags:
      - --node-ip={internalIP}
      - --node-labels={labels}
`,
		Run:        []string{"chmod 600 " + file, "nodeadm install {minor} --credential-provider " + provider, "nodeadm init -c file://" + file},
		ProviderID: fact.Known("", "aws/eks-hybrid, internal/kubelet/config.go: hybridProviderIdPrefix, nodeadm gives the kubelet eks-hybrid:///REGION/CLUSTER/NAME"),
		Leave:      []string{"nodeadm uninstall"},
		Why:        program + why + "Taints go below kubelet.config, as registerWithTaints; nodeadm refuses hostname-override.",
	}
}

const hybridSource = "github.com/aws/eks-hybrid v1.0.20, api/v1alpha1/nodeconfig_types.go, api/core.go, internal/node/hybrid/validator.go, cmd/nodeadm/install/install.go, cmd/nodeadm/init/init.go"
