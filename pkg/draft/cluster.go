package draft

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// kubeadm reads what kubeadm was told (kubernetes v1.33.1,
// cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go: ClusterConfiguration, InitConfiguration).
func (k *known) kubeadm(o object) bool {
	switch {
	case o.Kind == "ConfigMap" && o.Name == "kubeadm-config" || o.Kind == "ConfigMap" && o.Name == "kube-proxy":
		return true // what stands in it is an object of its own
	case o.Group() == "kubeproxy.config.k8s.io":
		k.setPods(prefixes(o.dig("clusterCIDR")))
		return true
	case o.Kind == "InitConfiguration":
		if a, ok := hostAddress(o.text("localAPIEndpoint", "advertiseAddress")); ok {
			k.servers = append(k.servers, a)
		}
		return true
	case o.Kind != "ClusterConfiguration":
		return false
	}
	k.distribution = orFirst(k.distribution, schema.Distribution(facts.Distribution("").Name))
	k.version(o.text("kubernetesVersion"))
	k.setServices(prefixes(o.dig("networking", "serviceSubnet")))
	k.setPods(prefixes(o.dig("networking", "podSubnet")))
	k.setEndpoint(o, "controlPlaneEndpoint", o.text("controlPlaneEndpoint"))
	return true
}

func orFirst[T comparable](a, b T) T {
	var zero T
	if a != zero {
		return a
	}
	return b
}

// config reads how a plugin runs, as it stands in a ConfigMap: Cilium's keys are those of its
// chart (cilium 1.17.4, install/kubernetes/cilium/templates/cilium-configmap.yaml), Flannel's
// those of net-conf.json (flannel 0.26, Documentation/configuration.md).
func (k *known) config(o object) bool {
	if o.Kind != "ConfigMap" {
		return false
	}
	data := func(key string) string { return o.text("data", key) }
	switch {
	case o.Name == "cilium-config":
		k.cni.IPAM = ipamOf(data("ipam"))
		if k.cni.IPAM == schema.IPAMClusterPool {
			k.setPods(prefixes(data("cluster-pool-ipv4-cidr")))
			k.cni.NodeBlockSizeIPv4, _ = strconv.Atoi(data("cluster-pool-ipv4-mask-size"))
		}
		k.cni.Tunnel = schema.TunnelNone
		if data("routing-mode") == "tunnel" {
			k.cni.Tunnel = orFirst(schema.TunnelProtocol(data("tunnel-protocol")), schema.TunnelVXLAN)
		}
		k.cni.MTU, _ = strconv.Atoi(data("mtu"))
		return true
	case data("net-conf.json") != "":
		var conf struct {
			Network string
			Backend struct{ Type string }
		}
		if json.Unmarshal([]byte(data("net-conf.json")), &conf) != nil {
			return false
		}
		k.setPods(prefixes(conf.Network))
		k.cni.Tunnel = map[string]schema.TunnelProtocol{"vxlan": schema.TunnelVXLAN, "host-gw": schema.TunnelNone, "wireguard": schema.TunnelWireGuard}[conf.Backend.Type]
		return true
	}
	return false
}

// ipamOf is the mode that a topology calls so; Cilium's modes of clouds are one.
func ipamOf(mode string) schema.IPAM {
	m := schema.IPAM(mode)
	switch {
	case mode == "":
		return ""
	case slices.Contains([]schema.IPAM{schema.IPAMMultiPool, schema.IPAMKubernetes, schema.IPAMClusterPool}, m):
		return m
	}
	return schema.IPAMCloud
}

// pool reads the ranges that plugins and API servers keep in objects of their own (calico v3.32.1,
// api/pkg/apis/projectcalico/v3/ippool.go, operator.tigera.io Installation; cilium 1.17.4,
// pkg/k8s/apis/cilium.io/v2alpha1; kubernetes v1.33.1, networking.k8s.io/v1 ServiceCIDR).
func (k *known) pool(o object) bool {
	switch o.Kind {
	case "IPPool":
		k.pods = append(k.pods, prefixes(o.dig("spec", "cidr"))...)
		k.encapsulation(o.text("spec", "vxlanMode"), o.text("spec", "ipipMode"))
		k.cni.NodeBlockSizeIPv4 = orFirst(k.cni.NodeBlockSizeIPv4, number(o.dig("spec", "blockSize")))
	case "Installation":
		for _, p := range decoded.Items(o.Content, "spec", "calicoNetwork", "ipPools") {
			k.pods = append(k.pods, prefixes(decoded.Dig(p, "cidr"))...)
			k.cni.Tunnel = orFirst(k.cni.Tunnel, map[string]schema.TunnelProtocol{
				"VXLAN": schema.TunnelVXLAN, "VXLANCrossSubnet": schema.TunnelVXLAN, "IPIP": schema.TunnelIPIP, "IPIPCrossSubnet": schema.TunnelIPIP, "None": schema.TunnelNone,
			}[decoded.Text(p, "encapsulation")])
		}
	case "CiliumPodIPPool":
		k.pods = append(append(k.pods, prefixes(o.dig("spec", "ipv4", "cidrs"))...), prefixes(o.dig("spec", "ipv6", "cidrs"))...)
	case "ServiceCIDR":
		k.setServices(prefixes(o.dig("spec", "cidrs")))
	case "FelixConfiguration", "CiliumNodeConfig":
	default:
		return false
	}
	return true
}

func (k *known) encapsulation(vxlan, ipip string) {
	on := func(mode string) bool { return mode == "Always" || mode == "CrossSubnet" }
	switch {
	case on(vxlan):
		k.cni.Tunnel = schema.TunnelVXLAN
	case on(ipip):
		k.cni.Tunnel = schema.TunnelIPIP
	}
}

func number(v any) int {
	n, _ := v.(int)
	return n
}

// withFlags are the distributions whose servers' flags are known, and so the keys of their
// configuration files, which are the same words.
func withFlags() []distribution.Distribution {
	return slices.DeleteFunc(facts.Distributions(), func(d distribution.Distribution) bool { return !d.Flags.IsKnown() })
}

// serverConfig reads config.yaml of a server or an agent of k3s or RKE2: a flag a line, without
// its dashes (docs.k3s.io, configuration file; docs.rke2.io, configuration file).
func (k *known) serverConfig(o object) bool {
	if o.Kind != "" || o.APIVersion != "" {
		return false
	}
	keys := []string{"cluster-cidr", "service-cidr", "node-ip", "node-label", "tls-san", "cluster-init", "server", "token", "agent-token", "datastore-endpoint", "vpn-auth", "node-name", "disable", "flannel-backend", "cni"}
	if !slices.ContainsFunc(keys, func(key string) bool { return o.dig(key) != nil }) || o.dig("cluster") != nil && o.dig("machine") != nil {
		return false
	}
	all := withFlags()
	d := all[0]
	for _, other := range all {
		if o.dig(other.Flags.Value.Plugin) != nil || strings.Contains(o.Position("").File, string(other.Name)) {
			d = other
		}
	}
	k.distribution = orFirst(k.distribution, d.Name)
	k.server(o, func(flag string) string { return flag }, d, func(flag string) string { return strings.Join(wordsOf(o.dig(flag)), ",") }, o.dig("server") == nil)
	k.host(o, o.dig("server") == nil)
	k.secrets(o)
	return true
}

// secrets are the flags of a server or an agent that hold one in clear text (docs.k3s.io, reference
// of `k3s server`; docs.rke2.io, the same).
func (k *known) secrets(o object) {
	for _, s := range []struct{ flag, can, way string }{
		{"token", "can make nodes of the cluster", "write token-file, with a path that root alone can read"},
		{"agent-token", "can make nodes of the cluster", "write agent-token-file, with a path that root alone can read"},
		{"vpn-auth", "can join the tailnet", "revoke the key, and write vpn-auth-file, with a path that root alone can read"},
		{"etcd-s3-secret-key", "can read the cluster's snapshots", "write etcd-s3-config-secret, with the name of a Secret"},
	} {
		if o.dig(s.flag) != nil {
			k.warn(CodeManifestKey, o, s.flag, "%s stands in the file in clear text: whoever reads it %s", s.flag, s.can).Fix("%s", s.way)
		}
	}
	const store = "datastore-endpoint"
	if strings.Contains(o.text(store), "@") {
		k.warn(CodeManifestKey, o, store, "%s has a user and a password in clear text: whoever reads it can change everything in the cluster", store).
			Fix("write it into the environment of the service, in a file that root alone can read")
	}
}

// host takes the node that a configuration is of.
func (k *known) host(o object, server bool) {
	n := node{name: o.text("node-name"), server: server}
	for _, s := range words(o.dig("node-ip")) {
		if a, ok := hostAddress(s); ok {
			n.addresses = append(n.addresses, a)
		}
	}
	for _, l := range words(o.dig("node-label")) {
		if region, ok := strings.CutPrefix(l, labelRegion+"="); ok {
			n.region = region
		}
	}
	k.addHost(o, "node-name", n)
}

// addHost adds a node of which there is no Node, with its name in a field; it gets one where it has
// none, or where a key stands in its place.
func (k *known) addHost(o object, field string, n node) {
	if hasKey(n.name) {
		k.err(CodeManifestKey, o, field, "a key of the tailnet stands in place of a name, in clear text: whoever reads the file, or the node's name, has it").
			Fix("revoke it, and write the node's name")
		n.name = ""
	}
	if len(n.addresses) == 0 {
		return
	}
	n.name = orFirst(n.name, fmt.Sprintf("host-%d", len(k.nodes)+1))
	k.nodes = append(k.nodes, n)
}

// wordsOf is words, and a single number or truth value as text.
func wordsOf(v any) []string {
	if b, ok := v.(bool); ok {
		return []string{strconv.FormatBool(b)}
	}
	return words(v)
}

// flags reads those of a server that its Node shows.
func (k *known) flags(o object) {
	for _, d := range withFlags() {
		var args []string
		if json.Unmarshal([]byte(o.text("metadata", "annotations", d.Flags.Value.Annotation)), &args) != nil || len(args) == 0 || args[0] != "server" {
			continue
		}
		given := map[string]string{}
		for i := 1; i < len(args); i++ {
			name, value, whole := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
			if !whole && i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
				value, i = args[i+1], i+1
			}
			given[name] = strings.TrimPrefix(given[name]+","+value, ",")
		}
		at := func(string) string { return "metadata.annotations" }
		k.server(o, at, d, func(flag string) string { return given[flag] }, true)
	}
}

// server takes what servers of a distribution are told, each flag in a field; first reports whether it says what a
// cluster has, and not an agent, which need not know.
func (k *known) server(o object, field func(string) string, d distribution.Distribution, flag func(string) string, first bool) {
	if k.setEndpoint(o, field("server"), flag("server")); !first && flag("cluster-cidr") == "" && flag("service-cidr") == "" {
		return
	}
	k.setServices(orDefault(flag("service-cidr"), d.Services.Value))
	k.setPods(orDefault(flag("cluster-cidr"), d.Pods.Value))
	value := orFirst(strings.Split(flag(d.Flags.Value.Plugin), ",")[0], d.Flags.Value.Usual)
	for _, name := range words(flag("tls-san")) {
		k.setEndpoint(o, field("tls-san"), name)
		break
	}
	if runs, ok := d.Flags.Value.Runs[value]; ok && k.plugin == "" {
		k.plugin, k.cni.Tunnel = runs.Type, orFirst(k.cni.Tunnel, runs.Tunnel)
	}
}

func orDefault(s string, usual []rangeFacts) []netip.Prefix {
	if list := prefixes(s); len(list) > 0 || len(usual) == 0 {
		return list
	}
	return []netip.Prefix{usual[0].Prefix}
}
