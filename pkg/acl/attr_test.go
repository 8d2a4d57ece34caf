package acl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Gateways of a provider inside 100.64.0.0/10 get the attribute where tailscaled manages the
// firewall and knows it, and every gateway gets the pool of a server that has pools.
func TestNodeAttributes(t *testing.T) {
	const cgnat, pool = "[tag:k8s-gpu-dc] [disable-linux-cgnat-drop-rule] []; ", "[tag:k8s-gcp-us tag:k8s-gpu-dc] [] [100.80.0.0/24 100.81.0.0/24]; "
	for _, c := range []struct {
		netfilter schema.NetfilterMode
		tailscale schema.Version
		provider  string
		control   schema.ControlServer
		pool      bool
		want      string
	}{
		{schema.NetfilterOn, "1.98.0", "alibaba", schema.ControlTailscale, false, cgnat},
		{schema.NetfilterOn, "1.98.0", "alibaba", schema.ControlHeadscale, false, cgnat},
		{schema.NetfilterOn, "1.102.3", "alibaba", schema.ControlTailscale, true, cgnat + pool},
		{schema.NetfilterOn, "1.97.9", "alibaba", schema.ControlTailscale, false, ""},
		{schema.NetfilterOff, "1.98.0", "alibaba", schema.ControlTailscale, false, ""},
		{schema.NetfilterOff, "1.84.3", "alibaba", schema.ControlTailscale, false, ""},
		{schema.NetfilterOn, "1.98.0", "bare-metal", schema.ControlTailscale, false, ""},
		{schema.NetfilterOn, "1.98.0", "bare-metal", schema.ControlTailscale, true, pool},
		{schema.NetfilterOn, "1.98.0", "bare-metal", schema.ControlHeadscale, true, ""},
	} {
		topology := acltest.Published()
		s := &topology.Spec
		s.Tailnet.NetfilterMode, s.Tailnet.TailscaleVersion, s.Tailnet.Control, s.Tailnet.Policy.TagPerRegion = c.netfilter, c.tailscale, c.control, true
		s.Regions[1].Provider = c.provider
		if c.pool {
			s.Tailnet.IPPool = prefixes("100.80.0.0/24", "100.81.0.0/24")
		}
		got := ""
		for _, a := range acl.FromTopology(topology).NodeAttrs {
			got += fmt.Sprint(a.Target, " ", a.Attr, " ", a.IPPool, "; ")
		}
		if got != c.want {
			t.Errorf("%s, tailscale %s at %s with %s: %q, want %q", c.netfilter, c.tailscale, c.provider, c.control, got, c.want)
		}
	}
}

// Gateways may use peer relays by a grant; access rules have none, not even one of ICMP.
func TestRelaysByForm(t *testing.T) {
	for _, c := range []struct {
		control schema.ControlServer
		form    schema.PolicyForm
		want    string
	}{
		{schema.ControlTailscale, schema.FormGrants, "[] [tailscale.com/cap/relay]"}, {schema.ControlHeadscale, schema.FormGrants, "[icmp:*] [tailscale.com/cap/relay]"},
		{schema.ControlTailscale, schema.FormACLs, ""}, {schema.ControlHeadscale, schema.FormACLs, ""},
	} {
		topology := acltest.Named(t, "peer-relay")
		topology.Spec.Tailnet.Control, topology.Spec.Tailnet.Policy.Form = c.control, c.form
		p, got := acl.FromTopology(topology), ""
		for _, g := range p.Grants {
			if strings.HasPrefix(g.Comment, "peer relay:") {
				got += fmt.Sprint(g.IP, " ", g.App)
			}
		}
		for _, a := range p.ACLs {
			if strings.HasPrefix(a.Comment, "peer relay:") {
				got += fmt.Sprint(a)
			}
		}
		if got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.control, c.form, got, c.want)
		}
	}
}

// A flow has a rule of its own, also where other rules allow it: it says why. Only where pods and
// nodes share prefixes would it say nothing.
func TestFlowsAreKept(t *testing.T) {
	topology := acltest.Published()
	topology.Spec.Tailnet.Policy.Flows = []schema.Flow{{Name: "web", From: []string{"gcp-us"}, To: []string{"gpu-dc"}, Sources: schema.EndpointPods, Targets: schema.EndpointPods, Ports: []string{"tcp:443"}}}
	got := ""
	for _, g := range acl.FromTopology(topology).Grants {
		if strings.HasPrefix(g.Comment, "flow: ") {
			got += fmt.Sprint(g.Comment, " ", g.Src, " ", g.Dst, " ", g.IP)
		}
	}
	if got != "flow: web [k8s-gcp-us-pods] [k8s-gpu-dc-pods] [tcp:443]" {
		t.Error(got)
	}
}
