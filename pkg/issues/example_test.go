package issues_test

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func Example() {
	t := topologytest.Published()
	t.Spec.Regions[1].Provider = schema.ProviderAlibaba
	t.Spec.Tailnet.NetfilterMode = schema.NetfilterOn
	for _, d := range issues.Findings(plan.New(t)) {
		fmt.Println(d.Severity, d.Code, d.Path)
	}
	// Output:
	// error cgnat-drop-rule spec.regions[1].provider
}
