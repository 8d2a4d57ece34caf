package suppress_test

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/suppress"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func Example() {
	accepted := []schema.Suppression{
		{Code: "policy-grant-wide", Path: "grants[1]", Reason: "ops need it"},
		{Code: "gateway-zone", Reason: "there is one zone"},
	}
	var found diag.List
	found.Warnf("policy-grant-wide", "grants[0]", "too wide")
	found.Warnf("policy-grant-wide", "grants[1].src", "too wide, too")
	left, used := suppress.Accept(accepted, found, "")
	// This run looks at a policy and cannot find zones.
	unused := suppress.Judge(accepted, used, "", func(code string) bool { return code == "policy-grant-wide" })
	fmt.Println(len(left), left[0].Path, used, len(unused))
	// Output: 1 grants[0] [true false] 0
}
