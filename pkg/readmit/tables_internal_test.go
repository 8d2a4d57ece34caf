package readmit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func (a answer) String() string { return [...]string{"no", "undecided", "yes"}[a] }

// What Calico's selectors say of a set with labels role: nodes, site: lab and an empty one, and
// a label of which nobody knows. What Calico's parser refuses is undecided.
func TestSelectors(t *testing.T) {
	of := func(name string) (string, answer) {
		switch name {
		case "unknown":
			return "", undecided
		case "example.com/role":
			return "nodes", yes
		case "site":
			return "lab", yes
		case "empty":
			return "", yes
		}
		return "", no
	}
	for want, expressions := range map[answer][]string{
		yes: {
			"", "  ", "all()", "global()", "has(site)", "has(empty)", "!has(other)", "!!has(site)",
			`site == "lab"`, `site == 'lab'`, `empty == ''`, `site != 'factory'`, "other != 'lab'", "example.com/role == 'nodes'",
			"site contains 'a'", "site starts with 'la'", "site ends with 'ab'", "site startswith 'l'", "site endswith 'b'",
			"site in {'factory', 'lab'}", "site in { \"lab\" }", "site not in {'factory'}", "site notin {'factory', 'mill'}", "other not in {'lab'}",
			"site notin {}",
			"has(site) && all()", "has(other) || has(site)", "has(site) || has(other) && has(other)",
			"(has(site) || has(other)) && has(site)", "!(has(other) && has(site))", "has(unknown) || has(site)",
		},
		no: {
			"has(other)", "!has(site)", "!all()", "site == 'factory'", "site != 'lab'", "other == 'lab'", "site == ''",
			"site contains 'z'", "site starts with 'ab'", "site ends with 'la'", "site startswith 'b'", "site endswith 'l'",
			"other contains ''", "other starts with ''", "other ends with ''", "other in {'lab'}",
			"site in {}", "site in {'factory'}", "site not in {'lab'}", "site notin {'factory', 'lab'}",
			"has(other) && has(site)", "has(other) || has(none)", "(has(site) || has(other)) && has(other)", "!(has(site))",
			"has(unknown) && has(other)",
		},
		undecided: {
			"has(unknown)", "!has(unknown)", "unknown == 'x'", "unknown != 'x'", "unknown in {'x'}", "unknown not in {'x'}",
			"unknown contains 'x'", "unknown starts with 'x'", "has(unknown) && has(site)", "has(unknown) || has(other)",
			// Calico refuses these.
			"site", "site ==", "== 'lab'", "site == lab", "site = 'lab'", "site == 'lab", "site == 'lab' 'lab'", "site == 'lab' has(site)",
			"has(site", "has()", "has site", "all(site)", "some(site)", "some()", "(has(site)", "has(site))", "has(site) &&", "|| has(site)",
			"has(site) & has(site)", "site in 'lab'", "site in {'lab'", "site in {lab}", "site in {'lab' 'lab'}", "site in {'lab',",
			"site not {'lab'}", "site not in", "site starts 'l'", "site ends 'b'", "site starts with", "site like 'lab'", "!", "()", "site == 'lab' ;",
		},
	} {
		for _, e := range expressions {
			if got := selects(e, of); got != want {
				t.Errorf("%q selects the set: %s, want %s", e, got, want)
			}
		}
	}
}

func node(t *testing.T, text string) *yaml.Node {
	t.Helper()
	n, err := yaml.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return n.YNode()
}

// Whether two rules share a port, written as Cilium, Kubernetes and Calico write them. The
// answer does not depend on which is asked.
func TestPortsShared(t *testing.T) {
	read := map[string]func(*yaml.Node) ports{
		"cilium": ciliumPorts, "kubernetes": kubernetesPorts, "calico": calicoPorts,
	}
	parse := func(s string) ports {
		language, text, _ := strings.Cut(s, " ")
		return read[language](node(t, text))
	}
	const (
		tcp80     = "kubernetes {ports: [{port: 80}]}"
		tcp       = "kubernetes {ports: [{protocol: TCP}]}"
		everyTCP  = "calico {protocol: tcp}"
		any443    = `cilium {toPorts: [{ports: [{port: "443"}]}]}`
		icmp      = "cilium {icmps: [{fields: [{type: 8}]}]}"
		nothing   = "cilium {}"
		named     = "kubernetes {ports: [{port: http}]}"
		from8000  = `cilium {toPorts: [{ports: [{port: "8000", endPort: 8100, protocol: tcp}]}]}`
		udp       = `cilium {toPorts: [{ports: [{port: "0", protocol: UDP}]}]}`
		two       = `cilium {toPorts: [{ports: [{port: "22"}]}, {ports: [{port: "53"}, {port: "80", protocol: TCP}]}]}`
		calico    = "calico {protocol: TCP, destination: {ports: [22, \"8100:8200\"]}}"
		numbered  = "calico {protocol: 6}"
		backwards = `cilium {toPorts: [{ports: [{port: "90", endPort: 80, protocol: TCP}]}]}`
	)
	for _, c := range []struct {
		a, b string
		want answer
	}{
		{nothing, tcp80, yes}, {nothing, icmp, yes}, {nothing, nothing, yes}, {"kubernetes {}", tcp80, yes}, {"calico {}", tcp80, yes},
		{tcp80, tcp80, yes}, {tcp80, tcp, yes}, {tcp80, everyTCP, yes}, {tcp80, any443, no}, {tcp, any443, yes}, {tcp80, two, yes},
		{any443, two, no}, {tcp80, icmp, no}, {any443, icmp, no}, {icmp, icmp, yes}, {udp, tcp, no}, {udp, any443, yes}, {udp, udp, yes},
		{"kubernetes {ports: [{port: 53, protocol: UDP}]}", two, yes}, {"kubernetes {ports: [{port: 80, protocol: UDP}]}", two, no},
		{"kubernetes {ports: [{port: 65535, protocol: UDP}]}", udp, yes}, {"calico {protocol: UDP}", udp, yes},
		{named, tcp80, undecided}, {named, any443, undecided}, {named, named, yes}, {named, "kubernetes {ports: [{port: https}]}", undecided},
		{named, "kubernetes {ports: [{port: http, protocol: UDP}]}", no}, {named, udp, no}, {named, icmp, no},
		{from8000, "kubernetes {ports: [{port: 8000}]}", yes}, {from8000, "kubernetes {ports: [{port: 8100}]}", yes}, {from8000, calico, yes},
		{from8000, "kubernetes {ports: [{port: 7999}]}", no}, {from8000, "kubernetes {ports: [{port: 8101}]}", no},
		{from8000, "kubernetes {ports: [{port: 7000, endPort: 8000}]}", yes}, {from8000, "kubernetes {ports: [{port: 7000, endPort: 9000}]}", yes},
		{from8000, "kubernetes {ports: [{port: 8050, endPort: 8060}]}", yes}, {from8000, "kubernetes {ports: [{port: 7000, endPort: 7999}]}", no},
		{calico, "kubernetes {ports: [{port: 22}]}", yes}, {calico, "kubernetes {ports: [{port: 23}]}", no}, {calico, "kubernetes {ports: [{port: 8200}]}", yes},
		{calico, "kubernetes {ports: [{port: 8201}]}", no}, {numbered, tcp80, no}, {backwards, "kubernetes {ports: [{port: 90}]}", yes},
		{backwards, "kubernetes {ports: [{port: 85}]}", no},
		{"kubernetes {ports: [{port: 0}]}", "calico {protocol: TCP, destination: {ports: [\"0:0\"]}}", yes}, {"kubernetes {ports: [{port: 0}]}", tcp, yes}, {"kubernetes {ports: [{port: 0}]}", everyTCP, yes},
		{"kubernetes {ports: [{port: 0}]}", tcp80, no}, {udp, "calico {protocol: UDP, destination: {ports: [1]}}", yes},
	} {
		a, b := parse(c.a), parse(c.b)
		if got, turned := a.shares(b), b.shares(a); got != c.want || turned != c.want {
			t.Errorf("%s and %s share a port: %s and %s, want %s", c.a, c.b, got, turned, c.want)
		}
	}
}

// Kubernetes' label selectors over a set with role: nodes and an empty label.
func TestLabelSelectors(t *testing.T) {
	labels := map[string]string{"role": "nodes", "empty": ""}
	for selector, want := range map[string]bool{
		"{}":                           true,
		"{matchLabels: {role: nodes}}": true, "{matchLabels: {role: pods}}": false, "{matchLabels: {empty: ''}}": true,
		"{matchLabels: {other: ''}}": false, "{matchLabels: {role: nodes, other: x}}": false,
		"{matchExpressions: [{key: role, operator: In, values: [pods, nodes]}]}":                                true,
		"{matchExpressions: [{key: role, operator: In, values: [pods]}]}":                                       false,
		"{matchExpressions: [{key: other, operator: In, values: ['']}]}":                                        false,
		"{matchExpressions: [{key: role, operator: NotIn, values: [pods]}]}":                                    true,
		"{matchExpressions: [{key: role, operator: NotIn, values: [nodes]}]}":                                   false,
		"{matchExpressions: [{key: other, operator: NotIn, values: ['']}]}":                                     true,
		"{matchExpressions: [{key: role, operator: Exists}]}":                                                   true,
		"{matchExpressions: [{key: other, operator: Exists}]}":                                                  false,
		"{matchExpressions: [{key: empty, operator: DoesNotExist}]}":                                            false,
		"{matchExpressions: [{key: other, operator: DoesNotExist}]}":                                            true,
		"{matchLabels: {role: pods}, matchExpressions: [{key: role, operator: Exists}]}":                        false,
		"{matchLabels: {role: nodes}, matchExpressions: [{key: other, operator: Exists}]}":                      false,
		"{matchExpressions: [{key: role, operator: Exists}, {key: role, operator: NotIn, values: [a, nodes]}]}": false,
	} {
		if got := matches(node(t, selector), labels); got != want {
			t.Errorf("%s selects the set: %t", selector, got)
		}
	}
}

// Whether two subjects have an endpoint in common. The answer does not depend on which is asked.
func TestSubjectsOverlap(t *testing.T) {
	pods := func(labels ...string) subject {
		s := subject{labels: map[string]string{}}
		for _, l := range labels {
			name, value, _ := strings.Cut(l, "=")
			s.labels[name] = value
		}
		return s
	}
	more := func(s subject) subject { s.more = true; return s }
	hosts := func(s subject) subject { s.hosts = true; return s }
	for _, c := range []struct {
		a, b subject
		want answer
	}{
		{pods(), pods(), yes}, {pods(), pods("app=web"), yes}, {pods("app=web"), pods("app=web"), yes}, {pods("app=web"), pods("app=db"), no},
		{pods("app=web"), pods("tier=front"), undecided}, {pods("app=web"), pods("app=web", "tier=front"), yes},
		{pods("app=web", "x=1"), pods("app=web", "y=1"), undecided}, {pods("app=web", "x=1"), pods("app=db", "y=1"), no},
		{more(pods()), pods("app=web"), undecided}, {pods(), more(pods("app=web")), yes}, {more(pods("app=web")), more(pods("app=web")), undecided},
		{more(pods("app=web")), pods(), yes}, {more(pods("app=web")), pods("app=web"), yes}, {more(pods("app=web")), pods("app=db"), no},
		{hosts(pods()), pods(), no}, {hosts(pods()), hosts(pods()), yes}, {hosts(pods("app=web")), pods("app=web"), no},
	} {
		if got, turned := overlap(c.a, c.b), overlap(c.b, c.a); got != c.want || turned != c.want {
			t.Errorf("%v and %v overlap: %s and %s, want %s", c.a, c.b, got, turned, c.want)
		}
	}
}

// What can name an object, and so a file of ours (a DNS subdomain of Kubernetes').
func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "z": true, "0": true, "9": true, "a-b": true, "a.b": true, "az-09.x": true, strings.Repeat("a", 253): true,
		"": false, strings.Repeat("a", 254): false, "a..b": false, "-a": false, "a-": false, ".a": false, "a.": false, "A": false,
		"a_b": false, "a/b": false, "a b": false, "é": false, "`": false, "{": false, ":": false,
	} {
		if got := isName(name); got != want {
			t.Errorf("%q is a name: %t", name, got)
		}
	}
}

// A gateway behind a peer, by address: covers asks whether some address of it is meant.
func TestPeersByAddress(t *testing.T) {
	prefix := netip.MustParsePrefix
	c := cidr{prefix: prefix("100.80.0.0/24"), except: []netip.Prefix{prefix("100.80.0.16/28"), prefix("100.80.0.1/32")}}
	for p, want := range map[string]bool{
		"100.80.0.0/32": true, "100.80.0.1/32": false, "100.80.0.2/32": true, "100.80.0.15/32": true, "100.80.0.16/32": false, "100.80.0.31/32": false,
		"100.80.0.32/32": true, "100.80.0.16/28": false, "100.80.0.0/27": true, "100.80.0.0/16": true, "100.80.1.0/32": false, "fd7a:115c:a1e0::1/128": false,
	} {
		if got := c.covers(prefix(p)); got != want {
			t.Errorf("%s is meant: %t", p, got)
		}
	}
	for s, want := range map[string]string{
		"10.0.0.1": "10.0.0.1/32", "10.0.0.1/24": "10.0.0.0/24", "fd00::1": "fd00::1/128", "10.0.0.1/33": "", "": "", "gateway": "", "10.0.0": "",
	} {
		p, ok := parsePrefix(s)
		if ok != (want != "") || ok && p.String() != want {
			t.Errorf("%q is read as %s, %t", s, p, ok)
		}
	}
	all := parsePrefixes([]string{"10.0.0.1", "nonsense", "10.1.0.0/16"})
	if !slices.Equal(all, []netip.Prefix{prefix("10.0.0.1/32"), prefix("10.1.0.0/16")}) {
		t.Errorf("of three texts %v are prefixes", all)
	}
	if contains(netip.Prefix{}, prefix("10.0.0.0/8")) || contains(prefix("10.0.0.0/8"), netip.Prefix{}) {
		t.Error("an invalid prefix contains something, or is contained")
	}
}

// Labels are the scalars of a mapping, a key and a value each.
func TestStringMap(t *testing.T) {
	got := stringMap(node(t, "{role: nodes, site: lab}"))
	if len(got) != 2 || got["role"] != "nodes" || got["site"] != "lab" {
		t.Errorf("got %v", got)
	}
	for _, none := range []*yaml.Node{nil, node(t, "[role, nodes]")} {
		if got := stringMap(none); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	}
}

// Addresses of gateways are listed in order, each once, in whatever order gateways are.
func TestTailnetsInOrder(t *testing.T) {
	of := func(prefixes ...string) gateway {
		var g gateway
		for _, p := range prefixes {
			g.tailnet = append(g.tailnet, netip.MustParsePrefix(p))
		}
		return g
	}
	got := tailnets([]gateway{of("100.80.0.3/32", "fd7a:115c:a1e0::3/128"), of("100.80.0.1/32"), of("100.80.0.3/32")})
	if want := of("100.80.0.1/32", "100.80.0.3/32", "fd7a:115c:a1e0::3/128").tailnet; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// Gateways whose nodes answer for the API server: their addresses in order, each once, and the
// names of those that have none.
func TestControlPlane(t *testing.T) {
	topology := &schema.Topology{}
	topology.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.3")}
	node := func(internal, tailnet string) schema.GatewayNode {
		n := schema.GatewayNode{Name: "gateway-" + internal, InternalIP: netip.MustParseAddr(internal)}
		if tailnet != "" {
			n.TailnetIP = netip.MustParseAddr(tailnet)
		}
		return n
	}
	topology.Spec.Regions = []schema.Region{
		{Gateways: schema.Gateways{Nodes: []schema.GatewayNode{node("10.0.0.2", "100.80.0.9"), node("10.0.0.3", ""), node("10.0.0.4", "100.80.0.2"), node("10.0.0.5", "")}}},
		{Gateways: schema.Gateways{Nodes: []schema.GatewayNode{node("10.0.0.1", "100.80.0.1"), node("10.0.0.2", "100.80.0.9")}}},
	}
	known, unnamed := controlPlane(topology)
	if got := fmt.Sprint(known, unnamed); got != "[100.80.0.1/32 100.80.0.9/32] [gateway-10.0.0.3]" {
		t.Error(got)
	}
}

// A copy says null where the original left a value empty, and has none of its comments and anchors.
func TestClones(t *testing.T) {
	for text, want := range map[string]string{
		"{a: , b: 1}": "{a: null, b: 1}\n", "a:\nb: ~\n": "a: null\nb: null\n", "a: &x 1 # why\n": "a: 1\n", "a: ''\n": "a: ''\n", "[1, {a: [x]}]": "[1, {a: [x]}]\n",
	} {
		got, err := yaml.NewRNode(clone(node(t, text))).String()
		if err != nil || got != want {
			t.Errorf("%q becomes %q, %v, want %q", text, got, err, want)
		}
	}
}

// Only the key's own value is replaced, not what follows a value of that name.
func TestReplace(t *testing.T) {
	for text, want := range map[string]string{
		"{a: 1, b: 2}": "{a: new, b: 2}\n", "{b: a, c: 2, a: 3}": "{b: a, c: 2, a: new}\n", "{b: 1}": "{b: 1}\n", "{}": "{}\n",
	} {
		n := node(t, text)
		replace(n, "a", scalar("new"))
		if got := yaml.NewRNode(n).MustString(); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
}

// A gateway counts in the families in which it has a node address and its traffic an address.
func TestGatewaysByFamily(t *testing.T) {
	a, p := netip.MustParseAddr, netip.MustParsePrefix
	topology := &schema.Topology{}
	topology.Spec.Regions = []schema.Region{{Name: "r", Gateways: schema.Gateways{Nodes: []schema.GatewayNode{
		{Name: "four", InternalIP: a("10.0.0.1"), TailnetIP: a("100.80.0.1")}, {Name: "both", InternalIP: a("10.0.0.2"), InternalIPv6: a("fd00::2"), TailnetIP: a("100.80.0.2")}, {Name: "none", InternalIP: a("10.0.0.3")},
	}}}}
	for _, c := range []struct {
		own  []netip.Prefix
		want string
	}{
		{nil, "four 10.0.0.1/32 [100.80.0.1/32] true, both 10.0.0.2/32 [100.80.0.2/32] true"},
		{[]netip.Prefix{p("100.80.0.0/24")}, "four 10.0.0.1/32 [100.80.0.1/32] true, both 10.0.0.2/32 [100.80.0.2/32] true, none 10.0.0.3/32 [100.80.0.0/24] false"},
		{[]netip.Prefix{p("fd7a:115c:a1e0::/48")}, "four 10.0.0.1/32 [100.80.0.1/32] true, both 10.0.0.2/32 [100.80.0.2/32] true, both fd00::2/128 [fd7a:115c:a1e0::/48] false"},
	} {
		var all []string
		for _, g := range gatewaysByFamily(plan.New(topology), c.own) {
			all = append(all, fmt.Sprint(g.name, " ", g.node, " ", g.tailnet, " ", g.known))
		}
		if got := strings.Join(all, ", "); got != c.want {
			t.Errorf("%v: %s, want %s", c.own, got, c.want)
		}
	}
}
