// Package container runs the image on a real Docker engine without a network. Its tests are
// built with -tags container, want root, dockerd, docker and the real kustomize, and fail by
// name where one of them is missing: see `make container-test`.
package container
