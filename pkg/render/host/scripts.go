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

// NewGateway spells the scripts and the environment of a gateway host, or of each of
// the region's where they do not differ.
func NewGateway(p *plan.Plan, r *plan.Region, h *plan.Host) Gateway {
	header := tree.Header(p.Topology.Metadata.Name)
	d := newScriptData(p, r, h)
	g := Gateway{Setup: tree.Headed(header, script("setup.sh.tmpl", d)), Environment: environment(p, r, h)}
	if !r.Relay && !r.SourceRoute {
		return g
	}
	// The routes of its tables are those that remote gateways advertise, one by one: it
	// knows their primaries by them.
	d.Transit = scriptPrefixes(r.Tunnel())
	for i, s := range h.Sources {
		d.Local[i].scriptPrefix = newScriptPrefix(s.Primary)
	}
	g.Watch = tree.Headed(header, script("watch.sh.tmpl", d))
	return g
}

// NewNode spells the scripts of a host that is not a gateway.
func NewNode(p *plan.Plan, r *plan.Region) Node {
	if !r.HostRoutes() {
		return Node{}
	}
	header := tree.Header(p.Topology.Metadata.Name)
	d := newScriptData(p, r, &r.Hosts[0])
	n := Node{Routes: tree.Headed(header, script("routes.sh.tmpl", d))}
	if r.Watched() {
		n.Watch = tree.Headed(header, script("nodewatch.sh.tmpl", d))
	}
	return n
}

// scriptData is what the here-documents hold.
type scriptData struct {
	Region   string
	Guarded  []scriptPrefix
	Local    []localPrefix
	Remote   []scriptPrefix
	Transit  []scriptPrefix
	Spoofed  []scriptPrefix
	Gateways []scriptGateway
	Settings []scriptSetting
}

// scriptPrefix is a prefix in the spelling of iproute2, which leaves the length of a
// single address out.
type scriptPrefix struct {
	Family int // 4 or 6
	Prefix string
}

// localPrefix is a prefix of the region and the table that carries what comes from it.
type localPrefix struct {
	scriptPrefix
	Table int
	Role  string // node or pod
}

// scriptGateway is a gateway host; "-" stands for an address it does not have.
// Health is host and port of its health check.
type scriptGateway struct{ Name, IPv4, IPv6, Health string }

// scriptSetting is a decision that a script reads by its name.
type scriptSetting struct{ Name, Value string }

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

func newScriptData(p *plan.Plan, r *plan.Region, h *plan.Host) scriptData {
	d := scriptData{
		Region:   r.Region.Name,
		Guarded:  scriptPrefixes(r.Region.Advertised()),
		Local:    localPrefixes(h),
		Remote:   scriptPrefixes(r.Remote()),
		Transit:  scriptPrefixes(r.Transit()),
		Spoofed:  scriptPrefixes(r.Spoofed),
		Settings: scriptSettings(p, r),
	}
	for _, n := range h.Gateways {
		d.Gateways = append(d.Gateways, newScriptGateway(n))
	}
	return d
}

func scriptSettings(p *plan.Plan, r *plan.Region) []scriptSetting {
	return []scriptSetting{
		{"netfilter", string(p.Topology.Spec.Tailnet.NetfilterMode)},
		{"relay", yesNo(r.Relay)},
		{"sourceRoute", yesNo(r.SourceRoute)},
		{"cni", string(r.Region.CNI.Type)},
	}
}

func localPrefixes(h *plan.Host) []localPrefix {
	var local []localPrefix
	for i, s := range h.Sources {
		role := "pod"
		if s.Nodes {
			role = "node"
		}
		local = append(local, localPrefix{newScriptPrefix(s.Prefix), FirstTable + i, role})
	}
	return local
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

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
