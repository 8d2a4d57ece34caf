package existing

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
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
		d.replaced = d.replaced || isCiliumConfig(o) && text(o.Content, "data", "kube-proxy-replacement") == "true"
	}
	return d
}

func kubeadmFields(o *Object, r *reading) {
	r.commas(claim.RoleService, "networking.serviceSubnet", text(o.Content, "networking", "serviceSubnet"))
	r.commas(claim.RolePod, "networking.podSubnet", text(o.Content, "networking", "podSubnet"))
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
	w.versionDiffers(list, o, "kubernetesVersion", text(o.Content, "kubernetesVersion"))
	w.endpointDiffers(list, o, "controlPlaneEndpoint", text(o.Content, "controlPlaneEndpoint"))
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
	r.commas(claim.RolePod, "clusterCIDR", text(o.Content, "clusterCIDR"))
	*list = append(*list, r.invalid...)
	var says []netip.Prefix
	for _, c := range r.claims {
		says = append(says, c.Prefix)
	}
	switch mode := text(o.Content, "detectLocalMode"); mode {
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

// proxyMode: a plugin that writes nftables' rules wants kube-proxy to do the same (calico
// 3.30, "Nftables data plane").
func (w *wanted) proxyMode(list *diag.List, o *Object) {
	mode := text(o.Content, "mode")
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

// endpointsCheck compares the addresses behind the Service "kubernetes": pods reach the API
// server by them.
func endpointsCheck(w *wanted, list *diag.List, o *Object, _ []objectClaim) {
	if !isKubernetes(o, o.Name) {
		return
	}
	e := &endpoints{Object: o, w: w}
	for i, s := range items(o.Content, "subsets") {
		at := diag.Index("subsets", i)
		for j, a := range items(s, "addresses") {
			e.add(diag.Index(at+".addresses", j)+".ip", text(a, "ip"))
		}
		e.ports(at+".ports", items(s, "ports"))
	}
	*list = append(*list, e.findings()...)
}

func endpointSliceCheck(w *wanted, list *diag.List, o *Object, _ []objectClaim) {
	if !isKubernetes(o, text(o.Content, "metadata", "labels", "kubernetes.io/service-name")) {
		return
	}
	e := &endpoints{Object: o, w: w}
	for i, s := range items(o.Content, "endpoints") {
		at := diag.Index("endpoints", i) + ".addresses"
		for j, a := range items(s, "addresses") {
			address, _ := a.(string)
			e.add(diag.Index(at, j), address)
		}
	}
	e.ports("ports", items(o.Content, "ports"))
	*list = append(*list, e.findings()...)
}

func isKubernetes(o *Object, service string) bool {
	return service == "kubernetes" && o.Namespace == "default"
}

// endpoints are the addresses and ports of API servers that an object shows.
type endpoints struct {
	*Object
	w     *wanted
	shown []netip.Addr
	first string // field of the first address that the topology does not have
	other []string
	list  diag.List
}

func (e *endpoints) add(field, address string) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return
	}
	e.shown = append(e.shown, a)
	if !e.w.topology.Spec.Cluster.APIServer.Has(a) {
		e.other = append(e.other, a.String())
		if e.first == "" {
			e.first = field
		}
	}
}

func (e *endpoints) ports(field string, ports []any) {
	want := e.w.plan.Topology.Spec.Cluster.APIServer.Port
	for i, p := range ports {
		if says := fmt.Sprint(dig(p, "port")); dig(p, "port") != nil && says != strconv.Itoa(want) {
			d := e.finding(diag.Warning, CodeObjectDiffers, diag.Index(field, i)+".port", "the API servers listen on port %s (%s), and the topology says %d: firewalls and the tailnet policy let that one through", says, e.ID(), want)
			d.See("spec.cluster.apiServer", "the API server stands here")
			e.list = append(e.list, d.Fix("write apiServer.port: %s", says))
		}
	}
}

func (e *endpoints) findings() diag.List {
	const where = "spec.cluster.apiServer"
	api := &e.w.topology.Spec.Cluster.APIServer
	if len(e.other) > 0 {
		d := e.finding(diag.Warning, CodeObjectDiffers, e.first, "API servers are at %s (%s), which apiServer of the topology does not name: pods and kubelets of other regions are not let through to them", strings.Join(e.other, ", "), e.ID())
		d.See(where, "the API server stands here")
		e.list = append(e.list, d.Fix("add %s to apiServer.addresses", strings.Join(e.other, ", ")))
	}
	var gone []string
	same := func(a netip.Addr) bool {
		return slices.ContainsFunc(e.shown, func(o netip.Addr) bool { return o.Is4() == a.Is4() })
	}
	for _, a := range api.Addresses {
		if a.IsValid() && same(a) && !slices.Contains(e.shown, a) {
			gone = append(gone, a.String())
		}
	}
	if len(gone) > 0 {
		d := e.finding(diag.Warning, CodeObjectDiffers, "", "%s does not have %s, which apiServer.addresses of the topology name: no API server answers there, unless it is down", e.ID(), strings.Join(gone, ", "))
		d.See(where, "the API server stands here")
		e.list = append(e.list, d.Fix("drop %s from apiServer.addresses; a load balancer's address is apiServer.endpoint", strings.Join(gone, ", ")))
	}
	return e.list
}

// serverCheck compares the flags of a server that its Node shows.
func serverCheck(w *wanted, list *diag.List, o *Object) {
	d := facts.Distribution(w.topology.Spec.Cluster.Distribution)
	if !d.Flags.IsKnown() {
		return
	}
	s := readServer(o, d.Flags.Value.Annotation)
	if s == nil {
		return
	}
	s.w, s.list, s.title, s.known = w, list, d.Title, d.Flags.Value
	// They are the same on all servers: once is enough for each different set.
	key := fmt.Sprint(s.flags["service-cidr"], s.flags["cluster-cidr"], s.flags[s.known.Plugin], s.has(s.known.NoPolicies.Value), s.has("disable-kube-proxy"))
	if w.servers[key] {
		return
	}
	w.servers[key] = true
	r := &reading{object: o}
	r.commas(claim.RoleService, s.field, s.last("service-cidr"))
	r.commas(claim.RolePod, s.field, s.last("cluster-cidr"))
	*list = append(*list, r.invalid...)
	var pods []netip.Prefix
	for i := range r.claims {
		if c := &r.claims[i]; c.Role == claim.RoleService {
			w.outside(list, c)
		} else {
			pods = append(pods, c.Prefix)
		}
	}
	if !w.rangesDiffer(list, o, s.field, pods) && !w.shown.replaced && !s.has("disable-kube-proxy") {
		w.podsOutside(list, o, s.field, "cluster-cidr", pods)
	}
	s.plugin()
}

// server is how a distribution's server runs.
type server struct {
	*Object
	w     *wanted
	list  *diag.List
	field string
	title string
	known distribution.Flags
	flags map[string][]string
}

// readServer reads a list of JSON such as ["server","--cluster-cidr","10.42.0.0/16"]; nil
// where there is none, and for agents, which have none of these flags.
func readServer(o *Object, annotation string) *server {
	var args []string
	if err := json.Unmarshal([]byte(text(o.Content, "metadata", "annotations", annotation)), &args); err != nil || len(args) == 0 || args[0] != "server" {
		return nil
	}
	s := &server{Object: o, field: diag.Field("metadata.annotations", annotation), flags: map[string][]string{}}
	for i := 1; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		name, value, whole := strings.Cut(name, "=")
		if !isFlag {
			continue
		}
		if !whole && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			value = args[i+1]
		}
		s.flags[name] = append(s.flags[name], value)
	}
	return s
}

// last is what a flag says that may be given once, or several times as a list.
func (s *server) last(flag string) string { return strings.Join(s.flags[flag], ",") }

func (s *server) has(flag string) bool {
	values, ok := s.flags[flag]
	return ok && values[len(values)-1] != "false"
}

// plugin compares the network plugin that the server runs with those of the regions.
func (s *server) plugin() {
	value := s.last(s.known.Plugin)
	if value == "" {
		value = s.known.Usual
	}
	runs, known := s.known.Runs[value]
	others, tunnels, policies := &regionList{}, &regionList{}, &regionList{}
	for i := range s.w.stay {
		r := &s.w.plan.Regions[i]
		switch {
		case known && r.Region.CNI.Type != runs.Type:
			others.add(r)
		case known && runs.Tunnel != "" && r.Region.CNI.Tunnel != runs.Tunnel:
			tunnels.add(r)
		case !known && s.known.NoPolicies.IsKnown() && !s.has(s.known.NoPolicies.Value):
			policies.add(r)
		}
	}
	s.report(others, "%s runs %s (--%s is %s, as %s shows), and region %s is to have %s: two network plugins", s.title, facts.Plugin(runs.Type).Title, s.known.Plugin, value, s.ID(), others, others.release()).
		Fix("run its servers with --%s=none, or state the plugin that they run", s.known.Plugin)
	if len(tunnels.regions) > 0 {
		first := tunnels.regions[0].Region
		s.report(tunnels, "%s carries pods' packets by %s (--%s is %s, as %s shows), and the topology says tunnel: %s for region %s: other ports, other MTU, other routes", s.title, runs.Tunnel, s.known.Plugin, value, s.ID(), first.CNI.Tunnel, tunnels).
			Fix("%s in every region", tunnelAdvice(first, runs.Tunnel))
	}
	s.report(policies, "%s enforces network policies itself (%s shows no --%s), beside %s of region %s: what the one admits the other may drop", s.title, s.ID(), s.known.NoPolicies.Value, policies.release(), policies).
		Fix("run its servers with --%s", s.known.NoPolicies.Value)
}

// report says something of the regions, and nothing where there are none.
func (s *server) report(of *regionList, format string, args ...any) *diag.Diagnostic {
	d := s.finding(diag.Warning, CodeObjectDiffers, s.field, format, args...)
	if len(of.regions) == 0 {
		return d
	}
	*s.list = append(*s.list, of.show(s.w, d))
	return d
}
