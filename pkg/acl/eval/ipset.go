package eval

import (
	"net/netip"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// ipset is an IP set of the file: a list of addresses that are added and removed, one
// after the other (Tailscale, "IP sets").
type ipset struct {
	prefixes []netip.Prefix
	// strange is the first part that cannot be read here.
	strange string
}

// readSets reads the sets in an order in which each comes behind those that it names;
// a set that names itself stays unreadable.
func (s *Scope) readSets(list []acl.Assignment) {
	s.sets = map[string]ipset{}
	for _, a := range list {
		s.sets[a.Key] = ipset{strange: a.Key}
	}
	for range list {
		for _, a := range list {
			s.sets[a.Key] = s.readSet(a.Values)
		}
	}
}

func (s *Scope) readSet(parts []string) ipset {
	var set ipset
	for _, part := range parts {
		what, removes := strings.CutPrefix(strings.TrimSpace(part), "remove ")
		what = strings.TrimSpace(strings.TrimPrefix(what, "add "))
		prefixes, ok := s.setPart(what)
		switch {
		case !ok && set.strange == "":
			set.strange = part
		case removes:
			for _, p := range prefixes {
				set.prefixes = subtract(set.prefixes, p)
			}
		default:
			set.prefixes = append(set.prefixes, prefixes...)
		}
	}
	set.prefixes = cidr.Sorted(set.prefixes)
	return set
}

// setPart reads an address, a prefix, a range of addresses, an alias or another set.
func (s *Scope) setPart(what string) ([]netip.Prefix, bool) {
	if other, ok := s.sets[what]; ok {
		return other.prefixes, other.strange == ""
	}
	if p, ok := s.hosts[strings.TrimPrefix(what, "host:")]; ok {
		return []netip.Prefix{p}, true
	}
	if first, last, ok := strings.Cut(what, "-"); ok {
		return between(first, last)
	}
	p, _, err := acl.MaskedPrefix(what)
	return []netip.Prefix{p}, err == nil
}

// between are the prefixes of a range of addresses, both ends included.
func between(first, last string) ([]netip.Prefix, bool) {
	from, errFrom := netip.ParseAddr(strings.TrimSpace(first))
	to, errTo := netip.ParseAddr(strings.TrimSpace(last))
	if errFrom != nil || errTo != nil || from.BitLen() != to.BitLen() || to.Less(from) {
		return nil, false
	}
	var list []netip.Prefix
	for from.IsValid() && !to.Less(from) {
		p := netip.PrefixFrom(from, from.BitLen())
		for p.Bits() > 0 {
			wider := netip.PrefixFrom(from, p.Bits()-1)
			if wider != wider.Masked() || to.Less(lastOf(wider)) {
				break
			}
			p = wider
		}
		list = append(list, p)
		from = lastOf(p).Next()
	}
	return list, true
}

// lastOf is the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	a := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(a)*8; bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(a)
	return last
}

// subtract takes a prefix out of a list.
func subtract(list []netip.Prefix, out netip.Prefix) []netip.Prefix {
	var rest []netip.Prefix
	for _, p := range list {
		switch {
		case !p.Overlaps(out):
			rest = append(rest, p)
		case p.Bits() < out.Bits():
			low := netip.PrefixFrom(p.Addr(), p.Bits()+1)
			high := netip.PrefixFrom(lastOf(low).Next(), p.Bits()+1)
			rest = append(rest, subtract([]netip.Prefix{low, high}, out)...)
		}
	}
	return rest
}

// set is a selector by that name: what the file defines, or what cannot be told.
func (s *Scope) set(name string) Selector {
	set, ok := s.sets[name]
	if !ok || set.strange != "" {
		return Selector{Kind: KindOther, Name: name}
	}
	return Selector{Kind: KindSet, Name: name, Set: set.prefixes}
}
