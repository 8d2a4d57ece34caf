package validate

import (
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about values that have the right shape and that nobody can mean.
const (
	CodeListedTwice   diag.Code = "listed-twice"        // a value that a list names twice
	CodeControlURL    diag.Code = "control-url-missing" // a control server, and nothing that says where
	CodeHostFiles     diag.Code = "host-files-collide"  // hosts whose rendered files have one name
	CodeMarkOutside   diag.Code = "mark-outside-mask"   // bits of a mark that its mask does not have
	CodeRegionUnknown diag.Code = "region-unknown"      // a name that no region has
	CodeVersionRange  diag.Code = "version-range-empty" // a range that ends before it begins
)

// values finds what nobody can mean, in every field of its kind: see docs/values.md.
func values(x *index) diag.List {
	var list diag.List
	t := x.t
	specialAddresses(x, &list)
	repeated(reflect.ValueOf(&t.Spec).Elem(), []byte("spec"), &list)
	waysIn(t, &list)
	ownMarks(t, &list)
	versionRanges(t, &list)
	if t.Spec.Tailnet.Control == schema.ControlHeadscale && t.Spec.Tailnet.ControlURL == "" {
		list.Errorf(CodeControlURL, "spec.tailnet.control", "the control server is %s, and nothing says where: without controlURL gateways would join Tailscale's own", facts.Control(schema.ControlHeadscale).Title).
			Fix("set controlURL, such as https://headscale.example")
	}
	for i := range t.Spec.Regions {
		hostFiles(&t.Spec.Regions[i], i, &list)
	}
	return list
}

// specialAddresses looks at every address and prefix there is, so that no field can be
// forgotten. Those that are routed or translated, the table of reserved ranges judges, and
// with them the hosts in them; and a gateway's tailnet address has a range of its own, while
// its region stays.
func specialAddresses(x *index, list *diag.List) {
	t := x.t
	claims := sync.OnceValue(func() claims { return claimsOf(x) })
	eachAddress(reflect.ValueOf(&t.Spec).Elem(), []byte("spec"), func(at []byte, p netip.Prefix) {
		r, ok := claim.Hostless(p)
		if !ok && !(p.IsValid() && p.Bits() == 0) {
			return
		}
		path := string(at)
		field := path[strings.LastIndexByte(path, '.')+1:]
		if p.IsValid() && p.Bits() == 0 && !strings.HasPrefix(path, "spec.cluster.") && !claims().paths[path] {
			list.Errorf(CodeDefaultRoute, path, "%s contains every address, and nobody has all of them", p).Fix("write the prefix that is really used")
			return
		}
		if !ok || strings.HasPrefix(field, "tailnetIP") && !strings.HasPrefix(path, "spec.leaving") || linkLocal(p) && linkNetwork(path) || claim.InAny(p, claims().networks) {
			return
		}
		list.Errorf(claim.CodeSpecialRange, path, "%s %s %s", field, claim.Show(p), r.Meets(p)).
			Fix("write what hosts really have there (%s, %s)", r.Source, r.Since)
	})
}

// claims is where a topology claims prefixes, and which of them the table of reserved ranges
// judges.
type claims struct {
	paths    map[string]bool
	networks []netip.Prefix
}

func claimsOf(x *index) claims {
	all := claims{paths: map[string]bool{}}
	for _, c := range x.stated() {
		all.paths[c.Path()] = true
		if c.Role.Advertised() || c.Role == claim.RoleService {
			all.networks = append(all.networks, c.Prefix)
		}
	}
	return all
}

// linkLocal reports whether the prefix is one that hosts of one link have.
func linkLocal(p netip.Prefix) bool {
	return p.Addr().IsLinkLocalUnicast() && (p.Bits() >= 16 || p.Addr().Is6() && p.Bits() >= 10)
}

// linkNetwork reports whether the path is of a network that stays on a link: tunnels of cloud
// VPNs, and fabrics, have such addresses.
func linkNetwork(path string) bool {
	return strings.Contains(path, ".transitCIDRs[") || strings.Contains(path, ".fabricCIDRs[")
}

// eachAddress visits every address, as a prefix, and every prefix below a value, but for regions
// that have ordinary ones alone. The path is the visitor's until it returns: few places have anything to say. What is visited must be
// addressable, since a copy of each would be made otherwise.
func eachAddress(v reflect.Value, path []byte, visit func(path []byte, p netip.Prefix)) {
	switch x := v.Addr().Interface().(type) {
	case *netip.Addr:
		if x.IsValid() {
			visit(path, claim.Host(*x))
		}
		return
	case *netip.Prefix:
		visit(path, *x)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fieldsWith(v.Type(), addresses) {
			if e := v.Field(f.index); !e.IsZero() {
				eachAddress(e, append(append(path, '.'), f.name...), visit)
			}
		}
	case reflect.Slice:
		regions, _ := v.Addr().Interface().(*[]schema.Region)
		for i := range v.Len() {
			if regions == nil || !ordinary(&(*regions)[i]) {
				eachAddress(v.Index(i), appendIndex(path, i), visit)
			}
		}
	}
}

// appendIndex appends the step to an element.
func appendIndex(path []byte, i int) []byte {
	return append(strconv.AppendInt(append(path, '['), int64(i), 10), ']')
}

// field is a field of a struct of package schema.
type field struct {
	name  string
	index int
}

// sought is what fields are looked for that hold it, at whatever depth.
type sought int

const (
	addresses sought = iota // netip.Addr and netip.Prefix
	lists                   // slices
)

// fields remembers them: of ten thousand regions each has the same.
var fields sync.Map // of []field, by struct and sought

// fieldsWith are the fields of a struct below which there is what is sought.
func fieldsWith(t reflect.Type, what sought) []field {
	type key struct {
		t    reflect.Type
		what sought
	}
	if known, ok := fields.Load(key{t, what}); ok {
		return known.([]field)
	}
	var found []field
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && holds(t.Field(i).Type, what) {
			found = append(found, field{name, i})
		}
	}
	fields.Store(key{t, what}, found)
	return found
}

func holds(t reflect.Type, what sought) bool {
	switch {
	case t == reflect.TypeFor[netip.Addr](), t == reflect.TypeFor[netip.Prefix]():
		return what == addresses
	case t.Kind() == reflect.Slice:
		return what == lists || holds(t.Elem(), what)
	case t.Kind() == reflect.Struct:
		return len(fieldsWith(t, what)) > 0
	}
	return false
}

// repeated finds words and addresses that a list names twice, which says no more than once.
// Prefixes overlap, which their claims say, and a link that ends where it begins is no link.
func repeated(v reflect.Value, path []byte, list *diag.List) {
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fieldsWith(v.Type(), lists) {
			if f.name != "links" {
				repeated(v.Field(f.index), append(append(path, '.'), f.name...), list)
			}
		}
	case reflect.Slice:
		words := v.Type().Elem().Kind() == reflect.String || v.Type().Elem() == reflect.TypeFor[netip.Addr]()
		if v.Len() == 0 || words && v.Len() == 1 || !words && !holds(v.Type().Elem(), lists) {
			return
		}
		var seen map[any]int
		if words {
			seen = map[any]int{}
		}
		regions, _ := v.Addr().Interface().(*[]schema.Region)
		for i := range v.Len() {
			if regions != nil && distinct(&(*regions)[i]) {
				continue
			}
			e := v.Index(i)
			if !words {
				repeated(e, appendIndex(path, i), list)
				continue
			}
			if j, twice := seen[e.Interface()]; twice && !e.IsZero() {
				path := string(path)
				list.Errorf(CodeListedTwice, diag.Index(path, i), "%v stands in %s twice", e, path[strings.LastIndexByte(path, '.')+1:]).
					See(diag.Index(path, j), "it stands here first").Fix("take one of them out, or write the one that is meant")
				continue
			}
			seen[e.Interface()] = i
		}
	}
}

// waysIn looks at addresses by which others are told to find a server. Loopback is one where
// each host has a proxy of its own.
func waysIn(t *schema.Topology, list *diag.List) {
	host, _ := t.Spec.Cluster.APIServer.Told()
	if t.Spec.Cluster.APIServer.Endpoint == "" {
		host = ""
	}
	control := ""
	if u, err := url.Parse(t.Spec.Tailnet.ControlURL); err == nil {
		control = u.Hostname()
	} else {
		list.Errorf(CodeControlURL, "spec.tailnet.controlURL", "controlURL %q leads nowhere: its host is neither a name nor an address", t.Spec.Tailnet.ControlURL).
			Fix("write an address, an IPv6 one in brackets, or a name, such as https://headscale.example")
	}
	if t.Spec.Tailnet.ControlURL != "" && control != "" && misspelt(control) {
		list.Errorf(CodeControlURL, "spec.tailnet.controlURL", "controlURL %q leads nowhere: %q is neither an address nor a name", t.Spec.Tailnet.ControlURL, control).
			Fix("write an address, an IPv6 one in brackets, or a name, such as https://headscale.example")
	}
	for _, way := range []struct{ path, host string }{{"spec.cluster.apiServer.endpoint", host}, {"spec.tailnet.controlURL", control}} {
		a, err := netip.ParseAddr(way.host)
		if err != nil || a.IsLoopback() {
			continue
		}
		if r, ok := claim.Hostless(claim.Host(a)); ok {
			field := way.path[strings.LastIndexByte(way.path, '.')+1:]
			list.Errorf(claim.CodeSpecialRange, way.path, "%s leads to %s, which %s", field, a, r.Meets(claim.Host(a))).
				Fix("write an address or a name at which hosts find it (%s, %s)", r.Source, r.Since)
		}
	}
}

// ownMarks looks at marks of the user's own programs.
func ownMarks(t *schema.Topology, list *diag.List) {
	for i, m := range t.Spec.Marks {
		path := diag.Index("spec.marks", i)
		if outside := m.Value &^ m.Mask; m.Mask != 0 && outside != 0 {
			list.Errorf(CodeMarkOutside, path+".value", "value %#x of the mark of %s has bits %#x, which its mask %#x does not: nothing can set or find them", m.Value, m.Owner, outside, m.Mask).
				See(path+".mask", "the mask stands here").Fix("widen the mask to %#x, or write a value within it", m.Mask|m.Value)
		}
		for j, name := range m.Regions {
			if name == "" || slices.ContainsFunc(slices.Concat(t.Spec.Regions, t.Spec.Leaving), func(r schema.Region) bool { return r.Name == name }) {
				continue
			}
			d := list.Errorf(CodeRegionUnknown, diag.Index(path+".regions", j), "no region has the name %q, so nobody looks after the mark of %s there", name, m.Owner).
				Fix("use the name of a region of this topology")
			var names []string
			for _, r := range t.Spec.Regions {
				names = append(names, r.Name)
			}
			if near := diag.Nearest(name, names); near != "" {
				d.Fix("did you mean %s?", near).Propose(near)
			}
		}
	}
}

// versionRanges finds ranges in which there is no version: somebody took one end for the other.
func versionRanges(t *schema.Topology, list *diag.List) {
	for i, issue := range t.Spec.KnownIssues {
		for j, when := range issue.When {
			for _, r := range []struct {
				field string
				schema.VersionRange
			}{{"tailscale", when.Tailscale}, {"kubernetes", when.Kubernetes}, {"cniVersion", when.CNIVersion}} {
				if r.From == "" || r.Until == "" || r.From.Compare(r.Until) < 0 {
					continue
				}
				path := diag.Index(diag.Index("spec.knownIssues", i)+".when", j) + "." + r.field
				list.Errorf(CodeVersionRange, path+".until", "known issue %q is in no version of %s: the range begins with %s, and %s is the first version after it", issue.Code, r.field, r.From, r.Until).
					See(path+".from", "it begins here").Fix("write the earlier version into from, and the first one without the issue into until")
			}
		}
	}
}

// longestHost is how long a host's name can be for a file that is named after it: a name in a
// directory has 255 bytes (Linux, NAME_MAX), four of which are the suffix.
const (
	hostSuffix  = ".env"
	longestHost = 255 - len(hostSuffix)
)

// hostFiles finds hosts of one region whose directory, and whose file of variables, are one name.
func hostFiles(r *schema.Region, region int, list *diag.List) {
	for j := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[j]
		if len(n.Name) > longestHost {
			list.Errorf(CodeHostFiles, gatewayPath(region, j)+".name", "gateway name %q has %d characters, and files named after a host take %d", n.Name, len(n.Name), longestHost).
				Fix("give the host a shorter name; Kubernetes takes 63 characters for the label kubernetes.io/hostname")
		}
		base, ok := strings.CutSuffix(n.Name, hostSuffix)
		if !ok {
			continue
		}
		if i := slices.IndexFunc(r.Gateways.Nodes, func(o schema.GatewayNode) bool { return o.Name == base }); i >= 0 {
			list.Errorf(CodeHostFiles, gatewayPath(region, j)+".name", "files of gateways %q and %q of region %q have the same name: one has its variables in %s, and the other its directory there", base, n.Name, r.Name, n.Name).
				See(gatewayPath(region, i)+".name", "%q stands here", base).
				Fix("give the host a name that does not end in %s", hostSuffix)
		}
	}
}

// everything warns where pods would keep their address towards the whole Internet, which cannot
// answer it.
func everything(t *schema.Topology) diag.List {
	var list diag.List
	c := &t.Spec.Cluster
	warn := func(path string, p netip.Prefix) {
		if p.IsValid() && p.Bits() == 0 {
			list.Warnf(CodeMasqueradeWide, path, "%s holds every address, so pods keep their own towards the Internet, which has no way back to them", p).
				Fix("write the networks that have a route to the pods")
		}
	}
	for i, p := range c.NonMasqueradeCIDRs {
		warn(diag.Index("spec.cluster.nonMasqueradeCIDRs", i), p)
	}
	for i, p := range c.ClusterCIDRs {
		warn(diag.Index("spec.cluster.clusterCIDRs", i), p)
	}
	warn("spec.cluster.nativeRoutingCIDR", c.NativeRoutingCIDR)
	return list
}
