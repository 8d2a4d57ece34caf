// Package flux runs Flux's own substitution over every rendered tree. It is a module of its
// own because Argo CD and kpt need an older Kubernetes.
package flux
