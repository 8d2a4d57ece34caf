package host_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestEnvironmentByTopology(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*schema.Topology)
		region string
		want   map[string]string
	}{
		{"Tailscale's chains, old version", func(t *schema.Topology) { t.Spec.Tailnet.NetfilterMode = schema.NetfilterOn }, "gpu-dc",
			map[string]string{"TS_DEBUG_FIREWALL_MODE": "iptables"}},
		{"Tailscale's chains, mark fixed", func(t *schema.Topology) {
			t.Spec.Tailnet.NetfilterMode, t.Spec.Tailnet.TailscaleVersion = schema.NetfilterOn, "1.100.0"
		}, "gpu-dc", map[string]string{"TS_DEBUG_FIREWALL_MODE": "auto"}},
		{"Headscale", func(t *schema.Topology) { t.Spec.Tailnet.ControlURL = "https://headscale.example" }, "gpu-dc", map[string]string{
			"TS_EXTRA_ARGS": "--reset --login-server=https://headscale.example --accept-routes=true --snat-subnet-routes=false --stateful-filtering=false --netfilter-mode=off",
		}},
		{"IPv6 hosts", func(t *schema.Topology) {
			for i := range t.Spec.Regions[0].Gateways.Nodes {
				n := &t.Spec.Regions[0].Gateways.Nodes[i]
				n.InternalIP = schema.TailnetIPv6().Addr().Next()
			}
		}, "gcp-us", map[string]string{"TS_LOCAL_ADDR_PORT": "[$(HOST_IP)]:9002", "TS_KUBE_SECRET": "tailscale-$(NODE_NAME)"}},
		{"IPv6 services", func(t *schema.Topology) {
			t.Spec.Cluster.ServiceCIDRs[0] = schema.TailnetIPv6()
		}, "gcp-us", map[string]string{"TS_KUBE_SECRET": "", "KUBERNETES_SERVICE_HOST": ""}},
		{"a state Secret that would be the auth key's", func(t *schema.Topology) {
			t.Spec.Regions[0].Gateways.Nodes[1].Name = "auth"
		}, "gcp-us", map[string]string{"TS_KUBE_SECRET": ""}},
		{"one gateway", nil, "gpu-dc", map[string]string{"TS_LOCAL_ADDR_PORT": "127.0.0.1:9002"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := plan.New(sample.Published(t, test.change))
			i := slices.IndexFunc(p.Regions, func(r plan.Region) bool { return r.Region.Name == test.region })
			env := map[string]string{}
			for _, v := range host.NewFleet(p).Gateway(&p.Regions[i], &p.Regions[i].Hosts[0]).Environment {
				if v.Field == "" {
					env[v.Name] = v.Value
				}
			}
			for name, want := range test.want {
				if got, set := env[name]; !set || got != want {
					t.Errorf("%s=%q, set %v, want %q", name, got, set, want)
				}
			}
			if strings.ContainsAny(env["TS_ROUTES"], " ") {
				t.Errorf("TS_ROUTES=%q: a blank is fatal", env["TS_ROUTES"])
			}
		})
	}
}
