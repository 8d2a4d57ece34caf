package reach

import (
	"fmt"
	"iter"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"
)

// Files are a rendered tree: what stands at each path.
type Files map[string]string

// Place is where something is written in the rendered tree. Line counts from 1, and is 0 for
// a file as a whole. The zero value is no place: nothing rendered has decided.
type Place struct {
	File string
	Line int
}

// String is FILE:LINE, or FILE, or nothing.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// MarshalText is String.
func (p Place) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// hostTables are what a host is told: tables and fleet.tables, worked out. IPv4 alone.
type hostTables struct {
	path     string
	places   map[string]Place // of lines, by their words
	settings map[string]string
	own      []netip.Prefix
	locals   []local
	gateways []netip.Addr
	spoofed  []netip.Prefix
	// buried are pods of all regions, in one overlay.
	buried []netip.Prefix
	source []netip.Prefix
	made   []netip.Addr
	// remote is the fleet's prefixes but for "except" lines, and "remote" lines.
	remote []netip.Prefix
}

// local is a prefix that a gateway carries packets from, and whose table and role it has.
type local struct {
	table  string
	prefix netip.Prefix
	node   bool
	role   netip.Prefix
}

// transit is what gateways carry: remote and source.
func (t *hostTables) transit() []netip.Prefix { return slices.Concat(t.remote, t.source) }

// hostTables reads a host's tables; nil where there are none.
func (f Files) hostTables(path string) (*hostTables, error) {
	text, ok := f[path]
	if !ok {
		return nil, nil
	}
	t := &hostTables{path: path, settings: map[string]string{}, places: map[string]Place{}}
	var except []netip.Prefix
	for n, w := range lines(text) {
		if len(w) > 2 && w[1] == "6" {
			continue
		}
		t.places[lineKey(w)] = Place{path, n}
		if len(w) < hostWords[w[0]] {
			return nil, fmt.Errorf("%s:%d: %q has too few words", path, n, w)
		}
		var err error
		switch w[0] {
		case "kustomize-hybrid", "region", "fleet":
		case "setting":
			t.settings[w[1]] = w[2]
		case "own":
			t.own, err = add(t.own, w[2])
		case "spoofed":
			t.spoofed, err = add(t.spoofed, w[2])
		case "buried":
			t.buried, err = add(t.buried, w[2])
		case "source":
			t.source, err = add(t.source, w[2])
		case "remote":
			t.remote, err = add(t.remote, w[2])
		case "except":
			except, err = add(except, w[2])
		case "local":
			l := local{table: w[2], node: w[4] == "node"}
			if l.prefix, err = prefix(w[3]); err == nil {
				l.role, err = prefix(w[5])
			}
			t.locals = append(t.locals, l)
		case "gateway":
			if w[2] == "-" {
				break // it has no IPv4
			}
			var a netip.Addr
			a, err = netip.ParseAddr(w[2])
			t.gateways = append(t.gateways, a)
			t.places["gateway "+w[2]] = Place{path, n}
		case "made":
			var a netip.Addr
			a, err = netip.ParseAddr(w[2])
			t.made = append(t.made, a)
		default:
			err = fmt.Errorf("unknown line %q", w)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	for n, w := range lines(f[fleetPath]) {
		if len(w) < 3 || w[0] != "prefix" || w[1] != "4" {
			continue
		}
		p, err := prefix(w[2])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", fleetPath, n, err)
		}
		if !slices.Contains(except, p) {
			t.remote = append(t.remote, p)
			t.places["remote "+p.String()] = Place{fleetPath, n}
		}
	}
	return t, nil
}

// fleetPath has the prefixes of all regions.
const fleetPath = "fleet.tables"

// hostWords are how many words a line of a host's tables has at least.
var hostWords = map[string]int{"setting": 3, "own": 3, "spoofed": 3, "buried": 3, "source": 3, "remote": 3, "except": 3, "local": 6, "gateway": 3, "made": 3}

// lineKey is what says which line of a host's tables one is: its kind, and its prefix, table,
// address or setting.
func lineKey(w []string) string {
	switch {
	case len(w) < 3:
		return w[0]
	case w[0] == "setting":
		return "setting " + w[1]
	}
	if p, err := prefix(w[2]); err == nil {
		return w[0] + " " + p.String()
	}
	return w[0] + " " + w[2]
}

// at is where the line of a kind about a prefix is written, or the file.
func (t *hostTables) at(kind string, about fmt.Stringer) Place {
	if p, ok := t.places[kind+" "+about.String()]; ok {
		return p
	}
	return Place{File: t.path}
}

// of is where a setting is written, or the file.
func (t *hostTables) of(setting string) Place {
	if p, ok := t.places["setting "+setting]; ok {
		return p
	}
	return Place{File: t.path}
}

// cloudTables are what a provider's network is told.
type cloudTables struct {
	path     string
	spread   bool
	gateways []netip.Addr
	routes   []cloudRoute
	places   map[netip.Addr]Place // of gateways' lines
	// follows: units move the routes to whoever is primary for primaryOf.
	follows   bool
	primaryOf netip.Prefix
}

// cloudRoute is a route of a provider's network to its region's gateways.
type cloudRoute struct {
	to netip.Prefix
	at Place
}

// cloudTables reads them; nil where there are none.
func (f Files) cloudTables(path string) (*cloudTables, error) {
	text, ok := f[path]
	if !ok {
		return nil, nil
	}
	t := &cloudTables{path: path, places: map[netip.Addr]Place{}}
	_, t.follows = f[strings.TrimSuffix(path, "tables")+"systemd/kustomize-hybrid-follow.service"]
	for n, w := range lines(text) {
		var err error
		switch {
		case w[0] == "gateway" && len(w) < 5, w[0] == "route" && len(w) < 4, w[0] == "setting" && len(w) < 3:
			err = fmt.Errorf("%q has too few words", w)
		case w[0] == "setting" && w[1] == "spread":
			t.spread = w[2] == "yes"
		case w[0] == "setting" && w[1] == "primaryOf":
			t.primaryOf, err = prefix(w[2])
		case w[0] == "gateway":
			if w[4] == "-" {
				break // it has no IPv4
			}
			var a netip.Addr
			a, err = netip.ParseAddr(w[4])
			t.gateways = append(t.gateways, a)
			t.places[a] = Place{path, n}
		case w[0] == "route" && w[1] == "4":
			var p netip.Prefix
			p, err = prefix(w[3])
			t.routes = append(t.routes, cloudRoute{p, Place{path, n}})
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	return t, nil
}

// lines are the words of each line but comments, with its number.
func lines(text string) iter.Seq2[int, []string] {
	return func(yield func(int, []string) bool) {
		n := 0
		for line := range strings.Lines(text) {
			n++
			if w := strings.Fields(line); len(w) > 0 && !strings.HasPrefix(w[0], "#") && !yield(n, w) {
				return
			}
		}
	}
}

// prefix reads one as iproute2 spells it: a single address has no length.
func prefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

func add(list []netip.Prefix, s string) ([]netip.Prefix, error) {
	p, err := prefix(s)
	return append(list, p), err
}

// tags are those that a gateway's tailscaled asks for: TS_EXTRA_ARGS in the same file.
func (f Files) tags(path string) []string {
	m := tagsInArgs().FindStringSubmatch(f[path])
	if m == nil {
		return nil
	}
	return strings.Split(m[1], ",")
}

var tagsInArgs = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`--advertise-tags=([^ "\n]+)`) })

// advertised is what a gateway's tailscaled is told to advertise: TS_ROUTES, from the
// first of the files that has it.
func (f Files) advertised(paths ...string) (routes []netip.Prefix, at Place, err error) {
	for _, path := range paths {
		for _, pattern := range []*regexp.Regexp{routesInEnv(), routesInYAML()} {
			m := pattern.FindStringSubmatchIndex(f[path])
			if m == nil {
				continue
			}
			at := Place{path, 1 + strings.Count(f[path][:m[2]], "\n")}
			for s := range strings.SplitSeq(f[path][m[2]:m[3]], ",") {
				if routes, err = add(routes, s); err != nil {
					return nil, at, fmt.Errorf("%s: TS_ROUTES: %w", at, err)
				}
			}
			return routes, at, nil
		}
	}
	return nil, Place{}, fmt.Errorf("TS_ROUTES is in none of %q", paths)
}

var (
	routesInEnv  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^TS_ROUTES=(.*)$`) })
	routesInYAML = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`name: TS_ROUTES\n\s+value: "(.*)"`) })
)

func inAny(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// ciliumPath and calicoPath are the settings of the cluster's plugins.
const (
	ciliumPath = "cni/cilium-values.yaml"
	calicoPath = "cni/calico.yaml"
)

// ciliumSettings are the values that decide about packets.
type ciliumSettings struct {
	RoutingMode    string
	TunnelProtocol string
	IPAM           struct {
		Mode     string
		Operator struct {
			ClusterPoolIPv4PodCIDRList []string
		}
	}
	IPMasqAgent struct {
		Config struct{ NonMasqueradeCIDRs []netip.Prefix }
	}
	IPv4NativeRoutingCIDR string
	Encryption            struct {
		Enabled bool
		Type    string
	}
}

func (f Files) cilium() (*ciliumSettings, error) {
	s := &ciliumSettings{}
	if err := yaml.Unmarshal([]byte(f[ciliumPath]), s); err != nil {
		return nil, fmt.Errorf("%s: %w", ciliumPath, err)
	}
	return s, nil
}

// object is what the objects of plugins have of all that is asked here.
type object struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Defaults map[string]string
		IPv4     struct{ CIDRs []netip.Prefix }
		// Calico's.
		CIDR             netip.Prefix
		IPIPMode         string
		VXLANMode        string
		Disabled         bool
		WireguardEnabled bool
	}
}

// objects are those of a file; none where it is not there.
func (f Files) objects(path string) ([]object, error) {
	var all []object
	for text := range strings.SplitSeq(f[path], "---\n") {
		var o object
		if err := yaml.Unmarshal([]byte(text), &o); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if o.Kind != "" {
			all = append(all, o)
		}
	}
	return all, nil
}
