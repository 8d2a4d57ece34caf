//go:build page

package page

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
)

// out is where everything that was looked at stays, screenshots too.
const out = "../../bin/page"

// TestPages makes the page and the pictures of 2, 12 and 40 regions, twice, and hands them to
// check.mjs, which prints what it measured and fails where something is wrong.
func TestPages(t *testing.T) {
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{2, 12, 40} {
		for format, make := range formats() {
			text := make(t, n)
			if again := make(t, n); !bytes.Equal(text, again) {
				t.Errorf("%d regions, %s: other bytes on the second run", n, format)
			}
			file := filepath.Join(out, fmt.Sprintf("%d.%s", n, format))
			if err := os.WriteFile(file, text, 0o666); err != nil {
				t.Fatal(err)
			}
			if format == "dot" {
				drawn(t, file)
			}
		}
	}
	check := exec.Command("node", "check.mjs", out)
	check.Stdout, check.Stderr = os.Stdout, os.Stderr
	if err := check.Run(); err != nil {
		t.Error(err)
	}
}

// formats make what is looked at, of so many regions.
func formats() map[string]func(t *testing.T, n int) []byte {
	all := map[string]func(t *testing.T, n int) []byte{
		"html": func(t *testing.T, n int) []byte {
			text, list, err := hybrid.Page(fleet(t, n), hybrid.Options{})
			if err != nil || text == nil {
				t.Fatal(list, err)
			}
			return text
		},
	}
	for _, format := range hybrid.GraphFormats() {
		all[format] = func(t *testing.T, n int) []byte {
			text, list, err := hybrid.Graph(fleet(t, n), format, hybrid.Options{})
			if err != nil || text == nil {
				t.Fatal(list, err)
			}
			return text
		}
	}
	return all
}

func fleet(t *testing.T, n int) hybrid.Input {
	t.Helper()
	text, err := yaml.Marshal(sample.Fleet(n))
	if err != nil {
		t.Fatal(err)
	}
	in, err := hybrid.Read("topology.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// drawn has Graphviz draw a file, without a word.
func drawn(t *testing.T, file string) {
	t.Helper()
	output, err := exec.Command("dot", "-Tsvg", "-o", file+".svg", file).CombinedOutput()
	if err != nil || len(output) > 0 {
		t.Errorf("dot %s: %v\n%s", file, err, output)
	}
}
