package claim

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// ActivePack is a pack and the regions that brought it in.
type ActivePack struct {
	Pack
	Regions []int32 // nil: the whole topology
	// Guessed is the provider, as messages call it, of regions that were taken to be
	// concerned without the user saying so; its findings are warnings. Empty where none was.
	Guessed string
}

// Concerns reports whether the range is about the claim. What the whole cluster
// shares concerns every region.
func (p *ActivePack) Concerns(r *Range, c *Claim) bool {
	switch {
	case r.Fills != 0:
		return false
	case r.Scope == Own:
		return c.Region < 0 || p.has(c.Region)
	case r.Scope == Others:
		return c.Region < 0 || slices.ContainsFunc(p.Regions, func(i int32) bool { return i != c.Region })
	}
	return true
}

// has reports whether the region brought the pack in; Regions are in order.
func (p *ActivePack) has(region int32) bool {
	_, ok := slices.BinarySearch(p.Regions, region)
	return ok
}

// ActivePacks selects from all the packs what concerns the topology.
func ActivePacks(t *schema.Topology, all []Pack) []ActivePack {
	brought := keys(t)
	var active []ActivePack
	for _, p := range all {
		regions, ok := brought[p.Key]
		if ok || p.Key == "" {
			active = append(active, ActivePack{p, regions, guessedAuto(t, p.Key, regions)})
		}
	}
	return active
}

// What brings a pack in.
func providerKey(name string) string                  { return "provider/" + name }
func autoKey(provider string) string                  { return "provider/" + provider + "/auto" }
func distributionKey(name schema.Distribution) string { return "distribution/" + string(name) }
func pluginKey(t schema.CNIType) string               { return "cni/" + string(t) }

// keys says which packs the topology brings in, and through which regions.
func keys(t *schema.Topology) map[string][]int32 {
	k := map[string][]int32{distributionKey(Distribution(t)): nil}
	providers, plugins, auto := map[string][]int32{}, map[schema.CNIType][]int32{}, map[string][]int32{}
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		providers[r.Provider] = append(providers[r.Provider], int32(i))
		plugins[r.CNI.Type] = append(plugins[r.CNI.Type], int32(i))
		if autoMode(r) {
			auto[r.Provider] = append(auto[r.Provider], int32(i))
		}
	}
	// Keys are spelled for each name, and not for each region.
	for name, regions := range providers {
		k[providerKey(name)] = regions
	}
	for name, regions := range plugins {
		k[pluginKey(name)] = regions
	}
	for name, regions := range auto {
		k[autoKey(name)] = regions
	}
	return k
}

// Distribution is the user's, or the one that the empty word means.
func Distribution(t *schema.Topology) schema.Distribution {
	return cmp.Or(t.Spec.Cluster.Distribution, facts.Distribution("").Name)
}

// autoMode reports whether the region is a network whose subnets the provider makes
// itself. Where the user does not say, it is taken for one only when all its nodes have
// addresses from the block that such networks use: one that was planned lies elsewhere.
func autoMode(r *schema.Region) bool {
	auto := facts.Provider(r.Provider).AutoRanges.Value
	if len(auto) == 0 || r.SubnetMode != "" {
		return len(auto) > 0 && r.SubnetMode == schema.SubnetModeAuto
	}
	block := auto[0].Prefix
	return len(r.NodeCIDRs) > 0 && !slices.ContainsFunc(r.NodeCIDRs, func(p netip.Prefix) bool {
		return !p.IsValid() || !block.Contains(p.Addr())
	})
}

// guessedAuto is the provider of a pack about such networks that no region states.
func guessedAuto(t *schema.Topology, key string, regions []int32) string {
	for _, i := range regions {
		if key != autoKey(t.Spec.Regions[i].Provider) || t.Spec.Regions[i].SubnetMode != "" {
			return ""
		}
	}
	if len(regions) == 0 {
		return ""
	}
	return facts.Provider(t.Spec.Regions[regions[0]].Provider).Title
}
