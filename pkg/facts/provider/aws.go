package provider

import (
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// AWS is Amazon Web Services.
func (providers) AWS() Provider {
	const imds, pods = "Amazon EC2 user guide, instance metadata", "Amazon EKS user guide, Pod Identity"
	const instances = "kubernetes/cloud-provider-aws v1.36.0, pkg/providers/v1/instances.go, aws.go"
	return Provider{
		Name: schema.ProviderAWS, Title: "AWS",
		Ranges: fact.Ranges(
			fact.Keep("169.254.169.254/32", fact.Error, fact.Everybody, "is the metadata server of AWS", imds, "2024-12"),
			fact.Keep("169.254.170.23/32", fact.Error, fact.Everybody, "is where pods on AWS get their credentials", pods, "2024-12"),
			fact.Keep("172.17.0.0/16", fact.Warning, fact.Own, "services of AWS such as Cloud9 and SageMaker use for Docker, so they cannot reach it in a VPC", "Amazon VPC user guide, VPC CIDR blocks", "2024-12"),
			fact.Keep("fd00:ec2::/32", fact.Error, fact.Everybody, "is where AWS keeps its IPv6 metadata, DNS and credential servers", imds, "2024-12"),
		),
		AutoRanges:    fact.Unknown[[]fact.Range]("a VPC of AWS has the subnets that the user makes"),
		SubnetKeeps:   fact.Known(Kept{4, 1}, "Amazon VPC user guide, subnet sizing: the first four and the last"),
		MTU:           fact.Known(9001, "Amazon EC2 user guide, \"Network MTU\": 9001 in a VPC, 1500 outside"),
		Fabric:        fact.Known(SubnetLAN, "Amazon VPC user guide, route tables: they are asked where a packet leaves its subnet; with the source/destination check off, hosts of one subnet forward for each other"),
		SingleAddress: fact.Known(false, "Amazon VPC user guide, DHCP: a card has the length of its subnet"),
		PodRoutes:     fact.Known("put a route to each node's pods into the route tables, with the node's network interface as the target, and turn its source/destination check off", "kubernetes/cloud-provider-aws, pkg/providers/v1/aws_routes.go"),
		PodRouter:     fact.Known("the cloud controller manager with `--configure-cloud-routes=true`", "kubernetes/cloud-provider-aws, pkg/providers/v1/aws_routes.go"),
		Forwarding:    fact.Known("turn the source/destination check of the interface off", "Amazon EC2 API, ModifyNetworkInterfaceAttribute"),
		Stays:         fact.Known("attach a network interface of its own, which outlives the machine, when a machine starts", "Amazon EC2 user guide, elastic network interfaces: their addresses follow them from one instance to another"),
		Cloudless:     fact.Known(false, "schema/topology.cue: the name is that of a cloud"),
		SharesTailnet: fact.Known(false, "Amazon EC2 and EKS user guides: its own services answer from 169.254.0.0/16 and fd00:ec2::/32"),
		CiliumIPAM:    fact.Known("eni", "cilium 1.17.4, Documentation/network/concepts/ipam/eni.rst"),
		Masquerading:  fact.Unknown[string]("its own plugin is one of the topology's (aws-vpc-cni) and has words of its own"),
		Controller: fact.Known(Controller{
			Name:         schema.CloudControllerAWS,
			IDs:          fact.Known("aws:///ZONE/INSTANCE", instances+": InstanceID"),
			Keeps:        fact.Known[schema.Version]("1.30.0", "kubernetes/cloud-provider-aws v1.29.0 and v1.30.0, pkg/providers/v1/aws.go: with InstancesV2 it fails with InstanceNotFound, and a failure deletes nothing; kubernetes#141364 asks for the deletion"),
			Guard:        fact.Known(anotherID, instances+": MapToAWSInstanceID fails, and a failure deletes nothing"),
			ForeignID:    fact.Known(foreignScheme, instances+": MapToAWSInstanceID fails, and a failure deletes nothing"),
			ForeignLabel: fact.Unknown[string](byID),
			TakesRoutes:  fact.Unknown[bool]("no source has been read about what its route controller lists"),
		}, "each datum has its own"),
		Network: fact.Known(Network{
			CLI: "aws",
			Target: Target{
				Field:  FieldInterface,
				Form:   fact.Known(FormID, "Amazon EC2 API, resource IDs"),
				Prefix: fact.Known("eni-", "Amazon EC2 API, resource IDs"),
			},
			Tables:         fact.Known(TablesNamed, "Amazon VPC user guide, route tables"),
			NextHops:       fact.Known(HopsOne, "Amazon EC2 API, CreateRoute"),
			OwnFamily:      fact.Known(false, "Amazon EC2 API, CreateRoute: a route names an interface, whatever its addresses"),
			Zonal:          fact.Known(false, "Amazon EC2 API, CreateRoute"),
			IPv4Only:       fact.Known(false, "Amazon VPC user guide, IP addressing: a VPC has IPv4 and may have IPv6"),
			Destinations:   fact.Unknown[[]netip.Prefix]("no other restriction is known"),
			OwnRange:       fact.Known(false, "Amazon VPC user guide, DHCP: the default route of a host leads into the VPC"),
			TakesTailnet:   fact.Known(true, "Amazon EKS user guide, custom networking: VPCs have prefixes in 100.64.0.0/10 themselves"),
			Withdraws:      fact.Known(false, "Amazon VPC user guide, route tables: a route whose host is gone is a black hole"),
			SignIn:         fact.Known("an instance profile with a role; nothing has to be said", "AWS CLI user guide, instance metadata as a source of credentials"),
			Moves:          fact.Known("ec2:DescribeTags and ec2:DescribeRouteTables, which take no resource, and ec2:ReplaceRoute on the route tables", "AWS service authorization reference, Amazon EC2: ReplaceRoute has the resource type route-table"),
			Sources:        fact.Unknown[Quota]("the check of an interface is on or off for all addresses"),
			Routes:         fact.Known(Quota{50, fact.Known(1000, "the same page"), "routes in a table"}, "Amazon VPC user guide, quotas: routes per route table"), // newer accounts have 500
			Rules:          fact.Known(Quota{60, fact.Known(1000, "the same page"), "rules of a direction and family in a security group"}, "Amazon VPC user guide, quotas: inbound or outbound rules per security group"),
			Firewall:       fact.Known(FirewallOfGroup, "Amazon VPC user guide, security groups"),
			FirewallInside: fact.Known(true, "Amazon VPC user guide, security groups"),
			RulePeers:      fact.Known(PeersOne, "Amazon EC2 API, AuthorizeSecurityGroupIngress: a rule is stored for each prefix"),
			RulePriorities: fact.Known(false, "Amazon VPC user guide, security groups: rules only add"),
		}, "each datum has its own"),
	}
}
