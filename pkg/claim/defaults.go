package claim

import (
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// WithDefaults lists the topology's claims and, after them, what components fill in
// where the user left a field out.
func WithDefaults(t *schema.Topology) []Claim {
	return WithDefaultsOf(t, sync.OnceValue(func() []ActivePack { return ActivePacks(t, Packs()) }))
}

// WithDefaultsOf is WithDefaults for those who have the topology's active packs, or know how to
// get them: nobody asks where no field is left out.
func WithDefaultsOf(t *schema.Topology, packs func() []ActivePack) []Claim {
	claims := claimList(Of(t))
	if len(t.Spec.Cluster.ServiceCIDRs) == 0 {
		claims = append(claims, serviceDefaults(t, packs())...)
	}
	for i := range t.Spec.Regions {
		if len(t.Spec.Regions[i].PodCIDRs) == 0 {
			claims = append(claims, podDefault(t, i, packs())...)
		}
	}
	return claims
}

func serviceDefaults(t *schema.Topology, packs []ActivePack) []Claim {
	claims := fills(RoleService, packs)
	for i := range claims {
		claims[i].Region, claims[i].Where = -1, "spec.cluster"
		// Without a distribution the default is a guess, and of several only one is
		// in force.
		claims[i].Guess = t.Spec.Cluster.Distribution == "" || len(claims) > 1
	}
	return claims
}

// podDefault is the distribution's, or else the network plugin's.
func podDefault(t *schema.Topology, region int, packs []ActivePack) []Claim {
	r := &t.Spec.Regions[region]
	concerned := func(p ActivePack) bool {
		return p.Key == distributionKey(Distribution(t)) || p.Key == pluginKey(r.CNI.Type)
	}
	claims := fills(RolePod, keepIf(packs, concerned))
	if len(claims) > 1 {
		claims = claims[:1]
	}
	for i := range claims {
		claims[i].Owner, claims[i].Region, claims[i].Where = r.Name, int32(region), regionPath(region)
	}
	return claims
}

// fills lists the defaults for the role, in the order of packs.
func fills(role Role, packs []ActivePack) []Claim {
	var claims claimList
	for _, p := range packs {
		for _, r := range p.Ranges {
			if r.Fills == role {
				claims.add(Claim{Prefix: r.Prefix, Role: role, Default: p.Name})
			}
		}
	}
	return claims
}

func keepIf[T any](s []T, is func(T) bool) []T {
	var kept []T
	for _, x := range s {
		if is(x) {
			kept = append(kept, x)
		}
	}
	return kept
}
