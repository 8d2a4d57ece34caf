package plan

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// AddressDevice is the device on which a host has an internalIP that it made. It is one of
// the cards that Cilium has to be told: of several, Cilium sends by the one with the
// node's address (cilium 1.17.4, pkg/datapath/tables/direct_routing_device.go).
const AddressDevice = "kh0"

// hostAddress is what a topology means that does not say. A host whose one node CIDR is
// its own private address, and which peers reach at another, has either been given both
// or, on a machine that is rented by itself, only the second. Where the address is there
// already, host-address.sh leaves it where it is. What is known of a provider's network is
// that it gives every host a private address.
func hostAddress(r *schema.Region, d schema.Distribution) schema.HostAddress {
	if len(r.Gateways.Nodes) != 1 || r.Gateways.Mode == schema.ModeDaemonSet || facts.Provider(r.Provider).Fabric.IsKnown() || !MakesAddresses(d) {
		return schema.HostAddressGiven
	}
	n := &r.Gateways.Nodes[0]
	own := hostPrefixes(n)
	if len(own) == 0 || !slices.Equal(own, sortedPrefixes(r.NodeCIDRs)) || slices.ContainsFunc(own, func(p netip.Prefix) bool { return !schema.IsInside(p) }) {
		return schema.HostAddressGiven
	}
	if !n.PublicIP.IsValid() || n.UnderNAT || schema.IsInside(netip.PrefixFrom(n.PublicIP, n.PublicIP.BitLen())) {
		return schema.HostAddressGiven
	}
	return schema.HostAddressMade
}

// MakesAddresses reports whether hosts of the distribution take the unit that makes an
// address before the kubelet registers it.
func MakesAddresses(d schema.Distribution) bool {
	return d == "" || facts.Distribution(d).KubeletUnits.IsKnown()
}

// HostsApart reports whether every host of the region is a gateway for its own address
// and pods, and reaches the others through the tailnet alone: their addresses are made, so
// no network carries packets between them. The region is one of a plan's Topology.
func HostsApart(r *schema.Region) bool {
	return r.HostAddress == schema.HostAddressMade && r.Gateways.Mode == schema.ModePerNode
}

// hostPrefixes are the host's internal addresses as prefixes, sorted.
func hostPrefixes(n *schema.GatewayNode) []netip.Prefix {
	var own []netip.Prefix
	for _, a := range n.Addresses() {
		own = append(own, netip.PrefixFrom(a, a.BitLen()))
	}
	return sortedPrefixes(own)
}

// made are the addresses that a host of the region makes. Where all hosts are told the
// same there is only one whose address can be made: validation refuses several.
func (r *Region) made(n *schema.GatewayNode) []netip.Addr {
	if r.Region.HostAddress != schema.HostAddressMade {
		return nil
	}
	if n == nil && len(r.Region.Gateways.Nodes) == 1 {
		n = &r.Region.Gateways.Nodes[0]
	}
	if n == nil {
		return nil
	}
	return n.Addresses()
}

// NodeIP is what the host's kubelet is told of the addresses that it makes (--node-ip);
// empty where it makes none.
func (h *Host) NodeIP() string {
	list := make([]string, len(h.Made))
	for i, a := range h.Made {
		list[i] = a.String()
	}
	return strings.Join(list, ",")
}

// Names are the hosts of the region that h stands for.
func (r *Region) Names(h *Host) []string {
	if h.Node != nil {
		return []string{h.Node.Name}
	}
	return r.GatewayNames()
}

// apartHost sends what it sends by its own tunnel, and everything but its own address and
// pods is remote to it.
func apartHost(r *Region, i int) Host {
	n := &r.Region.Gateways.Nodes[i]
	own, nodes := r.Routes(i), hostPrefixes(n)
	h := Host{Node: n, Advertise: own, Own: own, Gateways: []schema.GatewayNode{*n}}
	for _, p := range own {
		h.Sources = append(h.Sources, Source{p, p, slices.Contains(nodes, p)})
	}
	return h
}
