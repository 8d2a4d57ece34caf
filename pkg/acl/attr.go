package acl

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// nodeAttrs are what the topology's provider, version and pool ask of the control
// server.
func (g *generator) nodeAttrs() []NodeAttr {
	var list []NodeAttr
	if tags := g.cgnatTags(); len(tags) > 0 {
		list = append(list, NodeAttr{
			Target: tags, Attr: []string{"disable-linux-cgnat-drop-rule"},
			Comment: "cgnat: the provider's own services live in 100.64.0.0/10",
		})
	}
	if pool := g.spec.Tailnet.IPPool; len(pool) > 0 && facts.Control(g.spec.Tailnet.Control).Pools.Value {
		list = append(list, NodeAttr{
			Target: g.regionTags(func(*schema.Region) bool { return true }), IPPool: cidr.Strings(pool),
			Comment: "pool: gateways take their tailnet addresses from here",
		})
	}
	return list
}

// cgnatTags are the gateways that must not drop 100.64.0.0/10 on their LAN: those of
// providers whose DNS and metadata live there, where tailscaled manages the firewall and
// knows the attribute.
func (g *generator) cgnatTags() []string {
	t := &g.spec.Tailnet
	if !facts.ControlOf(t).HasSection("nodeAttrs") {
		return nil // CheckTopology says so
	}
	return g.wantCGNAT()
}

// wantCGNAT are cgnatTags whatever the control server has.
func (g *generator) wantCGNAT() []string {
	t := &g.spec.Tailnet
	if t.NetfilterMode != schema.NetfilterOn || !facts.Since(facts.TailscaleDropAttribute).Contains(t.TailscaleVersion) {
		return nil
	}
	return g.regionTags(func(r *schema.Region) bool { return facts.Provider(r.Provider).SharesTailnet.Value })
}

func (g *generator) regionTags(keep func(*schema.Region) bool) []string {
	tags := map[string]bool{}
	for _, i := range g.selected(keep) {
		tags[g.sites[i].tag] = true
	}
	return sortedKeys(tags)
}
