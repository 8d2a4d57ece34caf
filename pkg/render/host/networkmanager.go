package host

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// dispatcherFile is the program that NetworkManager runs (NetworkManager 1.42,
// NetworkManager-dispatcher(8)), under the name that NetworkManager has for it. It knows
// nothing of the topology: node-routes.sh does, and refuses on a gateway.
func (f *forms) dispatcherFile() hostFile {
	const name = "no-wait.d/50-kustomize-hybrid"
	return hostFile{
		tree.File{Path: f.path("node/networkmanager/50-kustomize-hybrid.sh"), Data: program.Named("node-dispatcher.sh").Data, Executable: true},
		"/etc/NetworkManager/dispatcher.d/" + name,
	}
}
