package gitops_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/test/gitops"
)

// sidecar is one that runs as long as the test.
func sidecar(t *testing.T) *gitops.Sidecar {
	t.Helper()
	t.Setenv("ARGOCD_CMP_WORKDIR", "")     // is put back
	dir, err := os.MkdirTemp("", "argocd") // short, as the path of a socket must be
	if err != nil {
		t.Fatal(err)
	}
	s, err := gitops.StartSidecar(root+"/overlays/gitops/argocd-plugin", dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = s.Close(), os.RemoveAll(dir) })
	return s
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func detect(t *testing.T, s *gitops.Sidecar, repository string) bool {
	t.Helper()
	found, err := s.Detects(deadline(t), repository, "network")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The sidecar finds the directories that are its own, and makes the objects that a build makes.
func TestSidecar(t *testing.T) {
	client := sidecar(t)
	for _, overlay := range []string{"transformer", "generator"} {
		dir := repository(t, overlay)
		if !detect(t, client, dir) {
			t.Errorf("%s is not found", overlay)
		}
		got, err := client.Generate(deadline(t), dir, "network")
		if err != nil {
			t.Fatal(err)
		}
		want := objects(t, split(built(t, filepath.Join(dir, "network")))...)
		if diff := cmp.Diff(want, objects(t, got...)); diff != "" {
			t.Errorf("%s: %s", overlay, diff)
		}
	}
	other := t.TempDir()
	writeFile(t, filepath.Join(other, "network", "kustomization.yaml"), "resources: []\n", 0o644)
	if detect(t, client, other) {
		t.Error("a directory without a topology is taken")
	}
}

// Every example is generated as its tree is built, since a topology is all that it needs.
func TestSidecarMakesEveryExample(t *testing.T) {
	client := sidecar(t)
	examples, err := filepath.Glob(root + "/examples/*/topology.yaml")
	if err != nil || len(examples) < 5 {
		t.Fatal(examples, err)
	}
	for _, example := range examples {
		dir := repository(t, "transformer")
		text, err := os.ReadFile(example)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, "network/topology.yaml"), string(text), 0o644)
		writeFile(t, filepath.Join(dir, "network/kustomization.yaml"), "sortOptions: {order: fifo}\nresources: [topology.yaml]\ntransformers: [transform.yaml]\n", 0o644)
		got, err := client.Generate(deadline(t), dir, "network")
		if err != nil {
			t.Fatalf("%s: %v", example, err)
		}
		tree := filepath.Join(t.TempDir(), "tree")
		run(t, "kustomize-hybrid", "render", example, "-o", tree)
		if diff := cmp.Diff(objects(t, split(built(t, tree))...), objects(t, got...)); diff != "" {
			t.Errorf("%s: %s", example, diff)
		}
	}
}

// A topology that cannot work fails, and its findings are in the message that Argo CD shows.
func TestSidecarSaysWhy(t *testing.T) {
	dir := repository(t, "transformer")
	file := filepath.Join(dir, "network/topology.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, strings.Replace(string(text), "podCIDRs: [10.142.0.0/20]", "podCIDRs: [10.0.2.0/23]", 1), 0o644)
	got, err := sidecar(t).Generate(deadline(t), dir, "network")
	if err == nil || len(got) > 0 || !strings.Contains(err.Error(), "[cidr-overlap]") {
		t.Errorf("%d objects, %v", len(got), err)
	}
}

// A program that the repository brings does not run.
func TestSidecarRunsNoProgramOfTheRepository(t *testing.T) {
	dir := repository(t, "transformer")
	proof := filepath.Join(t.TempDir(), "ran")
	writeFile(t, filepath.Join(dir, "network/evil.sh"), "#!/bin/sh\ntouch "+proof+"\ncat\n", 0o755)
	transform := filepath.Join(dir, "network/transform.yaml")
	text, err := os.ReadFile(transform)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, transform, strings.Replace(string(text), "path: kustomize-hybrid", "path: ./evil.sh", 1), 0o644)
	if _, err := sidecar(t).Generate(deadline(t), dir, "network"); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(proof); err == nil {
		t.Error("the repository's program has run")
	}
}
