package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"tailscale.com/tailcfg"
)

// policy is what the control server makes of a policy file: the generated one, read
// back from its bytes as the service would read it.
type policy struct {
	TagOwners     map[string][]string `json:"tagOwners"`
	Hosts         map[string]string   `json:"hosts"`
	AutoApprovers struct {
		Routes map[string][]string `json:"routes"`
	} `json:"autoApprovers"`
	Grants []*grant `json:"grants"`
}

type grant struct {
	Src []string                       `json:"src"`
	Dst []string                       `json:"dst"`
	IP  []string                       `json:"ip"`
	App map[tailcfg.PeerCapability]any `json:"app"`

	src, dst []thing
	ports    []portRule
}

// thing is what a rule names: a tag, a prefix, or anything.
type thing struct {
	tag    string
	prefix netip.Prefix
	any    bool
}

type portRule struct {
	protocols []int // nil: TCP, UDP and ICMP
	ports     tailcfg.PortRange
}

func parsePolicy(data []byte) (*policy, error) {
	p := new(policy)
	if err := json.Unmarshal(data, p); err != nil {
		return nil, err
	}
	for _, g := range p.Grants {
		var err error
		if g.src, err = p.things(g.Src); err != nil {
			return nil, err
		}
		if g.dst, err = p.things(g.Dst); err != nil {
			return nil, err
		}
		for _, spec := range g.IP {
			r, err := parsePorts(spec)
			if err != nil {
				return nil, err
			}
			g.ports = append(g.ports, r)
		}
	}
	return p, nil
}

func (p *policy) things(names []string) ([]thing, error) {
	var all []thing
	for _, name := range names {
		if alias, ok := p.Hosts[name]; ok {
			name = alias
		}
		prefix, err := netip.ParsePrefix(name)
		if addr, bad := netip.ParseAddr(name); bad == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		switch {
		case name == "*":
			all = append(all, thing{any: true})
		case strings.HasPrefix(name, "tag:"):
			all = append(all, thing{tag: name})
		case err == nil:
			all = append(all, thing{prefix: prefix})
		default:
			return nil, fmt.Errorf("policy: %q is no tag, host or prefix", name)
		}
	}
	return all, nil
}

func parsePorts(spec string) (portRule, error) {
	protocol, ports, found := strings.Cut(spec, ":")
	if !found {
		protocol, ports = "", spec
	}
	r := portRule{ports: tailcfg.PortRangeAny}
	switch protocol {
	case "":
	case "tcp":
		r.protocols = []int{6}
	case "udp":
		r.protocols = []int{17}
	case "icmp":
		r.protocols = []int{1, 58}
	default:
		n, err := strconv.Atoi(protocol)
		if err != nil {
			return r, fmt.Errorf("policy: protocol of %q", spec)
		}
		r.protocols = []int{n}
	}
	if ports == "*" {
		return r, nil
	}
	first, last, found := strings.Cut(ports, "-")
	if !found {
		last = first
	}
	from, err1 := strconv.ParseUint(first, 10, 16)
	to, err2 := strconv.ParseUint(last, 10, 16)
	if err1 != nil || err2 != nil {
		return r, fmt.Errorf("policy: ports of %q", spec)
	}
	r.ports = tailcfg.PortRange{First: uint16(from), Last: uint16(to)}
	return r, nil
}

// approves says whether autoApprovers approve the route of a node with these tags:
// the prefix itself or a wider one has to name one of them.
func (p *policy) approves(route netip.Prefix, tags []string) bool {
	for text, owners := range p.AutoApprovers.Routes {
		wide, err := netip.ParsePrefix(text)
		if err == nil && wide.Bits() <= route.Bits() && wide.Contains(route.Addr()) &&
			slices.ContainsFunc(tags, func(t string) bool { return slices.Contains(owners, t) }) {
			return true
		}
	}
	return false
}

// connects says whether any rule joins a and b, in either direction: only then do two
// nodes know of each other.
func (p *policy) connects(a, b []thing) bool {
	for _, g := range p.Grants {
		if matches(g.src, a) && matches(g.dst, b) || matches(g.src, b) && matches(g.dst, a) {
			return true
		}
	}
	return false
}

func matches(side, stuff []thing) bool {
	return slices.ContainsFunc(side, func(s thing) bool {
		return slices.ContainsFunc(stuff, func(t thing) bool {
			return s.any || s.tag != "" && s.tag == t.tag ||
				s.prefix.IsValid() && t.prefix.IsValid() && s.prefix.Overlaps(t.prefix)
		})
	})
}

// intersect is the part of a node that a destination names: a tag means the node's
// own addresses and never what it routes.
func intersect(dst thing, stuff []thing, own []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range stuff {
		switch {
		case dst.any && s.prefix.IsValid():
			out = append(out, s.prefix)
		case dst.tag != "" && dst.tag == s.tag:
			out = append(out, own...)
		case dst.prefix.IsValid() && s.prefix.IsValid() && dst.prefix.Overlaps(s.prefix):
			if dst.prefix.Bits() > s.prefix.Bits() {
				out = append(out, dst.prefix)
			} else {
				out = append(out, s.prefix)
			}
		}
	}
	return out
}
