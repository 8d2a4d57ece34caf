package validate_test

import (
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestNetworkPlugins(t *testing.T) {
	native := func(p string) change {
		return func(t *schema.Topology) { t.Spec.Cluster.NativeRoutingCIDR = netip.MustParsePrefix(p) }
	}
	external := func(p string) change {
		return func(t *schema.Topology) { t.Spec.ExternalCIDRs = cidrs(p) }
	}
	cluster := func(p ...string) change {
		return func(t *schema.Topology) { t.Spec.Cluster.ClusterCIDRs = cidrs(p...) }
	}
	second := func(edit func(*schema.CNI)) change {
		return func(t *schema.Topology) { edit(&t.Spec.Regions[1].CNI) }
	}
	device := func(d string) change { return plugin(func(c *schema.CNI) { c.Devices = []string{d} }) }
	ipam := func(m schema.IPAM) change { return plugin(func(c *schema.CNI) { c.IPAM = m }) }
	label := func(l string) change {
		return regions(func(r *schema.Region) { r.Gateways.NodeSelector = map[string]string{l: "true"} })
	}
	for _, c := range []struct {
		name    string
		changes []change
		want    diag.Code
		path    string
	}{
		{"published", nil, "", ""},
		{"native CIDR", []change{native("10.0.0.0/8")}, "", ""},
		{"native CIDR, too small", []change{native("10.128.0.0/9")}, validate.CodeMasqueradeGap, "spec.cluster.nativeRoutingCIDR"},
		{"native CIDR, too wide", []change{native("10.0.0.0/8"), external("10.200.0.0/16")}, validate.CodeMasqueradeWide, "spec.cluster.nativeRoutingCIDR"},
		{"cluster CIDR", []change{cluster("10.61.0.0/16", "10.142.0.0/20")}, "", ""},
		{"cluster CIDR of one region", []change{cluster("10.61.0.0/16")}, validate.CodeMasqueradeGap, "spec.cluster.clusterCIDRs"},
		{"flannel", []change{cni(schema.CNIFlannel, "0.26.0")}, validate.CodeMasqueradeGap, "spec.regions[0].cni"},
		{"flannel with its network", []change{cni(schema.CNIFlannel, "0.26.0"), cluster("10.0.0.0/8")}, validate.CodeClusterCIDR, "spec.regions[0].cni"}, // for information
		{"device", []change{device("ens+")}, "", ""},
		{"tailscale0", []change{device("tailscale0")}, validate.CodeDeviceTunnel, "spec.regions[0].cni.devices[0]"},
		{"everything", []change{device("+")}, validate.CodeDeviceTunnel, "spec.regions[0].cni.devices[0]"},
		{"exclusion", []change{device("!tailscale+")}, validate.CodeDeviceTunnel, "spec.regions[0].cni.devices[0]"},
		{"exclusion, 1.20", []change{cni(schema.CNICilium, "1.20.0"), device("!tailscale+")}, "", ""},
		{"cluster pool", []change{ipam(schema.IPAMClusterPool)}, validate.CodeIPAM, "spec.regions[0].cni.ipam"},
		{"cloud pool", []change{ipam(schema.IPAMCloud), func(t *schema.Topology) { t.Spec.Regions[0].Provider = "gcp" }}, validate.CodeIPAM, "spec.regions[0].cni.ipam"},
		{"cloud pool, one cloud", []change{ipam(schema.IPAMCloud), provider("aws")}, validate.CodeSourceCheck, "spec.regions[0]"},
		{"two IPAMs", []change{second(func(c *schema.CNI) { c.IPAM = schema.IPAMKubernetes })}, validate.CodeClusterWide, "spec.regions[1].cni.ipam"},
		{"two tunnels", []change{cni(schema.CNICilium, "1.18.0"), second(func(c *schema.CNI) { c.Tunnel = schema.TunnelVXLAN })}, validate.CodeClusterWide, "spec.regions[1].cni.tunnel"},
		{"ipip and IPv6", []change{tunnel(schema.TunnelIPIP), func(t *schema.Topology) {
			t.Spec.Regions[1].PodCIDRs = append(t.Spec.Regions[1].PodCIDRs, netip.MustParsePrefix("fd00:142::/56"))
		}}, validate.CodeTunnelFamily, "spec.regions[1].cni.tunnel"},
		{"upgrade", []change{second(func(c *schema.CNI) { c.Version = "1.18.0" })}, "", ""},
		{"skew", []change{second(func(c *schema.CNI) { c.Version = "1.19.0" })}, validate.CodeVersionSkew, "spec.regions[1].cni.version"},
		{"mixed", []change{second(func(c *schema.CNI) { *c = schema.CNI{Type: schema.CNICalico, Version: "3.30.7"} })}, validate.CodeMixedCNI, "spec.regions[1].cni.type"},
		{"label", []change{label("example.com/gateway")}, "", ""},
		{"plain label", []change{label("tailscale")}, "", ""},
		{"label of the kubelet's", []change{label("node.kubernetes.io/gateway")}, "", ""},
		{"restricted label", []change{label("gateway.kubernetes.io/tailscale")}, validate.CodeNodeLabel, `spec.regions[0].gateways.nodeSelector["gateway.kubernetes.io/tailscale"]`},
	} {
		list := validate.Topology(withChanges(c.changes))
		found := false
		for _, d := range list {
			found = found || d.Code == c.want && d.Path == c.path
		}
		if c.want == "" && len(list) > 0 || c.want != "" && !found {
			t.Errorf("%s: want %q at %s, got %v", c.name, c.want, c.path, list)
		}
	}
}
