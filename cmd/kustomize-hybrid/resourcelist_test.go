package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
)

// listOf is a ResourceList of two objects of somebody else's and of the topology in file, as
// the function's configuration or, with a Transform as that, as an item.
func listOf(t testing.TB, file string, transform bool) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	topology := string(data)
	topology = topology[strings.Index(topology, "apiVersion:"):]
	items := []string{
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n  annotations: {config.kubernetes.io/path: a.yaml}\n# below\n",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec:\n  ingress:\n    - from: [{ipBlock: {cidr: 10.0.0.0/8}}]\n",
	}
	config := topology
	if transform {
		items = append(items, topology)
		config = "apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: Transform\nmetadata: {name: t}\n"
	}
	var b strings.Builder
	b.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n")
	for _, i := range items {
		b.WriteString("- " + strings.TrimPrefix(indented(i), "  "))
	}
	b.WriteString("functionConfig:\n" + indented(config))
	return b.String()
}

func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// Objects of ours are printed without being parsed: what kustomize's reader makes of the
// list, its writer prints with the same bytes. A second run replaces what the first added.
func TestPrintedListIsWhatKustomizeWrites(t *testing.T) {
	examples, err := filepath.Glob("../../examples/*/topology.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal(err, examples)
	}
	for _, file := range examples {
		for _, transform := range []bool{false, true} {
			var out, errs bytes.Buffer
			if code := run([]string{}, strings.NewReader(listOf(t, file, transform)), &out, &errs); code != exitClean {
				t.Fatalf("%s: exit %d: %s", file, code, &errs)
			}
			var again bytes.Buffer
			rw := &kio.ByteReadWriter{Reader: bytes.NewReader(out.Bytes()), Writer: &again, OmitReaderAnnotations: true, KeepReaderAnnotations: true}
			nodes, err := rw.Read()
			if err != nil {
				t.Fatal(err)
			}
			if err := rw.Write(nodes); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), again.Bytes()) {
				t.Errorf("%s, transformed: %v: kustomize writes something else", file, transform)
			}
			if !transform {
				continue
			}
			var second bytes.Buffer
			if code := run([]string{}, bytes.NewReader(out.Bytes()), &second, &errs); code != exitClean {
				t.Fatalf("%s, again: exit %d: %s", file, code, &errs)
			}
			first, rest := items(t, out.Bytes()), items(t, second.Bytes())
			if first != rest {
				t.Errorf("%s: a second run changes the items", file)
			}
		}
	}
}

// items are those of a printed list, without the results.
func items(t *testing.T, list []byte) string {
	t.Helper()
	before, _, found := bytes.Cut(list, []byte("\nfunctionConfig:\n"))
	if !found {
		t.Fatalf("no functionConfig in:\n%s", list)
	}
	return string(before)
}

// A call of the function, as kustomize makes one for each generator, but for the start of the process.
func BenchmarkFunction(b *testing.B) {
	list := listOf(b, "../../examples/regional-gateway/topology.yaml", false)
	b.ReportAllocs()
	for b.Loop() {
		if code := run([]string{}, strings.NewReader(list), io.Discard, io.Discard); code != exitClean {
			b.Fatal(code)
		}
	}
}
