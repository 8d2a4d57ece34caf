package cloud

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// module is one rendered file, a Terraform module by itself.
type module struct {
	t    *testing.T
	file string
	src  []byte
	body *hclsyntax.Body
	// declared are the addresses that expressions may refer to: var.x, local.x,
	// data.type.name, type.name.
	declared map[string]bool
}

func modules(t *testing.T) []*module {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(examples(), "*/regions/*/cloud/*.tf"))
	if err != nil || len(files) < 4 {
		t.Fatalf("only %q (%v)", files, err)
	}
	var all []*module
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, diags := hclsyntax.ParseConfig(src, file, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		m := &module{t: t, file: file, src: src, body: f.Body.(*hclsyntax.Body)}
		m.declare()
		all = append(all, m)
	}
	return all
}

func (m *module) declare() {
	m.declared = map[string]bool{}
	for _, b := range m.body.Blocks {
		switch b.Type {
		case "variable":
			m.declared["var."+b.Labels[0]] = true
		case "locals":
			for name := range b.Body.Attributes {
				m.declared["local."+name] = true
			}
		case "resource":
			m.declared[strings.Join(b.Labels, ".")] = true
		case "data":
			m.declared["data."+strings.Join(b.Labels, ".")] = true
		}
	}
}

// `terraform fmt` would leave the files as they are: hclwrite.Format is what it runs.
func TestTerraformFormat(t *testing.T) {
	for _, m := range modules(t) {
		if diff := cmp.Diff(string(hclwrite.Format(m.src)), string(m.src)); diff != "" {
			t.Errorf("%s (-formatted +rendered):\n%s", m.file, diff)
		}
	}
}

// Every reference leads to something that is declared, and everything that is declared
// is referred to, but for resources and variables' own defaults.
func TestTerraformReferences(t *testing.T) {
	for _, m := range modules(t) {
		used := map[string]bool{}
		for _, b := range m.body.Blocks {
			m.references(b.Body, b.Body.Attributes["for_each"] != nil, false, used)
		}
		for address := range m.declared {
			if (strings.HasPrefix(address, "var.") || strings.HasPrefix(address, "local.")) && !used[address] {
				t.Errorf("%s: %s is never used", m.file, address)
			}
		}
	}
}

func (m *module) references(b *hclsyntax.Body, each, self bool, used map[string]bool) {
	for name, attribute := range b.Attributes {
		if name == "type" && len(b.Attributes) <= 3 && b.Attributes["description"] != nil && b.Attributes["nic_type"] == nil {
			continue // a variable's type: words of its own
		}
		for _, traversal := range attribute.Expr.Variables() {
			address := spell(traversal)
			root, _, _ := strings.Cut(address, ".")
			switch {
			case root == "each" && each && name != "for_each", root == "self" && self:
			case m.declared[address]:
				used[address] = true
			default:
				m.t.Errorf("%s: %s is not declared", traversal.SourceRange(), address)
			}
		}
	}
	for _, inner := range b.Blocks {
		m.references(inner.Body, each, self || inner.Type == "postcondition", used)
	}
}

// spell is as much of a traversal as names an object: two words, three behind data.
func spell(traversal hcl.Traversal) string {
	words := []string{traversal.RootName()}
	for _, step := range traversal[1:] {
		attr, ok := step.(hcl.TraverseAttr)
		if !ok || len(words) == 2 && words[0] != "data" || len(words) == 3 {
			break
		}
		words = append(words, attr.Name)
	}
	return strings.Join(words, ".")
}

// arguments are what the providers' resources and data sources take, as far as we use
// them: required ones with "!". No provider's schema can be had without the provider
// (hundreds of megabytes each), so this is a table from their documentation.
func arguments() map[string]string {
	return map[string]string{
		// terraform-provider-aws 6, website/docs/r/
		"resource aws_route":                           "route_table_id! destination_cidr_block destination_ipv6_cidr_block network_interface_id",
		"resource aws_vpc_security_group_ingress_rule": "security_group_id! ip_protocol! from_port to_port cidr_ipv4 cidr_ipv6 description",
		"resource aws_vpc_security_group_egress_rule":  "security_group_id! ip_protocol! from_port to_port cidr_ipv4 cidr_ipv6 description",
		// terraform-provider-google 7, website/docs/
		"data google_compute_instance":     "name! zone project lifecycle",
		"resource google_compute_route":    "name! network! dest_range! project description priority next_hop_instance next_hop_instance_zone",
		"resource google_compute_firewall": "name! network! project description direction source_ranges destination_ranges allow",
		// terraform-provider-azurerm 4, website/docs/
		"data azurerm_network_interface": "name! resource_group_name! lifecycle",
		"resource azurerm_route":         "name! resource_group_name! route_table_name! address_prefix! next_hop_type! next_hop_in_ip_address depends_on",
		"resource azurerm_network_security_rule": "name! resource_group_name! network_security_group_name! priority! direction! access! protocol! " +
			"description source_port_range destination_port_range source_address_prefixes destination_address_prefixes",
		// terraform-provider-hcloud f81c9af4 (2026-08), docs/
		"data hcloud_network":           "name",
		"resource hcloud_network_route": "network_id! destination! gateway!",
		// terraform-provider-openstack 3.4.0, docs/
		"data openstack_networking_router_v2":            "router_id name",
		"data openstack_networking_port_v2":              "port_id name lifecycle",
		"data openstack_networking_secgroup_v2":          "secgroup_id name",
		"resource openstack_networking_router_route_v2":  "router_id! destination_cidr! next_hop! depends_on",
		"resource openstack_networking_secgroup_rule_v2": "security_group_id! direction! ethertype! protocol port_range_min port_range_max remote_ip_prefix description",
		// terraform-provider-alicloud 1, website/docs/r/
		"resource alicloud_route_entry":         "route_table_id! destination_cidrblock nexthop_type nexthop_id name",
		"resource alicloud_security_group_rule": "security_group_id! type! ip_protocol! nic_type policy priority port_range cidr_ip ipv6_cidr_ip description",
	}
}

func TestTerraformArguments(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range modules(t) {
		for _, b := range m.body.Blocks {
			if b.Type != "resource" && b.Type != "data" {
				continue
			}
			kind := b.Type + " " + b.Labels[0]
			seen[kind] = true
			known, ok := arguments()[kind]
			if !ok {
				t.Errorf("%s: %s is in no table", m.file, kind)
			}
			given := map[string]bool{}
			for name := range b.Body.Attributes {
				given[name] = true
			}
			for _, inner := range b.Body.Blocks {
				given[inner.Type] = true
			}
			delete(given, "for_each")
			for _, argument := range strings.Fields(known) {
				name, required := strings.CutSuffix(argument, "!")
				if required && !given[name] {
					t.Errorf("%s: %s lacks %s", m.file, kind, name)
				}
				delete(given, name)
			}
			for name := range given {
				t.Errorf("%s: %s has no %s", m.file, kind, name)
			}
		}
	}
	for kind := range arguments() {
		if !seen[kind] {
			t.Errorf("%s is rendered nowhere", kind)
		}
	}
}

// The module and the tables beside it make the same routes and rules, by name.
func TestTerraformNames(t *testing.T) {
	for _, m := range modules(t) {
		tables, err := os.ReadFile(filepath.Join(filepath.Dir(m.file), "tables"))
		if err != nil {
			t.Fatal(err)
		}
		var locals hclsyntax.Attributes
		for _, b := range m.body.Blocks {
			if b.Type == "locals" {
				locals = b.Body.Attributes
			}
		}
		for table, column := range map[string]int{"routes": 2, "rules": 1} {
			want := map[string]bool{}
			for line := range strings.Lines(string(tables)) {
				if words := strings.Fields(line); words[0]+"s" == table {
					want[words[column]] = true
				}
			}
			if locals[table] == nil {
				if len(want) > 0 {
					t.Errorf("%s: no local.%s", m.file, table)
				}
				continue
			}
			value, diags := locals[table].Expr.Value(nil)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			names := map[string]bool{}
			for name := range value.AsValueMap() {
				name, _, _ = strings.Cut(name, " ") // the rest tells the peers of a rule apart
				names[name] = true
			}
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(names))); diff != "" || len(want) == 0 {
				t.Errorf("%s: local.%s (-tables +module):\n%s", m.file, table, diff)
			}
		}
	}
}
