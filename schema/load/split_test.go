package load

import "testing"

func TestSplit(t *testing.T) {
	for _, c := range []struct{ in, topology, objects string }{
		{"kind: Topology\n", "kind: Topology\n", ""},
		{"# c\n---\nkind: Topology\n", "# c\n---\nkind: Topology\n", ""},
		{"# c\n---\nkind: Node\n", "", "# c\n---\nkind: Node\n"},
		{"kind: Node\n", "", "kind: Node\n"},
		{"kind: Node\n---\nkind: Topology\na: 1\n", "\n---\nkind: Topology\na: 1\n", "kind: Node\n\n\n\n"},
		{"kind: Topology\n---\nkind: Topology\n", "kind: Topology\n---\nkind: Topology\n", ""},
		{`{"kind": "List", "items": []}`, "", `{"kind": "List", "items": []}`},
		{`{"kind": "Topology"}`, `{"kind": "Topology"}`, ""},
		{"no yaml: [", "no yaml: [", ""},
		{"", "", ""},
	} {
		got := split([]byte(c.in))
		if string(got.topology) != c.topology || string(got.objects) != c.objects {
			t.Errorf("%q: %q and %q", c.in, got.topology, got.objects)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("kind: Node\n---\nkind: Topology\n---\n# c\n"))
	f.Add([]byte(`{"kind": "List", "items": [{"kind": "Node"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p := split(data)
		if len(p.topology) > len(data) || len(p.objects) > len(data) || p.size > len(p.topology) {
			t.Fatalf("%q grew: %q and %q", data, p.topology, p.objects)
		}
		_, _ = objects(file{"f", p.objects})
	})
}
