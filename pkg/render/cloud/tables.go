// Package cloud spells what a provider's own network is told: tables for a program over
// the provider's command line, and a Terraform module that makes the same under the same
// names.
//
// Start with Files, which is what a region needs, and Programs, which is the same for all.
package cloud

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cloud/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Files are the files below cloud/ of a region's directory: none where nothing of a
// cloud is asked for.
func Files(p *plan.Plan, r *plan.Region) []tree.File {
	if r.Cloud == nil {
		return nil
	}
	header := tree.Header(p.Topology.Metadata.Name)
	made := tree.File{Path: tree.InRegion(r.Region.Name, "cloud/tables"), Data: Tables(p, r)}
	if r.Cloud.Follows {
		// A module would take the routes back to where it made them.
		return append([]tree.File{made}, units(header, r)...)
	}
	return []tree.File{made, {Path: tree.InRegion(r.Region.Name, "cloud/main.tf"), Data: terraform(header, r)}}
}

// Programs are those that read the tables of the topology's regions, and what they
// share: none where no region has any.
func Programs(p *plan.Plan) []tree.File {
	used := map[string]bool{}
	for i := range p.Regions {
		if c := p.Regions[i].Cloud; c != nil {
			used[program.Library] = true
			used[plan.CloudProgram(c.Cloud)] = true
		}
	}
	var files []tree.File
	for _, f := range program.Files() {
		if used[f.Name] {
			files = append(files, tree.File{Path: "cloud/" + f.Name, Executable: f.Executable, Data: f.Data})
		}
	}
	return files
}

// Tables are what the program of the region's provider reads; its library says how they
// are spelled.
func Tables(p *plan.Plan, r *plan.Region) []byte {
	c := r.Cloud
	var b strings.Builder
	b.WriteString(program.Format + "\n" + tree.Header(p.Topology.Metadata.Name))
	add := func(kind string, lines ...string) {
		for _, line := range lines {
			b.WriteString(kind + " " + line + "\n")
		}
	}
	add("provider", c.Cloud)
	add("region", r.Region.Name)
	add("setting", settings(c, &r.Region.Network)...)
	add("table", c.Tables...)
	add("gateway", gatewayLines(c)...)
	add("source", sourceLines(c)...)
	add("unguarded", c.Unguarded()...)
	add("route", routeLines(c)...)
	add("rule", ruleLines(c)...)
	return []byte(b.String())
}

// network is what the provider's network does.
func network(c *plan.Cloud) *provider.Network {
	n := facts.Provider(c.Cloud).Network.Value
	return &n
}

// settings are what the provider calls its own things by, and what is decided: "NAME VALUE".
func settings(c *plan.Cloud, n *schema.Network) []string {
	all := []struct{ name, value string }{
		{"owner", c.Owner}, {"primaryOf", primaryOf(c)}, {"region", n.AWS.Region + n.Alibaba.Region},
		{"project", n.GCP.Project}, {"router", n.OpenStack.Router}, {"network", n.GCP.Name + n.Hetzner.Name}, {"spread", ""},
		{"resourceGroup", n.Azure.ResourceGroup}, {"securityGroup", c.SecurityGroup},
	}
	if network(c).NextHops.Value == provider.HopsByPriority {
		all[6].value = yesNo(c.Spread)
	}
	var lines []string
	for _, s := range all {
		if s.value != "" {
			lines = append(lines, s.name+" "+s.value)
		}
	}
	return lines
}

// primaryOf is spelled as gateway-watch.sh has it, which leaves the length of a single
// address out.
func primaryOf(c *plan.Cloud) string {
	switch {
	case !c.PrimaryOf.IsValid():
		return ""
	case c.PrimaryOf.IsSingleIP():
		return c.PrimaryOf.Addr().String()
	}
	return c.PrimaryOf.String()
}

// gatewayLines are "NAME TARGET ZONE IPV4 IPV6", with "-" for what is not there.
func gatewayLines(c *plan.Cloud) []string {
	var lines []string
	for _, g := range c.Gateways {
		lines = append(lines, words(g.Name, g.Target, g.Zone, address(g.IPv4), address(g.IPv6)))
	}
	return lines
}

// sourceLines are "CARD PREFIX".
func sourceLines(c *plan.Cloud) []string {
	var lines []string
	for _, s := range c.Sources() {
		lines = append(lines, words(s.Card, s.Prefix.String()))
	}
	return lines
}

// routeLines are "FAMILY NAME DESTINATION".
func routeLines(c *plan.Cloud) []string {
	var lines []string
	for _, r := range c.Routes() {
		family := "6"
		if r.Destination.Addr().Is4() {
			family = "4"
		}
		lines = append(lines, words(family, r.Name, r.Destination.String()))
	}
	return lines
}

// ruleLines are "NAME in|out PROTOCOL PORT PEERS HOSTS", with commas in the lists and
// "-" for every port and for every host.
func ruleLines(c *plan.Cloud) []string {
	if network(c).Firewall.Value == provider.FirewallOfGroup && c.SecurityGroup == "" {
		return nil
	}
	var lines []string
	for _, r := range c.Rules() {
		lines = append(lines, words(r.Name, direction(&r), r.Protocol, portWord(r.Port), prefixWord(r.Peers), prefixWord(r.Hosts)))
	}
	return lines
}

func direction(r *plan.FirewallRule) string {
	if r.Egress {
		return "out"
	}
	return "in"
}

// words joins fields that shell reads, which must not be empty.
func words(fields ...string) string {
	for i, f := range fields {
		if f == "" {
			fields[i] = "-"
		}
	}
	return strings.Join(fields, " ")
}

func portWord(port int) string {
	if port == 0 {
		return ""
	}
	return strconv.Itoa(port)
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// prefixWord is a list in one word, sorted as text: what a cloud returns is sorted the
// same way before the two are compared.
func prefixWord(prefixes []netip.Prefix) string {
	var list []string
	for _, p := range prefixes {
		list = append(list, p.String())
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
