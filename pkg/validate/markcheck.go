package validate

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The parts of the mark that Calico must leave alone, or cannot do without.
const (
	tailscaleMask  = 0xff0000   // tailscale 1.84.3, util/linuxfw/linuxfw.go
	calicoEBPFMask = 0x1ff00000 // calico 87c15906, felix/bpf/tc/defs/defs.go
	calicoFewest   = 5          // bits; the same, felix/dataplane/driver.go
)

// marks finds two components of a gateway that use the same bits of the mark and
// that nothing we render keeps apart.
func marks(t *schema.Topology) diag.List {
	var list diag.List
	seen := map[string]bool{}
	full := t.WithDefaults()
	for i := range t.Spec.Regions {
		calicoMask(t, i, &list)
		uses := marksOf(full, i)
		for a := range uses {
			for b := range uses[:a] {
				markCollision(&list, seen, t.Spec.Regions[i].Name, &uses[a], &uses[b])
			}
		}
	}
	return list
}

func markCollision(list *diag.List, seen map[string]bool, region string, a, b *MarkUse) {
	shared := a.Mask & b.Mask
	key := a.path + b.Component + b.Purpose
	if shared == 0 || seen[key] {
		return
	}
	if _, ok := Settled(a, b); ok {
		return
	}
	seen[key] = true
	list.Errorf(CodeMarkCollision, a.path, "%s and %s share bits %#x of the firewall mark on gateways of region %q", a, b, shared, region).
		Fix("move one of them, or leave it off gateways; free bits are %#x", ^occupied(a, b))
}

// occupied is a fair answer to "which bits are spoken for": those of both parties and
// of what every gateway has.
func occupied(a, b *MarkUse) uint32 { return a.Mask | b.Mask | tailscaleMask | 0xc000 }

// String names the use as messages do.
func (m *MarkUse) String() string {
	return fmt.Sprintf("%s (%s, mask %#x)", m.Component, m.Purpose, m.Mask)
}

// Settled says what keeps two uses of the same bits apart, if anything: a rule that
// we render, the way they are used, or the known issue that reports them.
func Settled(a, b *MarkUse) (string, bool) {
	if a.use > b.use {
		a, b = b, a
	}
	switch [2]markKind{a.use, b.use} {
	case [2]markKind{markTailscaleBypass, markTailscaleTunnel}:
		return "one program", true
	case [2]markKind{markTailscaleBypass, markCiliumIdentity}:
		return "cilium-identity-bypass", true
	case [2]markKind{markTailscaleTunnel, markCiliumIdentity}:
		return "harmless without SNAT: Cilium reads an identity from its own packets only", true
	case [2]markKind{markTailscaleTunnel, markCiliumMagic}:
		return "tailscale-nft-mark-cilium", true
	case [2]markKind{markKubeProxy, markTailscaleTunnel}:
		return "tailscale-nft-mark-kube-proxy", true
	case [2]markKind{markTailscaleBypass, markCalico}:
		return "Calico never sets bit 19", b.Mask&0x80000 == 0
	case [2]markKind{markTailscaleTunnel, markCalico}:
		return "calico-ebpf-mark", b.Mask&calicoEBPFMask == calicoEBPFMask && b.Mask&0xf0000 == 0
	case [2]markKind{markTailscaleBypass, markKubeRouter}, [2]markKind{markTailscaleBypass, markWeave}:
		return "never taken for each other: 0x20000 and 0x80000", true
	case [2]markKind{markTailscaleTunnel, markKubeRouter}:
		return "kube-router-mark", true
	case [2]markKind{markTailscaleTunnel, markWeave}:
		return "weave-mark", true
	}
	return "", false
}

// calicoMask checks a mask that the user chose against what Felix demands.
func calicoMask(t *schema.Topology, i int, list *diag.List) {
	c, path := t.Spec.Regions[i].CNI, fmt.Sprintf("spec.regions[%d].cni.markMask", i)
	if c.Type != schema.CNICalico || c.MarkMask == 0 {
		return
	}
	mask := schema.CalicoMarkMask(c.DataPlane)
	proposal := fmt.Sprint(mask)
	if c.DataPlane == schema.DataPlaneEBPF && c.MarkMask&calicoEBPFMask != calicoEBPFMask {
		list.Errorf(CodeCalicoMask, path, "mark mask %#x of region %q lacks bits of %#x, without which Calico's eBPF data plane stops",
			c.MarkMask, t.Spec.Regions[i].Name, calicoEBPFMask).Fix("leave markMask out, or set %d (%#x)", mask, mask).Propose(proposal)
	}
	if k := t.Spec.Cluster.KubernetesVersion; c.MarkMask > math.MaxInt32 && k.AtLeast(1, 36, 0) && !c.Version.AtLeast(3, 33, 0) {
		list.Errorf(CodeCalicoMask, path, "mark mask %#x of region %q is no int32, as which Calico's definition has it, and kubernetes %s refuses it",
			c.MarkMask, t.Spec.Regions[i].Name, k).Fix("leave markMask out, or set %d (%#x)", mask, mask).Propose(proposal)
	}
	if n := bits.OnesCount32(c.MarkMask); n < calicoFewest {
		list.Errorf(CodeCalicoMask, path, "mark mask %#x of region %q has %d bits, and Felix needs %d",
			c.MarkMask, t.Spec.Regions[i].Name, n, calicoFewest).Fix("leave markMask out, or set %d (%#x)", mask, mask).Propose(proposal)
	}
}
