package render

import (
	"bytes"
	"embed"
	"net/netip"
	"text/template"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The scripts are themselves valid POSIX shell: the only template actions stand
// inside quoted here-documents, the tables that the static functions read. Nothing
// but prefixes, addresses, numbers, checked names and our own words enters them.
//
//go:embed templates/*.sh.tmpl
var scriptFiles embed.FS

// FirstTable is the routing table of a region's first advertised prefix; the
// following prefixes have the following tables. It is a number of our own, next to
// Tailscale's rules 5210 to 5270 and away from its table 52 (tailscale 1.84.3,
// wgengine/router/router_linux.go) and from Cilium's 200, 202, 2004 and 2005
// (cilium 1.17.4, pkg/datapath/linux/linux_defaults/linux_defaults.go).
const FirstTable = 5253

// HealthPort is where containerboot answers /healthz (tailscale 1.84.3,
// cmd/containerboot/settings.go: TS_LOCAL_ADDR_PORT).
const HealthPort = 9002

// hostFiles are the scripts for the hosts of a region, in order of path.
func (p *Plan) hostFiles(r *plan.Region) []File {
	dir := "regions/" + r.Region.Name + "/"
	var files []File
	add := func(path string, data []byte) {
		if data != nil {
			files = append(files, File{Path: dir + path, Executable: true, Data: data})
		}
	}
	for i := range r.Hosts {
		h := &r.Hosts[i]
		add("gateway/"+hostDir(h)+"setup.sh", p.setupScript(r, h))
		add("gateway/"+hostDir(h)+"watch.sh", p.gatewayWatchScript(r, h))
	}
	add("node/routes.sh", p.routesScript(r))
	add("node/watch.sh", p.nodeWatchScript(r))
	add("cloud/routes.sh", p.cloudScript(r))
	return files
}

// setupScript prepares a gateway host: setup.sh apply|remove|check|print.
func (p *Plan) setupScript(r *plan.Region, h *plan.Host) []byte {
	return script("setup.sh.tmpl", p.scriptData(r, h))
}

// gatewayWatchScript follows the primary of each prefix for ever. It is nil where
// a gateway keeps no routes of its own.
func (p *Plan) gatewayWatchScript(r *plan.Region, h *plan.Host) []byte {
	if !r.Relay && !r.SourceRoute {
		return nil
	}
	d := p.scriptData(r, h)
	// The routes of its tables are those that remote gateways advertise, one by one: it
	// knows their primaries by them.
	d.Transit = scriptPrefixes(r.Tunnel())
	for i, s := range h.Sources {
		d.Local[i].scriptPrefix = newScriptPrefix(s.Primary)
	}
	return script("watch.sh.tmpl", d)
}

// routesScript keeps the routes of a node that is not a gateway: routes.sh
// apply|remove|check|print. It is nil where no gateway is known to route to, and where
// every node is one.
func (p *Plan) routesScript(r *plan.Region) []byte {
	if len(r.Region.Gateways.Nodes) == 0 || r.RoutesInCloud() || r.Region.Gateways.Mode == schema.ModePerNode {
		return nil
	}
	return script("routes.sh.tmpl", p.scriptData(r, &r.Hosts[0]))
}

// nodeWatchScript takes gateways that are not well out of a node's routes. It is nil
// where there is no other gateway to turn to.
func (p *Plan) nodeWatchScript(r *plan.Region) []byte {
	if len(r.Region.Gateways.Nodes) < 2 || r.RoutesInCloud() || r.Region.Gateways.Mode == schema.ModePerNode {
		return nil
	}
	return script("nodewatch.sh.tmpl", p.scriptData(r, &r.Hosts[0]))
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

// script fills one of the templates in. Both can fail only by a fault of ours that
// every test of the package meets.
func script(name string, d scriptData) []byte {
	t := template.Must(template.ParseFS(scriptFiles, "templates/"+name))
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (p *Plan) scriptData(r *plan.Region, h *plan.Host) scriptData {
	d := scriptData{
		Region:   r.Region.Name,
		Guarded:  scriptPrefixes(r.Region.Advertised()),
		Local:    localPrefixes(h),
		Remote:   scriptPrefixes(r.Remote()),
		Transit:  scriptPrefixes(r.Transit()),
		Spoofed:  scriptPrefixes(r.Spoofed),
		Settings: p.scriptSettings(r),
	}
	for _, n := range h.Gateways {
		d.Gateways = append(d.Gateways, newScriptGateway(n))
	}
	return d
}

func (p *Plan) scriptSettings(r *plan.Region) []scriptSetting {
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
	g.Health = netip.AddrPortFrom(n.InternalIP, HealthPort).String()
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

// hostDir is the host's own directory, with a slash; empty for what all hosts share.
func hostDir(h *plan.Host) string {
	if h.Node == nil {
		return ""
	}
	return h.Node.Name + "/"
}
