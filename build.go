//go:build !lean

package hybrid

import (
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Build is `kustomize build --enable-alpha-plugins --enable-exec` in process: it returns
// what the kustomization in dir makes. Functions that the kustomization names run as
// programs of this user, and are looked up in PATH: build only what you trust.
//
// Both flags are needed: with the first alone kustomize runs no function, prints nothing
// and exits 0 (kustomize#4399).
func Build(dir string) ([]byte, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as the binary: sortOptions decide
	options.PluginConfig = types.EnabledPluginConfig(types.BploUseStaticallyLinked)
	options.PluginConfig.FnpLoadingOptions.EnableExec = true
	resources, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, err
	}
	return resources.AsYaml()
}
