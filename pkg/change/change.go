// Package change says what a change from one topology to another does: what is gained and
// lost, who gets new files, which gateways restart and for how long flows stand still, and by
// which topologies in between it goes in steps of which each can be taken back.
//
// Start with New, which compares two plans and what they render to, or with Decided, which
// tells one plan. Meaning is compared by decisions, never by text: files say only which hosts
// get new ones and which pods end.
package change

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Op is what happens to something.
type Op string

const (
	Gained  Op = "+" // it is new
	Lost    Op = "-" // it is gone
	Altered Op = "~" // it is another one
	Held    Op = "!" // it may not be done while something is in use
	Unknown Op = "?" // nobody can say, with what was given
)

// Kind is what a change is about.
type Kind string

const (
	Settings  Kind = "settings"  // fields of the topology, defaults filled in
	Regions   Kind = "regions"   // who is there
	Gateways  Kind = "gateways"  // and carries
	Prefixes  Kind = "prefixes"  // what nodes and pods have their addresses from
	Pools     Kind = "pools"     // what must not shrink while it is in use
	Approved  Kind = "approved"  // routes that a tag has approved
	Advertise Kind = "advertise" // by gateway
	Routes    Kind = "routes"    // what a region's hosts send to its gateways
	Ways      Kind = "ways"      // how a region's packets reach another
	Policy    Kind = "policy"    // who may reach what, by the tailnet's rules
	Clouds    Kind = "clouds"    // routes and sources in providers' networks
	Firewalls Kind = "firewalls" // rules there
	Hosts     Kind = "hosts"     // who gets new files
	Restarts  Kind = "restarts"  // which gateways end and start again
	Issues    Kind = "issues"    // known ones of the versions
)

// Kinds are all of them, in the order in which they are told.
func Kinds() []Kind {
	return []Kind{Settings, Regions, Gateways, Prefixes, Pools, Approved, Advertise, Routes, Ways, Policy, Clouds, Firewalls, Hosts, Restarts, Issues}
}

// Change is one thing that differs, or the same thing of several subjects.
type Change struct {
	Kind Kind `json:"kind"`
	Op   Op   `json:"op"`
	// Subjects are whom it is about: gateways, regions, fields. Sorted, never empty.
	Subjects []string `json:"subjects"`
	// Gained and Lost are sorted; a setting of one value has one in each.
	Gained []string `json:"gained,omitempty"`
	Lost   []string `json:"lost,omitempty"`
	// Note is what has to be known, a sentence without its full stop.
	Note string `json:"note,omitempty"`
}

// facets are what each of several subjects has, for one kind.
type facets map[string][]string

func (f facets) add(subject string, values ...string) { f[subject] = append(f[subject], values...) }

// differences compares what subjects have. Those with the same difference are one change.
func differences(kind Kind, before, after facets) []Change {
	subjects := map[string]bool{}
	for _, f := range []facets{before, after} {
		for s := range f {
			subjects[s] = true
		}
	}
	var list []Change
	for _, s := range slices.Sorted(maps.Keys(subjects)) {
		c := Change{Kind: kind, Op: Altered, Subjects: []string{s}, Gained: without(after[s], before[s]), Lost: without(before[s], after[s])}
		switch {
		case len(c.Gained)+len(c.Lost) == 0:
			continue
		case len(c.Lost) == 0:
			c.Op = Gained
		case len(c.Gained) == 0:
			c.Op = Lost
		}
		list = append(list, c)
	}
	return together(list)
}

// together makes one change of those that differ in their subjects alone.
func together(list []Change) []Change {
	at := map[string]int{}
	var merged []Change
	for _, c := range list {
		key := strings.Join([]string{string(c.Kind), string(c.Op), strings.Join(c.Gained, "\x00"), strings.Join(c.Lost, "\x00"), c.Note}, "\x01")
		if i, ok := at[key]; ok {
			merged[i].Subjects = append(merged[i].Subjects, c.Subjects...)
			continue
		}
		at[key] = len(merged)
		merged = append(merged, c)
	}
	for i := range merged {
		slices.Sort(merged[i].Subjects)
	}
	return merged
}

// without are the members of list that others has not, sorted, each once.
func without(list, others []string) []string {
	if slices.Equal(list, others) {
		return nil
	}
	has := make(map[string]bool, len(others))
	for _, o := range others {
		has[o] = true
	}
	var kept []string
	for _, v := range list {
		if !has[v] {
			kept = append(kept, v)
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// inOrder sorts changes by kind, and keeps the order of each.
func inOrder(list []Change) []Change {
	order := map[Kind]int{}
	for i, k := range Kinds() {
		order[k] = i
	}
	slices.SortStableFunc(list, func(a, b Change) int { return cmp.Compare(order[a.Kind], order[b.Kind]) })
	return list
}
