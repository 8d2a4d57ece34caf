package steps

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// leaving takes back what regions have that are leaving. It comes before all else: what
// follows cuts their hosts off.
func (b *builder) leaving() {
	gone := b.p.Leaving()
	if len(gone) == 0 {
		return
	}
	before := b.p.Before()
	var done []Step
	each(before, func(s *Step) { done = append(done, *s) })
	var names []string
	for _, r := range gone {
		names = append(names, r.Region.Name)
		l := leaver{builder{p: before, visit: b.visit}, r, done}
		l.region()
	}
	all := strings.Join(names, " and ")
	b.add(Step{Phase: Leave, Title: "Let the others forget " + all,
		Why: "With the steps below, in their order, where a file differs from what is in force: the policy, the clouds' routes, the other hosts, the cluster. " +
			"Then delete the devices of " + all + " in the tailnet, and revoke their keys. Last, take " + all + " out of `spec.leaving`, and render once more.",
		Works: "kubectl get nodes -L " + schema.RegionLabel, Shows: "no node of " + all})
}

// leaver takes one region away. Its plan is that of before.
type leaver struct {
	builder
	r    *plan.Region
	done []Step // of all regions, in order
}

func (l *leaver) region() {
	name, dir := l.r.Region.Name, plan.LeavingPath(l.r.Region.Name)
	nodes := spell(l.r.NodeLabels())
	l.add(Step{Phase: Leave, Title: "Drain the nodes of " + name,
		Why: "First of all, before anything of this tree is put in force: what follows below cuts these hosts off. Where a controller applies what is committed (Flux, Argo CD), commit when this part is done, or suspend it until then. " +
			"Pods end, and others take their place, as long as the way to them is there.",
		Run:   []string{"kubectl drain -l " + nodes + " --ignore-daemonsets --delete-emptydir-data"},
		Works: "kubectl get nodes -l " + nodes, Shows: "SchedulingDisabled for every node"})
	l.daemons(dir)
	l.hosts()
	if c := l.r.Cloud; c != nil {
		l.add(Step{Phase: Leave, Title: "Take the routes out of the network of " + name,
			Run:   []string{"cloud/" + plan.CloudProgram(c.Cloud) + " remove " + dir + "cloud/tables"},
			Needs: "an account of " + l.r.Region.Provider})
	}
	l.add(Step{Phase: Leave, Title: "Delete the nodes of " + name,
		Run:   []string{"kubectl delete node --ignore-not-found -l " + nodes},
		Works: "kubectl get nodes -l " + nodes, Shows: "that nothing is found"})
	if l.r.PluginObjects() {
		l.add(Step{Phase: Leave, Title: "Delete what the network plugin was told of " + name,
			Run:   []string{"kubectl delete --ignore-not-found -f " + dir + "cni.yaml"},
			Needs: "the plugin's own installation"})
	}
}

func (l *leaver) daemons(dir string) {
	if !onCluster(l.r) && !l.r.HasForm(schema.RouteFormDaemonSet) {
		return
	}
	run := []string{"kubectl delete --cascade=foreground --ignore-not-found --timeout=5m -f " + dir + "daemonsets.yaml"}
	if onCluster(l.r) && l.r.State == plan.StateSecret {
		for _, n := range l.r.GatewayNames() {
			run = append(run, "kubectl -n "+schema.Namespace+" delete secret --ignore-not-found "+plan.StateSecretName(n))
		}
	}
	l.add(Step{Phase: Leave, Title: "Delete the DaemonSets of " + l.r.Region.Name,
		Why: "A gateway's pod takes back its rules and routes when it ends; the first command waits for that. Routes of other nodes stay until the steps on the hosts.", Run: run})
}

// hosts come before the gateways that carry them, and these in the opposite order, the
// standby first.
func (l *leaver) hosts() {
	name := l.r.Region.Name
	if l.p.MachineConfig() {
		// talos.dev v1.10, how to scale down a cluster: it drains, leaves etcd and erases the disks.
		l.add(Step{Phase: Leave, Title: "Reset the hosts of " + name, For: l.r.GatewayNames(),
			Why:   "Everything of ours is in their machine configuration: what a host is reset to has none of it. It **wipes their disks**; who wants to keep a host applies a machine configuration without the patch instead.",
			Run:   []string{"talosctl reset --reboot --nodes ADDRESS   # of each, the gateways last"},
			Needs: "a host of " + l.distribution().Title})
		return
	}
	l.host("each other node of "+name, "", name)
	for _, n := range slices.Backward(l.r.Region.Gateways.Nodes) {
		l.host(n.Name, n.Name, "")
	}
}

// host takes everything back that was done on a host: what was done last comes first. What
// the API server was told of it is the whole region's, and stands in other steps.
func (l *leaver) host(title, gateway, nodesOf string) {
	s := Step{Phase: Leave, Title: "Take back what is on " + title, On: title, NodesOf: nodesOf}
	for _, d := range slices.Backward(l.done) {
		if d.Phase == Leave || gateway != "" && d.On != gateway || gateway == "" && d.NodesOf != nodesOf {
			continue
		}
		for _, line := range d.Undo {
			if !strings.HasPrefix(line, "kubectl ") {
				s.Run = append(s.Run, line)
			}
		}
		if len(d.Undo) > 0 && d.Needs != "" {
			s.Needs = d.Needs
		}
	}
	if gateway != "" && onCluster(l.r) && l.r.State == plan.StateHost {
		s.Run = append(s.Run, "rm -rf "+host.HostStateDir) // the DaemonSet's pod kept its identity there
	}
	if len(s.Run) == 0 {
		return
	}
	if slices.Contains(s.Run, Removed) {
		bundle := "--host " + gateway
		if gateway == "" {
			bundle = "--nodes-of " + nodesOf
		}
		s.Why = "Where the host has no such program, as where a DaemonSet or an image brought the others, bring it one that does the same, for as long as the region is in `spec.leaving`: " +
			"`kustomize-hybrid bundle $TOPOLOGY " + bundle + " -o - | ssh root@HOST 'mkdir -p leaving && tar -xf - -C leaving && leaving/install.sh remove --purge'`."
	}
	l.add(s)
}
