// Package e2e runs the real kustomize binary over what this project ships. Its tests
// need KUSTOMIZE, the path of kustomize v5.8.2, and are built with -tags e2e: see
// `make e2e`.
package e2e
