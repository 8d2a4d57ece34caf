package plugin

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// mostNamed is how many prefixes an instruction names. Where there are more, it says
// where they stand: named in every region's instructions, they would grow with the square
// of the regions, and nobody would read the sentence around them.
const mostNamed = 24

// listsPath is where lists stand that are too long for a sentence.
const listsPath = "cni/prefixes.txt"

// lists are prefixes of all regions, as instructions say them.
type lists struct {
	keeps, pods string
	// words are what stands in braces in instructions; see plugin.Plugin.ByHand.
	words *strings.Replacer
	// file is what stands at listsPath; it is empty where every list is short.
	file string
}

func newLists(p *plan.Plan) lists {
	var l lists
	keeps4, _ := byFamily(p.KeepsSource())
	l.keeps = l.say("keeps", p.KeepsSource(), ", ")
	l.pods = l.say("pods", gather(p, func(r *schema.Region) []netip.Prefix { return r.PodCIDRs }), ", ")
	network := "a prefix that contains every region's pod CIDRs (" + l.pods + ")"
	if stated := p.Topology.Spec.Cluster.ClusterCIDRs; len(stated) > 0 {
		network = commaPrefixes(stated)
	}
	l.words = strings.NewReplacer(
		"{keeps}", l.keeps, "{keeps4}", l.say("keeps4", keeps4, ","),
		"{pods}", l.pods, "{nodes}", l.say("nodes", gather(p, func(r *schema.Region) []netip.Prefix { return r.NodeCIDRs }), ", "),
		"{network}", network, "{masqAgent}", masqAgent(l.keeps))
	if l.file != "" {
		l.file = "# What by-hand.txt of the regions refers to, a list on each line.\n" + l.file
	}
	return l
}

// say names prefixes, or the line of the file that does.
func (l *lists) say(name string, prefixes []netip.Prefix, separator string) string {
	text := strings.Join(prefixTexts(prefixes), separator)
	if len(prefixes) <= mostNamed {
		return text
	}
	l.file += name + ": " + text + "\n"
	return "<" + name + " of " + listsPath + ">"
}

func masqAgent(keeps string) string {
	return fmt.Sprintf("put `nonMasqueradeCIDRs: [%s]` and `masqLinkLocal: false` into the key `config` of ConfigMap `ip-masq-agent` in kube-system.", keeps)
}

// gather are the prefixes of all regions, sorted, each once.
func gather(p *plan.Plan, of func(*schema.Region) []netip.Prefix) []netip.Prefix {
	var all []netip.Prefix
	for i := range p.Regions {
		all = append(all, of(p.Regions[i].Region)...)
	}
	slices.SortFunc(all, netip.Prefix.Compare)
	return slices.Compact(all)
}

// byFamily splits prefixes into IPv4 and IPv6.
func byFamily(prefixes []netip.Prefix) (v4, v6 []netip.Prefix) {
	for _, p := range prefixes {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return v4, v6
}

func prefixTexts(prefixes []netip.Prefix) []string {
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		texts[i] = p.String()
	}
	return texts
}

// commaPrefixes spells prefixes for people.
func commaPrefixes(prefixes []netip.Prefix) string { return strings.Join(prefixTexts(prefixes), ", ") }
