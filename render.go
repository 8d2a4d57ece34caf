package hybrid

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/suppress"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// readmitDir holds the kustomize Component that readmits the gateways in the user's own
// policies, for builds that run no functions.
const readmitDir = "cluster/readmit/"

// changesPath is where programs read what the patches change, and by which rule; report.md
// has the same for people.
const changesPath = readmitDir + "changes.json"

// Render renders the whole output tree of the one topology, report included, one file
// after the other; emit.Write writes them, and tree.Collect lists them. It is nil where a
// finding is an error. It knows no tree that was rendered before: what a region leaves behind that is
// in that one and no longer in the topology, Compare of both topologies says.
func Render(in Input, o Options) (iter.Seq2[tree.File, error], diag.List, error) {
	p, list, err := newPlan(in, o)
	if p == nil {
		return nil, list, err
	}
	patches, changes, found := readmit.Patches(p, o.Policies.nodes)
	o.Policies.locate(found)
	found.Sort()
	found = append(unread(o.Policies), suppress.Left(p.Given.Spec.Suppressions, found, o.Today)...)
	if list = append(list, o.judge(found)...); refused(list) {
		return nil, list, nil
	}
	more, err := patchFiles(patches, changes)
	return tree.Concat(render.Files(p, changes), tree.Of(more...)), list, err
}

// CountPolicies is how many network policies the input has, in Lists, too: those that Render would look
// at as Options.Policies.
func CountPolicies(in Input) int { return readmit.Count(in.nodes) }

// Regions are the names of the regions in all topologies of the input, of those that are
// leaving, too.
func Regions(in Input) []string {
	var names []string
	for r := range in.regions() {
		names = append(names, r.Name)
	}
	return names
}

// Gateways are the names of their gateways.
func Gateways(in Input) []string {
	var names []string
	for r := range in.regions() {
		for _, n := range r.Gateways.Nodes {
			names = append(names, n.Name)
		}
	}
	return names
}

func (in Input) regions() iter.Seq[*schema.Region] {
	return func(yield func(*schema.Region) bool) {
		for _, doc := range in.Documents {
			if doc.Topology == nil {
				continue
			}
			spec := &doc.Topology.Spec
			for _, list := range [][]schema.Region{spec.Regions, spec.Leaving} {
				for i := range list {
					if !yield(&list[i]) {
						return
					}
				}
			}
		}
	}
}

// Objects renders what goes to the API server, in the order in which it can be applied:
// what the KRM function adds. It is nil where a finding is an error.
func Objects(in Input, o Options) (iter.Seq2[tree.Object, error], diag.List, error) {
	p, list, err := newPlan(in, o)
	if p == nil {
		return nil, list, err
	}
	return render.Objects(p), list, nil
}

// newPlan is the plan of the one topology; nil where a finding is an error.
func newPlan(in Input, o Options) (*plan.Plan, diag.List, error) {
	doc, err := in.one()
	if err != nil {
		return nil, nil, err
	}
	found, p := check(doc, in, o)
	list := o.judge(found)
	if refused(list) {
		return nil, list, nil
	}
	return p, list, nil
}

// unread is what is wrong with the form of files that should hold objects.
func unread(in Input) diag.List {
	var list diag.List
	for _, doc := range in.Documents {
		list = append(list, slices.DeleteFunc(slices.Clone(doc.Findings), func(d *diag.Diagnostic) bool { return d.Code == load.EmptyInput })...)
	}
	return list
}

// patchFiles are the component that has the patches, and what changes.
func patchFiles(patches []readmit.Patch, changes []readmit.Change) ([]tree.File, error) {
	if len(changes) == 0 {
		return nil, nil
	}
	data, failed := json.MarshalIndent(changes, "", "  ")
	files := []tree.File{{Path: changesPath, Data: append(data, '\n')}}
	if len(patches) == 0 {
		return files, failed
	}
	component, err := readmit.Component(patches)
	for _, f := range component {
		files = append(files, tree.File{Path: readmitDir + f.Path, Data: f.Data})
	}
	return files, errors.Join(failed, err)
}

// locate adds to findings about policies where they were written.
func (in Input) locate(list diag.List) {
	for _, d := range list {
		for _, o := range in.Objects {
			root := readmit.Object{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}.Path()
			if path, ok := strings.CutPrefix(d.Path, root); ok && !d.Pos.IsValid() {
				d.Pos = o.Locate(strings.TrimPrefix(path, "."))
			}
			for i := range d.Related {
				if path, ok := strings.CutPrefix(d.Related[i].Path, root); ok && !d.Related[i].Pos.IsValid() {
					d.Related[i].Pos = o.Locate(strings.TrimPrefix(path, "."))
				}
			}
		}
	}
}

// Explain says what a kind of finding or a known issue means, why it matters and what to
// do, in Markdown; false where there is no such code.
func Explain(code string) (string, bool) { return docs.Explain(code) }

// Summary is a line about a code.
func Summary(code string) string { return docs.Summary(code) }

// Plain is what Explain returns as text for a terminal.
func Plain(markdown string) string { return docs.Plain(markdown) }

// Codes lists what Explain explains: kinds of findings, then known issues.
func Codes() []string { return append(docs.Codes(), docs.KnownIssues()...) }

// SchemaFormats are the forms in which Schema has the contract.
func SchemaFormats() []string { return []string{"cue", "jsonschema"} }

// Schema is the contract, what a Topology may say: as CUE, which decides, or as JSON
// Schema for editors.
func Schema(format string) ([]byte, error) {
	switch format {
	case "cue":
		return schema.CUE(), nil
	case "jsonschema":
		return schema.JSONSchema(), nil
	}
	return nil, fmt.Errorf("there is no schema in the form %q", format)
}
