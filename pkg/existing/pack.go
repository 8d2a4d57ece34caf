package existing

import (
	"cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// readPack reads a document that adds reserved ranges:
//
//	apiVersion: kustomize-hybrid.dev/v1alpha1
//	kind: RangePack
//	metadata: {name: acme}
//	spec:
//	  provider: acme          # only where a region has this provider; always when left out
//	  ranges:
//	    - {prefix: 10.255.0.0/16, reason: is Acme's management network, source: acme.example/docs}
func readPack(list *diag.List, o *Object) claim.Pack {
	p := claim.Pack{Name: o.Name, Code: claim.CodeReservedRange}
	if provider := text(o.Content, "spec", "provider"); provider != "" {
		p.Key = "provider/" + provider
	}
	for i, v := range items(o.Content, "spec", "ranges") {
		at := diag.Index("spec.ranges", i)
		r := &reading{object: o}
		c := r.add(claim.RoleReserved, at+".prefix", text(v, "prefix"))
		*list = append(*list, r.invalid...)
		severity, ok := diag.SeverityOf(cmp.Or(text(v, "severity"), "error"))
		if !ok {
			d := o.finding(diag.Error, CodeObjectInvalid, at+".severity", "severity %q of %s is unknown", text(v, "severity"), o.ID())
			*list = append(*list, d.Fix("use error, warning or info"))
		}
		if c != nil && ok {
			p.Ranges = append(p.Ranges, claim.Range{Prefix: c.Prefix, Severity: severity, Reason: cmp.Or(text(v, "reason"), "is kept free"),
				Source: cmp.Or(text(v, "source"), o.ID()), Since: cmp.Or(text(v, "since"), "no date")})
		}
	}
	return p
}
