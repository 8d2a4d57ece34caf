package validate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about parties that should not be able to do what they can.
const (
	CodeForeignNode diag.Code = "foreign-node-deleted"     // a cloud that deletes others' nodes
	CodeTagOperator diag.Code = "tag-shared-with-operator" // proxies that may take a region's prefixes
	CodeTagRegions  diag.Code = "tag-shared-by-regions"    // hosts that may take another region's prefixes
)

// foreignNodes finds nodes that the cluster's cloud controller manager takes for deleted
// instances of its own cloud, whatever their gateways are. Rendered Node objects keep it off
// theirs.
func foreignNodes(p *plan.Plan) diag.List {
	foreign := slices.DeleteFunc(p.Foreign(), func(i int) bool { return p.Regions[i].Blocks == plan.BlocksByObjects })
	if len(foreign) == 0 {
		return nil
	}
	home, _ := facts.WithController(p.Topology.Spec.Cluster.CloudController)
	c := home.Controller.Value
	stated := p.Given.Spec.Cluster.CloudController != ""
	r := p.Regions[foreign[0]].Region
	d := &diag.Diagnostic{
		Severity: diag.Warning, Code: CodeForeignNode, Path: regionPath(foreign[0]) + ".provider",
		Message: fmt.Sprintf("%s deletes nodes of region %q of %s once they are NotReady: without a providerID they are instances that it cannot find",
			controllerOf(home, stated), r.Name, r.Provider),
	}
	if !c.Deletes(p.Topology.Spec.Cluster.KubernetesVersion) {
		d.Severity = diag.Info
		d.Message = fmt.Sprintf("%s leaves nodes of region %q of %s alone while they have no providerID, and deletes them once they are NotReady if they have one of its form, %s",
			controllerOf(home, stated), r.Name, r.Provider, c.IDs.Value)
	}
	for _, i := range foreign[1:] {
		o := p.Regions[i].Region
		d.See(regionPath(i)+".provider", "the same goes for nodes of region %q of %s", o.Name, o.Provider)
	}
	wayOut := c.Guard.Value + fmt.Sprintf("; its own have the form %s", c.IDs.Value)
	joined := !slices.ContainsFunc(foreign, func(i int) bool { return p.Regions[i].Region.Gateways.Mode == schema.ModeDaemonSet })
	if joined && facts.Distribution(p.Topology.Spec.Cluster.Distribution).Join.Value.ProviderID.Value != "" && d.Severity == diag.Warning {
		wayOut += "; the join commands of STEPS.md do that"
	}
	if stated {
		return diag.List{d.Fix("%s; then suppress this finding", wayOut)}
	}
	return diag.List{d.Fix("%s; say which one runs (spec.cluster.cloudController), %s if none does", wayOut, schema.CloudControllerNone)}
}

// controllerOf names the program, and says on what grounds it is thought to run.
func controllerOf(home *provider.Provider, stated bool) string {
	if stated {
		return "the cloud controller manager of " + home.Title
	}
	return fmt.Sprintf("the cloud controller manager of %s, if it runs where the control plane is,", home.Title)
}

// sharedTag finds hosts of another provider that can take the prefixes of other regions:
// whoever is root there has the tag whose routes are approved.
func sharedTag(p *plan.Plan) diag.List {
	rented := p.Rented()
	n := &p.Topology.Spec.Tailnet
	if n.Policy.TagPerRegion || len(rented) == 0 {
		return nil
	}
	first := rented[0]
	r := p.Regions[first].Region
	var others []netip.Prefix
	for i := range p.Regions {
		if i != first {
			others = append(others, p.Regions[i].Region.Advertised()...)
		}
	}
	d := &diag.Diagnostic{
		Severity: diag.Warning, Code: CodeTagRegions, Path: "spec.tailnet.tag",
		Message: fmt.Sprintf("gateways of every region carry %s, those of region %q of %s too: whoever is root on a host of theirs may advertise %s of the other regions, which the policy approves, and be sent what is meant for them",
			n.Tag, r.Name, r.Provider, cidr.Few(others)),
	}
	for _, i := range rented {
		d.See(regionPath(i)+".gateways.mode", "mode %s keeps a key on the hosts of region %q", p.Regions[i].Region.Gateways.Mode, p.Regions[i].Region.Name)
	}
	return diag.List{d.Fix("set spec.tailnet.policy.tagPerRegion: true, and give each region a key of its own that has no other tag (docs/acl.md says how to change over); never an OAuth client that has other tags, since its secret makes further keys")}
}

// operatorTag finds proxies of Tailscale's operator that have the gateways' tag. Shown is
// the object that shows them, if any.
func operatorTag(p *plan.Plan, shown string) diag.List {
	n := &p.Topology.Spec.Tailnet
	carries := false
	for i := range p.Regions {
		carries = carries || n.GatewayTag(p.Regions[i].Region.Name) == facts.TailscaleOperatorTag
	}
	if !carries {
		return nil
	}
	d := &diag.Diagnostic{Severity: diag.Warning, Code: CodeTagOperator, Path: "spec.tailnet.tag"}
	grounds := ""
	switch {
	case shown != "":
		grounds = "as " + shown + " shows that it runs"
	case n.Operator:
		grounds = "which runs in the cluster"
		d.See("spec.tailnet.operator", "the operator is stated here")
	default:
		d.Severity = diag.Info
		grounds = "if it runs"
	}
	d.Message = fmt.Sprintf("gateways carry %s, which Tailscale's operator, %s, gives to every proxy that it makes: each of them may advertise the regions' prefixes, which the policy approves", facts.TailscaleOperatorTag, grounds)
	return diag.List{d.Fix("choose another tag for gateways, such as tag:k8s-gateway, or for the operator's proxies (proxyConfig.defaultTags of its chart, spec.tags of a Connector)")}
}
