package load_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Whatever the bytes: no panic; a topology or objects, since they are few; a fault
// wherever a document has no topology; every position inside the file; the same answer
// twice.
//
// The seeds are long, and what Go spends on making each find shorter is better spent
// on finding: go test -fuzz FuzzBytes -fuzzminimizetime 20x.
func FuzzBytes(f *testing.F) {
	topology := readExample(f)
	for _, seed := range []string{
		topology,
		edit(f, topology, "tag: tag:k8s", "tag: k8s", "10.61.0.0/16", "10.61.0.7/16", "mode: staticPod", "mode: staticpod"),
		"{\"kind\":\t\"Topology\", \"spec\": null}",
		"a: &a [*a, {<<: *a}]\n---\nb",
		"\ufeffspec:\r\n  regions: [{gateways: {}}, 5, null]\r\n",
		"spec: {regions: [{gateways: {mode: x, nodes: [{internalIP: \"::ffff:1.2.3.4\"}]}, nodeCIDRs: [1.2.3.4, 010.0.0.0/08, fe80::%1/10]}]}",
	} {
		f.Add("t.yaml", []byte(seed))
	}
	f.Add("t.cue", []byte("package a\nspec: regions: [{name: string, maxNodes: 1.5}]\nb: 1 & 2"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if strings.HasSuffix(strings.ToLower(name), ".cue") {
			if len(data) > 200 {
				t.Skip("a program in CUE takes as long as it takes")
			}
			name = "t.cue"
		} else {
			name = "t.yaml"
		}
		in, err := load.Bytes(name, data)
		if err != nil {
			return // an object that is not YAML
		}
		if len(in.Documents) > 1 {
			t.Errorf("%d topologies", len(in.Documents))
		}
		for i, doc := range in.Documents {
			if doc.Topology == nil && len(doc.Findings) == 0 {
				t.Error("neither a topology nor a finding")
			}
			for _, d := range doc.Findings {
				checkFinding(t, name, data, d)
			}
			again, _ := load.Bytes(name, data)
			if text(again.Documents[i].Findings) != text(doc.Findings) {
				t.Errorf("not the same twice:\n%s\n%s", text(doc.Findings), text(again.Documents[i].Findings))
			}
		}
	})
}

func checkFinding(t *testing.T, name string, data []byte, d *diag.Diagnostic) {
	t.Helper()
	last := 1 // YAML has five kinds of line breaks
	for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		last += strings.Count(string(data), end)
	}
	if d.Pos.File != name || d.Pos.Line < 0 || d.Pos.Line > last {
		t.Errorf("%v: the position is not in the file, which has %d lines", d, last)
	}
	if d.Message == "" || strings.ContainsAny(d.Message, "\n\r") || strings.HasSuffix(d.Message, ".") && d.Code != load.NotCUE && d.Code != load.NotYAML {
		t.Errorf("%v: no sentence", d)
	}
	if d.Remedy == "" || d.Severity != diag.Error {
		t.Errorf("%v: no remedy, or no error", d)
	}
	for _, jargon := range []string{"conflicting values", "incomplete value", "disjunction", "topology.cue"} {
		if d.Code != load.NotCUE && strings.Contains(d.Message, jargon) && !strings.Contains(string(data), jargon) {
			t.Errorf("%v: jargon", d)
		}
	}
	if d.Message == "the document is not what the contract allows" {
		t.Errorf("%v: says nothing", d)
	}
}
