package hybrid

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/edit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Wish is what Suggest looks for.
type Wish struct {
	// Bits is the length of each prefix.
	Bits int
	// Count is how many.
	Count int
	// Role is what for, one of Roles.
	Role string
	// Region is whose; it may be empty.
	Region string
	// Within, where it is valid, holds all of them; it also chooses the address family.
	Within netip.Prefix
	// Lock remembers what was given to whom, and is changed; nil remembers nothing.
	Lock *ipam.Lock
}

// role is something that prefixes can be suggested for, and the list they go into.
type role struct {
	name     string
	role     claim.Role
	field    string
	regional bool
}

func suggestRoles() []role {
	return []role{
		{"pod", claim.RolePod, "podCIDRs", true},
		{"node", claim.RoleNode, "nodeCIDRs", true},
		{"transit", claim.RoleTransit, "transitCIDRs", true},
		{"fabric", claim.RoleFabric, "fabricCIDRs", true},
		{"service", claim.RoleService, "serviceCIDRs", false},
		{"pool", claim.RolePool, "ipPool", false},
	}
}

// Roles lists what prefixes can be suggested for.
func Roles() []string {
	var names []string
	for _, r := range suggestRoles() {
		names = append(names, r.name)
	}
	return names
}

// Regional reports whether the role's list is a region's, and not the cluster's.
func Regional(name string) bool {
	r, err := roleNamed(name)
	return err == nil && r.regional
}

func roleNamed(name string) (role, error) {
	for _, r := range suggestRoles() {
		if r.name == name {
			return r, nil
		}
	}
	return role{}, fmt.Errorf("there is no role %q", name)
}

// Suggest finds free prefixes: the smallest hole that fits, lowest address first. They
// overlap nothing that the topology and the objects beside it claim, and no range that
// somebody keeps. Only faults in the topology's shape keep it from answering.
func Suggest(in Input, w Wish) ([]netip.Prefix, diag.List, error) {
	doc, err := in.one()
	if err != nil {
		return nil, nil, err
	}
	if list := slices.Concat(doc.Findings, in.own); refused(list) {
		return nil, list, nil
	}
	r, err := roleNamed(w.Role)
	if err != nil {
		return nil, nil, err
	}
	if _, err := w.keys(doc.Topology); err != nil {
		return nil, nil, err
	}
	request := ipam.Request{Role: r.role, Bits: w.Bits, Count: w.Count, Within: w.Within, Avoid: existing.Taken(in.Objects)}
	var found []netip.Prefix
	if w.Lock == nil {
		found, err = ipam.Suggest(doc.Topology, request)
	} else {
		found, err = w.Lock.Suggest(doc.Topology, w.who()+"/"+w.Role, request)
	}
	return found, doc.Findings, err
}

// who is under what name the lock remembers it.
func (w Wish) who() string {
	if w.Region == "" {
		return "cluster"
	}
	return w.Region
}

// keys lead to the list that the prefixes are for; nil when nobody's was named.
func (w Wish) keys(t *schema.Topology) ([]string, error) {
	r, err := roleNamed(w.Role)
	switch {
	case err != nil:
		return nil, err
	case r.role == claim.RolePool:
		return []string{"spec", "tailnet", r.field}, nil
	case !r.regional:
		return []string{"spec", "cluster", r.field}, nil
	case w.Region == "":
		return nil, nil
	}
	i := slices.IndexFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Name == w.Region })
	if i < 0 {
		return nil, fmt.Errorf("the topology has no region %q", w.Region)
	}
	return []string{"spec", "regions", strconv.Itoa(i), r.field}, nil
}

// Apply returns the text of a topology, YAML or JSON, with found added to the list that
// the wish is about. Comments and layout stay as they are, and the result can be read.
func Apply(name string, text []byte, w Wish, found []netip.Prefix) ([]byte, error) {
	if filepath.Ext(name) == ".cue" {
		return nil, fmt.Errorf("only YAML and JSON are edited in place, and not %s", name)
	}
	doc, err := topologyAlone(name, text)
	if err != nil {
		return nil, err
	}
	keys, err := w.keys(doc.Topology)
	if err != nil {
		return nil, err
	}
	var values []string
	for _, p := range found {
		values = append(values, literal(name, p))
	}
	edited, err := edit.Append(text, keys, values...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := topologyAlone(name, edited); err != nil {
		return nil, fmt.Errorf("%s would not be a topology any more: %w", name, err)
	}
	return edited, nil
}

// topologyAlone reads a text that holds a topology without faults and nothing else.
func topologyAlone(name string, text []byte) (*load.Document, error) {
	in, err := load.Bytes(name, text)
	if err != nil {
		return nil, err
	}
	if len(in.Documents) != 1 || len(in.Objects) > 0 {
		return nil, fmt.Errorf("a file is edited that holds a topology and nothing else, and not %s", name)
	}
	return in.Documents[0], in.Documents[0].Findings.Err()
}

// literal quotes where the language asks for it: JSON, and IPv6 in YAML, whose colons
// some readers take for mappings.
func literal(name string, p netip.Prefix) string {
	if filepath.Ext(name) == ".json" || p.Addr().Is6() {
		return strconv.Quote(p.String())
	}
	return p.String()
}
