package existing_test

// node is a Node as kubectl prints it; more are further lines.
func node(name, address, labels string, more ...string) string {
	text := "apiVersion: v1\nkind: Node\nmetadata:\n  name: " + name + "\n  labels: {" + labels + "}\n"
	for _, m := range more {
		text += m + "\n"
	}
	return text + "status:\n  addresses: [{type: InternalIP, address: " + address + "}]\n"
}

func configMap(name, data string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", namespace: kube-system}\ndata:\n" + data
}

func ciliumRuns(data string) string { return configMap("cilium-config", "  ipam: multi-pool\n"+data) }

const (
	inCloud  = "kustomize-hybrid.dev/region: cloud"
	inGPU    = "kustomize-hybrid.dev/region: gpu"
	selected = `, tailscale: "true"`
	gateway  = `, kustomize-hybrid.dev/gateway: "true"`
	kubelet  = "  nodeInfo: {kubeletVersion: "
)

// perNode makes the second region one of Flannel's, whose nodes are known by name.
func perNode() edits {
	return edits{"podCIDRs: [10.142.0.0/20]\n      cni: {type: cilium, version: 1.18.0}\n      gateways: {mode: staticPod, nodes: [{name: gpu-1, internalIP: 10.143.0.11}]}",
		"podCIDRs: [10.142.0.0/20]\n      cni: {type: cilium, version: 1.18.0, ipam: kubernetes}\n      gateways: {mode: perNode, nodes: [{name: gpu-1, internalIP: 10.143.0.11, podCIDRs: [10.142.1.0/24]}]}\n      nodes: [{name: gpu-1, taints: [{key: gpu, effect: NoSchedule}]}]",
		"podCIDRs: [10.61.0.0/16]\n      cni: {type: cilium, version: 1.18.0}", "podCIDRs: [10.61.0.0/16]\n      cni: {type: cilium, version: 1.18.0, ipam: kubernetes}"}
}

func placed(zone string) string {
	return ", topology.kubernetes.io/region: gpu, topology.kubernetes.io/zone: " + zone
}

func variants() []variant {
	return slicesOf(nodeVariants(), controlPlaneVariants(), ciliumVariants(), calicoVariants())
}

func slicesOf(lists ...[]variant) []variant {
	var all []variant
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func nodeVariants() []variant {
	gpu1 := inGPU + gateway
	aws := edits{"kubernetesVersion: 1.33.1", "kubernetesVersion: 1.33.1\n    cloudController: hcloud", "cloud\n      provider: bare-metal", "cloud\n      provider: hetzner", "cni: {type: cilium, version: 1.18.0}\n      gateways: {mode: daemon", "cni: {type: cilium, version: 1.18.0, podRoutes: nodes}\n      gateways: {mode: daemon"}
	leaving := edits{"    - name: gpu\n", "  leaving:\n    - name: gpu\n"}
	return []variant{
		{name: "a gateway at another address", object: node("cloud-1", "10.0.0.99", inCloud+selected),
			write: edits{"10.0.0.11", "10.0.0.99"}, do: edits{"10.0.0.99", "10.0.0.11"}},
		{name: "a gateway outside its region", object: node("gpu-1", "10.144.0.11", gpu1),
			write: edits{"10.143.0.11", "10.144.0.11", "[10.143.0.0/24]", "[10.143.0.0/24, 10.144.0.0/24]"}, do: edits{"10.144.0.11", "10.143.0.11"}},
		{name: "a gateway at an address of another region", object: node("gpu-1", "10.0.0.12", gpu1), do: edits{"10.0.0.12", "10.143.0.11"}},
		{name: "a gateway at its tailnet address", object: node("gpu-1", "100.80.1.5", gpu1), do: edits{"100.80.1.5", "10.143.0.11"}},
		{name: "a gateway without its second address",
			topology: edits{"[10.143.0.0/24]", "[10.143.0.0/24, fd00:143::/64]", "[10.142.0.0/20]", "[10.142.0.0/20, fd00:142::/112]", "internalIP: 10.143.0.11", "internalIP: 10.143.0.11, internalIPv6: fd00:143::11",
				"[10.96.0.0/12]", "[10.96.0.0/12, fd00:96::/112]", "[10.0.0.0/22]", "[10.0.0.0/22, fd00:10::/64]", "[10.61.0.0/16]", "[10.61.0.0/16, fd00:61::/112]", "internalIP: 10.0.0.11", "internalIP: 10.0.0.11, internalIPv6: fd00:10::11"},
			object: node("gpu-1", "10.143.0.11", gpu1), do: edits{"address: 10.143.0.11}", "address: 10.143.0.11}, {type: InternalIP, address: fd00:143::11}"}},
		{name: "a gateway by another name", object: node("gpu-x", "10.143.0.11", gpu1), write: edits{"name: gpu-1", "name: gpu-x"}, do: edits{"gpu-x", "gpu-1"}},
		{name: "a gateway without the label of its DaemonSet", object: node("cloud-1", "10.0.0.11", inCloud), do: edits{inCloud, inCloud + selected}},
		{name: "a gateway with another value of the label", object: node("cloud-1", "10.0.0.11", inCloud+`, tailscale: "no"`), do: edits{`"no"`, `"true"`}},
		{name: "a static gateway without its label", object: node("gpu-1", "10.143.0.11", inGPU), do: edits{inGPU, gpu1}},
		{name: "nodes without a region",
			object: node("cloud-5", "10.0.0.15", "a: b") + "---\n" + node("cloud-6", "10.0.0.16", "a: b") + "---\n" + node("cloud-7", "10.0.0.17", inCloud), do: edits{"a: b", inCloud}},
		{name: "a node of another region", object: node("cloud-5", "10.0.0.15", inGPU), do: edits{"region: gpu", "region: cloud"}},
		{name: "a gateway that the topology does not name", object: node("cloud-5", "10.0.0.15", inCloud+selected),
			write: edits{"{name: cloud-1, internalIP: 10.0.0.11}", "{name: cloud-1, internalIP: 10.0.0.11}, {name: cloud-5, internalIP: 10.0.0.15}"}, do: edits{selected, ""}},
		{name: "a node of another region with the label of gateways", object: node("gpu-5", "10.143.0.15", inGPU+selected), do: edits{selected, ""}},
		{name: "a node in no region", object: node("far-1", "10.150.0.7", inGPU),
			write: edits{"[10.143.0.0/24]", "[10.143.0.0/24, 10.150.0.0/24]"}, do: edits{"10.150.0.7", "10.143.0.7"}},
		{name: "a node at an address of Services", object: node("gpu-5", "10.96.0.7", inGPU), do: edits{"10.96.0.7", "10.143.0.7"}},
		{name: "a node at a link-local address", object: node("gpu-5", "169.254.3.4", inGPU), do: edits{"169.254.3.4", "10.143.0.7"}},
		{name: "a newer kubelet", object: node("gpu-5", "10.143.0.15", inGPU) + kubelet + "v1.34.0}\n",
			write: edits{"kubernetesVersion: 1.33.1", "kubernetesVersion: 1.34.0"}, do: edits{"1.34.0", "1.33.9"}},
		{name: "old kubelets", object: node("gpu-5", "10.143.0.15", inGPU) + kubelet + "v1.29.0+k3s1}\n---\n" + node("gpu-6", "10.143.0.16", inGPU) + kubelet + "v1.29.2}\n",
			write: edits{"kubernetesVersion: 1.33.1", "kubernetesVersion: 1.32.1"}, do: edits{"1.29.", "1.30."}},
		{name: "other podCIDRs than the topology's", topology: perNode(), object: node("gpu-1", "10.143.0.11", gpu1+placed("gpu"), "spec: {podCIDRs: [10.142.2.0/24], taints: [{key: gpu, effect: NoSchedule}]}"),
			write: edits{"[10.142.1.0/24]", "[10.142.2.0/24]"}, do: edits{"10.142.2.0", "10.142.1.0"}},
		{name: "podCIDRs of another region", topology: perNode(), object: node("cloud-5", "10.0.0.15", inCloud, "spec: {podCIDRs: [10.9.0.0/24]}"),
			do: edits{"10.9.0.0", "10.61.9.0"}},
		{name: "podCIDRs that another region's pods have", topology: perNode(), object: node("gpu-5", "10.143.0.15", inGPU, "spec: {podCIDRs: [10.61.9.0/24]}"), do: edits{"10.61.9.0", "10.142.9.0"}},
		{name: "blocks of another size", topology: append(perNode(), "version: 1.18.0, ipam: kubernetes}\n      gateways: {mode: daemonSet", "version: 1.18.0, ipam: kubernetes, nodeBlockSizeIPv4: 25}\n      gateways: {mode: daemonSet"),
			object: node("cloud-5", "10.0.0.15", inCloud, "spec: {podCIDRs: [10.61.9.0/24]}"), write: edits{"nodeBlockSizeIPv4: 25", "nodeBlockSizeIPv4: 24"}, do: edits{"10.61.9.0/24", "10.61.9.0/25"}},
		{name: "a Node object without its taint", topology: perNode(), object: node("gpu-1", "10.143.0.11", gpu1+placed("gpu"), "spec: {podCIDRs: [10.142.1.0/24]}"),
			do: edits{"10.142.1.0/24]", "10.142.1.0/24], taints: [{key: gpu, effect: NoSchedule}]"}},
		{name: "a Node object without its zone", topology: perNode(), object: node("gpu-1", "10.143.0.11", gpu1, "spec: {podCIDRs: [10.142.1.0/24], taints: [{key: gpu, effect: NoSchedule}]}"),
			do: edits{gateway, gateway + placed("gpu")}},
		{name: "a node of a region that is leaving is known", topology: leaving, object: node("gpu-1", "10.143.0.99", "a: b", "spec: {podCIDRs: [10.142.1.0/24]}") + kubelet + "v1.20.0}\n", found: -1},
		{name: "gateways that any machine replaces", topology: edits{"mode: staticPod, nodes", "mode: host, replaced: anyAddress, nodes", "gpu\n      provider: bare-metal", "gpu\n      provider: bare-metal\n      hostAddress: made", "[10.143.0.0/24]", "[10.143.0.11/32]"}, object: node("gpu-x", "10.143.0.11", inGPU), found: -1},
		{name: "nodes that a cloud controller manager deletes", topology: aws, object: node("gpu-5", "10.143.0.15", inGPU) + "---\n" + node("gpu-6", "10.143.0.16", inGPU), do: edits{"status:", "spec: {providerID: hybrid://gpu/NODE}\nstatus:"}},
		{name: "a node of another cloud by its providerID", topology: aws, object: node("gpu-5", "10.143.0.15", inGPU, "spec: {providerID: hcloud://7}"), do: edits{"hcloud://7", "hybrid://gpu/gpu-5"}},
		{name: "a node of the cloud with another providerID", topology: aws, object: node("cloud-5", "10.0.0.15", inCloud, "spec: {providerID: k3s://cloud-5}"), do: edits{"k3s://cloud-5", "hcloud://7"}},
		{name: "another cloud controller manager", topology: append(aws, "cloudController: hcloud", "cloudController: none"), object: node("cloud-5", "10.0.0.15", inCloud, "spec: {providerID: hcloud://7}"), do: edits{"spec: {providerID: hcloud://7}", "spec: {}"}},
		{name: "a node that waits for a cloud", topology: aws, object: node("gpu-5", "10.143.0.15", inGPU, "spec: {providerID: hybrid://gpu/gpu-5, taints: [{key: node.cloudprovider.kubernetes.io/uninitialized, effect: NoSchedule}]}"), do: edits{"node.cloudprovider.kubernetes.io/uninitialized", "gpu"}},
		{name: "a Node object without its providerID", topology: append(perNode(), "taints: [{key: gpu, effect: NoSchedule}]", "providerID: hybrid://gpu/one"), object: node("gpu-1", "10.143.0.11", gpu1+placed("gpu")), do: edits{"status:", "spec: {providerID: hybrid://gpu/one}\nstatus:"}},
		{name: "a providerID that cannot be changed", topology: append(perNode(), "taints: [{key: gpu, effect: NoSchedule}]", "providerID: hybrid://gpu/one"), object: node("gpu-1", "10.143.0.11", gpu1+placed("gpu"), "spec: {providerID: hybrid://gpu/two}"),
			write: edits{"hybrid://gpu/one", "hybrid://gpu/two"}, do: edits{"hybrid://gpu/two", "hybrid://gpu/one"}},
	}
}

const kubeadm = "  ClusterConfiguration: |\n    apiVersion: kubeadm.k8s.io/v1beta4\n    kind: ClusterConfiguration\n"

func kubeadmSays(lines string) string { return configMap("kubeadm-config", kubeadm+lines) }

func kubeProxySays(lines string) string {
	return configMap("kube-proxy", "  config.conf: |\n    apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n"+lines)
}

func endpointSlice(address, port string) string {
	return "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}\nendpoints: [{addresses: [" + address + "]}]\nports: [{name: https, port: " + port + "}]\n"
}

// flannelHome is home with Flannel in k3s.
func flannelHome() edits {
	return edits{"kubernetesVersion: 1.33.1", "kubernetesVersion: 1.33.1\n    distribution: k3s\n    clusterCIDRs: [10.0.0.0/8]", "10.96.0.0/12", "10.43.0.0/16",
		"{type: cilium, version: 1.18.0}", "{type: flannel, version: 0.26.0, tunnel: vxlan, mtu: 1230}", "mode: staticPod", "mode: host", "[10.61.0.0/16]", "[10.42.0.0/17]", "[10.142.0.0/20]", "[10.42.128.0/17]", "clusterCIDRs: [10.0.0.0/8]", "clusterCIDRs: [10.42.0.0/16]"}
}

func k3sServer(args string) string {
	return node("cloud-9", "10.0.0.5", inCloud, "  annotations:\n    k3s.io/node-args: '[\"server\""+args+"]'")
}

func controlPlaneVariants() []variant {
	const both = "10.48.0.0/12,10.128.0.0/9"
	k3s := edits{"kubernetesVersion: 1.33.1", "kubernetesVersion: 1.33.1\n    distribution: k3s", "mode: staticPod", "mode: host"}
	return []variant{
		{name: "kubeadm of another minor version", object: kubeadmSays("    kubernetesVersion: v1.31.0\n"), write: edits{"kubernetesVersion: 1.33.1", "kubernetesVersion: 1.31.0"}, do: edits{"v1.31.0", "v1.33.7"}},
		{name: "kubeadm with another endpoint", object: kubeadmSays("    controlPlaneEndpoint: 10.0.0.9:6443\n"),
			write: edits{"addresses: [10.0.0.5]", `addresses: [10.0.0.5], endpoint: "10.0.0.9:6443"`}, do: edits{"10.0.0.9", "10.0.0.5"}},
		{name: "kubeadm with a name", object: kubeadmSays("    controlPlaneEndpoint: api.example.com:6443\n"),
			write: edits{"addresses: [10.0.0.5]", `addresses: [10.0.0.5], endpoint: "api.example.com:6443"`}, do: edits{"api.example.com:6443", "10.0.0.5"}},
		{name: "kubeadm with other services", object: kubeadmSays("    networking: {serviceSubnet: 10.32.0.0/16}\n"), write: edits{"10.96.0.0/12", "10.32.0.0/16"}, do: edits{"10.32.0.0/16", "10.96.0.0/12"}},
		{name: "kubeadm with a podSubnet of one region", object: kubeadmSays("    networking: {podSubnet: \"10.48.0.0/12\"}\n"), do: edits{"10.48.0.0/12", both}},
		{name: "kubeadm beside other clusterCIDRs", topology: edits{"kubernetesVersion: 1.33.1", "kubernetesVersion: 1.33.1\n    clusterCIDRs: [10.60.0.0/14, 10.140.0.0/14]"},
			object: kubeadmSays("    networking: {podSubnet: \"" + both + "\"}\n"), write: edits{"10.60.0.0/14, 10.140.0.0/14", "10.48.0.0/12, 10.128.0.0/9"}, do: edits{both, "10.60.0.0/14,10.140.0.0/14"}},
		{name: "kube-proxy with a clusterCIDR of one region", object: kubeProxySays("    clusterCIDR: 10.48.0.0/12\n") + "---\n" + kubeadmSays("    networking: {podSubnet: 10.48.0.0/12}\n"),
			do: edits{"    clusterCIDR: 10.48.0.0/12\n", "    clusterCIDR: " + both + "\n    detectLocalMode: ClusterCIDR\n"}},
		{name: "kube-proxy that goes by podCIDRs of Nodes", topology: edits{"{type: cilium, version: 1.18.0}\n      gateways: {mode: static", "{type: calico, version: 3.30.7}\n      gateways: {mode: static"},
			object: kubeProxySays("    detectLocalMode: NodeCIDR\n"), do: edits{"NodeCIDR", "ClusterCIDR\n    clusterCIDR: " + both}},
		{name: "kube-proxy beside nftables", topology: edits{"{type: cilium, version: 1.18.0}\n      gateways: {mode: static", "{type: calico, version: 3.33.0, dataPlane: nftables}\n      gateways: {mode: static"},
			object: kubeProxySays("    mode: ipvs\n"), write: edits{"nftables", "iptables"}, do: edits{"ipvs", "nftables"}},
		{name: "an API server more", object: endpointSlice("10.0.0.5, 10.0.0.6", "6443"), write: edits{"[10.0.0.5]", "[10.0.0.5, 10.0.0.6]"}, do: edits{", 10.0.0.6", ""}},
		{name: "an API server less", topology: edits{"[10.0.0.5]", "[10.0.0.5, 10.0.0.6]"}, object: endpointSlice("10.0.0.5", "6443"), write: edits{", 10.0.0.6", ""}, do: edits{"10.0.0.5", "10.0.0.5, 10.0.0.6"}},
		{name: "API servers on another port", object: endpointSlice("10.0.0.5", "443"), write: edits{"[10.0.0.5]", "[10.0.0.5], port: 443"}, do: edits{"443", "6443"}},
		{name: "an API server more, in Endpoints", object: "apiVersion: v1\nkind: Endpoints\nmetadata: {name: kubernetes, namespace: default}\nsubsets: [{addresses: [{ip: 10.0.0.5}, {ip: 10.0.0.6}], ports: [{port: 6443}]}]\n",
			write: edits{"[10.0.0.5]", "[10.0.0.5, 10.0.0.6]"}, do: edits{", {ip: 10.0.0.6}", ""}},
		{name: "k3s with another backend", topology: flannelHome(), object: k3sServer(`,"--flannel-backend","host-gw"`), write: edits{"tunnel: vxlan, mtu: 1230", "tunnel: none"}, do: edits{"host-gw", "vxlan"}},
		{name: "k3s with other ranges", topology: flannelHome(), object: k3sServer(`,"--cluster-cidr","10.52.0.0/16"`), do: edits{"10.52", "10.42"}},
		{name: "k3s with a range of one region", topology: append(flannelHome(), "    clusterCIDRs: [10.42.0.0/16]\n", "", "type: flannel, version: 0.26.0, tunnel: vxlan", "type: calico, version: 3.30.7, tunnel: vxlan"), object: k3sServer(`,"--cluster-cidr","10.42.0.0/17","--flannel-backend","none","--disable-network-policy"`), do: edits{"10.42.0.0/17", "10.42.0.0/16"}},
		{name: "k3s without kube-proxy", topology: append(flannelHome(), "    clusterCIDRs: [10.42.0.0/16]\n", "", "type: flannel, version: 0.26.0, tunnel: vxlan", "type: calico, version: 3.30.7, tunnel: vxlan"), object: k3sServer(`,"--cluster-cidr","10.42.0.0/17","--flannel-backend","none","--disable-network-policy","--disable-kube-proxy"`), found: -1},
		{name: "an agent of k3s has no such flags", topology: flannelHome(), object: node("cloud-9", "10.0.0.5", inCloud, "  annotations: {k3s.io/node-args: '[\"agent\",\"--flannel-backend\",\"none\"]'}"), found: -1},
		{name: "RKE2 with Canal beside another plugin", topology: append(k3s, "distribution: k3s", "distribution: rke2"), object: node("cloud-9", "10.0.0.5", inCloud, "  annotations:\n    rke2.io/node-args: '[\"server\"]'"), do: edits{`"server"`, `"server","--cni=cilium"`}},
		{name: "k3s with other services", topology: flannelHome(), object: k3sServer(`,"--service-cidr=10.53.0.0/16"`), write: edits{"10.43.0.0/16", "10.53.0.0/16"}, do: edits{"10.53", "10.43"}},
		{name: "k3s with Flannel beside another plugin", topology: k3s, object: k3sServer(`,"--disable-network-policy"`),
			do: edits{`"server"`, `"server","--flannel-backend","none"`}},
		{name: "k3s with its own policies beside another plugin's", topology: k3s, object: k3sServer(`,"--flannel-backend=none"`),
			do: edits{"none", `none","--disable-network-policy`}},
	}
}

func ciliumVariants() []variant {
	pool := edits{"[10.142.0.0/20]\n      cni: {type: cilium, version: 1.18.0}", "[10.142.0.0/20]\n      cni: {type: calico, version: 3.30.7}",
		"{type: cilium, version: 1.18.0}", "{type: cilium, version: 1.18.0, ipam: cluster-pool, nodeBlockSizeIPv4: 25}"}
	native := edits{"serviceCIDRs", "nativeRoutingCIDR: 10.0.0.0/8\n    serviceCIDRs"}
	tunnel := edits{"version: 1.18.0}", "version: 1.18.0, tunnel: geneve, mtu: 1230}"}
	return []variant{
		{name: "Cilium in another IPAM mode", object: configMap("cilium-config", "  ipam: kubernetes\n"),
			write: edits{"version: 1.18.0}", "version: 1.18.0, ipam: kubernetes}", "serviceCIDRs", "clusterCIDRs: [10.0.0.0/8]\n    serviceCIDRs"}, do: edits{"kubernetes\n", "multi-pool\n"}},
		{name: "Cilium's default pool", object: configMap("cilium-config", "  ipam: cluster-pool\n  cluster-pool-ipv4-cidr: 10.0.0.0/8\n"), do: edits{"cluster-pool\n", "multi-pool\n"}},
		{name: "Cilium with another pool", topology: pool, object: configMap("cilium-config", "  ipam: cluster-pool\n  cluster-pool-ipv4-cidr: 10.62.0.0/16\n"), do: edits{"10.62", "10.61"}},
		{name: "Cilium with other blocks", topology: pool, object: configMap("cilium-config", "  ipam: cluster-pool\n  cluster-pool-ipv4-mask-size: \"24\"\n"), write: edits{"nodeBlockSizeIPv4: 25", "nodeBlockSizeIPv4: 24"}, do: edits{`"24"`, `"25"`}},
		{name: "Cilium in a tunnel", object: ciliumRuns("  routing-mode: tunnel\n  tunnel-protocol: vxlan\n"),
			write: edits{"version: 1.18.0}", "version: 1.18.0, tunnel: vxlan, mtu: 1230}"}, do: edits{"routing-mode: tunnel", "routing-mode: native"}},
		{name: "an older Cilium in a tunnel", topology: edits{"1.18.0", "1.17.4"}, object: ciliumRuns("  routing-mode: tunnel\n  tunnel-protocol: vxlan\n"),
			write: edits{"version: 1.17.4}", "version: 1.18.0, tunnel: vxlan, mtu: 1230}"}, do: edits{"routing-mode: tunnel", "routing-mode: native"}},
		{name: "Cilium in another tunnel", topology: tunnel, object: ciliumRuns("  routing-mode: tunnel\n  tunnel-protocol: vxlan\n"), write: edits{"geneve", "vxlan"}, do: edits{"vxlan", "geneve"}},
		{name: "Cilium in no tunnel", topology: tunnel, object: ciliumRuns("  routing-mode: native\n"), write: edits{"tunnel: geneve", "tunnel: none"}, do: edits{"native", "tunnel"}},
		{name: "Cilium without routes to neighbours", object: ciliumRuns("  routing-mode: native\n  auto-direct-node-routes: \"false\"\n"), do: edits{`"false"`, `"true"`}},
		{name: "Cilium with routes to strangers", object: ciliumRuns("  routing-mode: native\n  auto-direct-node-routes: \"true\"\n  direct-routing-skip-unreachable: \"false\"\n"), do: edits{`"false"`, `"true"`}},
		{name: "Cilium with WireGuard", object: ciliumRuns("  routing-mode: native\n  enable-wireguard: \"true\"\n"), do: edits{`"true"`, `"false"`}},
		{name: "Cilium without masquerading", object: ciliumRuns("  enable-ipv4-masquerade: \"false\"\n  enable-bpf-masquerade: \"false\"\n"), do: edits{`"false"`, `"true"`}},
		{name: "Cilium that masquerades by iptables", object: ciliumRuns("  enable-ipv4-masquerade: \"true\"\n  enable-bpf-masquerade: \"false\"\n"), do: edits{`"false"`, `"true"`}},
		{name: "Cilium with a native CIDR of one region", object: ciliumRuns("  ipv4-native-routing-cidr: 10.0.0.0/9\n"), do: edits{"10.0.0.0/9", "10.0.0.0/8"}},
		{name: "Cilium with another native CIDR", topology: native, object: ciliumRuns("  ipv4-native-routing-cidr: 10.0.0.0/9\n"), do: edits{"10.0.0.0/9", "10.0.0.0/8"}},
		{name: "Cilium's list without a region", object: configMap("ip-masq-agent", "  config: '{\"nonMasqueradeCIDRs\":[\"10.0.0.0/9\"],\"masqLinkLocal\":false}'\n"), do: edits{`"10.0.0.0/9"`, `"10.0.0.0/9","10.128.0.0/9"`}},
		{name: "Cilium with BPF host routing", object: ciliumRuns("  enable-host-legacy-routing: \"false\"\n"), do: edits{`"false"`, `"true"`}},
		{name: "Cilium that answers past the gateways", object: ciliumRuns("  kube-proxy-replacement: \"true\"\n  bpf-lb-mode: dsr\n"), do: edits{"dsr", "snat"}},
		{name: "Cilium with an MTU", object: ciliumRuns("  mtu: \"1280\"\n"), write: edits{"version: 1.18.0}", "version: 1.18.0, mtu: 1280}"}, do: edits{"1280", "1500"}},
		{name: "Cilium without IPv6", topology: edits{"[10.143.0.0/24]", "[10.143.0.0/24, fd00:143::/64]", "[10.142.0.0/20]", "[10.142.0.0/20, fd00:142::/112]", "internalIP: 10.143.0.11", "internalIP: 10.143.0.11, internalIPv6: fd00:143::11",
			"[10.96.0.0/12]", "[10.96.0.0/12, fd00:96::/112]", "[10.0.0.0/22]", "[10.0.0.0/22, fd00:10::/64]", "[10.61.0.0/16]", "[10.61.0.0/16, fd00:61::/112]", "internalIP: 10.0.0.11", "internalIP: 10.0.0.11, internalIPv6: fd00:10::11"},
			object: ciliumRuns("  enable-ipv6: \"false\"\n"), do: edits{`"false"`, `"true"`}},
		{name: "a pool with other blocks, Cilium's", object: "apiVersion: cilium.io/v2alpha1\nkind: CiliumPodIPPool\nmetadata: {name: gpu}\nspec: {ipv4: {cidrs: [10.142.0.0/20], maskSize: 26}}\n",
			write: edits{"[10.142.0.0/20]\n      cni: {type: cilium, version: 1.18.0}", "[10.142.0.0/20]\n      cni: {type: cilium, version: 1.18.0, nodeBlockSizeIPv4: 26}"}, do: edits{"26", "24"}},
		{name: "a pool that the region has a part of", object: "apiVersion: cilium.io/v2alpha1\nkind: CiliumPodIPPool\nmetadata: {name: gpu}\nspec: {ipv4: {cidrs: [10.142.0.0/19], maskSize: 24}}\n",
			write: edits{"10.142.0.0/20", "10.142.0.0/19"}, do: edits{"/19", "/20"}},
		{name: "a pool over two regions", object: "apiVersion: cilium.io/v2alpha1\nkind: CiliumPodIPPool\nmetadata: {name: all}\nspec: {ipv4: {cidrs: [10.0.0.0/8], maskSize: 24}}\n", do: edits{"10.0.0.0/8", "10.142.0.0/20"}},
		{name: "a node with a block of another region", object: "apiVersion: cilium.io/v2\nkind: CiliumNode\nmetadata: {name: gpu-5}\nspec: {addresses: [{type: InternalIP, ip: 10.143.0.15}], ipam: {podCIDRs: [10.61.5.0/24]}}\n", do: edits{"10.61.5.0", "10.142.5.0"}},
		{name: "kube-proxy that Cilium replaces is nobody's business, and podSubnet neither", found: -1,
			object: ciliumRuns("  kube-proxy-replacement: \"true\"\n") + "---\n" + kubeProxySays("    clusterCIDR: 10.9.0.0/16\n") + "---\n" + kubeadmSays("    networking: {podSubnet: 10.9.0.0/16}\n")},
	}
}

func calicoRuns(kind, name, spec string) string {
	return "apiVersion: crd.projectcalico.org/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n"
}

func installation(network string) string {
	return "apiVersion: operator.tigera.io/v1\nkind: Installation\nmetadata: {name: default}\nspec: {calicoNetwork: {" + network + "}}\n"
}

func calicoVariants() []variant {
	calico := func(more string) edits {
		return edits{"{type: cilium, version: 1.18.0}", "{type: calico, version: 3.30.7" + more + "}"}
	}
	const plain, gpu = "", "nodeSelector: \"kustomize-hybrid.dev/region == 'gpu'\""
	return []variant{
		{name: "Calico's default pool", topology: calico(plain), object: calicoRuns("IPPool", "default-ipv4-ippool", "cidr: 192.168.0.0/16, "+gpu), do: edits{"cidr:", "disabled: true, cidr:"}},
		{name: "a pool in another tunnel", topology: calico(plain), object: calicoRuns("IPPool", "gpu", "cidr: 10.142.0.0/20, ipipMode: Always, vxlanMode: Never, "+gpu),
			write: edits{"3.30.7", "3.30.7, tunnel: ipip, mtu: 1260"}, do: edits{"Always", "Never"}},
		{name: "a pool in a tunnel to other regions alone", topology: calico(plain), object: calicoRuns("IPPool", "gpu", "cidr: 10.142.0.0/20, vxlanMode: CrossSubnet, "+gpu), do: edits{"CrossSubnet", "Never"}},
		{name: "a pool in no tunnel", topology: calico(", tunnel: vxlan, mtu: 1230"), object: calicoRuns("IPPool", "gpu", "cidr: 10.142.0.0/20, ipipMode: Never, vxlanMode: Never, "+gpu), do: edits{"vxlanMode: Never", "vxlanMode: Always"}},
		{name: "a pool of another region", topology: calico(plain), object: calicoRuns("IPPool", "gpu", "cidr: 10.142.0.0/20, nodeSelector: \"kustomize-hybrid.dev/region == 'cloud'\""), do: edits{"'cloud'", "'gpu'"}},
		{name: "a pool of all regions", topology: calico(plain), object: calicoRuns("IPPool", "gpu", "cidr: 10.142.0.0/20, nodeSelector: all()"), do: edits{"nodeSelector: all()", gpu}},
		{name: "a pool whose addresses leave", topology: calico(plain), object: calicoRuns("IPPool", "gpu", "cidr: 10.142.0.0/20, natOutgoing: false, "+gpu), do: edits{"false", "true"}},
		{name: "a pool with other blocks", topology: calico(", nodeBlockSizeIPv4: 27"), object: calicoRuns("IPPool", "gpu", "cidr: 10.142.0.0/20, blockSize: 26, "+gpu), write: edits{"nodeBlockSizeIPv4: 27", "nodeBlockSizeIPv4: 26"}, do: edits{"26", "27"}},
		{name: "a pool whose selector is not decided here", topology: calico(plain), object: calicoRuns("IPPool", "gpu", "cidr: 10.142.0.0/20, nodeSelector: has(gpu)"), found: -1},
		{name: "Felix with its own mask", topology: calico(plain), object: calicoRuns("FelixConfiguration", "default", "iptablesMarkMask: 0xffff0000"), do: edits{"0xffff0000", "0x7f002000"}},
		{name: "Felix with WireGuard", topology: calico(plain), object: calicoRuns("FelixConfiguration", "default", "wireguardEnabled: true"), write: edits{"3.30.7", "3.30.7, tunnel: wireguard, mtu: 1220"}, do: edits{"true", "false"}},
		{name: "Felix without WireGuard", topology: calico(", tunnel: wireguard, mtu: 1220"), object: calicoRuns("FelixConfiguration", "default", "wireguardEnabled: false"), do: edits{"false", "true"}},
		{name: "Felix with eBPF", topology: calico(plain), object: calicoRuns("FelixConfiguration", "default", "bpfEnabled: true"), write: edits{"3.30.7", "3.30.7, dataPlane: ebpf"}, do: edits{"true", "false"}},
		{name: "Felix of one node is not the cluster's", topology: calico(plain), object: calicoRuns("FelixConfiguration", "node.gpu-1", "bpfEnabled: true"), found: -1},
		{name: "an Installation in another tunnel", topology: calico(plain), object: installation("ipPools: [{cidr: 10.142.0.0/20, encapsulation: VXLAN, " + gpu + "}]"), write: edits{"3.30.7", "3.30.7, tunnel: vxlan, mtu: 1230"}, do: edits{"VXLAN", "None"}},
		{name: "an Installation with a pool outside", topology: calico(plain), object: installation("ipPools: [{cidr: 192.168.0.0/16, encapsulation: None, " + gpu + "}]"), do: edits{"192.168.0.0/16", "10.142.0.0/20"}},
		{name: "an Installation whose addresses leave", topology: calico(plain), object: installation("ipPools: [{cidr: 10.142.0.0/20, natOutgoing: Disabled, " + gpu + "}]"), do: edits{"Disabled", "Enabled"}},
		{name: "an Installation with an MTU", topology: calico(plain), object: installation("mtu: 1400"), write: edits{"3.30.7", "3.30.7, mtu: 1400"}, do: edits{"1400", "1500"}},
		{name: "an Installation with nftables", topology: calico(plain), object: installation("linuxDataplane: Nftables"), write: edits{"3.30.7", "3.30.7, dataPlane: nftables"}, do: edits{"Nftables", "Iptables"}},
		{name: "an Installation that takes the first address", topology: calico(plain), object: installation("nodeAddressAutodetectionV4: {firstFound: true}"), do: edits{"firstFound: true", "kubernetes: NodeInternalIP"}},
	}
}
