package host

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"

// dispatcherFile is a script that NetworkManager runs (NetworkManager 1.42,
// NetworkManager-dispatcher(8)). It holds nothing of the topology: routes.sh does, and
// refuses on a gateway.
func (f *forms) dispatcherFile() hostFile {
	const name = "no-wait.d/50-kustomize-hybrid"
	data := tree.Headed(f.header, script("dispatcher.sh.tmpl", nil))
	return hostFile{
		tree.File{Path: f.path("node/networkmanager/50-kustomize-hybrid.sh"), Data: data, Executable: true},
		"/etc/NetworkManager/dispatcher.d/" + name,
	}
}
