package hybrid_test

import (
	"fmt"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/examples"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// Facts are handed out without a copy, and callers leave them alone: whatever is validated and
// rendered, they are the same afterwards.
func TestFactsStayAsTheyAre(t *testing.T) {
	all := func() string {
		return fmt.Sprintf("%+v", []any{facts.Providers(), facts.Plugins(), facts.Distributions()})
	}
	before := all()
	for _, name := range examples.Names() {
		in, err := hybrid.Read(name, examples.Files(name)["topology.yaml"])
		if err != nil {
			t.Fatal(err)
		}
		hybrid.Validate(in, hybrid.Options{Info: true})
		files, _, err := hybrid.Render(in, hybrid.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tree.Collect(files); err != nil {
			t.Fatal(err)
		}
		if all() != before {
			t.Fatalf("%s has changed facts", name)
		}
	}
}
