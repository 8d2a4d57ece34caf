package reach

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// End is where a packet starts or arrives: a host, or the pod on it.
type End struct {
	Pod  bool
	host *host
}

// String is the end as a command line has it: HOST, or pod@HOST.
func (e End) String() string {
	if e.Pod {
		return "pod@" + e.host.name
	}
	return e.host.name
}

// Has reports whether an address is the host's, in its region or in the tailnet, or its pod's.
func (e End) Has(a netip.Addr) bool {
	return a == e.host.addr || a == e.host.tailnet || a == e.host.pod
}

// Region is the name of the region that the end is in.
func (e End) Region() string { return e.host.region.name }

// Address is the one by which others reach the end.
func (e End) Address() netip.Addr {
	if e.Pod {
		return e.host.pod
	}
	return e.host.addr
}

// Ends are all hosts and, where they have one, their pods.
func (w *World) Ends() []End {
	var all []End
	for _, h := range w.hosts() {
		all = append(all, End{false, h})
		if h.pod.IsValid() {
			all = append(all, End{true, h})
		}
	}
	return all
}

// Find is the end that a text means: a host or, for a region, one of its hosts that are no
// gateway; either with "pod@" before it; or an address of a host, a pod, or of a region's
// prefixes. The error says what there is.
func (w *World) Find(text string) (End, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return w.findAddress(a)
	}
	name, pod := strings.CutPrefix(text, "pod@")
	h := w.findHost(name)
	switch {
	case h == nil:
		return End{}, fmt.Errorf("there is no host, region or address %q%s", name, w.others())
	case pod && !h.pod.IsValid():
		return End{}, fmt.Errorf("%s has no pods: region %q has no podCIDRs of IPv4", h.name, h.region.name)
	}
	return End{pod, h}, nil
}

func (w *World) findHost(name string) *host {
	for _, h := range w.hosts() {
		if h.name == name {
			return h
		}
	}
	for _, r := range w.regions {
		if r.name == name {
			// Where every node is a gateway, the first stands for all.
			return r.hosts[0]
		}
	}
	return nil
}

// names are those of hosts and regions.
func (w *World) names() []string {
	var all []string
	for _, r := range w.regions {
		all = append(all, r.name)
		for _, h := range r.hosts {
			if h.name != r.name {
				all = append(all, h.name)
			}
		}
	}
	return all
}

// others is what the end of a message about a name that nobody has says.
func (w *World) others() string {
	names := w.names()
	if len(names) > 12 {
		names = append(names[:12:12], fmt.Sprintf("and %d more", len(names)-12))
	}
	return "; there are " + strings.Join(names, ", ")
}

// findAddress is the host or pod with an address, or one of its region that stands for it.
func (w *World) findAddress(a netip.Addr) (End, error) {
	if !a.Is4() {
		return End{}, fmt.Errorf("%s is no IPv4 address: IPv6 is not walked", a)
	}
	for _, h := range w.hosts() {
		switch a {
		case h.addr, h.tailnet:
			return End{false, h}, nil
		case h.pod:
			return End{true, h}, nil
		}
	}
	for _, h := range w.hosts() {
		if h.block.IsValid() && h.block.Contains(a) {
			return End{true, h}, nil
		}
	}
	for _, r := range w.regions {
		if inAny(r.pods, a) && !inAny(r.nodes, a) {
			if h := w.findHost(r.name); h.pod.IsValid() {
				return End{true, h}, nil
			}
		}
		if inAny(r.nodes, a) {
			return End{false, w.findHost(r.name)}, nil
		}
	}
	return End{}, fmt.Errorf("no region has %s among its nodeCIDRs and podCIDRs", a)
}

// Machines are hosts that stand for all of a topology: its gateways and, in regions where not
// every node is one, two nodes that are none, which have the name of their region. Where a
// region has many gateways they are its first, second and last. regions chooses; empty is all.
func Machines(t *schema.Topology, regions ...string) []Machine {
	var all []Machine
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		if len(regions) == 0 || slices.Contains(regions, r.Name) {
			all = append(all, machinesOf(r)...)
		}
	}
	giveTailnet(all, t.Spec.Tailnet.IPPool)
	return all
}

// giveTailnet gives gateways whose address in the tailnet nobody states one of its pool.
func giveTailnet(machines []Machine, pool []netip.Prefix) {
	next := schema.TailnetIPv4().Addr()
	if list := ipv4(pool); len(list) > 0 {
		next = list[0].Masked().Addr()
	}
	for i := range machines {
		m := &machines[i]
		if !m.Gateway || m.Tailnet.Is4() {
			continue
		}
		for next = next.Next(); slices.ContainsFunc(machines, func(o Machine) bool { return o.Tailnet == next }); {
			next = next.Next()
		}
		m.Tailnet = next
	}
}

func machinesOf(r *schema.Region) []Machine {
	nodes := ipv4(r.NodeCIDRs)
	if len(nodes) == 0 {
		return nil
	}
	var all []Machine
	if r.Gateways.Mode != schema.ModePerNode && len(r.Gateways.Nodes) > 0 {
		first, last := &r.Gateways.Nodes[0], &r.Gateways.Nodes[len(r.Gateways.Nodes)-1]
		for i, n := range []*schema.GatewayNode{first, last} {
			m := Machine{Name: r.Name, Region: r.Name, Zone: n.Zone}
			if i > 0 {
				m.Name += "/2"
			}
			m.Address = spare(r, n.InternalIP, i+1)
			all = append(all, m)
		}
	}
	for i := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[i]
		if !n.InternalIP.Is4() {
			continue
		}
		m := Machine{Name: n.Name, Region: r.Name, Zone: n.Zone, Address: n.InternalIP, Gateway: true, Tailnet: n.TailnetIP}
		if own := ipv4(n.PodCIDRs); len(own) > 0 {
			m.Block = own[0]
		}
		all = append(all, m)
	}
	givePods(r, all)
	return all
}

// nth is an address of the prefix whose last bits are those of another one.
func nth(p netip.Prefix, like netip.Addr) netip.Addr {
	a, b := p.Masked().Addr().As4(), like.As4()
	for i := range a {
		keep := min(max(p.Bits()-8*i, 0), 8)
		mask := byte(0xff) << (8 - keep)
		a[i] = a[i]&mask | b[i]&^mask
	}
	return netip.AddrFrom4(a)
}

// spare is an address of the prefix in which a gateway stands, from its end, that no gateway
// has.
func spare(r *schema.Region, beside netip.Addr, n int) netip.Addr {
	nodes := ipv4(r.NodeCIDRs)
	in := nodes[0]
	for _, p := range nodes {
		if beside.IsValid() && p.Contains(beside) {
			in = p
		}
	}
	a := last(in).Prev() // the last is a broadcast address
	for taken := n; in.Contains(a); a = a.Prev() {
		if slices.ContainsFunc(r.Gateways.Nodes, func(g schema.GatewayNode) bool { return g.InternalIP == a }) {
			continue
		}
		if taken--; taken == 0 {
			break
		}
	}
	return a
}

// last is the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	a := p.Masked().Addr().As4()
	for i := range a {
		keep := min(max(p.Bits()-8*i, 0), 8)
		a[i] |= 0xff >> keep
	}
	return netip.AddrFrom4(a)
}

// givePods gives each machine a block of its region's pods and a pod in it, where it has no
// block of its own.
func givePods(r *schema.Region, machines []Machine) {
	pods := ipv4(r.PodCIDRs)
	if len(pods) == 0 {
		return
	}
	whole := pods[0].Masked()
	bits := min(max(24, whole.Bits()+4), 32)
	block := netip.PrefixFrom(whole.Addr(), bits)
	for i := range machines {
		m := &machines[i]
		if !m.Block.IsValid() {
			// Pods that share the nodes' prefix have addresses that no host has.
			block = after(block)
			for slices.ContainsFunc(machines, func(o Machine) bool { return block.Contains(o.Address) }) {
				block = after(block)
			}
			if !whole.Contains(block.Addr()) {
				return // there are more machines than blocks
			}
			m.Block = block
		}
		m.Pod = m.Block.Addr()
		if m.Block.Bits() < 31 {
			m.Pod = m.Pod.Next()
		}
		if m.Block.Bits() <= 28 {
			m.Pod = nth(m.Block, netip.AddrFrom4([4]byte{0, 0, 0, 9}))
		}
	}
}

// after is the prefix of the same length that comes next.
func after(p netip.Prefix) netip.Prefix { return netip.PrefixFrom(last(p).Next(), p.Bits()) }

// Another is the other host, or pod, that stands for the region of an end which is no gateway.
func (w *World) Another(e End) (End, bool) {
	for _, h := range e.host.region.hosts {
		if h != e.host && !h.isGateway() && !e.host.isGateway() {
			return End{e.Pod, h}, true
		}
	}
	return End{}, false
}

// MachineAt is a host with an address that no gateway has, in the region whose nodeCIDRs hold
// it: the API server's, say. It is false where the address is nobody's, or a gateway's.
func MachineAt(t *schema.Topology, a netip.Addr) (Machine, bool) {
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		if !a.Is4() || !inAny(r.NodeCIDRs, a) || slices.ContainsFunc(machinesOf(r), func(m Machine) bool { return m.Address == a || m.Pod == a }) {
			continue
		}
		m := Machine{Name: a.String(), Region: r.Name, Address: a}
		if len(r.Gateways.Nodes) > 0 {
			m.Zone = r.Gateways.Nodes[0].Zone
		}
		return m, r.Gateways.Mode != schema.ModePerNode
	}
	return Machine{}, false
}
