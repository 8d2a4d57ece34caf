package host

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The format of a host's tables and of the fleet's, as program/tables.awk reads them: a
// program refuses any other.
const (
	tablesFormat = "kustomize-hybrid tables 1\n"
	fleetFormat  = "kustomize-hybrid fleet 1\n"
)

// Fleet is what every host is told of all regions: one file, the same for all of them,
// so that what a region itself needs does not grow with the number of the others.
type Fleet struct {
	// Data is fleet.tables.
	Data     []byte
	plan     *plan.Plan
	prefixes plan.Fleet
	header   string
	// sum is by what a host tells that its tables are made for this fleet.
	sum string
	// common has taken in what every host runs.
	common hash.Cloner
}

// NewFleet spells the fleet of a plan. It is worked out once for all hosts.
func NewFleet(p *plan.Plan) *Fleet {
	f := &Fleet{plan: p, prefixes: p.Fleet(), header: tree.Header(p.Topology.Metadata.Name)}
	var t tables
	t.WriteString(fleetFormat + f.header)
	for _, prefix := range f.prefixes {
		t.prefix("prefix", prefix)
	}
	f.Data = t.Bytes()
	sum := sha256.Sum256(f.Data)
	f.sum = hex.EncodeToString(sum[:6])
	common := sha256.New()
	common.Write([]byte(program.Sum() + "\x00"))
	common.Write(append(slices.Clone(f.Data), 0))
	f.common = common.(hash.Cloner)
	return f
}

// NodeTables is what a host is told that is not a gateway.
func (f *Fleet) NodeTables(r *plan.Region) []byte {
	t := f.head(r)
	near := r.Near()
	t.prefixes("own", near)
	t.gateways(r.Hosts[0].Gateways)
	f.remote(t, r, near)
	return t.Bytes()
}

// tables is a file of them that is being written, a line at a time.
type tables struct{ bytes.Buffer }

func (t *tables) line(words ...string) { t.WriteString(strings.Join(words, " ") + "\n") }

// prefix writes one in the spelling of iproute2, which leaves the length of a single
// address out, with its family before it.
func (t *tables) prefix(kind string, p netip.Prefix) { t.line(kind, family(p), spelled(p)) }

func (t *tables) prefixes(kind string, list []netip.Prefix) {
	for _, p := range list {
		t.prefix(kind, p)
	}
}

func family(p netip.Prefix) string {
	if p.Addr().Is4() {
		return "4"
	}
	return "6"
}

func spelled(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// Gateway spells what differs for a gateway host, or for each of the region's where they
// do not differ.
func (f *Fleet) Gateway(r *plan.Region, h *plan.Host) Gateway {
	tables := f.GatewayTables(r, h)
	return Gateway{Tables: tables, Watched: watched(r), Hash: f.hash(tables), Environment: environment(f.plan, r, h)}
}

// watched reports whether gateways of the region keep routes that follow a primary, or
// a setting that tailscaled loses at each start.
func watched(r *plan.Region) bool {
	return r.Relay || r.SourceRoute || r.Region.Gateways.PeerRelay != 0
}

// Node spells what differs for the region's hosts that are not gateways.
func (f *Fleet) Node(r *plan.Region) Node {
	if !r.HostRoutes() {
		return Node{}
	}
	tables := f.NodeTables(r)
	return Node{Tables: tables, Watched: r.Watched(), Hash: f.hash(tables)}
}

// hash is what changes with anything that a host with these tables runs.
func (f *Fleet) hash(tables []byte) string {
	sum, err := f.common.Clone()
	if err != nil {
		panic(err) // a hash of the standard library can be cloned
	}
	sum.Write(append(slices.Clone(tables), 0))
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// GatewayTables is what a gateway is told: tables, beside the programs.
func (f *Fleet) GatewayTables(r *plan.Region, h *plan.Host) []byte {
	t := f.head(r)
	if f.plan.Overlay {
		t.line("setting", "overlay", "yes")
	}
	if r.ByTable {
		t.line("setting", "handOver", "router")
	}
	t.line("setting", "netfilter", string(f.plan.Topology.Spec.Tailnet.NetfilterMode))
	t.line("setting", "relay", yesNo(r.Relay))
	t.line("setting", "sourceRoute", yesNo(r.SourceRoute))
	t.line("setting", "cni", string(r.Region.CNI.Type))
	if port := r.Region.Gateways.PeerRelay; port != 0 {
		t.line("setting", "peerRelay", strconv.Itoa(port))
	}
	t.prefixes("own", h.Own)
	for i, s := range h.Sources {
		// tailscaled spells the length of a single address, too.
		t.line("local", family(s.Prefix), strconv.Itoa(FirstTable+i), spelled(s.Prefix), role(s), s.Primary.String())
	}
	t.gateways(h.Gateways)
	t.prefixes("spoofed", r.Spoofed)
	t.prefixes("buried", f.plan.Buried())
	for _, a := range h.Made {
		t.prefix("made", netip.PrefixFrom(a, a.BitLen()))
	}
	f.remote(t, r, h.Own)
	return t.Bytes()
}

// head opens a host's tables: what they are, whose, and for which fleet.
func (f *Fleet) head(r *plan.Region) *tables {
	t := &tables{}
	t.WriteString(tablesFormat + f.header)
	t.line("region", r.Region.Name)
	t.line("fleet", f.sum)
	return t
}

// remote writes what differs from the fleet's file for a host that has own without the
// tailnet.
func (f *Fleet) remote(t *tables, r *plan.Region, own []netip.Prefix) {
	t.prefixes("source", r.GatewaySources())
	except, remote := f.prefixes.Around(plan.NewFleet(own))
	t.prefixes("except", except)
	t.prefixes("remote", remote)
}

// role tells prefixes in which gateways' own addresses may lie from the others.
func role(s plan.Source) string {
	if s.Nodes {
		return "node"
	}
	return "pod"
}

// gateways writes those that packets can be handed to, in failover order; "-" stands for
// an address that one does not have.
func (t *tables) gateways(nodes []schema.GatewayNode) {
	for _, n := range nodes {
		four, six := "-", "-"
		for _, a := range n.Addresses() {
			if a.Is4() {
				four = a.String()
			} else {
				six = a.String()
			}
		}
		t.line("gateway", n.Name, four, six, netip.AddrPortFrom(n.InternalIP, facts.TailscaleHealthPort).String())
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
