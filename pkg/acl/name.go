package acl

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// ParsePrefix reads an address, or a prefix without host bits: what an alias, a rule
// and an approver may name.
func ParsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		if a.Zone() != "" || a.Is4In6() {
			return netip.Prefix{}, fmt.Errorf("%q is not a plain address", s)
		}
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a prefix", s)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has host bits; the prefix is %s", s, p.Masked())
	}
	return p, nil
}

// MaskedPrefix reads what ParsePrefix reads, and a prefix with host bits as the prefix that
// contains it: no recording tells whether the control server takes one, and Headscale does
// (headscale 0.29.2, hscontrol/policy/v2/types.go, Prefix).
func MaskedPrefix(s string) (p netip.Prefix, hostBits bool, err error) {
	if strings.IndexByte(s, '/') >= 0 { // most names and addresses have none, and an error costs more than a look
		if with, failed := netip.ParsePrefix(s); failed == nil && with != with.Masked() {
			return with.Masked(), true, nil
		}
	}
	p, err = ParsePrefix(s)
	return p, false, err
}

// SplitTarget splits "host:443", "[fd7a::1]:443" and "tag:k8s:443" at the port. It is not ok
// without one, as in "tag:k8s".
func SplitTarget(s string) (host, ports string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || i == len(s)-1 {
		return "", "", false
	}
	host, ports = s[:i], s[i+1:]
	if isKind(host) && unicode.IsLetter(rune(ports[0])) {
		return "", "", false
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	return host, ports, true
}

// isKind reports whether what stands before a colon says of which kind the name behind it is.
func isKind(s string) bool {
	return slices.Contains([]string{"tag", "group", "autogroup", "ipset", "svc"}, s)
}

// TargetHosts are the destinations without their ports.
func TargetHosts(targets []string) []string {
	var list []string
	for _, t := range targets {
		host, _, _ := SplitTarget(t)
		list = append(list, host)
	}
	return list
}
