package validate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about private links.
const (
	CodeLinkRegions diag.Code = "link-regions" // a link between what is not two regions with networks
	CodeLinkMTU     diag.Code = "link-mtu"     // packets that a link does not carry
)

// links checks what private links join, and what they carry.
func links(p *plan.Plan) diag.List {
	var list diag.List
	for k := range p.Given.Spec.Links {
		linkRegions(p, k, &list)
		linkMTU(p, k, &list)
	}
	return list
}

func linkPath(k int) string { return diag.Index("spec.links", k) }

func linkRegions(p *plan.Plan, k int, list *diag.List) {
	l := &p.Given.Spec.Links[k]
	if len(l.Regions) != 2 {
		names := "one region"
		if len(l.Regions) != 1 {
			names = fmt.Sprintf("%d regions", len(l.Regions))
		}
		list.Errorf(CodeLinkRegions, linkPath(k)+".regions", "the link names %s, and joins two", names).
			Fix("name two regions; write a link for each pair")
		return
	}
	if l.Regions[0] == l.Regions[1] {
		list.Errorf(CodeLinkRegions, linkPath(k)+".regions", "the link has region %q at both ends", l.Regions[0]).
			Fix("name the two regions that it joins; within a region no link is needed")
		return
	}
	for e, name := range l.Regions {
		at := diag.Index(linkPath(k)+".regions", e)
		i := slices.IndexFunc(p.Given.Spec.Regions, func(r schema.Region) bool { return r.Name == name })
		switch {
		case i < 0:
			list.Errorf(CodeLinkRegions, at, "the link ends at %q, and no region has that name", name).Fix("write the name of a region")
		case p.Topology.Spec.Regions[i].HostAddress == schema.HostAddressMade:
			list.Errorf(CodeLinkRegions, at, "the link ends at region %q, whose hosts make their own addresses: no network of theirs can have a route to the other end", name).
				See(regionPath(i), "region %q is described here", name).Fix("drop the link; the tailnet joins such hosts")
		}
	}
	for j := range k {
		if o := &p.Given.Spec.Links[j]; len(o.Regions) == 2 && o.Other(l.Regions[0]) == l.Regions[1] {
			list.Errorf(CodeLinkRegions, linkPath(k), "regions %q and %q have a link already", l.Regions[0], l.Regions[1]).
				See(linkPath(j), "it stands here").Fix("drop one of them")
		}
	}
}

// linkMTU: without a tunnel nobody tells hosts of the pair that packets have to be
// smaller, and what is too large is lost where path MTU discovery does not work. A link of
// which nothing is said carries Ethernet's packets, which many a cloud's own exceed.
func linkMTU(p *plan.Plan, k int, list *diag.List) {
	l := &p.Given.Spec.Links[k]
	carries := cmp.Or(l.MTU, mtu.Ethernet)
	untold := ""
	if l.MTU == 0 {
		untold = "; or say what the link carries (mtu) where that is more"
	}
	for _, name := range l.Regions {
		i := slices.IndexFunc(p.Given.Spec.Regions, func(r schema.Region) bool { return r.Name == name })
		if i < 0 {
			continue
		}
		r := &p.Topology.Spec.Regions[i]
		around := mtu.Overhead(r)
		if sent := mtu.Pod(r) + around; sent > carries {
			list.Warnf(CodeLinkMTU, linkPath(k)+".mtu", "the link carries packets of %d bytes, and pods of region %q send up to %d: what is larger is lost wherever no answer says so", carries, name, sent).
				See(regionPath(i), "region %q is described here", name).
				Fix("set cni.mtu of region %q to %d or less%s; or suppress this finding where the link fragments, or answers", name, carries-around, untold)
		}
	}
}

// beyondTunnel reports whether region i reaches the places of the API server through its
// gateways only: not where one of them is in the region, in a linked one, or in none.
func beyondTunnel(p *plan.Plan, homes []int, i int) bool {
	return len(homes) > 0 && !slices.ContainsFunc(homes, func(home int) bool {
		return home == none || home == i || slices.Contains(p.Regions[i].Linked(), home)
	})
}
