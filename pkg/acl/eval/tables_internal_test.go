package eval

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Pairs of names are compared one by one as far as that is quick; beyond it each name of both
// sides comes at least once.
func TestPairsOfNames(t *testing.T) {
	for _, c := range []struct{ src, dst, calls int }{
		{0, 5, 0}, {5, 0, 0}, {1, 1, 1}, {3, 4, 12}, {100, 100, 10_000}, {101, 100, 101}, {100, 101, 101}, {10_001, 1, 10_001},
	} {
		calls, left, right := 0, map[int]bool{}, map[int]bool{}
		pairs(c.src, c.dst, func(i, j int) { calls++; left[i], right[j] = true, true })
		if calls != c.calls || calls > 0 && (len(left) != c.src || len(right) != c.dst) {
			t.Errorf("%d and %d names: %d calls, %d and %d names seen", c.src, c.dst, calls, len(left), len(right))
		}
	}
	for count, want := range map[int]string{0: "", 1: "", 2: ", and one more such pair", 3: ", and 2 more such pairs", 12: ", and 11 more such pairs"} {
		if got := more(count); got != want {
			t.Errorf("%d pairs: %q", count, got)
		}
	}
}

// What a name in a rule is taken for.
func TestKindsOfNames(t *testing.T) {
	scope := NewScope(&acl.Policy{
		Hosts:     []acl.Host{{Name: "web", Address: "10.0.0.5"}, {Name: "broken", Address: "10.0.0.500"}, {Name: "net:lan", Address: "10.9.0.0/16"}},
		Groups:    []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com", "ben@example.com"}}, {Key: "group:empty"}},
		TagOwners: []acl.Assignment{{Key: "tag:a"}},
		IPSets: []acl.Assignment{
			{Key: "ipset:late", Values: []string{"ipset:early", "remove 10.1.0.0/24"}}, {Key: "ipset:early", Values: []string{"add 10.1.0.0/16", "host:web", "web"}},
			{Key: "ipset:self", Values: []string{"ipset:self"}}, {Key: "ipset:bad", Values: []string{"10.2.0.0/16", "nonsense", "more nonsense"}},
		},
	})
	for name, want := range map[string]string{
		"*": "1", "tag:a": "3 tag:a", "tag:b": `tag "tag:b" is not defined in tagOwners`, "group:g": "5 group:g", "group:s@example.com": "14 group:s@example.com",
		"group:x": `group "group:x" is not defined in groups`, "autogroup:member": "6", "autogroup:members": "6", "autogroup:tagged": "7",
		"autogroup:internet": "8", "autogroup:danger-all": "9", "autogroup:self": "11 autogroup:self", "autogroup:shared": "13 autogroup:shared",
		"autogroup:owner": "12 autogroup:owner", "autogroup:auditor": "12 autogroup:auditor", "autogroup:nonroot": "17 autogroup:nonroot",
		"autogroup:x": `autogroup "autogroup:x" is not defined in the service`, "svc:web": "16 svc:web", "user:*@example.com": "15 user:*@example.com",
		"ana@example.com": "4 ana@example.com", "new:thing": "17 new:thing", "no:thing": "17 no:thing", "a:thing": `host "a:thing" is not defined in hosts`, "x:thing": `host "x:thing" is not defined in hosts`, "xy:thing": "17 xy:thing",
		"fd00::1": "2 fd00::1/128", "abc::1": "2 abc::1/128", "beef:1": `host "beef:1" is not defined in hosts`, "New:x": `host "New:x" is not defined in hosts`,
		"web": "2 10.0.0.5/32", "broken": `host "broken" is not defined in hosts`, "10.0.0.1": "2 10.0.0.1/32", "10.0.0.1/8": "2 10.0.0.0/8",
		"ipset:early": "10 ipset:early [10.0.0.5/32 10.1.0.0/16]", "ipset:self": "17 ipset:self", "ipset:bad": "17 ipset:bad", "ipset:none": "17 ipset:none",
	} {
		s, err := scope.Selector(name)
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		default:
			got = strings.TrimSpace(fmt.Sprintf("%d %s", s.Kind, s.Name))
			if s.Prefix.IsValid() {
				got += " " + s.Prefix.String()
			}
			if s.Set != nil {
				got += fmt.Sprint(" ", s.Set)
			}
			got = strings.ReplaceAll(got, "  ", " ")
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	late, _ := scope.Selector("ipset:late")
	in := func(a string) bool {
		return slices.ContainsFunc(late.Set, func(p netip.Prefix) bool { return p.Contains(netip.MustParseAddr(a)) })
	}
	if !in("10.1.1.0") || !in("10.1.255.255") || in("10.1.0.0") || in("10.1.0.255") || !in("10.0.0.5") {
		t.Errorf("a set of another set without a part: %v", late.Set)
	}
	for name, want := range map[string]string{"web": "web (10.0.0.5)", "net:lan": "net:lan (10.9.0.0/16)", "other": "other"} {
		if got := scope.named(name); got != want {
			t.Errorf("%s is called %q", name, got)
		}
	}
	for target, want := range map[string]string{"web:80": "web:80 (10.0.0.5)", "other:80": "other:80", "web": "web", "10.0.0.5:80": "10.0.0.5:80"} {
		if got := scope.namedTarget(target); got != want {
			t.Errorf("%s is called %q", target, got)
		}
	}
}

// Who may log in as whom: the rules of ssh, asked by the policy's own tests.
func TestLogins(t *testing.T) {
	rule := func(action string, users ...string) acl.SSH {
		return acl.SSH{Action: action, Src: []string{"group:g"}, Dst: []string{"tag:a"}, Users: users}
	}
	for _, c := range []struct {
		about string
		rules []acl.SSH
		test  acl.SSHTest
		want  []string // "path: code", and the rule that is named
	}{
		{"a user that is named", []acl.SSH{rule("accept", "root")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Accept: []string{"root"}}, nil},
		{"another user", []acl.SSH{rule("accept", "root")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Accept: []string{"ubuntu"}}, []string{"sshTests[0].accept[0]: policy-test-failed"}},
		{"anybody but root", []acl.SSH{rule("accept", " autogroup:nonroot ")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Accept: []string{"ubuntu"}, Deny: []string{"root"}}, nil},
		{"somebody who has no rule", []acl.SSH{rule("accept", "root")}, acl.SSHTest{Src: "dan@example.com", Dst: []string{"tag:a"}, Deny: []string{"root"}}, nil},
		{"a denial that does not hold", []acl.SSH{rule("accept", "ubuntu"), rule("accept", "root")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Deny: []string{"root"}}, []string{"sshTests[0].deny[0]: policy-test-failed ssh[1]"}},
		{"no check", []acl.SSH{rule("accept", "root")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Check: []string{"root"}}, []string{"sshTests[0].check[0]: policy-test-failed ssh[0]"}},
		{"a check", []acl.SSH{rule(" check ", "root")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Check: []string{"root"}, Accept: []string{"root"}}, nil},
		{"every member of a group", []acl.SSH{rule("accept", "root")}, acl.SSHTest{Src: "group:g", Dst: []string{"tag:a"}, Accept: []string{"root"}}, nil},
		{"one member of a group is missing", []acl.SSH{{Action: "accept", Src: []string{"ana@example.com"}, Dst: []string{"tag:a"}, Users: []string{"root"}}}, acl.SSHTest{Src: "group:g", Dst: []string{"tag:a"}, Accept: []string{"root"}}, []string{"sshTests[0].accept[0]: policy-test-failed ssh[0]"}},
		{"one of two destinations is missing", []acl.SSH{rule("accept", "root")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a", "tag:b"}, Accept: []string{"root"}}, []string{"sshTests[0].accept[0]: policy-test-failed"}},
		{"the user's own name", []acl.SSH{rule("accept", "localpart:*@EXAMPLE.com")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Accept: []string{"ana"}, Deny: []string{"ben"}}, nil},
		{"the user's own name, of another domain", []acl.SSH{rule("accept", "localpart:*@example.org")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Deny: []string{"ana"}}, nil},
		{"the own name of who knows whom", []acl.SSH{{Action: "accept", Src: []string{"tag:b"}, Dst: []string{"tag:a"}, Users: []string{"localpart:*@example.com"}}}, acl.SSHTest{Src: "tag:b", Dst: []string{"tag:a"}, Accept: []string{"ana"}}, []string{"sshTests[0].accept[0]: policy-test-undecided ssh[0]"}},
		{"a role", []acl.SSH{{Action: "accept", Src: []string{"autogroup:admin"}, Dst: []string{"tag:a"}, Users: []string{"root"}}}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:a"}, Accept: []string{"root"}, Deny: []string{"root"}}, []string{"sshTests[0].accept[0]: policy-test-undecided ssh[0]"}},
		{"a name that means nothing", []acl.SSH{rule("accept", "root")}, acl.SSHTest{Src: "tag:none", Dst: []string{"tag:a"}, Accept: []string{"root"}}, nil},
		{"a destination that means nothing", []acl.SSH{rule("accept", "root")}, acl.SSHTest{Src: "ana@example.com", Dst: []string{"tag:none"}, Accept: []string{"root"}}, nil},
		{"a rule of nothing but a name that means nothing", []acl.SSH{{Action: "accept", Src: []string{"tag:none"}, Dst: []string{"tag:a"}, Users: []string{"root"}}}, acl.SSHTest{Src: "100.64.0.9", Dst: []string{"tag:a"}, Deny: []string{"root"}}, nil},
		{"a rule with a name that means nothing", []acl.SSH{{Action: "accept", Src: []string{"tag:none", " ana@example.com "}, Dst: []string{" tag:a "}, Users: []string{"root"}}}, acl.SSHTest{Src: " ana@example.com ", Dst: []string{" tag:a "}, Accept: []string{"root"}}, nil},
	} {
		p := &acl.Policy{
			TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}}, Groups: []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com", "ben@example.com"}}},
			SSH: c.rules, SSHTests: []acl.SSHTest{c.test},
		}
		if got := found(New(p).RunSSHTests()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.about, got, c.want)
		}
	}
}

func found(list diag.List) []string {
	var all []string
	for _, d := range list {
		s := d.Path + ": " + string(d.Code)
		for _, r := range d.Related {
			s += " " + r.Path
		}
		all = append(all, s)
	}
	return all
}

// The policy's own tests about packets: what fails, what cannot be decided, and how often.
func TestOwnTests(t *testing.T) {
	const admin = "whether ana@example.com has the role admin"
	p := &acl.Policy{
		HasRules:  true,
		TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}},
		Hosts:     []acl.Host{{Name: "web", Address: "10.0.0.5"}},
		Grants: []acl.Grant{
			{Src: []string{"tag:b"}, Dst: []string{"tag:a"}, IP: []string{"tcp:22"}},
			{Src: []string{"autogroup:admin"}, Dst: []string{"tag:a"}, IP: []string{"*"}},
		},
		Tests: []acl.Test{
			{Src: "tag:b", Proto: "tcp", Accept: []string{"tag:a:22", "tag:a:23"}, Deny: []string{"tag:a:24", "tag:a:22"}},
			{Src: "tag:none", Accept: []string{"tag:a:22"}},
			{Src: "ana@example.com", Accept: []string{"tag:a:1", "tag:a:2"}, Deny: []string{"tag:a:3"}},
			{Src: "tag:a", Accept: []string{"web:80"}},
		},
	}
	list := New(p).RunTests()
	want := []string{
		"tests[0].accept[1]: policy-test-failed", "tests[0].deny[1]: policy-test-failed grants[0]", "tests[3].accept[0]: policy-test-failed",
		"tests[2].accept[0]: policy-test-undecided grants[1]",
	}
	if got := found(list); !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for i, says := range []string{
		"tag:b must reach tag:a:23 by TCP, and no rule allows it", "tag:b must not reach tag:a:22 by TCP, and grants[0] allows it",
		"tag:a must reach web:80 (10.0.0.5), and no rule allows it",
		"ana@example.com must reach tag:a:1: that depends on " + admin + ", which is not known here, as do 2 more assertions",
	} {
		if list[i].Message != says {
			t.Errorf("%q, want %q", list[i].Message, says)
		}
	}
	p.Tests = []acl.Test{{Src: "ana@example.com", Accept: []string{"tag:a:1", "tag:a:2"}}}
	if list := New(p).RunTests(); len(list) != 1 || !strings.HasSuffix(list[0].Message, "as does one more assertion") {
		t.Errorf("two that cannot be decided: %v", list)
	}
	open := &acl.Policy{TagOwners: p.TagOwners, Tests: []acl.Test{{Src: "tag:a", Deny: []string{"tag:b:22"}}}}
	if list := New(open).RunTests(); len(list) != 1 || list[0].Message != "tag:a must not reach tag:b:22, and a file without rules allows it" || len(list[0].Related) != 0 {
		t.Errorf("a file without rules: %v", list)
	}
}

// Rules that another one makes superfluous: it needs all of their sources, destinations, ports
// and routers, and no posture that they do not ask for.
func TestSuperfluousRules(t *testing.T) {
	grant := func(src, dst, ip string) acl.Grant {
		return acl.Grant{Src: strings.Fields(src), Dst: strings.Fields(dst), IP: strings.Fields(ip)}
	}
	via := func(g acl.Grant, tags ...string) acl.Grant { g.Via = tags; return g }
	posture := func(g acl.Grant, of ...string) acl.Grant { g.SrcPosture = of; return g }
	for _, c := range []struct {
		about string
		rules []acl.Grant
		want  string
	}{
		{"a wider source", []acl.Grant{grant("10.0.0.0/8", "tag:a", "tcp:22"), grant("10.1.0.0/16", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"the wider one comes last", []acl.Grant{grant("10.1.0.0/16", "tag:a", "tcp:22"), grant("10.0.0.0/8", "tag:a", "tcp:22")}, "[{grants[1] [grants[0]]}]"},
		{"equal ones", []acl.Grant{grant("tag:b", "tag:a", "tcp:22"), grant("tag:b", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"two narrow ones", []acl.Grant{grant("10.0.0.0/8", "tag:a", "*"), grant("10.1.0.0/16", "tag:a", "tcp:22"), grant("10.2.0.0/16 10.3.0.0/16", "tag:a", "udp:53")}, "[{grants[0] [grants[1] grants[2]]}]"},
		{"one source is missing", []acl.Grant{grant("10.0.0.0/8", "tag:a", "*"), grant("10.1.0.0/16 11.0.0.0/8", "tag:a", "tcp:22")}, "[]"},
		{"the first source is missing", []acl.Grant{grant("10.0.0.0/8", "tag:a", "*"), grant("11.0.0.0/8 10.1.0.0/16", "tag:a", "tcp:22")}, "[]"},
		{"one destination is missing", []acl.Grant{grant("tag:b", "tag:a", "*"), grant("tag:b", "tag:a tag:b", "tcp:22")}, "[]"},
		{"one port is missing", []acl.Grant{grant("tag:b", "tag:a", "tcp:22"), grant("tag:b", "tag:a", "tcp:22 tcp:23")}, "[{grants[1] [grants[0]]}]"},
		{"other routers", []acl.Grant{grant("tag:b", "10.0.0.0/8", "*"), via(grant("tag:b", "10.1.0.0/16", "*"), "tag:r")}, "[]"},
		{"the same routers", []acl.Grant{via(grant("tag:b", "10.0.0.0/8", "*"), "tag:r"), via(grant("tag:b", "10.1.0.0/16", "*"), "tag:r")}, "[{grants[0] [grants[1]]}]"},
		{"a posture", []acl.Grant{posture(grant("tag:b", "tag:a", "*"), "posture:p"), grant("tag:b", "tag:a", "tcp:22")}, "[]"},
		{"a posture of the narrow one", []acl.Grant{grant("tag:b", "tag:a", "*"), posture(grant("tag:b", "tag:a", "tcp:22"), "posture:p")}, "[{grants[0] [grants[1]]}]"},
		{"the same posture", []acl.Grant{posture(grant("tag:b", "tag:a", "*"), "posture:p"), posture(grant("tag:b", "tag:a", "tcp:22"), "posture:p")}, "[{grants[0] [grants[1]]}]"},
		{"nothing in common", []acl.Grant{grant("tag:b", "tag:a", "*"), grant("tag:a", "tag:b", "*")}, "[]"},
		{"nobody", []acl.Grant{grant("tag:b", "tag:a", "*"), grant("tag:none", "tag:a", "*"), grant("tag:b", "tag:none", "*")}, "[]"},
		{"members, twice", []acl.Grant{grant("autogroup:member", "tag:a", "*"), grant("autogroup:member", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"to members, twice", []acl.Grant{grant("tag:b", "autogroup:member", "*"), grant("tag:b", "autogroup:member", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"everything, twice", []acl.Grant{grant("*", "*", "*"), grant("*", "*", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a service, twice", []acl.Grant{grant("tag:b", "svc:web", "*"), grant("tag:b", "svc:web", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"what is tagged, twice", []acl.Grant{grant("autogroup:tagged", "autogroup:tagged", "*"), grant("autogroup:tagged", "autogroup:tagged", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"every address, twice", []acl.Grant{grant("autogroup:danger-all", "tag:a", "*"), grant("autogroup:danger-all", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"the internet, twice", []acl.Grant{grant("tag:b", "autogroup:internet", "*"), grant("tag:b", "autogroup:internet", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a role, twice", []acl.Grant{grant("autogroup:admin", "tag:a", "*"), grant("autogroup:admin", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"to a role, twice", []acl.Grant{grant("tag:b", "autogroup:admin", "*"), grant("tag:b", "autogroup:admin", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a new kind, twice", []acl.Grant{grant("new:thing", "tag:a", "*"), grant("new:thing", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a user, twice", []acl.Grant{grant("ana@example.com", "ana@example.com", "*"), grant("ana@example.com", "ana@example.com", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a tag among all, twice", []acl.Grant{grant("tag:b", "tag:a", "*"), grant("tag:b", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a tag among what is tagged", []acl.Grant{grant("autogroup:tagged", "*", "*"), grant("tag:b", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"the tailnet among everything", []acl.Grant{grant("*", "*", "*"), grant("100.64.0.0/16", "8.8.8.8", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a LAN, which is not the tailnet", []acl.Grant{grant("*", "*", "*"), grant("10.0.0.0/16", "8.8.8.8", "tcp:22")}, "[]"},
		{"ChromeOS, which is not the tailnet", []acl.Grant{grant("*", "*", "*"), grant("100.115.92.0/24", "8.8.8.8", "tcp:22")}, "[]"},
		{"an address of the internet", []acl.Grant{grant("tag:b", "autogroup:internet", "*"), grant("tag:b", "8.8.8.8", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a LAN, which is not the internet", []acl.Grant{grant("tag:b", "autogroup:internet", "*"), grant("tag:b", "10.0.0.1", "tcp:22")}, "[]"},
		{"a member of a group", []acl.Grant{grant("group:g", "tag:a", "*"), grant("ana@example.com", "tag:a", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a user, to a group", []acl.Grant{grant("tag:b", "group:g", "*"), grant("tag:b", "ana@example.com", "tcp:22")}, "[{grants[0] [grants[1]]}]"},
		{"a wider destination comes last", []acl.Grant{grant("tag:b", "10.1.0.0/16", "tcp:22"), grant("tag:b", "10.0.0.0/8", "tcp:22")}, "[{grants[1] [grants[0]]}]"},
		{"a pair of each", []acl.Grant{grant("tag:b", "tag:a", "*"), grant("10.0.0.0/8", "tag:b", "*"), grant("tag:b", "tag:a", "tcp:1"), grant("10.9.0.0/16", "tag:b", "tcp:2")}, "[{grants[0] [grants[2]]} {grants[1] [grants[3]]}]"},
	} {
		p := &acl.Policy{HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}, {Key: "tag:r"}}, Groups: []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com"}}}, Grants: c.rules}
		if got := fmt.Sprint(New(p).Redundant()); got != c.want {
			t.Errorf("%s: %s, want %s", c.about, got, c.want)
		}
	}
	acls := &acl.Policy{HasRules: true, ACLs: []acl.ACL{
		{Action: "accept", Src: []string{"*"}, Dst: []string{"10.0.0.0/8:22", "10.0.0.0/8:80"}},
		{Action: "accept", Src: []string{"100.64.0.1"}, Dst: []string{"10.0.0.1:22", "10.0.0.1:443"}},
		{Action: "accept", Src: []string{"100.64.0.1"}, Dst: []string{"10.0.0.1:22", "10.0.0.2:80"}},
	}}
	if got := fmt.Sprint(New(acls).Redundant()); got != "[{acls[0] [acls[2]]}]" {
		t.Errorf("rules with several ports: %s", got)
	}
}

// Whoever knows who is a member, or all devices of a tag, knows more rules that are superfluous.
func TestSuperfluousWhereMoreIsKnown(t *testing.T) {
	device := func(tag string, addrs ...string) Device {
		d := Device{Name: tag, Tags: []string{tag}}
		for _, a := range addrs {
			d.Addrs = append(d.Addrs, netip.MustParseAddr(a))
		}
		return d
	}
	laptop := Device{Name: "laptop", User: "ana@example.com", Addrs: []netip.Addr{netip.MustParseAddr("100.64.0.3")}}
	for _, c := range []struct {
		about              string
		known              Tailnet
		wide, narrow, want string
	}{
		{"nobody knows who is a member", Tailnet{}, "autogroup:member", "ana@example.com", "[]"},
		{"a member", Tailnet{Users: []User{{Name: "ana@example.com"}}}, "autogroup:member", "ana@example.com", "[{grants[0] [grants[1]]}]"},
		{"another member", Tailnet{Users: []User{{Name: "ben@example.com"}}}, "autogroup:member", "ana@example.com", "[]"},
		{"the only device of a tag", Tailnet{Complete: true, Devices: []Device{device("tag:b", "100.64.0.1")}}, "100.64.0.0/24", "tag:b", "[{grants[0] [grants[1]]}]"},
		{"a device of a tag that may have others", Tailnet{Devices: []Device{device("tag:b", "100.64.0.1")}}, "100.64.0.0/24", "tag:b", "[]"},
		{"both devices of a tag", Tailnet{Complete: true, Devices: []Device{device("tag:b", "100.64.0.1"), device("tag:a", "100.64.9.9"), device("tag:b", "100.64.0.2")}}, "100.64.0.0/24", "tag:b", "[{grants[0] [grants[1]]}]"},
		{"one of two devices of a tag", Tailnet{Complete: true, Devices: []Device{device("tag:b", "100.64.0.1"), device("tag:b", "100.64.9.9")}}, "100.64.0.0/24", "tag:b", "[]"},
		{"the other of two devices of a tag", Tailnet{Complete: true, Devices: []Device{device("tag:b", "100.64.9.9"), device("tag:b", "100.64.0.1")}}, "100.64.0.0/24", "tag:b", "[]"},
		{"the address of a tagged device", Tailnet{Devices: []Device{device("tag:b", "100.64.0.1")}}, "tag:b", "100.64.0.1", "[{grants[0] [grants[1]]}]"},
		{"another address", Tailnet{Devices: []Device{device("tag:b", "100.64.0.1")}}, "tag:b", "100.64.0.2", "[]"},
		{"a prefix with such an address", Tailnet{Devices: []Device{device("tag:b", "100.64.0.1")}}, "tag:b", "100.64.0.0/24", "[]"},
		{"the address of a device with any tag", Tailnet{Devices: []Device{device("tag:b", "100.64.0.1")}}, "autogroup:tagged", "100.64.0.1", "[{grants[0] [grants[1]]}]"},
		{"the address of a tagged device, and members", Tailnet{Devices: []Device{device("tag:b", "100.64.0.1")}}, "autogroup:member", "100.64.0.1", "[]"},
		{"the address of a user's device", Tailnet{Devices: []Device{laptop}}, "ana@example.com", "100.64.0.3", "[{grants[0] [grants[1]]}]"},
		{"the address of a member's device", Tailnet{Devices: []Device{laptop}}, "autogroup:member", "100.64.0.3", "[{grants[0] [grants[1]]}]"},
		{"the address of a user's device, and tags", Tailnet{Devices: []Device{laptop}}, "autogroup:tagged", "100.64.0.3", "[]"},
		{"no device of a tag", Tailnet{Complete: true, Devices: []Device{device("tag:a", "100.64.0.1")}}, "100.64.0.0/24", "tag:b", "[]"},
	} {
		for _, swap := range []bool{false, true} { // as a source, and as a destination
			p := &acl.Policy{HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}}}
			for _, name := range []string{c.wide, c.narrow} {
				g := acl.Grant{Src: []string{name}, Dst: []string{"tag:a"}, IP: []string{"*"}}
				if swap {
					g.Src, g.Dst = g.Dst, g.Src
				}
				p.Grants = append(p.Grants, g)
			}
			if got := fmt.Sprint(NewIn(c.known, p).Redundant()); got != c.want {
				t.Errorf("%s, as a destination %t: %s, want %s", c.about, swap, got, c.want)
			}
		}
	}
}

// The first pair that is not allowed is named, and one that is denied for sure before one that may
// be allowed.
func TestGaps(t *testing.T) {
	e := New(&acl.Policy{
		HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}, {Key: "tag:c"}},
		Grants: []acl.Grant{{Src: []string{"autogroup:admin"}, Dst: []string{"tag:a"}, IP: []string{"tcp:22"}}, {Src: []string{"tag:c"}, Dst: []string{"tag:a"}, IP: []string{"tcp:22"}}},
	})
	for _, c := range []struct{ src, dst, ports, want string }{
		{"tag:c", "tag:a", "tcp:22", "{   0 }"},
		{"tag:c tag:b", "tag:a", "tcp:22", "{tag:b tag:a tcp:22 1 }"},
		{"tag:b tag:a", "tag:a", "tcp:22", "{tag:b tag:a tcp:22 2 }"},
		{"tag:c", "tag:a", "tcp:22 tcp:23 tcp:24", "{tag:c tag:a tcp:23 2 }"},
		{"ana@example.com tag:b", "tag:a", "tcp:22", "{tag:b tag:a tcp:22 2 }"},
		{"tag:b ana@example.com", "tag:a", "tcp:22", "{tag:b tag:a tcp:22 2 }"},
		{"ana@example.com ben@example.com", "tag:a", "tcp:22", "{ana@example.com tag:a tcp:22 2 whether ana@example.com has the role admin}"},
		{"tag:b", "tag:none tag:a", "nonsense tcp:22", "{tag:b tag:a tcp:22 1 }"},
		{"tag:none", "tag:a", "tcp:22", "{   0 }"},
		{"10.0.0.1 tag:b", "tag:a", "tcp:22", "{tag:b tag:a tcp:22 1 }"},
	} {
		tags := func(s, _ Selector) bool { return s.Kind != KindPrefix }
		if got := fmt.Sprint(gaps(e, e, strings.Fields(c.src), strings.Fields(c.dst), strings.Fields(c.ports), nil, tags)); got != c.want {
			t.Errorf("%s to %s on %s: %s, want %s", c.src, c.dst, c.ports, got, c.want)
		}
	}
}

// What a policy's question may look like, and what it says to others.
func TestQuestions(t *testing.T) {
	p := &acl.Policy{HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}}, Groups: []acl.Assignment{{Key: "group:empty"}},
		Grants: []acl.Grant{{Src: []string{"tag:a"}, Dst: []string{"tag:a"}, IP: []string{"tcp:22", "47:*"}}}}
	for _, c := range []struct{ src, target, proto, want string }{
		{"tag:a", "tag:a:22", "tcp", "grants[0]"}, {"tag:a", "tag:a:22", "", "grants[0]"}, {"tag:a", "tag:a:23", "tcp", ""},
		{"tag:a", "tag:a:*", "47", "grants[0]"}, {"tag:a", "tag:a:0", "47", "grants[0]"}, {"tag:a", "tag:a:0", "icmp", "grants[0]"},
		{"tag:a", "tag:a:0", "tcp", `"0" is not a port from 1 to 65535`}, {"tag:a", "tag:a:0", "", `"0" is not a port from 1 to 65535`},
		{"tag:a", "tag:a:65536", "tcp", `"65536" is not a port from 1 to 65535`}, {"tag:a", "web", "tcp", `"web" is not a destination and a port, such as 10.0.0.5:6443`},
		{"tag:a", "tag:a:22", "nonsense", `unknown protocol "nonsense"`},
		{"group:empty", "tag:a:22", "", "group:empty stands for nobody"}, {"tag:a", "group:empty:22", "", "group:empty stands for nothing"},
		{"tag:x", "tag:a:22", "", `tag "tag:x" is not defined in tagOwners`}, {"tag:a", "tag:x:22", "", `tag "tag:x" is not defined in tagOwners`},
	} {
		a, err := New(p).Ask(c.src, c.target, c.proto)
		got := a.Rule
		if err != nil {
			got = err.Error()
		}
		if got != c.want || err == nil && a.Allowed != (c.want != "") {
			t.Errorf("%s -> %s by %q: %q (%v), want %q", c.src, c.target, c.proto, got, a.Allowed, c.want)
		}
	}
}

// "*" as the port of a question is every port, not one of them.
func TestEveryPort(t *testing.T) {
	for ports, want := range map[string]bool{"tcp:*": true, "*": true, "tcp:1": false, "tcp:1-65535": false, "udp:*": false} {
		p := &acl.Policy{HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}}, Grants: []acl.Grant{{Src: []string{"tag:a"}, Dst: []string{"tag:a"}, IP: []string{ports}}}}
		if a, err := New(p).Ask("tag:a", "tag:a:*", "tcp"); err != nil || a.Allowed != want {
			t.Errorf("a rule for %s allows every port of TCP: %+v %v", ports, a, err)
		}
	}
}

// The first rule tells, among those that allow it for sure, and else among those that may; of
// several questions the first that is undecided.
func TestFirstRuleTells(t *testing.T) {
	grant := func(src, dst string) acl.Grant {
		return acl.Grant{Src: []string{src}, Dst: []string{dst}, IP: []string{"tcp:22"}}
	}
	for _, c := range []struct {
		about, src string
		rules      []acl.Grant
		want       string
	}{
		{"two that may", "ana@example.com", []acl.Grant{grant("autogroup:admin", "tag:a"), grant("autogroup:auditor", "tag:a")}, "grants[0] whether ana@example.com has the role admin"},
		{"one that may, and one for sure", "ana@example.com", []acl.Grant{grant("autogroup:admin", "tag:a"), grant("ana@example.com", "tag:a")}, "grants[1] "},
		{"two for sure", "ana@example.com", []acl.Grant{grant("group:g", "tag:a"), grant("ana@example.com", "tag:a")}, "grants[0] "},
		{"one for each member", "group:g", []acl.Grant{grant("ben@example.com", "tag:a"), grant("ana@example.com", "tag:a")}, "grants[1] "},
		{"one for a member, and one that may", "group:g", []acl.Grant{grant("ana@example.com", "tag:a"), grant("autogroup:admin", "tag:a")}, "grants[1] whether ben@example.com has the role admin"},
		{"one that may for each member", "group:g", []acl.Grant{grant("autogroup:admin", "tag:a")}, "grants[0] whether ana@example.com has the role admin"},
		{"none for one member", "group:g", []acl.Grant{grant("ana@example.com", "tag:a")}, " "},
	} {
		p := &acl.Policy{HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}}, Groups: []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com", "ben@example.com"}}}, Grants: c.rules}
		a, err := New(p).Ask(c.src, "tag:a:22", "tcp")
		if got := a.Rule + " " + a.Undecided; err != nil || got != c.want || a.Allowed != (a.Rule != "" && a.Undecided == "") {
			t.Errorf("%s: %q (%+v, %v), want %q", c.about, got, a, err, c.want)
		}
	}
}

// What the file alone does not tell: the source's own devices, roles, and groups, services and
// names of elsewhere.
func TestUnknownNames(t *testing.T) {
	p := &acl.Policy{
		HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}}, Groups: []acl.Assignment{{Key: "group:g"}}, IPSets: []acl.Assignment{{Key: "ipset:s", Values: []string{"10.0.0.0/8"}}},
		Grants: []acl.Grant{
			{Src: strings.Fields("* tag:a group:g ana@example.com autogroup:member autogroup:tagged autogroup:danger-all ipset:s 10.0.0.1"), Dst: []string{"autogroup:internet", "svc:web"}, IP: []string{"*"}},
			{Src: strings.Fields("new:thing autogroup:shared group:s@example.com user:*@example.com autogroup:admin autogroup:admin tag:none"), Dst: []string{"autogroup:self"}, IP: []string{"*"}},
		},
	}
	const want = "autogroup:admin autogroup:self autogroup:shared group:s@example.com new:thing svc:web user:*@example.com"
	if got := strings.Join(New(p).Unknown(), " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What reaches a device's packet filter: which of its own prefixes a rule means, and from where.
func TestFilterByKindOfName(t *testing.T) {
	prefixes := func(s ...string) []netip.Prefix {
		var all []netip.Prefix
		for _, p := range s {
			all = append(all, netip.MustParsePrefix(p))
		}
		return all
	}
	router := Device{Name: "router", Tags: []string{"tag:a"}, Addrs: []netip.Addr{netip.MustParseAddr("100.64.0.1")}, Routes: prefixes("10.1.0.0/16", "0.0.0.0/0")}
	client := Device{Name: "client", User: "ana@example.com", Addrs: []netip.Addr{netip.MustParseAddr("100.64.0.2")}}
	for _, c := range []struct{ src, dst, via, want string }{
		{"*", "*", "", "[10.1.0.0/16 100.64.0.1/32 100.64.0.2/32] to [10.1.0.0/16 100.64.0.1/32]"},
		{"autogroup:danger-all", "tag:a", "", "[0.0.0.0/0 ::/0] to [100.64.0.1/32]"},
		{"autogroup:member", "10.0.0.0/8", "", "[100.64.0.2/32] to [10.1.0.0/16]"},
		{"autogroup:tagged", "10.1.7.0/24", "", "[100.64.0.1/32] to [10.1.7.0/24]"},
		{"ana@example.com", "10.2.0.0/16", "", ""},
		{"group:g", "autogroup:tagged", "", "[100.64.0.2/32] to [100.64.0.1/32]"},
		{"10.9.0.0/16", "100.64.0.1", "", "[10.9.0.0/16] to [100.64.0.1/32]"},
		{"ipset:s", "ipset:s", "", "[10.1.3.0/24 100.64.0.0/24] to [10.1.3.0/24 100.64.0.1/32]"},
		{"ana@example.com", "ana@example.com", "", ""},
		{"*", "*", "tag:a", "[10.1.0.0/16 100.64.0.1/32 100.64.0.2/32] to [0.0.0.0/0 10.1.0.0/16]"},
		{"*", "tag:a", "tag:a", ""},
		{"*", "10.1.0.0/24", "tag:a", "[10.1.0.0/16 100.64.0.1/32 100.64.0.2/32] to [10.1.0.0/24]"},
		{"*", "10.1.0.0/24", "tag:b", ""},
	} {
		p := &acl.Policy{
			HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}}, Groups: []acl.Assignment{{Key: "group:g", Values: []string{"ana@example.com"}}},
			IPSets: []acl.Assignment{{Key: "ipset:s", Values: []string{"10.1.3.0/24", "100.64.0.0/24"}}},
			Grants: []acl.Grant{{Src: []string{c.src}, Dst: []string{c.dst}, IP: []string{"*"}, Via: strings.Fields(c.via)}},
		}
		got := ""
		for _, r := range New(p, router, client).FilterRules(router) {
			got += fmt.Sprintf("%v to %v", r.Src, r.Dst)
		}
		if got != c.want {
			t.Errorf("%s to %s via %q: %s, want %s", c.src, c.dst, c.via, got, c.want)
		}
	}
	p := &acl.Policy{Routes: []acl.Assignment{{Key: "10.0.0.0/8", Values: []string{"tag:a"}}, {Key: "10.2.0.0/16", Values: []string{"autogroup:tagged"}}, {Key: "nonsense", Values: []string{"tag:a"}}}}
	for _, c := range []struct {
		tags   []string
		prefix string
		want   bool
	}{
		{[]string{"tag:a"}, "10.1.0.0/16", true}, {[]string{"tag:a"}, "10.0.0.0/8", true}, {[]string{"tag:a"}, "10.0.0.0/7", false}, {[]string{"tag:b"}, "10.1.0.0/16", false},
		{[]string{"tag:b"}, "10.2.0.0/16", true}, {nil, "10.2.0.0/16", false}, {nil, "10.1.0.0/16", false},
	} {
		if got := New(p).Approves(c.tags, netip.MustParsePrefix(c.prefix)); got != c.want {
			t.Errorf("%v has %s approved: %t", c.tags, c.prefix, got)
		}
	}
}

// Members of a tailnet are listed, or have a device that is nobody else's.
func TestMembers(t *testing.T) {
	known := Tailnet{
		Users:   []User{{Name: "ana@example.com", Role: "admin"}, {Name: "ben@example.com", Groups: []string{"group:x"}}},
		Devices: []Device{{Name: "a", User: "cleo@example.com"}, {Name: "b", User: "dan@example.com", Tags: []string{"tag:a"}}},
	}
	for name, want := range map[string]bool{"ana@example.com": true, "ben@example.com": true, "cleo@example.com": true, "dan@example.com": false, "eve@example.com": false, "": false} {
		if got := known.isMember(name); got != want {
			t.Errorf("%q is a member: %t", name, got)
		}
	}
	if u, ok := known.user("ben@example.com"); !ok || len(u.Groups) != 1 {
		t.Errorf("%v, %t", u, ok)
	}
	if u, ok := known.user("cleo@example.com"); ok || u.Name != "" {
		t.Errorf("%v, who is not listed", u)
	}
}

// Sets whose names stand in each other have no addresses that can be told, in whatever order;
// those that name one that cannot be read have none either.
func TestSetsOfEachOther(t *testing.T) {
	for _, reversed := range []bool{false, true} {
		list := []acl.Assignment{
			{Key: "ipset:a", Values: []string{"ipset:b", "10.1.0.0/16"}}, {Key: "ipset:b", Values: []string{"ipset:a"}}, {Key: "ipset:c", Values: []string{"10.3.0.0/16", "ipset:a"}},
			{Key: "ipset:d", Values: []string{"ipset:e"}}, {Key: "ipset:e", Values: []string{"ipset:f"}}, {Key: "ipset:f", Values: []string{"10.4.0.0/16"}},
		}
		if reversed {
			slices.Reverse(list)
		}
		scope := NewScope(&acl.Policy{IPSets: list})
		for name, want := range map[string]string{"ipset:a": "", "ipset:b": "", "ipset:c": "", "ipset:d": "10.4.0.0/16", "ipset:e": "10.4.0.0/16", "ipset:f": "10.4.0.0/16"} {
			s, err := scope.Selector(name)
			got := strings.Trim(fmt.Sprint(s.Set), "[]")
			if err != nil || got != want || (s.Kind == KindSet) != (want != "") {
				t.Errorf("%s is %q (%v), want %q", name, got, err, want)
			}
		}
	}
}

// autogroup:self is the devices of one user: not those with a tag, whoever has logged in on them.
func TestOwnDevices(t *testing.T) {
	at := func(name, user, addr string, tags ...string) Device {
		return Device{Name: name, User: user, Addrs: []netip.Addr{netip.MustParseAddr(addr)}, Tags: tags}
	}
	known := Tailnet{Complete: true, Devices: []Device{
		at("laptop", "ana@example.com", "100.64.0.1"), at("phone", "ana@example.com", "100.64.0.2"), at("server", "ana@example.com", "100.64.0.3", "tag:a"), at("other", "ben@example.com", "100.64.0.4"),
	}}
	p := &acl.Policy{HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}}, Grants: []acl.Grant{{Src: []string{"*"}, Dst: []string{"autogroup:self"}, IP: []string{"*"}}}}
	for _, c := range []struct {
		src, dst string
		want     bool
	}{
		{"100.64.0.1", "100.64.0.2", true}, {"ana@example.com", "100.64.0.2", true}, {"100.64.0.1", "ana@example.com", true}, {"ana@example.com", "ana@example.com", true},
		{"100.64.0.1", "100.64.0.3", false}, {"100.64.0.3", "100.64.0.1", false}, {"ana@example.com", "100.64.0.3", false}, {"100.64.0.3", "100.64.0.3", false},
		{"100.64.0.1", "100.64.0.4", false}, {"ana@example.com", "ben@example.com", false}, {"tag:a", "100.64.0.1", false}, {"100.64.0.9", "100.64.0.1", false},
	} {
		if a, err := NewIn(known, p).Ask(c.src, c.dst+":22", "tcp"); err != nil || a.Allowed != c.want || a.Undecided != "" {
			t.Errorf("%s to %s: %+v, %v", c.src, c.dst, a, err)
		}
	}
}

// The last address of a prefix.
func TestLastOf(t *testing.T) {
	for p, want := range map[string]string{
		"10.0.0.0/8": "10.255.255.255", "10.0.0.0/9": "10.127.255.255", "10.0.0.0/15": "10.1.255.255", "10.0.0.0/20": "10.0.15.255", "10.0.0.0/30": "10.0.0.3", "10.0.0.0/31": "10.0.0.1", "10.0.0.0/32": "10.0.0.0",
		"0.0.0.0/0": "255.255.255.255", "fd00::/8": "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fd00::/65": "fd00::7fff:ffff:ffff:ffff", "fd00::/128": "fd00::",
	} {
		if got := lastOf(netip.MustParsePrefix(p)).String(); got != want {
			t.Errorf("%s ends at %s, want %s", p, got, want)
		}
	}
}

// A range of addresses is the fewest prefixes that hold all of them and no other.
func TestRangesOfAddresses(t *testing.T) {
	for _, c := range []struct{ first, last, want string }{
		{"10.0.0.0", "10.0.0.0", "[10.0.0.0/32]"}, {"10.0.0.0", "10.0.0.1", "[10.0.0.0/31]"}, {"10.0.0.1", "10.0.0.2", "[10.0.0.1/32 10.0.0.2/32]"}, {"10.0.0.0", "10.0.0.7", "[10.0.0.0/29]"},
		{" 10.0.0.0 ", " 10.0.0.4", "[10.0.0.0/30 10.0.0.4/32]"}, {"0.0.0.0", "255.255.255.255", "[0.0.0.0/0]"}, {"255.255.255.254", "255.255.255.255", "[255.255.255.254/31]"},
		{"fd00::", "fd00::1", "[fd00::/127]"}, {"10.0.0.1", "10.0.0.0", "none"}, {"10.0.0.0", "fd00::", "none"}, {"nonsense", "10.0.0.0", "none"}, {"10.0.0.0", "", "none"},
	} {
		got := "none"
		if list, ok := between(c.first, c.last); ok {
			got = fmt.Sprint(list)
		}
		if got != c.want {
			t.Errorf("from %s to %s: %s, want %s", c.first, c.last, got, c.want)
		}
	}
}

// Whether rules allow what a rule of another policy would: each range of ports by one of them,
// and for sure, perhaps or never.
func TestRulesAllowSpecifications(t *testing.T) {
	p := &acl.Policy{
		HasRules: true, TagOwners: []acl.Assignment{{Key: "tag:a"}, {Key: "tag:b"}},
		Grants: []acl.Grant{
			{Src: []string{"tag:b"}, Dst: []string{"tag:a"}, IP: []string{"tcp:22", "tcp:80-90"}}, {Src: []string{"tag:b"}, Dst: []string{"tag:a"}, IP: []string{"udp:53"}, SrcPosture: []string{"posture:p"}},
			{Src: []string{"autogroup:admin"}, Dst: []string{"tag:a"}, IP: []string{"tcp:443"}}, {Src: []string{"tag:none"}, Dst: []string{"tag:a"}, IP: []string{"*"}},
			{Src: []string{"tag:b"}, Dst: []string{"10.0.0.0/8"}, IP: []string{"tcp:22"}, Via: []string{"tag:a"}},
		},
	}
	for _, c := range []struct {
		src, dst, spec, via string
		want                verdict
	}{
		{"tag:b", "tag:a", "tcp:22", "", yes}, {"tag:b", "tag:a", "tcp:23", "", no}, {"tag:b", "tag:a", "udp:22", "", no}, {"tag:b", "tag:a", "tcp:80-90", "", yes}, {"tag:b", "tag:a", "tcp:80-91", "", no},
		{"tag:b", "tag:a", "udp:53", "", maybe}, {"tag:b", "tag:a", "udp:54", "", no}, {"ana@example.com", "tag:a", "tcp:443", "", maybe}, {"ana@example.com", "tag:a", "tcp:444", "", no},
		{"tag:b", "tag:a", "tcp:22", "tag:b", no}, {"tag:b", "10.1.0.0/16", "tcp:22", "tag:a", yes}, {"tag:b", "10.1.0.0/16", "tcp:22", "", no},
		{"100.64.0.99", "tag:a", "tcp:8080", "", no},
	} {
		e := New(p)
		src, _ := e.scope.Selector(c.src)
		dst, _ := e.scope.Selector(c.dst)
		spec, err := acl.ParsePorts(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.allowsSpec(src, dst, spec, strings.Fields(c.via)); got.verdict != c.want {
			t.Errorf("%s to %s by %s via %q: %v, want %v", c.src, c.dst, c.spec, c.via, got, c.want)
		}
	}
	if a, err := New(p).Ask("100.64.0.99", "tag:a:8080", "tcp"); err != nil || a.Allowed || a.Undecided != "" {
		t.Errorf("a rule from what nothing defines: %+v, %v", a, err)
	}
}
