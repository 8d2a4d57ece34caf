package acl_test

import (
	"fmt"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
)

// The names that policy files have for protocols, with IANA's numbers, and the numbers
// themselves.
func TestProtocols(t *testing.T) {
	for name, want := range map[string]string{
		"": "[]", "icmp": "[1]", "igmp": "[2]", "ipv4": "[4]", "ip-in-ip": "[4]", "tcp": "[6]", "egp": "[8]", "igp": "[9]", "udp": "[17]", "gre": "[47]",
		"esp": "[50]", "ah": "[51]", "ipv6-icmp": "[58]", "sctp": "[132]", "fc": "[133]", "1": "[1]", "47": "[47]", "255": "[255]",
		"0": "", "256": "", "-1": "", "047": "", "+6": "", "TCP": "", "http": "", "6 ": "",
	} {
		numbers, err := acl.ParseProtocol(name)
		got := ""
		if err == nil {
			got = fmt.Sprint(numbers)
		} else if err.Error() != fmt.Sprintf("unknown protocol %q", name) {
			t.Error(err)
		}
		if got != want {
			t.Errorf("protocol %q is %s, want %s", name, got, want)
		}
	}
}

// A target ends with a port, behind the last colon; brackets are an IPv6 address's alone.
func TestTargets(t *testing.T) {
	for target, want := range map[string][2]string{
		"host:443": {"host", "443"}, "[fd7a::1]:443": {"fd7a::1", "443"}, "tag:k8s:80,443": {"tag:k8s", "80,443"}, "10.0.0.0/8:*": {"10.0.0.0/8", "*"},
		"h:1": {"h", "1"}, "[]:1": {"", "1"}, "[a:1": {"[a", "1"}, "a]:1": {"a]", "1"}, "[:1": {"[", "1"},
		"tag:443": {"tag", "443"}, "tag:*": {"tag", "*"}, "tag:k8s:http": {"tag:k8s", "http"}, "web:http": {"web", "http"}, "group:ops:22": {"group:ops", "22"},
		"tag:k8s": {}, "group:ops": {}, "autogroup:self": {}, "ipset:net": {}, "svc:db": {}, "tag:": {},
		"host": {}, "host:": {}, ":443": {}, ":": {}, "": {},
	} {
		host, ports, ok := acl.SplitTarget(target)
		if host != want[0] || ports != want[1] || ok != (want[1] != "") {
			t.Errorf("%q is %q and %q, %t", target, host, ports, ok)
		}
	}
}
