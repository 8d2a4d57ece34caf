package existing

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// kind is what is read from objects of one kind, and how it is judged.
type kind struct {
	fields func(*Object, *reading)
	check  func(*wanted, *diag.List, *Object, []objectClaim)
}

// kinds lists what Compare understands, by API group and kind.
func kinds() map[string]kind {
	return map[string]kind{
		"/Node":                               {nodeFields, eachInside},
		"/ConfigMap":                          {ciliumConfigFields, ciliumConfigCheck},
		"cilium.io/CiliumNode":                {ciliumNodeFields, eachInside},
		"cilium.io/CiliumPodIPPool":           {ciliumPoolFields, eachInside},
		"crd.projectcalico.org/IPPool":        {calicoPoolFields, eachInside},
		"projectcalico.org/IPPool":            {calicoPoolFields, eachInside},
		"networking.k8s.io/ServiceCIDR":       {serviceCIDRFields, eachInside},
		"kubeadm.k8s.io/ClusterConfiguration": {kubeadmFields, kubeadmCheck},
		"tailscale.com/Connector":             {connectorFields, connectorCheck},
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
	c := claim.Claim{Prefix: canonical, Role: role, Owner: r.object.ID(), Region: -1, Where: r.object.path(field)}
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

// nodeFields: kube-controller-manager may fill in podCIDRs that the network plugin
// never uses, so those are soft.
func nodeFields(o *Object, r *reading) {
	for i, a := range items(o.Content, "status", "addresses") {
		if text(a, "type") == "InternalIP" {
			r.add(claim.RoleNode, diag.Index("status.addresses", i)+".address", text(a, "address"))
		}
	}
	before := len(r.claims)
	r.list(claim.RolePod, "spec.podCIDRs", items(o.Content, "spec", "podCIDRs"))
	for i := range r.claims[before:] {
		r.claims[before+i].soft = true
	}
}

func ciliumNodeFields(o *Object, r *reading) {
	for i, a := range items(o.Content, "spec", "addresses") {
		if text(a, "type") == "InternalIP" {
			r.add(claim.RoleNode, diag.Index("spec.addresses", i)+".ip", text(a, "ip"))
		}
	}
	r.list(claim.RolePod, "spec.ipam.podCIDRs", items(o.Content, "spec", "ipam", "podCIDRs"))
	for i, a := range items(o.Content, "spec", "ipam", "pools", "allocated") {
		field := diag.Index("spec.ipam.pools.allocated", i) + ".cidrs"
		r.list(claim.RolePod, field, items(a, "cidrs"))
	}
}

func ciliumPoolFields(o *Object, r *reading) {
	r.list(claim.RolePod, "spec.ipv4.cidrs", items(o.Content, "spec", "ipv4", "cidrs"))
	r.list(claim.RolePod, "spec.ipv6.cidrs", items(o.Content, "spec", "ipv6", "cidrs"))
}

// calicoPoolFields: a disabled pool gives out nothing; it only keeps natOutgoing off
// a remote range.
func calicoPoolFields(o *Object, r *reading) {
	if disabled, _ := dig(o.Content, "spec", "disabled").(bool); !disabled {
		r.add(claim.RolePod, "spec.cidr", text(o.Content, "spec", "cidr"))
	}
}

func serviceCIDRFields(o *Object, r *reading) {
	r.list(claim.RoleService, "spec.cidrs", items(o.Content, "spec", "cidrs"))
}

// ciliumConfigFields reads the pools of Cilium's cluster-pool mode (cilium 1.17.4,
// templates/cilium-configmap.yaml). They are where Cilium's default of 10.0.0.0/8
// shows, which no topology states.
func ciliumConfigFields(o *Object, r *reading) {
	if o.Name != "cilium-config" || text(o.Content, "data", "ipam") != "cluster-pool" {
		return
	}
	for _, key := range []string{"cluster-pool-ipv4-cidr", "cluster-pool-ipv6-cidr"} {
		r.commas(claim.RolePod, diag.Field("data", key), text(o.Content, "data", key))
	}
}

// ciliumConfigCheck compares how the cluster's Cilium runs with what is rendered for it.
// Its IPAM mode must not change while workloads have addresses of it (cilium 1.17.4,
// Documentation/network/concepts/ipam/index.rst), and our values say the topology's.
func ciliumConfigCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	eachInside(w, list, o, claims)
	i := slices.IndexFunc(w.topology.Spec.Regions, func(r schema.Region) bool {
		return facts.Plugin(r.CNI.Type).Settings.Value == plugin.SettingsCilium
	})
	if o.Name != "cilium-config" || i < 0 {
		return
	}
	r := &w.topology.Spec.Regions[i]
	at := diag.Index("spec.regions", i) + ".cni"
	mode := string(facts.Plugin(r.CNI.Type).Mode(r.CNI.IPAM).Name.Value)
	if r.CNI.IPAM == schema.IPAMCloud {
		mode = facts.Provider(r.Provider).CiliumIPAM.Or("")
	}
	if runs := text(o.Content, "data", "ipam"); runs != "" && mode != "" && runs != mode {
		d := o.finding(diag.Error, CodeObjectDiffers, "data.ipam", "ipam of %s is %s, and for region %q mode %s is rendered: pods lose their addresses where the mode of a running Cilium changes", o.ID(), runs, r.Name, mode)
		d.See(at, "%s is rendered for this", mode)
		*list = append(*list, d.Fix("%s, or make the cluster anew; never merge the other mode into its values", keepsMode(w.topology, r, runs)))
	}
	routing := "native"
	if r.CNI.Tunnel == schema.TunnelVXLAN || r.CNI.Tunnel == schema.TunnelGeneve {
		routing = "tunnel"
	}
	if runs := text(o.Content, "data", "routing-mode"); runs != "" && runs != routing {
		d := o.finding(diag.Warning, CodeObjectDiffers, "data.routing-mode", "routing-mode of %s is %s, and for region %q %s is rendered: while agents restart, nodes with the one and nodes with the other mode do not reach each other's pods", o.ID(), runs, r.Name, routing)
		d.See(at, "%s is rendered for this", routing)
		*list = append(*list, d.Fix("state cni.tunnel as it runs, or plan an outage for the change"))
	}
}

// keepsMode is how a topology says the IPAM mode that runs, which Cilium calls by other names
// where it takes addresses from a provider, and what else that asks of it.
func keepsMode(t *schema.Topology, r *schema.Region, runs string) string {
	known, mode := facts.Plugin(r.CNI.Type), schema.IPAM(runs)
	has := func(m plugin.Mode) bool { return m.Name.Value == mode }
	again := func(o schema.Region) bool { return o.Name != r.Name && o.CNI.Type == r.CNI.Type }
	switch {
	case slices.ContainsFunc(facts.Providers(), func(p provider.Provider) bool { return p.CiliumIPAM.Value == runs }) && !slices.ContainsFunc(known.Modes.Value, has):
		return fmt.Sprintf("set cni.ipam: %s, where all regions that run Cilium are that provider's", schema.IPAMCloud)
	case !slices.ContainsFunc(known.Modes.Value, has):
		return "say cni.type: other, with which nothing is rendered for Cilium"
	case known.Mode(mode).Pools.Value == plugin.PoolsOfCluster && slices.ContainsFunc(t.Spec.Regions, again):
		return fmt.Sprintf("set cni.ipam: %s in one region, which gets the whole list of that mode, and run another plugin in the others", mode)
	}
	return fmt.Sprintf("set cni.ipam: %s in every region that runs Cilium, with node blocks that lie in each region's podCIDRs", mode)
}

func kubeadmFields(o *Object, r *reading) {
	r.commas(claim.RoleService, "networking.serviceSubnet", text(o.Content, "networking", "serviceSubnet"))
	r.commas(claim.RolePod, "networking.podSubnet", text(o.Content, "networking", "podSubnet"))
}

func connectorFields(o *Object, r *reading) {
	r.list(claim.RoleNode, "spec.subnetRouter.advertiseRoutes", items(o.Content, "spec", "subnetRouter", "advertiseRoutes"))
}

// eachInside: every prefix lies in its role's prefixes.
func eachInside(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	for i := range claims {
		w.outside(list, &claims[i])
	}
}

// kubeadmCheck: kubeadm's two subnets go to every component of the control plane.
func kubeadmCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	var pods []netip.Prefix
	for i := range claims {
		if c := &claims[i]; c.Role == claim.RoleService {
			w.outside(list, c)
		} else {
			pods = append(pods, c.Prefix)
		}
	}
	if len(pods) == 0 {
		return
	}
	for i := range w.topology.Spec.Regions {
		r := &w.topology.Spec.Regions[i]
		for _, p := range r.PodCIDRs {
			if p.IsValid() && !claim.InAny(p, pods) {
				d := o.finding(diag.Warning, CodeObjectDiffers, "networking.podSubnet",
					"podSubnet of %s (%s) does not contain pod CIDR %s of region %q, so kube-proxy treats traffic from there as external", o.ID(), claim.Join(pods), p, r.Name)
				*list = append(*list, d.Fix("use a podSubnet that contains the pod CIDRs of all regions, or set kube-proxy's detectLocalMode to something other than ClusterCIDR"))
			}
		}
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
