// Package cloud spells what a provider's own network is told: a script over the provider's
// command line, and a Terraform module that makes the same under the same names.
//
// Start with Files.
package cloud

import (
	"bytes"
	"embed"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// A cloud's script is made of three parts, in this order: tables.sh.tmpl, where the
// values of a topology stand in quoted here-documents; what the cloud's command line
// does, named after the cloud; and what is the same for all of them. The last two are
// shell as it stands.
//
//go:embed templates
var files embed.FS

// Files are the files below cloud/ of a region's directory: none where nothing of a
// cloud is asked for.
func Files(p *plan.Plan, r *plan.Region) []tree.File {
	if r.Cloud == nil {
		return nil
	}
	header := tree.Header(p.Topology.Metadata.Name)
	return []tree.File{
		{Path: tree.InRegion(r.Region.Name, "cloud/routes.sh"), Executable: true, Data: tree.Headed(header, script(r))},
		{Path: tree.InRegion(r.Region.Name, "cloud/main.tf"), Data: terraform(header, r)},
	}
}

// script is routes.sh apply|remove|check|print.
func script(r *plan.Region) []byte {
	c := r.Cloud
	return slices.Concat(
		filled("tables.sh.tmpl", tables{
			Region:   r.Region.Name,
			Title:    facts.Provider(c.Cloud).Title,
			CLI:      network(c).CLI,
			Settings: settings(c, &r.Region.Network),
			Tables:   c.Tables,
			Gateways: gatewayLines(c),
			Routes:   routeLines(c),
			Rules:    ruleLines(c),
		}),
		part(c.Cloud+".sh"), part("common.sh"))
}

// tables are the lines of the here-documents.
type tables struct {
	Region, Title, CLI string
	Settings           []setting
	Tables             []string
	Gateways           []string
	Routes, Rules      []string
}

// filled is a template, filled in. It can fail only by a fault of ours that every
// test of the package meets.
func filled(name string, data any) []byte {
	t := template.Must(template.ParseFS(files, "templates/"+name))
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func part(name string) []byte {
	data, err := files.ReadFile("templates/" + name)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return data
}

// network is what the provider's network does.
func network(c *plan.Cloud) *provider.Network {
	n := facts.Provider(c.Cloud).Network.Value
	return &n
}

// setting is a decision that the script reads by its name.
type setting struct{ Name, Value string }

// settings are what the provider calls its own things by, and what is decided.
func settings(c *plan.Cloud, n *schema.Network) []setting {
	all := []setting{
		{"owner", c.Owner}, {"region", n.AWS.Region + n.Alibaba.Region},
		{"project", n.GCP.Project}, {"network", n.GCP.Name}, {"spread", ""},
		{"resourceGroup", n.Azure.ResourceGroup}, {"securityGroup", c.SecurityGroup},
	}
	if network(c).NextHops.Value == provider.HopsByPriority {
		all[4].Value = yesNo(c.Spread)
	}
	return slices.DeleteFunc(all, func(s setting) bool { return s.Value == "" })
}

// gatewayLines are "NAME TARGET ZONE IPV4 IPV6", with "-" for what is not there.
func gatewayLines(c *plan.Cloud) []string {
	var lines []string
	for _, g := range c.Gateways {
		lines = append(lines, words(g.Name, g.Target, g.Zone, address(g.IPv4), address(g.IPv6)))
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
