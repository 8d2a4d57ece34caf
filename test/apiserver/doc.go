// Package apiserver has a real kube-apiserver take what people copy from overlays/components. It
// runs the server and etcd as plain processes on this host's loopback, so that it wants no root.
// Its tests need KUBERNETES, the program that `make .lab/kubernetes` builds, and are built with
// -tags apiserver: see `make apiserver`.
package apiserver
