package existing

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// kind is what is read from objects of one kind, and how it is judged.
type kind struct {
	fields func(*Object, *reading)
	check  func(*wanted, *diag.List, *Object, []objectClaim)
	// holds are the fields that fields reads; see Object.misshapen.
	holds []string
}

// kinds lists what Compare understands, by API group and kind.
func kinds() map[string]kind {
	return map[string]kind{
		"/Node":                                          {nodeFields, nodeCheck, []string{"status.addresses[].address", "spec.podCIDRs[]", "spec.taints[].key"}},
		"/ConfigMap":                                     {configFields, configCheck, nil},
		"cilium.io/CiliumNode":                           {ciliumNodeFields, ciliumNodeCheck, []string{"spec.addresses[].ip", "spec.ipam.podCIDRs[]", "spec.ipam.pools.allocated[].cidrs[]"}},
		"cilium.io/CiliumPodIPPool":                      {ciliumPoolFields, ciliumPoolCheck, []string{"spec.ipv4.cidrs[]", "spec.ipv6.cidrs[]"}},
		"crd.projectcalico.org/IPPool":                   {calicoPoolFields, calicoPoolCheck, []string{"spec.cidr"}},
		"projectcalico.org/IPPool":                       {calicoPoolFields, calicoPoolCheck, []string{"spec.cidr"}},
		"networking.k8s.io/ServiceCIDR":                  {serviceCIDRFields, eachInside, []string{"spec.cidrs[]"}},
		"kubeadm.k8s.io/ClusterConfiguration":            {kubeadmFields, kubeadmCheck, []string{"networking.serviceSubnet", "networking.podSubnet"}},
		"crd.projectcalico.org/FelixConfiguration":       {noFields, felixCheck, nil},
		"projectcalico.org/FelixConfiguration":           {noFields, felixCheck, nil},
		"operator.tigera.io/Installation":                {installationFields, installationCheck, []string{"spec.calicoNetwork.ipPools[].cidr"}},
		"tailscale.com/Connector":                        {connectorFields, connectorCheck, []string{"spec.subnetRouter.advertiseRoutes[]"}},
		"kubeproxy.config.k8s.io/KubeProxyConfiguration": {noFields, kubeProxyCheck, []string{"clusterCIDR"}},
		"/Endpoints":                                     {noFields, endpointsCheck, []string{"subsets[].addresses[].ip"}},
		"discovery.k8s.io/EndpointSlice":                 {noFields, endpointSliceCheck, []string{"endpoints[].addresses[]"}},
	}
}

// objectKinds are the kinds whose objects exclude each other, in order.
func objectKinds() []string {
	return []string{"Node", "CiliumNode", "CiliumPodIPPool", "IPPool"}
}

// reading gathers what an object says.
type reading struct {
	object  *Object
	claims  []objectClaim
	invalid diag.List
}

func (k kind) read(o *Object) *reading {
	r := &reading{object: o}
	for _, field := range k.holds {
		r.invalid = append(r.invalid, o.misshapen(o.Content, "", field)...)
	}
	k.fields(o, r)
	return r
}

// add reads one prefix or address. Text that is none, or that has host bits, is a
// finding: the program that reads the object would refuse it or mask it in silence.
func (r *reading) add(role claim.Role, field, s string) *objectClaim {
	if s == "" {
		return nil
	}
	p, err := prefixOrAddress(s)
	if err != nil {
		d := r.object.finding(diag.Error, CodeObjectInvalid, field, "%s of %s is not a prefix or an address: %q", field, r.object.ID(), s)
		r.invalid = append(r.invalid, d.Fix("write a prefix such as 10.0.0.0/16"))
		return nil
	}
	if p != p.Masked() {
		d := r.object.finding(diag.Error, CodeObjectInvalid, field, "%s of %s is %s, which has bits set beyond its length", field, r.object.ID(), s)
		r.invalid = append(r.invalid, d.Fix("write %s", p.Masked()).Propose(p.Masked().String()))
	}
	canonical, ok := claim.Canonical(p)
	if !ok {
		return nil
	}
	c := claim.Claim{Prefix: canonical, Role: role, Owner: r.object.ID(), Region: -1, Where: r.object.Path(field)}
	r.claims = append(r.claims, objectClaim{Claim: c, object: r.object, field: field})
	return &r.claims[len(r.claims)-1]
}

func (r *reading) list(role claim.Role, field string, values []any) {
	for i, v := range values {
		s, _ := v.(string)
		r.add(role, diag.Index(field, i), s)
	}
}

// commas reads a list in one string, as kubeadm and Cilium write them.
func (r *reading) commas(role claim.Role, field, s string) {
	for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == ',' || c == ' ' }) {
		r.add(role, field, part)
	}
}

// noFields: such an object claims no prefixes.
func noFields(*Object, *reading) {}

func serviceCIDRFields(o *Object, r *reading) {
	r.list(claim.RoleService, "spec.cidrs", decoded.Items(o.Content, "spec", "cidrs"))
}

func connectorFields(o *Object, r *reading) {
	r.list(claim.RoleNode, "spec.subnetRouter.advertiseRoutes", decoded.Items(o.Content, "spec", "subnetRouter", "advertiseRoutes"))
}

// eachInside: every prefix lies in its role's prefixes.
func eachInside(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	for i := range claims {
		w.outside(list, &claims[i])
	}
}

// connectorCheck: all gateways of a region must advertise the same prefixes, since
// the tailnet fails over for each prefix by itself and never from one prefix length
// to another (tailscale.com/kb/1115 high availability).
func connectorCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	var says []netip.Prefix
	for _, c := range claims {
		says = append(says, c.Prefix)
	}
	says = sorted(says)
	r := w.closest(says)
	if r == nil {
		if len(says) > 0 {
			d := o.finding(diag.Warning, CodeObjectDiffers, "spec.subnetRouter.advertiseRoutes", "%s advertises %s, which belongs to no region of the topology", o.ID(), claim.Join(says))
			*list = append(*list, d.Fix("add the prefixes to a region, or to externalCIDRs if they are outside the cluster"))
		}
		return
	}
	missing, extra := minus(r.Advertised(), says), minus(says, r.Advertised())
	if len(missing)+len(extra) == 0 {
		return
	}
	d := o.finding(diag.Error, CodeAdvertiseDiffers, "spec.subnetRouter.advertiseRoutes", "%s and the gateways of region %q do not advertise the same prefixes: %s, and the tailnet fails over only between equal ones",
		o.ID(), r.Name, difference(missing, extra))
	*list = append(*list, d.Fix("advertise %s, no more and no less", claim.Join(r.Advertised())))
}

func difference(missing, extra []netip.Prefix) string {
	switch {
	case len(extra) == 0:
		return fmt.Sprintf("%s is missing", claim.Join(missing))
	case len(missing) == 0:
		return fmt.Sprintf("%s is extra", claim.Join(extra))
	}
	return fmt.Sprintf("%s is missing and %s is extra", claim.Join(missing), claim.Join(extra))
}

func sorted(p []netip.Prefix) []netip.Prefix {
	slices.SortFunc(p, netip.Prefix.Compare)
	return slices.Compact(p)
}

func minus(a, b []netip.Prefix) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(a), func(p netip.Prefix) bool { return slices.Contains(b, p) })
}
