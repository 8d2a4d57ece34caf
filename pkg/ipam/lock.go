package ipam

import (
	"encoding/json"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Lock remembers what Suggest has handed out and to whom, so that an allocation stays
// where it is whatever is inserted before it. It is kept in a file in git beside the
// topology.
type Lock struct {
	// Allocations lists the prefixes of each key, such as "gpu-dc/pod", in the order
	// in which they were handed out.
	Allocations map[string][]netip.Prefix `json:"allocations"`
}

// Bytes is the lock as JSON, its keys sorted.
func (l *Lock) Bytes() ([]byte, error) {
	data, err := json.MarshalIndent(l, "", "  ")
	return append(data, '\n'), err
}

// Suggest is the function Suggest with a memory: prefixes of the key that the
// topology does not use yet are handed out again, new ones are remembered, and those
// of other keys are avoided. An allocation of another size than asked for stays, and
// stays unused.
func (l *Lock) Suggest(t *schema.Topology, key string, r Request) ([]netip.Prefix, error) {
	want := max(r.Count, 1)
	var found []netip.Prefix
	for _, p := range l.Allocations[key] {
		if len(found) < want && p.Bits() == r.Bits && !claimed(t, p) {
			found = append(found, p)
		}
	}
	if len(found) == want {
		return found, nil
	}
	r.Count = want - len(found)
	r.Avoid = append(slices.Clone(r.Avoid), l.all()...)
	fresh, err := Suggest(t, r)
	if err != nil {
		return nil, err
	}
	l.Allocations[key] = append(l.Allocations[key], fresh...)
	return append(found, fresh...), nil
}

func (l *Lock) all() []netip.Prefix {
	var all []netip.Prefix
	for _, prefixes := range l.Allocations {
		all = append(all, prefixes...)
	}
	return all // disjoint sorts them
}

// claimed reports whether the topology uses some of the prefix already.
func claimed(t *schema.Topology, p netip.Prefix) bool {
	return slices.ContainsFunc(claim.Of(t), func(c claim.Claim) bool { return c.Prefix.Overlaps(p) })
}
