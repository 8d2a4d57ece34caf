package existing

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// providerID is what a Node says of the machine that it is, and its scheme.
func providerID(o *Object) (id, scheme string) {
	id = decoded.Text(o.Content, "spec", "providerID")
	scheme, _, found := strings.Cut(id, "://")
	if !found {
		scheme = ""
	}
	return id, scheme
}

// ofController is the provider whose cloud controller manager gives providerIDs of that
// scheme.
func ofController(scheme string) (provider.Provider, bool) {
	all := facts.Providers()
	i := slices.IndexFunc(all, func(p provider.Provider) bool {
		return scheme != "" && slices.Contains(p.Controller.Value.Schemes(), scheme)
	})
	if i < 0 {
		return provider.Provider{}, false
	}
	return all[i], true
}

// noController reports whether no cloud controller manager looks after the region's nodes, as
// far as the topology says.
func (w *wanted) noController(r *plan.Region) bool {
	c := &w.plan.Topology.Spec.Cluster
	return w.controllerStated() && !r.AtHome() && !facts.Distribution(c.Distribution).KeepsNodes.Value
}

// controllerStated reports whether the topology itself says which one runs.
func (w *wanted) controllerStated() bool { return w.plan.Given.Spec.Cluster.CloudController != "" }

// checkProviderID compares the machine's name with the cloud controller manager that looks
// machines up by it: it deletes a Node whose machine it does not find.
func (n *node) checkProviderID() {
	const field = "spec.providerID"
	id, scheme := providerID(n.Object)
	if n.region == nil {
		return
	}
	home, known := facts.WithController(n.w.plan.Topology.Spec.Cluster.CloudController)
	if o, ok := n.w.objects[n.Name]; ok && o.ProviderID != "" && id != o.ProviderID {
		n.otherObject(field, id, o.ProviderID)
		return
	}
	runs, evident := ofController(scheme)
	switch says := n.w.plan.Given.Spec.Cluster.CloudController; {
	case evident && says != "" && says != runs.Controller.Value.Name && n.region.Region.Provider == runs.Name:
		n.share("providerID "+scheme, field, func(o *Object, who, _ string) *diag.Diagnostic {
			return o.finding(diag.Warning, CodeObjectDiffers, field, "the cloud controller manager of %s gives providerIDs such as %s, which stands on %s, and the topology says that cloudController is %s: what guards nodes of other regions depends on which one runs", runs.Title, id, who, says).
				See("spec.cluster.cloudController", "%s stands here", says).
				Fix("write cloudController: %s, if that one runs", runs.Controller.Value.Name)
		})
	case evident && n.region.Region.Provider != runs.Name:
		n.report(diag.Error, CodeObjectDiffers, field, "%s belongs to region %q of %s, and its providerID %s is one of %s, whose cloud controller manager deletes a Node whose machine it does not find", n.ID(), n.region.Region.Name, facts.Provider(n.region.Region.Provider).Title, id, runs.Title).
			See(n.w.path(n.region)+".provider", "the provider is stated here").
			Fix("delete the Node, and let it join again with %s; or correct the region's provider", foreignID(runs.Controller.Value, n))
	case !known || !n.w.controllerRuns(home):
	case n.region.AtHome() && id != "" && !evident:
		n.share("foreign "+n.region.Region.Name, field, func(o *Object, who, _ string) *diag.Diagnostic {
			return o.finding(diag.Warning, CodeObjectDiffers, field, "region %q is one of %s, whose cloud controller manager takes %s for somebody else's: the providerID is %s, and its own are %s", n.region.Region.Name, home.Title, who, id, home.Controller.Value.IDs.Value).
				See(n.w.path(n.region)+".provider", "the provider is stated here").
				Fix("delete the Node, and let it join again without a providerID of its own; or correct the region's provider")
		})
	case id == "" && home.Controller.Value.ForeignID.IsKnown() && n.w.plan.NeedsProviderID(n.region):
		n.share("unguarded "+n.region.Region.Name, field, func(o *Object, who, _ string) *diag.Diagnostic {
			return o.finding(diag.Warning, CodeObjectDiffers, field, "no providerID stands on %s of region %q: the cloud controller manager of %s deletes such a Node as soon as it is not Ready", who, n.region.Region.Name, home.Title).
				Fix("set it while it is empty: kubectl patch node NODE -p '{\"spec\":{\"providerID\":\"%s://%s/NODE\"}}'", home.Controller.Value.ForeignID.Value, n.region.Region.Name)
		})
	}
}

// otherObject: a providerID can be set while there is none, and never changed (kubernetes
// v1.33.1, pkg/apis/core/validation/validation.go: ValidateNodeUpdate).
func (n *node) otherObject(field, id, want string) {
	region := n.region.Region.Name
	if id == "" {
		n.report(diag.Warning, CodeObjectDiffers, field, "%s lacks providerID %s, which its rendered Node object has: a cloud controller manager may take it for a machine that is gone", n.ID(), want).
			See(n.w.named[n.Name].path, "the node stands here").Fix("kubectl apply -f %s", plan.NodesPath(region))
		return
	}
	n.report(diag.Error, CodeObjectDiffers, field, "%s has providerID %s, and its rendered Node object has %s: it cannot be changed while the Node exists, so applying the object is refused", n.ID(), id, want).
		See(n.w.named[n.Name].path, "the node stands here").
		Fix("write providerID: %s in nodes of region %q, or delete the Node and apply the object before its kubelet registers", id, region)
}

func (n *node) share(key, field string, say func(o *Object, who, names string) *diag.Diagnostic) {
	n.w.share(n.Object, key, field, say)
}

// foreignID says which providerID keeps that manager off.
func foreignID(c provider.Controller, n *node) string {
	if !c.ForeignID.IsKnown() {
		return "none"
	}
	return "providerID " + c.ForeignID.Value + "://" + n.region.Region.Name + "/" + n.Name
}

// controllerRuns reports whether that provider's manager runs: the topology says so, or a
// Node has a providerID that it gave.
func (w *wanted) controllerRuns(home *provider.Provider) bool {
	return w.controllerStated() && w.plan.Given.Spec.Cluster.CloudController != schema.CloudControllerNone ||
		slices.ContainsFunc(home.Controller.Value.Schemes(), func(s string) bool { return w.schemes[s] })
}
