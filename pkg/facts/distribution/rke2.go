package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// RKE2 is rancher/rke2.
func (distributions) RKE2() Distribution {
	const page = "docs.rke2.io, server configuration"
	return Distribution{
		Name: schema.DistributionRKE2, Title: "RKE2",
		Ranges:           fact.Known([]fact.Range(nil), page+": it keeps none"),
		Pods:             fact.Ranges(fact.Default("10.42.0.0/16", "is RKE2's default for pods", page, "read 2026-11")),
		Services:         fact.Ranges(fact.Default("10.43.0.0/16", "is RKE2's default for services", page, "read 2026-11")),
		LeastServiceBits: serviceBits(),
		Home:             fact.Unknown[string](anywhere),
		KeepsNodes:       fact.Known(true, "rancher/image-build-rke2-cloud-provider: it is k3s', whose InstanceExists is true for every node, unless cloud-provider-name names another"),
		RemotePrivate:    fact.Unknown[bool](noRemote),
		KubeletUnits:     fact.Known([]string{"rke2-server.service", "rke2-agent.service"}, "rke2 bundle/lib/systemd/system"),
		MachineConfig:    fact.Unknown[string](ownHosts),
		StaticPods:       fact.Known("/var/lib/rancher/rke2/agent/pod-manifests", "rke2 pkg/rke2/rke2.go: DefaultPodManifestPath"),
		StartsAlone:      fact.Known(false, "rke2#251; it runs k3s' agent, which reads its configuration from the server first"),
		Join: fact.Known(Join{
			File:       "/etc/rancher/rke2/config.yaml",
			Text:       "server: https://{host}:9345\ntoken-file: /etc/rancher/rke2/token\nnode-name: {name}\nnode-ip: {address}\nnode-label:\n{label list}\n{providerID}",
			ProviderID: fact.Known("kubelet-arg:\n  - provider-id={id}\n", "docs.rke2.io, agent configuration: kubelet-arg"),
			Run:        []string{"(umask 377 && cat >/etc/rancher/rke2/token)", "INSTALL_RKE2_TYPE=agent sh install.sh", "systemctl enable --now rke2-agent.service"},
			Leave:      []string{"rke2-uninstall.sh"},
			Why:        "The token is the server's /var/lib/rancher/rke2/server/node-token; the command waits for it, and Ctrl-D ends it. install.sh is RKE2's own, of get.rke2.io (`curl -sfL https://get.rke2.io -o install.sh`), in a directory of its own; INSTALL_RKE2_VERSION chooses the server's version.",
		}, "docs.rke2.io, Linux agent configuration reference: server, token-file, node-name, node-ip, node-label; networking requirements: 9345; uninstall options"),
		JoinNeeds:     fact.Known("RKE2's own installer", "docs.rke2.io, quick start: it fetches the programs"),
		JoinGiven:     fact.Unknown[Given](noGiven),
		Alone:         fact.Unknown[Alone](notRead),
		PluginCharts:  fact.Known("rke2-", "docs.rke2.io, network options: charts are named rke2-<CNI-PLUGIN-NAME>"),
		JoinPorts:     fact.Known([]string{"tcp:9345"}, "docs.rke2.io, networking requirements: the supervisor"),
		NodePorts:     fact.Known([]string(nil), "docs.rke2.io, networking requirements: the kubelet's 10250"),
		PeerPorts:     etcdPorts("docs.rke2.io, networking requirements: 2379 and 2380 between servers"),
		KubeletTunnel: fact.Known(agentTunnel, "docs.rke2.io, server configuration: egress-selector-mode is agent unless told otherwise"),
		Signs:         fact.Known(Signs{Versions: []string{"+rke2"}}, "rancher/rke2 6ce1a8019 (August 2026), README.md: versions such as v1.36.1+rke2r1"),
		Flags: fact.Known(Flags{
			Annotation: "rke2.io/node-args", Plugin: "cni", Usual: "canal", NoPolicies: fact.Unknown[string]("its plugins alone enforce policies"),
			Runs: map[string]Runs{"canal": {Type: "canal"}, "calico": {Type: schema.CNICalico}, "cilium": {Type: schema.CNICilium}, "flannel": {Type: schema.CNIFlannel}},
		}, "rancher/rancher pkg/capr: rke2.io/node-args; docs.rke2.io, network options: --cni"),
		Remote:         fact.Unknown[Remote](noRemote),
		RemoteNetworks: fact.Unknown[string](noRemote),
	}
}
