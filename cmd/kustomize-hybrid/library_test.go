package main

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
)

// Whoever imports the library finds what the command finds, and renders the same bytes:
// every example, every example of docs/checks.md, and what is not a topology at all.
func TestLibraryEqualsCommand(t *testing.T) {
	for name, text := range topologies(t) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "topology.yaml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			in, err := hybrid.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			found := hybrid.Validate(in, hybrid.Options{})
			if diff := cmp.Diff(commanded(t, "validate", path), textOf(t, found)); diff != "" {
				t.Error(diff)
			}
			rendered, found, err := hybrid.Render(in, hybrid.Options{})
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "out")
			if diff := cmp.Diff(commanded(t, "render", path, "-o", out), textOf(t, found)); diff != "" {
				t.Error(diff)
			}
			files := map[string]string{}
			if rendered != nil {
				for f, err := range rendered {
					if err != nil {
						t.Fatal(err)
					}
					files[f.Path] = modeOf(f.Executable) + string(f.Data)
				}
			}
			if diff := cmp.Diff(onDisk(t, out), files); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func topologies(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"nothing": "", "not YAML": "kind: [", "a list": "- a\n"}
	paths, err := filepath.Glob("../../examples/*/topology.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(path))] = string(data)
	}
	for _, e := range docs.Examples() {
		all[e.Code] = e.Input
	}
	return all
}

func modeOf(executable bool) string { return map[bool]string{true: "+x\n"}[executable] }

// commanded is what the command says to standard error.
func commanded(t *testing.T, args ...string) string {
	t.Helper()
	var errs bytes.Buffer
	if code := run(args, strings.NewReader(""), io.Discard, &errs); code > exitFindings {
		t.Errorf("exit %d: %s", code, errs.String())
	}
	return errs.String()
}

func textOf(t *testing.T, list diag.List) string {
	t.Helper()
	var b bytes.Buffer
	if err := diag.WriteText(&b, list); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// onDisk is what the command wrote, but for the record of its own.
func onDisk(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		info, _ := d.Info()
		if name, _ := filepath.Rel(dir, path); name != emit.Manifest {
			files[filepath.ToSlash(name)] = modeOf(info.Mode()&0o111 != 0) + string(data)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}
