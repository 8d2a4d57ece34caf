package render

import (
	"bytes"
	"embed"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// A cloud's script is made of three parts, in this order: tables.sh.tmpl, where the
// values of a topology stand in quoted here-documents; what the cloud's command line
// does, named after the cloud; and what is the same for all of them. The last two are
// shell as it stands.
//
//go:embed templates/cloud
var cloudFiles embed.FS

// cloudScript is cloud/routes.sh apply|remove|check|print; nil where nothing of a cloud
// is asked for.
func (p *Plan) cloudScript(r *plan.Region) []byte {
	c := r.Cloud
	if c == nil {
		return nil
	}
	return slices.Concat(
		cloudTemplate("tables.sh.tmpl", cloudTables{
			Region:   r.Region.Name,
			Title:    cloudTitle(c.Cloud),
			CLI:      map[string]string{"aws": "aws", "gcp": "gcloud", "azure": "az", "alibaba": "aliyun"}[c.Cloud],
			Settings: settings(c, &r.Region.Network),
			Tables:   c.Tables,
			Gateways: gatewayLines(c),
			Routes:   routeLines(c),
			Rules:    ruleLines(c),
		}),
		cloudPart(c.Cloud+".sh"), cloudPart("common.sh"))
}

// cloudTables are the lines of the here-documents.
type cloudTables struct {
	Region, Title, CLI string
	Settings           []scriptSetting
	Tables             []string
	Gateways           []string
	Routes, Rules      []string
}

// cloudTemplate fills a template in. It can fail only by a fault of ours that every
// test of the package meets.
func cloudTemplate(name string, data any) []byte {
	t := template.Must(template.ParseFS(cloudFiles, "templates/cloud/"+name))
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func cloudPart(name string) []byte {
	data, err := cloudFiles.ReadFile("templates/cloud/" + name)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return data
}

func cloudTitle(cloud string) string {
	switch cloud {
	case schema.ProviderAWS:
		return "AWS"
	case schema.ProviderGCP:
		return "Google Cloud"
	case schema.ProviderAzure:
		return "Azure"
	}
	return "Alibaba Cloud"
}

func settings(c *plan.Cloud, n *schema.Network) []scriptSetting {
	s := []scriptSetting{{"owner", c.Owner}}
	switch c.Cloud {
	case schema.ProviderAWS:
		s = append(s, scriptSetting{"region", n.AWS.Region})
	case schema.ProviderGCP:
		s = append(s, scriptSetting{"project", n.GCP.Project}, scriptSetting{"network", n.GCP.Name},
			scriptSetting{"spread", yesNo(c.Spread)})
	case schema.ProviderAzure:
		s = append(s, scriptSetting{"resourceGroup", n.Azure.ResourceGroup})
	case schema.ProviderAlibaba:
		s = append(s, scriptSetting{"region", n.Alibaba.Region})
	}
	if c.SecurityGroup != "" {
		s = append(s, scriptSetting{"securityGroup", c.SecurityGroup})
	}
	return s
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
	if c.Cloud != schema.ProviderGCP && c.SecurityGroup == "" {
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
