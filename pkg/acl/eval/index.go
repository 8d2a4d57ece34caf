package eval

import (
	"net/netip"
	"slices"
)

// index finds the rules whose sources, or destinations, hold an address, a tag or a
// user. It answers in the time of a few map look-ups, however many rules there are.
type index struct {
	prefixes map[netip.Prefix][]int
	bits4    []int // the prefix lengths that occur, longest first
	bits6    []int
	tags     map[string][]int
	users    map[string][]int
	any      []int // "*"
	member   []int // autogroup:member
	tagged   []int // autogroup:tagged
	internet []int // autogroup:internet
	all      []int // autogroup:danger-all
	// names are all others, which stand for themselves
	names map[string][]int
}

func newIndex() *index {
	return &index{prefixes: map[netip.Prefix][]int{}, tags: map[string][]int{}, users: map[string][]int{}, names: map[string][]int{}}
}

// add notes that the rule has the selector.
func (x *index) add(s Selector, rule int, groups map[string][]string) {
	switch s.Kind {
	case KindPrefix:
		x.addPrefix(s.Prefix, rule)
	case KindTag:
		x.tags[s.Name] = append(x.tags[s.Name], rule)
	case KindUser:
		x.users[s.Name] = append(x.users[s.Name], rule)
	case KindGroup:
		for _, user := range groups[s.Name] {
			x.users[user] = append(x.users[user], rule)
		}
	case KindAny:
		x.any = append(x.any, rule)
	case KindMember:
		x.member = append(x.member, rule)
	case KindTagged:
		x.tagged = append(x.tagged, rule)
	case KindInternet:
		x.internet = append(x.internet, rule)
	case KindEverywhere:
		x.all = append(x.all, rule)
	case KindSet:
		for _, p := range s.Set {
			x.addPrefix(p, rule)
		}
	default:
		x.names[s.Name] = append(x.names[s.Name], rule)
	}
}

func (x *index) addPrefix(p netip.Prefix, rule int) {
	bits := &x.bits6
	if p.Addr().Is4() {
		bits = &x.bits4
	}
	if i, found := slices.BinarySearchFunc(*bits, p.Bits(), func(a, b int) int { return b - a }); !found {
		*bits = slices.Insert(*bits, i, p.Bits())
	}
	x.prefixes[p] = append(x.prefixes[p], rule)
}

// covering lists the rules that have a prefix which holds all of p.
func (x *index) covering(p netip.Prefix) []int {
	bits := x.bits6
	if p.Addr().Is4() {
		bits = x.bits4
	}
	var rules []int
	for _, b := range bits {
		if b > p.Bits() {
			continue
		}
		wider := netip.PrefixFrom(p.Addr(), b).Masked()
		rules = append(rules, x.prefixes[wider]...)
	}
	return rules
}

// common lists what is in both lists, sorted, each once.
func common(a, b []int) []int {
	a, b = sortedSet(a), sortedSet(b)
	var both []int
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both = append(both, a[i])
			i, j = i+1, j+1
		}
	}
	return both
}

func sortedSet(list []int) []int {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
