package cloud

import (
	"bytes"
	"embed"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"text/template"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

//go:embed templates/*.tf.tmpl
var templates embed.FS

// filled is a template, filled in. It can fail only by a fault of ours that every
// test of the package meets.
func filled(name string, data any) []byte {
	t := template.Must(template.ParseFS(templates, "templates/"+name))
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// terraform is main.tf: what the program makes, as a module without a provider
// block, under the same names.
func terraform(header string, r *plan.Region) []byte {
	c := r.Cloud
	t := module{
		Header:  header,
		Region:  r.Region.Name,
		Owner:   c.Owner,
		Network: r.Region.Network,
		Active:  hclString(c.Gateways[0].Name),
		Group:   c.SecurityGroup,
		Routes:  hclRoutes(c),
		Rules:   hclRules(c),
		Order:   hclList(gatewayNames(c)),
		Spread:  c.Spread,
		Sources: hclSources(c),
	}
	if len(c.Tables) > 0 {
		t.Tables = hclList(c.Tables)
	}
	t.Gateways, t.Complete = hclGateways(c)
	return filled(c.Cloud+".tf.tmpl", t)
}

// module is what a provider's template is filled with. The fields that end up
// between braces are lines of HCL.
type module struct {
	Header, Region, Owner string
	Network               schema.Network
	Active                string
	// Tables is a list, empty where Terraform has to ask for it.
	Tables string
	Group  string
	// Gateways are objects by name. Complete says that every one has its target;
	// otherwise Terraform has to ask for them.
	Gateways string
	Complete bool
	Routes   string
	Rules    string
	// Order is the list of the gateways' names, and Spread as in plan.Cloud.
	Order  string
	Spread bool
	// Sources are lists of prefixes by network card; empty where no card has to be told any.
	Sources string
}

// hclGateways spells gateways with all that a route needs: their target and, where a next
// hop has to be of the destination's family, their addresses.
func hclGateways(c *plan.Cloud) (lines string, complete bool) {
	var entries []hclEntry
	n := network(c)
	complete = true
	for _, g := range c.Gateways {
		value := hclString(g.Target)
		if n.OwnFamily.Value {
			zone := ""
			if n.Zonal.Value {
				zone = fmt.Sprintf("zone = %s, ", hclString(g.Zone))
				complete = complete && g.Zone != ""
			}
			value = fmt.Sprintf("{ %s = %s, %sipv4 = %s, ipv6 = %s }", hclKey(n.Target.Field), value, zone, hclAddress(g.IPv4), hclAddress(g.IPv6))
		}
		complete = complete && g.Target != ""
		entries = append(entries, hclEntry{g.Name, value})
	}
	return hclMap(entries), complete
}

// hclKey is what the modules call a gateway's target.
func hclKey(f provider.Field) string {
	if f == provider.FieldInterface {
		return "network_interface"
	}
	return string(f)
}

func gatewayNames(c *plan.Cloud) []string {
	var names []string
	for _, g := range c.Gateways {
		names = append(names, g.Name)
	}
	return names
}

func hclSources(c *plan.Cloud) string {
	var cards []string
	prefixes := map[string][]netip.Prefix{}
	for _, s := range c.Sources() {
		if prefixes[s.Card] == nil {
			cards = append(cards, s.Card)
		}
		prefixes[s.Card] = append(prefixes[s.Card], s.Prefix)
	}
	var entries []hclEntry
	for _, card := range cards {
		entries = append(entries, hclEntry{card, hclPrefixes(prefixes[card])})
	}
	return hclMap(entries)
}

func hclRoutes(c *plan.Cloud) string {
	var entries []hclEntry
	for _, r := range c.Routes() {
		entries = append(entries, hclEntry{r.Name, hclString(r.Destination.String())})
	}
	return hclMap(entries)
}

// hclRules spells a rule as one object, and where a rule has one prefix, as one for each of
// its peers.
func hclRules(c *plan.Cloud) string {
	var entries []hclEntry
	n, priority := network(c), map[bool]int{}
	for _, r := range c.Rules() {
		port := "null"
		if r.Port != 0 {
			port = strconv.Itoa(r.Port)
		}
		head := fmt.Sprintf("{ egress = %t, protocol = %s, port = %s, ", r.Egress, hclString(r.Protocol), port)
		if n.RulePeers.Value == provider.PeersOne {
			for _, peer := range strings.Split(prefixWord(r.Peers), ",") {
				entries = append(entries, hclEntry{r.Name + " " + peer, head + "peer = " + hclString(peer) + " }"})
			}
			continue
		}
		if n.RulePriorities.Value {
			head += fmt.Sprintf("priority = %d, ", firstPriority+priority[r.Egress])
			priority[r.Egress]++
		}
		entries = append(entries, hclEntry{r.Name, fmt.Sprintf("%speers = %s, hosts = %s }", head, hclPrefixes(r.Peers), hclPrefixes(r.Hosts))})
	}
	return hclMap(entries)
}

// firstPriority is the priority of our first rule in a network security group, which
// azure.sh counts from, too: of 100 to 4096, near the end.
const firstPriority = 3900

type hclEntry struct{ key, value string }

// hclMap spells entries, one a line within two levels of braces, as `terraform fmt`
// leaves them.
func hclMap(entries []hclEntry) string {
	width := 0
	for _, e := range entries {
		width = max(width, len(hclString(e.key)))
	}
	var lines strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&lines, "    %-*s = %s\n", width, hclString(e.key), e.value)
	}
	return lines.String()
}

// hclString quotes text of the contract's alphabets, which HCL has no other meaning for.
func hclString(s string) string { return strconv.Quote(s) }

func hclList(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = hclString(w)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func hclPrefixes(prefixes []netip.Prefix) string {
	return hclList(strings.Split(prefixWord(prefixes), ","))
}

func hclAddress(a netip.Addr) string {
	if !a.IsValid() {
		return "null"
	}
	return hclString(a.String())
}
