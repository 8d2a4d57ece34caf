package existing

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
)

// installationPools is where an Installation has pools.
const installationPools = "spec.calicoNetwork.ipPools"

// installationFields reads the pools that Tigera's operator makes (tigera/operator v1.38,
// api/v1/installation_types.go).
func installationFields(o *Object, r *reading) {
	for i, p := range decoded.Items(o.Content, "spec", "calicoNetwork", "ipPools") {
		r.add(claim.RolePod, diag.Index(installationPools, i)+".cidr", decoded.Text(p, "cidr"))
	}
}

func installationCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	network := decoded.Dig(o.Content, "spec", "calicoNetwork")
	for i := range claims {
		c := &claims[i]
		r, ok := w.podsOf(c.Prefix)
		if !ok {
			w.outside(list, c)
			continue
		}
		if w.leaves(r.Region.Name) || facts.Plugin(r.Region.CNI.Type).Settings.Value != plugin.SettingsCalico {
			continue
		}
		p := &installationPool{pool{calico{o, w, list, r}, c.field[:len(c.field)-len(".cidr")], c.Prefix}}
		p.check()
	}
	differ := &regionList{}
	runs := number(decoded.Dig(network, "mtu"))
	var first *calico
	w.calicoRegions(func(r *plan.Region) {
		if first == nil {
			first = &calico{o, w, list, r}
		}
		if runs != 0 && runs != mtu.Pod(r.Region) {
			differ.add(r)
		}
	})
	if first == nil {
		return
	}
	if len(differ.regions) > 0 {
		pod := mtu.Pod(differ.regions[0].Region)
		d := o.finding(diag.Warning, CodeObjectDiffers, "spec.calicoNetwork.mtu", "mtu of %s is %d, and for %s the topology counts on packets of %d bytes", o.ID(), runs, differ, pod)
		*list = append(*list, differ.show(w, d).Fix("write cni.mtu: %d, or set mtu: %d", runs, pod))
	}
	plane := decoded.Text(network, "linuxDataplane")
	first.dataPlane("spec.calicoNetwork.linuxDataplane", plane == "BPF", plane == "Nftables")
	if found, _ := decoded.Dig(network, "nodeAddressAutodetectionV4", "firstFound").(bool); found {
		first.report(diag.Warning, "spec.calicoNetwork.nodeAddressAutodetectionV4.firstFound", "%s lets Calico take the first address that it finds on a node, and on gateways that may be the one of tailscale0", o.ID()).
			Fix("set nodeAddressAutodetectionV4: {kubernetes: NodeInternalIP}")
	}
}

// installationPool spells encapsulation in one word, and natOutgoing in another one.
type installationPool struct{ pool }

func (p *installationPool) check() {
	ipip, vxlan := "", ""
	switch word := decoded.Text(p.at(), "encapsulation"); word {
	case "IPIP":
		ipip, vxlan = "Always", "Never"
	case "IPIPCrossSubnet":
		ipip, vxlan = "CrossSubnet", "Never"
	case "VXLAN":
		ipip, vxlan = "Never", "Always"
	case "VXLANCrossSubnet":
		ipip, vxlan = "Never", "CrossSubnet"
	case "None":
		ipip, vxlan = "Never", "Never"
	}
	p.pool.check(ipip, vxlan)
	if decoded.Text(p.at(), "natOutgoing") == "Disabled" {
		p.report(diag.Warning, p.field+".natOutgoing", "natOutgoing of pool %s (%s) is Disabled, and for region %q it is rendered on: pods' packets leave for the internet with addresses that nobody answers to", p.cidr, p.ID(), p.region.Region.Name).
			Fix("set natOutgoing: Enabled; pods keep their addresses between regions, by the disabled pools of cni/calico.yaml")
	}
}
