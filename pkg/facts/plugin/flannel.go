package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Flannel is flannel-io/flannel; k3s is Flannel unless told otherwise.
func (plugins) Flannel() Plugin {
	const masquerade = "flannel#864, flannel#1702"
	return Plugin{
		Type: schema.CNIFlannel, Title: "Flannel",
		Pods:            fact.Ranges(fact.Default("10.244.0.0/16", "is the network in Flannel's own manifest", "flannel Documentation/kube-flannel.yml", "read 2026-11")),
		Modes:           fact.Known([]Mode{nodeIPAM()}, "flannel 0.26, Documentation/kubernetes.md: --kube-subnet-mgr"),
		Marks:           fact.Known([]fact.Mark(nil), "flannel#1702: it reads kube-proxy's 0x4000 and sets none"),
		MarkMask:        fact.Unknown[MarkMask]("it sets no marks"),
		Ports:           fact.Known([]fact.Port(nil), "flannel 0.26, Documentation/backends.md: it has none besides its tunnels"),
		Signs:           fact.Known(Signs{Objects: []string{"ConfigMap/kube-flannel/kube-flannel-cfg", "ConfigMap/kube-system/kube-flannel-cfg"}, Annotations: []string{"flannel.alpha.coreos.com/backend-type"}}, "flannel 0.28.9, Documentation/kube-flannel.yml, pkg/subnet/kube/annotations.go: annotations of Nodes; in kube-system until June 2022, commit d6ad1c1e"),
		Home:            fact.Unknown[string](anywhere),
		Tunnels:         fact.Known([]Tunnel{linuxVXLAN("flannel 0.26, Documentation/backends.md: the kernel's default"), ipip(), wireGuard()}, "flannel 0.26, Documentation/backends.md"),
		Carries:         fact.Known(schema.TunnelVXLAN, "flannel v0.26.7, Documentation/kube-flannel.yml: net-conf.json; k3s v1.33.1, --flannel-backend: vxlan"),
		Devices:         fact.Unknown[[]string]("it takes the card of the node's address"),
		HostRouting:     fact.Unknown[schema.HostRouting]("it has no choice"),
		DataPlane:       fact.Unknown[schema.DataPlane]("it enforces no policies"),
		StopsAtNFTables: fact.Known(false, "flannel 0.26, pkg/trafficmngr: it looks for its own rules only"),
		OneNetwork:      fact.Known(true, masquerade),
		KubeProxy:       fact.Known(true, "flannel 0.26, README.md: services are kube-proxy's"),
		Policies:        fact.Known(PoliciesKubernetes, "flannel 0.26, README.md: it has none; k3s adds kube-router's, which are Kubernetes'"),
		Settings:        fact.Unknown[Settings]("its one file belongs to the installation"),
		SetsMTU:         fact.Known(false, "we render no settings for it"),
		Versions:        fact.NoVersions(noSettings),
		ByHand: fact.Known([]string{
			"Flannel's `Network` in net-conf.json, and on k3s `--cluster-cidr`, must be {network}: it masquerades what leaves that.",
			"Pods reach nodes outside that network, {nodes} among them, with their own node's address, unless it contains those as well.",
			"Backend vxlan carries pods' packets to every node by UDP port 8472, other regions' too: state `cni.tunnel: vxlan`, so that the tailnet policy lets it through. Backend host-gw works inside a flat LAN only and logs an error for every other node.",
		}, masquerade+"; flannel 0.26, Documentation/backends.md"),
	}
}
