package doctor

import (
	"net/netip"
	"slices"
	"strings"
)

// judgeForeignFirewall finds somebody's chain of nftables that forwards nothing of ours: where
// one chain drops a packet, no other one's accept helps. Chains of iptables are judged by
// gateway-setup.sh check: what comes before its jump is in the way.
func (p *patient) judgeForeignFirewall() {
	if !p.isGateway {
		return
	}
	if !p.has("nft.txt") && !p.has("iptables-nft-save") && !p.has("iptables-legacy-save") {
		if why, ok := p.missing["nft.txt"]; ok && !strings.Contains(why.Text, "nothing was printed") {
			p.d.undecided("%s: its firewall was not captured%s", p.Name, p.why("nft.txt"))
		}
		return
	}
	var table, chain string
	var hook, policy int // lines of the chain's hook, and of it where that drops
	accepts := false
	for i, line := range p.lines("nft.txt") {
		w := strings.Fields(line)
		switch {
		case len(w) > 3 && w[0] == "table":
			table = w[1] + " " + w[2]
		case len(w) > 2 && w[0] == "chain":
			chain, hook, policy, accepts = w[1], 0, 0, false
		case table == "inet kustomize_hybrid" || managed(table):
		case strings.Contains(line, "hook forward"):
			hook = i + 1
			if strings.Contains(line, "policy drop") {
				policy = hook
			}
		case hook == 0 || len(w) == 0:
		case w[0] == "}":
			if policy > 0 && !accepts {
				p.foreign(policy, "chain %s of table %s drops what it does not know, and accepts nothing of tailscale0", chain, table)
			}
			hook = 0
		case w[0] == "accept", strings.Contains(line, "tailscale0") && !strings.Contains(line, "!=") && !drops(w):
			// Or it goes on in a chain that is for the tunnel.
			accepts = true
		case drops(w) && !accepts && p.concerns(line):
			p.foreign(i+1, "a line of chain %s of table %s drops packets between regions", chain, table)
			hook = 0
		}
	}
}

func drops(words []string) bool {
	return slices.Contains(words, "drop") || slices.Contains(words, "reject")
}

// managed reports whether a table is what iptables over nf_tables keeps.
func managed(table string) bool {
	family, name, _ := strings.Cut(table, " ")
	return (family == "ip" || family == "ip6") && slices.Contains([]string{"filter", "mangle", "nat", "raw", "security"}, name)
}

// concerns reports whether a line of nftables is about packets between regions: about all, the
// tunnel, or prefixes of other regions. Lines about states, marks or ports are not.
func (p *patient) concerns(line string) bool {
	w := strings.Fields(line)
	if strings.Contains(line, "tailscale0") {
		return !strings.Contains(line, "!=")
	}
	if w[0] == "drop" || w[0] == "reject" || w[0] == "counter" {
		return true
	}
	remote := p.remote()
	for i, word := range w {
		if (word == "saddr" || word == "daddr") && i+1 < len(w) {
			if s, err := netip.ParsePrefix(strings.Trim(w[i+1], "{},")); err == nil && slices.ContainsFunc(remote, s.Overlaps) {
				return true
			}
		}
	}
	return false
}

func (p *patient) foreign(line int, format string, args ...any) {
	c := p.cause(CodeFirewall, p.Host.evidence("nft.txt", line), format+": no accept elsewhere helps", args...)
	c.Fix = p.onHost() + "nft -a list ruleset shows its handle; have whoever made it accept iifname and oifname tailscale0 first"
	p.d.add(c)
}

// iptablesDrop is the first line of FORWARD that comes before our jump and drops.
func (p *patient) iptablesDrop() (Evidence, bool) {
	for _, file := range []string{"iptables-nft-save", "iptables-legacy-save", "ip6tables-nft-save"} {
		table := ""
		for i, line := range p.lines(file) {
			switch {
			case strings.HasPrefix(line, "*"):
				table = line[1:]
			case table != "filter":
			case line == "-A FORWARD -j KUSTOMIZE-HYBRID-FORWARD":
				table = ""
			case strings.HasPrefix(line, "-A FORWARD ") && (strings.HasSuffix(line, " -j DROP") || strings.Contains(line, " -j REJECT")):
				return p.Host.evidence(file, i+1), true
			}
		}
	}
	return Evidence{}, false
}
