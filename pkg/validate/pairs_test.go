package validate_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// today is the day on which the pairs are judged: some suppressions have expired.
const today = "2026-11-24"

// TestPairs validates each x.yaml, a topology and perhaps objects, and compares what
// is said with x.out; most say how they differ from base.yaml, of which nothing is said. A file that bears the name of a code must fire it.
func TestPairs(t *testing.T) {
	files := goldentest.Inputs(t, "testdata", ".yaml")
	if len(files) < 40 {
		t.Fatalf("%d pairs", len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			list := judge(t, file)
			var out strings.Builder
			if err := diag.WriteText(&out, list); err != nil {
				t.Fatal(err)
			}
			goldentest.Compare(t, strings.TrimSuffix(file, ".yaml")+".out", out.String())
			is := func(d *diag.Diagnostic) bool { return string(d.Code) == name }
			if slices.Contains(append(validate.Codes(), existing.Codes()...), diag.Code(name)) && !slices.ContainsFunc(list, is) {
				t.Errorf("%s is not fired", name)
			}
		})
	}
}

func judge(t *testing.T, file string) diag.List {
	t.Helper()
	return judgeText(t, goldentest.Input(t, file))
}

func judgeText(t *testing.T, data []byte) diag.List {
	t.Helper()
	in, err := load.Bytes("topology.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := in.One()
	if err == nil {
		err = doc.Findings.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	var objects []existing.Object
	for _, o := range in.Objects {
		found, err := existing.Read(o.File, o.Node)
		if err != nil {
			t.Fatal(err)
		}
		if own, ok := load.ReadOwn(o); ok {
			if err := own.Findings.Err(); err != nil {
				t.Fatal(err)
			}
			found[0].Pack, _ = own.Document.(*schema.RangePack)
		}
		objects = append(objects, found...)
	}
	found, packs := existing.Compare(doc.Topology, objects)
	list := validate.Run(validate.Input{Topology: doc.Topology, Found: found, Packs: packs, Day: today, OperatorShown: existing.OperatorProxies(objects)})
	list = slices.DeleteFunc(list, func(d *diag.Diagnostic) bool { return d.Severity == diag.Info })
	doc.Locate(list)
	list.Sort()
	return list
}
