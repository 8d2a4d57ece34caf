package provider

import (
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Controller is the cloud controller manager of a provider. One of its parts asks the cloud
// whether the instance of a NotReady node exists, and deletes the node where it does not
// (kubernetes v1.33.1, cloud-provider, controllers/nodelifecycle).
type Controller struct {
	// Name is what a topology calls it: schema.Cluster.CloudController.
	Name schema.CloudController
	// IDs is the form of the providerIDs of its own nodes.
	IDs fact.Datum[string]
	// Keeps is the first release, numbered like Kubernetes, that leaves a node alone which has
	// no providerID and no namesake in the cloud. Unknown where every release deletes it.
	Keeps fact.Datum[schema.Version]
	// Guard is what to do for nodes of others, so that none is deleted.
	Guard fact.Datum[string]
	// ForeignID is a scheme of providerIDs by which it knows a node for somebody else's and
	// leaves it alone; unknown where nodes of others should have no providerID.
	ForeignID fact.Datum[string]
	// ForeignLabel is a label that keeps it off a node; unknown where it needs none.
	ForeignLabel fact.Datum[string]
	// TakesRoutes reports whether its route controller, where that runs, takes every route of
	// the network for one of its own: it deletes those to prefixes inside its --cluster-cidr
	// that are no node's pods (kubernetes v1.33.1, cloud-provider, controllers/route,
	// isResponsibleForRoute).
	TakesRoutes fact.Datum[bool]
}

// Deletes reports whether, in a cluster of that version, it deletes nodes without a
// providerID that its cloud does not know.
func (c Controller) Deletes(kubernetes schema.Version) bool {
	return !c.Keeps.IsKnown() || schema.VersionRange{Until: c.Keeps.Value}.Contains(kubernetes)
}

// Schemes are those of the providerIDs of its own nodes; none where they have no scheme.
func (c Controller) Schemes() []string {
	var list []string
	for word := range strings.FieldsSeq(c.IDs.Value) {
		if scheme, _, found := strings.Cut(word, "://"); found {
			list = append(list, scheme)
		}
	}
	return list
}

// WithController is the provider whose cloud controller manager has that name. ok is false
// where none has.
func WithController(name schema.CloudController) (p *Provider, ok bool) {
	p, ok = withController()[name]
	return p, ok
}

// withController holds those that have one, each once: a region asks several times.
var withController = sync.OnceValue(func() map[schema.CloudController]*Provider {
	all := map[schema.CloudController]*Provider{}
	for _, p := range known() {
		if p.Controller.IsKnown() {
			all[p.Controller.Value.Name] = p
		}
	}
	return all
})

// What the controllers have in common.
const (
	everyRelease = "every release deletes such a node"
	// foreignScheme is nobody's: the rendered Node objects have it.
	foreignScheme = "hybrid"
	byID          = "a providerID of another scheme is enough"
	anotherID     = "give each of them, before it joins, a providerID with a scheme of your own, such as " + foreignScheme + "://REGION/NODE (providerID in its kubelet's configuration), and no --cloud-provider=external"
)
