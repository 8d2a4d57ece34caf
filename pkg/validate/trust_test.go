package validate_test

import (
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Settings of one region.
func providers(names ...string) change {
	return func(t *schema.Topology) {
		for i, name := range names {
			t.Spec.Regions[i].Provider = name
		}
	}
}

func modes(m ...schema.GatewayMode) change {
	return func(t *schema.Topology) {
		for i, mode := range m {
			t.Spec.Regions[i].Gateways.Mode = mode
		}
	}
}

func distribution(d schema.Distribution) change {
	return func(t *schema.Topology) { t.Spec.Cluster.Distribution = d }
}

func controller(c schema.CloudController) change {
	return func(t *schema.Topology) { t.Spec.Cluster.CloudController = c }
}

func publicAPIServer(t *schema.Topology) {
	t.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("192.0.2.1")}
}

// severityOf is how loud the first finding with the code is, and 0 where there is none.
func severityOf(t *schema.Topology, code diag.Code) diag.Severity {
	if d := reported(t, string(code)); d != nil {
		return d.Severity
	}
	return 0
}

// TestForeignNodes: the control plane is in the first region.
func TestForeignNodes(t *testing.T) {
	gcp := providers("gcp", "bare-metal")
	for _, c := range []struct {
		name    string
		changes []change
		want    diag.Severity
	}{
		{"no cloud", nil, 0},
		{"Google Cloud", []change{gcp}, diag.Warning},
		{"Azure", []change{providers("azure", "bare-metal")}, diag.Warning},
		{"Hetzner", []change{providers("hetzner", "bare-metal")}, diag.Warning},
		{"AWS today", []change{providers("aws", "bare-metal")}, diag.Info},
		{"AWS before", []change{providers("aws", "bare-metal"), kubernetes("1.29.9")}, diag.Warning},
		{"OpenStack before", []change{providers("openstack", "bare-metal"), kubernetes("1.31.4")}, diag.Warning},
		{"Alibaba Cloud", []change{providers("alibaba", "bare-metal"), kubernetes("1.22.0")}, diag.Info},
		{"a controller nobody has read", []change{providers("oracle", "bare-metal")}, 0},
		{"one cloud", []change{provider("gcp")}, 0},
		{"control plane elsewhere", []change{providers("bare-metal", "gcp")}, 0},
		{"control plane anywhere", []change{gcp, publicAPIServer}, 0},
		{"control plane of the distribution's", []change{providers("bare-metal", "gcp"), distribution(schema.DistributionGKE), publicAPIServer}, diag.Warning},
		{"a controller that keeps all", []change{gcp, distribution(schema.DistributionK3s)}, 0},
		{"another one on k3s", []change{gcp, distribution(schema.DistributionK3s), controller("gcp")}, diag.Warning},
		{"none, as stated", []change{gcp, controller(schema.CloudControllerNone)}, 0},
		{"stated", []change{controller("hcloud")}, diag.Warning},
		{"daemonSet", []change{gcp, modes(schema.ModeDaemonSet, schema.ModeDaemonSet)}, diag.Warning},
		{"perNode", []change{gcp, modes(schema.ModePerNode, schema.ModePerNode)}, diag.Warning},
	} {
		if got := severityOf(withChanges(c.changes), validate.CodeForeignNode); got != c.want {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

// TestSharedTag: whose hosts may take whose prefixes.
func TestSharedTag(t *testing.T) {
	rented := providers("gcp", "bare-metal")
	perRegion := func(t *schema.Topology) { t.Spec.Tailnet.Policy.TagPerRegion = true }
	for _, c := range []struct {
		name    string
		changes []change
		want    diag.Severity
	}{
		{"one provider", nil, 0},
		{"rented hosts", []change{rented}, diag.Warning},
		{"each node a gateway", []change{rented, modes(schema.ModeDaemonSet, schema.ModePerNode)}, diag.Warning},
		{"keys in the cluster", []change{rented, modes(schema.ModeStaticPod, schema.ModeDaemonSet)}, 0},
		{"a tag for each region", []change{rented, perRegion}, 0},
		{"control plane anywhere", []change{rented, publicAPIServer}, diag.Warning},
		{"one provider, control plane anywhere", []change{publicAPIServer}, 0},
		{"control plane of the distribution's", []change{providers("bare-metal", "bare-metal"), distribution(schema.DistributionEKS)}, 0},
	} {
		if got := severityOf(withChanges(c.changes), validate.CodeTagRegions); got != c.want {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

// TestOperatorTag: how sure it is that somebody else has the gateways' tag.
func TestOperatorTag(t *testing.T) {
	tag := func(name string) change { return func(t *schema.Topology) { t.Spec.Tailnet.Tag = name } }
	runs := func(t *schema.Topology) { t.Spec.Tailnet.Operator = true }
	perRegion := func(t *schema.Topology) { t.Spec.Tailnet.Policy.TagPerRegion = true }
	for _, c := range []struct {
		name    string
		changes []change
		shown   string
		want    diag.Severity
	}{
		{"the usual tag", []change{tag("tag:k8s")}, "", diag.Info},
		{"the operator is stated", []change{tag("tag:k8s"), runs}, "", diag.Warning},
		{"the operator is shown", []change{tag("tag:k8s")}, "IngressClass/tailscale", diag.Warning},
		{"another tag", []change{tag("tag:gw"), runs}, "IngressClass/tailscale", 0},
		{"a tag for each region", []change{tag("tag:k8s"), runs, perRegion}, "", 0},
	} {
		var got diag.Severity
		for _, d := range validate.Run(validate.Input{Topology: withChanges(c.changes), OperatorShown: c.shown}) {
			if d.Code == validate.CodeTagOperator {
				got = d.Severity
			}
		}
		if got != c.want {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}
