package eval_test

import (
	"fmt"
	"math/rand"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
)

// randomPolicy makes rules of every form over a small world, so that they meet.
func randomPolicy(r *rand.Rand) *acl.Policy {
	prefix := func() string {
		p, _ := netip.AddrFrom4([4]byte{10, byte(r.Intn(3)), byte(r.Intn(4) * 64), 0}).Prefix(8 + r.Intn(4)*6)
		return p.String()
	}
	pick := func(from ...string) string { return from[r.Intn(len(from))] }
	end := func() string {
		if r.Intn(2) == 0 {
			return prefix()
		}
		return pick("tag:a", "tag:b", "group:g", "ana@example.com", "alias", "*", "autogroup:member", "autogroup:tagged")
	}
	ports := func() string { return pick("*", "22", "80-90", "tcp:443", "udp:*", "icmp:*", "tcp:20-25") }
	p := &acl.Policy{
		HasRules:  true,
		TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}},
		Groups:    []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com", "ben@example.org"}}},
		Hosts:     []acl.Host{{Name: "alias", Address: "10.1.0.0/16"}},
	}
	for range 1 + r.Intn(6) {
		p.Grants = append(p.Grants, acl.Grant{Src: []string{end(), end()}, Dst: []string{end()}, IP: []string{ports()}})
	}
	for range r.Intn(3) {
		p.ACLs = append(p.ACLs, acl.ACL{Action: "accept", Src: []string{end()}, Dst: []string{end() + ":" + pick("*", "22,80", "443")}, Proto: pick("", "tcp", "udp")})
	}
	return p
}

func randomQuestion(r *rand.Rand) (src, dst, proto string) {
	end := func() string {
		return []string{
			fmt.Sprintf("10.%d.%d.%d", r.Intn(3), r.Intn(256), r.Intn(256)), "tag:a", "tag:b", "ana@example.com", "100.64.0.9", "192.168.0.1",
		}[r.Intn(6)]
	}
	return end(), end() + ":" + []string{"22", "80", "443", "90", "1"}[r.Intn(5)], []string{"tcp", "udp", "icmp", ""}[r.Intn(4)]
}

func allows(t *testing.T, p *acl.Policy, src, dst, proto string) bool {
	t.Helper()
	a, err := eval.New(p).Ask(src, dst, proto)
	if err != nil {
		t.Fatalf("%s -> %s: %v", src, dst, err)
	}
	return a.Allowed
}

// Rules only add, their order has no meaning, and saying one twice changes nothing.
func TestRulesOnlyAdd(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	for range 3000 {
		p := randomPolicy(r)
		src, dst, proto := randomQuestion(r)
		before := allows(t, p, src, dst, proto)
		more := randomPolicy(r)
		more.Grants = append(slices.Clone(p.Grants), more.Grants...)
		more.ACLs = append(slices.Clone(p.ACLs), more.ACLs...)
		if before && !allows(t, more, src, dst, proto) {
			t.Fatalf("a rule took away %s -> %s/%s:\n%s", src, dst, proto, more.JSON())
		}
		shuffled := *p
		shuffled.Grants = slices.Concat(p.Grants, p.Grants)
		r.Shuffle(len(shuffled.Grants), func(i, j int) {
			shuffled.Grants[i], shuffled.Grants[j] = shuffled.Grants[j], shuffled.Grants[i]
		})
		if allows(t, &shuffled, src, dst, proto) != before {
			t.Fatalf("order or repetition decides %s -> %s/%s:\n%s", src, dst, proto, p.JSON())
		}
	}
}

// The index of the evaluator answers as a loop over all rules does.
func TestEvaluatorEqualsLoop(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	for range 3000 {
		p := randomPolicy(r)
		src := fmt.Sprintf("10.%d.%d.1", r.Intn(3), r.Intn(256))
		dst := fmt.Sprintf("10.%d.%d.2", r.Intn(3), r.Intn(256))
		if got, want := allows(t, p, src, dst+":22", "tcp"), loop(t, p, src, dst, 22); got != want {
			t.Fatalf("%s -> %s:22 is %v:\n%s", src, dst, got, p.JSON())
		}
	}
}

// loop answers for addresses behind gateways and TCP, without any index.
func loop(t *testing.T, p *acl.Policy, src, dst string, port uint16) bool {
	t.Helper()
	in := func(names []string, a string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			if name == "alias" {
				name = "10.1.0.0/16"
			}
			prefix, err := acl.ParsePrefix(name)
			return err == nil && prefix.Contains(netip.MustParseAddr(a))
		})
	}
	covers := func(spec string) bool {
		ports, err := acl.ParsePorts(spec)
		if err != nil {
			t.Fatal(err)
		}
		return ports.Covers(6, port)
	}
	for _, g := range p.Grants {
		if in(g.Src, src) && (in(g.Dst, dst) || slices.Contains(g.Dst, "*")) && slices.ContainsFunc(g.IP, covers) {
			return true
		}
	}
	for _, a := range p.ACLs {
		host, ports, _ := strings.Cut(a.Dst[0], ":")
		if i := strings.LastIndexByte(a.Dst[0], ':'); i > 0 {
			host, ports = a.Dst[0][:i], a.Dst[0][i+1:]
		}
		if a.Proto != "" {
			ports = a.Proto + ":" + ports
		}
		if in(a.Src, src) && (host == "*" || in([]string{host}, dst)) && covers(ports) {
			return true
		}
	}
	return false
}
