package acl

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// pairText spells pairings as "0,1>2 via tag:a; ...".
func pairText(pairs []pairing) string {
	number := func(list []int) string { return strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",") }
	var all []string
	for _, p := range pairs {
		s := number(p.src) + ">" + number(p.dst)
		if p.via != "" {
			s += " via " + p.via
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

// Which regions are granted to which: nobody to itself, nor to one of its own class.
func TestMesh(t *testing.T) {
	for _, c := range []struct {
		src, dst []int
		classes  string // one letter for each region; a dash is none
		want     string
	}{
		{nil, nil, "", ""},
		{[]int{0}, []int{0}, "-", ""},
		{[]int{0, 1}, []int{0, 1}, "--", "1>0; 0>1"},
		{[]int{0, 1, 2}, []int{0, 1, 2}, "---", "1,2>0; 0,2>1; 0,1>2"},
		{[]int{0}, []int{0, 1, 2}, "---", "0>1,2"},
		{[]int{0, 1}, []int{2}, "---", "0,1>2"},
		{[]int{0, 1, 2}, []int{0, 1, 2}, "aaa", ""},
		{[]int{0, 1, 2}, []int{0, 1, 2}, "aab", "2>0,1; 0,1>2"},
		{[]int{0, 1, 2}, []int{0, 1, 2}, "aa-", "0,1>2; 2>0,1"},
		{[]int{0, 1, 2, 3}, []int{0, 1, 2, 3}, "a-b-", "0,2>1,3; 3>1; 1>3; 1,2,3>0; 0,1,3>2"},
		{[]int{0}, []int{1}, "a-", "0>1"},
		{[]int{1}, []int{0}, "a-", "1>0"},
	} {
		got := pairText(mesh(c.src, c.dst, func(i int) string { return strings.Trim(c.classes[i:i+1], "-") }))
		if got != c.want {
			t.Errorf("%v to %v of %s: %s, want %s", c.src, c.dst, c.classes, got, c.want)
		}
	}
}

// Up to 32 regions each destination has a pairing of its own; of more, halves are paired.
func TestReadable(t *testing.T) {
	numbers := func(n int) []int {
		var list []int
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	for _, c := range []struct{ src, dst, want int }{{32, 32, 32}, {33, 33, 64}, {33, 1, 5}, {1, 33, 5}, {32, 1, 1}, {1, 32, 1}} {
		if got := len(inside(numbers(c.src), numbers(c.dst))); got != c.want {
			t.Errorf("%d regions to %d: %d pairings, want %d", c.src, c.dst, got, c.want)
		}
	}
	for n, want := range map[int]string{0: "", 1: "", 2: "0>1; 1>0", 3: "0>1,2; 1,2>0; 1>2; 2>1", 4: "0,1>2,3; 2,3>0,1; 0>1; 1>0; 2>3; 3>2"} {
		if got := pairText(appendHalves(nil, numbers(n), numbers(n), numbers(n))); got != want {
			t.Errorf("halves of %d: %s, want %s", n, got, want)
		}
	}
}

// A pin takes its pair out of the pairings, and the first pin of a pair decides.
func TestPinned(t *testing.T) {
	pin := func(from, to, via string) schema.Pin { return schema.Pin{From: from, To: to, Via: via} }
	index := map[string]int{"a": 0, "b": 1, "c": 2}
	pairs := []pairing{{src: []int{1, 2}, dst: []int{0}}, {src: []int{0, 2}, dst: []int{1}}, {src: []int{0}, dst: []int{2}}}
	for _, c := range []struct {
		pins []schema.Pin
		want string
	}{
		{nil, "1,2>0; 0,2>1; 0>2"},
		{[]schema.Pin{pin("b", "a", "x")}, "2>0; 1>0 via x; 0,2>1; 0>2"},
		{[]schema.Pin{pin("a", "c", "x")}, "1,2>0; 0,2>1; 0>2 via x"},
		{[]schema.Pin{pin("a", "c", "x"), pin("a", "c", "y")}, "1,2>0; 0,2>1; 0>2 via x"},
		{[]schema.Pin{pin("c", "b", "x"), pin("b", "a", "y")}, "2>0; 1>0 via y; 0>1; 2>1 via x; 0>2"},
		{[]schema.Pin{pin("b", "c", "x")}, "1,2>0; 0,2>1; 0>2"},
		{[]schema.Pin{pin("z", "a", "x"), pin("a", "z", "x"), pin("z", "b", "x"), pin("c", "z", "x")}, "1,2>0; 0,2>1; 0>2"},
	} {
		if got := pairText(pinned(pairs, c.pins, index)); got != c.want {
			t.Errorf("%v: %s, want %s", c.pins, got, c.want)
		}
	}
	if got := pairText(split([]pairing{{src: []int{0, 1}, dst: []int{2, 3}}}, 0, 3, "x")); got != "1>2,3; 0>2; 0>3 via x" {
		t.Error(got)
	}
}

// The ports that tests name: both ends of each range, TCP and UDP only.
func TestTestable(t *testing.T) {
	for ports, want := range map[string]string{
		"": "", "*": "tcp:443 udp:443", "tcp:*": "tcp:443", "udp:*": "udp:443", "icmp:*": "", "gre:*": "", "tcp:80": "tcp:80", "80": "tcp:80 udp:80",
		"tcp:80-90": "tcp:80 tcp:90", "tcp:80-80": "tcp:80", "udp:53,80-90,99": "udp:53 udp:80 udp:90 udp:99", "80-90": "tcp:80 tcp:90 udp:80 udp:90",
		"icmp:* tcp:22 udp:*": "tcp:22 udp:443",
	} {
		if got := strings.Join(testable(strings.Fields(ports)), " "); got != want {
			t.Errorf("%s is tested by %s, want %s", ports, got, want)
		}
	}
}

// Assertions of one source and protocol stand in one test, each once: what is accepted is not
// denied.
func TestBook(t *testing.T) {
	s := &site{}
	s.probes[nodes] = []string{"a", "b", "x", "y"}
	b := newTestBook([]*site{s})
	accept := func(src, dst, port string) { b.accept([]int32{b.number[src]}, []int32{b.number[dst]}, port) }
	accept("a", "x", "tcp:1")
	accept("a", "x", "udp:1")
	accept("a", "x", "tcp:1")
	b.deny("a", "x", "tcp:1")
	b.deny("a", "y", "tcp:1")
	b.deny("a", "y", "tcp:1")
	accept("a", "y", "tcp:1")
	b.deny("", "y", "tcp:1")
	b.deny("a", "", "tcp:1")
	b.deny("b", "y", "tcp:1")
	if got := fmt.Sprint(b.probed()); got != "[a b x y]" {
		t.Error(got)
	}
	if got := fmt.Sprint(b.list()); got != "[{a tcp [x:1] [y:1]} {a udp [x:1] []} {b tcp [] [y:1]}]" {
		t.Error(got)
	}
}

// What a rule covers of another: each source and destination by name or by prefix, all ports,
// and nothing that goes through certain gateways.
func TestRulesCover(t *testing.T) {
	named := map[string]netip.Prefix{}
	for name, p := range map[string]string{"wide": "10.0.0.0/8", "narrow": "10.1.0.0/16", "same": "10.0.0.0/8", "other": "11.0.0.0/8", "six": "fd00::/8"} {
		named[name] = netip.MustParsePrefix(p)
	}
	grant := func(src, dst, ip, via string) Grant {
		return Grant{Src: strings.Fields(src), Dst: strings.Fields(dst), IP: strings.Fields(ip), Via: strings.Fields(via)}
	}
	base := grant("wide", "other", "tcp:80-90", "")
	for _, c := range []struct {
		narrow Grant
		want   bool
	}{
		{base, true}, {grant("narrow", "other", "tcp:80", ""), true}, {grant("same", "other", "tcp:80", ""), true}, {grant("narrow same", "other", "tcp:80 tcp:90", ""), true},
		{grant("other", "other", "tcp:80", ""), false}, {grant("narrow other", "other", "tcp:80", ""), false}, {grant("narrow", "wide", "tcp:80", ""), false},
		{grant("narrow", "other", "tcp:79", ""), false}, {grant("narrow", "other", "tcp:80 udp:80", ""), false}, {grant("narrow", "other", "nonsense", ""), false},
		{grant("narrow", "other", "tcp:80", "tag:a"), false}, {grant("tag:a", "other", "tcp:80", ""), false}, {grant("six", "other", "tcp:80", ""), false},
	} {
		if got := covers(named, base, c.narrow); got != c.want {
			t.Errorf("%v covers %v: %t", base, c.narrow, got)
		}
	}
	for _, c := range []struct {
		wide Grant
		want bool
	}{
		{grant("tag:a", "narrow", "tcp:80", ""), true}, {grant("tag:b tag:a", "six wide", "udp:1 nonsense tcp:*", ""), true}, {grant("tag:b", "wide", "*", ""), false},
		{grant("tag:a", "wide", "nonsense", ""), false}, {grant("tag:a", "wide", "*", "tag:a"), false}, {grant("", "wide", "*", ""), false},
	} {
		if got := covers(named, c.wide, grant("tag:a", "narrow", "tcp:80", "")); got != c.want {
			t.Errorf("%v: %t", c.wide, got)
		}
	}
}

// A grant in the older form: one rule for each protocol, with each destination for each of its
// ports.
func TestAccessRulesOfGrants(t *testing.T) {
	g := Grant{Src: []string{"a"}, Dst: []string{"x", "y"}, IP: []string{"tcp:80", "443", "udp:53", "tcp:90", "*"}, Comment: "why"}
	const want = "[{accept tcp [a] [x:80 y:80 x:90 y:90] [] why} {accept  [a] [x:443 y:443 x:* y:*] [] why} {accept udp [a] [x:53 y:53] [] why}]"
	if got := fmt.Sprint(g.acls()); got != want {
		t.Error(got)
	}
}

// Ports of a plugin are granted where two regions run it, or one whose hosts are apart.
func TestFirsts(t *testing.T) {
	region := func(name string, c schema.CNIType, tunnel schema.TunnelProtocol, apart bool, hosts int) schema.Region {
		r := schema.Region{Name: name, CNI: schema.CNI{Type: c, Tunnel: tunnel}}
		r.Gateways.Nodes = make([]schema.GatewayNode, hosts)
		if apart {
			r.Gateways.Mode, r.HostAddress = schema.ModePerNode, schema.HostAddressMade
		}
		return r
	}
	for _, c := range []struct {
		regions       []schema.Region
		plugin, class string // the first of each plugin, and of each plugin and tunnel
	}{
		{[]schema.Region{region("a", schema.CNICilium, "", false, 2)}, "", ""},
		{[]schema.Region{region("a", schema.CNICilium, "", true, 1)}, "", ""},
		{[]schema.Region{region("a", schema.CNICilium, "", true, 2)}, "a", "a"},
		{[]schema.Region{region("a", schema.CNICilium, "", false, 2), region("b", schema.CNICalico, "", false, 2)}, "", ""},
		{[]schema.Region{region("a", schema.CNICalico, "", false, 2), region("b", schema.CNICilium, "", false, 1), region("c", schema.CNICilium, schema.TunnelVXLAN, false, 1)}, "b", ""},
		{[]schema.Region{region("a", schema.CNICilium, "", false, 1), region("b", schema.CNICilium, "", false, 1), region("c", schema.CNICilium, "", false, 1)}, "a", "a"},
	} {
		names := func(list []*schema.Region) string {
			var all []string
			for _, r := range list {
				all = append(all, r.Name)
			}
			return strings.Join(all, " ")
		}
		s := &schema.Spec{Regions: c.regions}
		plugin := names(firsts(s, func(c schema.CNI) string { return string(c.Type) }))
		class := names(firsts(s, func(c schema.CNI) string { return string(c.Type) + " " + string(c.Tunnel) }))
		if plugin != c.plugin || class != c.class {
			t.Errorf("%d regions: %q and %q, want %q and %q", len(c.regions), plugin, class, c.plugin, c.class)
		}
	}
}

// Where pods are seen as their nodes, nodes may do to nodes what pods may.
func TestSeenAsNodes(t *testing.T) {
	list := []role{
		{name: "kubelet", src: []place{nodes}, dst: []place{nodes}}, {name: "api", src: []place{nodes, pods}, dst: []place{apiServer}},
		{name: "pods", src: []place{pods}, dst: []place{pods}}, {name: "metrics", why: "why", src: []place{pods}, dst: []place{nodes}}, {name: "flow", src: []place{pods}, dst: []place{balancer}},
	}
	text := func(list []role) string {
		var all []string
		for _, r := range list {
			all = append(all, fmt.Sprint(r.name, r.src, r.dst))
		}
		return strings.Join(all, " ")
	}
	if got, want := text(seenAsNodes(list[:3])), "kubelet[0] [0] api[0 1] [2] pods[1] [1]"; got != want {
		t.Errorf("without metrics: %s", got)
	}
	got := seenAsNodes(list)
	if text(got) != "api[0 1] [2] pods[1] [1] metrics[0 1] [0] flow[0 1] [3]" {
		t.Error(text(got))
	}
	if got[2].why != "why, seen as their nodes; API servers reach kubelets: logs, exec, port-forward" {
		t.Error(got[2].why)
	}
}

// The address that tests use for a prefix: a gateway's, or the second one, or the only one.
func TestSample(t *testing.T) {
	r := &schema.Region{}
	r.Gateways.Nodes = []schema.GatewayNode{{InternalIP: netip.MustParseAddr("10.0.0.11")}, {InternalIP: netip.MustParseAddr("10.0.1.12"), InternalIPv6: netip.MustParseAddr("fd00::12")}}
	s := &site{region: r}
	for prefix, want := range map[string]string{
		"10.0.0.0/24": "10.0.0.11", "10.0.0.0/16": "10.0.0.11", "10.0.1.0/24": "10.0.1.12", "fd00::/64": "fd00::12", "10.2.0.0/24": "10.2.0.1", "10.2.0.0/31": "10.2.0.1", "10.2.0.7/32": "10.2.0.7",
	} {
		if got := s.sample(netip.MustParsePrefix(prefix)).String(); got != want {
			t.Errorf("%s: %s, want %s", prefix, got, want)
		}
	}
}

// API servers go by addresses of their own, by their nodes' name where all of those are meant,
// and otherwise by a prefix.
func TestServers(t *testing.T) {
	prefixes := func(list ...string) []netip.Prefix {
		var out []netip.Prefix
		for _, s := range list {
			out = append(out, netip.MustParsePrefix(s))
		}
		return out
	}
	s := &site{region: &schema.Region{NodeCIDRs: prefixes("10.1.0.0/16", "10.0.0.0/24")}}
	s.prefixes(nodes, "nodes", "probe", s.region.NodeCIDRs)
	for _, p := range prefixes("10.0.0.5/32", "10.0.0.6/32", "10.0.0.0/24", "10.1.0.0/16", "10.1.2.0/24") {
		s.servers("api", p)
	}
	got := fmt.Sprint(s.selectors[apiServer], s.probes[apiServer], s.hosts[4:])
	const want = "[api api-2 nodes nodes-2 api-5] [api api-2 probe probe-2 api-probe-5] [{api 10.0.0.5} {api-2 10.0.0.6} {api-5 10.1.2.0/24} {api-probe-5 10.1.2.1}]"
	if got != want {
		t.Error(got)
	}
}

// Pins of regions that are not there, and those of access rules, steer nothing.
func TestSteering(t *testing.T) {
	of := func(tag, alias string) *site {
		s := &site{tag: tag}
		s.selectors[nodes], s.selectors[pods] = []string{alias + "-nodes"}, []string{alias + "-pods"}
		return s
	}
	g := &generator{spec: &schema.Spec{}, sites: []*site{of("tag:a", "a"), of("tag:b", "b")}, index: map[string]int{"a": 0, "b": 1}}
	g.spec.Tailnet.Policy.Pins = []schema.Pin{{From: "a", To: "c", Via: "tag:x"}, {From: "c", To: "a", Via: "tag:x"}, {From: "b", To: "a", Via: "tag:x"}}
	if got := fmt.Sprint(g.steering()); got != "[{[tag:b] [a-nodes a-pods] [icmp:*] [tag:x] [] [] pin: gateways of b send to a through tag:x}]" {
		t.Error(got)
	}
	g.spec.Tailnet.Policy.Form = schema.FormACLs
	if got := g.steering(); got != nil {
		t.Error(got)
	}
}

// Each tunnel that two regions share has a rule, with the ports of its outer packets; native
// routing has none.
func TestOverlays(t *testing.T) {
	region := func(c schema.CNIType, tunnel schema.TunnelProtocol) schema.Region {
		return schema.Region{CNI: schema.CNI{Type: c, Tunnel: tunnel}}
	}
	cilium, calico, native := region(schema.CNICilium, schema.TunnelVXLAN), region(schema.CNICalico, schema.TunnelIPIP), region(schema.CNICilium, schema.TunnelNone)
	for _, c := range []struct {
		regions []schema.Region
		want    string
	}{
		{nil, ""},
		{[]schema.Region{cilium}, ""},
		{[]schema.Region{cilium, calico}, ""},
		{[]schema.Region{native, native}, ""},
		{[]schema.Region{cilium, calico, cilium}, "pods' packets inside cilium vxlan [udp:8472] 101; "},
		{[]schema.Region{cilium, calico, native, cilium, calico}, "pods' packets inside cilium vxlan [udp:8472] 10010; pods' packets inside calico ipip [ipv4:*] 01001; "},
	} {
		got := ""
		for _, r := range overlays(&schema.Spec{Regions: c.regions}) {
			got += r.why + " " + fmt.Sprint(r.ports) + " "
			for i := range c.regions {
				if r.from(&c.regions[i]) != r.to(&c.regions[i]) {
					t.Errorf("%s is about one direction", r.why)
				}
				got += map[bool]string{false: "0", true: "1"}[r.from(&c.regions[i])]
			}
			got += "; "
		}
		if got != c.want {
			t.Errorf("%d regions: %q, want %q", len(c.regions), got, c.want)
		}
	}
}

// What a region is tested by: nothing where one end has no address to test with.
func TestAccepted(t *testing.T) {
	with := func(own ...string) *site {
		s := &site{}
		s.probes[nodes] = own
		return s
	}
	for _, c := range []struct {
		from, to *site
		want     string
	}{
		{with("a"), with("x"), "[{a tcp [x:1] []}]"}, {with("a", "b"), with("x"), "[{a tcp [x:1] []} {b tcp [x:1] []}]"}, {with("a"), with("x", "y"), "[{a tcp [x:1 y:1] []}]"},
		{with("a", "b", "c"), with("x", "y"), "[{a tcp [x:1] []} {b tcp [y:1] []} {c tcp [x:1] []}]"}, {with(), with("x"), "[]"}, {with("a"), with(), "[]"}, {with(), with(), "[]"},
	} {
		g := &generator{spec: &schema.Spec{}, sites: []*site{c.from, c.to}}
		g.spec.Tailnet.Policy.Access = schema.AccessAllowAll // nothing is denied
		role := role{src: []place{nodes}, dst: []place{nodes}, ports: []string{"tcp:1"}}
		book := g.tests([]rule{{role: &role, pairing: pairing{src: []int{0}, dst: []int{1}}}})
		if got := fmt.Sprint(book.list()); got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.from.probes[nodes], c.to.probes[nodes], got, c.want)
		}
	}
}

// A region is not granted to itself, but for one whose hosts are apart, and SSH is denied unless
// the topology grants it.
func TestDenials(t *testing.T) {
	ssh := schema.Flow{Name: "ssh", Ports: []string{"tcp:22"}}
	for _, c := range []struct {
		about string
		apart bool
		flows []schema.Flow
		want  string
	}{
		{"hosts with a LAN", false, nil, "a>b:22 a>a:22 a>ap:443 ap>b:22 ap>a:22 ap>ap:443 b>a:22 b>b:22 b>bp:443 bp>a:22 bp>b:22 bp>bp:443"},
		{"hosts apart", true, nil, "a>b:22 a>a:22 ap>b:22 ap>a:22 b>a:22 b>b:22 b>bp:443 bp>a:22 bp>b:22 bp>bp:443"},
		{"hosts with a LAN, and SSH among nodes", false, []schema.Flow{ssh}, "a>a:22 a>ap:443 ap>b:22 ap>a:22 ap>ap:443 b>b:22 b>bp:443 bp>a:22 bp>b:22 bp>bp:443"},
		{"hosts apart, and SSH among nodes", true, []schema.Flow{ssh}, "ap>b:22 ap>a:22 b>b:22 b>bp:443 bp>a:22 bp>b:22 bp>bp:443"},
	} {
		g := &generator{spec: &schema.Spec{}}
		g.spec.Tailnet.Policy.Flows = c.flows
		for _, name := range []string{"a", "b"} {
			s := &site{region: &schema.Region{Name: name}}
			s.region.Gateways.Nodes = make([]schema.GatewayNode, 2)
			if c.apart && name == "a" {
				s.region.Gateways.Mode, s.region.HostAddress = schema.ModePerNode, schema.HostAddressMade
			}
			s.probes[nodes], s.probes[pods] = []string{name}, []string{name + "p"}
			g.sites = append(g.sites, s)
		}
		book := newTestBook(g.sites)
		g.denials(book)
		var got []string
		for _, one := range book.list() {
			for _, dst := range one.Deny {
				got = append(got, one.Src+">"+dst)
			}
		}
		if all := strings.Join(got, " "); all != c.want {
			t.Errorf("%s: %s, want %s", c.about, all, c.want)
		}
	}
}

// What a distribution runs beside Kubernetes has rules of its own, and every rule has ports.
func TestRolesOfDistributions(t *testing.T) {
	for distribution, want := range map[schema.Distribution]string{
		schema.DistributionEKS: "", schema.DistributionK3s: "etcd tcp:2379-2380", schema.DistributionKubeadm: "etcd tcp:2379-2380", schema.DistributionOther: "",
		schema.DistributionRKE2: "join tcp:9345, etcd tcp:2379-2380", schema.DistributionTalos: "join tcp:50000-50001, node-api tcp:50000, etcd tcp:2379-2380",
	} {
		var got []string
		for _, r := range clusterRoles(&schema.Spec{Cluster: schema.Cluster{Distribution: distribution}}) {
			if len(r.ports) == 0 {
				t.Errorf("%s: %s has no ports", distribution, r.name)
			}
			if r.name == "join" || r.name == "node-api" || r.name == "etcd" {
				got = append(got, r.name+" "+strings.Join(r.ports, " "))
			}
		}
		if all := strings.Join(got, ", "); all != want {
			t.Errorf("%s: %q, want %q", distribution, all, want)
		}
	}
}

// Each name stands once, in the order of regions and places.
func TestNamesOfPlaces(t *testing.T) {
	s := func(own ...string) *site {
		s := &site{}
		s.selectors[nodes], s.selectors[apiServer] = own[:1], own
		return s
	}
	sites := []*site{s("a", "api"), s("b"), s("a", "c")}
	for _, c := range []struct {
		regions []int
		places  []place
		want    string
	}{
		{[]int{0}, []place{nodes, apiServer}, "a api"}, {[]int{0, 2}, []place{nodes}, "a"}, {[]int{1, 0, 2}, []place{apiServer, nodes}, "b a api c"}, {[]int{0}, []place{pods}, ""}, {nil, []place{nodes}, ""},
	} {
		if got := strings.Join((&generator{sites: sites}).names(c.regions, c.places), " "); got != c.want {
			t.Errorf("%v of %v: %s, want %s", c.places, c.regions, got, c.want)
		}
	}
}

// A prefix inside another that all of its gateways may have approved needs no key of its own.
func TestApprovedInside(t *testing.T) {
	advertise := func(tag string, list ...string) *site {
		s := &site{tag: tag, plan: &plan.Region{}}
		for _, p := range list {
			s.plan.Advertise = append(s.plan.Advertise, netip.MustParsePrefix(p))
		}
		return s
	}
	for _, c := range []struct {
		sites []*site
		want  string
	}{
		{nil, "[]"},
		{[]*site{advertise("tag:a", "10.1.0.0/16", "10.0.0.0/8")}, "[{10.0.0.0/8 [tag:a]}]"},
		{[]*site{advertise("tag:a", "10.0.0.0/8"), advertise("tag:b", "10.1.0.0/16")}, "[{10.0.0.0/8 [tag:a]} {10.1.0.0/16 [tag:b]}]"},
		{[]*site{advertise("tag:a", "10.0.0.0/8", "10.1.0.0/16"), advertise("tag:b", "10.1.0.0/16")}, "[{10.0.0.0/8 [tag:a]} {10.1.0.0/16 [tag:a tag:b]}]"},
		{[]*site{advertise("tag:b", "10.0.0.0/8", "10.1.0.0/16"), advertise("tag:a", "10.0.0.0/8")}, "[{10.0.0.0/8 [tag:a tag:b]}]"},
		{[]*site{advertise("tag:a", "10.0.0.0/8", "11.0.0.0/8", "fd00::/8", "fd00:1::/64")}, "[{10.0.0.0/8 [tag:a]} {11.0.0.0/8 [tag:a]} {fd00::/8 [tag:a]}]"},
	} {
		if got := fmt.Sprint((&generator{sites: c.sites}).routes()); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// Ports of a plugin, but for those that its tunnel makes superfluous.
func TestPluginRoles(t *testing.T) {
	for _, c := range []struct {
		cni    schema.CNIType
		tunnel schema.TunnelProtocol
		want   string
	}{
		{schema.CNICalico, schema.TunnelVXLAN, "calico-node reaches Typha[0] [tcp:5473]"},
		{schema.CNICalico, schema.TunnelIPIP, "calico-node reaches Typha[0] [tcp:5473], BGP between nodes[0] [tcp:179]"},
		{schema.CNICalico, schema.TunnelNone, "calico-node reaches Typha[0] [tcp:5473], BGP between nodes[0] [tcp:179]"},
		{schema.CNICilium, schema.TunnelVXLAN, "Cilium health checks[0] [tcp:4240], Hubble Relay reaches the agents[1] [tcp:4244]"},
	} {
		r := schema.Region{CNI: schema.CNI{Type: c.cni, Tunnel: c.tunnel}}
		var got []string
		for _, p := range pluginRoles(&schema.Spec{Regions: []schema.Region{r, r}}) {
			got = append(got, fmt.Sprint(p.why, p.src, p.ports))
			if other := (&schema.Region{CNI: schema.CNI{Type: "other"}}); !p.from(&r) || !p.to(&r) || p.from(other) || p.to(other) {
				t.Errorf("%s is about other regions", p.why)
			}
		}
		if all := strings.Join(got, ", "); all != c.want {
			t.Errorf("%s with %s: %s, want %s", c.cni, c.tunnel, all, c.want)
		}
	}
}

// A rule that names nobody says so; what a grant does not have is left out.
func TestEmptyListsInRules(t *testing.T) {
	p := &Policy{
		Grants: []Grant{{}}, ACLs: []ACL{{Action: "accept"}}, NodeAttrs: []NodeAttr{{}}, Tests: []Test{{}}, TagOwners: []Assignment{{Key: "tag:a"}},
	}
	want := map[string]string{
		"tagOwners": `{"tag:a":[]}`, "grants": `[{"src":[],"dst":[]}]`, "acls": `[{"action":"accept","src":[],"dst":[]}]`, "nodeAttrs": `[{"target":[]}]`, "tests": `[{"src":""}]`,
	}
	doc := p.document()
	for _, m := range doc {
		if got := string(m.JSON()); got != want[m.Name] {
			t.Errorf("%s: %s, want %s", m.Name, got, want[m.Name])
		}
	}
	if len(doc) != len(want) {
		t.Errorf("%d sections", len(doc))
	}
}

// The address that stands for all API servers has a rule where there is one.
func TestBalancerRole(t *testing.T) {
	for endpoint, want := range map[string]string{"": "", "10.0.0.9:6443": "[tcp:6443]", "10.0.0.9:8443": "[tcp:8443]", "10.0.0.5:6443": "", "api.example.com:6443": ""} {
		s := &schema.Spec{Cluster: schema.Cluster{APIServer: schema.APIServer{Endpoint: endpoint, Port: 6443, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.5")}}}}
		got := ""
		for _, r := range clusterRoles(s) {
			if r.name == "api-endpoint" {
				got += fmt.Sprint(r.ports)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", endpoint, got, want)
		}
	}
}
