package draft

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

type (
	pluginFacts       = plugin.Plugin
	distributionFacts = distribution.Distribution
	rangeFacts        = fact.Range
)

// takesRemote is the distribution that has to be told the networks of nodes elsewhere.
func takesRemote() distribution.Distribution {
	all := facts.Distributions()
	return all[slices.IndexFunc(all, func(d distribution.Distribution) bool { return d.RemoteNetworks.IsKnown() })]
}

// managed reads what Amazon EKS says of a cluster, as `aws eks describe-cluster` prints it, as
// eksctl's ClusterConfig has it, and a remoteNetworkConfig by itself (Amazon EKS API reference,
// Cluster, RemoteNetworkConfigRequest; eksctl.io, schema of ClusterConfig).
func (k *known) managed(o object) bool {
	root, at := any(o.Content), ""
	switch {
	case o.dig("cluster", "remoteNetworkConfig") != nil || o.dig("cluster", "kubernetesNetworkConfig") != nil:
		root, at = o.dig("cluster"), "cluster."
	case o.dig("remoteNetworkConfig") != nil || strings.HasPrefix(o.APIVersion, "eksctl.io/"):
	case o.dig("remoteNodeNetworks") != nil:
		root = map[string]any{"remoteNetworkConfig": o.Content}
	default:
		return false
	}
	d := takesRemote()
	k.distribution = orFirst(k.distribution, d.Name)
	k.version(decoded.Text(root, "version") + ".0")
	k.version(decoded.Text(root, "metadata", "version") + ".0")
	k.setServices(prefixes(decoded.Dig(root, "kubernetesNetworkConfig", "serviceIpv4Cidr")))
	k.setServices(prefixes(decoded.Dig(root, "kubernetesNetworkConfig", "serviceIPv4CIDR")))
	k.setEndpoint(o, at+"endpoint", decoded.Text(root, "endpoint"))
	home := schema.Region{Name: "vpc", Provider: d.Home.Value, NodeCIDRs: prefixes(decoded.Dig(root, "vpc", "cidr"))}
	k.regions = append(k.regions, home)
	remote := schema.Region{Name: "remote", Provider: facts.FirstProvider().Name}
	for _, n := range decoded.Items(root, "remoteNetworkConfig", "remoteNodeNetworks") {
		remote.NodeCIDRs = append(remote.NodeCIDRs, prefixes(decoded.Dig(n, "cidrs"))...)
	}
	for _, n := range decoded.Items(root, "remoteNetworkConfig", "remotePodNetworks") {
		remote.PodCIDRs = append(remote.PodCIDRs, prefixes(decoded.Dig(n, "cidrs"))...)
	}
	if len(remote.NodeCIDRs) == 0 && len(remote.PodCIDRs) == 0 {
		return true
	}
	if len(remote.PodCIDRs) == 0 {
		k.err(CodeManifestBroken, o, at+"remoteNetworkConfig", "remoteNetworkConfig names networks of nodes and none of pods: %s reaches no pod of a remote node then, webhooks among them", d.Title).
			Fix("write remotePodNetworks, with the ranges of the pods there")
	}
	k.regions = append(k.regions, remote)
	return true
}

// machineConfig reads a machine configuration of Talos (talos.dev v1.9, reference: v1alpha1
// Config). Its keys and certificates are not looked at.
func (k *known) machineConfig(o object) bool {
	if o.Kind != "" || o.dig("machine") == nil || o.dig("cluster") == nil {
		return false
	}
	all := facts.Distributions()
	i := slices.IndexFunc(all, func(d distribution.Distribution) bool { return d.MachineConfig.IsKnown() })
	k.distribution = orFirst(k.distribution, all[i].Name)
	k.setServices(prefixes(o.dig("cluster", "network", "serviceSubnets")))
	k.setPods(prefixes(o.dig("cluster", "network", "podSubnets")))
	k.setEndpoint(o, "cluster.controlPlane.endpoint", o.text("cluster", "controlPlane", "endpoint"))
	n := node{name: o.text("machine", "network", "hostname"), server: o.text("machine", "type") == "controlplane"}
	for _, f := range decoded.Items(o.Content, "machine", "network", "interfaces") {
		for _, s := range words(decoded.Dig(f, "addresses")) {
			if p, err := netip.ParsePrefix(s); err == nil {
				n.addresses = append(n.addresses, p.Addr())
			}
		}
	}
	k.addHost(o, "machine.network.hostname", n)
	for _, p := range facts.Plugins() { // its own manifest of one, or none of its own
		if string(p.Type) == o.text("cluster", "network", "cni", "name") {
			k.plugin = orFirst(k.plugin, p.Type)
		}
	}
	image := o.text("machine", "kubelet", "image")
	k.version(image[strings.LastIndexByte(image, ':')+1:])
	return true
}

// connector reads a subnet router of Tailscale's operator (tailscale 1.102.3,
// k8s-operator/apis/v1alpha1/types_connector.go).
func (k *known) connector(o object) bool {
	switch {
	case o.Group() != "tailscale.com":
		return false
	case o.Kind != "Connector":
		return true
	}
	k.tailnet.Operator = true
	r := router{object: o, field: "spec.subnetRouter.advertiseRoutes", name: o.Name, routes: k.routesOf(o, "spec.subnetRouter.advertiseRoutes", words(o.dig("spec", "subnetRouter", "advertiseRoutes")))}
	k.warn(CodeManifestFragile, o, "spec.subnetRouter", "%s is a subnet router of Tailscale's operator, in a pod with a network of its own that rewrites senders: hosts cannot route through it, and pods of other regions show up with its address", o.ID()).
		Fix("let the rendered gateways advertise these prefixes, and take them out here")
	k.addRouter(r)
	return true
}
