package validate

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// MarkUse is a part of the 32-bit firewall mark that a component of a region's
// gateways sets or looks for.
type MarkUse struct {
	// Component is the program, with its version where that matters.
	Component string
	// Purpose says what the bits mean to it.
	Purpose string
	// Mask are the bits, and Value what it sets or looks for in them; 0 where that
	// varies.
	Mask, Value uint32
	// Source is where this is written.
	Source string

	use  markKind
	path string
}

// markKind tells uses apart, so that it can be said which pairs are settled.
type markKind int

const (
	markUser markKind = iota
	markKubeProxy
	markTailscaleBypass
	markTailscaleTunnel
	markCiliumMagic
	markCiliumIdentity
	markCalico
	markKubeRouter
	markWeave
	markOther
)

// Marks lists what uses the firewall mark on the gateways of region i, ours first to
// last: Kubernetes, Tailscale, the CNI, the user's own.
func Marks(t *schema.Topology, i int) []MarkUse { return marksOf(t.WithDefaults(), i) }

// marksOf is Marks of a topology with its defaults filled in: that costs a copy of
// every region, which ten thousand of them can afford once.
func marksOf(full *schema.Topology, i int) []MarkUse {
	r := &full.Spec.Regions[i]
	uses := slices.Concat(kubeProxyMarks(), tailscaleMarks(&full.Spec.Tailnet), cniMarks(r))
	for j, m := range full.Spec.Marks {
		if len(m.Regions) == 0 || slices.Contains(m.Regions, r.Name) {
			uses = append(uses, MarkUse{
				Component: m.Owner, Purpose: "declared in the topology", Mask: m.Mask, Value: m.Value,
				Source: fmt.Sprintf("spec.marks[%d]", j), path: fmt.Sprintf("spec.marks[%d]", j),
			})
		}
	}
	for k := range uses {
		if uses[k].path == "" {
			uses[k].path = fmt.Sprintf("spec.regions[%d].cni", i)
		}
	}
	return uses
}

func kubeProxyMarks() []MarkUse {
	const source = "kubernetes v1.33.1, pkg/proxy/apis/config/v1alpha1/defaults.go (bit 14), github.com/fwmark/registry (bit 15)"
	return []MarkUse{
		{Component: "kube-proxy", Purpose: "masquerade", Mask: 0x4000, Value: 0x4000, Source: source, use: markKubeProxy},
		{Component: "kube-proxy", Purpose: "drop", Mask: 0x8000, Value: 0x8000, Source: source, use: markKubeProxy},
	}
}

// tailscaleMarks: the bypass mark is on tailscaled's own packets in every mode, and
// its rule is at priority 5210; the other one is on packets from the tunnel, where
// tailscaled has rules of its own.
func tailscaleMarks(n *schema.Tailnet) []MarkUse {
	name := "tailscale " + string(n.TailscaleVersion)
	uses := []MarkUse{{
		Component: name, Purpose: "its own packets, to table main", Mask: 0xff0000, Value: 0x80000,
		Source: "tailscale 1.84.3, util/linuxfw/linuxfw.go, wgengine/router/router_linux.go", use: markTailscaleBypass,
	}}
	if n.NetfilterMode != schema.NetfilterOn {
		return uses
	}
	tunnel := MarkUse{
		Component: name, Purpose: "packets from the tunnel", Mask: 0xff0000, Value: 0x40000,
		Source: "tailscale 1.84.3, util/linuxfw/iptables_runner.go", use: markTailscaleTunnel,
	}
	if n.FirewallMode != schema.FirewallIPTables && n.TailscaleVersion.Before(1, 100, 0) {
		tunnel.Mask, tunnel.Value = 0xff00, 0x400
		tunnel.Source = "tailscale 1.84.3, util/linuxfw/nftables_runner.go (wrong byte order before 1.100.0)"
	}
	return append(uses, tunnel)
}

func cniMarks(r *schema.Region) []MarkUse {
	name := component(r.CNI)
	switch r.CNI.Type {
	case schema.CNICilium:
		return ciliumMarks(name)
	case schema.CNICalico:
		return []MarkUse{{
			Component: name, Purpose: "verdicts (" + string(r.CNI.DataPlane) + ")", Mask: r.CNI.MarkMask,
			Source: "calico 87c15906, felix/config/config_params.go, felix/dataplane/driver.go", use: markCalico,
		}}
	case schema.CNIKubeRouter:
		return []MarkUse{{Component: name, Purpose: "accepted by policy", Mask: 0x20000, Value: 0x20000, Source: "k3s#6255", use: markKubeRouter}}
	case schema.CNIWeave:
		return []MarkUse{{Component: name, Purpose: "policy", Mask: 0x20000, Value: 0x20000, Source: "github.com/fwmark/registry (Weave Net)", use: markWeave}}
	case schema.CNIAntrea:
		return []MarkUse{{Component: name, Purpose: "traffic of the host", Mask: 0x1, Value: 0x1, Source: "antrea pkg/agent/types/marks.go", use: markOther}}
	}
	return nil
}

func ciliumMarks(name string) []MarkUse {
	const source = "cilium 1.17.4, pkg/datapath/linux/linux_defaults/mark.go, bpf/lib/common.h"
	return []MarkUse{
		{Component: name, Purpose: "what the packet is (magic)", Mask: 0xf00, Source: source, use: markCiliumMagic},
		{Component: name, Purpose: "identity, bits 0 to 15", Mask: 0xffff0000, Source: source, use: markCiliumIdentity},
		{Component: name, Purpose: "identity, bits 16 to 23, or cluster", Mask: 0xff, Source: source, use: markOther},
	}
}
