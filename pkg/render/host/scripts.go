package host

import (
	"bytes"
	"embed"
	"net/netip"
	"text/template"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The scripts are themselves valid POSIX shell: the only template actions stand
// inside quoted here-documents, the tables that the static functions read. Nothing
// but prefixes, addresses, numbers, checked names and our own words enters them.
//
//go:embed templates/*.sh.tmpl
var scriptFiles embed.FS

// NewNode spells the scripts of a host that is not a gateway.
func NewNode(p *plan.Plan, r *plan.Region) Node {
	if !r.HostRoutes() {
		return Node{}
	}
	header := tree.Header(p.Topology.Metadata.Name)
	d := newScriptData(r)
	n := Node{Routes: tree.Headed(header, script("routes.sh.tmpl", d))}
	if r.Watched() {
		n.Watch = tree.Headed(header, script("nodewatch.sh.tmpl", d))
	}
	return n
}

// scriptData is what the here-documents hold.
type scriptData struct {
	Transit  []scriptPrefix
	Gateways []scriptGateway
}

// scriptPrefix is a prefix in the spelling of iproute2, which leaves the length of a
// single address out.
type scriptPrefix struct {
	Family int // 4 or 6
	Prefix string
}

// scriptGateway is a gateway host; "-" stands for an address it does not have.
// Health is host and port of its health check.
type scriptGateway struct{ Name, IPv4, IPv6, Health string }

// script fills one of the templates in. It can fail only by a fault of ours that
// every test of the package meets.
func script(name string, data any) []byte {
	t := template.Must(template.ParseFS(scriptFiles, "templates/"+name))
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func newScriptData(r *plan.Region) scriptData {
	d := scriptData{Transit: scriptPrefixes(r.Transit())}
	for _, n := range r.Hosts[0].Gateways {
		d.Gateways = append(d.Gateways, newScriptGateway(n))
	}
	return d
}

func newScriptPrefix(p netip.Prefix) scriptPrefix {
	s := scriptPrefix{Family: 4, Prefix: p.String()}
	if p.Addr().Is6() {
		s.Family = 6
	}
	if p.IsSingleIP() {
		s.Prefix = p.Addr().String()
	}
	return s
}

func scriptPrefixes(prefixes []netip.Prefix) []scriptPrefix {
	var s []scriptPrefix
	for _, p := range prefixes {
		s = append(s, newScriptPrefix(p))
	}
	return s
}

func newScriptGateway(n schema.GatewayNode) scriptGateway {
	g := scriptGateway{Name: n.Name, IPv4: "-", IPv6: "-"}
	g.Health = netip.AddrPortFrom(n.InternalIP, facts.TailscaleHealthPort).String()
	for _, a := range n.Addresses() {
		if a.Is4() {
			g.IPv4 = a.String()
		} else {
			g.IPv6 = a.String()
		}
	}
	return g
}
