package reach

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// policyPath is where the tailnet's policy stands.
const policyPath = "tailnet/policy.json"

// policy is the part of it that decides about packets and peers.
type policy struct {
	approved []approval
	grants   []*grant
}

// approval lets gateways with these tags have a prefix, or a part of it, as theirs.
type approval struct {
	prefix netip.Prefix
	tags   []string
	at     Place
}

// grant lets sources reach targets.
type grant struct {
	src, dst []selector
	ports    []ports
	at       Place
}

// selector is what a grant names: devices with a tag, a prefix, or everything.
type selector struct {
	tag    string
	prefix netip.Prefix
	all    bool
}

// ports are those of a protocol; a protocol of "" is TCP, UDP and ICMP.
type ports struct {
	protocol    string
	first, last int
}

func (s ports) String() string {
	text := fmt.Sprint(s.first)
	switch {
	case s.first == 0 && s.last == maxPort:
		text = "*"
	case s.first != s.last:
		text = fmt.Sprintf("%d-%d", s.first, s.last)
	}
	if s.protocol == "" {
		return text
	}
	return s.protocol + ":" + text
}

const maxPort = 65535

// written is a rule as the file has it: a grant, or one of the older form, whose targets have
// the ports.
type written struct {
	Src, Dst, IP []string
	Proto        string
}

// policy reads the rendered file.
func (f Files) policy() (*policy, error) {
	p, err := readPolicy([]byte(f[policyPath]))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", policyPath, err)
	}
	return p, nil
}

func readPolicy(data []byte) (*policy, error) {
	p := &policy{}
	hosts := map[string]string{}
	var rules []written
	var places []Place
	d := json.NewDecoder(bytes.NewReader(data))
	err := eachField(d, func(name string) (err error) {
		switch name {
		case "hosts":
			return d.Decode(&hosts)
		case "autoApprovers":
			return eachField(d, func(string) error { return p.approvals(d, data) })
		case "grants", "acls":
			rules, places, err = readRules(d, data, rules, places)
			return err
		}
		return d.Decode(new(any))
	})
	for i, r := range rules {
		g, failed := r.grant(hosts)
		if failed != nil {
			return nil, fmt.Errorf("line %d: %w", places[i].Line, failed)
		}
		g.at = places[i]
		p.grants = append(p.grants, g)
	}
	return p, err
}

// eachField calls read at the value of each field of the next object.
func eachField(d *json.Decoder, read func(name string) error) error {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("at byte %d: want an object, have %v (%w)", d.InputOffset(), open, errOr(err))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := read(fmt.Sprint(name)); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func errOr(err error) error {
	if err == nil {
		return errForm
	}
	return err
}

var errForm = fmt.Errorf("another form")

// approvals reads those of autoApprovers.routes; exit nodes are nobody's here.
func (p *policy) approvals(d *json.Decoder, data []byte) error {
	start := d.InputOffset()
	var routes any
	if err := d.Decode(&routes); err != nil {
		return err
	}
	if _, is := routes.(map[string]any); !is {
		return nil
	}
	again := json.NewDecoder(bytes.NewReader(bytes.TrimLeft(data[start:], ": \t\r\n")))
	base := len(data) - len(bytes.TrimLeft(data[start:], ": \t\r\n"))
	return eachField(again, func(text string) error {
		at := Place{policyPath, lineAt(data, base+int(again.InputOffset())-1)}
		var tags []string
		if err := again.Decode(&tags); err != nil {
			return err
		}
		wide, err := prefix(text)
		p.approved = append(p.approved, approval{wide, tags, at})
		return err
	})
}

func readRules(d *json.Decoder, data []byte, rules []written, places []Place) ([]written, []Place, error) {
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return nil, nil, fmt.Errorf("at byte %d: want a list, have %v (%w)", d.InputOffset(), open, errOr(err))
	}
	for d.More() {
		rest := data[d.InputOffset():]
		start := len(data) - len(bytes.TrimLeft(rest, ", \t\r\n"))
		var w written
		if err := d.Decode(&w); err != nil {
			return nil, nil, err
		}
		rules, places = append(rules, w), append(places, Place{policyPath, lineAt(data, start)})
	}
	_, err := d.Token()
	return rules, places, err
}

// lineAt is the line of a byte, from 1.
func lineAt(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(offset, len(data))], []byte("\n"))
}

func (w written) grant(hosts map[string]string) (*grant, error) {
	g := &grant{}
	for _, name := range w.Src {
		s, err := selectorOf(name, hosts)
		if err != nil {
			return nil, fmt.Errorf("source %w", err)
		}
		g.src = append(g.src, s)
	}
	specs := w.IP
	for _, name := range w.Dst {
		if len(w.IP) == 0 && !strings.HasPrefix(name, "tag:") || strings.Count(name, ":") > 1 { // of the older form
			i := strings.LastIndex(name, ":")
			if i < 0 {
				return nil, fmt.Errorf("target %q has no ports", name)
			}
			specs = append(specs, portsWith(w.Proto, name[i+1:])...)
			name = name[:i]
		}
		s, err := selectorOf(name, hosts)
		if err != nil {
			return nil, fmt.Errorf("target %w", err)
		}
		g.dst = append(g.dst, s)
	}
	for _, text := range specs {
		spec, err := portsOf(text)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(g.ports, spec) {
			g.ports = append(g.ports, spec)
		}
	}
	return g, nil
}

// portsWith spells the ports of a target of the older form as grants do.
func portsWith(protocol, list string) []string {
	var specs []string
	for p := range strings.SplitSeq(list, ",") {
		if protocol != "" {
			p = protocol + ":" + p
		}
		specs = append(specs, p)
	}
	return specs
}

func selectorOf(name string, hosts map[string]string) (selector, error) {
	if strings.HasPrefix(name, "tag:") {
		return selector{tag: name}, nil
	}
	if name == "*" {
		return selector{all: true}, nil
	}
	if address, ok := hosts[name]; ok {
		name = address
	}
	p, err := prefix(name)
	return selector{prefix: p}, err
}

func portsOf(s string) (ports, error) {
	protocol, rest, named := strings.Cut(s, ":")
	if !named {
		protocol, rest = "", s
	}
	if rest == "*" {
		return ports{protocol, 0, maxPort}, nil
	}
	low, high, several := strings.Cut(rest, "-")
	if !several {
		high = low
	}
	first, err := strconv.Atoi(low)
	if err != nil {
		return ports{}, fmt.Errorf("port %q: %w", s, err)
	}
	last, err := strconv.Atoi(high)
	if err != nil {
		return ports{}, fmt.Errorf("port %q: %w", s, err)
	}
	return ports{protocol, first, last}, nil
}

// names reports whether the selector means an address: one of a prefix, or the tailnet
// address of a device with the tag.
func (s selector) names(a netip.Addr, of *host) bool {
	return s.all || s.prefix.IsValid() && s.prefix.Contains(a) || s.tag != "" && of != nil && a == of.tailnet && slices.Contains(of.tags, s.tag)
}

// admits are the grants that let a new connection in: what a gateway's packet filter says.
// A packet to port 0 asks for any port.
func (p *policy) admits(pkt *packet, from, to *host) []*grant {
	var all []*grant
	for _, g := range p.grants {
		if slices.ContainsFunc(g.src, func(s selector) bool { return s.names(pkt.src, from) }) &&
			slices.ContainsFunc(g.dst, func(s selector) bool { return s.names(pkt.dst, to) }) &&
			slices.ContainsFunc(g.ports, func(s ports) bool { return s.include(pkt) }) {
			all = append(all, g)
		}
	}
	return all
}

func (s ports) include(pkt *packet) bool {
	if s.protocol == "" && pkt.protocol == ipInIP || s.protocol != "" && s.protocol != pkt.protocol {
		return false
	}
	return pkt.port == anyPort || s.first <= pkt.port && pkt.port <= s.last
}

// approves reports whether a gateway with these tags gets a prefix approved.
func (p *policy) approves(route netip.Prefix, tags []string) bool {
	return slices.ContainsFunc(p.approved, func(a approval) bool {
		return a.prefix.Bits() <= route.Bits() && a.prefix.Contains(route.Addr()) &&
			slices.ContainsFunc(tags, func(t string) bool { return slices.Contains(a.tags, t) })
	})
}

// joins reports whether a rule names both, one as a source and one as a target: only then
// does a gateway hear of a peer, or of a peer's prefix (headscale 0.29.2,
// hscontrol/policy/v2: routes_results).
func (p *policy) joins(a, b []selector) bool {
	return slices.ContainsFunc(p.grants, func(g *grant) bool {
		return meets(g.src, a) && meets(g.dst, b) || meets(g.src, b) && meets(g.dst, a)
	})
}

func meets(side, of []selector) bool {
	return slices.ContainsFunc(side, func(s selector) bool {
		return s.all || slices.ContainsFunc(of, func(o selector) bool {
			return s.tag != "" && s.tag == o.tag || s.prefix.IsValid() && o.prefix.IsValid() && s.prefix.Overlaps(o.prefix)
		})
	})
}
