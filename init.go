package hybrid

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/draft"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/contract"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// InitOptions are what Init makes a topology of.
type InitOptions struct {
	// Answers are what somebody says; what they leave out is proposed.
	Answers draft.Answers
	// From is what somebody has: LoadForInit reads it.
	From []existing.Object
	// Accept are codes of warnings that are written down as accepted.
	Accept []string
	// Name is what positions call the topology; empty is draft.TopologyPath.
	Name string
	// Revision is the program's tag or branch, for hooks and CI; empty is "main".
	Revision string
}

// LoadForInit reads files for InitOptions.From: objects of a cluster, and what has no kind, such
// as a distribution's configuration. "-" is stdin.
func LoadForInit(stdin io.Reader, paths ...string) ([]existing.Object, error) {
	var all []existing.Object
	var failures []error
	for _, path := range paths {
		read, err := load.Documents(stdin, path)
		failures = append(failures, err)
		if err == nil && len(read) == 0 {
			failures = append(failures, fmt.Errorf("%s holds no document", path))
		}
		for _, o := range read {
			objects, err := existing.Read(o.File, o.Node)
			failures = append(failures, err)
			all = append(all, objects...)
		}
	}
	return all, errors.Join(failures...)
}

// Init makes the files that somebody starts with: a topology, commented and valid, and what
// stands beside it. Of answers alone, files is nil where what they say together is refused, for a
// warning as for an error, and the findings say why. Of what was read files are made in any case:
// what is wrong with the topology stands in it, too, as comments above the fields. Only where a key of a tailnet would get into them
// there are none.
func Init(o InitOptions) (files []tree.File, list diag.List, err error) {
	if o.Name == "" {
		o.Name = draft.TopologyPath
	}
	if o.Revision == "" {
		o.Revision = "main"
	}
	d, err := draft.New(o.Answers, o.From...)
	if err != nil {
		return nil, nil, err
	}
	text, doc, found, err := drawn(d, nil, o)
	if err == nil && accept(d, found, o.Accept) {
		text, doc, found, err = drawn(d, nil, o)
	}
	if err != nil {
		return nil, nil, err
	}
	hasKey := slices.ContainsFunc(found, func(f *diag.Diagnostic) bool { return f.Code == load.KeyInText })
	switch {
	case len(o.From) == 0 && len(found) > 0:
		return nil, placeless(found), nil
	case hasKey: // what was read has one where a name should be, and a file would repeat it
		found = append(placeless(found), d.Findings...)
		found.Sort()
		return nil, found, nil
	case len(o.From) > 0:
		if text, doc, found, err = annotated(d, found, o); err != nil {
			return nil, nil, err
		}
	}
	doc.Locate(d.Findings)
	found = append(found, d.Findings...)
	found.Sort()
	files, err = draft.Files(o.Revision)
	return append([]tree.File{{Path: draft.TopologyPath, Data: text}}, files...), found, err
}

// placeless are findings about a text that nobody will see.
func placeless(list diag.List) diag.List {
	for _, f := range list {
		f.Pos = diag.Position{}
		for i := range f.Related {
			f.Related[i].Pos = diag.Position{}
		}
	}
	return list
}

// accept writes warnings down as accepted, each code once, and reports whether there were any. What
// is an error somewhere cannot be accepted.
func accept(d *draft.Draft, found diag.List, codes []string) (any bool) {
	for _, code := range slices.Compact(slices.Sorted(slices.Values(codes))) {
		of := slices.DeleteFunc(slices.Clone(found), func(f *diag.Diagnostic) bool { return string(f.Code) != code })
		if len(of) > 0 && of.Count(diag.Error) == 0 {
			d.Topology.Spec.Suppressions = append(d.Topology.Spec.Suppressions, schema.Suppression{Code: code, Reason: "accepted when this was made; `kustomize-hybrid explain " + code + "` says what there is to do"})
			any = true
		}
	}
	return any
}

// annotated is the topology's text with what was found of it, and where that stands then.
func annotated(d *draft.Draft, found diag.List, o InitOptions) ([]byte, *load.Document, diag.List, error) {
	return drawn(d, slices.DeleteFunc(slices.Clone(found), func(f *diag.Diagnostic) bool { return f.Pos.File != o.Name }), o)
}

// drawn is the topology's text, with findings above their fields, and what is found of it.
func drawn(d *draft.Draft, above diag.List, o InitOptions) ([]byte, *load.Document, diag.List, error) {
	text, err := d.Text(above)
	if err != nil {
		return nil, nil, nil, err
	}
	doc, found, err := judged(text, o)
	return text, doc, found, err
}

// judged are the findings about a topology's text, errors and warnings, and about how it stands
// with what was read.
func judged(text []byte, o InitOptions) (*load.Document, diag.List, error) {
	in, err := Read(o.Name, text)
	if err != nil {
		return nil, nil, err
	}
	doc, err := in.one()
	if err != nil {
		return nil, nil, err
	}
	in.Objects = o.From
	// Which labels nodes lack follows from the topology, and STEPS.md says it.
	isLabel := func(f *diag.Diagnostic) bool {
		return f.Code == existing.CodeObjectDiffers && strings.Contains(f.Path, ":metadata.labels")
	}
	return doc, slices.DeleteFunc(Validate(in, Options{}), isLabel), nil
}

// Choices are words that Answers may have, in the alphabet; a provider may be any other name.
type Choices struct {
	Providers, Plugins, Distributions []string
	// Provider, Plugin and Distribution are what is meant where nobody says.
	Provider, Plugin, Distribution string
}

// Refused says why a text cannot stand in a field of a topology, in the words of the contract; nil where
// it can. The path is as in spec, regions, 0, name.
func Refused(text string, path ...string) error {
	r, _ := contract.Of(schema.KindTopology).At(path)
	if r == nil || r.AllowsText(text) {
		return nil
	}
	return fmt.Errorf("%q %s", text, r.Says)
}

// InitChoices lists what is known.
func InitChoices() Choices {
	c := Choices{Provider: facts.FirstProvider().Name, Plugin: string(facts.FirstPlugin().Type), Distribution: string(facts.Distribution("").Name)}
	for _, p := range facts.Providers() {
		c.Providers = append(c.Providers, p.Name)
	}
	for _, p := range facts.Plugins() {
		c.Plugins = append(c.Plugins, string(p.Type))
	}
	for _, d := range facts.Distributions() {
		c.Distributions = append(c.Distributions, string(d.Name))
	}
	return c
}
