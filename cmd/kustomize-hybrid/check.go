package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// load reads the topology that path names; "-" is standard input. Findings do not
// make it fail: they are in the document.
func (c cli) load(path string) (*load.Document, error) {
	doc, err := c.read(path)
	if doc != nil && doc.Findings.Err() != nil {
		return doc, nil
	}
	return doc, err
}

func (c cli) read(path string) (*load.Document, error) {
	if path != "-" {
		return load.Files(path)
	}
	data, err := io.ReadAll(io.LimitReader(c.in, load.SizeLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return load.Bytes("<stdin>", data)
}

// check lists everything that is wrong with a document: its shape, and how what it
// says stands together.
func check(doc *load.Document) diag.List { return checkWith(doc, nil, "") }

// checkWith is check with objects to compare with, and the day on which suppressions are
// judged; see validate.Input.
func checkWith(doc *load.Document, objects []existing.Object, day string) diag.List {
	list := slices.Clone(doc.Findings)
	if doc.Topology != nil {
		found, packs := existing.Compare(doc.Topology, objects)
		found = validate.Run(validate.Input{Topology: doc.Topology, Found: found, Packs: packs, Day: day})
		found = append(found, acl.CheckTopology(doc.Topology)...)
		doc.Locate(found)
		list = append(list, found...)
	}
	list.Sort()
	return list
}

// notes lists the known issues that the topologies have and that need nothing done.
func notes(documents []*load.Document) diag.List {
	var all diag.List
	for _, doc := range documents {
		if doc.Topology == nil {
			continue
		}
		list := issues.Notes(plan.New(doc.Topology))
		doc.Locate(list)
		all = append(all, list...)
	}
	return all
}

// report prints findings as text to standard error, in colour on a terminal, and
// returns errFindings where one of them is an error.
func (c cli) report(list diag.List) error {
	var text bytes.Buffer
	if err := diag.WriteText(&text, list); err != nil {
		return err
	}
	out := text.String()
	if isTerminal(c.err) && os.Getenv("NO_COLOR") == "" {
		out = paint.Replace(out)
	}
	if _, err := io.WriteString(c.err, out); err != nil {
		return fmt.Errorf("write findings: %w", err)
	}
	if list.Count(diag.Error) > 0 {
		return errFindings
	}
	return nil
}

// paint colours the severity of a finding: red, yellow.
var paint = strings.NewReplacer(
	": error: ", ": \x1b[31merror\x1b[0m: ",
	": warning: ", ": \x1b[33mwarning\x1b[0m: ",
)

// visible is the list without what is only said on request.
func visible(list diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(list), func(d *diag.Diagnostic) bool { return d.Severity == diag.Info })
}
