package claim

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// ActivePack is a pack and the regions that brought it in.
type ActivePack struct {
	Pack
	Regions []int32 // nil: the whole topology
	// Guessed says that a region was taken to be concerned without the user saying
	// so; its findings are warnings.
	Guessed bool
}

// Concerns reports whether the range is about the claim. What the whole cluster
// shares concerns every region.
func (p *ActivePack) Concerns(r *Range, c *Claim) bool {
	switch {
	case r.Fills != 0:
		return false
	case r.Scope == Own:
		return c.Region < 0 || slices.Contains(p.Regions, c.Region)
	case r.Scope == Others:
		return c.Region < 0 || slices.ContainsFunc(p.Regions, func(i int32) bool { return i != c.Region })
	}
	return true
}

// ActivePacks selects from all the packs what concerns the topology.
func ActivePacks(t *schema.Topology, all []Pack) []ActivePack {
	brought := keys(t)
	var active []ActivePack
	for _, p := range all {
		regions, ok := brought[p.Key]
		if ok || p.Key == "" {
			active = append(active, ActivePack{p, regions, p.Key == gcpAuto && guessedAuto(t, regions)})
		}
	}
	return active
}

const gcpAuto = "provider/gcp/auto"

// keys says which packs the topology brings in, and through which regions.
func keys(t *schema.Topology) map[string][]int32 {
	k := map[string][]int32{"distribution/" + string(Distribution(t)): nil}
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		for _, key := range []string{"provider/" + r.Provider, "cni/" + string(r.CNI.Type)} {
			k[key] = append(k[key], int32(i))
		}
		if autoMode(r) {
			k[gcpAuto] = append(k[gcpAuto], int32(i))
		}
	}
	return k
}

// Distribution is the user's, or kubeadm: its defaults are those of Kubernetes' own
// documentation.
func Distribution(t *schema.Topology) schema.Distribution {
	return cmp.Or(t.Spec.Cluster.Distribution, schema.DistributionKubeadm)
}

// autoMode reports whether the region is a VPC of Google Cloud in auto mode. Where
// the user does not say, it is taken for one only when all its nodes have addresses
// from the block that auto mode uses: a network that was planned lies elsewhere.
func autoMode(r *schema.Region) bool {
	if r.Provider != schema.ProviderGCP || r.SubnetMode != "" {
		return r.Provider == schema.ProviderGCP && r.SubnetMode == schema.SubnetModeAuto
	}
	block := gcpAutoMode().Ranges[0].Prefix
	return len(r.NodeCIDRs) > 0 && !slices.ContainsFunc(r.NodeCIDRs, func(p netip.Prefix) bool {
		return !p.IsValid() || !block.Contains(p.Addr())
	})
}

func guessedAuto(t *schema.Topology, regions []int32) bool {
	return !slices.ContainsFunc(regions, func(i int32) bool { return t.Spec.Regions[i].SubnetMode != "" })
}
