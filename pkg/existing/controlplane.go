package existing

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// dump is what the objects show together, which decides whether others of them matter.
type dump struct {
	// kubeProxy says that kube-proxy's own settings are there: what kubeadm told it once is
	// then beside the point.
	kubeProxy bool
	// replaced says that Cilium does kube-proxy's work. kubeadm leaves its ConfigMap behind.
	replaced bool
}

func newDump(objects []Object) dump {
	var d dump
	for i := range objects {
		o := &objects[i]
		d.kubeProxy = d.kubeProxy || o.Kind == "KubeProxyConfiguration"
		d.replaced = d.replaced || isCiliumConfig(o) && decoded.Text(o.Content, "data", "kube-proxy-replacement") == "true"
	}
	return d
}

func kubeadmFields(o *Object, r *reading) {
	r.commas(claim.RoleService, "networking.serviceSubnet", decoded.Text(o.Content, "networking", "serviceSubnet"))
	r.commas(claim.RolePod, "networking.podSubnet", decoded.Text(o.Content, "networking", "podSubnet"))
}

// kubeadmCheck: kubeadm's two subnets go to every component of the control plane, and its
// endpoint to every kubelet.
func kubeadmCheck(w *wanted, list *diag.List, o *Object, claims []objectClaim) {
	var pods []netip.Prefix
	for i := range claims {
		if c := &claims[i]; c.Role == claim.RoleService {
			w.outside(list, c)
		} else {
			pods = append(pods, c.Prefix)
		}
	}
	w.versionDiffers(list, o, "kubernetesVersion", decoded.Text(o.Content, "kubernetesVersion"))
	w.endpointDiffers(list, o, "controlPlaneEndpoint", decoded.Text(o.Content, "controlPlaneEndpoint"))
	if !w.rangesDiffer(list, o, "networking.podSubnet", pods) && !w.shown.kubeProxy && !w.shown.replaced {
		w.podsOutside(list, o, "networking.podSubnet", "podSubnet", pods)
	}
}

// isRelease reports whether the text is MAJOR.MINOR.PATCH, with a suffix or without.
func isRelease(s string) bool {
	core, _, _ := strings.Cut(s, "+")
	core, _, _ = strings.Cut(core, "-")
	parts := strings.Split(core, ".")
	return len(parts) == 3 && !slices.ContainsFunc(parts, func(p string) bool { _, err := strconv.ParseUint(p, 10, 16); return err != nil })
}

// versionDiffers: rules and rendered objects go by minor versions.
func (w *wanted) versionDiffers(list *diag.List, o *Object, field, says string) {
	runs, stated := strings.TrimPrefix(says, "v"), w.topology.Spec.Cluster.KubernetesVersion
	if stated == "" || !isRelease(runs) || schema.Version(runs).Minor() == stated.Minor() {
		return
	}
	d := o.finding(diag.Warning, CodeObjectDiffers, field, "%s says that the control plane runs Kubernetes %s, and the topology says %s: what is checked and rendered goes by that one", o.ID(), runs, stated)
	d.See("spec.cluster.kubernetesVersion", "%s stands here", stated)
	*list = append(*list, d.Fix("write kubernetesVersion: %s, or upgrade the cluster first", runs))
}

// endpointDiffers compares by what kubelets find the API server with what hosts and agents
// are told.
func (w *wanted) endpointDiffers(list *diag.List, o *Object, field, says string) {
	api := &w.plan.Topology.Spec.Cluster.APIServer
	host, port := splitEndpoint(says)
	told, toldPort := api.Told()
	addr, err := netip.ParseAddr(host)
	server := err == nil && api.Has(addr) && port == api.Port
	if host == "" || host == told && port == toldPort || server && (api.Endpoint == "" || told == "") {
		return
	}
	is := net.JoinHostPort(host, strconv.Itoa(port))
	where := "spec.cluster.apiServer"
	if api.Endpoint != "" {
		where += ".endpoint"
	}
	tells := "tells them no endpoint"
	if told != "" {
		tells = "tells them " + net.JoinHostPort(told, strconv.Itoa(toldPort))
	}
	d := o.finding(diag.Warning, CodeObjectDiffers, field, "kubelets find the API server at %s (%s of %s), and the topology %s: routes, grants and agents follow the topology", is, field, o.ID(), tells)
	d.See(where, "the API server stands here")
	*list = append(*list, d.Fix("write apiServer.endpoint: %q, beside the servers' own addresses", is))
}

// splitEndpoint reads HOST:PORT, or HOST alone with kubeadm's port (kubernetes v1.33.1,
// cmd/kubeadm/app/util/endpoint.go: GetControlPlaneEndpoint).
func splitEndpoint(s string) (host string, port int) {
	host, digits, err := net.SplitHostPort(s)
	if err != nil {
		return strings.Trim(s, "[]"), facts.APIServerPort
	}
	port, err = strconv.Atoi(digits)
	if err != nil {
		return "", 0
	}
	return host, port
}

// rangesDiffer compares what the cluster was told that pods' addresses lie in with what the
// topology says that it was told.
func (w *wanted) rangesDiffer(list *diag.List, o *Object, field string, runs []netip.Prefix) bool {
	stated := w.topology.Spec.Cluster.ClusterCIDRs
	if len(stated) == 0 || len(runs) == 0 || slices.Equal(sorted(slices.Clone(stated)), sorted(slices.Clone(runs))) {
		return false
	}
	d := o.finding(diag.Warning, CodeObjectDiffers, field, "%s says that pods' addresses lie in %s, and clusterCIDRs of the topology are %s: whether pods keep their addresses is judged by those", o.ID(), claim.Join(runs), claim.Join(stated))
	d.See("spec.cluster.clusterCIDRs", "%s stands here", claim.Join(stated))
	*list = append(*list, d.Fix("write clusterCIDRs: [%s], or tell the cluster the topology's", claim.Join(runs)))
	return true
}

// podsOutside finds pods that kube-proxy takes for strangers.
func (w *wanted) podsOutside(list *diag.List, o *Object, field, name string, within []netip.Prefix) {
	if len(within) == 0 {
		return
	}
	for i := range w.stay {
		r := &w.topology.Spec.Regions[i]
		for _, p := range r.PodCIDRs {
			if p.IsValid() && !claim.InAny(p, within) {
				d := o.finding(diag.Warning, CodeObjectDiffers, field,
					"%s of %s (%s) does not contain pod CIDR %s of region %q, so kube-proxy treats traffic from there as external", name, o.ID(), claim.Join(within), p, r.Name)
				*list = append(*list, d.Fix("use a %s that contains the pod CIDRs of all regions, or set kube-proxy's detectLocalMode to something other than ClusterCIDR", name))
			}
		}
	}
}

// kubeProxyCheck compares by what kube-proxy tells the cluster's own traffic from others'
// (kubernetes v1.33.1, pkg/proxy/apis/config/types.go: LocalMode).
func kubeProxyCheck(w *wanted, list *diag.List, o *Object, _ []objectClaim) {
	if w.shown.replaced {
		return
	}
	r := &reading{object: o}
	r.commas(claim.RolePod, "clusterCIDR", decoded.Text(o.Content, "clusterCIDR"))
	*list = append(*list, r.invalid...)
	var says []netip.Prefix
	for _, c := range r.claims {
		says = append(says, c.Prefix)
	}
	switch mode := decoded.Text(o.Content, "detectLocalMode"); mode {
	case "", "ClusterCIDR":
		if !w.rangesDiffer(list, o, "clusterCIDR", says) {
			w.podsOutside(list, o, "clusterCIDR", "clusterCIDR", says)
		}
	case "NodeCIDR":
		w.nodeCIDRUnused(list, o, mode)
	}
	w.proxyMode(list, o)
}

// nodeCIDRUnused: podCIDRs of a Node say nothing where the plugin gives out others.
func (w *wanted) nodeCIDRUnused(list *diag.List, o *Object, mode string) {
	for i := range w.stay {
		r := w.plan.Regions[i].Region
		p := facts.Plugin(r.CNI.Type)
		if pools := p.Mode(r.CNI.IPAM).Pools; p.KubeProxy.Value && pools.IsKnown() && pools.Value != plugin.PoolsOfNode {
			d := o.finding(diag.Warning, CodeObjectDiffers, "detectLocalMode", "kube-proxy goes by podCIDRs of Nodes (detectLocalMode %s of %s), and %s of region %q gives pods addresses of its own pools: their traffic counts as external", mode, o.ID(), r.CNI.Release(), r.Name)
			d.See(w.path(&w.plan.Regions[i])+".cni", "the network plugin is chosen here")
			*list = append(*list, d.Fix("set detectLocalMode: ClusterCIDR with a clusterCIDR that contains the pod CIDRs of all regions, and restart kube-proxy"))
		}
	}
}

// proxyMode: a plugin that writes nftables' rules wants kube-proxy to do the same (docs.tigera.io,
// Calico 3.32, "Calico nftables data plane").
func (w *wanted) proxyMode(list *diag.List, o *Object) {
	mode := decoded.Text(o.Content, "mode")
	if mode == "" {
		mode = "iptables"
	}
	for i := range w.stay {
		r := w.plan.Regions[i].Region
		if r.CNI.DataPlane == schema.DataPlaneNFTables && mode != string(schema.DataPlaneNFTables) {
			d := o.finding(diag.Warning, CodeObjectDiffers, "mode", "kube-proxy runs in mode %s (%s), and %s of region %q with dataPlane nftables: rules of the one are invisible to the other", mode, o.ID(), r.CNI.Release(), r.Name)
			d.See(w.path(&w.plan.Regions[i])+".cni.dataPlane", "nftables stands here")
			*list = append(*list, d.Fix("run kube-proxy with mode: nftables, or write dataPlane: iptables"))
		}
	}
}
