package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Versions of Calico from which something is so.
const (
	// CalicoNFTablesMask: FelixConfiguration has nftablesMarkMask (calico v3.29.0, CRDs).
	CalicoNFTablesMask schema.Version = "3.29.0"
	// CalicoMaskInt64: the fields of masks are no longer int32 (projectcalico/calico
	// c185e70dd1, first in v3.33.0).
	CalicoMaskInt64 schema.Version = "3.33.0"
)

// calicoVersions are those whose definitions have every field that is rendered.
func calicoVersions() fact.Versions {
	v := canalVersions()
	v.From = fact.Known(fact.Floor{Version: "3.24.0", Brings: "wireguardEnabledV6 in its FelixConfiguration"},
		"calico v3.23.0 and v3.24.0, libcalico-go/config/crd/crd.projectcalico.org_felixconfigurations.yaml")
	return v
}

// Calico is projectcalico/calico.
func (plugins) Calico() Plugin {
	return Plugin{
		Type: schema.CNICalico, Title: "Calico",
		Pods: fact.Ranges(fact.Default("192.168.0.0/16", "is Calico's default IP pool", "projectcalico/calico node/pkg/lifecycle/startup", "3.30.7")),
		Modes: fact.Known([]Mode{{
			Name:        fact.Unknown[schema.IPAM](noChoice),
			Blocks:      fact.Known(Blocks{26, 122}, "calico 3.30.7, api/pkg/apis/projectcalico/v3/ippool.go: blockSize"),
			LongestIPv4: fact.Unknown[int]("its allocator has no such limit"),
			LongestIPv6: fact.Unknown[int]("its allocator has no such limit"),
			Pools:       fact.Known(PoolsOfRegion, "calico 3.30.7, api/pkg/apis/projectcalico/v3/ippool.go: nodeSelector"),
			Stays:       fact.Known(false, "calico 3.30.7, libcalico-go/lib/ipam: strictAffinity is off by default"),
			Roaming:     fact.Known("lends nodes further blocks and single addresses of other nodes' blocks", "calico 3.30.7, libcalico-go/lib/ipam"),
			Cure:        fact.Unknown[string]("with strictAffinity a node still gets further blocks"),
			ByHand:      fact.Unknown[[]string](nothing),
		}}, "calico 3.30.7, libcalico-go/lib/ipam"),
		Marks:    fact.Known(felixMarks(), felixSource),
		MarkMask: felixMask(),
		Ports: fact.Known([]fact.Port{
			{What: "calico-node reaches Typha", From: fact.Nodes, Ports: []string{"tcp:5473"}, Unless: fact.Always()},
			{What: "BGP between nodes", From: fact.Nodes, Ports: []string{"tcp:179"}, Unless: fact.Known([]schema.TunnelProtocol{schema.TunnelVXLAN}, requirements)},
		}, requirements+", network requirements"),
		Signs:           fact.Known(Signs{Objects: []string{"ConfigMap/kube-system/calico-config"}, Groups: []string{"crd.projectcalico.org", "projectcalico.org", "operator.tigera.io"}, Annotations: []string{"projectcalico.org/IPv4Address"}}, "calico v3.32.1, manifests/calico.yaml; libcalico-go/lib/backend/k8s/resources/node.go: annotations of Nodes"),
		Home:            fact.Unknown[string](anywhere),
		Tunnels:         fact.Known([]Tunnel{vxlan(), ipip(), wireGuard()}, "calico 3.30, \"Overlay networking\", \"Encrypt in-cluster pod traffic\""),
		Carries:         fact.Unknown[schema.TunnelProtocol]("our settings tell it"),
		Devices:         fact.Unknown[[]string]("it is told how to find a node's address, not its cards"),
		HostRouting:     fact.Unknown[schema.HostRouting]("it has no choice"),
		DataPlane:       fact.Known(schema.DataPlaneIPTables, "calico 3.30.7, felix/config/config_params.go"),
		StopsAtNFTables: fact.Known(true, "calico#13263, fixed in 3.33 only"),
		OneNetwork:      fact.Known(false, "calico 87c15906, felix/dataplane/linux/masq_mgr.go: a pool, even a disabled one, is exempt"),
		KubeProxy:       fact.Known(true, "calico 3.30.7: kube-proxy stays unless the eBPF data plane replaces it"),
		Policies:        fact.Known(PoliciesCalico, "calico v3.32.1, api/pkg/apis/projectcalico/v3"),
		Settings:        fact.Known(SettingsCalico, "calico v3.30.7 and v3.32.1, api/pkg/apis/projectcalico/v3 and the CRDs"),
		SetsMTU:         fact.Known(false, calicoMTU+": the operator's Installation, or a ConfigMap, has it"),
		Versions:        calicoVersions(),
		ByHand: fact.Known([]string{
			"Apply `cni/calico.yaml` and `calico.yaml` of this directory with calicoctl, or with kubectl where Calico's API server runs. With neither, write `crd.projectcalico.org/v1` for the apiVersion. FelixConfiguration `default` exists already: merge these fields into it.",
			"Delete or disable the pool `default-ipv4-ippool` before pods start, or nodes take addresses from it.",
			"Let nodes find their address by `IP_AUTODETECTION_METHOD=kubernetes-internal-ip`: detection does not leave tailscale0 out.",
			"Calico's pod MTU does not look at tailscale0: TCP is clamped on the gateways, UDP is not.",
		}, "calico 87c15906, node/pkg/lifecycle/startup, felix/config/config_params.go"),
	}
}

// felixSource is where Felix, which Calico and others enforce policy with, chooses marks.
const felixSource = "calico 87c15906, felix/config/config_params.go, felix/dataplane/driver.go"

// felixMarks are what Felix writes verdicts with: bits of its mask, the lowest first.
func felixMarks() []fact.Mark {
	return []fact.Mark{{
		Purpose: "verdicts", Mask: fact.Unknown[uint32]("a topology chooses it: cni.markMask"), Value: fact.Unknown[uint32]("varies with the verdict"),
		BesideBypass: fact.Known(fact.Sharing{
			Says: "Calico never sets bit 19", Needs: fact.Known(uint32(0), felixSource), Spares: fact.Known(uint32(0x80000), felixSource),
		}, felixSource),
		BesideTunnel: fact.Known(fact.Sharing{
			Says: "calico-ebpf-mark", Needs: fact.Known(uint32(0x1ff00000), felixSource), Spares: fact.Known(uint32(0xf0000), felixSource),
		}, "known issue"),
	}}
}

// felixMask has eight bits, of which Felix needs five to seven. Bit 31 stays out: up to
// 3.32 the field is an int32, which API servers hold it to from Kubernetes 1.36 on
// (apiextensions-apiserver v0.36.0, pkg/apiserver/validation/formats.go). The eBPF data
// plane takes at least four bits beside those that it insists on, so bits 20 to 23 stay
// shared.
func felixMask() fact.Datum[MarkMask] {
	return fact.Known(MarkMask{Usual: 0x7f002000, EBPF: 0x7ff00f00, EBPFNeeds: 0x1ff00000, Fewest: 5},
		"calico 87c15906, felix/bpf/tc/defs/defs.go, felix/dataplane/driver.go")
}
