package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Other is any plugin that is not listed: what it does, its user knows.
func (plugins) Other() Plugin {
	const why = "any plugin that is not listed: what it does, its user knows"
	return Plugin{
		Type: schema.CNIOther, Title: "another plugin",
		Pods:            fact.Unknown[[]fact.Range](why),
		Modes:           fact.Unknown[[]Mode](why),
		Marks:           fact.Unknown[[]fact.Mark](why),
		MarkMask:        fact.Unknown[MarkMask](why),
		Ports:           fact.Unknown[[]fact.Port](why),
		Signs:           fact.Unknown[Signs](why),
		Home:            fact.Unknown[string](why),
		Tunnels:         usualTunnels(),
		Carries:         fact.Unknown[schema.TunnelProtocol]("no source has been read; the topology says it"),
		Devices:         fact.Unknown[[]string](why),
		HostRouting:     fact.Unknown[schema.HostRouting](why),
		DataPlane:       fact.Unknown[schema.DataPlane](why),
		StopsAtNFTables: fact.Unknown[bool](why),
		OneNetwork:      fact.Unknown[bool](why),
		KubeProxy:       fact.Known(true, "kubernetes v1.33.1, pkg/proxy: services are kube-proxy's unless somebody replaces it"),
		Policies:        fact.Unknown[Policies](why),
		Settings:        fact.Unknown[Settings](why),
		SetsMTU:         fact.Known(false, "we render no settings for it"),
		Versions:        fact.NoVersions(noSettings),
		ByHand:          fact.Unknown[[]string](why),
	}
}
