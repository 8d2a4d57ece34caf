package existing

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about objects; docs/checks.md has a heading for each.
const (
	CodeAdvertiseDiffers diag.Code = "advertise-differs" // gateways of one region advertise different prefixes
	CodeObjectConflict   diag.Code = "object-conflict"   // two objects give out the same addresses
	CodeObjectDiffers    diag.Code = "object-differs"    // an object says something else than the topology
	CodeObjectInvalid    diag.Code = "object-invalid"    // text in an object that is not a prefix, or a field of another shape
	CodeObjectOutside    diag.Code = "object-outside"    // an object's addresses are in no region
)

// Codes lists every code that this package can report.
func Codes() []diag.Code {
	return []diag.Code{CodeAdvertiseDiffers, CodeObjectConflict, CodeObjectDiffers, CodeObjectInvalid, CodeObjectOutside}
}

// Object is something that exists already and says addresses: a Node from a cluster
// dump, a pool from a kustomize build. It is decoded.
type Object struct {
	APIVersion string
	Kind       string
	Namespace  string
	Name       string
	// Content is the whole object as encoding/json would decode it into an any: maps,
	// slices, strings, numbers, booleans.
	Content map[string]any
	// Pack is what a RangePack says, as load.ReadOwn reads it; nil for every other kind.
	Pack *schema.RangePack
	// Locate says where a field such as "spec.podCIDRs[0]" was written. It may be nil,
	// and it may not know.
	Locate func(path string) diag.Position
}

// ID names the object: "Node/gpu-1", "ConfigMap/kube-system/cilium-config".
func (o *Object) ID() string {
	id := o.Kind
	for _, part := range []string{o.Namespace, o.Name} {
		if part != "" {
			id += "/" + part
		}
	}
	return id
}

// Group is the API group, without the version; empty for Kubernetes' core, and where none is said.
func (o *Object) Group() string {
	g, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return g
}

// Compare compares what exists with the topology: Nodes, what kubeadm, k3s and RKE2 say of
// the control plane, kube-proxy's settings, the API servers' endpoints, ServiceCIDRs,
// what Cilium and Calico keep in objects, Tailscale Connectors. RangePacks among them are reserved ranges of the
// user's own, which it returns. Objects of other kinds are ignored.
//
// The path of a finding starts with the object: "Node/gpu-1:spec.podCIDRs[0]".
func Compare(t *schema.Topology, objects []Object) (list diag.List, packs []claim.Pack) {
	if len(objects) == 0 {
		return nil, nil
	}
	w := newWanted(t, objects)
	known := kinds()
	claims := map[string][]objectClaim{} // by kind: only like objects exclude each other
	for i := range objects {
		o := &objects[i]
		kind, isKnown := known[o.Group()+"/"+o.Kind]
		switch {
		case strings.HasSuffix(o.Kind, "List") && o.Content["items"] != nil:
			list = append(list, o.misshapen(o.Content, "", "items[].")...)
		case o.Pack != nil:
			packs = append(packs, pack(&list, o))
		case isKnown:
			found := kind.read(o)
			list = append(list, found.invalid...)
			kind.check(w, &list, o, found.claims)
			claims[o.Kind] = append(claims[o.Kind], found.claims...)
		}
	}
	list = append(list, w.shared()...)
	for _, kind := range objectKinds() {
		list = append(list, between(claims[kind])...)
	}
	return list, packs
}

// Taken lists every prefix that the objects say, ranges of RangePacks included: what
// ipam.Suggest should keep clear of, beside what the topology claims.
func Taken(objects []Object) []netip.Prefix {
	var taken []netip.Prefix
	known := kinds()
	for i := range objects {
		o := &objects[i]
		if o.Pack != nil {
			for _, r := range pack(&diag.List{}, o).Ranges {
				taken = append(taken, r.Prefix)
			}
		}
		if kind, ok := known[o.Group()+"/"+o.Kind]; ok {
			for _, c := range kind.read(o).claims {
				taken = append(taken, c.Prefix)
			}
		}
	}
	return taken
}

// objectClaim is a prefix that an object says.
type objectClaim struct {
	claim.Claim
	object *Object
	field  string // below the object
	// soft reports whether the field may be there without being used.
	soft bool
}

// finding is about the claim.
func (c *objectClaim) finding(s diag.Severity, code diag.Code, format string, args ...any) *diag.Diagnostic {
	if c.soft {
		s = diag.Warning
	}
	return c.object.finding(s, code, c.field, format, args...)
}

func (o *Object) finding(s diag.Severity, code diag.Code, field, format string, args ...any) *diag.Diagnostic {
	return &diag.Diagnostic{Severity: s, Code: code, Path: o.Path(field), Pos: o.Position(field), Message: fmt.Sprintf(format, args...)}
}

// Path is where a field stands: "Node/gpu-1:spec.podCIDRs[0]"; the object alone where there is no field.
func (o *Object) Path(field string) string {
	if field == "" {
		return o.ID()
	}
	return o.ID() + ":" + field
}

// Position is where a field was written; zero where nobody knows.
func (o *Object) Position(field string) diag.Position {
	if o.Locate == nil {
		return diag.Position{}
	}
	return o.Locate(field)
}

func fieldOf(r claim.Role) string {
	return cmp.Or(map[claim.Role]string{claim.RoleNode: "nodeCIDRs", claim.RolePod: "podCIDRs", claim.RoleService: "serviceCIDRs"}[r], "field")
}

func whereOf(r claim.Role) string {
	if r == claim.RoleService {
		return "spec.cluster.serviceCIDRs"
	}
	return "the " + fieldOf(r) + " of its region"
}

// between compares objects of one kind with each other: two nodes with the same
// block, two pools that overlap.
func between(claims []objectClaim) diag.List {
	var list diag.List
	plain := make([]claim.Claim, len(claims))
	for i := range claims {
		plain[i] = claims[i].Claim
	}
	collide := func(a, b *claim.Claim) bool { return a.Role == b.Role && a.Owner != b.Owner }
	tree := claim.NewTree(plain)
	for _, g := range tree.Conflicts(collide) {
		c, other := &claims[g.Owner], &claims[g.Others[0]]
		more := ""
		if g.Count > 1 {
			more = " and collides with " + claim.CountOthers(g.Count-1)
		}
		d := c.finding(diag.Error, CodeObjectConflict, "%s %s the %s%s, so the same addresses are given out twice",
			&c.Claim, claim.Relation(c.Prefix, other.Prefix), &other.Claim, more)
		for _, o := range g.Others {
			d.See(claims[o].object.Path(claims[o].field), "%s is claimed here", &claims[o].Claim)
			d.Related[len(d.Related)-1].Pos = claims[o].object.Position(claims[o].field)
		}
		list = append(list, d.Fix("give each object addresses of its own"))
	}
	return list
}

// prefixOrAddress reads a prefix, or an address as the prefix that holds it alone.
func prefixOrAddress(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		return claim.Host(a), nil
	}
	return netip.ParsePrefix(s)
}
