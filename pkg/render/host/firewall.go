package host

import (
	"bytes"
	_ "embed" // the script for ufw
	"fmt"
	"strings"
	"text/template"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// hostPort is a port of Tailscale's on a gateway's host, in or out.
type hostPort struct {
	egress   bool
	protocol string
	port     int
	why      string
}

// hostPorts are what a gateway's own firewall lets through; outgoing ones only where
// that filters them. What gateways forward, gateway-setup.sh accepts.
func hostPorts(r *plan.Region) []hostPort {
	ports := []hostPort{{false, "udp", facts.TailscalePort, "other gateways"}}
	if port := r.Region.Gateways.PeerRelay; port != 0 {
		ports = append(ports, hostPort{false, "udp", port, "tunnels of others, which this peer relay carries"})
	}
	if r.Region.Network.EgressFiltered {
		ports = append(ports,
			hostPort{true, "udp", facts.TailscalePort, "other gateways"},
			hostPort{true, "udp", facts.STUNPort, "STUN: the gateway's own address as others see it"},
			hostPort{true, "tcp", facts.HTTPSPort, "the control server, and DERP relays where nothing direct works"},
			hostPort{true, "tcp", facts.HTTPPort, "the control server, where 443 is closed"})
		for _, port := range r.RelaysFor() {
			ports = append(ports, hostPort{true, "udp", port, "peer relays"})
		}
	}
	return ports
}

// firewallFiles are the rules for the firewall on the gateways' hosts: a script for ufw,
// and for nftables snippets to include, since a rule that accepts in a table of our own
// would keep no other table from dropping.
func firewallFiles(header string, r *plan.Region) []tree.File {
	dir := tree.InRegion(r.Region.Name, "gateway/")
	ports := hostPorts(r)
	switch r.Region.Network.HostFirewall {
	case schema.HostFirewallUFW:
		return []tree.File{{Path: dir + "ufw.sh", Executable: true, Data: tree.Headed(header, ufwScript(ports))}}
	case schema.HostFirewallNFTables:
		files := []tree.File{{Path: dir + "input.nft", Data: nftSnippet(header, ports, false)}}
		if r.Region.Network.EgressFiltered {
			files = append(files, tree.File{Path: dir + "output.nft", Data: nftSnippet(header, ports, true)})
		}
		return files
	}
	return nil
}

// The script is itself valid POSIX shell: the only template action stands inside a quoted
// here-document, the table that the static functions read. Nothing but numbers and our own
// words enters it.
//
//go:embed templates/ufw.sh.tmpl
var ufwTemplate string

// ufwScript fills the rules in. It can fail only by a fault of ours that every test of the
// package meets.
func ufwScript(ports []hostPort) []byte {
	var b bytes.Buffer
	if err := template.Must(template.New("ufw").Parse(ufwTemplate)).Execute(&b, ufwRules(ports)); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func ufwRules(ports []hostPort) []string {
	var rules []string
	for _, p := range ports {
		way := "allow"
		if p.egress {
			way = "allow out"
		}
		rules = append(rules, fmt.Sprintf("%s %d/%s", way, p.port, p.protocol))
	}
	return rules
}

// nftSnippet is rules for the base chain of one hook, in every family.
func nftSnippet(header string, ports []hostPort, egress bool) []byte {
	chain := "input"
	if egress {
		chain = "output"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s#\n# Include it in your own %s chain of family inet, in front of what drops:\n"+
		"#\n#   include \"/etc/kustomize-hybrid/gateway/%s.nft\"\n\n", header, chain, chain)
	for _, port := range ports {
		if port.egress == egress {
			fmt.Fprintf(&b, "%s dport %d accept comment \"kustomize-hybrid: %s\"\n", port.protocol, port.port, port.why)
		}
	}
	return []byte(b.String())
}
