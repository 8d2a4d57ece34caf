package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// osState is a project with a router, ports and a security group.
type osState struct {
	Router osRouter
	Ports  map[string]*osPort
	Rules  []osRule
	Next   int
}

type osRouter struct {
	Routes []osRoute `json:"routes"`
	Tags   []string  `json:"tags"`
}

type osRoute struct {
	Destination string `json:"destination"`
	Nexthop     string `json:"nexthop"`
}

type osPort struct {
	Pairs    []osPair `json:"allowed_address_pairs"`
	MAC      string   `json:"mac_address"`
	Security bool     `json:"port_security_enabled"`
	Tags     []string `json:"tags"`
}

type osPair struct {
	IP  string `json:"ip_address"`
	MAC string `json:"mac_address"`
}

// osRule has the keys of Neutron's API, as `security group show` passes them on.
type osRule struct {
	ID          string  `json:"id"`
	Ethertype   string  `json:"ethertype"`
	Direction   string  `json:"direction"`
	Protocol    *string `json:"protocol"`
	Min         *int    `json:"port_range_min"`
	Max         *int    `json:"port_range_max"`
	Prefix      *string `json:"remote_ip_prefix"`
	Group       *string `json:"remote_group_id"`
	Description string  `json:"description"`
}

// osBefore is a project that somebody uses already: texts have whatever JSON can have, a
// port is told another card's address, and a worker's port has no guard.
func osBefore() any {
	group, tcp, low, high := "sg-1", "tcp", 8000, 8080
	return osState{
		Router: osRouter{Routes: []osRoute{{"192.168.7.0/24", "10.50.0.40"}}, Tags: []string{`of {the} "team"`}},
		Ports: map[string]*osPort{
			"gra-1-port":                           {MAC: "fa:16:3e:00:00:11", Security: true, Pairs: []osPair{{"10.50.0.100/32", "fa:16:3e:00:00:11"}, {"10.60.0.0/16", "00:00:5e:00:01:01"}}},
			"gra-2-port":                           {MAC: "fa:16:3e:00:00:12", Security: true, Tags: []string{"spare"}},
			"gra-worker-1":                         {MAC: "fa:16:3e:00:00:21", Security: true},
			"5f1c2a3b-4d5e-4f60-8a71-9b2c3d4e5f60": {MAC: "fa:16:3e:00:00:22"},
		},
		Rules: []osRule{
			{ID: "rule-1", Ethertype: "IPv4", Direction: "egress"},
			{ID: "rule-2", Ethertype: "IPv4", Direction: "ingress", Group: &group},
			{ID: "rule-3", Ethertype: "IPv4", Direction: "ingress", Protocol: &tcp, Min: &low, Max: &high, Description: `"for now", {see ticket}`},
		},
		Next: 4,
	}
}

// openstack answers for OpenStack's command line. `show` prints what Python's json.dump
// does without an indent (cliff, formatters/json_format.py), only the columns asked for.
func openstack(c *call) error {
	var s osState
	load(&s)
	command, name := strings.Join(c.words[:len(c.words)-1], " "), c.words[len(c.words)-1]
	if strings.HasPrefix(command, "router") && name != "k8s" || strings.HasPrefix(command, "port") && s.Ports[name] == nil ||
		(command == "security group show" || command == "security group rule create") && name != "nodes" {
		panic("unknown command or name")
	}
	if strings.HasSuffix(command, " show") {
		if c.one("format") != "json" || !c.has("noindent") {
			panic("format")
		}
		fmt.Println(osColumns(map[string]any{
			"router show": s.Router, "port show": s.Ports[name], "security group show": map[string]any{"rules": s.Rules},
		}[command], c.flags["column"]))
		return nil
	}
	if err := c.change(); err != nil {
		return err
	}
	if err := s.change(c, command, name); err != nil {
		return err
	}
	return save(s)
}

// osColumns spells an object with those of its keys.
func osColumns(object any, columns []string) string {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err)
	}
	var fields []string
	for _, column := range slices.Sorted(slices.Values(columns)) {
		if all[column] == nil {
			panic("no column " + column)
		}
		fields = append(fields, strconv.Quote(column)+": "+pythonic(all[column]))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// pythonic puts a blank behind each colon and comma that stands in no text.
func pythonic(text []byte) string {
	var b strings.Builder
	inText, escaped := false, false
	for _, c := range text {
		b.WriteByte(c)
		switch {
		case escaped:
			escaped = false
		case inText && c == '\\':
			escaped = true
		case c == '"':
			inText = !inText
		case !inText && (c == ':' || c == ','):
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func (s *osState) change(c *call, command, name string) error {
	switch command {
	case "router add route", "router remove route":
		return s.route(c, command == "router add route")
	case "router set", "router unset":
		return osTag(&s.Router.Tags, c, command == "router set")
	case "port set", "port unset":
		if c.has("tag") {
			return osTag(&s.Ports[name].Tags, c, command == "port set")
		}
		return s.Ports[name].pair(c, command == "port set")
	case "security group rule create":
		return s.permit(c)
	case "security group rule delete":
		n := len(s.Rules)
		s.Rules = slices.DeleteFunc(s.Rules, func(r osRule) bool { return r.ID == name })
		return gone(n, len(s.Rules))
	}
	panic("unknown command " + command)
}

// options are what a flag has in the form key=value,key=value.
func options(text string) map[string]string {
	found := map[string]string{}
	for _, part := range strings.Split(text, ",") {
		key, value, _ := strings.Cut(part, "=")
		found[key] = value
	}
	return found
}

// route: the same destination by another next hop is accepted, the very same route is no
// fault, and a next hop has to stand in the router's subnet.
func (s *osState) route(c *call, add bool) error {
	o := options(c.one("route"))
	r := osRoute{netip.MustParsePrefix(o["destination"]).String(), o["gateway"]}
	if !netip.MustParsePrefix("10.50.0.0/24").Contains(netip.MustParseAddr(r.Nexthop)) {
		return errors.New("the nexthop is not connected with router")
	}
	s.Router.Routes = slices.DeleteFunc(s.Router.Routes, func(have osRoute) bool { return have == r })
	if add {
		s.Router.Routes = append(s.Router.Routes, r)
	}
	return nil
}

func osTag(tags *[]string, c *call, add bool) error {
	have := map[string]bool{}
	for _, t := range *tags {
		have[t] = true
	}
	if delete(have, c.one("tag")); add {
		have[c.one("tag")] = true
	}
	if len(have) > 50 { // neutron/extensions/tagging.py
		return errors.New("too many tags")
	}
	if *tags = slices.Sorted(maps.Keys(have)); len(*tags) == 0 {
		*tags = nil
	}
	return nil
}

// pair: the client removes only what equals it, card and all.
func (p *osPort) pair(c *call, add bool) error {
	o := options(c.one("allowed-address"))
	pair := osPair{o["ip-address"], o["mac-address"]}
	if add {
		if pair.MAC == "" {
			pair.MAC = p.MAC
		}
		if slices.Contains(p.Pairs, pair) || !p.Security || len(p.Pairs) == 10 {
			return errors.New("AddressPairAndPortSecurityRequired, DuplicateAddressPairInRequest or AddressPairsExhausted")
		}
		p.Pairs = append(p.Pairs, pair)
		return nil
	}
	n := len(p.Pairs)
	if p.Pairs = slices.DeleteFunc(p.Pairs, func(have osPair) bool { return have == pair }); len(p.Pairs) == 0 {
		p.Pairs = nil
	}
	return gone(n, len(p.Pairs))
}

func (s *osState) permit(c *call) error {
	prefix := c.one("remote-ip")
	r := osRule{ID: fmt.Sprint("rule-", s.Next), Ethertype: c.one("ethertype"), Direction: "egress", Prefix: &prefix, Description: c.one("description")}
	s.Next++
	if c.has("ingress") != c.has("egress") && c.has("ingress") {
		r.Direction = "ingress"
	}
	if protocol := c.one("protocol"); protocol != "any" {
		r.Protocol = &protocol
	}
	if c.has("dst-port") {
		port, err := strconv.Atoi(c.one("dst-port"))
		if err != nil {
			return err
		}
		r.Min, r.Max = &port, &port
	}
	if is4 := netip.MustParsePrefix(prefix).Addr().Is4(); is4 != (r.Ethertype == "IPv4") {
		return errors.New("SecurityGroupRuleInvalidEtherType")
	}
	s.Rules = append(s.Rules, r)
	return nil
}

// osBench is a bench whose tables are altered first.
func osBench(t *testing.T, alter func(tables string) string) *bench {
	t.Helper()
	b := ofProvider(t, "openstack")
	text, err := os.ReadFile(b.tables)
	if err == nil {
		b.tables = filepath.Join(b.dir, "tables")
		err = os.WriteFile(b.tables, []byte(alter(string(text))), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Where the topology says that ports have no guard, the program turns none off: it names
// those that have one, changes nothing before they have none, and tells no port anything.
func TestPortsWithoutGuard(t *testing.T) {
	b := osBench(t, func(tables string) string {
		tables = regexp.MustCompile(`(?m)^source .*\n`).ReplaceAllString(tables, "")
		return tables + "unguarded gra-1-port\nunguarded gra-2-port\n"
	})
	if o := b.run("apply"); o.code != 1 || len(o.changes()) > 0 || strings.Count(o.errors, "the security of port gra-") != 2 {
		t.Errorf("ports have a guard: %s", o)
	}
	s := osBefore().(osState)
	for _, p := range s.Ports {
		p.Security = false
	}
	b.setState(s)
	if o := b.must("apply"); strings.Contains(strings.Join(o.changes(), "\n"), " port ") {
		t.Errorf("ports were changed: %s", o)
	}
	b.must("check")
	b.must("remove")
}

// A router may have several next hops for a destination: with one of somebody else's,
// ours would get a part of the connections, so that is refused; of ours, only one stays.
func TestSeveralNextHops(t *testing.T) {
	b := ofProvider(t, "openstack")
	s := osBefore().(osState)
	s.Router.Routes = append(s.Router.Routes, osRoute{"10.143.0.0/24", "10.50.0.11"}, osRoute{"10.143.0.0/24", "10.50.0.40"})
	b.setState(s)
	if o := b.run("apply"); o.code != 1 || len(o.changes()) > 0 || !strings.Contains(o.errors, "10.143.0.0/24 on router k8s leads to 10.50.0.11,10.50.0.40 already, by a route that is not ours") {
		t.Errorf("a route of somebody else's: %s", o)
	}
	owner := regexp.MustCompile(`(?m)^setting owner (.*)$`)
	text, err := os.ReadFile(b.tables)
	if err != nil {
		t.Fatal(err)
	}
	s.Router.Tags = append(s.Router.Tags, owner.FindStringSubmatch(string(text))[1]+"_10.143.0.0-24")
	b.setState(s)
	o := b.must("apply")
	if !slices.Contains(o.changes(), "! openstack router remove route k8s --route destination=10.143.0.0/24,gateway=10.50.0.40") ||
		slices.Contains(o.changes(), "! openstack router add route k8s --route destination=10.143.0.0/24,gateway=10.50.0.11") {
		t.Errorf("a second next hop of ours: %s", o)
	}
}

// What somebody else made is as good, and stays.
func TestAllowedBySomebodyElse(t *testing.T) {
	b := ofProvider(t, "openstack")
	s := osBefore().(osState)
	s.Ports["gra-worker-1"].Pairs = []osPair{{"10.60.0.0/16", "fa:16:3e:00:00:21"}}
	s.Router.Routes = append(s.Router.Routes, osRoute{"10.143.0.0/24", "10.50.0.11"})
	b.setState(s)
	before := b.state()
	changes := strings.Join(b.must("apply").changes(), "\n")
	if strings.Contains(changes, "gra-worker-1") || strings.Contains(changes, "router set k8s --tag kh-gra-aca35dffbf_10.143.0.0-24") || strings.Contains(changes, "destination=10.143.0.0/24") {
		t.Errorf("made again:\n%s", changes)
	}
	b.must("check")
	b.must("remove")
	if diff := cmp.Diff(before, b.state(), ignoreCounters()); diff != "" {
		t.Errorf("remove leaves a difference (-before +after):\n%s", diff)
	}
}

// A guard that is turned off later: what ports were told is no longer of use, and no fault.
func TestGuardTurnedOff(t *testing.T) {
	b := ofProvider(t, "openstack")
	b.must("apply")
	var s osState
	text, err := os.ReadFile(filepath.Join(b.dir, "state.json"))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Neutron takes the addresses away first.
	s.Ports["gra-1-port"].Security, s.Ports["gra-1-port"].Pairs = false, nil
	b.setState(s)
	b.must("check")
	b.must("remove")
}
