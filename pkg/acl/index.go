package acl

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
}

func newIndex() *index {
	return &index{prefixes: map[netip.Prefix][]int{}, tags: map[string][]int{}, users: map[string][]int{}}
}

// add notes that the rule has the selector.
func (x *index) add(s selector, rule int, groups map[string][]string) {
	switch s.kind {
	case selectPrefix:
		x.addPrefix(s.prefix, rule)
	case selectTag:
		x.tags[s.name] = append(x.tags[s.name], rule)
	case selectUser:
		x.users[s.name] = append(x.users[s.name], rule)
	case selectGroup:
		for _, user := range groups[s.name] {
			x.users[user] = append(x.users[user], rule)
		}
	case selectAny:
		x.any = append(x.any, rule)
	case selectMember:
		x.member = append(x.member, rule)
	case selectTagged:
		x.tagged = append(x.tagged, rule)
	case selectInternet:
		x.internet = append(x.internet, rule)
	case selectEverywhere:
		x.all = append(x.all, rule)
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
