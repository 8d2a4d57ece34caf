package eval

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Check compares a policy with what the topology needs, and returns everything that is
// missing, wider than needed or wrong, and the policy's own tests that fail. Findings
// carry paths of the policy file; policyfile.Check locates them, and adds what is wrong
// with the file itself.
func Check(t *schema.Topology, p *acl.Policy) diag.List {
	t = plan.New(t).Topology
	return NewIn(Known(t), p).Check(t)
}

// Check is Check of the policy, for an evaluator that knows what the topology tells: see Known.
func (e *Evaluator) Check(t *schema.Topology) diag.List {
	planned := plan.New(t)
	t = planned.Topology
	c := &checker{spec: &t.Spec, sites: sites(planned.ByName()), need: acl.FromTopology(t), have: e.policy, file: e}
	c.needed = NewIn(Known(t), c.need)
	c.list = append(c.file.RunTests(), c.file.RunSSHTests()...)
	c.network()
	c.tagOwners()
	c.hosts()
	c.routes()
	c.missing()
	c.wide()
	c.attributes()
	c.assertions()
	c.unknown()
	return c.list
}

type checker struct {
	spec         *schema.Spec
	sites        []site
	need, have   *acl.Policy
	needed, file *Evaluator
	list         diag.List
}

// site is a region and the tag of its gateways.
type site struct {
	region *schema.Region
	plan   *plan.Region
	tag    string
	// advertised are the region's prefixes.
	advertised []netip.Prefix
}

// sites are the regions in the order of their names, which is the policy's.
func sites(p *plan.Plan) []site {
	var list []site
	for i := range p.Regions {
		r := &p.Regions[i]
		list = append(list, site{r.Region, r, p.Topology.Spec.Tailnet.GatewayTag(r.Region.Name), r.Region.Advertised()})
	}
	return list
}

// network checks what concerns the whole tailnet.
func (c *checker) network() {
	if !c.have.HasRules {
		c.list.Errorf(CodeDefault, "", "the file has neither grants nor acls, and then everybody may do everything").
			Fix("merge the topology's policy: `acl merge`")
	}
	if c.have.RandomizeClientPort {
		c.randomPort("randomizeClientPort", "randomizeClientPort is true").
			Fix("delete the switch, and set randomize-client-port for people's devices in nodeAttrs")
	}
	for i, n := range c.have.NodeAttrs {
		if j := slices.Index(n.Attr, "randomize-client-port"); j >= 0 && c.targetsGateways(n.Target) {
			c.randomPort(diag.Index(diag.Index("nodeAttrs", i)+".attr", j), "randomize-client-port reaches the gateways").
				Fix("take the gateways' tags out of its target")
		}
	}
}

// randomPort: the firewalls in front of gateways admit one UDP port, and tailscaled
// then listens on another (tailscale 1.84.3, wgengine/userspace.go).
func (c *checker) randomPort(path, what string) *diag.Diagnostic {
	return c.list.Errorf(CodeRandomPort, path, "%s, so gateways listen on a random UDP port, and their firewalls admit 41641 only", what)
}

func (c *checker) targetsGateways(targets []string) bool {
	return slices.ContainsFunc(targets, func(name string) bool {
		return name == "*" || name == "autogroup:tagged" || c.isOurTag(name)
	})
}

func (c *checker) isOurTag(name string) bool {
	return slices.ContainsFunc(c.need.TagOwners, func(a acl.Assignment) bool { return a.Key == name })
}

func (c *checker) tagOwners() {
	for _, need := range c.need.TagOwners {
		path := diag.Field("tagOwners", need.Key)
		have, ok := find(c.have.TagOwners, need.Key)
		switch {
		case !ok:
			c.list.Errorf(acl.CodeUndefined, path, "tag %q, which the gateways carry, is not defined in tagOwners", need.Key).
				Fix("add %q to tagOwners: `acl merge`", need.Key)
		case sameSet(have.Values, need.Values):
		case len(c.spec.Tailnet.Policy.TagOwners) == 0:
			c.fileOwners(path, have)
		default:
			c.list.Warnf(CodeOwners, path, "%s may assign %s, and the topology says %s", listed(have.Values), need.Key, listed(need.Values)).
				Fix("change spec.tailnet.policy.tagOwners of the topology, or the file")
		}
	}
}

// fileOwners: whom the topology does not name, the file does. Whoever owns the tag can make a
// device a gateway, so that everybody may is worth a warning.
func (c *checker) fileOwners(path string, have acl.Assignment) {
	everybody := slices.IndexFunc(have.Values, func(name string) bool {
		return name == "*" || name == "autogroup:member" || name == "autogroup:members" || name == "autogroup:tagged"
	})
	if everybody >= 0 {
		c.list.Warnf(CodeOwners, diag.Index(path, everybody), "%s may assign %s, and so make any device of theirs a gateway", have.Values[everybody], have.Key).
			Fix("name those who run the gateways")
		return
	}
	c.list = append(c.list, (&diag.Diagnostic{
		Severity: diag.Info, Code: CodeOwners, Path: path,
		Message: fmt.Sprintf("%s may assign %s, and the topology names nobody", listed(have.Values), have.Key),
	}).Fix("nothing, or name them in spec.tailnet.policy.tagOwners of the topology"))
}

func find(list []acl.Assignment, key string) (acl.Assignment, bool) {
	i := slices.IndexFunc(list, func(a acl.Assignment) bool { return a.Key == key })
	if i < 0 {
		return acl.Assignment{}, false
	}
	return list[i], true
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

func listed(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return strings.Join(list, ", ")
}

// hosts reports aliases of the topology that the file gives another address. An
// alias that the file does not use is not missed.
func (c *checker) hosts() {
	for _, need := range c.need.Hosts {
		i := slices.IndexFunc(c.have.Hosts, func(h acl.Host) bool { return h.Name == need.Name })
		if i >= 0 && c.have.Hosts[i].Address != need.Address {
			c.list.Errorf(CodeHost, diag.Field("hosts", need.Name), "host %q is %s in the file and %s in the topology", need.Name, c.have.Hosts[i].Address, need.Address).
				Fix("write %s, or run `acl merge`", need.Address).Propose(need.Address)
		}
	}
}

// routes reports what gateways advertise and nobody approves, and what may be
// approved for them although no region advertises it.
func (c *checker) routes() {
	advertised := map[string][]netip.Prefix{}
	for _, s := range c.sites {
		advertised[s.tag] = append(advertised[s.tag], s.plan.Advertise...)
		for _, p := range s.plan.Advertise {
			if !c.file.Approves([]string{s.tag}, p) {
				c.list.Errorf(CodeUnapproved, diag.Field("autoApprovers.routes", p.String()),
					"region %q advertises %s, and no autoApprover approves it for %s: the route stays off", s.region.Name, p, s.tag).
					Fix("add %q: [%q] to autoApprovers.routes", p, s.tag)
			}
		}
	}
	for _, r := range c.have.Routes {
		if key, _, err := acl.MaskedPrefix(r.Key); err == nil {
			c.approvers(diag.Field("autoApprovers.routes", r.Key), key, r.Values, advertised)
		}
	}
}

// approvers reports who may have a prefix approved beside those who advertise it: a
// device that advertises another's prefix may become its primary.
func (c *checker) approvers(path string, key netip.Prefix, who []string, advertised map[string][]netip.Prefix) {
	cluster := slices.ContainsFunc(c.sites, func(s site) bool { return s.overlaps(key) })
	for i, name := range who {
		switch {
		case slices.Contains(advertised[name], key):
		case c.isOurTag(name):
			c.list.Warnf(CodeApprover, diag.Index(path, i), "%s may get %s and everything inside it approved, and its regions advertise %s", name, key, prefixList(advertised[name])).
				Fix("approve exactly what is advertised")
		case cluster:
			c.list.Warnf(CodeApprover, diag.Index(path, i), "%s may get %s approved, which belongs to the cluster: it could take over a region's traffic", name, key).
				Fix("approve the regions' prefixes for the gateways' tags only")
		}
	}
}

// prefixList names the first few prefixes.
func prefixList(prefixes []netip.Prefix) string {
	if len(prefixes) == 0 {
		return "nothing"
	}
	return cidr.Few(prefixes)
}

// attributes reports node attributes of the topology that the file lacks.
func (c *checker) attributes() {
	for _, need := range c.need.NodeAttrs {
		for _, tag := range need.Target {
			for _, attr := range slices.Concat(need.Attr, need.IPPool) {
				if !c.hasAttribute(tag, attr) {
					c.list.Errorf(CodeAttr, "nodeAttrs", "nothing gives %s the attribute %s", tag, attr).Fix("add it to nodeAttrs: `acl merge`")
				}
			}
		}
	}
	for i, n := range c.have.NodeAttrs {
		c.foreignPool(diag.Index("nodeAttrs", i), n)
		c.targets(diag.Index("nodeAttrs", i), n)
	}
}

// targets reports devices other than the gateways concerned that get what the
// topology asks for them.
func (c *checker) targets(path string, n acl.NodeAttr) {
	for _, need := range c.need.NodeAttrs {
		shared := slices.ContainsFunc(slices.Concat(need.Attr, need.IPPool), func(a string) bool {
			return slices.Contains(n.Attr, a) || slices.Contains(n.IPPool, a)
		})
		for i, target := range n.Target {
			if shared && !slices.Contains(need.Target, target) {
				c.list.Warnf(CodeAttr, diag.Index(path+".target", i), "%s gets %s, and only %s should", target, listed(slices.Concat(n.Attr, n.IPPool)), listed(need.Target)).
					Fix("name the gateways' tags only")
			}
		}
	}
}

// foreignPool reports pools and attributes for gateways that the topology does not
// have: with another pool they get other addresses than the regions expect.
func (c *checker) foreignPool(path string, n acl.NodeAttr) {
	for i, pool := range n.IPPool {
		known := slices.ContainsFunc(c.need.NodeAttrs, func(a acl.NodeAttr) bool { return slices.Contains(a.IPPool, pool) })
		if !known && c.targetsGateways(n.Target) {
			c.list.Warnf(CodeAttr, diag.Index(path+".ipPool", i), "gateways take addresses from %s, and the topology says %s", pool, poolName(c.spec.Tailnet.IPPool)).
				Fix("write the pool into spec.tailnet.ipPool")
		}
	}
	const drop = "disable-linux-cgnat-drop-rule"
	known := slices.ContainsFunc(c.need.NodeAttrs, func(a acl.NodeAttr) bool { return slices.Contains(a.Attr, drop) })
	if i := slices.Index(n.Attr, drop); i >= 0 && !known && c.targetsGateways(n.Target) {
		c.list.Warnf(CodeAttr, diag.Index(path+".attr", i), "gateways accept 100.64.0.0/10 on their LAN, and no region of the topology needs it").
			Fix("delete %s", drop)
	}
}

func (c *checker) hasAttribute(tag, attr string) bool {
	return slices.ContainsFunc(c.have.NodeAttrs, func(n acl.NodeAttr) bool {
		all := slices.Contains(n.Target, tag) || slices.Contains(n.Target, "*") || slices.Contains(n.Target, "autogroup:tagged")
		return all && (slices.Contains(n.Attr, attr) || slices.Contains(n.IPPool, attr))
	})
}

// assertions reports tests of the topology that the file lacks: without them the
// control server would take a later edit that cuts the regions off.
func (c *checker) assertions() {
	have := map[string]bool{}
	for _, t := range c.have.Tests {
		eachAssertion(t, func(a string) { have[a] = true })
	}
	var missing []string
	for _, t := range c.need.Tests {
		eachAssertion(t, func(a string) {
			if !have[a] {
				missing = append(missing, a)
			}
		})
	}
	if len(missing) > 0 {
		c.list.Warnf(CodeTestMissing, "tests", "the tests lack %d of the topology's assertions; the first is: %s", len(missing), missing[0]).
			Fix("add them: `acl merge`")
	}
}

func eachAssertion(t acl.Test, yield func(string)) {
	for _, dst := range t.Accept {
		yield(fmt.Sprintf("%s must reach %s%s", t.Src, dst, over(t.Proto)))
	}
	for _, dst := range t.Deny {
		yield(fmt.Sprintf("%s must not reach %s%s", t.Src, dst, over(t.Proto)))
	}
}

// unknown reports names that may stand for something of the cluster. People's roles and
// groups never do.
func (c *checker) unknown() {
	seen := map[string]bool{}
	for _, s := range c.file.unknown {
		if (s.Kind == KindService || s.Kind == KindOther) && !seen[s.Name] {
			seen[s.Name] = true
			c.list.Warnf(CodeSelector, "", "kustomize-hybrid does not know what %s stands for: rules that use it may allow more", s.Name).
				Fix("ask the control server what they allow")
		}
	}
}

// poolName is the topology's pool, or the whole of the tailnet's addresses.
func poolName(pool []netip.Prefix) string {
	if len(pool) == 0 {
		return "nothing, which means 100.64.0.0/10"
	}
	return prefixList(pool)
}
