package draft

import (
	"cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// New drafts a topology of answers, and of what files say of a cluster. Whatever neither says is
// chosen, and noted. The error is a *FullError: answers that leave no room for what has to be proposed.
func New(a Answers, objects ...existing.Object) (*Draft, error) {
	d := &Draft{Topology: &schema.Topology{APIVersion: schema.APIVersion, Kind: schema.KindTopology}, Notes: map[string][]string{}, read: len(objects) > 0}
	k := read(objects)
	d.Findings = k.list
	s := &sketch{Draft: d, known: k, answers: a}
	if err := s.draw(); err != nil {
		return nil, err
	}
	d.Findings.Sort()
	return d, nil
}

// sketch is a draft that is being made.
type sketch struct {
	*Draft
	known   *known
	answers Answers
}

func (s *sketch) spec() *schema.Spec { return &s.Topology.Spec }

func (s *sketch) distribution() distributionFacts {
	return facts.Distribution(s.spec().Cluster.Distribution)
}

func (s *sketch) draw() error {
	s.Topology.Metadata = schema.Metadata{
		Name: cmp.Or(s.answers.Name, "my-cluster"), Annotations: map[string]string{"config.kubernetes.io/local-config": "true"},
	}
	s.cluster()
	s.tailnet()
	s.regions()
	if err := s.addresses(); err != nil {
		return err
	}
	for i := range s.spec().Regions {
		s.network(i)
		s.plugin(i)
		s.gateways(i)
	}
	s.apiServer()
	return nil
}

func (s *sketch) cluster() {
	c, k := &s.spec().Cluster, s.known
	c.Distribution = cmp.Or(s.answers.Distribution, k.distribution)
	if c.Distribution == "" {
		c.Distribution = facts.Distribution("").Name
		s.propose("spec.cluster.distribution", "what installed the cluster", usual, string(c.Distribution))
	}
	c.KubernetesVersion = cmp.Or(s.answers.KubernetesVersion, k.kubernetes)
	if c.KubernetesVersion == "" {
		c.KubernetesVersion = facts.KubernetesVersions().Read.Value.Newest
		s.propose("spec.cluster.kubernetesVersion", "the API server's version", usual, string(c.KubernetesVersion))
	}
	c.ServiceCIDRs = k.services
	if known := s.distribution(); !known.Home.IsKnown() && !known.KeepsNodes.Value {
		s.controller()
	}
}

// controller: which one runs shows by the providerIDs that it gave.
func (s *sketch) controller() {
	for _, n := range s.known.nodes {
		if p := facts.Provider(n.provider); p.Controller.IsKnown() && n.provider != "" {
			s.spec().Cluster.CloudController = p.Controller.Value.Name
			return
		}
	}
	s.spec().Cluster.CloudController = schema.CloudControllerNone
	s.note("spec.cluster.cloudController", "The cloud controller manager that runs, if one does: some delete the nodes of other providers.")
}

func (s *sketch) tailnet() {
	t := &s.spec().Tailnet
	*t = s.known.tailnet
	t.TailscaleVersion = cmp.Or(s.answers.TailscaleVersion, t.TailscaleVersion)
	if t.TailscaleVersion == "" {
		t.TailscaleVersion = facts.TailscaleVersions().Read.Value.Newest
		s.note("spec.tailnet.tailscaleVersion", "The version that gateways are to run.")
	}
	t.ControlURL = cmp.Or(s.answers.ControlURL, t.ControlURL)
	t.Tag = cmp.Or(t.Tag, "tag:k8s")
	t.Policy.TagPerRegion = true
	s.note("spec.tailnet.policy", "Each region's gateways have a tag of their own, so that a host of one cannot have another's routes approved.")
}

func regionPath(i int) string { return diag.Index("spec.regions", i) }
