package validate_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The API server is in region 0, a DaemonSet; region 1 has static pods.
func TestIdentity(t *testing.T) {
	federated := func(t *schema.Topology) {
		t.Spec.Tailnet.TailscaleVersion = "1.94.0"
		t.Spec.Tailnet.Auth = schema.Auth{HostDir: "/etc/key", WorkloadIdentity: schema.WorkloadIdentity{ClientID: "client"}}
	}
	secret := func(i int) func(*schema.Topology) {
		return func(t *schema.Topology) { t.Spec.Regions[i].Gateways.State = schema.KeepSecret }
	}
	daemonSet := func(t *schema.Topology) { t.Spec.Regions[1].Gateways.Mode = schema.ModeDaemonSet }
	for name, c := range map[string]struct {
		changes []func(*schema.Topology)
		want    []diag.Code
	}{
		"a key": {nil, nil},
		"federated, and a key where there are static pods": {[]func(*schema.Topology){federated}, nil},
		"no word of a key": {[]func(*schema.Topology){federated, func(t *schema.Topology) { t.Spec.Tailnet.Auth.HostDir = "" }},
			[]diag.Code{validate.CodeIdentityStaticPod}},
		"far from the API server": {[]func(*schema.Topology){federated, daemonSet}, []diag.Code{validate.CodeIdentityRemote}},
		"too old": {[]func(*schema.Topology){federated, func(t *schema.Topology) { t.Spec.Tailnet.TailscaleVersion = "1.92.5" }},
			[]diag.Code{validate.CodeIdentityVersion}},
		"headscale": {[]func(*schema.Topology){federated, func(t *schema.Topology) { t.Spec.Tailnet.ControlURL = "https://headscale.example" }},
			[]diag.Code{validate.CodeIdentityControl}},
		"a Secret beside the API server":   {[]func(*schema.Topology){secret(0)}, nil},
		"a Secret for static pods":         {[]func(*schema.Topology){secret(1)}, []diag.Code{validate.CodeStateSecret}},
		"a Secret far from the API server": {[]func(*schema.Topology){secret(1), daemonSet}, []diag.Code{validate.CodeStateSecret}},
		"a Secret for hosts that nobody knows": {[]func(*schema.Topology){secret(0), func(t *schema.Topology) { t.Spec.Regions[0].Gateways.Nodes = nil }},
			[]diag.Code{validate.CodeStateSecret}},
		"the Secret with the key": {[]func(*schema.Topology){secret(0), func(t *schema.Topology) {
			t.Spec.Tailnet.Auth.SecretName = plan.StateSecretName(t.Spec.Regions[0].Gateways.Nodes[0].Name)
		}}, []diag.Code{validate.CodeStateSecret}},
		"an IPv6 service": {[]func(*schema.Topology){secret(0), func(t *schema.Topology) {
			t.Spec.Cluster.ServiceCIDRs = []netip.Prefix{netip.MustParsePrefix("fd00:96::/112")}
		}}, []diag.Code{validate.CodeStateSecret}},
	} {
		t.Run(name, func(t *testing.T) {
			topology := published()
			for _, change := range c.changes {
				change(topology)
			}
			if got := identityCodes(validate.Topology(topology)); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func identityCodes(list diag.List) []diag.Code {
	var codes []diag.Code
	for _, d := range list {
		if slices.Contains([]diag.Code{
			validate.CodeStateSecret, validate.CodeIdentityControl, validate.CodeIdentityRemote,
			validate.CodeIdentityStaticPod, validate.CodeIdentityVersion,
		}, d.Code) {
			codes = append(codes, d.Code)
		}
	}
	return codes
}
