package existing

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// common is a finding that several objects have alike, said once.
type common struct {
	key, field string
	objects    []*Object
	say        func(o *Object, who, names string) *diag.Diagnostic
}

// share keeps a finding until all objects are read. say names them all: who as a message
// does, names as a command takes them.
func (w *wanted) share(o *Object, key, field string, say func(o *Object, who, names string) *diag.Diagnostic) {
	i := slices.IndexFunc(w.common, func(c common) bool { return c.key == key })
	if i < 0 {
		w.common = append(w.common, common{key: key, field: field, say: say})
		i = len(w.common) - 1
	}
	w.common[i].objects = append(w.common[i].objects, o)
}

func (w *wanted) shared() diag.List {
	var list diag.List
	for _, c := range w.common {
		who, names := c.objects[0].ID(), c.objects[0].Name
		for i, o := range c.objects[1:] {
			if i < claim.Few {
				names += " " + o.Name
			} else if i == claim.Few {
				names += " ..."
			}
		}
		if others := len(c.objects) - 1; others > 0 {
			who += " and " + claim.CountOthers(others)
		}
		d := c.say(c.objects[0], who, names)
		for _, o := range c.objects[1:] {
			d.Related = append(d.Related, diag.Related{Path: o.Path(c.field), Pos: o.Position(c.field), Message: "so it is here"})
		}
		list = append(list, d)
	}
	return list
}

// regionList are regions of which one thing is said.
type regionList struct{ regions []*plan.Region }

func (l *regionList) add(r *plan.Region) { l.regions = append(l.regions, r) }

// String names them as messages do.
func (l *regionList) String() string {
	var names []string
	for _, r := range l.regions {
		names = append(names, strconv.Quote(r.Region.Name))
	}
	if len(names) == 1 {
		return "region " + names[0]
	}
	return "regions " + strings.Join(names, ", ")
}

// show adds where each of them chooses its plugin.
func (l *regionList) show(w *wanted, d *diag.Diagnostic) *diag.Diagnostic {
	for _, r := range l.regions {
		d.See(w.path(r)+".cni", "the network plugin is chosen here")
	}
	return d
}

// release is the plugin of the first, which all have.
func (l *regionList) release() string {
	if len(l.regions) == 0 {
		return ""
	}
	return l.regions[0].Region.CNI.Release()
}
