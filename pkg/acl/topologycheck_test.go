package acl_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// What is said where one thing of the topology is different; nothing is said of it as it is.
func TestCheckTopology(t *testing.T) {
	pin := schema.Pin{From: "gcp-us", To: "gpu-dc", Via: "tag:k8s-a"}
	perRegion := func(s *schema.Spec, pins ...schema.Pin) {
		s.Tailnet.Policy.TagPerRegion = true
		s.Tailnet.Policy.Pins = pins
	}
	more := func(s *schema.Spec, tags ...string) {
		s.Regions[1].Gateways.Nodes = append(s.Regions[1].Gateways.Nodes,
			schema.GatewayNode{Name: "gpu-2", InternalIP: netip.MustParseAddr("10.143.0.12"), Tags: tags},
			schema.GatewayNode{Name: "gpu-3", InternalIP: netip.MustParseAddr("10.143.0.13")})
	}
	for _, c := range []struct {
		name   string
		change func(*schema.Spec)
		want   string
	}{
		{"nothing", func(*schema.Spec) {}, ``},
		{"a pool for Headscale", func(s *schema.Spec) {
			s.Tailnet.IPPool = prefixes("100.64.0.0/24", "100.65.0.0/24")
		}, `
spec.tailnet.ipPool: warning: Headscale's policy has no ipPool, and no policy file holds the pool 100.64.0.0/24, 100.65.0.0/24 [policy-unsupported]; set prefixes.v4 in Headscale's own configuration`},
		{"a pool of one prefix for Headscale", func(s *schema.Spec) {
			s.Tailnet.IPPool = prefixes("100.64.0.0/24")
		}, `
spec.tailnet.ipPool: warning: Headscale's policy has no ipPool, and no policy file holds the pool 100.64.0.0/24 [policy-unsupported]; set prefixes.v4 in Headscale's own configuration`},
		{"a flow from a region that is leaving and still there", func(s *schema.Spec) {
			s.Leaving = []schema.Region{{Name: "gcp-us"}}
			s.Tailnet.Policy.Flows = []schema.Flow{{Name: "web", From: []string{"gcp-us"}, To: []string{"gpu-dc"}, Ports: []string{"tcp:443"}}}
		}, ``},
		{"a pool for Tailscale", func(s *schema.Spec) {
			s.Tailnet.Control, s.Tailnet.IPPool = schema.ControlTailscale, prefixes("100.64.0.0/24")
		}, ``},
		{"owners for Headscale", func(s *schema.Spec) {
			s.Tailnet.Policy.TagOwners = []string{"ana@example.com", "autogroup:admin", "group:ops", "autogroup:nobody"}
		}, `
spec.tailnet.policy.tagOwners[1]: error: Headscale has no autogroup:admin [policy-unsupported]; name users or groups, or nobody: a pre-authorised key carries the tag
spec.tailnet.policy.tagOwners[3]: error: Headscale has no autogroup:nobody [policy-unsupported]; name users or groups, or nobody: a pre-authorised key carries the tag`},
		{"owners for Tailscale", func(s *schema.Spec) {
			s.Tailnet.Control, s.Tailnet.Policy.TagOwners = schema.ControlTailscale, []string{"autogroup:admin"}
		}, ``},
		{"tags that own the tag", func(s *schema.Spec) {
			s.Tailnet.Control, s.Tailnet.Policy.TagOwners = schema.ControlTailscale, []string{"tag:ops", "tag:k8s", "tag:extra", "group:ops"}
			s.Regions[1].Gateways.Nodes[0].Tags = []string{"tag:extra"}
		}, `
spec.tailnet.policy.tagOwners[0]: warning: no gateway carries tag:ops, so the policy does not define it: the control server refuses it unless it is merged into a file that does [policy-undefined]; merge the policy into the file that defines tag:ops (` + "`acl merge --into POLICY`" + `) and suppress this finding, or name a tag of the gateways`},
		{"the form that nobody has chosen, before 0.29", func(s *schema.Spec) {
			s.Tailnet.ControlVersion, s.Tailnet.Policy.Form = "0.28.0", ""
		}, `
spec.tailnet.controlVersion: error: Headscale 0.28.0 has no grants, which the policy consists of [policy-unsupported]; set policy.form: acls, or run 0.29.0 or newer`},
		{"a version of Tailscale", func(s *schema.Spec) {
			s.Tailnet.Control, s.Tailnet.ControlVersion = schema.ControlTailscale, "0.28.0"
		}, `
spec.tailnet.controlVersion: error: Tailscale has no versions, and the topology says 0.28.0 [policy-unsupported]; leave controlVersion out, or set control: headscale`},
		{"grants before 0.29", func(s *schema.Spec) {
			s.Tailnet.ControlVersion = "0.28.0"
		}, `
spec.tailnet.controlVersion: error: Headscale 0.28.0 has no grants, which the policy consists of [policy-unsupported]; set policy.form: acls, or run 0.29.0 or newer`},
		{"access rules before 0.29", func(s *schema.Spec) {
			s.Tailnet.ControlVersion, s.Tailnet.Policy.Form = "0.28.0", schema.FormACLs
		}, ``},
		{"grants since 0.29", func(s *schema.Spec) {
			s.Tailnet.ControlVersion = "0.29.0"
		}, ``},
		{"a provider in the tailnet's range before 0.29", func(s *schema.Spec) {
			s.Tailnet.ControlVersion, s.Tailnet.Policy.Form = "0.28.0", schema.FormACLs
			s.Tailnet.TailscaleVersion, s.Regions[1].Provider = "1.98.0", "alibaba"
			perRegion(s)
		}, `
spec.tailnet.controlVersion: error: Headscale 0.28.0 has no node attributes, and gateways with tag:k8s-gpu-dc need one, since their provider's own services live in 100.64.0.0/10 [policy-unsupported]; set netfilterMode: "off", or run 0.29.0 or newer`},
		{"two such providers", func(s *schema.Spec) {
			s.Tailnet.ControlVersion = "0.28.0"
			s.Tailnet.TailscaleVersion, s.Regions[0].Provider, s.Regions[1].Provider = "1.98.0", "alibaba", "alibaba"
			perRegion(s)
		}, `
spec.tailnet.controlVersion: error: Headscale 0.28.0 has no grants, which the policy consists of [policy-unsupported]; set policy.form: acls, or run 0.29.0 or newer
spec.tailnet.controlVersion: error: Headscale 0.28.0 has no node attributes, and gateways with tag:k8s-gcp-us, tag:k8s-gpu-dc need one, since their provider's own services live in 100.64.0.0/10 [policy-unsupported]; set netfilterMode: "off", or run 0.29.0 or newer`},
		{"such a provider since 0.29", func(s *schema.Spec) {
			s.Tailnet.ControlVersion, s.Tailnet.TailscaleVersion, s.Regions[1].Provider = "0.29.0", "1.98.0", "alibaba"
		}, ``},
		{"one tag for all, as the source", func(s *schema.Spec) {
			s.Tailnet.GatewaySource = schema.SourceTailnetIP
		}, `
spec.tailnet.gatewaySource: info: gateways of every region carry tag:k8s and send from their tailnet addresses, so the rules let each region's gateways reach their own region, too [policy-region-self]; nothing breaks, since gateways guard their own prefixes; policy.tagPerRegion: true avoids it`},
		{"a tag per region, as the source", func(s *schema.Spec) {
			s.Tailnet.GatewaySource = schema.SourceTailnetIP
			perRegion(s)
		}, ``},
		{"one region's tag, as the source", func(s *schema.Spec) {
			s.Tailnet.GatewaySource, s.Regions = schema.SourceTailnetIP, s.Regions[:1]
		}, ``},
		{"a flow", func(s *schema.Spec) {
			s.Tailnet.Policy.Flows = []schema.Flow{{Name: "web", From: []string{"gcp-us"}, To: []string{"gpu-dc"}, Ports: []string{"tcp:443"}}}
		}, ``},
		{"flows that mean nothing", func(s *schema.Spec) {
			s.Leaving = []schema.Region{{Name: "old"}}
			s.Tailnet.Policy.Flows = []schema.Flow{
				{Name: "web", From: []string{"gcp-us", "gcp-eu"}, To: []string{"old"}, Ports: []string{"tcp:443", "tcp:0", "web:443"}},
				{Name: "logs", To: []string{""}, Ports: []string{""}},
			}
		}, `
spec.tailnet.policy.flows[0].from[1]: error: no region has the name "gcp-eu" [policy-undefined]; use the name of a region of this topology
spec.tailnet.policy.flows[0].to[0]: error: region "old" is leaving, so nothing is granted to it any more [policy-undefined]; take away what names it
spec.tailnet.policy.flows[0].ports[1]: error: flow "web": "0" is not a port, a range of ports or "*" [policy-ports]; write "*", "tcp:443", "udp:5000-5010" or "icmp:*"
spec.tailnet.policy.flows[0].ports[2]: error: flow "web": unknown protocol "web" [policy-ports]; write "*", "tcp:443", "udp:5000-5010" or "icmp:*"
spec.tailnet.policy.flows[1].to[0]: error: no region has the name "" [policy-undefined]; use the name of a region of this topology
spec.tailnet.policy.flows[1].ports[0]: error: flow "logs": "" is not a port, a range of ports or "*" [policy-ports]; write "*", "tcp:443", "udp:5000-5010" or "icmp:*"`},
		{"a peer relay of access rules", func(s *schema.Spec) {
			s.Tailnet.Policy.Form, s.Regions[1].Gateways.PeerRelay = schema.FormACLs, 40000
		}, `
spec.regions[1].gateways.peerRelay: error: access rules have no application capabilities, so nobody may use the peer relay of region "gpu-dc" [policy-unsupported]; set form: grants, or remove peerRelay`},
		{"a peer relay of grants", func(s *schema.Spec) {
			s.Regions[1].Gateways.PeerRelay = 40000
		}, ``},
		{"a pin of access rules", func(s *schema.Spec) {
			s.Tailnet.Policy.Form = schema.FormACLs
			s.Regions[1].Gateways.Nodes[0].Tags = []string{pin.Via}
			perRegion(s, pin)
		}, `
spec.tailnet.policy.pins[0]: error: access rules have no via, so what gcp-us sends to gpu-dc cannot be pinned to tag:k8s-a [policy-unsupported]; set form: grants, or delete the pin`},
		{"a pin with one tag for all", func(s *schema.Spec) {
			s.Regions[1].Gateways.Nodes[0].Tags, s.Tailnet.Policy.Pins = []string{pin.Via}, []schema.Pin{pin}
		}, `
spec.tailnet.policy.pins[0]: error: gateways of every region carry tag:k8s, so a pin of gcp-us would steer all of them [policy-unsupported]; set tagPerRegion: true`},
		{"a pin that every gateway carries", func(s *schema.Spec) {
			s.Regions[1].Gateways.Nodes[0].Tags = []string{pin.Via}
			perRegion(s, pin)
		}, ``},
		{"a pin that no gateway carries", func(s *schema.Spec) {
			perRegion(s, pin, pin)
		}, `
spec.tailnet.policy.pins[0].via: error: no gateway of region "gpu-dc" carries tag:k8s-a [policy-undefined]; add tag:k8s-a to the tags of every gateway of that region
spec.tailnet.policy.pins[1].via: error: no gateway of region "gpu-dc" carries tag:k8s-a [policy-undefined]; add tag:k8s-a to the tags of every gateway of that region`},
		{"a pin that the first of three gateways carries", func(s *schema.Spec) {
			s.Regions[1].Gateways.Nodes[0].Tags = []string{pin.Via}
			more(s)
			perRegion(s, pin)
		}, `
spec.tailnet.policy.pins[0]: error: what gcp-us sends to gpu-dc goes through gateways with tag:k8s-a, and gpu-2 has none: while that one is the primary, answers leave through it, and gateways of gcp-us drop them [policy-pin-way-back]; give tag:k8s-a to every gateway of gpu-dc, or delete the pin: the primary carries both ways, and another gateway follows when it fails`},
		{"a pin that the second of three gateways carries", func(s *schema.Spec) {
			more(s, pin.Via)
			perRegion(s, pin)
		}, `
spec.tailnet.policy.pins[0]: error: what gcp-us sends to gpu-dc goes through gateways with tag:k8s-a, and gpu-1 has none: while that one is the primary, answers leave through it, and gateways of gcp-us drop them [policy-pin-way-back]; give tag:k8s-a to every gateway of gpu-dc, or delete the pin: the primary carries both ways, and another gateway follows when it fails`},
		{"a pin to the region's own tag", func(s *schema.Spec) {
			perRegion(s, schema.Pin{From: "gcp-us", To: "gpu-dc", Via: "tag:k8s-gpu-dc"})
		}, ``},
		{"pins of regions that are not there", func(s *schema.Spec) {
			perRegion(s, schema.Pin{From: "gcp-eu", To: "gpu-eu", Via: pin.Via})
		}, `
spec.tailnet.policy.pins[0].from: error: no region has the name "gcp-eu" [policy-undefined]; use the name of a region of this topology
spec.tailnet.policy.pins[0].to: error: no region has the name "gpu-eu" [policy-undefined]; use the name of a region of this topology`},
	} {
		topology := acltest.Published()
		topology.Spec.Tailnet.Control, topology.Spec.Tailnet.NetfilterMode = schema.ControlHeadscale, schema.NetfilterOn
		topology.Spec.Tailnet.Policy.Form = schema.FormGrants
		c.change(&topology.Spec)
		for _, d := range acl.CheckTopology(topology) {
			if !slices.Contains(acl.Codes(), d.Code) {
				t.Errorf("%s is not among the codes", d.Code)
			}
		}
		if got := said(acl.CheckTopology(topology)); got != strings.TrimSpace(c.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, strings.TrimSpace(c.want))
		}
	}
}

// Only groups that the file would have to define are said to be missing.
func TestCheckAloneByOwner(t *testing.T) {
	topology := acltest.Published()
	topology.Spec.Tailnet.Policy.TagOwners = []string{"ana@example.com", "group:ops", "group:ops@example.com", "autogroup:admin", "tag:k8s", "group:web"}
	const want = `spec.tailnet.policy.tagOwners[1]: error: the policy alone does not define group:ops, and the control server refuses it [policy-undefined]; merge it into the file that defines group:ops (` + "`acl merge --into POLICY`" + `), or name users
spec.tailnet.policy.tagOwners[5]: error: the policy alone does not define group:web, and the control server refuses it [policy-undefined]; merge it into the file that defines group:web (` + "`acl merge --into POLICY`" + `), or name users`
	if got := said(acl.CheckAlone(topology)); got != want {
		t.Error(got)
	}
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// said is all of each finding, one a line.
func said(list diag.List) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s: %s: %s [%s]; %s\n", d.Path, d.Severity, d.Message, d.Code, d.Remedy)
	}
	return strings.TrimSpace(b.String())
}
