package claim

import (
	"slices"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestHostlessIsNotPrivate: Hostless does not look at what is private.
func TestHostlessIsNotPrivate(t *testing.T) {
	if len(hostless()) == 0 {
		t.Fatal("there are none")
	}
	for _, r := range hostless() {
		if slices.ContainsFunc(schema.PrivateBlocks(), r.Prefix.Overlaps) {
			t.Errorf("%s is private", r.Prefix)
		}
	}
}
