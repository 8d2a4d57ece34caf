package validate

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// CodeMachineConfig is the code of findings about hosts that take one machine
// configuration and nothing else, and of what asks for it elsewhere.
const CodeMachineConfig diag.Code = "machine-config"

// machineConfig compares what is asked of hosts with what hosts of the distribution take.
func machineConfig(p *plan.Plan) diag.List {
	var list diag.List
	d := facts.Distribution(p.Topology.Spec.Cluster.Distribution)
	for i := range p.Given.Spec.Regions {
		machineForms(p, i, d, &list)
	}
	if dir := p.Given.Spec.Tailnet.Auth.HostDir; dir != "" && d.MachineConfig.IsKnown() && !strings.HasPrefix(dir, d.MachineConfig.Value+"/") {
		list.Errorf(CodeMachineConfig, "spec.tailnet.auth.hostDir", "hosts of %s take files below %s alone, and the auth key is to lie in %s", d.Title, d.MachineConfig.Value, dir).
			See(distributionPath, "distribution: %s is chosen here", p.Given.Spec.Cluster.Distribution).
			Fix("leave hostDir out: the key lies in %s then", plan.DefaultAuthHostDir(d.Name))
	}
	return list
}

const distributionPath = "spec.cluster.distribution"

// machineForms: a unit, user data or a script that a host cannot have is a file that
// nobody ever reads.
func machineForms(p *plan.Plan, i int, d distribution.Distribution, list *diag.List) {
	r := &p.Given.Spec.Regions[i]
	machine := d.MachineConfig.IsKnown()
	var wrong []string
	for _, f := range r.NodeRoutes.Forms {
		if f != schema.RouteFormDaemonSet && machine != (f == schema.RouteFormMachineConfig) {
			wrong = append(wrong, string(f))
		}
	}
	switch asked := strings.Join(wrong, ", "); {
	case len(wrong) == 0:
	case machine:
		list.Errorf(CodeMachineConfig, formsPath(i), "region %q asks for routes as %s, and hosts of %s have neither a shell nor a service manager: nobody there would run them", r.Name, asked, d.Title).
			See(distributionPath, "distribution: %s is chosen here", d.Name).
			Fix("choose %s: a patch of the machine configuration brings the programs, and a static pod that runs them", schema.RouteFormMachineConfig)
	default:
		list.Errorf(CodeMachineConfig, formsPath(i), "region %q asks for routes as %s, and hosts of %s have no machine configuration", r.Name, asked, d.Title).
			Fix("choose systemd or cloudInit; or say what installs the cluster, where it takes one: spec.cluster.distribution: %s", machineDistributions())
	}
}

// machineDistributions are those whose hosts take a machine configuration.
func machineDistributions() string {
	var names []string
	for _, d := range facts.Distributions() {
		if d.MachineConfig.IsKnown() {
			names = append(names, string(d.Name))
		}
	}
	return strings.Join(names, ", ")
}
