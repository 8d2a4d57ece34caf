package doctor

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// status is what `tailscale status --json` says, as far as it is captured.
type status struct {
	BackendState string
	Self         peer
	Peer         map[string]peer
}

type peer struct {
	HostName                  string
	Online, Expired           bool
	AllowedIPs, PrimaryRoutes []string
}

// prefs is what `tailscale debug prefs` says, as far as it is captured.
type prefs struct {
	ControlURL                                       string
	RouteAll, NoSNAT, WantRunning, LoggedOut, Shield bool
	AdvertiseTags, AdvertiseRoutes                   []string
	NetfilterMode                                    int
}

// netfilterModes are the words for numbers (tailscale 1.84.3, types/preftype/netfiltermode.go).
func netfilterModes() []string { return []string{"off", "nodivert", "on"} }

func (p *patient) readStatus() {
	if f := p.files["status.json"]; f != nil {
		if err := json.Unmarshal(f.Data, &p.said); err != nil {
			p.d.undecided("%s: what tailscaled says cannot be read: %s is no JSON: %v", p.Name, f.Name, err)
			delete(p.files, "status.json")
			p.said = status{}
		}
	}
}

// label is a host's name as tailscaled has it (host/decide.awk: label).
func label(name string) string { return strings.ReplaceAll(strings.ToLower(name), ".", "-") }

// gatewayName is the gateway of the topology with a name of the tailnet.
func (d *diagnosis) gatewayName(hostname string) string {
	if d.wanted.Topology == nil {
		return hostname
	}
	for i := range d.wanted.Topology.Spec.Regions {
		for _, n := range d.wanted.Topology.Spec.Regions[i].Gateways.Nodes {
			if label(n.Name) == label(hostname) {
				return n.Name
			}
		}
	}
	return ""
}

// elect collects who is primary for what.
func (d *diagnosis) elect() {
	d.primaries = map[string]string{}
	for _, p := range d.hosts {
		all := []peer{p.said.Self}
		for _, key := range sortedKeys(p.said.Peer) {
			all = append(all, p.said.Peer[key])
		}
		for _, n := range all {
			for _, route := range n.PrimaryRoutes {
				if _, ok := d.primaries[route]; !ok {
					d.primaries[route] = d.gatewayName(n.HostName)
				}
			}
		}
	}
}

// down reports whether the host's tailscaled carries nothing.
func (p *patient) down() bool {
	_, failed := p.missing["status.json"]
	return failed && !p.has("status.json") || p.has("status.json") && p.said.BackendState != "Running"
}

// judgeTailscaled asks first whether it runs, then how it was told to.
func (p *patient) judgeTailscaled() {
	switch e, failed := p.missing["status.json"]; {
	case p.has("status.json"):
	case failed && strings.Contains(e.Text, "tailscaled"):
		c := p.cause(CodeTailscaled, e, "tailscaled does not answer: nothing of this gateway goes through the tunnel")
		c.Fix = p.restart()
		p.d.add(c)
		return
	default:
		p.d.undecided("%s: what tailscaled says was not captured%s", p.Name, p.why("status.json"))
		return
	}
	line := p.find("status.json", `"BackendState"`)
	switch state := p.said.BackendState; {
	case state == "NeedsLogin", state == "NeedsMachineAuth", p.said.Self.Expired:
		if p.said.Self.Expired {
			line = p.find("status.json", `"Expired": true`)
		}
		c := p.cause(CodeLogin, line, "tailscaled is in state %s: its key has expired, or it was logged out, and no peer takes its packets", state)
		c.Fix = "put a new auth key in its place (spec.tailnet.auth), turn off the expiry of the gateways' keys, and " + p.restart()
		p.d.add(c)
		return
	case state != "Running":
		c := p.cause(CodeTailscaled, line, "tailscaled is in state %s: nothing of this gateway goes through the tunnel", state)
		c.Fix = p.tailscale("up")
		if state != "Stopped" {
			c.Fix = p.restart()
		}
		p.d.add(c)
		return
	}
	p.judgeTunnel()
	p.judgePrefs()
	p.judgePeers()
}

func (p *patient) judgeTunnel() {
	i := slices.IndexFunc(p.addresses, func(d element[device]) bool { return d.value.Name == "tailscale0" })
	if i < 0 && len(p.addresses) > 0 {
		c := p.cause(CodeTailscaled, p.Host.evidence("address.json", 0), "tailscaled runs and there is no device tailscale0: it carries packets in user space, or not at all")
		c.Fix = p.restart()
		p.d.add(c)
	}
	if i < 0 || p.addresses[i].value.MTU == facts.TailscaleMTU {
		return
	}
	has := p.addresses[i].value.MTU
	then := "what is larger than the tunnel's way carries is lost without a word"
	if has < facts.TailscaleMTU {
		then = "IPv6 needs as much, and what nodes send with the MTU of their routes does not fit"
	}
	c := p.cause(CodeTunnelMTU, p.Host.evidence("address.json", p.addresses[i].line), "tailscale0 has MTU %d, and not %d: %s", has, facts.TailscaleMTU, then)
	c.Fix = p.onHost() + fmt.Sprintf("ip link set tailscale0 mtu %d, and take TS_DEBUG_MTU out of tailscaled's environment", facts.TailscaleMTU)
	p.d.add(c)
}

// told are the arguments that were rendered for the gateway, and where.
func (p *patient) told(name string) (value string, at reach.Place) {
	dir := "regions/" + p.region.Name + "/gateway/"
	for _, path := range []string{dir + p.gateway.Name + ".env", dir + "gateway.env"} {
		n := 0
		for line := range strings.Lines(p.d.wanted.Files[path]) {
			n++
			if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
				return strings.Trim(v, `"`), reach.Place{File: path, Line: n}
			}
		}
	}
	return "", reach.Place{}
}

// flag is the value of one of the arguments; "true" where it has none.
func flag(args, name string) (string, bool) {
	for _, word := range strings.Fields(args) {
		if v, ok := strings.CutPrefix(word, "--"+name); ok && v == "" {
			return "true", true
		} else if ok && v[0] == '=' {
			return v[1:], true
		}
	}
	return "", false
}

// judgePrefs compares tailscaled's settings with what it was rendered to be told.
func (p *patient) judgePrefs() {
	if !p.has("prefs.json") {
		p.d.undecided("%s: tailscaled's settings were not captured%s", p.Name, p.why("prefs.json"))
		return
	}
	var has prefs
	if err := json.Unmarshal(p.files["prefs.json"].Data, &has); err != nil {
		p.d.undecided("%s: %s is no JSON: %v", p.Name, p.files["prefs.json"].Name, err)
		return
	}
	if p.gateway == nil {
		return
	}
	args, at := p.told("TS_EXTRA_ARGS")
	differs := func(key, set string, format string, a ...any) {
		c := p.cause(CodePrefs, p.find("prefs.json", `"`+key+`":`), format, a...)
		c.Rendered, c.Fix = at, p.tailscale("set "+set)
		p.d.add(c)
	}
	if want, ok := flag(args, "accept-routes"); ok && want == "true" && !has.RouteAll {
		differs("RouteAll", "--accept-routes", "tailscaled does not accept routes, and was rendered to (--accept-routes): it has no way to any other region")
	}
	if want, ok := flag(args, "snat-subnet-routes"); ok && want == "false" && !has.NoSNAT {
		differs("NoSNAT", "--snat-subnet-routes=false", "tailscaled rewrites sources to its own (--snat-subnet-routes), and was rendered not to: pods lose their addresses, and policies take them for this node")
	}
	if want, ok := flag(args, "netfilter-mode"); ok {
		modes := netfilterModes()
		if i := slices.Index(modes, want); i >= 0 && has.NetfilterMode != i {
			is := fmt.Sprint(has.NetfilterMode)
			if has.NetfilterMode >= 0 && has.NetfilterMode < len(modes) {
				is = modes[has.NetfilterMode]
			}
			differs("NetfilterMode", "--netfilter-mode="+want, "tailscaled's netfilter mode is %s, and %s is rendered: whose chains decide, and which marks packets carry, differs", is, want)
		}
	}
	if want, ok := flag(args, "login-server"); ok && strings.TrimSuffix(want, "/") != strings.TrimSuffix(has.ControlURL, "/") {
		differs("ControlURL", "", "tailscaled asks control server %s, and %s is rendered: it is in another tailnet", has.ControlURL, want)
	}
	if want, ok := flag(args, "advertise-tags"); ok {
		for _, tag := range strings.Split(want, ",") {
			if !slices.Contains(has.AdvertiseTags, tag) {
				differs("AdvertiseTags", "", "tailscaled does not ask for %s, which is rendered: the policy approves and admits nothing of it", tag)
				p.d.causes[len(p.d.causes)-1].Fix = p.restart()
			}
		}
	}
	p.judgeAdvertised(has)
}

// judgeAdvertised compares what is advertised with what is rendered, and what is approved with
// that.
func (p *patient) judgeAdvertised(has prefs) {
	text, at := p.told("TS_ROUTES")
	var want, withdrawn, unapproved []string
	for route := range strings.SplitSeq(text, ",") {
		if route = strings.TrimSpace(route); route == "" {
			continue
		}
		want = append(want, route)
		switch {
		case !slices.Contains(has.AdvertiseRoutes, route):
			withdrawn = append(withdrawn, route)
		case !slices.Contains(p.said.Self.AllowedIPs, route) && !p.standsBy(route):
			unapproved = append(unapproved, route)
		}
	}
	if len(withdrawn) > 0 {
		c := p.cause(CodePrefs, p.find("prefs.json", `"AdvertiseRoutes"`), "tailscaled does not advertise %s, which is rendered: this gateway carries nothing for it", strings.Join(withdrawn, ", "))
		c.Rendered, c.Fix = at, p.tailscale("set --advertise-routes="+strings.Join(want, ","))
		p.d.add(c)
	}
	if len(unapproved) == 0 {
		return
	}
	c := p.cause(CodeUnapproved, p.find("status.json", `"AllowedIPs"`), "%s is advertised and not approved: the tailnet sends nothing for it to this gateway", strings.Join(unapproved, ", "))
	c.Evidence = append(c.Evidence, p.find("prefs.json", `"`+unapproved[0]+`"`))
	for _, part := range p.d.parts {
		if approved, err := netip.ParsePrefix(part.Text); part.Kind == reach.PartApproval && err == nil {
			if route, err := netip.ParsePrefix(unapproved[0]); err == nil && approved.Bits() <= route.Bits() && approved.Contains(route.Addr()) {
				c.Rendered = part.At
				break
			}
		}
	}
	c.Fix = "kustomize-hybrid acl check TOPOLOGY --policy policy.hujson says what the tailnet's policy lacks; acl merge adds it, or approve the routes in the admin console"
	p.d.add(c)
}

// standsBy reports whether another gateway has the route, and the control server is one that
// tells a standby nothing of it (host/decide.awk: alone).
func (p *patient) standsBy(route string) bool {
	who, known := p.d.primaries[route]
	return p.d.wanted.Topology.Spec.Tailnet.Control == schema.ControlHeadscale && known && who != p.called()
}

// judgePeers asks which other gateways are there.
func (p *patient) judgePeers() {
	t := p.d.wanted.Topology
	if t == nil {
		return
	}
	for _, key := range sortedKeys(p.said.Peer) {
		n := p.said.Peer[key]
		name := p.d.gatewayName(n.HostName)
		if name == "" {
			continue
		}
		if n.Expired {
			p.judgeExpired(key, name)
			continue
		}
		if n.Online || p.d.isReported(CodePeer, name) {
			continue
		}
		c := p.cause(CodePeer, p.find("status.json", `"`+key+`"`), "gateway %q is offline, as the tailnet tells this one", name)
		c.Host, c.Path = "", p.d.pathOf(name)
		c.Message = fmt.Sprintf("gateway %q is offline, as the tailnet tells %s", name, p.Name)
		c.Fix = fmt.Sprintf("run capture.sh host on %s", name)
		p.d.add(c)
	}
}

// judgeExpired: a gateway whose key has expired may not run any more, but others know why.
func (p *patient) judgeExpired(key, name string) {
	if p.d.isReported(CodeLogin, name) {
		return
	}
	at := p.find("status.json", `"`+key+`"`)
	for i, line := range p.lines("status.json") {
		if i >= at.Line && strings.Contains(line, `"Expired": true`) {
			at = p.Host.evidence("status.json", i+1)
			break
		}
	}
	c := p.cause(CodeLogin, at, "the key of gateway %q has expired, as the tailnet tells %s: no peer takes its packets", name, p.Name)
	c.Host, c.Path, c.region = name, p.d.pathOf(name), p.d.regionOf(name)
	c.Fix = "turn off the expiry of the gateways' keys (tagged devices have none), put a new auth key in its place (spec.tailnet.auth), and start its tailscaled anew"
	p.d.add(c)
}

// isReported reports whether a cause with the code names the host already.
func (d *diagnosis) isReported(code diag.Code, name string) bool {
	return slices.ContainsFunc(d.causes, func(c Cause) bool { return c.Code == code && strings.Contains(c.Message, fmt.Sprintf("%q", name)) })
}

// regionOf is the region of a gateway.
func (d *diagnosis) regionOf(name string) string {
	for i := range d.wanted.Topology.Spec.Regions {
		for _, n := range d.wanted.Topology.Spec.Regions[i].Gateways.Nodes {
			if n.Name == name {
				return d.wanted.Topology.Spec.Regions[i].Name
			}
		}
	}
	return ""
}

// pathOf is where the topology has a gateway.
func (d *diagnosis) pathOf(name string) string {
	for i := range d.wanted.Topology.Spec.Regions {
		for j, n := range d.wanted.Topology.Spec.Regions[i].Gateways.Nodes {
			if n.Name == name {
				return diag.Index(diag.Index("spec.regions", i)+".gateways.nodes", j)
			}
		}
	}
	return ""
}
