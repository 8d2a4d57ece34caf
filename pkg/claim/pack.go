package claim

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Range is a prefix that somebody else keeps or fills in, and how we know.
type Range struct {
	Prefix netip.Prefix
	// Severity of a collision.
	Severity diag.Severity
	// Scope says whose prefixes it concerns.
	Scope Scope
	// Fills is set where the range is a default: what a component uses for that role
	// when the user leaves the field out. Until then it is in nobody's way.
	Fills Role
	// Reason completes "… lies inside the range, which …".
	Reason string
	// Source says where that is written: project and file, page, RFC.
	Source string
	// Since is the version or date from which it holds, or when it was read.
	Since string
}

// Scope says which claims a Range concerns.
type Scope uint8

const (
	// Everybody: all regions route to each other, so what one cannot reach, none may use.
	Everybody Scope = iota
	// Own: the provider's own regions.
	Own
	// Others: all other regions, to which the provider's network must route.
	Others
)

// The codes of the findings about what lies in a range.
const (
	CodeReservedRange diag.Code = "reserved-range" // a provider, distribution or component keeps it
	CodeSpecialRange  diag.Code = "special-range"  // special use, RFC 6890
	CodeTailnetRange  diag.Code = "tailnet-range"  // inside Tailscale's own addresses
)

// Pack is the ranges that one provider, distribution or component keeps.
type Pack struct {
	// Name is how messages call the keeper.
	Name string
	// Key is what brings the pack in: "provider/gcp", "distribution/k3s",
	// "cni/cilium"; empty for what is always there.
	Key string
	// Code is the code of its findings.
	Code   diag.Code
	Ranges []Range
}

// Packs returns every pack that the program knows. They are tables in Go and not
// files, so that a run that needs none of them pays nothing; a user's own ranges
// stand in the topology (reservedCIDRs) or in a RangePack document.
func Packs() []Pack {
	return []Pack{
		tailscaleRanges(),
		specialUse(),
		docker(),
		alibaba(), aws(), azure(), gcp(), gcpAutoMode(), hetzner(), huawei(), oracle(),
		aks(), eks(), gke(), k3s(), kops(), kubeadm(), rke2(), talos(),
		calico(), cilium(), flannel(),
	}
}

// keep is a range that collides with what lies in it.
func keep(prefix string, s diag.Severity, scope Scope, reason, source, since string) Range {
	return Range{Prefix: netip.MustParsePrefix(prefix), Severity: s, Scope: scope, Reason: reason, Source: source, Since: since}
}

// fill is a default for a role.
func fill(role Role, prefix, reason, source, since string) Range {
	return Range{Prefix: netip.MustParsePrefix(prefix), Severity: diag.Info, Fills: role, Reason: reason, Source: source, Since: since}
}

// Special reports whether the prefix overlaps a range for special use or one of
// Tailscale's own.
func Special(p netip.Prefix) bool {
	overlaps := func(r Range) bool { return r.Prefix.Overlaps(p) }
	return slices.ContainsFunc(specialUse().Ranges, overlaps) || slices.ContainsFunc(tailscaleRanges().Ranges, overlaps)
}
