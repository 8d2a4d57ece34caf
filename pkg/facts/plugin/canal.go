package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// canalVersions are those of its Calico.
func canalVersions() fact.Versions {
	return fact.Versions{
		From:        fact.Unknown[fact.Floor]("the oldest version that was read has every field that is rendered"),
		Read:        fact.Known(fact.Span{Oldest: "3.24.0", Newest: "3.32.1"}, "calico v3.24.0 to v3.32.1, libcalico-go/config/crd"),
		OddUnstable: fact.Known(false, "calico's tags v3.24.0 to v3.32.0: it releases every minor"),
	}
}

// Canal is Flannel, which carries pods' packets, and Calico's Felix, which enforces policy:
// RKE2's plugin unless told otherwise. Its version is Calico's.
func (plugins) Canal() Plugin {
	const manifest = "calico 0039c9cd, manifests/canal.yaml"
	const chart = "rancher/rke2-charts 0087a864, packages/rke2-canal/charts/values.yaml"
	flannel := plugins{}.Flannel()
	return Plugin{
		Type: "canal", Title: "Canal",
		Pods:            fact.Ranges(fact.Default("10.244.0.0/16", "is the network in Canal's own manifest", manifest, "read 2026-11")),
		Modes:           fact.Known([]Mode{nodeIPAM()}, manifest+": host-local with subnet usePodCidr"),
		Marks:           fact.Known(felixMarks(), felixSource+"; "+chart+": felixIptablesMarkMask is 0xffff0000"),
		MarkMask:        felixMask(),
		Ports:           fact.Known([]fact.Port(nil), chart+": networkingBackend none, so no BGP, and typhaServiceName none"),
		Signs:           fact.Known(Signs{Objects: []string{"ConfigMap/kube-system/canal-config", "ConfigMap/kube-system/rke2-canal-config"}, Annotations: []string{"flannel.alpha.coreos.com/backend-type", "projectcalico.org/IPv4Address"}}, "calico v3.32.1, manifests/canal.yaml; rancher/rke2-charts 0087a864, packages/rke2-canal, and 262e21a4 (August 2026), charts/templates/config.yaml: the release's name before -config"),
		Home:            fact.Unknown[string](anywhere),
		Tunnels:         flannel.Tunnels,
		Carries:         fact.Known(schema.TunnelVXLAN, manifest+": net-conf.json; "+chart+": flannel.backend"),
		Devices:         fact.Unknown[[]string]("it takes the card of the default route"),
		HostRouting:     fact.Unknown[schema.HostRouting]("it has no choice"),
		DataPlane:       fact.Known(schema.DataPlaneIPTables, chart+": nftablesMode Disabled"),
		StopsAtNFTables: fact.Known(true, "calico#13263, fixed in 3.33 only: it is Felix"),
		OneNetwork:      fact.Known(true, manifest+": Flannel masquerades, as flannel#864 and flannel#1702 have it"),
		KubeProxy:       fact.Known(true, "docs.rke2.io, network options: services are kube-proxy's"),
		Policies:        fact.Known(PoliciesCalico, manifest+": it has Calico's definitions, without Calico's API server"),
		Settings:        fact.Known(SettingsCanal, chart+"; "+manifest),
		SetsMTU:         fact.Known(false, "our settings have the mask alone"),
		Versions:        canalVersions(),
		ByHand: fact.Known([]string{
			"Apply `cni/canal.yaml`: it gives Felix mark bits beside Tailscale's. A HelmChartConfig there is for RKE2, whose chart sets the mask in the environment, which wins over a FelixConfiguration; merge its values if you have one of that name. FelixConfiguration `default` exists already: merge the two fields into it.",
			"Flannel's `Network` in net-conf.json, and on RKE2 `cluster-cidr`, must be {network}: it masquerades what leaves that.",
			"Pods reach nodes outside that network, {nodes} among them, with their own node's address, unless it contains those as well.",
			"Pods' MTU is `calico.vethuMTU` of RKE2's chart, 1450 unless you change it, and `veth_mtu` of ConfigMap canal-config elsewhere: 1230 passes through tailscale0 with VXLAN around it.",
		}, chart+"; "+manifest+"; calico 0039c9cd, felix/config/config_params.go: SourcesInDescendingOrder"),
	}
}
