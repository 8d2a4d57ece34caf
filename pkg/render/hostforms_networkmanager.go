package render

// dispatcherFile is a script that NetworkManager runs (NetworkManager 1.42,
// NetworkManager-dispatcher(8)). It holds nothing of the topology: routes.sh does, and
// refuses on a gateway.
func (g *gateway) dispatcherFile() hostFile {
	const name = "no-wait.d/50-kustomize-hybrid"
	script := g.plan.headed(script("dispatcher.sh.tmpl", g.plan.scriptData(g.regionPlan, g.host)))
	return hostFile{
		File{Path: g.path("node/networkmanager/50-kustomize-hybrid.sh"), Data: script, Executable: true},
		"/etc/NetworkManager/dispatcher.d/" + name,
	}
}
