package existing

import (
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// calicoPoolFields: a disabled pool gives out nothing; it only keeps natOutgoing off
// a remote range.
func calicoPoolFields(o *Object, r *reading) {
	if disabled, _ := decoded.Dig(o.Content, "spec", "disabled").(bool); !disabled {
		r.add(claim.RolePod, "spec.cidr", decoded.Text(o.Content, "spec", "cidr"))
	}
}

// calicoPoolCheck compares a pool that pods take addresses from with the region that it
// lies in.
func calicoPoolCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	for i := range claims {
		r, ok := w.podsOf(claims[i].Prefix)
		if !ok {
			before := len(*list)
			w.outside(list, &claims[i])
			for _, d := range (*list)[before:] {
				d.Fix("set disabled: true in it once no pod has an address of it, or: %s", d.Remedy)
			}
			continue
		}
		if w.leaves(r.Region.Name) || facts.Plugin(r.Region.CNI.Type).Settings.Value != plugin.SettingsCalico {
			continue
		}
		p := &pool{calico{o, w, list, r}, "spec", claims[i].Prefix}
		p.check(decoded.Text(o.Content, "spec", "ipipMode"), decoded.Text(o.Content, "spec", "vxlanMode"))
	}
}

// podsOf is the region whose podCIDRs hold the prefix.
func (w *wanted) podsOf(p netip.Prefix) (*plan.Region, bool) {
	c := w.claims.First(w.claims.Covering(p), func(c *claim.Claim) bool { return c.Role == claim.RolePod && c.Region >= 0 })
	if c == nil {
		return nil, false
	}
	return &w.plan.Regions[c.Region], true
}

// calico is an object of Calico's beside a region that runs it.
type calico struct {
	*Object
	w      *wanted
	list   *diag.List
	region *plan.Region
}

// report reports a finding about a field, and shows the region's cni.
func (c *calico) report(s diag.Severity, field, format string, args ...any) *diag.Diagnostic {
	d := c.finding(s, CodeObjectDiffers, field, format, args...)
	*c.list = append(*c.list, d)
	return d.See(c.w.path(c.region)+".cni", "the network plugin is chosen here")
}

// calicoRegions calls visit for the regions that run Calico and stay.
func (w *wanted) calicoRegions(visit func(*plan.Region)) {
	for i := range w.plan.Regions[:w.stay] {
		if r := &w.plan.Regions[i]; facts.Plugin(r.Region.CNI.Type).Settings.Value == plugin.SettingsCalico {
			visit(r)
		}
	}
}

// pool is one of Calico's pools, an object of its own or an entry of an Installation.
type pool struct {
	calico
	field string
	cidr  netip.Prefix
}

// check: ipip and vxlan are its two modes.
func (p *pool) check(ipip, vxlan string) {
	p.encapsulation(ipip, vxlan)
	p.selector()
	r := p.region.Region
	if nat, stated := decoded.Dig(p.at(), "natOutgoing").(bool); stated && !nat {
		p.report(diag.Warning, p.field+".natOutgoing", "natOutgoing of pool %s (%s) is off, and for region %q it is rendered on: pods' packets leave for the internet with addresses that nobody answers to", p.cidr, p.ID(), r.Name).
			Fix("set natOutgoing: true; pods keep their addresses between regions, by the disabled pools of cni/calico.yaml")
	}
	size, stated := number(decoded.Dig(p.at(), "blockSize")), r.CNI.NodeBlockSizeIPv4
	name := "nodeBlockSizeIPv4"
	if p.cidr.Addr().Is6() {
		stated, name = r.CNI.NodeBlockSizeIPv6, "nodeBlockSizeIPv6"
	}
	if size != 0 && stated != 0 && size != stated {
		p.report(diag.Error, p.field+".blockSize", "blockSize of pool %s (%s) is %d, and for region %q %d is rendered: the size of a pool's blocks cannot be changed", p.cidr, p.ID(), size, r.Name, stated).
			Fix("write cni.%s: %d", name, size)
	}
}

// at is the pool's own fields.
func (p *pool) at() any {
	if p.field == "spec" {
		return decoded.Dig(p.Content, "spec")
	}
	var i int
	_, _ = fmt.Sscanf(p.field, installationPools+"[%d]", &i)
	return decoded.Items(p.Content, "spec", "calicoNetwork", "ipPools")[i]
}

// encapsulation compares how pods' packets travel between nodes. CrossSubnet goes by the
// node's own subnet, so it encapsulates towards other regions alone.
func (p *pool) encapsulation(ipip, vxlan string) {
	r := p.region.Region
	modes := []poolMode{{"ipipMode", ipip, schema.TunnelIPIP}, {"vxlanMode", vxlan, schema.TunnelVXLAN}}
	// What a pool does says more than what it does not.
	slices.SortStableFunc(modes, func(a, b poolMode) int { return strings.Compare(a.runs, b.runs) })
	for _, mode := range modes {
		want := "Never"
		if r.CNI.Tunnel == mode.by {
			want = "Always"
		}
		if mode.runs == "" || mode.runs == want {
			continue
		}
		d := p.report(diag.Warning, p.field, "pool %s (%s) has %s: %s, and for region %q %s is rendered: how large pods' packets are, and which ports nodes need, differs", p.cidr, p.ID(), mode.name, mode.runs, r.Name, want)
		if mode.runs == "Always" {
			d.Fix("%s in every region that shares the overlay, or set %s: Never", tunnelAdvice(r, mode.by), mode.name)
			return
		}
		d.Fix("set %s: %s, as the pools of regions/%s/cni/calico.yaml have it", mode.name, want, r.Name)
		return
	}
}

// poolMode is whether a pool carries packets by that protocol.
type poolMode struct {
	name, runs string
	by         schema.TunnelProtocol
}

// ofRegion is a selector that our label decides, as Calico writes it.
var ofRegion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(schema.RegionLabel) + ` *== *['"]([^'"]*)['"]$`)
})

// selector finds a pool that nodes of other regions take addresses from. What another
// selector matches is not decided here.
func (p *pool) selector() {
	says, r := decoded.Text(p.at(), "nodeSelector"), p.region.Region
	others := ""
	p.w.calicoRegions(func(o *plan.Region) {
		if o.Region.Name != r.Name {
			others = o.Region.Name
		}
	})
	field := p.field + ".nodeSelector"
	want := fmt.Sprintf("%s == '%s'", schema.RegionLabel, r.Name)
	m := ofRegion().FindStringSubmatch(says)
	switch {
	case m != nil && m[1] != r.Name:
		p.report(diag.Error, field, "pool %s (%s) lies in region %q, and nodes of %q take addresses from it (nodeSelector: %s): packets to them go to region %[3]q", p.cidr, p.ID(), r.Name, m[1], says).
			Fix("set nodeSelector: %s", want)
	case (says == "" || says == "all()") && others != "":
		p.report(diag.Warning, field, "pool %s (%s) lies in region %q, and nodes of every region take addresses from it, those of %q among them: packets to them go to region %[3]q", p.cidr, p.ID(), r.Name, others).
			Fix("set nodeSelector: %s", want)
	}
}

// tunnelAdvice is how a topology says that tunnel, with an MTU that passes through the
// tailnet.
func tunnelAdvice(r *schema.Region, by schema.TunnelProtocol) string {
	tunnelled := *r
	tunnelled.CNI.Tunnel = by
	if fits := mtu.Fits(&tunnelled); mtu.Pod(&tunnelled) > fits {
		return fmt.Sprintf("write cni.tunnel: %s and cni.mtu: %d", by, fits)
	}
	return fmt.Sprintf("write cni.tunnel: %s", by)
}

// felixCheck compares what Felix is told for the whole cluster (calico v3.30.7,
// FelixConfiguration's CRD). That of one node is called node.NAME.
func felixCheck(w *wanted, list *diag.List, o *Object, _ []objectClaim) {
	if o.Name != "default" {
		return
	}
	i := slices.IndexFunc(w.plan.Regions[:w.stay], func(r plan.Region) bool {
		s := facts.Plugin(r.Region.CNI.Type).Settings.Value
		return s == plugin.SettingsCalico || s == plugin.SettingsCanal
	})
	if i < 0 {
		return
	}
	c := &calico{o, w, list, &w.plan.Regions[i]}
	c.marks()
	c.wireGuard()
	c.dataPlane("spec.bpfEnabled", decoded.Dig(o.Content, "spec", "bpfEnabled") == true, decoded.Dig(o.Content, "spec", "nftablesMode") == "Enabled")
	// Felix' own MTUs are those of its devices: pods get what the CNI configuration says.
}

func (c *calico) marks() {
	want := c.region.Region.CNI.MarkMask
	fields := []string{"iptablesMarkMask"}
	if c.region.Region.CNI.DataPlane == schema.DataPlaneNFTables {
		fields = append(fields, "nftablesMarkMask")
	}
	for _, field := range fields {
		says, stated := decoded.Dig(c.Content, "spec", field), false
		mask := uint32(0)
		if n := number(says); n > 0 && n <= math.MaxUint32 {
			mask, stated = uint32(n), true
		}
		if !stated || mask == want || want == 0 {
			continue
		}
		c.report(diag.Warning, "spec."+field, "%s of %s is %#x, and for region %q %#x is rendered: which bits of the firewall mark collide with Tailscale's and kube-proxy's is judged by that", field, c.ID(), mask, c.region.Region.Name, want).
			Fix("give Felix the mask of cni/%s.yaml, and restart calico-node on each node in turn", c.region.Region.CNI.Type)
	}
}

func (c *calico) wireGuard() {
	runs, stated := decoded.Dig(c.Content, "spec", "wireguardEnabled").(bool)
	want := c.region.Region.CNI.Tunnel == schema.TunnelWireGuard
	if !stated || runs == want {
		return
	}
	d := c.report(diag.Warning, "spec.wireguardEnabled", "wireguardEnabled of %s is %t, and for region %q %t is rendered: how large pods' packets are, and which ports nodes need, differs", c.ID(), runs, c.region.Region.Name, want)
	if runs {
		d.Fix("%s in every region that runs it, or set wireguardEnabled: false", tunnelAdvice(c.region.Region, schema.TunnelWireGuard))
		return
	}
	d.Fix("set wireguardEnabled: true, as cni/calico.yaml has it")
}

// dataPlane compares what enforces policy with what the topology says of the region.
func (c *calico) dataPlane(field string, ebpf, nftables bool) {
	runs := schema.DataPlaneIPTables
	switch {
	case ebpf:
		runs = schema.DataPlaneEBPF
	case nftables:
		runs = schema.DataPlaneNFTables
	}
	says := c.region.Region.CNI.DataPlane
	if says == runs || says == "" || runs == schema.DataPlaneIPTables && c.region.Region.CNI.DataPlane != schema.DataPlaneEBPF {
		return
	}
	c.report(diag.Warning, field, "%s says that Calico enforces policy with %s, and the topology says dataPlane: %s for region %q: which mark bits it needs, and what it does beside tailscaled, differs", c.ID(), runs, says, c.region.Region.Name).
		Fix("write cni.dataPlane: %s in every region that runs Calico", runs)
}

// number reads a number as YAML and JSON decode it; 0 where there is none.
func number(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case int64:
		return int(n)
	case uint64:
		return int(n)
	case float64:
		return int(n)
	case string:
		i, _ := strconv.ParseInt(n, 0, 64)
		return int(i)
	}
	return 0
}
