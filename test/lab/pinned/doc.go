// Package pinned pins the Tailscale version of the examples, 1.84.3. It is a module
// of its own because its containerboot needs an older k8s.io/client-go than the
// program under test.
package pinned
