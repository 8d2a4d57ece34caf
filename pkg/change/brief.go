package change

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Brief is what rendering a topology over the tree of an earlier one changes: the whole way at
// once, without phases.
func Brief(before, after *schema.Topology, was, is Tree) []Change {
	changes, _ := whole(plan.New(before), plan.New(after), was, is)
	return changes
}

// Lines are changes with one line for each kind.
func Lines(list []Change) []string {
	const width = 160
	var lines []string
	for i := 0; i < len(list); {
		var parts []string
		kind, length, left := list[i].Kind, 0, 0
		for ; i < len(list) && list[i].Kind == kind; i++ {
			part := list[i].String()
			if length += len(part); length > width && len(parts) > 0 {
				left++
				continue
			}
			parts = append(parts, part)
		}
		if left > 0 {
			parts = append(parts, fmt.Sprintf("and %d more", left))
		}
		lines = append(lines, string(kind)+" "+strings.Join(parts, "; "))
	}
	return lines
}

// Counted is how many files a tree gains, loses and has with other contents, in words; empty
// for none.
func Counted(was, is Tree) string {
	var gained, lost, other int
	for _, path := range changed(was, is) {
		_, before := was[path]
		_, after := is[path]
		switch {
		case !before:
			gained++
		case !after:
			lost++
		default:
			other++
		}
	}
	if gained+lost+other == 0 {
		return ""
	}
	return fmt.Sprintf("%d new, %d gone, %d other", gained, lost, other)
}

// Orphan is something that a tree can take back, and that no tree can once another topology has
// been rendered over it.
type Orphan struct {
	// Region is where it is, and What it is.
	Region, What string
	// First is the command that takes it back, run in the old tree. It needs a file of that
	// tree where Only says so, and otherwise does as well without.
	First string
	Only  bool
}

// Orphans are things that the next tree no longer takes back, of regions that both topologies
// have or that have left: what regions that are gone have is refused elsewhere. Sorted by
// region.
func Orphans(before, after *schema.Topology) []Orphan {
	old, now := plan.New(before), plan.New(after)
	var list []Orphan
	for i := range old.Regions {
		r := &old.Regions[i]
		name := r.Region.Name
		next := find(now, name)
		if next == nil {
			continue
		}
		if c := r.Cloud; c != nil && (next.Cloud == nil || next.Cloud.Owner != c.Owner || next.Cloud.Cloud != c.Cloud || len(without(c.Tables, next.Cloud.Tables)) > 0) {
			list = append(list, Orphan{name, "routes and rules in the provider's network, which the next tree does not know", "cloud/" + plan.CloudProgram(c.Cloud) + " remove " + tree.InRegion(name, "cloud/tables"), true})
		}
		for _, d := range []struct {
			daemon     string
			was, stays bool
		}{
			{"gateway-" + name, r.Region.Gateways.Mode == schema.ModeDaemonSet, next.Region.Gateways.Mode == schema.ModeDaemonSet},
			{"routes-" + name, r.HasForm(schema.RouteFormDaemonSet), next.HasForm(schema.RouteFormDaemonSet)},
		} {
			if d.was && !d.stays {
				list = append(list, Orphan{name, "DaemonSet " + d.daemon + ", which nothing deletes", "kubectl -n " + schema.Namespace + " delete --ignore-not-found daemonset " + d.daemon, false})
			}
		}
	}
	for _, r := range old.Leaving() {
		name := r.Region.Name
		if find(now, name) == nil && named(after.Spec.Leaving, name) == nil {
			list = append(list, Orphan{name, plan.LeavingPath(name) + ", by which the region is taken back", "kustomize-hybrid steps rendered-from.yaml --phase leave", false})
		}
	}
	slices.SortStableFunc(list, func(a, b Orphan) int { return strings.Compare(a.Region, b.Region) })
	return list
}
