package acl

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// Where pods get their addresses from the nodes' subnets, a prefix is both, and what
// is granted to one is granted to the other: rules that only told them apart say nothing.

// shares reports whether a region has such a prefix.
func (g *generator) shares() bool {
	return slices.ContainsFunc(g.sites, func(s *site) bool { return plan.SharesNodes(s.region) })
}

// needed leaves out rules of which others allow, for each source, all that they allow; of
// two equal ones it keeps the first.
func (g *generator) needed(rules []rule) []rule {
	if !g.shares() {
		return rules
	}
	named := map[string]netip.Prefix{}
	for _, s := range g.sites {
		for _, h := range s.hosts {
			if p, ok := prefixOf(h.Address); ok {
				named[h.Name] = p
			}
		}
	}
	var kept []rule
	for i, r := range rules {
		others := slices.Concat(kept, rules[i+1:])
		narrow := g.grant(r)
		superfluous := true
		for _, src := range narrow.Src {
			one := Grant{Src: []string{src}, Dst: narrow.Dst, IP: narrow.IP, Via: narrow.Via}
			superfluous = superfluous && slices.ContainsFunc(others, func(o rule) bool { return covers(named, g.grant(o), one) })
		}
		if !superfluous {
			kept = append(kept, r)
		}
	}
	return kept
}

// prefixOf reads an alias's value: a prefix, or an address.
func prefixOf(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p, err == nil
}

// covers reports whether wide allows all that narrow allows.
func covers(named map[string]netip.Prefix, wide, narrow Grant) bool {
	return len(wide.Via) == 0 && len(narrow.Via) == 0 &&
		within(named, narrow.Src, wide.Src) && within(named, narrow.Dst, wide.Dst) && portsWithin(narrow.IP, wide.IP)
}

// within reports whether each of list is in all, or lies in a prefix of it. The prefix of what has
// none contains nothing.
func within(named map[string]netip.Prefix, list, all []string) bool {
	return !slices.ContainsFunc(list, func(s string) bool {
		return !slices.ContainsFunc(all, func(o string) bool { return o == s || cidr.Contains(named[o], named[s]) })
	})
}

// portsWithin compares specifications of ports one by one.
func portsWithin(list, all []string) bool {
	return !slices.ContainsFunc(list, func(spec string) bool {
		want, err := ParsePorts(spec)
		return err != nil || !slices.ContainsFunc(all, func(other string) bool {
			has, err := ParsePorts(other)
			return err == nil && has.Includes(want)
		})
	})
}
