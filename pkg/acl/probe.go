package acl

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// sshPort is a port that no role grants on nodes: whoever may use it may more than
// the cluster needs.
const sshPort = "22"

// tests assert, for every source and every destination of every rule, one thing
// that must be allowed, and for every region some that must not. A control server
// takes single addresses and single ports only, TCP or UDP (headscale 0.29.2,
// testdata policytest_results), so a protocol without ports goes untested there;
// Check compares it with the topology instead.
func (g *generator) tests(rules []rule) []Test {
	book := newTestBook()
	for _, r := range rules {
		if r.pairing.via == "" {
			g.accepts(book, r)
		}
	}
	g.denials(book)
	return book.list
}

// accepts pairs sources with destinations one by one, the shorter list from its
// start again, so that each is in some test without a test for every pair.
func (g *generator) accepts(book *testBook, r rule) {
	src := g.probes(r.pairing.src, r.role.src)
	dst := g.probes(r.pairing.dst, r.role.dst)
	if len(src) == 0 || len(dst) == 0 {
		return
	}
	for _, port := range testable(r.role.ports) {
		proto, number, _ := strings.Cut(port, ":")
		for i := range max(len(src), len(dst)) {
			book.accept(src[i%len(src)], proto, dst[i%len(dst)]+":"+number)
		}
	}
}

// testable is a port of each range of the list, with its protocol; "*" is both
// protocols.
func testable(ports []string) []string {
	var list []string
	for _, p := range ports {
		proto, numbers, named := strings.Cut(p, ":")
		switch {
		case !named && p == "*":
			list = append(list, "tcp:443", "udp:443")
		case !named:
			list = append(list, testable([]string{"tcp:" + p, "udp:" + p})...)
		case proto != "tcp" && proto != "udp":
		case numbers == "*":
			list = append(list, proto+":443")
		default:
			list = append(list, ends(proto, numbers)...)
		}
	}
	return list
}

// ends are the first and the last port of each range in "80", "80-90" or "80,443".
func ends(proto, numbers string) []string {
	var list []string
	for _, part := range strings.Split(numbers, ",") {
		first, last, isRange := strings.Cut(part, "-")
		list = append(list, proto+":"+first)
		if isRange && last != first {
			list = append(list, proto+":"+last)
		}
	}
	return list
}

// denials assert for each region that neither its nodes nor its pods reach another
// region's nodes by SSH, unless the topology asks for it, and that no region is
// granted to itself whose hosts have a LAN. With access allowAll nothing is denied: a
// file that allows everybody everything is what such a topology is for.
func (g *generator) denials(book *testBook) {
	if g.spec.Tailnet.Policy.Access == schema.AccessAllowAll {
		return
	}
	n := len(g.sites)
	for i, s := range g.sites {
		for _, p := range []place{nodes, pods} {
			other := g.sites[(i+1)%n]
			// What nodes and pods of other regions may do with its pods, they may do with its
			// nodes, where those have the same addresses.
			if n > 1 && !g.grantsSSH(p) && !plan.SharesNodes(other.region) {
				book.deny(first(s.probes[p]), "tcp", first(other.probes[nodes]), sshPort)
			}
			if severalApart(s.region) {
				if !g.grantsSSH(p) {
					book.deny(first(s.probes[p]), "tcp", first(s.probes[nodes]), sshPort)
				}
				continue
			}
			book.deny(first(s.probes[p]), "tcp", first(s.probes[nodes]), sshPort)
			book.deny(first(s.probes[p]), "tcp", first(s.probes[pods]), "443")
		}
	}
}

func (g *generator) grantsSSH(src place) bool {
	for _, r := range flows(g.spec) {
		if slices.Contains(r.src, src) && slices.Contains(r.dst, nodes) && coversPort(r.ports, "tcp", sshPort) {
			return true
		}
	}
	return false
}

// coversPort reports whether one of the port specifications covers the port.
func coversPort(specs []string, proto, port string) bool {
	want, ok := ParsePort(port)
	return ok && slices.ContainsFunc(specs, func(spec string) bool {
		p, err := ParsePorts(spec)
		return err == nil && p.Covers(protocolNumber(proto), want)
	})
}

func (g *generator) probes(regions []int, places []place) []string {
	var list []string
	for _, i := range regions {
		for _, p := range places {
			list = append(list, g.sites[i].probes[p]...)
		}
	}
	return list
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// testBook collects assertions by source and protocol, in the order of their first.
type testBook struct {
	list []Test
	at   map[[2]string]int
}

func newTestBook() *testBook { return &testBook{at: map[[2]string]int{}} }

func (b *testBook) accept(src, proto, dst string) {
	if t := b.test(src, proto); !t.asserts(dst) {
		t.Accept = append(t.Accept, dst)
	}
}

func (b *testBook) deny(src, proto, dst, port string) {
	if src == "" || dst == "" {
		return
	}
	if t := b.test(src, proto); !t.asserts(dst + ":" + port) {
		t.Deny = append(t.Deny, dst+":"+port)
	}
}

// asserts reports whether the test says something of a destination, which is one of a few
// dozen.
func (t *Test) asserts(dst string) bool {
	return slices.Contains(t.Accept, dst) || slices.Contains(t.Deny, dst)
}

// test is where assertions of a source and protocol go.
func (b *testBook) test(src, proto string) *Test {
	key := [2]string{src, proto}
	i, ok := b.at[key]
	if !ok {
		i = len(b.list)
		b.at[key] = i
		b.list = append(b.list, Test{Src: src, Proto: proto})
	}
	return &b.list[i]
}
