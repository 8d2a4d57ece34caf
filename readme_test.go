package hybrid_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// The first screen of the README tells the truth.
func TestReadme(t *testing.T) {
	topology := fence(t, "yaml")
	if got := said(t, topology); got != "" {
		t.Errorf("the topology of the README is refused:\n%s", got)
	}
	broken := strings.Replace(topology, "10.142.0.0/20", "10.0.2.0/23", 1)
	if diff := cmp.Diff(fence(t, "text"), said(t, broken)); diff != "" {
		t.Error(diff)
	}
}

// The README's picture is what graph draws of the example beside it.
func TestReadmePicture(t *testing.T) {
	in, err := hybrid.Load("examples/regional-gateway/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	picture, findings, err := hybrid.Graph(in, "svg", hybrid.Options{})
	if err != nil || findings.Err() != nil {
		t.Fatal(err, findings)
	}
	const svg = "docs/images/regional-gateway.svg"
	goldentest.Compare(t, svg, string(picture))
	if !strings.Contains(file(t, "README.md"), "]("+svg+")") {
		t.Errorf("README.md does not show %s", svg)
	}
}

// The README's Go code is the Example, which is executed.
func TestReadmeShowsTheExample(t *testing.T) {
	source := file(t, "example_test.go")
	_, body, _ := strings.Cut(source, "func Example() {\n")
	body, _, _ = strings.Cut(body, "\t// Output:")
	var lines strings.Builder
	for line := range strings.Lines(body) {
		lines.WriteString(strings.TrimPrefix(line, "\t"))
	}
	if diff := cmp.Diff(lines.String(), fence(t, "go")); diff != "" {
		t.Error(diff)
	}
}

// said is what the command prints about a topology.
func said(t *testing.T, text string) string {
	t.Helper()
	in, err := hybrid.Read("topology.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := diag.WriteText(&out, hybrid.Validate(in, hybrid.Options{})); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// fence is the first block of a language in the README.
func fence(t *testing.T, language string) string {
	t.Helper()
	fences := strings.Split(file(t, "README.md"), "```")
	i := slices.IndexFunc(fences, func(f string) bool { return strings.HasPrefix(f, language+"\n") })
	if i < 0 {
		t.Fatalf("README.md has no %s fence", language)
	}
	return strings.TrimPrefix(fences[i], language+"\n")
}

func file(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
