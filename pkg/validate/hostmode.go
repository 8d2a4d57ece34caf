package validate

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about what starts a gateway.
const (
	CodeNeverStarts  diag.Code = "gateway-never-starts" // a pod that waits for a kubelet that waits for the pod
	CodeHostServices diag.Code = "host-services"        // services on hosts that run none
)

// whatStarts asks whether there is somebody to start each region's gateways, at every boot.
func whatStarts(p *plan.Plan) diag.List {
	var list diag.List
	d := facts.Distribution(p.Topology.Spec.Cluster.Distribution)
	homes := serverHomes(p.Given)
	for i := range p.Given.Spec.Regions {
		r := &p.Given.Spec.Regions[i]
		if r.Gateways.StaticPods() && d.StartsAlone.IsKnown() && !d.StartsAlone.Value {
			neverStarts(p, i, homes, d.Title, &list)
		}
		if r.Gateways.Mode == schema.ModeDaemonSet {
			neverScheduled(p, i, homes, &list)
		}
		if r.Gateways.OnHost() && d.MachineConfig.IsKnown() {
			list.Errorf(CodeHostServices, regionPath(i)+".gateways.mode", "gateways of region %q are to be services of their hosts, and hosts of %s run none: they have neither a shell nor systemd", r.Name, d.Title).
				See(distributionPath, "distribution: %s is chosen here", d.Name).
				Fix("use mode staticPod: its kubelet starts before the API server answers, and the patch of the machine configuration brings the pod")
		}
	}
	return list
}

// neverStarts: such an agent starts no kubelet before it has reached its server, at every
// boot, and the server is reached through a pod of that kubelet.
func neverStarts(p *plan.Plan, i int, homes []int, title string, list *diag.List) {
	t := p.Given
	r := &t.Spec.Regions[i]
	if !beyondTunnel(p, homes, i) {
		return // one address that needs no gateway is enough
	}
	told, _ := t.Spec.Cluster.APIServer.Told()
	d := list.Errorf(CodeNeverStarts, regionPath(i)+".gateways.mode", "gateways of region %q are static pods, and an agent of %s starts no kubelet before it has reached its server, at every boot: %s in region %q is reached through these gateways only, so neither ever starts",
		r.Name, title, told, t.Spec.Regions[homes[0]].Name).
		See(distributionPath, "distribution: %s is chosen here", t.Spec.Cluster.Distribution)
	if r.Gateways.Mode == schema.ModePerNode {
		d.Fix("say gateways.runner: %s: services of systemd around the host's own tailscaled are the gateway, before any kubelet", schema.RunnerHost)
		return
	}
	d.Fix("use mode %s: services of systemd around the host's own tailscaled are the gateway, before any kubelet", schema.ModeHost)
}

// neverScheduled: a kubelet hears of a DaemonSet's pods from the API server alone, after every
// boot. Whether hosts have another way there, over a VPN of their own, only links say.
func neverScheduled(p *plan.Plan, i int, homes []int, list *diag.List) {
	t := p.Given
	r := &t.Spec.Regions[i]
	if !beyondTunnel(p, homes, i) {
		return
	}
	told, _ := t.Spec.Cluster.APIServer.Told()
	list.Warnf(CodeNeverStarts, regionPath(i)+".gateways.mode", "gateways of region %q are pods of a DaemonSet, of which their kubelets hear from the API server, and %s in region %q is reached through these gateways only: they never start, nor do they come back once all of them are down",
		r.Name, told, t.Spec.Regions[homes[0]].Name).
		See(apiServerPath, "%s is stated here", told).
		Fix("use mode %s, or %s where the kubelet waits for the API server (k3s, RKE2); or say by what else hosts reach it: spec.links for a private link, an endpoint that needs no tunnel; or suppress this finding", schema.ModeStaticPod, schema.ModeHost)
}
