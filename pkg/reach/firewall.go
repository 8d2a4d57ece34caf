package reach

import (
	"fmt"
	"net/netip"
	"strconv"
)

// chainLine is a line of the firewall that gateway-setup.sh keeps: of a built-in chain, which
// jumps to one of ours first, or of that (host/wanted.awk: collect). In a table of nftables those
// that only accept are missing (host/nft.awk); they undo nothing there.
type chainLine struct {
	chain          string // INPUT, FORWARD, TO or FROM
	builtIn        bool   // not ours of that name
	src, dst       netip.Prefix
	in, out        device
	notIn, notOut  bool
	port           int // of UDP
	target         string
	at             Place
	mss, onlyJumps bool
}

// The targets of lines.
const (
	accept = "ACCEPT"
	drop   = "DROP"
	back   = "RETURN"
)

// chromeOS is what ChromeOS has for itself within the tailnet's block (tailscale 1.84.3,
// net/tsaddr: ChromeOSVMRange).
func chromeOS() netip.Prefix { return netip.MustParsePrefix("100.115.92.0/23") }

// chainLines are those of a gateway, in their order.
func chainLines(t *hostTables) []chainLine {
	var all []chainLine
	add := func(at Place, l chainLine) {
		l.at = at
		all = append(all, l)
	}
	whole, off := Place{File: t.path}, t.settings["netfilter"] == "off"
	relay := t.settings["relay"] == "yes"
	add(whole, chainLine{chain: "FORWARD", builtIn: true, target: "FORWARD", mss: true, onlyJumps: true})
	if off {
		add(whole, chainLine{chain: "INPUT", builtIn: true, target: "INPUT", onlyJumps: true})
	}
	if off || relay {
		add(whole, chainLine{chain: "FORWARD", builtIn: true, target: "FORWARD", onlyJumps: true})
	}
	add(whole, chainLine{chain: "FORWARD", out: tunnel, mss: true})
	add(whole, chainLine{chain: "FORWARD", in: tunnel, mss: true})
	if off {
		if len(t.spoofed) > 0 {
			at := t.at("spoofed", t.spoofed[0])
			add(at, chainLine{chain: "INPUT", in: lo, target: back})
			add(at, chainLine{chain: "INPUT", src: chromeOS(), target: back})
			add(at, chainLine{chain: "FORWARD", src: chromeOS(), target: back})
		}
		for _, p := range t.spoofed {
			add(t.at("spoofed", p), chainLine{chain: "INPUT", src: p, in: tunnel, notIn: true, target: drop})
			add(t.at("spoofed", p), chainLine{chain: "FORWARD", src: p, in: tunnel, notIn: true, target: drop})
		}
		add(t.of("netfilter"), chainLine{chain: "INPUT", in: tunnel, target: accept})
		add(t.of("netfilter"), chainLine{chain: "INPUT", port: 41641, target: accept})
		if port, err := strconv.Atoi(t.settings["peerRelay"]); err == nil {
			add(t.of("peerRelay"), chainLine{chain: "INPUT", port: port, target: accept})
		}
	} else if relay {
		for _, p := range t.spoofed {
			add(t.at("spoofed", p), chainLine{chain: "FORWARD", src: p, in: tunnel, notIn: true, target: drop})
		}
	}
	if off || relay {
		at := t.of("relay")
		add(at, chainLine{chain: "FORWARD", in: tunnel, target: accept})
		add(at, chainLine{chain: "FORWARD", out: tunnel, target: accept})
	}
	if !relay || len(t.transit()) == 0 {
		return all
	}
	add(t.of("relay"), chainLine{chain: "FORWARD", out: tunnel, notOut: true, target: "TO", onlyJumps: true})
	add(t.of("relay"), chainLine{chain: "FORWARD", in: tunnel, notIn: true, target: "FROM", onlyJumps: true})
	for _, chain := range []string{"TO", "FROM"} {
		each := func(kind string, list []netip.Prefix) {
			for _, p := range list {
				l := chainLine{chain: chain, dst: p, target: accept}
				if chain == "FROM" {
					l.src, l.dst = p, netip.Prefix{}
				}
				add(t.at(kind, p), l)
			}
		}
		each("remote", t.remote)
		each("source", t.source)
	}
	return all
}

// String is the line in the words of iptables.
func (l *chainLine) String() string {
	text := l.chain
	if l.mss {
		text = "mangle " + text
	}
	iface := func(flag string, d device, not bool) {
		if d == "" {
			return
		}
		if not {
			text += " !"
		}
		text += " " + flag + " " + string(d)
	}
	if l.src.IsValid() {
		text += " -s " + l.src.String()
	}
	if l.dst.IsValid() {
		text += " -d " + l.dst.String()
	}
	iface("-i", l.in, l.notIn)
	iface("-o", l.out, l.notOut)
	switch {
	case l.onlyJumps:
		return text + " -j KUSTOMIZE-HYBRID-" + l.target
	case l.mss:
		return text + " -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"
	case l.port != 0:
		text += fmt.Sprintf(" -p udp -m udp --dport %d", l.port)
	}
	return text + " -j " + l.target
}

// matches reports whether the line is about a packet.
func (l *chainLine) matches(p *packet, in, out device) bool {
	switch {
	case l.mss, l.port != 0 && (p.protocol != udp || p.port != l.port || p.answer):
		return false
	case l.src.IsValid() && !l.src.Contains(p.src), l.dst.IsValid() && !l.dst.Contains(p.dst):
		return false
	case l.in != "" && (l.in == in) == l.notIn, l.out != "" && (l.out == out) == l.notOut:
		return false
	}
	return true
}

// filters says what a host's firewall does with a packet: nil where it lets it by. The chain
// is INPUT or FORWARD.
func (h *host) filters(chain string, p *packet, in, out device) *lost {
	target, by := h.walkChain(chain, true, p, in, out)
	switch {
	case target == drop:
		l := lose("%s drops %s, which did not come out of the tunnel", h.name, p.src)
		l.at = by.at
		return l
	case target == "" && chain == "FORWARD" && h.drops && !h.othersAccept(in, out):
		l := lose("the firewall of %s forwards %s for nobody, and no line of ours accepts it", h.name, p)
		l.at = h.file()
		return l
	}
	return nil
}

// othersAccept reports whether somebody else's lines let a packet by on a host that forwards
// nothing else: the plugin's, to and from pods, and tailscaled's own where it writes them.
func (h *host) othersAccept(in, out device) bool {
	for _, d := range []device{in, out} {
		if d == toPod || d == overlay || d == lo || d == tunnel && h.gateway != nil && h.gateway.settings["netfilter"] == "on" {
			return true
		}
	}
	return false
}

// walkChain is the target that decides, and its line; empty where none does.
func (h *host) walkChain(chain string, builtIn bool, p *packet, in, out device) (string, *chainLine) {
	for i := range h.lines {
		l := &h.lines[i]
		if l.chain != chain || l.builtIn != builtIn || !l.matches(p, in, out) {
			continue
		}
		switch {
		case l.onlyJumps:
			if target, by := h.walkChain(l.target, false, p, in, out); target != "" {
				return target, by
			}
		case l.target == back:
			return "", nil
		default:
			return l.target, l
		}
	}
	return "", nil
}
