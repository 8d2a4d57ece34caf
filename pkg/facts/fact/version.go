package fact

import (
	"regexp"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Versions are those of a program in which everything exists that is rendered for it.
type Versions struct {
	// From is the first of them; unknown where the oldest version that was read has everything.
	From Datum[Floor]
	// Read are those that were read: the patches of their minors differ in nothing that is
	// rendered.
	Read Datum[Span]
	// OddUnstable reports whether versions with an odd minor are development versions.
	OddUnstable Datum[bool]
}

// Floor is a version, and what came with it that is rendered: it completes "..., the first
// version with ...".
type Floor struct {
	Version schema.Version
	Brings  string
}

// Span is the first and the last of some versions.
type Span struct{ Oldest, Newest schema.Version }

// NoVersions are those of a program for which nothing is rendered, or whose version nobody
// states.
func NoVersions(why string) Versions {
	return Versions{From: Unknown[Floor](why), Read: Unknown[Span](why), OddUnstable: Unknown[bool](why)}
}

// unfinished are the suffixes of versions before a release, and not those of distributions,
// such as -eks-1 (k8s.io/api v0.38.0-alpha.0 and v0.37.0-rc.1, tailscale v1.103.0-pre, the
// chart cilium-1.19.0-pre.0 and calico v3.33.0-0.dev are published).
var unfinished = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-(0[.])?(alpha|beta|dev|pre|rc)\b`) })

// Unfinished reports whether a version comes before the release whose numbers it has.
func Unfinished(v schema.Version) bool {
	return strings.Contains(string(v), "-") && unfinished().MatchString(string(v))
}
