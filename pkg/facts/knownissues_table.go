// Code generated from known.json by make golden; DO NOT EDIT.

package facts

import "github.com/kustomize-hybrid/kustomize-hybrid/schema"

var knownIssues = []schema.KnownIssue{schema.KnownIssue{
	Code:     "tailscale-nft-mark-cilium",
	Title:    "Tailscale's nftables rules write Cilium's overlay mark",
	Severity: "error",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			Until: "1.100.0",
		},
		NetfilterMode: []schema.NetfilterMode{"on"},
		FirewallMode:  []schema.FirewallMode{"nftables", "auto"},
		CNI:           []schema.CNIType{"cilium"},
	}},
	Symptom:    "traffic from other regions is dropped or keeps a pod's source address where it should be masqueraded; cilium monitor shows packets of the host with mark 0x400",
	Cause:      "in nftables mode, before 1.100.0 and on little-endian CPUs, tailscaled writes its mark in the wrong byte order: 0x400 under mask 0xff00 instead of 0x40000 under 0xff0000; 0x400 is Cilium's MARK_MAGIC_OVERLAY, so Cilium takes the packet for one of its own and skips NAT",
	Mitigation: "leave firewallMode out (then TS_DEBUG_FIREWALL_MODE=iptables is rendered), run tailscale 1.100.0 or later, or set netfilterMode: \"off\"",
	Evidence:   []string{"tailscale#11803, fixed by 48919f708 (#19725) in v1.100.0", "cilium#36104 (open), cilium#40192", "cilium 1.17.4 bpf/bpf_host.c, pkg/datapath/linux/linux_defaults/mark.go", "measured in namespaces with tailscaled 1.84.3"},
}, schema.KnownIssue{
	Code:     "tailscale-nft-mark-kube-proxy",
	Title:    "Tailscale's nftables rules wipe kube-proxy's mark",
	Severity: "warning",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			Until: "1.100.0",
		},
		NetfilterMode: []schema.NetfilterMode{"on"},
		FirewallMode:  []schema.FirewallMode{"nftables", "auto"},
		CNI:           []schema.CNIType{"antrea", "aws-vpc-cni", "azure-cni", "calico", "canal", "flannel", "kube-router", "other", "weave"},
	}},
	Symptom:    "a NodePort or LoadBalancer service works from its own region and times out from another",
	Cause:      "the mask 0xff00 of the same byte-order fault covers 0x4000 (masquerade) and 0x8000 (drop), which kube-proxy has set on packets that go to a service",
	Mitigation: "leave firewallMode out, run tailscale 1.100.0 or later, or set netfilterMode: \"off\"",
	Evidence:   []string{"tailscale#11803", "kubernetes v1.33.1 pkg/proxy/apis/config/v1alpha1/defaults.go (masqueradeBit 14)", "measured in namespaces with tailscaled 1.84.3: 0x44000 kept in iptables mode, 0x400 in nftables mode"},
}, schema.KnownIssue{
	Code:     "cilium-identity-bypass",
	Title:    "Cilium's identity looks like Tailscale's bypass mark",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNI:         []schema.CNIType{"cilium"},
		HostRouting: []schema.HostRouting{"legacy"},
	}},
	Symptom:    "one pod in 256 on a gateway cannot reach other regions, or Cilium Ingress on a gateway answers nothing from there, while its neighbours can",
	Cause:      "Cilium keeps a security identity in mark bits 16 to 31; where its low byte is 0x08 (the ingress identity 8, or 264, 520, ...) the packet matches tailscaled's rule `fwmark 0x80000/0xff0000 lookup main` at priority 5210 and never sees the tailnet's table 52",
	Mitigation: "gateway-setup.sh installs rules before 5210: 5195 to 5199 for other regions' prefixes, and 5205 `not fwmark 0x80000 lookup 52`: what carries other bits, too, is not tailscaled",
	Evidence:   []string{"cilium#46422 (open), cilium#35338", "tailscale#591 (open), tailscale#18695 (open)", "cilium 1.17.4 bpf/bpf_lxc.c, bpf/lib/overloadable_skb.h", "measured in network namespaces: ip route get with marks 0x80b00, 0x12080f00 and 0x80000"},
}, schema.KnownIssue{
	Code:     "cilium-src-valid-mark",
	Title:    "Tailscale turns src_valid_mark on, which breaks Cilium's proxy",
	Severity: "error",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			From: "1.98.0",
		},
		NetfilterMode: []schema.NetfilterMode{"on"},
		CNI:           []schema.CNIType{"cilium"},
		L7Proxy:       true,
	}},
	Symptom:    "layer 7 and DNS policies, Cilium Ingress and Gateway API stop working on gateways: connections through the proxy hang",
	Cause:      "tailscaled writes net.ipv4.conf.all.src_valid_mark=1, so the reverse path of a packet that Cilium redirects to its proxy is looked up with the proxy's mark",
	Mitigation: "set netfilterMode: \"off\", which leaves the setting alone, or run a tailscale before 1.98.0",
	Evidence:   []string{"cilium#48706 (open), cilium#41991, cilium#46260, cilium#47591", "tailscale#19796 (open); 33342aec3 in v1.98.0", "tailscale 1.102.3 wgengine/router/osrouter/router_linux.go"},
}, schema.KnownIssue{
	Code:     "tailscale-connmark",
	Title:    "Tailscale saves and restores marks in connection tracking",
	Severity: "warning",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			From: "1.96.0",
		},
		NetfilterMode: []schema.NetfilterMode{"on"},
		CNI:           []schema.CNIType{"cilium", "calico", "canal"},
	}},
	Symptom:    "on gateways, replies carry bits of the mark that nobody has set, and policies that read them misjudge",
	Cause:      "with its own rules on, tailscaled restores mark bits 16 to 23 from the connection in PREROUTING and saves them in OUTPUT, the field in which Cilium keeps an identity and Calico, by default, its verdicts",
	Mitigation: "set netfilterMode: \"off\"",
	Evidence:   []string{"tailscale#18860, 26ef46bf8 in v1.96.0", "tailscale 1.102.3 util/linuxfw/iptables_runner.go"},
}, schema.KnownIssue{
	Code:     "endpoint-over-cni",
	Title:    "Tailscale may take a CNI's address for a peer's endpoint",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNI:    []schema.CNIType{"antrea", "aws-vpc-cni", "azure-cni", "calico", "canal", "cilium", "flannel", "kube-router", "other", "weave"},
		Tunnel: []schema.TunnelProtocol{"none", "vxlan", "geneve", "ipip", "wireguard"},
	}},
	Symptom:    "API connections flap, throughput collapses, tailscale status shows a peer at an address of cilium_host, flannel.1 or a pod CIDR",
	Cause:      "every local address is offered as an endpoint; a peer that tries it sends WireGuard packets into the network that they are to carry: a tunnel in a tunnel",
	Mitigation: "gateway-setup.sh installs `ip rule iif lo ipproto udp fwmark 0x80000 lookup 5250 priority 5180`, and other regions' prefixes are unreachable in that table: tailscaled's own packets cannot go there; where one overlay carries all pods, the rule at 5181 and table 5249 do the same for pods of every region",
	Evidence:   []string{"cilium#48694", "tailscale#1552, tailscale#19797, tailscale#7594, tailscale#14306"},
}, schema.KnownIssue{
	Code:     "cgnat-drop-rule",
	Title:    "Tailscale drops everything from 100.64.0.0/10, the provider's own services too",
	Severity: "error",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			Until: "1.98.0",
		},
		NetfilterMode: []schema.NetfilterMode{"on"},
		Provider:      []string{"alibaba"},
	}},
	Symptom:    "on a gateway, DNS, mirrors and metadata of the provider time out, and so does everything that resolves names",
	Cause:      "tailscaled drops packets from 100.64.0.0/10 that do not come out of the tunnel, and the provider answers from 100.100.2.136 and its neighbours",
	Mitigation: "set netfilterMode: \"off\"; from 1.98.0 on a node attribute turns the rule off",
	Evidence:   []string{"tailscale#12828, tailscale#21249, tailscale#7472, tailscale#10237", "tailscale 1.84.3 util/linuxfw/iptables_runner.go", "measured in namespaces with tailscaled 1.84.3"},
}, schema.KnownIssue{
	Code:     "cgnat-drop-attribute",
	Title:    "The CGNAT drop rule needs a node attribute",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			From: "1.98.0",
		},
		NetfilterMode: []schema.NetfilterMode{"on"},
		Provider:      []string{"alibaba"},
	}},
	Symptom:    "on a gateway, DNS, mirrors and metadata of the provider time out",
	Cause:      "the rule that drops 100.64.0.0/10 outside the tunnel is on unless the tailnet policy gives the gateway the attribute disable-linux-cgnat-drop-rule",
	Mitigation: "tailnet/policy.json gives the gateways' tags the node attribute disable-linux-cgnat-drop-rule; whoever merges it by hand must not leave that out",
	Evidence:   []string{"tailscale 6301a6ce4 in v1.98.0, tailcfg/nodecap/nodecap.go", "tailscale#21249"},
}, schema.KnownIssue{
	Code:     "calico-mark-mask",
	Title:    "Calico's default mask covers Tailscale's bits",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNI:       []schema.CNIType{"calico", "canal"},
		DataPlane: []schema.DataPlane{"iptables", "nftables"},
	}},
	Symptom:    "on gateways, packets that Calico has accepted leave by the default route instead of the tunnel",
	Cause:      "Felix may use 0xffff0000 by default and takes the lowest bits first; up to 3.29 scratch1, from 3.30 on scratch0 is 0x80000, which is Tailscale's bypass mark",
	Mitigation: "cni/calico.yaml, or cni/canal.yaml, sets Felix's mask to 0x7f002000: eight bits outside 0xff0000 and outside kube-proxy's",
	Evidence:   []string{"calico felix/config/config_params.go, felix/dataplane/driver.go (87c15906)", "calico#9193"},
}, schema.KnownIssue{
	Code:     "calico-mask-int32",
	Title:    "Calico's mark mask may not use bit 31",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			From: "1.36.0",
		},
		CNIVersion: schema.VersionRange{
			Until: "3.33.0",
		},
		CNI: []schema.CNIType{"calico", "canal"},
	}},
	Symptom:    "FelixConfiguration is refused: must be of type integer with format int32",
	Cause:      "Calico's definition calls the masks int32, and API servers hold integers to that from 1.36 on; the usual 0xff000000 is larger",
	Mitigation: "the masks in cni/calico.yaml and cni/canal.yaml leave bit 31 out",
	Evidence:   []string{"apiextensions-apiserver v0.35.0 and v0.36.0 pkg/apiserver/validation/formats.go", "calico v3.30.7 and v3.32.1 felixconfigurations CRD; c185e70dd1 makes it int64", "measured with the schema validation of apiextensions-apiserver v0.37.2"},
}, schema.KnownIssue{
	Code:     "calico-ebpf-mark",
	Title:    "Calico's eBPF data plane shares bits with Tailscale's rules",
	Severity: "warning",
	When: []schema.IssueCondition{schema.IssueCondition{
		NetfilterMode: []schema.NetfilterMode{"on"},
		CNI:           []schema.CNIType{"calico"},
		DataPlane:     []schema.DataPlane{"ebpf"},
	}},
	Symptom:    "on gateways, Calico misjudges packets that came out of the tunnel",
	Cause:      "the eBPF data plane needs 0x1ff00000, and Tailscale's rule for packets from the tunnel clears bits 16 to 23, of which 20 to 23 are Calico's; no setting separates the two",
	Mitigation: "set netfilterMode: \"off\"; cni/calico.yaml keeps the remaining bits out of the way (0x7ff00f00)",
	Evidence:   []string{"calico felix/bpf/tc/defs/defs.go, felix/dataplane/driver.go (87c15906)", "derived from both programs' sources; not seen on a live cluster"},
}, schema.KnownIssue{
	Code:     "felix-foreign-nft",
	Title:    "Felix stops at Tailscale's nftables tables",
	Severity: "error",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNIVersion: schema.VersionRange{
			Until: "3.33.0",
		},
		NetfilterMode: []schema.NetfilterMode{"on"},
		FirewallMode:  []schema.FirewallMode{"nftables", "auto"},
		CNI:           []schema.CNIType{"calico", "canal"},
	}},
	Symptom:    "calico-node on gateways restarts again and again; its log says that iptables-nft-save found an incompatible table",
	Cause:      "tailscaled's nftables rules in the tables of iptables-nft are more than iptables-nft-save can print, and Felix gives up",
	Mitigation: "leave firewallMode out (iptables is rendered below 1.100.0), or set netfilterMode: \"off\"",
	Evidence:   []string{"calico#13263, fixed by calico#13328 and calico#13579 on release-v3.33", "measured in namespaces with tailscaled 1.84.3: iptables-save 1.8.9 exits with 3"},
}, schema.KnownIssue{
	Code:     "kube-router-mark",
	Title:    "kube-router's mark lies in Tailscale's field",
	Severity: "warning",
	When: []schema.IssueCondition{schema.IssueCondition{
		NetfilterMode: []schema.NetfilterMode{"on"},
		CNI:           []schema.CNIType{"kube-router"},
	}},
	Symptom:    "on gateways, network policies drop or accept what they should not",
	Cause:      "kube-router marks accepted packets with 0x20000; Tailscale's rule for packets from the tunnel clears bits 16 to 23",
	Mitigation: "set netfilterMode: \"off\"",
	Evidence:   []string{"k3s#6255"},
}, schema.KnownIssue{
	Code:     "weave-mark",
	Title:    "Weave's mark lies in Tailscale's field",
	Severity: "warning",
	When: []schema.IssueCondition{schema.IssueCondition{
		NetfilterMode: []schema.NetfilterMode{"on"},
		CNI:           []schema.CNIType{"weave"},
	}},
	Symptom:    "on gateways, network policies drop or accept what they should not",
	Cause:      "Weave marks packets with 0x20000; Tailscale's rule for packets from the tunnel clears bits 16 to 23",
	Mitigation: "set netfilterMode: \"off\"",
	Evidence:   []string{"github.com/fwmark/registry (Weave Net)"},
}, schema.KnownIssue{
	Code:     "static-pod-api-references",
	Title:    "Static pods may not refer to API objects",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			From: "1.34.0",
		},
		GatewayMode: []schema.GatewayMode{"staticPod"},
	}},
	Symptom:    "the gateway of a static-pod region does not start after an upgrade of the kubelet",
	Cause:      "PreventStaticPodAPIReferences is on by default from 1.34 on and cannot be turned off from 1.37 on: the kubelet refuses static pods that refer to a Secret, ConfigMap, ServiceAccount or claim",
	Mitigation: "the rendered static pods refer to none; keep it so when you patch them",
	Evidence:   []string{"kubernetes 1.34 and 1.37 release notes", "kubernetes v1.33.1 plugin/pkg/admission/noderestriction/admission.go"},
}, schema.KnownIssue{
	Code:     "static-pod-mirror-refused",
	Title:    "A static pod with API references is not seen by the cluster",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			Until: "1.34.0",
		},
		GatewayMode: []schema.GatewayMode{"staticPod"},
	}},
	Symptom:    "the gateway runs and kubectl does not show it",
	Cause:      "below 1.34 the kubelet runs static pods that refer to API objects, but the mirror pod is refused",
	Mitigation: "the rendered static pods refer to none; keep it so when you patch them",
	Evidence:   []string{"measured with kubelet 1.33.1", "kubernetes v1.33.1 plugin/pkg/admission/serviceaccount/admission.go"},
}, schema.KnownIssue{
	Code:     "containerboot-static-restart",
	Title:    "A restarted static-pod gateway looks for a service account",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			Until: "1.96.0",
		},
		GatewayMode: []schema.GatewayMode{"staticPod"},
	}},
	Symptom:    "CrashLoopBackOff after the node has joined: error initializing kube client, serviceaccount/namespace: no such file",
	Cause:      "once the node has joined, the kubelet gives every container KUBERNETES_SERVICE_HOST, and containerboot before 1.96.0 then insists on a service account, whatever TS_KUBE_SECRET says",
	Mitigation: "the rendered environment sets KUBERNETES_SERVICE_HOST and TS_KUBE_SECRET to nothing, explicitly",
	Evidence:   []string{"measured with kubelet 1.33.1, containerd and containerboot 1.84.3", "tailscale 1.84.3 cmd/containerboot/kube.go"},
}, schema.KnownIssue{
	Code:     "advertise-host-bits",
	Title:    "Advertised routes with host bits are refused",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			From: "1.98.0",
		},
	}},
	Symptom:    "tailscaled refuses to start with a route such as 10.0.0.1/24",
	Cause:      "from 1.98.0 on, prefixes with host bits are an error instead of being masked",
	Mitigation: "prefixes with host bits are refused when the topology is read, so TS_ROUTES has none",
	Evidence:   []string{"tailscale#18649, ipn/conf.go"},
}, schema.KnownIssue{
	Code:     "config-file-snat",
	Title:    "The configuration file cannot turn SNAT off",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			Until: "1.98.0",
		},
	}},
	Symptom:    "pods of another region are seen as the gateway although DisableSNAT is set",
	Cause:      "before 1.98.0 DisableSNAT in the file of TS_EXPERIMENTAL_VERSIONED_CONFIG_DIR is read and not applied",
	Mitigation: "flags are rendered (--snat-subnet-routes=false in TS_EXTRA_ARGS), not that file; do not add it",
	Evidence:   []string{"tailscale 1.84.3 ipn/conf.go; fixed by 1e51d57cd in v1.98.0"},
}, schema.KnownIssue{
	Code:     "stateful-filtering",
	Title:    "Stateful filtering was on by default",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			From:  "1.66.0",
			Until: "1.66.4",
		},
	}},
	Symptom:    "connections from a region's LAN into the tunnel are dropped",
	Cause:      "--stateful-filtering was on by default from 1.66.0 to 1.66.3 and drops what the LAN opens towards the tunnel",
	Mitigation: "--stateful-filtering=false is rendered",
	Evidence:   []string{"tailscale cmd/tailscale/cli/up.go"},
}, schema.KnownIssue{
	Code:     "mss-clamp",
	Title:    "Tailscale clamps no segment size for subnet routers",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			Until: "1.102.0",
		},
	}, schema.IssueCondition{
		Tailscale: schema.VersionRange{
			From: "1.102.0",
		},
		NetfilterMode: []schema.NetfilterMode{"off"},
	}},
	Symptom:    "small requests work between regions, large answers hang",
	Cause:      "the tunnel carries 1280 bytes; before 1.102.0 nothing lowers the MSS for a subnet router, and later only Tailscale's own rules do",
	Mitigation: "gateway-setup.sh clamps in both directions, IPv4 and IPv6",
	Evidence:   []string{"tailscale#20077, 6a275c01d in v1.102.0", "tailscale 1.84.3 cmd/containerboot/forwarding.go"},
}, schema.KnownIssue{
	Code:     "trim-wireguard",
	Title:    "A gateway that becomes primary again is deaf for a while",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tailscale: schema.VersionRange{
			Until: "1.98.0",
		},
		HAStrategy: []schema.HAStrategy{"relay", "supersets"},
	}},
	Symptom:    "after a failover back, about 14 seconds without a packet",
	Cause:      "a peer that was idle is trimmed from the WireGuard configuration; the other side keeps using the forgotten session",
	Mitigation: "TS_DEBUG_TRIM_WIREGUARD=false is rendered",
	Evidence:   []string{"measured in namespaces with tailscaled 1.84.3", "tailscale f343b496c, first in v1.98.0, takes trimming out", "tailscale 1.84.3 wgengine/userspace.go"},
}, schema.KnownIssue{
	Code:     "gateway-pods-split-primaries",
	Title:    "A gateway's own pods lose other regions' nodes while nodes and pods of the region have different primaries",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tunnel:     []schema.TunnelProtocol{"vxlan", "geneve", "ipip", "wireguard"},
		HAStrategy: []schema.HAStrategy{"relay"},
	}, schema.IssueCondition{
		CNI:        []schema.CNIType{"flannel", "canal"},
		HAStrategy: []schema.HAStrategy{"relay"},
	}},
	Symptom:    "a pod that runs on a gateway cannot reach nodes of another region, while all other ways work; tcpdump on the LAN shows its packet twice; tailscale status of a peer shows the region's node CIDRs and its pod CIDRs at different gateways",
	Cause:      "a plugin with an overlay, and Flannel in any case, gives a pod's packet to a node of another region the address of its own node, after the route has been chosen for a pod: it goes to the gateway that is primary for the pod CIDRs, which hands it, by its new source, to the primary for the node CIDRs; where that is the pod's own gateway, its kernel drops what comes from itself (a martian)",
	Mitigation: "keep pods that connect to nodes of other regions off the gateways, by a taint; or let one gateway be primary for both: turn off the routes of the other one in the control server and on again; or use ha.strategy single or supersets",
	Evidence:   []string{"measured with tailscaled 1.84.3 and two gateways in a region whose pods are in an overlay (the lab's vpc-overlay), by taking routes from one of them", "linux 6.1 net/ipv4/fib_frontend.c, fib_validate_source"},
}, schema.KnownIssue{
	Code:     "relay-needs-lan",
	Title:    "A standby cannot hand over where the network routes by table",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Provider:   []string{"alibaba", "azure", "gcp"},
		HAStrategy: []schema.HAStrategy{"relay"},
	}},
	Symptom:    "nodes whose route points at a standby lose the other regions; a node's own route to a gateway does nothing, or cannot be set",
	Cause:      "these networks deliver by their route tables and not to the neighbour that the guest names, so what a standby sends to the primary's LAN address is routed again",
	Mitigation: "describe the region's network (spec.regions[].network) and run the provider's program (cloud/aws.sh and others): routes of the network lead to the first gateway, and follow moves them when another one is the primary, by units on the gateways' hosts where network.failover is watch; or run one gateway in the region",
	Evidence:   []string{"cloud.google.com/vpc/docs/routes: static routes are applied to every packet that leaves a VM", "learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview", "not measured: no such network was at hand"},
}, schema.KnownIssue{
	Code:     "cilium-kubernetes-untested",
	Title:    "Cilium is not tested with this Kubernetes version",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			Until: "1.27.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.16.0",
			Until: "1.17.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			From: "1.31.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.16.0",
			Until: "1.17.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			Until: "1.29.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.17.0",
			Until: "1.18.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			From: "1.33.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.17.0",
			Until: "1.18.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			Until: "1.30.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.18.0",
			Until: "1.19.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			From: "1.34.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.18.0",
			Until: "1.19.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			Until: "1.31.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.19.0",
			Until: "1.20.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			From: "1.35.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.19.0",
			Until: "1.20.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			Until: "1.33.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.20.0",
			Until: "1.21.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		Kubernetes: schema.VersionRange{
			From: "1.37.0",
		},
		CNIVersion: schema.VersionRange{
			From:  "1.20.0",
			Until: "1.21.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}},
	Symptom:    "nothing, most of the time; a field or an API that one of the two does not know",
	Cause:      "Cilium's end-to-end tests ran with Kubernetes 1.27 to 1.30 (1.16), 1.29 to 1.32 (1.17), 1.30 to 1.33 (1.18), 1.31 to 1.34 (1.19) and 1.33 to 1.36 (1.20)",
	Mitigation: "upgrade whichever is older, or test the pair yourself",
	Evidence:   []string{"cilium 1.16.9, 1.17.3, 1.18.0, 1.19.0 and 1.20.2 Documentation/network/kubernetes/compatibility.rst"},
}, schema.KnownIssue{
	Code:     "cilium-unknown-version",
	Title:    "The facts about Cilium end before this version",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNIVersion: schema.VersionRange{
			From: "1.21.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}, schema.IssueCondition{
		CNIVersion: schema.VersionRange{
			Until: "1.16.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}},
	Symptom:    "a Helm value or an agent option that is rendered and that the chart does not know",
	Cause:      "values, options and API versions were checked against Cilium 1.16 to 1.20",
	Mitigation: "compare cni/cilium-values.yaml with the chart's values",
	Evidence:   []string{"cilium 1.16.9, 1.17.3, 1.18.0, 1.19.0 and 1.20.2 install/kubernetes/cilium/values.yaml"},
}, schema.KnownIssue{
	Code:     "cilium-devices",
	Title:    "Cilium takes tailscale0 for a network card",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNI: []schema.CNIType{"cilium"},
	}},
	Symptom:    "NodePort answers on 100.x, pods' MTU is 1280 everywhere on a gateway, BPF programs sit on tailscale0",
	Cause:      "left to itself the agent picks every device that is up and has a global route, and tailscale0 is not on its list of exceptions",
	Mitigation: "devices is rendered, cluster-wide and for each region",
	Evidence:   []string{"cilium#46211, cilium#46680", "cilium 1.17.4 pkg/datapath/linux/devices_controller.go, pkg/defaults/node.go, pkg/mtu/manager.go"},
}, schema.KnownIssue{
	Code:     "cilium-direct-routes",
	Title:    "Direct node routes fail for nodes behind a gateway",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNI:    []schema.CNIType{"cilium"},
		Tunnel: []schema.TunnelProtocol{"none"},
	}},
	Symptom:    "the agent logs that a node must be directly reachable and installs no route for its pods",
	Cause:      "autoDirectNodeRoutes wants every node on the same link; nodes of other regions are behind a gateway",
	Mitigation: "directRoutingSkipUnreachable is rendered together with autoDirectNodeRoutes",
	Evidence:   []string{"cilium 1.17.4 pkg/datapath/linux/node.go"},
}, schema.KnownIssue{
	Code:     "cilium-bpf-masquerade-nodeport",
	Title:    "BPF masquerading needs BPF NodePort",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNIVersion: schema.VersionRange{
			Until: "1.19.0",
		},
		CNI: []schema.CNIType{"cilium"},
	}},
	Symptom:    "the agent does not start: BPF masquerade requires NodePort (--enable-node-port=\"true\")",
	Cause:      "before 1.19 BPF masquerading, which ip-masq-agent needs, only works with Cilium's NodePort",
	Mitigation: "nodePort.enabled: true is rendered",
	Evidence:   []string{"cilium 1.16.9, 1.17.3 and 1.18.0 daemon/cmd/daemon.go"},
}, schema.KnownIssue{
	Code:     "cilium-multi-pool-tunnel",
	Title:    "Multi-pool IPAM cannot be used with tunnels",
	Severity: "error",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNIVersion: schema.VersionRange{
			Until: "1.18.0",
		},
		CNI:    []schema.CNIType{"cilium"},
		IPAM:   []schema.IPAM{"multi-pool"},
		Tunnel: []schema.TunnelProtocol{"vxlan", "geneve"},
	}},
	Symptom:    "the agent does not start, or pods in a second pool cannot be reached",
	Cause:      "before 1.18 multi-pool IPAM supports native routing only",
	Mitigation: "set tunnel: none, ipam: kubernetes, or run Cilium 1.18 or later",
	Evidence:   []string{"cilium 1.16.9 and 1.17.3 Documentation/network/concepts/ipam/multi-pool.rst"},
}, schema.KnownIssue{
	Code:     "cilium-multi-pool-preview",
	Title:    "Multi-pool IPAM is a preview",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNIVersion: schema.VersionRange{
			Until: "1.19.0",
		},
		CNI:  []schema.CNIType{"cilium"},
		IPAM: []schema.IPAM{"multi-pool"},
	}},
	Symptom:    "a node that no CiliumNodeConfig selects waits for a pool called default and never becomes ready",
	Cause:      "up to 1.18 multi-pool IPAM is a preview; it is the only mode that gives each region its own pod CIDR",
	Mitigation: "one CiliumPodIPPool and one CiliumNodeConfig are rendered for each region; every node must carry the label kustomize-hybrid.dev/region of exactly one of them when its agent starts",
	Evidence:   []string{"cilium 1.17.4 Documentation/network/concepts/ipam/multi-pool.rst, pkg/ipam/multipool.go"},
}, schema.KnownIssue{
	Code:     "cilium-host-routing-mtu",
	Title:    "BPF host routing passes the MSS clamp by",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNI:         []schema.CNIType{"cilium"},
		HostRouting: []schema.HostRouting{"bpf"},
		Tunnel:      []schema.TunnelProtocol{"none"},
	}},
	Symptom:    "pods on a gateway can send small packets to other regions and no large ones",
	Cause:      "with BPF host routing a pod's packets never see netfilter's FORWARD, where the clamp is",
	Mitigation: "a CiliumNodeConfig sets mtu 1280 on gateways; UDP is clamped nowhere",
	Evidence:   []string{"cilium 1.17.4 bpf/bpf_lxc.c"},
}, schema.KnownIssue{
	Code:     "azure-ipip",
	Title:    "Azure drops IP in IP",
	Severity: "error",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tunnel:   []schema.TunnelProtocol{"ipip"},
		Provider: []string{"azure"},
	}},
	Symptom:    "pods on different nodes of the region cannot reach each other",
	Cause:      "Azure's virtual network drops IP-in-IP and GRE",
	Mitigation: "set tunnel: vxlan or none",
	Evidence:   []string{"Azure Virtual Network FAQ"},
}, schema.KnownIssue{
	Code:     "tailscale-ipip",
	Title:    "Tailscale's packet filter lets IP in IP pass only by name",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Tunnel: []schema.TunnelProtocol{"ipip"},
	}},
	Symptom:    "ping between nodes works, pods of different regions cannot reach each other",
	Cause:      "a rule of the tailnet policy without protocols means TCP, UDP and ICMP; IP protocol 4 passes only where it is named",
	Mitigation: "tailnet/policy.json names the protocol; whoever merges it by hand must not leave that out",
	Evidence:   []string{"tailscale 1.84.3 wgengine/filter/match.go"},
}, schema.KnownIssue{
	Code:     "operator-host-network",
	Title:    "The operator's routers see the pod network only",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Operator: true,
	}},
	Symptom:    "a Connector that advertises a region's node CIDR reaches its own node and nothing behind it",
	Cause:      "the operator runs routers as a StatefulSet without host network, in every version so far, and without a switch for SNAT; replicas exist from 1.88.0 on",
	Mitigation: "the gateways are rendered as host-network pods; do not let a Connector advertise their prefixes as well",
	Evidence:   []string{"tailscale k8s-operator/apis/v1alpha1/types_connector.go (12ad63012 in v1.88.0)", "tailscale#13981, tailscale#16721"},
}, schema.KnownIssue{
	Code:     "operator-route-acceptor",
	Title:    "The operator cannot route nodes into the tailnet yet",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		Operator: true,
		CNI:      []schema.CNIType{"cilium"},
	}},
	Symptom:    "pods reach other regions with the address of a proxy",
	Cause:      "RouteAcceptor, which is to accept routes for a cluster and reads Cilium's configuration, is not released; as proposed it masquerades",
	Mitigation: "node-routes.sh sets nodes' routes",
	Evidence:   []string{"tailscale#21241, tailscale#21243, tailscale#21245"},
}, schema.KnownIssue{
	Code:     "node-ip",
	Title:    "The kubelet may pick a tailnet address for its node",
	Severity: "info",
	When: []schema.IssueCondition{schema.IssueCondition{
		GatewayMode: []schema.GatewayMode{"staticPod", "daemonSet", "perNode", "host"},
	}},
	Symptom:    "the node's InternalIP is a 100.x address after a restart",
	Cause:      "without --node-ip the kubelet resolves its own name, which MagicDNS may answer with 100.x",
	Mitigation: "pass --node-ip explicitly on every node; TS_ACCEPT_DNS=false is rendered for gateways",
	Evidence:   []string{"kubernetes v1.33.1 pkg/kubelet/nodestatus/setters.go"},
}, schema.KnownIssue{
	Code:     "azure-cni-overlay",
	Title:    "Azure CNI's overlay hides pods from everybody outside the cluster's own network",
	Severity: "warning",
	When: []schema.IssueCondition{schema.IssueCondition{
		CNI: []schema.CNIType{"azure-cni"},
	}},
	Symptom:    "with networkPluginMode overlay, pods of other regions do not reach pods of this one, and see its pods with their nodes' addresses",
	Cause:      "pods' addresses are of a routing domain of Azure's own: the virtual network has no route to them, and what leaves for elsewhere is translated to the node's address",
	Mitigation: "give pods a subnet of the virtual network (Azure CNI with a pod subnet, or the node subnet), and suppress this; a topology cannot tell the two apart",
	Evidence:   []string{"learn.microsoft.com, AKS: Azure CNI Overlay networking (communication with endpoints outside the cluster), read 2026-11"},
}}
