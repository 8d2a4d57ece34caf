package change

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Action is one thing that somebody does.
type Action struct {
	Title string `json:"title"`
	// On is the host that it is done on; empty for where the tree is.
	On string `json:"on,omitempty"`
	// Run are shell commands, a line each; there are none where a console is the place.
	Run []string `json:"run,omitempty"`
}

// Directory is where the topologies of phases are written: phase-0 is the old one.
const Directory = "$PHASES"

// File is where the topology of a phase is, below the directory of all.
func File(number int) string { return fmt.Sprintf("phase-%d/topology.yaml", number) }

// BackFile is the topology by which the undo of a phase goes, where it has one.
func BackFile(number int) string { return fmt.Sprintf("phase-%d/undo.yaml", number) }

func rendering(title, file string) Action {
	return Action{Title: title, Run: []string{"TOPOLOGY=" + Directory + "/" + file, "kustomize-hybrid render $TOPOLOGY -o ."}}
}

// work works out what is done in a phase, and what takes it back.
func (p *Phase) work(before, after *plan.Plan, was, is Tree) {
	p.Changes, p.Restarts = whole(before, after, was, is)
	p.Do = append([]Action{rendering(fmt.Sprintf("Render phase %d", p.Number), File(p.Number))}, actions(before, after, was, is)...)
	if p.Back != nil {
		p.Undo = append(p.Undo, rendering("Render what takes back what was added", BackFile(p.Number)), leave())
	}
	p.Undo = append(p.Undo, dropped(after, before)...)
	p.Undo = append(p.Undo, rendering(fmt.Sprintf("Render phase %d", p.Number-1), File(p.Number-1)))
	back := slices.DeleteFunc(actions(after, before, is, was), func(a Action) bool { return slices.ContainsFunc(p.Undo, a.same) })
	p.Undo = append(p.Undo, back...)
}

func (a Action) same(b Action) bool {
	return a.Title == b.Title && a.On == b.On && slices.Equal(a.Run, b.Run)
}

func leave() Action {
	return Action{Title: `Do the part "Regions that leave" of STEPS.md, to its end`, Run: []string{"kustomize-hybrid steps $TOPOLOGY --phase leave"}}
}

// actions are the steps of the plan after whose files have changed, and those of hosts that
// are new. What is approved comes before it is advertised, what is advertised before it is
// routed to, and routes before pods; where things go, the other way round.
func actions(before, after *plan.Plan, was, is Tree) []Action {
	var list []Action
	paths := slices.DeleteFunc(changed(was, is), func(path string) bool { return strings.HasPrefix(path, plan.VerifyPath) })
	if len(newLeaving(before, after)) > 0 {
		list = append(list, leave())
	}
	withdraws := withdrawing(before, after)
	if withdraws {
		list = append(list, unused(before, after)...)
	}
	given, taken := devices(before, after)
	list = append(list, taken...)
	list = append(list, dropped(before, after)...)
	due := slices.DeleteFunc(steps.List(after), func(s steps.Step) bool { return !isDue(&s, before, after, paths) })
	joined := joining(before, after)
	slices.SortStableFunc(due, func(a, b steps.Step) int {
		if withdraws {
			return rank(&b, nil) - rank(&a, nil)
		}
		return rank(&a, joined) - rank(&b, joined)
	})
	for _, s := range standbysFirst(after, due) {
		if s.Phase != steps.Tailnet { // a tag is known once the policy names it
			list, given = append(list, given...), nil
		}
		list = append(list, Action{Title: titleOf(&s, before, after), On: s.On, Run: s.Run})
	}
	return append(list, given...)
}

// standbysFirst has what is done on the gateways of a region in the reverse of their failover
// order, so that the primary is the last to restart; what is done on one host stays in its order.
func standbysFirst(p *plan.Plan, due []steps.Step) []steps.Step {
	region, place := map[string]string{}, map[string]int{}
	for i := range p.Regions {
		for j, name := range p.Regions[i].GatewayNames() {
			region[name], place[name] = p.Regions[i].Region.Name, j
		}
	}
	for i := 0; i < len(due); {
		n := i + 1
		for n < len(due) && region[due[i].On] != "" && region[due[n].On] == region[due[i].On] && rank(&due[n], nil) == rank(&due[i], nil) {
			n++
		}
		slices.SortStableFunc(due[i:n], func(a, b steps.Step) int { return place[b.On] - place[a.On] })
		i = n
	}
	return due
}

// isDue reports whether a step has to be done, or done again.
func isDue(s *steps.Step, before, after *plan.Plan, paths []string) bool {
	switch s.Phase {
	case steps.Leave, steps.Verify, steps.Later:
		return false
	}
	if slices.ContainsFunc(paths, func(path string) bool {
		return slices.ContainsFunc(s.Of, func(of string) bool { return path == of || strings.HasSuffix(of, "/") && strings.HasPrefix(path, of) })
	}) {
		return s.On == "" || s.NodesOf != "" || arranged(s.On, after) // one that leaves is the leave step's
	}
	if s.Tags != "" && retagged(before, after) {
		return true
	}
	hosts := append(slices.Clone(s.For), s.On)
	return slices.ContainsFunc(hosts, func(h string) bool { return isNew(h, before, after) }) ||
		s.NodesOf != "" && find(after, s.NodesOf) != nil && find(before, s.NodesOf) == nil
}

// titleOf is the step's title; a key is made for those alone that have none with its tags.
func titleOf(s *steps.Step, before, after *plan.Plan) string {
	if s.Tags == "" || retagged(before, after) {
		return s.Title
	}
	holders := slices.DeleteFunc(slices.Clone(s.For), func(h string) bool { return !isNew(h, before, after) })
	if len(holders) == 0 {
		return s.Title
	}
	return steps.KeyTitle(s.Tags, holders)
}

// isNew reports whether a gateway comes with the plan after.
func isNew(name string, before, after *plan.Plan) bool {
	return arranged(name, after) && !arranged(name, before)
}

// arranged reports whether a plan has a gateway of that name.
func arranged(name string, p *plan.Plan) bool {
	return slices.ContainsFunc(p.Regions, func(r plan.Region) bool { return slices.Contains(r.GatewayNames(), name) })
}

// joining are the gateways that regions have already which get more, and these regions.
func joining(before, after *plan.Plan) map[string]bool {
	joined := map[string]bool{}
	for i := range after.Regions {
		r := &after.Regions[i]
		old := find(before, r.Region.Name)
		if old == nil || len(without(r.GatewayNames(), old.GatewayNames())) == 0 {
			continue
		}
		joined[r.Region.Name] = true
		for _, name := range old.GatewayNames() {
			joined[name] = true
		}
	}
	return joined
}

// rank is the place of a step where something comes. Where a region gets more gateways, those
// come first and then the other nodes' routes to them: the gateways that were there restart
// when nodes have others to send to.
func rank(s *steps.Step, joined map[string]bool) int {
	switch {
	case s.Phase == steps.Tailnet:
		return 0
	case s.Phase == steps.Cluster && slices.Contains(s.Of, "cluster/"):
		return 5
	case s.Phase == steps.Cluster && slices.Contains(s.Of, "cni/"):
		return 8
	case s.Phase == steps.Cluster:
		return 1
	case s.Phase == steps.Hosts && s.NodesOf == "" && !joined[s.On]:
		return 2
	case s.Phase == steps.Hosts && joined[s.NodesOf]:
		return 3
	case s.Phase == steps.Hosts && s.NodesOf == "":
		return 4
	case s.Phase == steps.Cloud:
		return 6
	case s.Phase == steps.Hosts:
		return 7
	}
	return 9
}

// withdrawing reports whether a change takes routes away and brings none.
func withdrawing(before, after *plan.Plan) bool {
	gone := false
	for _, c := range differences(Approved, approved(acl.FromPlan(before)), approved(acl.FromPlan(after))) {
		if len(c.Gained) > 0 {
			return false
		}
		gone = true
	}
	return gone
}

// newLeaving are regions that begin to leave: of others there is nothing left, or nothing new.
func newLeaving(before, after *plan.Plan) []string {
	var names []string
	for _, r := range after.Given.Spec.Leaving {
		if named(before.Given.Spec.Regions, r.Name) != nil {
			names = append(names, r.Name)
		}
	}
	return names
}

// unused asks the cluster whether what is withdrawn is in use.
func unused(before, after *plan.Plan) []Action {
	held := pools(before, after)
	if len(held) == 0 {
		return nil
	}
	var gone []string
	for _, c := range held {
		gone = append(gone, c.Lost...)
	}
	return []Action{{Title: "See that nothing uses " + strings.Join(gone, ", "),
		Run: []string{"# Drain nodes that have a block of it, and let them join anew, until this has no finding and no pod has such an address:", "kubectl get nodes -o yaml >nodes.yaml && kustomize-hybrid validate $TOPOLOGY nodes.yaml", "kubectl get pods -A -o wide"}}}
}

// devices are given tags, and lose them, where they are managed.
func devices(before, after *plan.Plan) (given, taken []Action) {
	was, is := tags(before), tags(after)
	for _, f := range []facets{was, is} {
		maps.DeleteFunc(f, func(name string, _ []string) bool { return !arranged(name, before) || !arranged(name, after) })
	}
	for _, c := range differences(Gateways, was, is) {
		who := strings.Join(c.Subjects, ", ")
		if len(c.Gained) > 0 {
			given = append(given, Action{Title: "At the control server, give the devices of " + who + " the tag " + strings.Join(c.Gained, ", ") + ", too"})
		}
		if len(c.Lost) > 0 {
			taken = append(taken, Action{Title: "At the control server, take the tag " + strings.Join(c.Lost, ", ") + " off the devices of " + who})
		}
	}
	return given, taken
}

// tags are those that gateways carry beside their region's. Those of gateways that are not in
// both plans are given with their keys.
func tags(p *plan.Plan) facets {
	f := facets{}
	for i := range p.Regions {
		r := &p.Regions[i]
		for _, n := range r.Region.Gateways.Nodes {
			f.add(n.Name, append([]string{p.Topology.Spec.Tailnet.GatewayTag(r.Region.Name)}, n.Tags...)...)
		}
	}
	return f
}

// retagged reports whether gateways that both plans have carry another tag of their region.
func retagged(before, after *plan.Plan) bool {
	return slices.ContainsFunc(after.Regions, func(r plan.Region) bool {
		return find(before, r.Region.Name) != nil && before.Topology.Spec.Tailnet.GatewayTag(r.Region.Name) != after.Topology.Spec.Tailnet.GatewayTag(r.Region.Name)
	})
}

// dropped takes gateways back that regions lose which stay.
func dropped(before, after *plan.Plan) []Action {
	var list []Action
	for i := range before.Regions {
		r := &before.Regions[i]
		if find(after, r.Region.Name) == nil {
			continue
		}
		for _, n := range r.Region.Gateways.Nodes {
			if !arranged(n.Name, after) {
				list = append(list, drop(before, r, &n))
			}
		}
	}
	return list
}

func drop(p *plan.Plan, r *plan.Region, n *schema.GatewayNode) Action {
	a := Action{Title: "Take gateway " + n.Name + " back, and delete its device in the tailnet", On: n.Name}
	switch {
	case r.Region.Gateways.Mode == schema.ModeDaemonSet:
		a.On = ""
		var labels []string
		for _, l := range without(keys(r.Region.Gateways.NodeSelector), nil) {
			labels = append(labels, l+"-")
		}
		a.Run = []string{"kubectl label node " + n.Name + " " + strings.Join(labels, " ")}
	case p.MachineConfig():
		a.Title += "; its machine configuration goes without the patch"
	default:
		a.Run = []string{steps.Removed}
	}
	return a
}

func keys(m map[string]string) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	return list
}
