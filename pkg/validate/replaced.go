package validate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// CodeReplaced is the code of findings about machines in a gateway's place.
const CodeReplaced diag.Code = "gateway-replaced"

// replacements asks whether another machine in a gateway's place is the gateway that it was.
func replacements(p *plan.Plan) diag.List {
	var list diag.List
	for i := range p.Regions {
		c := replacement{p, &p.Regions[i], i, &list}
		if len(c.region.Region.Gateways.Nodes) == 0 {
			continue // there is none to replace, which is a finding
		}
		switch c.region.Region.Gateways.Replaced {
		case schema.ReplacedAnyAddress:
			c.bonds()
			c.joinsAnew()
		case schema.ReplacedSameAddress:
			c.target()
			c.joinsAnew()
		default:
			c.unsaid(p.Given.Spec.Regions[i].Gateways.Replaced)
		}
	}
	return list
}

// replacement is a region whose gateways may be replaced.
type replacement struct {
	plan   *plan.Plan
	region *plan.Region
	index  int
	list   *diag.List
}

func (c *replacement) path() string { return regionPath(c.index) + ".gateways" }

func (c *replacement) field() string { return c.path() + ".replaced" }

// stays is how a machine comes to have what the one before it had.
func (c *replacement) stays() string {
	return cmp.Or(facts.Provider(c.region.Region.Provider).Stays.Value, "give the new machine the old one's name and address")
}

// bonds: who knows a gateway by its name or its address does not know the next one.
func (c *replacement) bonds() {
	bonds := c.region.Bonds()
	if len(bonds) == 0 {
		return
	}
	var why []string
	for _, b := range bonds {
		why = append(why, c.bond(b))
	}
	remedy := c.stays() + ", and say replaced: sameAddress; or keep gateways out of groups that replace machines, say replaced: never, and render anew with each new name and address"
	if c.region.Cloud != nil && c.region.Cloud.Follows {
		remedy += "; failover: watch moves routes between gateways that it knows, and no other"
	}
	c.list.Errorf(CodeReplaced, c.field(), "a machine in the place of a gateway of region %q may have any name and address, and then does not do what the old one did: %s", c.region.Region.Name, strings.Join(why, "; ")).
		Fix("%s", remedy)
}

// bond spells what holds on to a gateway, as a part of a sentence.
func (c *replacement) bond(b plan.Bond) string {
	r := c.region.Region
	first := r.Gateways.Nodes[0]
	switch b {
	case plan.BondSecret:
		return "its identity is in Secret " + plan.StateSecretName(first.Name) + ", which no other node's gateway may write"
	case plan.BondHosts:
		return "other hosts have routes to " + first.InternalIP.String()
	case plan.BondCloud:
		return "the network of " + facts.Provider(r.Provider).Title + " is told of " + first.Name + " (" + first.InternalIP.String() + ")"
	case plan.BondPrimary:
		return "gateways hand packets to each other by name and address"
	}
	return "the files of its host are made for " + first.Name + " (" + first.InternalIP.String() + ")"
}

// target: a route names what the new machine is not.
func (c *replacement) target() {
	r := c.region.Region
	if !c.region.TargetIsMachine() {
		return
	}
	n := r.Gateways.Nodes[0]
	c.list.Errorf(CodeReplaced, c.field(), "a machine in the place of gateway %q keeps its address, and routes of %s name the instance %s, which it is not", n.Name, facts.Provider(r.Provider).Title, n.Instance).
		Fix("%s, and say replaced: never; or render with the new instance at each replacement", c.stays())
}

// joinsAnew: with its disk a machine loses its identity. What was given to the device that
// it was, by hand or by a key that is spent, the next one does not have.
func (c *replacement) joinsAnew() {
	if !c.region.JoinsAnew() {
		return
	}
	t, g := &c.plan.Topology.Spec.Tailnet, &c.region.Region.Gateways
	kind, at := t.Auth.HostKind, authPath+".hostKind"
	if g.Mode == schema.ModeDaemonSet {
		kind, at = t.Auth.SecretKind, authPath+".secretKind"
	}
	keep := "give the new machine the disk with the old one's state, and suppress this finding"
	if c.region.NoSecret == plan.NoObstacle {
		keep = "leave state out, so that its identity is in a Secret"
	}
	refuse := func(why string, args ...any) *diag.Diagnostic {
		return c.list.Errorf(CodeReplaced, c.field(), "a machine in the place of a gateway of region %q joins as a new device, since its identity was on the old one's disk, and "+why, append([]any{c.region.Region.Name}, args...)...)
	}
	if kind == schema.KeyOneOff && !c.region.Federated {
		refuse("a one-off key has let the old one in, and lets nobody else in").
			See(at, "oneOff is stated here").
			Fix("%s; or let it have a reusable key, or one of its own that is made with the machine", keep)
	}
	for j, n := range g.Nodes {
		at := diag.Index(c.path()+".nodes", j)
		if t.GatewaySource == schema.SourceTailnetIP && len(t.IPPool) == 0 && n.TailnetIP.IsValid() {
			refuse("gets another tailnet address than %s, which policies and routes elsewhere let in", n.TailnetIP).
				See(at+".tailnetIP", "%s of gateway %q is stated here", n.TailnetIP, n.Name).
				Fix("%s; or leave gatewaySource at internalIP", keep)
			return
		}
		if k := slices.IndexFunc(t.Policy.Pins, func(p schema.Pin) bool { return slices.Contains(n.Tags, p.Via) }); k >= 0 {
			refuse("does not have the tag %s, which somebody gave to the old one at the control server", t.Policy.Pins[k].Via).
				See(at+".tags", "%s of gateway %q is stated here", t.Policy.Pins[k].Via, n.Name).
				Fix("%s; or remove the pin", keep)
			return
		}
	}
}

// unsaid: those who run a cluster's nodes replace them when they upgrade (Amazon EKS user
// guide, "Update a managed node group"; GKE documentation, "Node upgrade strategies"; AKS
// documentation, "Upgrade an AKS cluster": each adds a node and deletes the old one).
func (c *replacement) unsaid(said schema.Replaced) {
	r := c.region.Region
	if said != "" || r.Gateways.Mode != schema.ModeDaemonSet {
		return
	}
	d := facts.Distribution(c.plan.Topology.Spec.Cluster.Distribution)
	if !d.Home.IsKnown() || d.Home.Value != r.Provider {
		return
	}
	c.list.Warnf(CodeReplaced, c.path(), "node groups of %s put new machines in the place of old ones, and the gateways of region %q are known by name and address: a machine with another one gets nothing to do", d.Title, r.Name).
		See(distributionPath, "distribution: %s is chosen here", d.Name).
		Fix("%s, and say replaced: sameAddress; or keep gateways out of such groups, and say replaced: never", c.stays()).
		Severity = diag.Info
}
