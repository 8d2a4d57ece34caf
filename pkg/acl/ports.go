package acl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
)

// Protocol numbers (IANA) that the packet filter treats in a way of their own.
const (
	icmp   = 1
	tcp    = 6
	udpNum = 17
	icmpv6 = 58
	sctp   = 132
)

// IsICMP reports whether the protocol is ICMP or ICMPv6.
func IsICMP(protocol int) bool { return protocol == icmp || protocol == icmpv6 }

// PortSpec is what a rule says of protocols and ports.
type PortSpec struct {
	// Protocols are IP protocol numbers; none means TCP, UDP and ICMP, which is what
	// the packet filter assumes (tailscale 1.84.3, wgengine/filter/match.go).
	Protocols []int
	// Ranges are port ranges, at least one.
	Ranges []PortRange
}

// PortRange is from First to Last, both included; 0 to 65535 is every port, and what
// a protocol without ports needs.
type PortRange struct {
	First, Last uint16
}

// anyPort is "*".
func anyPort() PortRange { return PortRange{0, 65535} }

// ParsePorts reads one element of a grant's "ip": "*", "443", "80-90", "80,443", or
// any of them behind a protocol, as in "tcp:443" and "icmp:*".
func ParsePorts(spec string) (PortSpec, error) {
	proto, ports, named := strings.Cut(spec, ":")
	if !named {
		ranges, err := parseRanges(spec)
		return PortSpec{Ranges: ranges}, err
	}
	numbers, err := ParseProtocol(proto)
	if err != nil {
		return PortSpec{}, err
	}
	ranges, err := parseRanges(ports)
	return PortSpec{Protocols: numbers, Ranges: ranges}, err
}

// ParseProtocol reads a protocol by name or by number; "" is the default set.
func ParseProtocol(name string) ([]int, error) {
	if name == "" {
		return nil, nil
	}
	if n := protocolNumber(name); n > 0 {
		return []int{n}, nil
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 1 || n > 255 || strconv.Itoa(n) != name {
		return nil, fmt.Errorf("unknown protocol %q", foreign.Clip(name))
	}
	return []int{n}, nil
}

// protocolNumber knows the names that policy files use (Tailscale, "Syntax
// reference for the tailnet policy file", proto; the numbers are IANA's).
func protocolNumber(name string) int {
	switch name {
	case "icmp":
		return icmp
	case "igmp":
		return 2
	case "ipv4", "ip-in-ip":
		return 4
	case "tcp":
		return tcp
	case "egp":
		return 8
	case "igp":
		return 9
	case "udp":
		return udpNum
	case "gre":
		return 47
	case "esp":
		return 50
	case "ah":
		return 51
	case "ipv6-icmp":
		return icmpv6
	case "sctp":
		return sctp
	case "fc":
		return 133
	}
	return 0
}

func parseRanges(s string) ([]PortRange, error) {
	if s == "*" {
		return []PortRange{anyPort()}, nil
	}
	var list []PortRange
	for _, part := range strings.Split(s, ",") {
		r, err := parseRange(part)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

func parseRange(s string) (PortRange, error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	a, okA := ParsePort(first)
	b, okB := ParsePort(last)
	if !okA || !okB || a > b {
		return PortRange{}, fmt.Errorf("%q is not a port, a range of ports or \"*\"", foreign.Clip(s))
	}
	return PortRange{a, b}, nil
}

// ParsePort reads 1 to 65535; port 0 is refused by the service (headscale 0.29.2,
// testdata grant-k23).
func ParsePort(s string) (uint16, bool) {
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err == nil && n > 0
}

// Covers reports whether the specification allows the port of the protocol. A
// protocol without ports is allowed by every port only.
func (p PortSpec) Covers(protocol int, port uint16) bool {
	return p.coversProtocol(protocol) && slices.ContainsFunc(p.Ranges, func(r PortRange) bool {
		return r.covers(protocol, port)
	})
}

// coversProtocol: without a protocol it is TCP, UDP and both ICMPs.
func (p PortSpec) coversProtocol(protocol int) bool {
	if len(p.Protocols) == 0 {
		return protocol == tcp || protocol == udpNum || protocol == icmp || protocol == icmpv6
	}
	return slices.Contains(p.Protocols, protocol)
}

// HasPorts reports whether packets of the protocol have ports.
func HasPorts(protocol int) bool { return protocol == tcp || protocol == udpNum || protocol == sctp }

func (r PortRange) covers(protocol int, port uint16) bool {
	if HasPorts(protocol) {
		return r.First <= port && port <= r.Last
	}
	return r == anyPort()
}

// CoversAny reports whether the port is allowed for any of TCP, UDP and ICMP.
func (p PortSpec) CoversAny(port uint16) bool {
	inRange := slices.ContainsFunc(p.Ranges, func(r PortRange) bool { return r.First <= port && port <= r.Last })
	return inRange && slices.ContainsFunc([]int{tcp, udpNum, icmp, icmpv6}, p.coversProtocol)
}

// Includes reports whether everything that other allows is allowed by p as well.
func (p PortSpec) Includes(other PortSpec) bool {
	return p.includesProtocols(other) && !slices.ContainsFunc(other.Ranges, func(o PortRange) bool {
		return !slices.ContainsFunc(p.Ranges, func(r PortRange) bool { return r.First <= o.First && o.Last <= r.Last })
	})
}

func (p PortSpec) includesProtocols(other PortSpec) bool {
	protocols := other.Protocols
	if len(protocols) == 0 {
		protocols = []int{tcp, udpNum, icmp, icmpv6}
	}
	return !slices.ContainsFunc(protocols, func(n int) bool { return !p.coversProtocol(n) })
}
