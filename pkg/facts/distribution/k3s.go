package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// K3s is k3s-io/k3s.
func (distributions) K3s() Distribution {
	const page = "docs.k3s.io, server flags"
	return Distribution{
		Name: schema.DistributionK3s, Title: "k3s",
		Ranges:           fact.Known([]fact.Range(nil), page+": it keeps none"),
		Pods:             fact.Ranges(fact.Default("10.42.0.0/16", "is k3s's default for pods", page, "read 2026-11")),
		Services:         fact.Ranges(fact.Default("10.43.0.0/16", "is k3s's default for services", page, "read 2026-11")),
		LeastServiceBits: serviceBits(),
		Home:             fact.Unknown[string](anywhere),
		KeepsNodes:       fact.Known(true, "k3s pkg/cloudprovider/instances.go: InstanceExists is true for every node, unless --disable-cloud-controller"),
		RemotePrivate:    fact.Unknown[bool](noRemote),
		KubeletUnits:     fact.Known([]string{"k3s.service", "k3s-agent.service"}, "k3s install.sh"),
		MachineConfig:    fact.Unknown[string](ownHosts),
		StaticPods:       fact.Known("/var/lib/rancher/k3s/agent/pod-manifests", "k3s pkg/agent/config/config.go: DefaultPodManifestPath"),
		StartsAlone:      fact.Known(false, "k3s#1686; k3s pkg/agent/run.go: an agent reads its configuration from the server first"),
		Join: fact.Known(Join{
			File:       "/etc/rancher/k3s/config.yaml",
			Text:       "server: https://{server}\ntoken-file: /etc/rancher/k3s/token\nnode-name: {name}\nnode-ip: {address}\nnode-label:\n{label list}\n{providerID}",
			ProviderID: fact.Known("kubelet-arg:\n  - provider-id={id}\n", "docs.k3s.io, agent configuration: kubelet-arg"),
			Run:        []string{"(umask 377 && cat >/etc/rancher/k3s/token)", "INSTALL_K3S_EXEC=agent sh install.sh"},
			Leave:      []string{"k3s-agent-uninstall.sh"},
			Why:        "The token is the server's /var/lib/rancher/k3s/server/node-token; the command waits for it, and Ctrl-D ends it. install.sh is k3s's own, of get.k3s.io (`curl -sfL https://get.k3s.io -o install.sh`), in a directory of its own; INSTALL_K3S_VERSION chooses the server's version.",
		}, "docs.k3s.io, agent configuration: server, token-file, node-name, node-ip, node-label; configuration file; uninstalling k3s"),
		JoinNeeds:     fact.Known("k3s's own installer", "docs.k3s.io, quick start: it fetches the program"),
		JoinGiven:     fact.Unknown[Given](noGiven),
		Alone:         fact.Unknown[Alone](notRead),
		PluginCharts:  fact.Unknown[string](noCharts),
		JoinPorts:     fact.Known([]string(nil), "docs.k3s.io, networking requirements: the supervisor shares the API server's 6443"),
		NodePorts:     fact.Known([]string(nil), "docs.k3s.io, networking requirements: the kubelet's 10250"),
		PeerPorts:     etcdPorts("docs.k3s.io, networking requirements: 2379-2380 between servers with embedded etcd"),
		KubeletTunnel: fact.Known(agentTunnel, "docs.k3s.io, networking: egress-selector-mode is agent unless told otherwise"),
		Signs:         fact.Known(Signs{Versions: []string{"+k3s"}}, "k3s-io/k3s 00993dc6, README.md: versions such as v1.18.6+k3s1"),
		Flags: fact.Known(Flags{
			Annotation: "k3s.io/node-args", Plugin: "flannel-backend", Usual: "vxlan", NoPolicies: fact.Known("disable-network-policy", "docs.k3s.io, basic network options: custom CNI"),
			Runs: map[string]Runs{
				"vxlan": {schema.CNIFlannel, schema.TunnelVXLAN}, "host-gw": {schema.CNIFlannel, schema.TunnelNone},
				"wireguard-native": {schema.CNIFlannel, schema.TunnelWireGuard},
			},
		}, "k3s 0ba4732c, pkg/nodeconfig/nodeconfig.go; docs.k3s.io, basic network options: Flannel options, custom CNI"),
		Remote:         fact.Unknown[Remote](noRemote),
		RemoteNetworks: fact.Unknown[string](noRemote),
	}
}
