// Package marks knows who uses which bits of the 32-bit firewall mark on a region's
// gateways: Kubernetes, Tailscale, the network plugin, and what the user declares.
//
// Start with Of for one region, or with Table for all of them in Markdown.
package marks

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
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

	party party
	// mark is what facts say of a use by somebody else than Tailscale.
	mark fact.Mark
	// declared is a use that the topology states.
	declared bool
}

// IsDeclared reports whether the topology states the use, under spec.marks.
func (m Use) IsDeclared() bool { return m.declared }

// party tells Tailscale's two uses from each other and from everybody else's.
type party int

const (
	others party = iota
	tailscaleBypass
	tailscaleTunnel
)

// Of lists what uses the firewall mark on the gateways of region i, ours first to
// last: Kubernetes, Tailscale, the CNI, the user's own.
func Of(p *plan.Plan, i int) []Use {
	full := p.Topology
	r := &full.Spec.Regions[i]
	uses := slices.Concat(kubeProxyMarks(), tailscaleMarks(&full.Spec.Tailnet), pluginMarks(&r.CNI))
	for j, m := range full.Spec.Marks {
		if len(m.Regions) == 0 || slices.Contains(m.Regions, r.Name) {
			uses = append(uses, Use{
				Component: m.Owner, Purpose: "declared in the topology", Mask: m.Mask, Value: m.Value,
				Source: fmt.Sprintf("spec.marks[%d]", j), Path: fmt.Sprintf("spec.marks[%d]", j), declared: true,
			})
		}
	}
	for k := range uses {
		if uses[k].Path == "" {
			uses[k].Path = "spec.regions[" + strconv.Itoa(i) + "].cni"
		}
	}
	return uses
}

// kubeProxyMarks are the same in every region.
var kubeProxyMarks = sync.OnceValue(func() []Use {
	var uses []Use
	component := facts.KubeProxy()
	for _, m := range component.Marks.Value {
		uses = append(uses, newUse(component.Title, m))
	}
	return uses
})

func newUse(component string, m fact.Mark) Use {
	return Use{Component: component, Purpose: m.Purpose, Mask: m.Mask.Value, Value: m.Value.Value, Source: m.Mask.Source, mark: m}
}

// tailscaleMarks: the bypass mark is on tailscaled's own packets in every mode, and
// its rule is at priority 5210; the other one is on packets from the tunnel, where
// tailscaled has rules of its own.
func tailscaleMarks(n *schema.Tailnet) []Use {
	name := "tailscale " + string(n.TailscaleVersion)
	uses := []Use{{
		Component: name, Purpose: "its own packets, to table main", Mask: facts.TailscaleMarkMask, Value: facts.TailscaleBypassMark,
		Source: "tailscale 1.84.3, util/linuxfw/linuxfw.go, wgengine/router/router_linux.go", party: tailscaleBypass,
	}}
	if n.NetfilterMode != schema.NetfilterOn {
		return uses
	}
	tunnel := Use{
		Component: name, Purpose: "packets from the tunnel", Mask: facts.TailscaleMarkMask, Value: facts.TailscaleTunnelMark,
		Source: "tailscale 1.84.3, util/linuxfw/iptables_runner.go", party: tailscaleTunnel,
	}
	if n.FirewallMode != schema.FirewallIPTables && facts.Before(facts.TailscaleByteOrder).Contains(n.TailscaleVersion) {
		tunnel.Mask, tunnel.Value = facts.TailscaleSwappedMask, facts.TailscaleSwappedMark
		tunnel.Source = "tailscale 1.84.3, util/linuxfw/nftables_runner.go (wrong byte order before 1.100.0)"
	}
	return append(uses, tunnel)
}

// pluginMarks are the network plugin's. Where the topology chooses the bits, they are what
// its data plane writes verdicts with.
func pluginMarks(c *schema.CNI) []Use {
	var uses []Use
	marks := facts.Plugin(c.Type).Marks
	for _, m := range marks.Value {
		u := newUse(c.Release(), m)
		if !m.Mask.IsKnown() {
			u.Mask, u.Purpose, u.Source = c.MarkMask, m.Purpose+" ("+string(c.DataPlane)+")", marks.Source
		}
		uses = append(uses, u)
	}
	return uses
}
