// Package release makes what a release has and uses it as people do: two builds of one commit, `go
// install` from a module proxy, krew's manifest and Homebrew's formula: see `make release-test`. What
// GoReleaser makes of a commit is looked at with -tags snapshot: see `make release-snapshot`. It is a
// module of its own.
package release
