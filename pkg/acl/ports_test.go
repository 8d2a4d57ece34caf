package acl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// What a specification of ports means, and what is said of one that means nothing.
func TestParsePorts(t *testing.T) {
	for spec, want := range map[string]string{
		"*": "{[] [{0 65535}]}", "443": "{[] [{443 443}]}", "80-90": "{[] [{80 90}]}", "80-80": "{[] [{80 80}]}", "1-65535": "{[] [{1 65535}]}",
		"80,443,8000-8080": "{[] [{80 80} {443 443} {8000 8080}]}", "tcp:443": "{[6] [{443 443}]}", "udp:*": "{[17] [{0 65535}]}",
		"icmp:*": "{[1] [{0 65535}]}", "47:*": "{[47] [{0 65535}]}", ":443": "{[] [{443 443}]}",
		"": `"" is not a port, a range of ports or "*"`, "0": `"0" is not a port, a range of ports or "*"`, "65536": `"65536" is not a port, a range of ports or "*"`,
		"90-80": `"90-80" is not a port, a range of ports or "*"`, "0-80": `"0-80" is not a port, a range of ports or "*"`,
		"80-": `"80-" is not a port, a range of ports or "*"`, "80,": `"" is not a port, a range of ports or "*"`, "80,*": `"*" is not a port, a range of ports or "*"`,
		"tcp:": `"" is not a port, a range of ports or "*"`, "tcp:http": `"http" is not a port, a range of ports or "*"`,
		"web:443": `unknown protocol "web"`, "tcp:80:90": `"80:90" is not a port, a range of ports or "*"`,
	} {
		p, err := acl.ParsePorts(spec)
		got := fmt.Sprint(p)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q is %s, want %s", spec, got, want)
		}
	}
}

// Which ports of which protocols a specification allows: those without ports are allowed with
// every port only, and without a protocol it is TCP, UDP and both ICMPs.
func TestCovers(t *testing.T) {
	for _, c := range []struct {
		spec string
		want string // the protocols and ports that are allowed, of those below
	}{
		{"*", "6/1 6/80 6/90 6/65535 17/80 1/80 58/80"},
		{"80", "6/80 17/80"},
		{"80-90", "6/80 6/90 17/80"},
		{"79-81,65535", "6/80 6/65535 17/80"},
		{"1-65535", "6/1 6/80 6/90 6/65535 17/80"},
		{"tcp:80", "6/80"},
		{"udp:*", "17/80"},
		{"icmp:*", "1/80"},
		{"ipv6-icmp:*", "58/80"},
		{"icmp:80", ""},
		{"sctp:80", "132/80"},
		{"gre:*", "47/80"},
		{"gre:80", ""},
	} {
		p := ports(t, c.spec)
		var got []string
		for _, at := range []struct {
			protocol int
			port     uint16
		}{{6, 1}, {6, 80}, {6, 90}, {6, 65535}, {17, 80}, {1, 80}, {58, 80}, {132, 80}, {47, 80}} {
			if p.Covers(at.protocol, at.port) {
				got = append(got, fmt.Sprintf("%d/%d", at.protocol, at.port))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s allows %s, want %s", c.spec, got, c.want)
		}
	}
	for spec, want := range map[string]bool{
		"80": true, "79": false, "81": false, "80-90": true, "70-80": true, "tcp:80": true, "udp:80": true, "icmp:*": true, "ipv6-icmp:*": true, "sctp:80": false, "gre:*": false, "*": true,
	} {
		if got := ports(t, spec).CoversAny(80); got != want {
			t.Errorf("%s allows port 80 of some protocol: %t", spec, got)
		}
	}
}

// A specification includes another whose protocols and ranges are all among its own.
func TestIncludes(t *testing.T) {
	for _, c := range []struct {
		wide, narrow string
		want         bool
	}{
		{"*", "*", true}, {"*", "443", true}, {"443", "*", false}, {"*", "tcp:443", true}, {"*", "icmp:*", true}, {"*", "ipv6-icmp:*", true},
		{"*", "gre:*", false}, {"*", "sctp:80", false}, {"tcp:*", "*", false}, {"tcp:*", "tcp:1-65535", true}, {"tcp:1-65535", "tcp:*", false},
		{"tcp:80-90", "tcp:80-90", true}, {"tcp:80-90", "tcp:79-90", false}, {"tcp:80-90", "tcp:80-91", false}, {"tcp:80-90", "tcp:85", true},
		{"tcp:80-90", "udp:85", false}, {"80-90", "udp:85", true}, {"udp:85", "85", false}, {"80,90", "80,90", true}, {"80,90", "80,91", false}, {"80,90", "90", true},
		{"gre:*", "gre:*", true}, {"gre:*", "esp:*", false},
	} {
		if got := ports(t, c.wide).Includes(ports(t, c.narrow)); got != c.want {
			t.Errorf("%s includes %s: %t", c.wide, c.narrow, got)
		}
	}
}

func ports(t *testing.T, spec string) acl.PortSpec {
	t.Helper()
	p, err := acl.ParsePorts(spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What an alias may name: an address or a prefix, whose host bits are an error or are left out.
func TestPrefixes(t *testing.T) {
	for text, want := range map[string][2]string{
		"10.0.0.0/8": {"10.0.0.0/8", "10.0.0.0/8"}, "10.0.0.1": {"10.0.0.1/32", "10.0.0.1/32"}, "fd00::1": {"fd00::1/128", "fd00::1/128"}, "fd00::/8": {"fd00::/8", "fd00::/8"},
		"10.0.0.1/8":     {`"10.0.0.1/8" has host bits; the prefix is 10.0.0.0/8`, "10.0.0.0/8 without its host bits"},
		"web":            {`"web" is neither an address nor a prefix`, `"web" is neither an address nor a prefix`},
		"10.0.0.0/33":    {`"10.0.0.0/33" is neither an address nor a prefix`, `"10.0.0.0/33" is neither an address nor a prefix`},
		"fe80::1%eth0":   {`"fe80::1%eth0" is not a plain address`, `"fe80::1%eth0" is not a plain address`},
		"::ffff:1.2.3.4": {`"::ffff:1.2.3.4" is not a plain address`, `"::ffff:1.2.3.4" is not a plain address`},
	} {
		p, err := acl.ParsePrefix(text)
		got := p.String()
		if err != nil {
			got = err.Error()
		}
		p, hostBits, err := acl.MaskedPrefix(text)
		masked := p.String()
		if hostBits {
			masked += " without its host bits"
		}
		if err != nil {
			masked = err.Error()
			if p.IsValid() || hostBits {
				t.Errorf("%q is an error, and %s, %t", text, p, hostBits)
			}
		}
		if got != want[0] || masked != want[1] {
			t.Errorf("%q is %s and %s, want %q", text, got, masked, want)
		}
	}
}

// The destinations without their ports; one without is nothing.
func TestTargetHosts(t *testing.T) {
	if got := fmt.Sprintf("%q", acl.TargetHosts([]string{"a:80", "tag:b:*", "c", "[fd00::1]:1"})); got != `["a" "tag:b" "" "fd00::1"]` {
		t.Error(got)
	}
}

// An access rule as grants: one for each set of ports, and nothing for what names none.
func TestGrantsOfAccessRules(t *testing.T) {
	for _, c := range []struct {
		rule acl.ACL
		want string
	}{
		{acl.ACL{Src: []string{"a"}}, "[]"},
		{acl.ACL{Src: []string{"a"}, Dst: []string{"b"}}, "[]"},
		{acl.ACL{Src: []string{"a", "b"}, Dst: []string{"c:80", "x", "tag:d:443", "e:80", "[fd00::1]:80"}, Comment: "why"},
			"[{[a b] [c e fd00::1] [80] [] [] [] why} {[a b] [tag:d] [443] [] [] [] why}]"},
		{acl.ACL{Proto: "udp", Src: []string{"a"}, Dst: []string{"b:53", "c:*"}}, "[{[a] [b] [udp:53] [] [] [] } {[a] [c] [udp:*] [] [] [] }]"},
	} {
		if got := fmt.Sprint(c.rule.Grants()); got != c.want {
			t.Errorf("%v: %s, want %s", c.rule, got, c.want)
		}
	}
}
