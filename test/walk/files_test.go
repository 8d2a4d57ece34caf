package walk

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// files are a rendered tree: what stands at each path.
type files map[string]string

// hostTables are what a host is told: tables and fleet.tables, worked out. IPv4 alone.
type hostTables struct {
	path     string
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
func (f files) hostTables(path string) (*hostTables, error) {
	text, ok := f[path]
	if !ok {
		return nil, nil
	}
	t := &hostTables{path: path, settings: map[string]string{}}
	var except []netip.Prefix
	for _, w := range lines(text) {
		if len(w) > 2 && w[1] == "6" {
			continue
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
			var a netip.Addr
			a, err = netip.ParseAddr(w[2])
			t.gateways = append(t.gateways, a)
		case "made":
			var a netip.Addr
			a, err = netip.ParseAddr(w[2])
			t.made = append(t.made, a)
		default:
			err = fmt.Errorf("unknown line %q", w)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, w := range lines(f["fleet.tables"]) {
		if w[0] != "prefix" || w[1] != "4" {
			continue
		}
		p, err := prefix(w[2])
		if err != nil {
			return nil, fmt.Errorf("fleet.tables: %w", err)
		}
		if !slices.Contains(except, p) {
			t.remote = append(t.remote, p)
		}
	}
	return t, nil
}

// cloudTables are what a provider's network is told.
type cloudTables struct {
	path     string
	spread   bool
	gateways []netip.Addr
	routes   []netip.Prefix
}

// cloudTables reads them; nil where there are none.
func (f files) cloudTables(path string) (*cloudTables, error) {
	text, ok := f[path]
	if !ok {
		return nil, nil
	}
	t := &cloudTables{path: path}
	for _, w := range lines(text) {
		var err error
		switch {
		case w[0] == "setting" && w[1] == "spread":
			t.spread = w[2] == "yes"
		case w[0] == "gateway":
			var a netip.Addr
			a, err = netip.ParseAddr(w[4])
			t.gateways = append(t.gateways, a)
		case w[0] == "route" && w[1] == "4":
			t.routes, err = add(t.routes, w[3])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return t, nil
}

// lines are the words of each line but comments.
func lines(text string) [][]string {
	var all [][]string
	for line := range strings.Lines(text) {
		if w := strings.Fields(line); len(w) > 0 && !strings.HasPrefix(w[0], "#") {
			all = append(all, w)
		}
	}
	return all
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

// advertised is what a gateway's tailscaled is told to advertise: TS_ROUTES, from the
// first of the files that has it.
func (f files) advertised(paths ...string) (routes []netip.Prefix, path string, err error) {
	for _, path := range paths {
		for _, pattern := range []*regexp.Regexp{routesInEnv, routesInYAML} {
			m := pattern.FindStringSubmatch(f[path])
			if m == nil {
				continue
			}
			for s := range strings.SplitSeq(m[1], ",") {
				if routes, err = add(routes, s); err != nil {
					return nil, path, fmt.Errorf("%s: TS_ROUTES: %w", path, err)
				}
			}
			return routes, path, nil
		}
	}
	return nil, "", fmt.Errorf("TS_ROUTES is in none of %q", paths)
}

var (
	routesInEnv  = regexp.MustCompile(`(?m)^TS_ROUTES=(.*)$`)
	routesInYAML = regexp.MustCompile(`name: TS_ROUTES\n\s+value: "(.*)"`)
)

// policyPath is where the tailnet's policy stands.
const policyPath = "tailnet/policy.json"

// policy is the part of it that decides about packets.
type policy struct {
	approved []netip.Prefix
	grants   []grant
}

// grant lets sources reach targets; tags among the sources are all gateways.
type grant struct {
	tags     bool
	src, dst []netip.Prefix
	ports    []ports
}

// ports are those of a protocol; a protocol of "" is TCP, UDP and ICMP.
type ports struct {
	protocol    string
	first, last int
}

func (f files) policy() (*policy, error) {
	var file struct {
		Hosts         map[string]string
		AutoApprovers struct{ Routes map[string][]string }
		Grants        []struct{ Src, Dst, IP []string }
	}
	if err := json.Unmarshal([]byte(f[policyPath]), &file); err != nil {
		return nil, fmt.Errorf("%s: %w", policyPath, err)
	}
	p := &policy{}
	for r := range file.AutoApprovers.Routes {
		var err error
		if p.approved, err = add(p.approved, r); err != nil {
			return nil, fmt.Errorf("%s: %w", policyPath, err)
		}
	}
	for _, g := range file.Grants {
		var got grant
		for _, s := range g.Src {
			if strings.HasPrefix(s, "tag:") {
				got.tags = true
				continue
			}
			var err error
			if got.src, err = add(got.src, file.Hosts[s]); err != nil {
				return nil, fmt.Errorf("%s: source %s: %w", policyPath, s, err)
			}
		}
		for _, s := range g.Dst {
			if strings.HasPrefix(s, "tag:") {
				continue
			}
			var err error
			if got.dst, err = add(got.dst, file.Hosts[s]); err != nil {
				return nil, fmt.Errorf("%s: target %s: %w", policyPath, s, err)
			}
		}
		for _, s := range g.IP {
			spec, err := portsOf(s)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", policyPath, err)
			}
			got.ports = append(got.ports, spec)
		}
		p.grants = append(p.grants, got)
	}
	return p, nil
}

func portsOf(s string) (ports, error) {
	protocol, rest, named := strings.Cut(s, ":")
	if !named {
		protocol, rest = "", s
	}
	if rest == "*" {
		return ports{protocol, 0, 65535}, nil
	}
	low, high, several := strings.Cut(rest, "-")
	if !several {
		high = low
	}
	first, err := strconv.Atoi(low)
	if err != nil {
		return ports{}, fmt.Errorf("port %q: %w", s, err)
	}
	last, err := strconv.Atoi(high)
	if err != nil {
		return ports{}, fmt.Errorf("port %q: %w", s, err)
	}
	return ports{protocol, first, last}, nil
}

// allows is what a gateway's packet filter says of a new connection.
func (p *policy) allows(pkt *packet, fromGateway bool) bool {
	return slices.ContainsFunc(p.grants, func(g grant) bool {
		return (inAny(g.src, pkt.src) || g.tags && fromGateway) && inAny(g.dst, pkt.dst) &&
			slices.ContainsFunc(g.ports, func(s ports) bool { return s.include(pkt) })
	})
}

func (s ports) include(pkt *packet) bool {
	if s.protocol == "" && pkt.protocol == ipInIP || s.protocol != "" && s.protocol != pkt.protocol {
		return false
	}
	return s.first <= pkt.port && pkt.port <= s.last
}

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

func (f files) cilium() (*ciliumSettings, error) {
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
func (f files) objects(path string) ([]object, error) {
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
