package eval

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Device is a member of the tailnet, for questions that depend on who is there.
type Device struct {
	Name string
	// User owns the device; empty for a tagged one.
	User string
	Tags []string
	// Addrs are its tailnet addresses.
	Addrs []netip.Addr
	// Routes are the prefixes it advertises and that are approved.
	Routes []netip.Prefix
}

// Devices are the gateways of the topology whose tailnet address is known.
func Devices(t *schema.Topology) []Device {
	var list []Device
	p := plan.New(t)
	for i := range p.Regions {
		r := p.Regions[i].Region
		for j, n := range r.Gateways.Nodes {
			if !n.TailnetIP.IsValid() {
				continue
			}
			list = append(list, Device{
				Name: n.Name, Tags: append([]string{t.Spec.Tailnet.GatewayTag(r.Name)}, n.Tags...),
				Addrs: []netip.Addr{n.TailnetIP}, Routes: p.Regions[i].Routes(j),
			})
		}
	}
	return list
}

// prefixes are the device's addresses and what it routes. An exit node does not
// offer a network behind it (headscale 0.29.2, testdata routes-ea1).
func (d Device) prefixes() []netip.Prefix {
	list := append(d.own(), d.Routes...)
	return slices.DeleteFunc(list, func(p netip.Prefix) bool { return p.Bits() == 0 })
}

func (d Device) own() []netip.Prefix {
	var list []netip.Prefix
	for _, a := range d.Addrs {
		list = append(list, netip.PrefixFrom(a, a.BitLen()))
	}
	return list
}
