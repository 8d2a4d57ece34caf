// Package render spells a plan: Kubernetes objects for the API server, and files for
// hosts, for clouds and for the tailnet.
package render

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Plan is a plan about to be spelled.
type Plan struct{ *plan.Plan }

// NewPlan decides everything about t, which must be valid: see package validate.
func NewPlan(t *schema.Topology) *Plan { return &Plan{plan.New(t).ByName()} }

// regionPlan is plan.Region under a name that can be embedded beside its field Region.
type regionPlan = plan.Region
