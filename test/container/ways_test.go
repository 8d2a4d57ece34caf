//go:build container

package container

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid"
)

// way makes the objects of a topology, as documents of YAML or JSON: what its own tool prints, or
// writes into files.
type way struct {
	name, by string
	stream   bool // it prints one stream of YAML
	make     func(t *testing.T, topology string) []string
}

func ways() []way {
	return []way{
		{"exec function", "kustomize v5.8.2", true, func(t *testing.T, topology string) []string {
			return split(kustomize(t, "--enable-alpha-plugins", "--enable-exec", overlay(t, topology, "transformer")))
		}},
		{"container function", "kustomize v5.8.2, Docker engine, --network none", true, func(t *testing.T, topology string) []string {
			return split(kustomize(t, "--enable-alpha-plugins", overlay(t, topology, "container")))
		}},
		{"build", "kustomize-hybrid build", true, func(t *testing.T, topology string) []string {
			return split(run(t, "kustomize-hybrid", "build", overlay(t, topology, "transformer")))
		}},
		{"render and kustomize", "kustomize-hybrid render -o, kustomize v5.8.2 without functions", true, func(t *testing.T, topology string) []string {
			tree := filepath.Join(t.TempDir(), "tree")
			run(t, "kustomize-hybrid", "render", topology, "-o", tree)
			return split(kustomize(t, tree))
		}},
		{"kpt", "kpt's own fn render", false, func(t *testing.T, topology string) []string {
			dir := filepath.Join(t.TempDir(), "network")
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "overlays/gitops/kpt"))); err != nil {
				t.Fatal(err)
			}
			overwrite(t, filepath.Join(dir, "topology.yaml"), topology)
			run(t, tools(t), "kpt", dir)
			return written(t, dir)
		}},
		{"Argo CD plugin", "Argo CD's own plugin server, which detects it", false, func(t *testing.T, topology string) []string {
			app := overlay(t, topology, "transformer")
			return split(run(t, tools(t), "argocd", filepath.Join(root, "overlays/gitops/argocd-plugin"), filepath.Dir(app), filepath.Base(app)))
		}},
		{"library", "hybrid.Objects", false, func(t *testing.T, topology string) []string {
			in, err := hybrid.Load(topology)
			if err != nil {
				t.Fatal(err)
			}
			objects, found, err := hybrid.Objects(in, hybrid.Options{})
			if err != nil || objects == nil {
				t.Fatal(found, err)
			}
			var all []string
			for o, err := range objects {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, string(o.YAML))
			}
			return all
		}},
	}
}

// Every way is the same objects, to the last field: the table has a hash for each, and there is one.
// What is hashed is each object as JSON, whose fields have one order, and the objects in the order of
// that text: files of kpt's have no order between them. Nothing else is changed, and nothing is left
// out but the three files that a package of kpt's consists of. The ways that print a stream of YAML
// print the same bytes.
func TestOneHash(t *testing.T) {
	engine(t)
	build(t)
	t.Setenv("PATH", absolute(t, filepath.Join(root, "bin/image"))+string(os.PathListSeparator)+os.Getenv("PATH"))
	examples, err := filepath.Glob(filepath.Join(root, "examples/*/topology.yaml"))
	if err != nil || len(examples) < 5 {
		t.Fatal(examples, err)
	}
	for _, example := range examples {
		t.Run(filepath.Base(filepath.Dir(example)), func(t *testing.T) { oneHash(t, absolute(t, example)) })
	}
}

func oneHash(t *testing.T, topology string) {
	var table strings.Builder
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "way\tby\tobjects\tsha256")
	var first, stream []string
	for _, w := range ways() {
		made := w.make(t, topology)
		objects := canonical(t, made)
		fmt.Fprintf(rows, "%s\t%s\t%d\t%x\n", w.name, w.by, len(objects), sha256.Sum256([]byte(strings.Join(objects, "\n"))))
		if first == nil {
			first, stream = objects, made
		}
		if diff := cmp.Diff(first, objects); diff != "" {
			t.Errorf("%s makes other objects: %s", w.name, diff)
		}
		if diff := cmp.Diff(stream, made); w.stream && diff != "" {
			t.Errorf("%s prints other bytes: %s", w.name, diff)
		}
	}
	if err := rows.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &table)
	if len(first) < 2 { // where gateways are hosts, a cluster needs no more
		t.Errorf("%d objects", len(first))
	}
}

// canonical are the objects of documents as JSON, in the order of their text.
func canonical(t *testing.T, documents []string) []string {
	t.Helper()
	var all []string
	for _, d := range documents {
		object, err := yaml.YAMLToJSON([]byte(d))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(object))
	}
	slices.Sort(all)
	return all
}

func split(stream string) []string { return strings.Split(stream, "\n---\n") }

// overlay is a kustomization of the topology and of what declares the function in one of ours.
func overlay(t *testing.T, topology, of string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "network")
	overwrite(t, filepath.Join(dir, "topology.yaml"), topology)
	overwrite(t, filepath.Join(dir, "transform.yaml"), filepath.Join(root, "overlays", of, "transform.yaml"))
	const text = "sortOptions: {order: fifo}\nresources: [topology.yaml]\ntransformers: [transform.yaml]\n"
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// overwrite writes what is in another file.
func overwrite(t *testing.T, file, from string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// tools is the program that has kpt's and Argo CD's own code, from the module test/gitops.
func tools(t *testing.T) string {
	t.Helper()
	program := os.Getenv("WAYS")
	if program == "" {
		t.Fatal("WAYS, the program of test/gitops/ways, is not set: run `make one-hash`")
	}
	return program
}

// written are the documents that kpt has written into a package, beside what was there for it.
func written(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // one directory a namespace
		if err != nil || d.IsDir() || slices.Contains([]string{"Kptfile", "topology.yaml", "transform.yaml"}, d.Name()) {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, split(string(text))...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
