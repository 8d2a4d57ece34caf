package gitops_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/test/gitops"
)

// kpt writes the objects of a build beside the topology; a second time changes nothing.
func TestKpt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "network")
	if err := os.CopyFS(dir, os.DirFS(root+"/overlays/gitops/kpt")); err != nil {
		t.Fatal(err)
	}
	if said, err := gitops.KptRender(t.Context(), dir); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	first := objects(t, written(t, dir)...)
	want := objects(t, split(built(t, root+"/overlays/generator"))...)
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	if said, err := gitops.KptRender(t.Context(), dir); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if diff := cmp.Diff(first, objects(t, written(t, dir)...)); diff != "" {
		t.Errorf("a second render changes objects: %s", diff)
	}
}

// written are the objects in the package but the two that are there for the pipeline.
func written(t *testing.T, dir string) []string {
	t.Helper()
	var files, all []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error { // one directory a namespace
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".yaml" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if base := filepath.Base(file); base == "topology.yaml" || base == "transform.yaml" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, split(string(text))...)
	}
	return all
}

// A topology that cannot work fails the pipeline, and kpt shows the findings.
func TestKptSaysWhy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "network")
	if err := os.CopyFS(dir, os.DirFS(root+"/overlays/gitops/kpt")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "topology.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, strings.Replace(string(text), "podCIDRs: [10.142.0.0/20]", "podCIDRs: [10.0.2.0/23]", 1), 0o644)
	said, err := gitops.KptRender(t.Context(), dir)
	if err == nil || !strings.Contains(said+err.Error(), "cidr-overlap") {
		t.Errorf("%v\n%s", err, said)
	}
}
