package readmit_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestGroup(t *testing.T) {
	const head, tail = `{"apiVersion":"cilium.io/v2alpha1","kind":"CiliumCIDRGroup","metadata":{"name":"hybrid-gateways"},"spec":{"externalCIDRs":[`, `]}}`
	for _, c := range []struct {
		name string
		edit func(*schema.Topology)
		want string
	}{
		{"known", func(*schema.Topology) {}, head + `"100.80.0.1/32","100.80.0.2/32","100.80.0.3/32"` + tail},
		{"pool", func(*schema.Topology) {}, head + `"100.80.0.0/24"` + tail},
		{"internalIP", func(*schema.Topology) {}, "null"},
		{"nothing", func(*schema.Topology) {}, "null"},
		{"nothing", func(t *schema.Topology) { t.Spec.Tailnet.ReadmitWholePool = true }, head + `"100.64.0.0/10"` + tail},
		{"known", func(t *schema.Topology) { t.Spec.Regions[1].Gateways.Nodes[0].TailnetIP = netip.Addr{} }, "null"},
		{"known", func(t *schema.Topology) { t.Spec.Regions[1].Gateways.Nodes = nil }, "null"},
		{"known", func(t *schema.Topology) {
			t.Spec.Regions[0].CNI.Type, t.Spec.Regions[1].CNI.Type = schema.CNICalico, schema.CNICalico
		}, "null"},
	} {
		top := topology(c.name)
		c.edit(top)
		got, err := json.Marshal(readmit.Group(plan.New(top)))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v\nwant %s", c.name, got, err, c.want)
		}
	}
}

func TestGroupAPIVersion(t *testing.T) {
	for _, c := range []struct {
		first, second schema.Version
		want          string
	}{
		{"1.17.4", "1.17.4", "cilium.io/v2alpha1"},
		{"1.18.0", "1.17.9", "cilium.io/v2alpha1"},
		{"1.18.0", "1.20.2", "cilium.io/v2"},
		{"", "1.20.2", "cilium.io/v2alpha1"},
	} {
		top := topology("known")
		top.Spec.Regions[0].CNI.Version, top.Spec.Regions[1].CNI.Version = c.first, c.second
		if got := readmit.GroupAPIVersion(plan.New(top)); got != c.want {
			t.Errorf("%q and %q: got %s, want %s", c.first, c.second, got, c.want)
		}
	}
}
