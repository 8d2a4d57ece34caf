package acl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// CheckTopology returns what is wrong with the topology's part about the tailnet policy:
// names and ports that mean nothing, and what its control server, or its form, cannot
// express. What cannot be expressed is left out of
// FromTopology's policy, so it is reported here. Paths are the topology's.
func CheckTopology(t *schema.Topology) diag.List { return CheckPlan(plan.New(t)) }

// CheckPlan is CheckTopology for those who have its plan.
func CheckPlan(p *plan.Plan) diag.List {
	t := p.Topology
	c := &topologyChecker{spec: &t.Spec}
	c.server()
	c.version(p)
	c.selfGrant()
	for i, f := range t.Spec.Tailnet.Policy.Flows {
		c.flow(diag.Index("spec.tailnet.policy.flows", i), f)
	}
	for i := range t.Spec.Regions {
		c.peerRelay(i, &t.Spec.Regions[i])
	}
	for i, p := range t.Spec.Tailnet.Policy.Pins {
		c.pin(diag.Index("spec.tailnet.policy.pins", i), p)
	}
	return c.list
}

// CheckAlone returns what FromTopology's policy lacks to be a whole file: the control server
// refuses one that names a group or a tag which it does not define. A file into which the policy is
// merged may define it.
func CheckAlone(t *schema.Topology) diag.List {
	var list diag.List
	for i, owner := range t.Spec.Tailnet.Policy.TagOwners {
		isTag := strings.HasPrefix(owner, "tag:") && !carried(&t.Spec, owner)
		if isTag || strings.HasPrefix(owner, "group:") && !strings.Contains(owner, "@") {
			list.Errorf(CodeUndefined, diag.Index("spec.tailnet.policy.tagOwners", i), "the policy alone does not define %s, and the control server refuses it", owner).
				Fix("merge it into the file that defines %s (`acl merge --into POLICY`), or name users", owner)
		}
	}
	return list
}

// carried reports whether a gateway has the tag, so that the policy defines it.
func carried(spec *schema.Spec, tag string) bool {
	return slices.ContainsFunc(spec.Regions, func(r schema.Region) bool {
		has := func(n schema.GatewayNode) bool { return slices.Contains(n.Tags, tag) }
		return spec.Tailnet.GatewayTag(r.Name) == tag || slices.ContainsFunc(r.Gateways.Nodes, has)
	})
}

type topologyChecker struct {
	spec *schema.Spec
	list diag.List
}

func (c *topologyChecker) server() {
	t := &c.spec.Tailnet
	server := facts.ControlOf(t)
	if !server.Pools.Value && len(t.IPPool) > 0 {
		c.list.Warnf(CodeUnsupported, "spec.tailnet.ipPool", "%s's policy has no ipPool, and no policy file holds the pool %s", server.Title, cidr.Few(t.IPPool)).
			Fix("set prefixes.v4 in %s's own configuration", server.Title)
	}
	for i, owner := range t.Policy.TagOwners {
		if server.Without(owner, facts.PlacePrincipal) {
			c.list.Errorf(CodeUnsupported, diag.Index("spec.tailnet.policy.tagOwners", i), "%s has no %s", server.Title, owner).
				Fix("name users or groups, or nobody: a pre-authorised key carries the tag")
		}
		if strings.HasPrefix(owner, "tag:") && !carried(c.spec, owner) {
			c.list.Warnf(CodeUndefined, diag.Index("spec.tailnet.policy.tagOwners", i), "no gateway carries %s, so the policy does not define it: the control server refuses it unless it is merged into a file that does", owner).
				Fix("merge the policy into the file that defines %s (`acl merge --into POLICY`) and suppress this finding, or name a tag of the gateways", owner)
		}
	}
}

// version reports what the topology's policy needs and the server's version does not have.
// Tests, which only guard the policy, are left out of it.
func (c *topologyChecker) version(p *plan.Plan) {
	t := &c.spec.Tailnet
	if t.ControlVersion == "" {
		return
	}
	server := facts.ControlOf(t)
	if !server.Since.IsKnown() {
		c.list.Errorf(CodeUnsupported, "spec.tailnet.controlVersion", "%s has no versions, and the topology says %s", server.Title, t.ControlVersion).
			Fix("leave controlVersion out, or set control: %s", schema.ControlHeadscale)
		return
	}
	if t.Policy.Form == schema.FormGrants && !server.HasSection("grants") {
		c.list.Errorf(CodeUnsupported, "spec.tailnet.controlVersion", "%s has no grants, which the policy consists of", server.Title).
			Fix("set policy.form: acls, or run %s or newer", server.Since.Value["grants"])
	}
	if tags := newGenerator(p).wantCGNAT(); len(tags) > 0 && !server.HasSection("nodeAttrs") {
		c.list.Errorf(CodeUnsupported, "spec.tailnet.controlVersion", "%s has no node attributes, and gateways with %s need one, since their provider's own services live in 100.64.0.0/10", server.Title, strings.Join(tags, ", ")).
			Fix("set netfilterMode: %q, or run %s or newer", schema.NetfilterOff, server.Since.Value["nodeAttrs"])
	}
}

// selfGrant: with one tag for all regions, a source that is the tag is every region's
// gateways, those of the destination among them.
func (c *topologyChecker) selfGrant() {
	t := &c.spec.Tailnet
	if t.GatewaySource == schema.SourceTailnetIP && !t.Policy.TagPerRegion && len(c.spec.Regions) > 1 {
		c.list = append(c.list, (&diag.Diagnostic{
			Severity: diag.Info, Code: CodeSelf, Path: "spec.tailnet.gatewaySource",
			Message: fmt.Sprintf("gateways of every region carry %s and send from their tailnet addresses, so the rules let each region's gateways reach their own region, too", t.Tag),
		}).Fix("nothing breaks, since gateways guard their own prefixes; policy.tagPerRegion: true avoids it"))
	}
}

func (c *topologyChecker) flow(path string, f schema.Flow) {
	c.regions(path+".from", f.From)
	c.regions(path+".to", f.To)
	for i, spec := range f.Ports {
		if _, err := ParsePorts(spec); err != nil {
			c.list.Errorf(CodePorts, diag.Index(path+".ports", i), "flow %q: %s", foreign.Clip(f.Name), err).
				Fix("write \"*\", \"tcp:443\", \"udp:5000-5010\" or \"icmp:*\"")
		}
	}
}

func (c *topologyChecker) regions(path string, names []string) {
	for i, name := range names {
		c.region(diag.Index(path, i), name)
	}
}

func (c *topologyChecker) region(path, name string) *schema.Region {
	i := slices.IndexFunc(c.spec.Regions, func(r schema.Region) bool { return r.Name == name })
	if i < 0 && slices.ContainsFunc(c.spec.Leaving, func(r schema.Region) bool { return r.Name == name }) {
		c.list.Errorf(CodeUndefined, path, "region %q is leaving, so nothing is granted to it any more", name).Fix("take away what names it")
		return nil
	}
	if i < 0 {
		c.list.Errorf(CodeUndefined, path, "no region has the name %q", name).Fix("use the name of a region of this topology")
		return nil
	}
	return &c.spec.Regions[i]
}

func (c *topologyChecker) peerRelay(i int, r *schema.Region) {
	if r.Gateways.PeerRelay != 0 && c.spec.Tailnet.Policy.Form == schema.FormACLs {
		c.list.Errorf(CodeUnsupported, diag.Index("spec.regions", i)+".gateways.peerRelay", "access rules have no application capabilities, so nobody may use the peer relay of region %q", r.Name).
			Fix("set form: grants, or remove peerRelay")
	}
}

func (c *topologyChecker) pin(path string, p schema.Pin) {
	if c.spec.Tailnet.Policy.Form == schema.FormACLs {
		c.list.Errorf(CodeUnsupported, path, "access rules have no via, so what %s sends to %s cannot be pinned to %s", p.From, p.To, p.Via).
			Fix("set form: grants, or delete the pin")
	}
	if !c.spec.Tailnet.Policy.TagPerRegion {
		c.list.Errorf(CodeUnsupported, path, "gateways of every region carry %s, so a pin of %s would steer all of them", c.spec.Tailnet.Tag, p.From).
			Fix("set tagPerRegion: true")
	}
	c.region(path+".from", p.From)
	to := c.region(path+".to", p.To)
	if to == nil {
		return
	}
	if c.spec.Tailnet.GatewayTag(to.Name) == p.Via {
		return
	}
	with, without := 0, ""
	for i := range to.Gateways.Nodes {
		if n := &to.Gateways.Nodes[i]; slices.Contains(n.Tags, p.Via) {
			with++
		} else if without == "" {
			without = n.Name
		}
	}
	switch {
	case with == 0:
		c.list.Errorf(CodeUndefined, path+".via", "no gateway of region %q carries %s", p.To, p.Via).
			Fix("add %s to the tags of every gateway of that region", p.Via)
	case without != "":
		c.wayBack(path, p, without)
	}
}

// wayBack: a region answers through the gateway that is primary for the answer's source, and
// gateways of a pinned region take the other one's addresses from the pinned gateways alone,
// because the tailnet gives them those routes from nobody else (headscale 0.29.2, testdata
// via-grant-v39; tailscale 1.84.3, wgengine/wgcfg: AllowedIPs).
func (c *topologyChecker) wayBack(path string, p schema.Pin, without string) {
	c.list.Errorf(CodePinBack, path, "what %s sends to %s goes through gateways with %s, and %s has none: while that one is the primary, answers leave through it, and gateways of %s drop them", p.From, p.To, p.Via, without, p.From).
		Fix("give %s to every gateway of %s, or delete the pin: the primary carries both ways, and another gateway follows when it fails", p.Via, p.To)
}
