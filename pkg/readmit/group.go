package readmit

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// GroupName is the name of the CiliumCIDRGroup that holds the gateways' addresses.
const GroupName = "hybrid-gateways"

// CIDRGroup is a CiliumCIDRGroup: the fields that we emit (cilium 1.17.4,
// pkg/k8s/apis/cilium.io/v2alpha1/cidrgroups_types.go).
type CIDRGroup struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Metadata   GroupMetadata `json:"metadata"`
	Spec       CIDRGroupSpec `json:"spec"`
}

// GroupMetadata is what we set of ObjectMeta; the object has no namespace.
type GroupMetadata struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
}

// CIDRGroupSpec lists the prefixes, sorted, at least one.
type CIDRGroupSpec struct {
	ExternalCIDRs []netip.Prefix `json:"externalCIDRs"`
}

// Group returns the CiliumCIDRGroup of the gateways' tailnet addresses; nil where
// nothing refers to one: without a Cilium region, with gatewaySource internalIP, and
// where no address is known.
func Group(p *plan.Plan) *CIDRGroup {
	a := newAdmission(p)
	if !a.active {
		return nil
	}
	return &CIDRGroup{
		APIVersion: GroupAPIVersion(p),
		Kind:       "CiliumCIDRGroup",
		Metadata:   GroupMetadata{Name: GroupName},
		Spec:       CIDRGroupSpec{a.gateways},
	}
}

// GroupAPIVersion is the version of CiliumCIDRGroup that every Cilium of the
// topology serves: v2 from 1.18.0 on, v2alpha1 before (cilium 1.17.3 and 1.18.0,
// pkg/k8s/apis/cilium.io/client/crds/{v2alpha1,v2}/ciliumcidrgroups.yaml). Where a
// region does not state its version it is v2alpha1, which 1.20.2 still serves.
func GroupAPIVersion(p *plan.Plan) string {
	old := slices.ContainsFunc(p.Topology.Spec.Regions, func(r schema.Region) bool {
		return usesCilium(r) && !facts.Since(plugin.CiliumCIDRGroupV2).Contains(r.CNI.Version)
	})
	if old {
		return "cilium.io/v2alpha1"
	}
	return "cilium.io/v2"
}

// admission is what the topology says about gateways as peers of a policy.
type admission struct {
	topology *schema.Topology
	// active reports whether gateways come from their tailnet addresses and that some
	// region's Cilium has to be told.
	active bool
	// gateways are those addresses, sorted.
	gateways []netip.Prefix
	// byAddress reports whether gateways come from their tailnet addresses and that some
	// region's plugin lets policies name nodes by address.
	byAddress bool
	// controlPlane are the known addresses of gateways that run on a node with an
	// API server.
	controlPlane []netip.Prefix
	// unnamed are such gateways whose tailnet address is not known.
	unnamed []string
	// each are the gateways one by one.
	each []gateway
	// among are the objects around a policy.
	among surroundings
}

func newAdmission(p *plan.Plan) admission {
	t := p.Topology
	a := admission{topology: t}
	a.gateways, _ = p.GatewayPrefixes()
	a.each = gatewaysByFamily(p, a.gateways)
	a.controlPlane, a.unnamed = controlPlane(t)
	a.byAddress = a.fromTailnet() && len(a.gateways) > 0 &&
		slices.ContainsFunc(t.Spec.Regions, func(r schema.Region) bool { return !usesCilium(r) })
	a.active = a.fromTailnet() && len(a.gateways) > 0 && slices.ContainsFunc(t.Spec.Regions, usesCilium)
	return a
}

// fromTailnet reports whether no source route hides the gateways' tailnet addresses.
func (a admission) fromTailnet() bool {
	return a.topology.Spec.Tailnet.GatewaySource == schema.SourceTailnetIP
}

func usesCilium(r schema.Region) bool {
	return facts.Plugin(r.CNI.Type).Policies.Value == plugin.PoliciesCilium
}

// controlPlane finds the gateways whose node answers for the API server.
func controlPlane(t *schema.Topology) (known []netip.Prefix, unnamed []string) {
	for _, r := range t.Spec.Regions {
		for _, n := range r.Gateways.Nodes {
			if !servesAPI(t, n) {
				continue
			}
			own := n.TailnetPrefixes(netip.Addr.IsValid)
			if len(own) == 0 {
				unnamed = append(unnamed, n.Name)
			}
			known = append(known, own...)
		}
	}
	slices.SortFunc(known, netip.Prefix.Compare)
	return slices.Compact(known), unnamed
}

func servesAPI(t *schema.Topology, n schema.GatewayNode) bool {
	return slices.ContainsFunc(n.Addresses(), t.Spec.Cluster.APIServer.Has)
}

// NetworkSetLabel marks the GlobalNetworkSet that holds the gateways' addresses for
// Calico's policies, whose selectors find it by label.
const NetworkSetLabel = schema.Group + "/gateways"

// NetworkSet returns what the GlobalNetworkSet of the gateways' tailnet addresses
// holds, sorted; nil where no policy needs it: without a Calico region, with
// gatewaySource internalIP, and where no address is known.
func NetworkSet(p *plan.Plan) []netip.Prefix {
	a := newAdmission(p)
	if !a.fromTailnet() || !slices.ContainsFunc(p.Topology.Spec.Regions, usesCalico) {
		return nil
	}
	return a.gateways
}

func usesCalico(r schema.Region) bool {
	return facts.Plugin(r.CNI.Type).Policies.Value == plugin.PoliciesCalico
}
