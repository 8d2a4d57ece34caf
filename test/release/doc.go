// Package release makes what a release has and uses it as people do: two builds of one commit,
// the packages that .goreleaser.yaml describes, by nFPM's own code, and `go install` from a
// module proxy. It is a module of its own: see `make release-test`.
package release
