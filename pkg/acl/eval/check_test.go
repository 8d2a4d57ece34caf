package eval_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The topology's own policy passes; each case changes one thing about it and says what the check
// finds then.
func TestOneThingIsDifferent(t *testing.T) {
	type policy = acl.Policy
	attr := func(target string, attrs ...string) func(*policy) {
		return func(p *policy) {
			p.NodeAttrs = append(p.NodeAttrs, acl.NodeAttr{Target: []string{target}, Attr: attrs})
		}
	}
	pool := func(target, pool string) func(*policy) {
		return func(p *policy) {
			p.NodeAttrs = append(p.NodeAttrs, acl.NodeAttr{Target: []string{target}, IPPool: []string{pool}})
		}
	}
	owners := func(names ...string) func(*policy) {
		return func(p *policy) { p.TagOwners[0].Values = names }
	}
	route := func(key string, who ...string) func(*policy) {
		return func(p *policy) { p.Routes = append(p.Routes, acl.Assignment{Key: key, Values: who}) }
	}
	grant := func(src, dst string, ip ...string) func(*policy) {
		return func(p *policy) {
			p.Grants = append(p.Grants, acl.Grant{Src: []string{src}, Dst: []string{dst}, IP: ip})
		}
	}
	stated := func(t *schema.Topology) { t.Spec.Tailnet.Policy.TagOwners = []string{"group:ops", "ana@example.com"} }
	access := func(t *schema.Topology) { t.Spec.Tailnet.Policy.Form = schema.FormACLs }
	tailnetIP := func(t *schema.Topology) { t.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP }
	extraTag := func(t *schema.Topology) { t.Spec.Regions[0].Gateways.Nodes[0].Tags = []string{"tag:extra"} }
	relay := func(s *schema.Topology) { *s = *acltest.Named(t, "peer-relay") }
	ipPool := func(t *schema.Topology) {
		t.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.80.0.0/24")}
		for i := range t.Spec.Regions {
			for j := range t.Spec.Regions[i].Gateways.Nodes {
				t.Spec.Regions[i].Gateways.Nodes[j].TailnetIP = netip.Addr{}
			}
		}
	}
	grants6 := slices.Repeat([]string{"grants: error policy-grant-missing"}, 6)
	var all strings.Builder // the first that is said of each code, word for word
	for _, c := range []struct {
		about    string
		topology func(*schema.Topology)
		change   func(*policy)
		want     []string
	}{
		{"nothing", nil, func(*policy) {}, nil},
		{"no rules at all", nil, func(p *policy) { p.HasRules, p.Grants, p.Tests = false, nil, nil }, []string{": error policy-default-allow", "tests: warning policy-test-missing"}},
		{"random ports for all", nil, func(p *policy) { p.RandomizeClientPort = true }, []string{"randomizeClientPort: error policy-randomize-port"}},
		{"random ports for everybody", nil, attr("*", "funnel", "randomize-client-port"), []string{"nodeAttrs[0].attr[1]: error policy-randomize-port"}},
		{"random ports for what is tagged", nil, attr("autogroup:tagged", "randomize-client-port"), []string{"nodeAttrs[0].attr[0]: error policy-randomize-port"}},
		{"random ports for people", nil, attr("autogroup:member", "randomize-client-port"), nil},
		{"another attribute", nil, attr("*", "funnel"), nil},
		{"no owner of the tag", nil, func(p *policy) { p.TagOwners = nil }, []string{"tagOwners.tag:k8s: error policy-undefined"}},
		{"everybody owns the tag", nil, owners("ana@example.com", "*"), []string{"tagOwners.tag:k8s[1]: warning policy-tag-owners"}},
		{"members own the tag", nil, owners("autogroup:member"), []string{"tagOwners.tag:k8s[0]: warning policy-tag-owners"}},
		{"members own the tag, by the other name", nil, owners("autogroup:members"), []string{"tagOwners.tag:k8s[0]: warning policy-tag-owners"}},
		{"what is tagged owns the tag", nil, owners("autogroup:tagged"), []string{"tagOwners.tag:k8s[0]: warning policy-tag-owners"}},
		{"somebody owns the tag", nil, owners("ana@example.com"), []string{"tagOwners.tag:k8s: info policy-tag-owners"}},
		{"those own the tag who should", stated, owners("ana@example.com", "group:ops", "ana@example.com"), nil},
		{"somebody else owns the tag", stated, owners("group:ops"), []string{"tagOwners.tag:k8s: warning policy-tag-owners"}},
		{"nobody owns the tag", stated, owners(), []string{"tagOwners.tag:k8s: warning policy-tag-owners"}},
		{"a host has another address", nil, func(p *policy) { p.Hosts[0].Address = "192.0.2.1" }, append([]string{"hosts.k8s-gcp-us-nodes: error policy-host-differs"}, grants6...)},
		{"a host is not there", nil, func(p *policy) { p.Hosts = p.Hosts[1:] }, grants6},
		{"a route is not approved", nil, func(p *policy) { p.Routes = p.Routes[1:] }, []string{`autoApprovers.routes["10.0.0.0/22"]: error policy-route-unapproved`}},
		{"a route is approved for others, too", nil, func(p *policy) { p.Routes[0].Values = append(slices.Clone(p.Routes[0].Values), "tag:other") }, []string{`autoApprovers.routes["10.0.0.0/22"][1]: warning policy-approver-wide`}},
		{"a wide route", nil, route("10.0.0.0/8", "tag:other"), []string{`autoApprovers.routes["10.0.0.0/8"][0]: warning policy-approver-wide`}},
		{"a wide route for the gateways", nil, route("10.0.0.0/8", "tag:k8s"), []string{`autoApprovers.routes["10.0.0.0/8"][0]: warning policy-approver-wide`}},
		{"somebody else's route for the gateways", nil, route("192.0.2.0/24", "tag:k8s"), []string{`autoApprovers.routes["192.0.2.0/24"][0]: warning policy-approver-wide`}},
		{"a route for a tag of which no region is called", extraTag, route("192.0.2.0/24", "tag:extra"), []string{`autoApprovers.routes["192.0.2.0/24"][0]: warning policy-approver-wide`}},
		{"a wide route for nobody", nil, route("10.0.0.0/8"), nil},
		{"somebody else's route", nil, route("192.0.2.0/24", "tag:other"), nil},
		{"a route that cannot be read", nil, route("nonsense", "tag:other"), nil},
		{"a grant is missing", nil, func(p *policy) { p.Grants = p.Grants[1:] }, []string{"grants: error policy-grant-missing"}},
		{"a grant between one pair is missing", nil, func(p *policy) { p.Grants = slices.Delete(p.Grants, 1, 2) }, []string{"grants: error policy-grant-missing"}},
		{"a grant between one pair has a condition", nil, func(p *policy) { p.Grants[1].SrcPosture = []string{"posture:p"} }, []string{"tests[2].accept[0]: warning policy-test-undecided", "grants: warning policy-test-undecided"}},
		{"every grant has a condition", nil, func(p *policy) { p.DefaultSrcPosture = []string{"posture:p"} }, append([]string{"tests[0].accept[0]: warning policy-test-undecided"}, slices.Repeat([]string{"grants: warning policy-test-undecided"}, 13)...)},
		{"a grant for everybody", nil, grant("*", "*", "*"), []string{"grants[13]: warning policy-region-self", "grants[13]: warning policy-grant-wide"}},
		{"a grant from a pod to a node", nil, grant("10.61.7.7", "10.143.0.0/24", "tcp:9999"), []string{"grants[13]: warning policy-grant-wide"}},
		{"a grant among pods of a region", nil, grant("10.61.7.7", "10.61.8.8", "tcp:9999"), []string{"grants[13]: warning policy-region-self", "grants[13]: warning policy-grant-wide"}},
		{"a grant for gateways", nil, grant("tag:k8s", "10.143.0.0/24", "tcp:9999"), []string{"grants[13]: warning policy-grant-wide"}},
		{"a grant for another tag", nil, grant("tag:other", "10.143.0.0/24", "tcp:9999"), nil},
		{"a grant for people", nil, grant("autogroup:member", "10.143.0.0/24", "tcp:9999"), nil},
		{"a grant to what is nobody's", nil, grant("10.61.7.7", "192.0.2.1", "tcp:9999"), nil},
		{"UDP one way", nil, grant("10.61.7.7", "10.143.0.0/24", "udp:9999"), []string{"grants[13]: warning policy-udp-mirror", "grants[13]: warning policy-grant-wide"}},
		{"DNS one way", nil, grant("10.61.7.7", "10.143.0.0/24", "udp:53"), []string{"grants[13]: warning policy-grant-wide"}},
		{"UDP of gateways one way", nil, grant("tag:k8s", "10.143.0.0/24", "udp:9999"), []string{"grants[13]: warning policy-grant-wide"}},
		{"UDP both ways", nil, func(p *policy) {
			grant("10.61.7.7", "10.143.0.0/24", "udp:9999")(p)
			grant("10.143.0.0/24", "10.61.7.7", "udp:9999")(p)
		}, []string{"grants[13]: warning policy-grant-wide", "grants[14]: warning policy-grant-wide"}},
		{"a service of which nothing is known, twice", nil, func(p *policy) {
			grant("tag:other", "svc:web", "*")(p)
			grant("tag:other", "svc:web", "tcp:1")(p)
		}, []string{": warning policy-selector"}},
		{"a kind of name that is new", nil, grant("new:thing", "tag:other", "*"), []string{": warning policy-selector"}},
		{"people's roles", nil, grant("autogroup:admin", "tag:other", "*"), nil},
		{"access rules", access, func(*policy) {}, nil},
		{"access rules, of which one is missing", access, func(p *policy) { p.ACLs = p.ACLs[1:] }, []string{"grants: error policy-grant-missing"}},
		{"gateways that send from their tailnet addresses", tailnetIP, func(*policy) {}, nil},
		{"a peer relay", relay, func(*policy) {}, nil},
		{"a peer relay that nobody may use", relay, func(p *policy) {
			p.Grants = slices.DeleteFunc(p.Grants, func(g acl.Grant) bool { return len(g.App) > 0 })
		}, []string{"grants: warning policy-grant-missing"}},
		{"a peer relay that others may use, too", relay, func(p *policy) {
			p.Grants = append(p.Grants, acl.Grant{Src: []string{"tag:other"}, Dst: []string{"*"}, App: []string{"tailscale.com/cap/relay"}})
		}, []string{"grants[4]: warning policy-grant-wide"}},
		{"a test is missing", nil, func(p *policy) { p.Tests = p.Tests[1:] }, []string{"tests: warning policy-test-missing"}},
		{"no tests", nil, func(p *policy) { p.Tests = nil }, []string{"tests: warning policy-test-missing"}},
		{"the pool", ipPool, func(*policy) {}, nil},
		{"no pool", ipPool, func(p *policy) { p.NodeAttrs = nil }, []string{"nodeAttrs: error policy-attr-missing"}},
		{"the pool for everybody", ipPool, func(p *policy) { p.NodeAttrs[0].Target = []string{"*"} }, []string{"nodeAttrs[0].target[0]: warning policy-attr-missing"}},
		{"another pool", nil, pool("*", "100.81.0.0/24"), []string{"nodeAttrs[0].ipPool[0]: warning policy-attr-missing"}},
		{"another pool for people", nil, pool("autogroup:member", "100.81.0.0/24"), nil},
		{"another pool beside the pool", ipPool, pool("autogroup:tagged", "100.81.0.0/24"), []string{"nodeAttrs[1].ipPool[0]: warning policy-attr-missing"}},
		{"100.64.0.0/10 on the LAN", nil, attr("*", "disable-linux-cgnat-drop-rule"), []string{"nodeAttrs[0].attr[0]: warning policy-attr-missing"}},
	} {
		fmt.Fprintf(&all, "%s\n", c.about)
		topology := acltest.Published()
		if c.topology != nil {
			c.topology(topology)
		}
		p := acl.FromTopology(topology)
		p.TagOwners = append(p.TagOwners, acl.Assignment{Key: "tag:other"})
		c.change(p)
		var got []string
		found := eval.Check(topology, p)
		for _, d := range found {
			if d.Code != eval.CodeTestFailed { // which say the same in other words
				got = append(got, d.Path+": "+d.Severity.String()+" "+string(d.Code))
			}
		}
		said := map[diag.Code]bool{}
		for _, d := range found {
			if said[d.Code] {
				continue
			}
			said[d.Code] = true
			if !slices.Contains(append(eval.Codes(), acl.Codes()...), d.Code) {
				t.Errorf("%s is not among the codes", d.Code)
			}
			fmt.Fprintf(&all, "\t%s: %s [%s]; %s\n", d.Path, d.Message, d.Code, d.Remedy)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.about, got, c.want)
		}
	}
	goldentest.Compare(t, "testdata/check.txt", all.String())
}
