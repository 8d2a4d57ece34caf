// Package marks knows who uses which bits of the 32-bit firewall mark on a region's
// gateways: Kubernetes, Tailscale, the network plugin, and what the user declares.
//
// Start with Of for one region, or with Table for all of them in Markdown.
package marks

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Use is a part of the 32-bit firewall mark that a component of a region's
// gateways sets or looks for.
type Use struct {
	// Component is the program, with its version where that matters.
	Component string
	// Purpose says what the bits mean to it.
	Purpose string
	// Mask are the bits, and Value what it sets or looks for in them; 0 where that
	// varies.
	Mask, Value uint32
	// Source is where this is written.
	Source string

	// Path is the field of the topology that brings the use in.
	Path string

	use kind
}

// kind tells uses apart, so that it can be said which pairs are settled.
type kind int

const (
	user kind = iota
	kubeProxy
	tailscaleBypass
	tailscaleTunnel
	ciliumMagic
	ciliumIdentity
	calico
	kubeRouter
	weave
	other
)

// Of lists what uses the firewall mark on the gateways of region i, ours first to
// last: Kubernetes, Tailscale, the CNI, the user's own.
func Of(p *plan.Plan, i int) []Use {
	full := p.Topology
	r := &full.Spec.Regions[i]
	uses := slices.Concat(kubeProxyMarks(), tailscaleMarks(&full.Spec.Tailnet), cniMarks(r))
	for j, m := range full.Spec.Marks {
		if len(m.Regions) == 0 || slices.Contains(m.Regions, r.Name) {
			uses = append(uses, Use{
				Component: m.Owner, Purpose: "declared in the topology", Mask: m.Mask, Value: m.Value,
				Source: fmt.Sprintf("spec.marks[%d]", j), Path: fmt.Sprintf("spec.marks[%d]", j),
			})
		}
	}
	for k := range uses {
		if uses[k].Path == "" {
			uses[k].Path = fmt.Sprintf("spec.regions[%d].cni", i)
		}
	}
	return uses
}

func kubeProxyMarks() []Use {
	const source = "kubernetes v1.33.1, pkg/proxy/apis/config/v1alpha1/defaults.go (bit 14), github.com/fwmark/registry (bit 15)"
	return []Use{
		{Component: "kube-proxy", Purpose: "masquerade", Mask: 0x4000, Value: 0x4000, Source: source, use: kubeProxy},
		{Component: "kube-proxy", Purpose: "drop", Mask: 0x8000, Value: 0x8000, Source: source, use: kubeProxy},
	}
}

// tailscaleMarks: the bypass mark is on tailscaled's own packets in every mode, and
// its rule is at priority 5210; the other one is on packets from the tunnel, where
// tailscaled has rules of its own.
func tailscaleMarks(n *schema.Tailnet) []Use {
	name := "tailscale " + string(n.TailscaleVersion)
	uses := []Use{{
		Component: name, Purpose: "its own packets, to table main", Mask: 0xff0000, Value: 0x80000,
		Source: "tailscale 1.84.3, util/linuxfw/linuxfw.go, wgengine/router/router_linux.go", use: tailscaleBypass,
	}}
	if n.NetfilterMode != schema.NetfilterOn {
		return uses
	}
	tunnel := Use{
		Component: name, Purpose: "packets from the tunnel", Mask: 0xff0000, Value: 0x40000,
		Source: "tailscale 1.84.3, util/linuxfw/iptables_runner.go", use: tailscaleTunnel,
	}
	if n.FirewallMode != schema.FirewallIPTables && n.TailscaleVersion.Before(1, 100, 0) {
		tunnel.Mask, tunnel.Value = 0xff00, 0x400
		tunnel.Source = "tailscale 1.84.3, util/linuxfw/nftables_runner.go (wrong byte order before 1.100.0)"
	}
	return append(uses, tunnel)
}

func cniMarks(r *schema.Region) []Use {
	name := r.CNI.Release()
	switch r.CNI.Type {
	case schema.CNICilium:
		return ciliumMarks(name)
	case schema.CNICalico:
		return []Use{{
			Component: name, Purpose: "verdicts (" + string(r.CNI.DataPlane) + ")", Mask: r.CNI.MarkMask,
			Source: "calico 87c15906, felix/config/config_params.go, felix/dataplane/driver.go", use: calico,
		}}
	case schema.CNIKubeRouter:
		return []Use{{Component: name, Purpose: "accepted by policy", Mask: 0x20000, Value: 0x20000, Source: "k3s#6255", use: kubeRouter}}
	case schema.CNIWeave:
		return []Use{{Component: name, Purpose: "policy", Mask: 0x20000, Value: 0x20000, Source: "github.com/fwmark/registry (Weave Net)", use: weave}}
	case schema.CNIAntrea:
		return []Use{{Component: name, Purpose: "traffic of the host", Mask: 0x1, Value: 0x1, Source: "antrea pkg/agent/types/marks.go", use: other}}
	}
	return nil
}

func ciliumMarks(name string) []Use {
	const source = "cilium 1.17.4, pkg/datapath/linux/linux_defaults/mark.go, bpf/lib/common.h"
	return []Use{
		{Component: name, Purpose: "what the packet is (magic)", Mask: 0xf00, Source: source, use: ciliumMagic},
		{Component: name, Purpose: "identity, bits 0 to 15", Mask: 0xffff0000, Source: source, use: ciliumIdentity},
		{Component: name, Purpose: "identity, bits 16 to 23, or cluster", Mask: 0xff, Source: source, use: other},
	}
}
