// Package render spells a plan: everything that joins the regions of a topology, for the
// API server, for hosts, for the providers' networks, for network plugins and for the
// tailnet.
//
// Start with Files, which is the whole output tree, or with Objects, which is what of it
// goes to the API server. Both hand over one thing after the other, and work out none
// before it is asked for. What each thing says, the packages below this one know:
// cluster, host, cloud, plugin, report. The same topology gives the same bytes, whatever
// the order of its regions.
package render

import (
	"iter"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/capture"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cloud"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/placement"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/report"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Files yields the files of the output tree, in no particular order, each path once.
// It ends with an error where one cannot be spelled, which is a fault of this module.
// The plan must be of a valid topology: see package validate. The changes to network
// policies, which package readmit makes, are for the report.
func Files(p *plan.Plan, changes []readmit.Change) iter.Seq2[tree.File, error] {
	given := p.Given
	p = p.ByName()
	return func(yield func(tree.File, error) bool) {
		w := &writer{plan: p, fleet: host.NewFleet(p), plugins: plugin.New(p), header: tree.Header(p.Topology.Metadata.Name), yield: yield}
		w.all(host.CommonFiles(w.fleet), nil)
		w.add(capture.File(), nil)
		w.concerns(cluster.Common(p, w.fleet))
		for i := range p.Regions {
			w.region(&p.Regions[i])
		}
		w.concerns(readmission(p))
		w.add(tree.Kustomization(w.header, w.names))
		w.all(w.plugins.ClusterFiles())
		w.all(cluster.Verify(p))
		w.all(cluster.RemoteNetworks(p))
		w.all(placement.Files(p))
		w.all(cloud.Programs(p.Before()), nil)
		for _, r := range p.Leaving() {
			w.leaving(r)
		}
		w.add(tree.File{Path: "tailnet/policy.json", Data: acl.FromPlan(p).JSON()}, nil)
		w.add(tree.File{Path: report.Path, Data: slices.Concat(report.Markdown(p), []byte(report.Policies(changes)), []byte(w.programs.Markdown()))}, nil)
		w.add(tree.File{Path: steps.Path, Data: steps.Markdown(p, steps.Filter{})}, nil)
		w.add(from(w.header, given))
	}
}

// FromPath is where a tree says what it was rendered from, so that it can be compared with what
// is rendered next: the topology in its normal form, defaults left out. It has no secret, since
// no topology has any.
const FromPath = "rendered-from.yaml"

func from(header string, given *schema.Topology) (tree.File, error) {
	data, err := tree.Documents(header, given.Normal())
	return tree.File{Path: FromPath, Data: data}, err
}

// Tree is Files as a list, sorted by path, where no policies are given.
func Tree(p *plan.Plan) ([]tree.File, error) { return tree.Collect(Files(p, nil)) }

// Objects yields what goes to the API server, in the order in which it can be applied.
// A static Pod is a file and never an object: applied to the cluster it would be an
// ordinary Pod.
func Objects(p *plan.Plan) iter.Seq2[tree.Object, error] {
	p = p.ByName()
	return func(yield func(tree.Object, error) bool) {
		var gate tree.Gate
		for c := range concerns(p) {
			for _, o := range c.Objects {
				data, err := gate.YAML(o)
				if !yield(tree.Object{Concern: c.Name, YAML: data}, err) || err != nil {
					return
				}
			}
		}
	}
}

// concerns yields the objects of the whole topology, in the order in which they can be
// applied.
func concerns(p *plan.Plan) iter.Seq[cluster.Concern] {
	return func(yield func(cluster.Concern) bool) {
		fleet := host.NewFleet(p)
		for _, c := range cluster.Common(p, fleet) {
			if !yield(c) {
				return
			}
		}
		for i := range p.Regions {
			for _, c := range regionConcerns(p, fleet, &p.Regions[i]) {
				if !yield(c) {
					return
				}
			}
		}
		for _, c := range readmission(p) {
			if !yield(c) {
				return
			}
		}
	}
}

// regionConcerns are the objects of one region. Gateways that are static pods have none.
func regionConcerns(p *plan.Plan, fleet *host.Fleet, r *plan.Region) []cluster.Concern {
	var list []cluster.Concern
	if r.Region.Gateways.Mode == schema.ModeDaemonSet {
		list = append(list, cluster.Gateways(p, r, fleet.Gateway(r, &r.Hosts[0])))
	}
	if r.HasForm(schema.RouteFormDaemonSet) {
		list = append(list, cluster.Routes(p, r, fleet.Node(r)))
	}
	return list
}

// readmission comes last, because its kind is the CNI's: where that is not installed
// yet, all else applies.
func readmission(p *plan.Plan) []cluster.Concern {
	group := readmit.Group(p)
	if group == nil {
		return nil
	}
	group.Metadata.Labels = cluster.Labels(p)
	return []cluster.Concern{{Name: "cilium", Objects: []any{group}}}
}

// writer hands files over, until somebody has enough or something fails.
type writer struct {
	plan    *plan.Plan
	fleet   *host.Fleet
	plugins *plugin.Settings
	header  string
	yield   func(tree.File, error) bool
	ended   bool
	names   []string // of the concerns that were written
	// programs are those that were written.
	programs report.Programs
}

func (w *writer) add(f tree.File, err error) {
	if !w.ended {
		w.programs.Add(f.Path, f.Data)
		w.ended = !w.yield(f, err) || err != nil
	}
}

func (w *writer) all(files []tree.File, err error) {
	for _, f := range files {
		w.add(f, nil)
	}
	if err != nil {
		w.add(tree.File{}, err)
	}
}

func (w *writer) concerns(list []cluster.Concern) {
	for _, c := range list {
		w.concern(c)
	}
}

func (w *writer) concern(c cluster.Concern) {
	w.names = append(w.names, c.Name)
	data, err := tree.Documents(w.header, c.Objects...)
	w.add(tree.File{Path: tree.ClusterPath(c.Name), Data: data}, err)
}

// region writes what one region needs.
func (w *writer) region(r *plan.Region) {
	if w.ended {
		return
	}
	for j := range r.Hosts {
		w.gateway(r, &r.Hosts[j])
	}
	node := w.fleet.Node(r)
	if r.HasForm(schema.RouteFormDaemonSet) {
		w.concern(cluster.Routes(w.plan, r, node))
	}
	w.all(host.NodeFiles(w.fleet, r, node))
	if w.plan.MachineConfig() && (r.HasForm(schema.RouteFormMachineConfig) || r.HasForm(schema.RouteFormDaemonSet)) {
		w.add(cluster.NodeMachineConfig(w.fleet, w.plan, r, node))
	}
	w.all(cloud.Files(w.plan, r), nil)
	w.all(w.plugins.RegionFiles(r))
	w.all(cluster.NodeObjects(w.plan, r))
}

// gateway writes what one gateway host needs, or each of the region's.
func (w *writer) gateway(r *plan.Region, h *plan.Host) {
	if w.ended {
		return
	}
	g := w.fleet.Gateway(r, h)
	w.all(host.GatewayFiles(w.plan, r, h, g), nil)
	if r.Region.Gateways.Mode == schema.ModeDaemonSet {
		w.concern(cluster.Gateways(w.plan, r, g))
	}
	switch {
	case w.plan.MachineConfig():
		w.add(cluster.MachineConfig(w.fleet, w.plan, r, h, g))
	case r.Region.Gateways.StaticPods():
		w.add(cluster.StaticPod(w.plan, r, h, g))
	}
}

// leaving writes what takes a region back that is leaving. It is in no kustomization.
func (w *writer) leaving(r *plan.Region) {
	if w.ended {
		return
	}
	before, dir := w.plan.Before(), plan.LeavingPath(r.Region.Name)
	var daemons []any
	for _, c := range regionConcerns(before, host.NewFleet(before), r) {
		daemons = append(daemons, c.Objects...)
	}
	if len(daemons) > 0 {
		data, err := tree.Documents(w.header, daemons...)
		w.add(tree.File{Path: dir + "daemonsets.yaml", Data: data}, err)
	}
	if r.PluginObjects() {
		data, err := plugin.New(before).RegionObjects(r)
		w.add(tree.File{Path: dir + "cni.yaml", Data: data}, err)
	}
	if r.Cloud != nil {
		w.add(tree.File{Path: dir + "cloud/tables", Data: cloud.Tables(before, r)}, nil)
	}
}
