package existing

import (
	"cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// pack is a RangePack as package claim compares it. Ranges that could not be read, which
// loading has reported, are left out.
func pack(list *diag.List, o *Object) claim.Pack {
	p := claim.Pack{Name: o.Name, Code: claim.CodeReservedRange}
	if o.Pack.Spec.Provider != "" {
		p.Key = "provider/" + o.Pack.Spec.Provider
	}
	for i, r := range o.Pack.Spec.Ranges {
		prefix, ok := claim.Canonical(r.Prefix)
		severity, known := diag.SeverityOf(cmp.Or(r.Severity, "error"))
		if field := diag.Index("spec.ranges", i) + ".prefix"; ok && prefix.Bits() == 0 {
			*list = append(*list, o.finding(diag.Error, CodeObjectInvalid, field, "%s of %s is %s, which contains every address", field, o.ID(), prefix).
				Fix("write the ranges that are really kept"))
			continue
		}
		if special, none := claim.Hostless(prefix); none {
			field := diag.Index("spec.ranges", i) + ".prefix"
			*list = append(*list, o.finding(diag.Error, claim.CodeSpecialRange, field, "%s of %s is %s, which %s", field, o.ID(), prefix, special.Meets(prefix)).
				Fix("leave it out: nobody gives it to a cluster (%s, %s)", special.Source, special.Since))
		}
		if ok && known {
			p.Ranges = append(p.Ranges, claim.Range{Prefix: prefix, Severity: severity, Reason: cmp.Or(r.Reason, "is kept free"),
				Source: cmp.Or(r.Source, o.ID()), Since: cmp.Or(r.Since, "no date")})
		}
	}
	return p
}
