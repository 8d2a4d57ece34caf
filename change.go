package hybrid

import (
	"errors"
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/change"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Decide says what is decided about the one topology, and why. It is nil where a finding is an
// error.
func Decide(in Input, o Options) (*change.Decided, diag.List, error) {
	p, list, err := newPlan(in, o)
	if p == nil {
		return nil, list, err
	}
	return change.Decide(p), list, nil
}

// Compare says what a change from the one topology of old to that of new does, and by which
// phases it goes. The findings are those of new, and those of old's form: it is nil where one
// is an error.
func Compare(old, new Input, o Options) (*change.Comparison, diag.List, error) {
	doc, err := old.one()
	if err != nil {
		return nil, nil, fmt.Errorf("the old topology: %w", err)
	}
	if doc.Topology == nil || doc.Findings.Count(diag.Error) > 0 {
		return nil, doc.Findings, nil
	}
	p, list, err := newPlan(new, o)
	if p == nil {
		return nil, list, err
	}
	c, err := change.New(doc.Topology, p.Given, func(t *schema.Topology) string { return refusal(t, o) })
	return c, list, err
}

// CompareCluster is Compare with what a dump of a cluster shows to be there for the old
// topology; what it cannot show is taken from new, and told as unknown.
func CompareCluster(dump, new Input, o Options) (*change.Comparison, diag.List, error) {
	p, list, err := newPlan(new, o)
	if p == nil {
		return nil, list, err
	}
	there, unknown, err := existing.Observe(p.Given, dump.Objects)
	if err != nil {
		return nil, list, err
	}
	c, err := change.New(there, p.Given, func(t *schema.Topology) string { return refusal(t, o) })
	if c != nil {
		c.Unknown = unknown
	}
	return c, list, err
}

// Brief is what rendering new over a tree of old changes, one line for each kind, and what the
// next tree could not take back any more. The trees are the files of each.
func Brief(old, new Input, was, is change.Tree) (lines []string, orphans []change.Orphan, err error) {
	before, err := old.one()
	if err != nil {
		return nil, nil, err
	}
	after, err := new.one()
	if err != nil || before.Topology == nil || before.Findings.Count(diag.Error) > 0 {
		return nil, nil, errors.Join(err, before.Findings.Err())
	}
	return change.Lines(change.Brief(before.Topology, after.Topology, was, is)), change.Orphans(before.Topology, after.Topology), nil
}

// refusal is the first error in a topology that nobody wrote; empty where there is none.
func refusal(t *schema.Topology, o Options) string {
	found, _ := check(&load.Document{Topology: t}, Input{}, o)
	for _, d := range o.judge(found) {
		if d.Severity == diag.Error {
			return fmt.Sprintf("%s [%s]", d.Message, d.Code)
		}
	}
	return ""
}

// PhaseFiles are the topologies of a comparison's phases in their normal form: the old one as
// phase-0, each phase, and those by which an undo goes.
func PhaseFiles(c *change.Comparison) ([]tree.File, error) {
	var files []tree.File
	add := func(path, comment string, t *schema.Topology) error {
		data, err := tree.Documents(comment, t.Normal())
		files = append(files, tree.File{Path: path, Data: data})
		return err
	}
	if err := add(change.File(0), "# Phase 0: what there was.\n", c.Before); err != nil {
		return nil, err
	}
	for i := range c.Phases {
		p := &c.Phases[i]
		if err := add(change.File(p.Number), p.Comment(len(c.Phases)), p.Topology); err != nil {
			return nil, err
		}
		if p.Back != nil {
			comment := fmt.Sprintf("# What takes phase %d back, before phase %d is rendered again: the part \"Regions that leave\" of its STEPS.md.\n", p.Number, p.Number-1)
			if err := add(change.BackFile(p.Number), comment, p.Back); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}
