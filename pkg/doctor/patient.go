package doctor

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// patient is a host of the capture beside what the topology says of it.
type patient struct {
	*Host
	d *diagnosis
	// region is nil where the topology has the host nowhere, or where there is no topology, and
	// gateway where the host is none; path is where that stands.
	region  *schema.Region
	gateway *schema.GatewayNode
	path    string
	// isGateway is what the topology says, and the host's own tables where there is none.
	isGateway bool
	addresses []element[device]
	said      status
	// wants are the parts that the tree has for the host.
	wants []reach.Part
}

// device is what `ip -j address` says of one.
type device struct {
	Name string `json:"ifname"`
	MTU  int    `json:"mtu"`
	Info []struct {
		Local  string `json:"local"`
		Length int    `json:"prefixlen"`
		Scope  string `json:"scope"`
	} `json:"addr_info"`
}

// begin finds out who everybody is, and puts up the world that they should be.
func (d *diagnosis) begin() {
	for _, h := range d.capture.Hosts {
		p := &patient{Host: h, d: d}
		var err error
		if p.addresses, err = elements[device](h, "address.json"); err != nil {
			d.undecided("%s: %v", h.Name, err)
		}
		p.readStatus()
		p.locate()
		d.hosts = append(d.hosts, p)
	}
	d.elect()
	if d.wanted.Topology == nil {
		return
	}
	// Of a large topology only the regions of who was captured are put up.
	var regions []string
	for _, p := range d.hosts {
		if p.region != nil {
			regions = append(regions, p.region.Name)
		}
	}
	if len(regions) == 0 {
		return
	}
	machines := slices.DeleteFunc(reach.Machines(d.wanted.Topology, regions...), func(m reach.Machine) bool { return !m.Gateway })
	for _, p := range d.hosts {
		if m, ok := p.machine(); ok {
			machines = append(machines, m)
		}
	}
	for i := range machines {
		for _, p := range d.hosts {
			if p.gateway != nil && p.gateway.Name == machines[i].Name {
				machines[i].Subnet = p.subnet(machines[i].Address)
			}
		}
	}
	world, err := reach.New(d.wanted.Topology, d.wanted.Files, machines)
	if err != nil {
		d.undecided("rules and routes of hosts: %v", err)
		return
	}
	d.world = world
	if len(d.primaries) > 0 {
		world.Elect(func(p netip.Prefix, _ []string) string { return d.primaries[p.String()] })
	}
	d.parts = world.Parts()
	for _, p := range d.hosts {
		for _, part := range d.parts {
			if part.Of == p.called() {
				p.wants = append(p.wants, part)
			}
		}
	}
}

// called is the host's name in the topology, or its own.
func (p *patient) called() string {
	if p.gateway != nil {
		return p.gateway.Name
	}
	return p.Name
}

// has reports whether an address is the host's, and where that stands.
func (p *patient) hasAddress(a netip.Addr) bool {
	for _, d := range p.addresses {
		for _, i := range d.value.Info {
			if i.Local == a.String() {
				return true
			}
		}
	}
	return false
}

// subnet is what the card with the address has.
func (p *patient) subnet(a netip.Addr) netip.Prefix {
	for _, d := range p.addresses {
		for _, i := range d.value.Info {
			if i.Local == a.String() && i.Length < a.BitLen() {
				return netip.PrefixFrom(a, i.Length).Masked()
			}
		}
	}
	return netip.Prefix{}
}

// locate finds the host in the topology: by its name, then by its addresses.
func (p *patient) locate() {
	t := p.d.wanted.Topology
	if t == nil {
		p.isGateway = p.namedByTables()
		return
	}
	for _, by := range []func(*schema.GatewayNode) bool{
		func(n *schema.GatewayNode) bool { return n.Name == p.Name },
		func(n *schema.GatewayNode) bool {
			return n.InternalIP.IsValid() && p.hasAddress(n.InternalIP) || n.InternalIPv6.IsValid() && p.hasAddress(n.InternalIPv6)
		},
	} {
		for i := range t.Spec.Regions {
			r := &t.Spec.Regions[i]
			for j := range r.Gateways.Nodes {
				if n := &r.Gateways.Nodes[j]; by(n) {
					p.region, p.gateway, p.isGateway = r, n, true
					p.path = diag.Index(diag.Index("spec.regions", i)+".gateways.nodes", j)
					return
				}
			}
		}
	}
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		if _, ok := p.within(r.NodeCIDRs); ok {
			p.region, p.path = r, diag.Index("spec.regions", i)
			return
		}
	}
	p.d.undecided("%s: the topology has no gateway of that name or address, and none of its nodeCIDRs holds an address of it: who is this?", p.Name)
}

// within is the host's first address that lies in one of the prefixes.
func (p *patient) within(prefixes []netip.Prefix) (netip.Addr, bool) {
	for _, d := range p.addresses {
		for _, i := range d.value.Info {
			a, err := netip.ParseAddr(i.Local)
			if err == nil && i.Scope == "global" && slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) }) {
				return a, true
			}
		}
	}
	return netip.Addr{}, false
}

// namedByTables reports whether the host's own tables name it, or an address of it, among the
// gateways.
func (p *patient) namedByTables() bool {
	for _, line := range p.lines("tables") {
		if w := strings.Fields(line); len(w) > 3 && w[0] == "gateway" {
			if w[1] == p.Name {
				return true
			}
			for _, text := range w[2:4] {
				if a, err := netip.ParseAddr(text); err == nil && p.hasAddress(a) {
					return true
				}
			}
		}
	}
	return false
}

// machine is a host that is no gateway, as package reach has it.
func (p *patient) machine() (reach.Machine, bool) {
	if p.region == nil || p.gateway != nil {
		return reach.Machine{}, false
	}
	a, ok := p.within(family(p.region.NodeCIDRs, netip.IPv4Unspecified()))
	return reach.Machine{Name: p.Name, Region: p.region.Name, Address: a, Subnet: p.subnet(a)}, ok
}

// cause begins one about the host.
func (p *patient) cause(code diag.Code, evidence Evidence, format string, args ...any) Cause {
	c := Cause{Code: code, Host: p.Name, Severity: diag.Error, Message: fmt.Sprintf(format, args...), Evidence: []Evidence{evidence}, Path: p.path}
	if p.region != nil {
		c.region = p.region.Name
	}
	return c
}

// judge looks at all of a host.
func (p *patient) judge() {
	if p.d.wanted.Topology != nil && p.region == nil {
		return // nothing is known of it
	}
	if !p.has("address.json") {
		p.d.undecided("%s: its addresses were not captured%s", p.Name, p.why("address.json"))
	}
	p.judgeAddress()
	p.judgeFiles()
	if p.isGateway {
		p.judgeTailscaled()
		p.judgeWatch()
	}
	p.judgeRules()
	p.judgeRoutes()
	p.judgeForeignFirewall()
	p.judgeCheck()
}

// why says why a file of the capture is missing.
func (p *patient) why(file string) string {
	e, ok := p.missing[file]
	if !ok {
		return ""
	}
	_, why, _ := strings.Cut(e.Text, ": ")
	return " (" + why + ")"
}

func (p *patient) judgeAddress() {
	if p.gateway == nil || len(p.addresses) == 0 {
		return
	}
	for _, want := range []struct {
		field   string
		address netip.Addr
	}{{"internalIP", p.gateway.InternalIP}, {"internalIPv6", p.gateway.InternalIPv6}} {
		if !want.address.IsValid() || p.hasAddress(want.address) {
			continue
		}
		c := p.cause(CodeAddress, p.Host.evidence("address.json", 0), "%s is not an address of this host, and the topology has gateway %q of region %q there: routes, tables and policies lead to nobody", want.address, p.gateway.Name, p.region.Name)
		if a, ok := p.within(family(p.region.NodeCIDRs, want.address)); ok {
			c.Evidence[0] = p.find("address.json", `"`+a.String()+`"`)
			c.Message = fmt.Sprintf("the host has %s, and the topology has gateway %q of region %q at %s: routes, tables and policies lead to nobody", a, p.gateway.Name, p.region.Name, want.address)
			c.Fix = fmt.Sprintf("write %s: %s and render again, or give the host %s back", want.field, a, want.address)
		} else {
			c.Fix = fmt.Sprintf("give the host %s, or write the address that it has into %s", want.address, want.field)
		}
		c.Path += "." + want.field
		p.d.add(c)
		return
	}
}

// family are the prefixes of an address's family.
func family(prefixes []netip.Prefix, of netip.Addr) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(prefixes), func(p netip.Prefix) bool { return p.Addr().Is4() != of.Is4() })
}

// judgeFiles compares the host's tables with the rendered ones: what the host's programs make of
// others is as those say.
func (p *patient) judgeFiles() {
	if p.region == nil || !p.has("tables") {
		return
	}
	dir := "regions/" + p.region.Name + "/"
	rendered := []string{dir + "node/tables"}
	if p.gateway != nil {
		rendered = []string{dir + "gateway/" + p.gateway.Name + "/tables", dir + "gateway/tables"}
	}
	for _, pair := range []struct {
		have string
		want []string
	}{{"tables", rendered}, {"fleet.tables", []string{"fleet.tables"}}} {
		want := slices.DeleteFunc(slices.Clone(pair.want), func(path string) bool { _, ok := p.d.wanted.Files[path]; return !ok })
		if len(want) == 0 || !p.has(pair.have) {
			continue
		}
		missing, extra := tableLines(p.d.wanted.Files[want[0]]), tableLines(string(p.files[pair.have].Data))
		for line := range extra {
			if _, ok := missing[line]; ok {
				delete(missing, line)
				delete(extra, line)
			}
		}
		if len(missing)+len(extra) == 0 {
			continue
		}
		c := p.cause(CodeFiles, p.Host.evidence(pair.have, 0), "file %s of the host is not what the topology renders to: %d lines differ", pair.have, len(missing)+len(extra))
		if first := firstOf(extra); first != "" {
			c.Evidence[0] = p.Host.evidence(pair.have, extra[first])
			c.Message += fmt.Sprintf(", such as %q, which is not in %s", first, want[0])
		} else if first := firstOf(missing); first != "" {
			c.Rendered = reach.Place{File: want[0], Line: missing[first]}
			c.Message += fmt.Sprintf(", such as %q, which the host lacks", first)
		}
		c.Fix = p.bringFiles()
		p.d.add(c)
		return
	}
}

// tableLines are the lines of tables that say something, with their numbers.
func tableLines(text string) map[string]int {
	lines, n := map[string]int{}, 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines[line] = n
		}
	}
	return lines
}

// firstOf is the line with the smallest number.
func firstOf(lines map[string]int) string {
	first := ""
	for _, line := range slices.Sorted(maps.Keys(lines)) {
		if first == "" || lines[line] < lines[first] {
			first = line
		}
	}
	return first
}

// judgeWatch: what gateway-watch.sh keeps is as old as its last look. It looks every three
// seconds.
func (p *patient) judgeWatch() {
	if !p.needsWatch() {
		return
	}
	if !p.has("watch") {
		p.d.undecided("%s: whether gateway-watch.sh runs was not captured%s", p.Name, p.why("watch"))
		return
	}
	var now, alive int
	at := 0
	for i, line := range p.lines("watch") {
		if _, err := fmt.Sscanf(line, "watch/alive %d", &alive); err == nil {
			at = i + 1
		}
		_, _ = fmt.Sscanf(line, "now %d", &now)
	}
	const stale = 3000 // hundredths of a second, as gateway-setup.sh status has it
	switch {
	case at == 0:
		c := p.cause(CodeWatch, p.Host.evidence("watch", 0), "gateway-watch.sh has not looked since the host started: nobody follows the primary, and nobody mends what is deleted")
		c.Fix = p.restartWatch()
		p.d.add(c)
	case now-alive > stale:
		c := p.cause(CodeWatch, p.Host.evidence("watch", at), "gateway-watch.sh looked %d s ago for the last time: nobody follows the primary, and nobody mends what is deleted", (now-alive)/100)
		c.Fix = p.restartWatch()
		p.d.add(c)
	}
}

// needsWatch is what the host's tables say, or the rendered ones.
func (p *patient) needsWatch() bool {
	lines := p.lines("tables")
	if p.region != nil {
		dir := "regions/" + p.region.Name + "/gateway/"
		for _, path := range []string{dir + p.called() + "/tables", dir + "tables"} {
			if text, ok := p.d.wanted.Files[path]; ok {
				lines = strings.Split(text, "\n")
				break
			}
		}
	}
	return slices.Contains(lines, "setting relay yes") || slices.Contains(lines, "setting sourceRoute yes")
}
