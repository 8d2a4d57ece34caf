package eval

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// pairsInFull is the most pairs of a source and a destination of a rule that are compared
// one by one. A longer rule is compared with each of its names at least once, so that a
// thousand regions take a second and not an hour.
const pairsInFull = 10_000

// pairs calls f with the positions of sources and destinations to compare.
func pairs(src, dst int, f func(i, j int)) {
	if src*dst <= pairsInFull {
		for i := range src {
			for j := range dst {
				f(i, j)
			}
		}
		return
	}
	for k := range max(src, dst) {
		f(k%src, k%dst)
	}
}

// gap is the first pair and port of a rule that the other policy does not allow.
type gap struct {
	src, dst, port string
	count          int
	// on is what it depends on whether the other policy allows all such pairs; empty where
	// it does not allow this one.
	on string
}

// gaps compares a rule with an evaluator: what of it is not allowed there?
func gaps(e *Evaluator, from *Evaluator, src, dst, ports []string, via []string, concerns func(s, d Selector) bool) gap {
	var g gap
	pairs(len(src), len(dst), func(i, j int) {
		s, errS := from.scope.Selector(src[i])
		d, errD := from.scope.Selector(dst[j])
		if errS != nil || errD != nil || !concerns(s, d) {
			return
		}
		for _, port := range ports {
			spec, err := acl.ParsePorts(port)
			if err != nil {
				continue
			}
			t := e.allowsSpec(s, d, spec, via)
			if t.verdict == yes {
				continue
			}
			if g.count == 0 || t.verdict == no && g.on != "" {
				g.src, g.dst, g.port, g.on = src[i], dst[j], port, t.on
			}
			g.count++
		}
	})
	return g
}

// allowsSpec answers whether one rule allows each range of the specification.
func (e *Evaluator) allowsSpec(s, d Selector, spec acl.PortSpec, via []string) truth {
	rules := common(e.find.sources(s), e.find.destinations(d))
	all := sure(true)
	for _, r := range spec.Ranges {
		part := []acl.PortSpec{{Protocols: spec.Protocols, Ranges: []acl.PortRange{r}}}
		fits := func(id int) bool {
			return sameSet(e.rules[id].via, via) && includesAll(e.rules[id].ports, part)
		}
		one := truth{}
		for _, id := range rules {
			if one.verdict != yes && fits(id) {
				one = one.or(e.meets(e.rules[id]))
			}
		}
		if one.verdict == no {
			for _, id := range e.candidates(s, d) {
				if one.verdict != yes && fits(id) {
					one = one.or(e.joins(e.rules[id], s, d).and(e.meets(e.rules[id])))
				}
			}
		}
		all = all.and(one)
	}
	return all
}

// missing reports grants of the topology that the file does not make. The topology's
// aliases are resolved by the topology, so a file may do without them.
func (c *checker) missing() {
	grants := c.allGrants()
	have := map[string]bool{} // whatever device the source is
	for _, g := range c.have.Grants {
		if len(c.file.posture(g.SrcPosture)) == 0 {
			have[key(g)] = true
		}
	}
	always := func(Selector, Selector) bool { return true }
	aliases := c.sameAliases()
	for _, g := range grants {
		if aliases && have[key(g)] {
			continue
		}
		if len(g.App) > 0 && !c.capable(g) {
			c.list.Warnf(CodeMissing, "grants", "nothing gives %s the capability %s at %s (%s)", strings.Join(g.Src, ", "), strings.Join(g.App, ", "), strings.Join(g.Dst, ", "), g.Comment).
				Fix("add the grant: `acl merge`")
		}
		m := gaps(c.file, c.needed, g.Src, g.Dst, g.IP, g.Via, always)
		switch {
		case m.count > 0 && m.on != "":
			c.list.Warnf(CodeUndecided, "grants", "%s has to reach %s on %s (%s), and that depends on %s, which is not known here%s",
				c.needed.scope.named(m.src), c.needed.scope.named(m.dst), m.port, g.Comment, m.on, more(m.count)).
				Fix("ask the control server, or add the grant: `acl merge`")
		case m.count > 0:
			c.list.Errorf(CodeMissing, "grants", "nothing lets %s reach %s on %s, which the cluster needs (%s)%s",
				c.needed.scope.named(m.src), c.needed.scope.named(m.dst), m.port, g.Comment, more(m.count)).
				Fix("add the grant: `acl merge`")
		}
	}
}

// capable reports whether one grant of the file has the needed one's capabilities, sources
// and destinations, and perhaps more.
func (c *checker) capable(need acl.Grant) bool {
	within := func(a, b []string) bool { return slices.Contains(b, "*") || among(a, b) }
	return slices.ContainsFunc(c.have.Grants, func(g acl.Grant) bool {
		return within(need.App, g.App) && within(need.Src, g.Src) && within(need.Dst, g.Dst)
	})
}

// among reports whether each of the names is in the list.
func among(names, list []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(list, name) })
}

// wideCapability reports a capability at our gateways that others get.
func (c *checker) wideCapability(path string, g acl.Grant) {
	for _, need := range c.need.Grants {
		shared := slices.ContainsFunc(g.Dst, func(name string) bool { return name == "*" || slices.Contains(need.Dst, name) })
		if len(need.App) == 0 || !shared || !slices.ContainsFunc(g.App, func(name string) bool { return slices.Contains(need.App, name) }) {
			continue
		}
		if !among(g.Src, need.Src) || !among(g.Dst, need.Dst) {
			c.list.Warnf(CodeWide, path, "%s gives %s the capability %s at %s, and the cluster needs it for %s at %s", path, strings.Join(g.Src, ", "), strings.Join(need.App, ", "), strings.Join(g.Dst, ", "), strings.Join(need.Src, ", "), strings.Join(need.Dst, ", ")).
				Fix("narrow the rule")
		}
	}
}

// allGrants is what the topology needs as grants, whatever the form of its rules.
func (c *checker) allGrants() []acl.Grant {
	if len(c.need.ACLs) == 0 {
		return c.need.Grants
	}
	var list []acl.Grant
	for _, a := range c.need.ACLs {
		list = append(list, a.Grants()...)
	}
	return list
}

// sameAliases reports whether the file gives every alias of the topology the same
// address: then equal names mean equal rules.
func (c *checker) sameAliases() bool {
	have := map[string]string{}
	for _, h := range c.have.Hosts {
		have[h.Name] = h.Address
	}
	return !slices.ContainsFunc(c.need.Hosts, func(h acl.Host) bool { return have[h.Name] != h.Address })
}

// key identifies a grant by its content.
func key(g acl.Grant) string {
	return strings.Join(g.Src, " ") + ">" + strings.Join(g.Dst, " ") + ":" + strings.Join(g.IP, " ") + "@" + strings.Join(g.Via, " ") +
		"+" + strings.Join(g.App, " ")
}

// wide reports rules between the regions that the topology does not need.
func (c *checker) wide() {
	needed := map[string]bool{}
	for _, g := range c.need.Grants {
		needed[key(g)] = true
	}
	aliases := c.sameAliases()
	for i, g := range c.have.Grants {
		if aliases && needed[key(g)] {
			continue
		}
		c.wideRule(diag.Index("grants", i), g)
	}
	for i, a := range c.have.ACLs {
		for _, g := range a.Grants() {
			c.wideRule(diag.Index("acls", i), g)
		}
	}
}

func (c *checker) wideRule(path string, g acl.Grant) {
	if region, ok := c.self(g); ok {
		c.list.Warnf(acl.CodeSelf, path, "%s grants region %q to itself, so its gateways route their own LAN's prefixes into the tailnet", path, region).
			Fix("let regions reach each other only; until then the rules that gateway-setup.sh installs keep the LAN working")
	}
	c.mirror(path, g)
	c.wideCapability(path, g)
	m := gaps(c.needed, c.file, g.Src, g.Dst, g.IP, g.Via, c.concerns)
	if m.count == 0 {
		return
	}
	c.list.Warnf(CodeWide, path, "%s lets %s reach %s on %s, which the cluster does not need%s", path, c.file.scope.named(m.src), c.file.scope.named(m.dst), m.port, more(m.count)).
		Fix("narrow the rule, or add its purpose to spec.tailnet.policy.flows of the topology")
}

// mirror reports UDP that is allowed one way only. The packet filter remembers the
// last 512 flows (tailscale 1.84.3, wgengine/filter/filter.go), so the answers of a
// busy protocol are dropped; DNS fits.
func (c *checker) mirror(path string, g acl.Grant) {
	for _, port := range g.IP {
		spec, err := acl.ParsePorts(port)
		if err != nil || !strings.HasPrefix(port, "udp:") || port == "udp:53" {
			continue
		}
		pairs(len(g.Src), len(g.Dst), func(i, j int) {
			s, errS := c.file.scope.Selector(g.Src[i])
			d, errD := c.file.scope.Selector(g.Dst[j])
			if errS == nil && errD == nil && s.Kind == KindPrefix && c.concerns(s, d) && c.file.allowsSpec(d, s, spec, g.Via).verdict == no {
				c.list.Warnf(CodeMirror, path, "%s allows %s from %s to %s and not back, so answers get lost beyond 512 flows", path, port, c.file.scope.named(g.Src[i]), c.file.scope.named(g.Dst[j])).
					Fix("allow %s in the other direction, too", port)
			}
		})
	}
}

// concerns reports whether a rule between the two is about traffic between regions.
func (c *checker) concerns(s, d Selector) bool { return c.ours(s) && c.ours(d) }

// ours reports whether the selector stands for something of the cluster.
func (c *checker) ours(s Selector) bool {
	switch s.Kind {
	case KindAny, KindTagged, KindEverywhere:
		return true
	case KindTag:
		return c.isOurTag(s.Name)
	case KindPrefix, KindSet:
		return slices.ContainsFunc(c.sites, func(st site) bool { return st.holds(s) })
	}
	return false
}

func (s site) overlaps(p netip.Prefix) bool {
	return slices.ContainsFunc(s.advertised, p.Overlaps)
}

// holds reports whether the selector has addresses of the region.
func (s site) holds(sel Selector) bool {
	return sel.Kind == KindPrefix && s.overlaps(sel.Prefix) || sel.Kind == KindSet && slices.ContainsFunc(sel.Set, s.overlaps)
}

// self is a region that the rule grants to itself although its hosts have a LAN.
func (c *checker) self(g acl.Grant) (string, bool) {
	for _, s := range c.sites {
		if s.plan.Apart {
			continue
		}
		in := func(name string) bool {
			sel, err := c.file.scope.Selector(name)
			return err == nil && (s.holds(sel) || sel.Kind == KindAny || sel.Kind == KindEverywhere)
		}
		if slices.ContainsFunc(g.Src, in) && slices.ContainsFunc(g.Dst, in) {
			return s.region.Name, true
		}
	}
	return "", false
}

func more(count int) string {
	switch {
	case count <= 1:
		return ""
	case count == 2:
		return ", and one more such pair"
	}
	return ", and " + strconv.Itoa(count-1) + " more such pairs"
}
