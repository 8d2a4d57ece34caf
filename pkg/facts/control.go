package facts

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// ControlServer is what a program that coordinates a tailnet does.
type ControlServer struct {
	// Name is what a topology calls it: schema.Tailnet.Control.
	Name schema.ControlServer
	// Title is how messages call it.
	Title string
	// Pools reports whether its policy can say where devices get their addresses from.
	Pools fact.Datum[bool]
	// Tokens reports whether it takes the tokens of a workload identity.
	Tokens fact.Datum[bool]
	// TagRequests reports whether a device may ask for a tag that its key carries already.
	TagRequests fact.Datum[bool]
	// TagOwners is who may give tags to devices where the topology does not say.
	TagOwners fact.Datum[[]string]
	// HidesOwnRoutes reports whether a gateway is told only what some rule lets it reach of
	// the routes that it is the primary of.
	HidesOwnRoutes fact.Datum[bool]
	// ShowsRelays reports whether devices learn of a peer relay by the grant alone that lets
	// them use it.
	ShowsRelays fact.Datum[bool]
	// Sections are those of a policy file that it reads.
	Sections fact.Datum[[]string]
	// Autogroups are the groups that it knows by itself, by the place where it takes them;
	// unknown where it has all of them.
	Autogroups fact.Datum[map[Place][]string]
	// Attributes are the node attributes that it refuses.
	Attributes fact.Datum[[]string]
	// Capabilities are those of the domain tailscale.com that its grants may name; unknown
	// where nobody has the list.
	Capabilities fact.Datum[[]string]
	// RefusesPorts reports whether it refuses ports with a protocol that has none, of which
	// the packet filter takes nothing.
	RefusesPorts fact.Datum[bool]
	// NamesWithAt reports whether users without an "@" in their names are refused.
	NamesWithAt fact.Datum[bool]
	// Lacks are the beginnings of selectors that it does not have.
	Lacks fact.Datum[[]string]
	// Since are the first versions with a section or a selector, where not all that are in use
	// have it.
	Since fact.Datum[map[string]schema.Version]
	// Postures reports whether it knows conditions about devices.
	Postures fact.Datum[bool]
	// Versions are those whose rules are known.
	Versions fact.Versions
}

// Control is the control server by that name; the empty one is Tailscale's own.
func Control(name schema.ControlServer) ControlServer {
	if name == schema.ControlHeadscale {
		return headscale()
	}
	return tailscaleControl()
}

// ControlOf is the control server of a tailnet, in its version if that is stated.
func ControlOf(t *schema.Tailnet) ControlServer {
	c := Control(t.Control)
	if t.ControlVersion == "" || !c.Since.IsKnown() {
		return c
	}
	c.Title += " " + string(t.ControlVersion)
	later := func(name string) bool {
		since, ok := c.Since.Value[name]
		return ok && !Since(since).Contains(t.ControlVersion)
	}
	c.Sections.Value = slices.DeleteFunc(slices.Clone(c.Sections.Value), later)
	groups := map[Place][]string{}
	for at, names := range c.Autogroups.Value {
		groups[at] = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return later("autogroup:" + name) })
	}
	c.Autogroups.Value = groups
	return c
}

// HasSection reports whether the server reads the section of a policy file.
func (c ControlServer) HasSection(name string) bool {
	return slices.ContainsFunc(c.Sections.Value, func(s string) bool { return strings.EqualFold(s, name) })
}

// Place is where a policy names somebody.
type Place string

// The places that take different names.
const (
	PlaceSource         Place = "source"
	PlaceDestination    Place = "destination"
	PlaceNode           Place = "target of node attributes"
	PlacePrincipal      Place = "owner or approver"
	PlaceSSHSource      Place = "source of SSH"
	PlaceSSHDestination Place = "destination of SSH"
)

// Without reports whether the server refuses the selector in that place of a policy.
func (c ControlServer) Without(selector string, at Place) bool {
	group, isGroup := strings.CutPrefix(selector, "autogroup:")
	unknown := isGroup && c.Autogroups.IsKnown() && !slices.Contains(c.Autogroups.Value[at], group)
	return unknown || slices.ContainsFunc(c.Lacks.Value, func(begin string) bool { return strings.HasPrefix(selector, begin) })
}
