package draft

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// node is what a Node says of its host.
type node struct {
	name, region, provider, zone, instance string
	// server reports whether an API server runs there.
	server    bool
	addresses []netip.Addr
	labels    map[string]string
}

// Labels of Nodes (kubernetes v1.33.1, k8s.io/api core/v1/well_known_labels.go;
// cmd/kubeadm/app/constants/constants.go: LabelNodeRoleControlPlane).
const (
	labelRegion       = "topology.kubernetes.io/region"
	labelZone         = "topology.kubernetes.io/zone"
	labelControlPlane = "node-role.kubernetes.io/control-plane"
)

// node reads a Node, and a CiliumNode's blocks.
func (k *known) node(o object) bool {
	switch {
	case o.Kind == "CiliumNode":
		k.cilium[o.Name] = append(k.cilium[o.Name], prefixes(o.dig("spec", "ipam", "podCIDRs"))...)
		for _, pool := range decoded.Items(o.Content, "spec", "ipam", "pools", "allocated") {
			k.cilium[o.Name] = append(k.cilium[o.Name], prefixes(decoded.Dig(pool, "cidrs"))...)
		}
		return true
	case o.Kind != "Node" || o.Group() != "":
		return false
	}
	n := node{name: o.Name, labels: map[string]string{}}
	labels, _ := o.dig("metadata", "labels").(map[string]any)
	for name, v := range labels {
		n.labels[name], _ = v.(string)
	}
	_, n.server = labels[labelControlPlane]
	for _, a := range decoded.Items(o.Content, "status", "addresses") {
		if addr, ok := hostAddress(decoded.Text(a, "address")); ok && decoded.Text(a, "type") == "InternalIP" {
			n.addresses = append(n.addresses, addr)
		}
	}
	n.provider, n.instance = machine(o.text("spec", "providerID"))
	n.region, n.zone = cmp.Or(n.labels[schema.RegionLabel], n.labels[labelRegion]), n.labels[labelZone]
	k.blocks[o.Name] = prefixes(o.dig("spec", "podCIDRs"))
	k.version(o.text("status", "nodeInfo", "kubeletVersion"))
	k.nodes = append(k.nodes, n)
	k.flags(o)
	return true
}

// hostAddress is one that other hosts can send to: a node may have others, and no network can be
// guessed from those.
func hostAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == "" && a.IsGlobalUnicast()
}

// machine is whose machine a providerID names, and what the provider calls it; empty where that
// is nobody's cloud.
func machine(id string) (provider, instance string) {
	scheme, rest, ok := strings.Cut(id, "://")
	for _, p := range facts.Providers() {
		if ok && slices.Contains(p.Controller.Value.Schemes(), scheme) {
			return p.Name, rest[strings.LastIndexByte(rest, '/')+1:]
		}
	}
	return "", ""
}

// group is nodes that are taken for one region.
type group struct {
	name, provider string
	nodes          []node
}

// groups puts nodes into regions: by the label of one, otherwise by whose machines they are and by
// which /16 they stand in.
func (k *known) groups() []group {
	var list []group
	index := map[string]int{}
	for _, n := range k.nodes {
		key := n.provider + " " + n.region
		if n.region == "" && len(n.addresses) > 0 {
			bits := min(16, n.addresses[0].BitLen())
			if n.addresses[0].Is6() {
				bits = 64
			}
			key += netip.PrefixFrom(n.addresses[0], bits).Masked().String()
		}
		i, ok := index[key]
		if !ok {
			i, index[key] = len(list), len(list)
			list = append(list, group{name: n.region, provider: n.provider})
		}
		list[i].nodes = append(list[i].nodes, n)
	}
	// The API server's region is first.
	slices.SortStableFunc(list, func(a, b group) int { return cmp.Compare(servers(b), servers(a)) })
	for i := range list {
		if g := &list[i]; g.name == "" {
			g.name = cmp.Or(g.provider, "site")
		}
	}
	unique(list)
	return list
}

// unique gives groups names that are labels, and each its own.
func unique(list []group) {
	used := map[string]int{}
	for i := range list {
		name := label(list[i].name)
		if used[name]++; used[name] > 1 {
			name = fmt.Sprintf("%s-%d", name, used[name])
		}
		list[i].name = name
	}
}

// label makes a DNS label of a name.
func label(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r | 0x20
		}
		return '-'
	}, s)
	return cmp.Or(strings.Trim(s[:min(len(s), 50)], "-"), "region")
}

func servers(g group) int {
	n := 0
	for _, m := range g.nodes {
		if m.server {
			n++
		}
	}
	return n
}

// cover is the smallest prefix that holds all addresses of the first one's family, at most as long
// as bits.
func cover(addresses []netip.Addr, bits int) netip.Prefix {
	first := addresses[0]
	if first.Is6() {
		bits = 64
	}
	for ; bits > 0; bits-- {
		p := netip.PrefixFrom(first, bits).Masked()
		if !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return a.Is4() == first.Is4() && !p.Contains(a) }) {
			return p
		}
	}
	return netip.Prefix{}
}

// ofFamily are the addresses of one family.
func ofFamily(addresses []netip.Addr, v4 bool) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(addresses), func(a netip.Addr) bool { return a.Is4() != v4 })
}
