package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// links say what private links carry; their routes are Left to the reader. It is empty
// where there are none.
func links(p *plan.Plan) string {
	var b strings.Builder
	for i := range p.Regions {
		r := &p.Regions[i]
		for _, j := range r.Linked() {
			o := &p.Regions[j]
			fmt.Fprintf(&b, "- Region %s sends what is for region %s by the link, as its own hosts' routes say: nothing here makes them, and its gateways keep out of it.\n",
				r.Region.Name, o.Region.Name)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n## Private links\n\n" + b.String()
}
