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
func (g *generator) tests(rules []rule) *testBook {
	book := newTestBook(g.sites)
	var ports []string
	for i, r := range rules {
		if i == 0 || r.role != rules[i-1].role {
			ports = testable(r.role.ports)
		}
		if r.pairing.via != "" {
			continue
		}
		src, dst := book.in(r.pairing.src, r.role.src), book.in(r.pairing.dst, r.role.dst)
		for _, port := range ports {
			book.accept(src, dst, port)
		}
	}
	g.denials(book)
	return book
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
	grantsSSH := [...]bool{nodes: g.grantsSSH(nodes), pods: g.grantsSSH(pods)}
	for i, s := range g.sites {
		for _, p := range []place{nodes, pods} {
			other := g.sites[(i+1)%n]
			// What nodes and pods of other regions may do with its pods, they may do with its
			// nodes, where those have the same addresses.
			if n > 1 && !grantsSSH[p] && !plan.SharesNodes(other.region) {
				book.deny(first(s.probes[p]), first(other.probes[nodes]), "tcp:"+sshPort)
			}
			if severalApart(s.region) {
				if !grantsSSH[p] {
					book.deny(first(s.probes[p]), first(s.probes[nodes]), "tcp:"+sshPort)
				}
				continue
			}
			book.deny(first(s.probes[p]), first(s.probes[nodes]), "tcp:"+sshPort)
			book.deny(first(s.probes[p]), first(s.probes[pods]), "tcp:443")
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

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
