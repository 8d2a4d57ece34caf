package eval_test

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
)

// names are the definitions that every policy of the oracle has.
const names = `
	"groups": {"group:developers": ["ben@example.org", "ana@example.com"], "group:monitors": ["cleo@example.com"]},
	"tagOwners": {"tag:router": [], "tag:ha": [], "tag:ha-1": [], "tag:exit": [], "tag:server": [], "tag:client": []},
	"hosts": {"internal": "10.0.0.0/8", "subnet24": "192.168.1.0/24", "webserver": "100.64.0.5"},
`

func TestOracle(t *testing.T) {
	data, err := os.ReadFile("testdata/oracle.txt")
	if err != nil {
		t.Fatal(err)
	}
	var source string
	var e *eval.Evaluator
	rows := 0
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "="):
			source = strings.TrimSpace(line[1:])
		case strings.HasPrefix(line, "{"):
			f := acltest.Parsed(t, []byte("{"+names+line[1:]))
			e = eval.NewIn(eval.Tailnet{Devices: acltest.World(), Complete: true}, f.Policy)
		default:
			rows++
			if source == "" {
				t.Fatalf("line %d has no source", i+1)
			}
			if got, want := answer(t, e, line); got != want {
				t.Errorf("line %d: %s: %s instead of %s (%s)", i+1, line, got, want, source)
			}
		}
	}
	if rows < 150 {
		t.Errorf("%d rows", rows)
	}
	t.Logf("%d rows", rows)
}

// answer is what the evaluator says to a row, and what the row wants.
func answer(t *testing.T, e *eval.Evaluator, row string) (got, want string) {
	t.Helper()
	want, rest, _ := strings.Cut(row, " ")
	rest = strings.TrimSpace(rest)
	switch want {
	case "allow", "deny", "undecided", "error":
		src, dst, proto := question(rest)
		a, err := e.Ask(src, dst, proto)
		return choose(err != nil, "error", choose(a.Undecided != "", "undecided", choose(a.Allowed, "allow", "deny"))), want
	case "approve", "refuse":
		tag, prefix, _ := strings.Cut(rest, " ")
		return choose(e.Approves([]string{tag}, netip.MustParsePrefix(prefix)), "approve", "refuse"), want
	case "sees", "hidden":
		a, b, _ := strings.Cut(rest, " ")
		return choose(e.Sees(device(t, a), device(t, b)), "sees", "hidden"), want
	case "routes", "noroute":
		f := strings.Fields(rest)
		seen := e.Routes(device(t, f[0]), device(t, f[1]))
		return choose(slices.Contains(seen, netip.MustParsePrefix(f[2])), "routes", "noroute"), want
	case "accepts", "drops":
		at, q, _ := strings.Cut(rest, ":")
		src, dst, proto := question(q)
		return choose(filtered(t, e.FilterRules(device(t, at)), src, dst, proto), "accepts", "drops"), want
	}
	t.Fatalf("no such row: %s", row)
	return "", ""
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func question(s string) (src, dst, proto string) {
	src, dst, _ = strings.Cut(s, "->")
	dst = strings.TrimSpace(dst)
	if i := strings.LastIndexByte(dst, '/'); i >= 0 && !strings.Contains(dst[i:], ":") {
		dst, proto = dst[:i], dst[i+1:]
	}
	return strings.TrimSpace(src), dst, proto
}

func device(t *testing.T, name string) eval.Device {
	t.Helper()
	for _, d := range acltest.World() {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("no device %s", name)
	return eval.Device{}
}

// filtered is a packet filter, written as simply as can be: it knows rules only.
func filtered(t *testing.T, rules []eval.FilterRule, src, dst, proto string) bool {
	t.Helper()
	target := netip.MustParseAddrPort(dst)
	numbers, err := acl.ParseProtocol(proto)
	if err != nil {
		t.Fatal(err)
	}
	in := func(list []netip.Prefix, a netip.Addr) bool {
		return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	for _, r := range rules {
		for _, p := range r.Ports {
			if in(r.Src, netip.MustParseAddr(src)) && in(r.Dst, target.Addr()) && p.Covers(numbers[0], target.Port()) {
				return true
			}
		}
	}
	return false
}

func ExampleEvaluator() {
	f, _ := policyfile.Parse("policy.hujson", []byte(`{
		"tagOwners": {"tag:k8s": ["autogroup:admin"]},
		"grants": [
			// kubelets of the other region
			{"src": ["10.143.0.0/24", "tag:k8s"], "dst": ["10.0.0.5"], "ip": ["tcp:6443"]},
		],
	}`))
	e := eval.New(f.Policy)
	for _, target := range []string{"10.0.0.5:6443", "10.0.0.5:22"} {
		a, _ := e.Ask("10.143.0.11", target, "tcp")
		fmt.Println(target, a.Allowed, a.Rule)
	}
	// Output:
	// 10.0.0.5:6443 true grants[0]
	// 10.0.0.5:22 false
}
