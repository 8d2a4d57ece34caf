package marks

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
)

// String names the use as messages do.
func (m *Use) String() string {
	return fmt.Sprintf("%s (%s, mask %#x)", foreign.Clip(m.Component), m.Purpose, m.Mask)
}

// Settled says what keeps two uses of the same bits apart, if anything: a rule that
// we render, the way they are used, or the known issue that reports them.
func Settled(a, b *Use) (string, bool) {
	if a.party < b.party {
		a, b = b, a
	}
	sharing := b.mark.BesideBypass.Value
	switch {
	case b.party != others:
		return "one program", a.party != b.party
	case a.party == others:
		return "", false
	case a.party == tailscaleTunnel:
		sharing = b.mark.BesideTunnel.Value
	}
	return sharing.Says, sharing.Holds(b.Mask)
}

// Free lists bits that neither of the two uses, nor what every gateway has.
func Free(a, b *Use) uint32 {
	taken := a.Mask | b.Mask | facts.TailscaleMarkMask
	for _, m := range facts.KubeProxy().Marks.Value {
		taken |= m.Mask.Value
	}
	return ^taken
}
