package claim

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

func alibaba() Pack {
	const page, issue = "Alibaba Cloud VPC, CreateRouteEntry", "tailscale#21249"
	return Pack{Name: "Alibaba Cloud", Key: "provider/alibaba", Code: CodeReservedRange, Ranges: []Range{
		keep("100.64.0.0/10", diag.Error, Own, "Alibaba Cloud keeps for its own services and accepts neither as a VPC's prefix nor as a route's destination", page, "2026-01"),
		keep("100.100.2.136/32", diag.Error, Everybody, "is Alibaba Cloud's DNS server", issue, "read 2026-11"),
		keep("100.100.2.138/32", diag.Error, Everybody, "is Alibaba Cloud's DNS server", issue, "read 2026-11"),
		keep("100.100.2.148/32", diag.Error, Everybody, "is Alibaba Cloud's package mirror", issue, "read 2026-11"),
		keep("100.100.2.158/32", diag.Error, Everybody, "is Alibaba Cloud's package mirror", issue, "read 2026-11"),
		keep("100.100.100.200/32", diag.Error, Everybody, "is Alibaba Cloud's metadata server", issue, "read 2026-11"),
	}}
}

func aws() Pack {
	const imds, pods = "Amazon EC2 user guide, instance metadata", "Amazon EKS user guide, Pod Identity"
	return Pack{Name: "AWS", Key: "provider/aws", Code: CodeReservedRange, Ranges: []Range{
		keep("169.254.169.254/32", diag.Error, Everybody, "is the metadata server of AWS", imds, "2024-12"),
		keep("169.254.170.23/32", diag.Error, Everybody, "is where pods on AWS get their credentials", pods, "2024-12"),
		keep("172.17.0.0/16", diag.Warning, Own, "services of AWS such as Cloud9 and SageMaker use for Docker, so they cannot reach it in a VPC", "Amazon VPC user guide, VPC CIDR blocks", "2024-12"),
		keep("fd00:ec2::/32", diag.Error, Everybody, "is where AWS keeps its IPv6 metadata, DNS and credential servers", imds, "2024-12"),
	}}
}

func azure() Pack {
	const faq = "Azure virtual network FAQ"
	return Pack{Name: "Azure", Key: "provider/azure", Code: CodeReservedRange, Ranges: []Range{
		keep("168.63.129.16/32", diag.Error, Everybody, "is Azure's platform address: DHCP, DNS and health probes", faq, "2026-08"),
		keep("169.254.169.254/32", diag.Error, Everybody, "is the metadata server of Azure", faq, "2026-08"),
	}}
}

func gcp() Pack {
	const page = "Google Cloud VPC, prohibited subnet ranges"
	return Pack{Name: "Google Cloud", Key: "provider/gcp", Code: CodeReservedRange, Ranges: []Range{
		keep("169.254.169.254/32", diag.Error, Everybody, "is the metadata and DNS server of Google Cloud", page, "read 2026-11"),
		keep("199.36.153.4/30", diag.Error, Everybody, "is restricted.googleapis.com", page, "read 2026-11"),
		keep("199.36.153.8/30", diag.Error, Everybody, "is private.googleapis.com", page, "read 2026-11"),
	}}
}

// gcpAutoMode holds only for a VPC in auto mode: Google adds a subnet for each of its
// regions from this block, and a static route into the block is refused.
func gcpAutoMode() Pack {
	return Pack{Name: "Google Cloud, VPC in auto mode", Key: "provider/gcp/auto", Code: CodeReservedRange, Ranges: []Range{
		keep("10.128.0.0/9", diag.Error, Others, "an auto-mode VPC of Google Cloud keeps for its own subnets and accepts no static route into", "Google Cloud VPC, static routes", "read 2026-11"),
	}}
}

func hetzner() Pack {
	return Pack{Name: "Hetzner", Key: "provider/hetzner", Code: CodeReservedRange, Ranges: []Range{
		keep("172.31.1.1/32", diag.Warning, Everybody, "is the gateway of every Hetzner cloud server's public interface", "docs.hetzner.com, cloud networks FAQ", "2024-12"),
	}}
}

func huawei() Pack {
	const page = "Huawei Cloud VPC user guide"
	return Pack{Name: "Huawei Cloud", Key: "provider/huawei", Code: CodeReservedRange, Ranges: []Range{
		keep("100.64.0.0/10", diag.Error, Own, "Huawei Cloud keeps for its own services", page, "read 2026-11"),
		keep("198.18.0.0/15", diag.Error, Own, "Huawei Cloud keeps for its own services", page, "read 2026-11"),
		keep("214.0.0.0/7", diag.Error, Own, "Huawei Cloud keeps for its own services", page, "read 2026-11"),
	}}
}

func oracle() Pack {
	const page = "Oracle Compute Cloud@Customer, reserved network resources"
	return Pack{Name: "Oracle Cloud", Key: "provider/oracle", Code: CodeReservedRange, Ranges: []Range{
		keep("100.96.0.0/23", diag.Warning, Everybody, "Oracle's Compute Cloud@Customer uses for its own hardware", page, "read 2026-11"),
		keep("100.96.2.0/23", diag.Warning, Everybody, "Oracle's Compute Cloud@Customer uses for its own hardware", page, "read 2026-11"),
		keep("253.255.0.0/16", diag.Warning, Everybody, "Oracle's Compute Cloud@Customer uses for its own infrastructure", page, "read 2026-11"),
	}}
}
