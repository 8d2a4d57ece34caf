package validate

import (
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// index is what several checks ask of one topology: each answer is worked out once, and where
// nobody asks not at all. Checks leave the answers alone.
type index struct {
	t *schema.Topology
	// defaulted are the claims of claim.WithDefaults, and packs those of the program that the
	// topology brings in.
	defaulted func() []claim.Claim
	packs     func() []claim.ActivePack
}

func newIndex(t *schema.Topology) *index {
	x := &index{t: t, packs: sync.OnceValue(func() []claim.ActivePack { return claim.ActivePacks(t, claim.Packs()) })}
	x.defaulted = sync.OnceValue(func() []claim.Claim { return claim.WithDefaultsOf(t, x.packs) })
	return x
}

// stated are the claims of claim.Of: defaults stand behind them.
func (x *index) stated() []claim.Claim {
	all := x.defaulted()
	n := len(all)
	for n > 0 && all[n-1].Default != "" {
		n--
	}
	return all[:n:n] // whoever appends must not write over the defaults
}
