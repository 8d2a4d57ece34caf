package validate

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about versions as such.
const (
	CodeVersionOld      diag.Code = "version-too-old"  // what is rendered does not exist there
	CodeVersionUnknown  diag.Code = "version-unknown"  // nobody has released one like it
	CodeVersionUnread   diag.Code = "version-unread"   // nobody here has seen it
	CodeVersionUnstable diag.Code = "version-unstable" // a development version
)

// release is a version of a program, where a topology states it.
type release struct {
	title   string
	version schema.Version
	path    string
	known   fact.Versions
}

// versions holds each version that is stated against those in which everything exists that is
// rendered. One that several regions state is reported where it stands first.
func versions(p *plan.Plan) diag.List {
	var list diag.List
	for _, r := range releases(p) {
		if r.version != "" && r.known.Read.IsKnown() {
			r.check(&list)
		}
	}
	return list
}

func releases(p *plan.Plan) []release {
	s := &p.Topology.Spec
	control := facts.Control(s.Tailnet.Control)
	all := []release{
		{"Kubernetes", s.Cluster.KubernetesVersion, "spec.cluster.kubernetesVersion", facts.KubernetesVersions()},
		{"Tailscale", s.Tailnet.TailscaleVersion, "spec.tailnet.tailscaleVersion", facts.TailscaleVersions()},
		{control.Title, s.Tailnet.ControlVersion, "spec.tailnet.controlVersion", control.Versions},
	}
	type stated struct {
		plugin  schema.CNIType
		version schema.Version
	}
	seen := map[stated]bool{}
	for i := range s.Regions {
		c := s.Regions[i].CNI
		if is := (stated{c.Type, c.Version}); !seen[is] {
			seen[is] = true
			plugin := facts.Plugin(c.Type)
			all = append(all, release{plugin.Title, c.Version, regionPath(i) + ".cni.version", plugin.Versions})
		}
	}
	return all
}

// check reports at most one thing: what is wrong with a version that nobody released says
// nothing more.
func (r release) check(list *diag.List) {
	oldest, read, from := r.known.Read.Value.Oldest, r.known.Read.Value.Newest, r.known.From
	major, minor, _ := r.version.Numbers()
	newest, _, _ := read.Numbers()
	name := fmt.Sprintf("%s %s", r.title, r.version)
	switch {
	case major > newest:
		list.Errorf(CodeVersionUnknown, r.path, "%s does not exist: the newest version of %s that is known here is %s, and none begins with %d", name, r.title, read, major).
			Fix("write the version that runs, %s or newer", oldest)
	case from.IsKnown() && r.version.Compare(from.Value.Version) < 0:
		list.Errorf(CodeVersionOld, r.path, "%s is older than %s, the first version with %s, and what is rendered needs that", name, from.Value.Version, from.Value.Brings).
			Fix("run %s or newer; %s is the newest that is known here", from.Value.Version, read)
	case r.version.Compare(oldest) < 0:
		list.Warnf(CodeVersionUnread, r.path, "%s is older than %s, the oldest version of %s that is known here: nobody has seen whether all that is rendered exists there", name, oldest, r.title).
			Fix("run %s or newer", oldest)
	case fact.Unfinished(r.version):
		list.Warnf(CodeVersionUnstable, r.path, "%s is a development version, as its suffix says: what it has may change before the release", name).
			Fix("run a release")
	case r.known.OddUnstable.Value && minor%2 == 1:
		list.Warnf(CodeVersionUnstable, r.path, "%s is a development version, as every one whose second number is odd: what it has may change before the next stable one", name).
			Fix("run the stable one before it, %d.%d", major, minor-1)
	case r.version.MinorSkew(read) > 0 && r.version.Compare(read) > 0:
		list.Warnf(CodeVersionUnread, r.path, "%s is newer than %s, the newest version of %s that is known here: nobody has seen whether all that is rendered exists there", name, read, r.title).
			Fix("run %s, or see what its release notes take away, try it, and suppress this finding", read)
	}
}
