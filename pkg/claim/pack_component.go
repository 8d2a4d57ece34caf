package claim

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

// aks: the platform refuses these for pods, services and the VNet alike.
func aks() Pack {
	const page = "azure-aks-docs concepts-network-cni-overview.md"
	const reason = "AKS keeps for itself and refuses for pods, services and the VNet"
	return Pack{Name: "AKS", Key: "distribution/aks", Code: CodeReservedRange, Ranges: []Range{
		keep("169.254.0.0/16", diag.Error, Everybody, reason, page, "2026-08"),
		keep("172.30.0.0/16", diag.Error, Everybody, reason, page, "2026-08"),
		keep("172.31.0.0/16", diag.Error, Everybody, reason, page, "2026-08"),
		keep("192.0.2.0/24", diag.Error, Everybody, reason, page, "2026-08"),
		fill(RoleService, "10.0.0.0/16", "is AKS's default for services", page, "2026-08"),
	}}
}

// eks fills in one of two: the one that does not collide with the VPC. A region's
// node CIDRs need not be the whole VPC, so both are candidates.
func eks() Pack {
	const page = "Amazon EKS user guide, serviceIpv4Cidr"
	return Pack{Name: "EKS", Key: "distribution/eks", Code: CodeReservedRange, Ranges: []Range{
		fill(RoleService, "10.100.0.0/16", "is one of EKS's two defaults for services", page, "2024-12"),
		fill(RoleService, "172.20.0.0/16", "is one of EKS's two defaults for services", page, "2024-12"),
	}}
}

func gke() Pack {
	return Pack{Name: "GKE", Key: "distribution/gke", Code: CodeReservedRange, Ranges: []Range{
		fill(RoleService, "34.118.224.0/20", "is GKE's default for services", "Google Kubernetes Engine, VPC-native clusters", "read 2026-11"),
	}}
}

func k3s() Pack {
	const page = "docs.k3s.io, server flags"
	return Pack{Name: "k3s", Key: "distribution/k3s", Code: CodeReservedRange, Ranges: []Range{
		fill(RolePod, "10.42.0.0/16", "is k3s's default for pods", page, "read 2026-11"),
		fill(RoleService, "10.43.0.0/16", "is k3s's default for services", page, "read 2026-11"),
	}}
}

func rke2() Pack {
	const page = "docs.rke2.io, server configuration"
	return Pack{Name: "RKE2", Key: "distribution/rke2", Code: CodeReservedRange, Ranges: []Range{
		fill(RolePod, "10.42.0.0/16", "is RKE2's default for pods", page, "read 2026-11"),
		fill(RoleService, "10.43.0.0/16", "is RKE2's default for services", page, "read 2026-11"),
	}}
}

func kops() Pack {
	return Pack{Name: "kOps", Key: "distribution/kops", Code: CodeReservedRange, Ranges: []Range{
		fill(RoleService, "100.64.0.0/13", "is kOps's default for services", "kops.sigs.k8s.io, networking", "read 2026-11"),
		fill(RolePod, "100.96.0.0/11", "is kOps's default for pods", "kops.sigs.k8s.io, networking", "read 2026-11"),
	}}
}

func kubeadm() Pack {
	return Pack{Name: "kubeadm", Key: "distribution/kubeadm", Code: CodeReservedRange, Ranges: []Range{
		fill(RoleService, "10.96.0.0/12", "is kubeadm's default for services", "kubernetes cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go", "1.33.1"),
	}}
}

func talos() Pack {
	const page = "docs.siderolabs.com, Talos machine configuration"
	return Pack{Name: "Talos", Key: "distribution/talos", Code: CodeReservedRange, Ranges: []Range{
		fill(RolePod, "10.244.0.0/16", "is Talos's default for pods", page, "read 2026-11"),
		fill(RoleService, "10.96.0.0/12", "is Talos's default for services", page, "read 2026-11"),
	}}
}

// cilium's default is in force only where nobody tells it a pool: a region's podCIDRs
// do, once the rendered settings are used.
func cilium() Pack {
	return Pack{Name: "Cilium", Key: "cni/cilium", Code: CodeReservedRange, Ranges: []Range{
		fill(RolePod, "10.0.0.0/8", "is the default of Cilium's cluster-pool mode", "cilium Documentation/network/concepts/ipam/cluster-pool.rst", "1.17.4"),
	}}
}

func calico() Pack {
	return Pack{Name: "Calico", Key: "cni/calico", Code: CodeReservedRange, Ranges: []Range{
		fill(RolePod, "192.168.0.0/16", "is Calico's default IP pool", "projectcalico/calico node/pkg/lifecycle/startup", "3.30.7"),
	}}
}

func flannel() Pack {
	return Pack{Name: "Flannel", Key: "cni/flannel", Code: CodeReservedRange, Ranges: []Range{
		fill(RolePod, "10.244.0.0/16", "is the network in Flannel's own manifest", "flannel Documentation/kube-flannel.yml", "read 2026-11"),
	}}
}
