package marks

import "fmt"

// The parts of the mark that Calico must leave alone, or cannot do without.
const (
	tailscaleMask = 0xff0000 // tailscale 1.84.3, util/linuxfw/linuxfw.go
	// CalicoEBPF are the bits that Calico's eBPF data plane needs (calico 87c15906,
	// felix/bpf/tc/defs/defs.go).
	CalicoEBPF = 0x1ff00000
)

// String names the use as messages do.
func (m *Use) String() string {
	return fmt.Sprintf("%s (%s, mask %#x)", m.Component, m.Purpose, m.Mask)
}

// Settled says what keeps two uses of the same bits apart, if anything: a rule that
// we render, the way they are used, or the known issue that reports them.
func Settled(a, b *Use) (string, bool) {
	if a.use > b.use {
		a, b = b, a
	}
	switch [2]kind{a.use, b.use} {
	case [2]kind{tailscaleBypass, tailscaleTunnel}:
		return "one program", true
	case [2]kind{tailscaleBypass, ciliumIdentity}:
		return "cilium-identity-bypass", true
	case [2]kind{tailscaleTunnel, ciliumIdentity}:
		return "harmless without SNAT: Cilium reads an identity from its own packets only", true
	case [2]kind{tailscaleTunnel, ciliumMagic}:
		return "tailscale-nft-mark-cilium", true
	case [2]kind{kubeProxy, tailscaleTunnel}:
		return "tailscale-nft-mark-kube-proxy", true
	case [2]kind{tailscaleBypass, calico}:
		return "Calico never sets bit 19", b.Mask&0x80000 == 0
	case [2]kind{tailscaleTunnel, calico}:
		return "calico-ebpf-mark", b.Mask&CalicoEBPF == CalicoEBPF && b.Mask&0xf0000 == 0
	case [2]kind{tailscaleBypass, kubeRouter}, [2]kind{tailscaleBypass, weave}:
		return "never taken for each other: 0x20000 and 0x80000", true
	case [2]kind{tailscaleTunnel, kubeRouter}:
		return "kube-router-mark", true
	case [2]kind{tailscaleTunnel, weave}:
		return "weave-mark", true
	}
	return "", false
}

// Free lists bits that neither of the two uses, nor what every gateway has.
func Free(a, b *Use) uint32 { return ^(a.Mask | b.Mask | tailscaleMask | 0xc000) }
