//go:build lean

package hybrid

import "errors"

// Build is `kustomize build` in process, which is not here.
func Build(string) ([]byte, error) {
	return nil, errors.New("this program is built lean, without kustomize: run kustomize build --enable-alpha-plugins --enable-exec, or take the whole kustomize-hybrid")
}
