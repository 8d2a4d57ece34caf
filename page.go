package hybrid

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/page"
)

// Page writes one HTML page about the one topology: what is left to do, findings down to
// what is only worth knowing, a picture, an address map, and tables of all that is decided. It needs nothing
// beside itself. It is nil where a finding is an error.
func Page(in Input, o Options) ([]byte, diag.List, error) {
	all := o
	all.Info = true
	p, found, err := newPlan(in, all)
	list := o.judge(found)
	if p == nil {
		return nil, list, err
	}
	text, err := page.HTML(p, found)
	return text, list, err
}
