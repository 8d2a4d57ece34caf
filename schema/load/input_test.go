package load_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

const node = "apiVersion: v1\nkind: Node\nmetadata: {name: gpu-1}\n"

// kinds is what an input holds: T for a topology, then its findings; the kind of each
// object.
func kinds(in load.Input) string {
	var words []string
	for _, d := range in.Documents {
		words = append(words, strings.TrimSuffix("T "+places(d.Findings), " "))
	}
	for _, o := range in.Objects {
		words = append(words, o.Node.GetKind())
	}
	return strings.Join(words, ", ")
}

// A topology and objects stand in one file in any order, and keep their lines.
func TestObjectsBesideATopology(t *testing.T) {
	topology := readExample(t)
	fault := edit(t, topology, "10.0.0.0/22", "10.0.0.1/22")
	const kueue = "apiVersion: kueue.x-k8s.io/v1alpha1\nkind: Topology\n"
	for _, c := range []struct{ name, input, want string }{
		{"behind it", topology + "---\n" + node, "T, Node"},
		{"before it", node + "---\n" + topology, "T, Node"},
		{"on both sides", node + "---\n" + topology + "---\n" + node, "T, Node, Node"},
		{"fault behind an object", node + "---\n" + fault, "T t.yaml:27:19 host-bits, Node"},
		{"fault before an object", fault + "---\n" + node, "T t.yaml:23:19 host-bits, Node"},
		{"a comment before objects", "# from production\n---\n" + node, "Node"},
		{"a comment and a separator before it", "# ours\n---\n" + topology, "T"},
		{"two topologies and an object", topology + "---\n" + node + "---\n" + topology, "T t.yaml:51:1 several-documents, Node"},
		{"a list", "apiVersion: v1\nkind: List\nitems:\n- {kind: Node}\n- {kind: Pod}\n", "Node, Pod"},
		{"a list whose kind comes last", "apiVersion: v1\nitems:\n- {kind: Node}\nkind: List\n", "Node"},
		{"a list in JSON", `{"apiVersion": "v1", "items": [{"kind": "Node"}], "kind": "List"}`, "Node"},
		{"a list in a list", "kind: List\nitems:\n- {kind: List, items: [{kind: Node}]}\n- {kind: Pod}\n", "Node, Pod"},
		{"a list of one kind", "apiVersion: v1\nkind: NodeList\nitems:\n- metadata: {name: a}\n- {kind: Pod}\n- a\n", "Node, Pod, NodeList"},
		{"JSON with tabs", "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Node\"\n}", "Node"},
		{"flow", "{apiVersion: v1, kind: Node}", "Node"},
		{"a kind in quotes", "\"kind\": Node\n---\nkind: 'Node' # one\n", "Node, Node"},
		{"Kueue's Topology", topology + "---\n" + kueue, "T, Topology"},
		{"a function configuration", "apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: Transform\n---\n" + topology, "T, Transform"},
		{"a slip in the kind", edit(t, topology, "kind: Topology", "kind: Topologie"), "T t.yaml:8:7 bad-value"},
		{"a slip in the group", edit(t, topology, "kustomize-hybrid.dev/", "kustomise-hybrid.dev/"), "T t.yaml:7:13 bad-value"},
		{"another kind of the group", edit(t, topology, "kind: Topology", "kind: Network"), "T t.yaml:8:7 bad-value"},
		{"a kind that is not a word", "kind: [Node]\n---\n" + node, "T t.yaml:1:1 missing-field,t.yaml:1:1 missing-field,t.yaml:1:1 missing-field,t.yaml:1:7 wrong-type, Node"},
		{"nothing", "", "T t.yaml:1:1 empty-input"},
		{"a list of nothing", node + "---\n- a\n", "T t.yaml:5:1 wrong-type, Node"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := load.Bytes("t.yaml", []byte(c.input))
			if got := kinds(in); err != nil || got != c.want {
				t.Errorf("got %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestObjectsMustBeYAML(t *testing.T) {
	if _, err := load.Bytes("d", []byte("kind: Node\na: [")); err == nil {
		t.Error("accepted")
	}
}

// One file that cannot be read does not hide the others.
func TestFilesReadsAll(t *testing.T) {
	in, err := load.FilesOr(strings.NewReader(node), "nowhere.yaml", example, "-")
	if err == nil || err.Error() != "open nowhere.yaml: no such file or directory" {
		t.Error(err)
	}
	if got := kinds(in); got != "T, Node" {
		t.Error(got)
	}
	if got := in.Objects[0].File; got != "<stdin>" {
		t.Error(got)
	}
}

func TestOne(t *testing.T) {
	for want, paths := range map[string][]string{
		"there is no Topology in the files":             {"testdata/node.yaml"},
		"this takes one topology, and the files hold 2": {example, example},
	} {
		in, err := load.Files(paths...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.One(); err == nil || err.Error() != want {
			t.Error(err)
		}
	}
}

// Files of CUE are one topology where they are one package, whatever stands between
// them on the command line.
func TestCUEPackagesAreTopologies(t *testing.T) {
	dir := t.TempDir()
	alone := filepath.Join(dir, "alone.cue")
	if err := os.WriteFile(alone, []byte(`kind: "Topology"`), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := load.Files("testdata/cue/network.cue", alone, "testdata/cue/defaults.cue", alone)
	if err != nil || len(in.Documents) != 3 {
		t.Fatalf("%d topologies, %v", len(in.Documents), err)
	}
	if list := in.Documents[0].Findings; len(list) > 0 {
		t.Error(text(list))
	}
}

// More than a topology may have is read where objects stand, and nowhere else.
func TestLimits(t *testing.T) {
	large := strings.Repeat("# "+strings.Repeat("x", 1021)+"\n", load.SizeLimit>>10) // as large as a topology may be
	item := "{\"kind\": \"Node\", \"x\": \"" + strings.Repeat("x", 64<<10) + "\"}"
	items := load.SizeLimit >> 16
	for _, c := range []struct{ name, path, input, want string }{
		{"a topology", "-", large + "kind: Topology\n", "<stdin>: larger than 8 MiB, the limit for a topology"},
		{"a topology beside objects", "-", node + "---\n" + large + "kind: Topology\n", "<stdin>: larger than 8 MiB, the limit for a topology"},
		{"objects", "-", node + large, "<nil>"},
		{"objects, then a topology", "-", node + large + "---\nkind: Topology\n", "<nil>"},
		{"a list", "-", "apiVersion: v1\nitems:\n" + strings.Repeat("- "+item+"\n", items) + "kind: List\n", "<nil>"},
		{"a list in JSON", "-", "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n" + strings.Repeat(item+",\n", items) + "{}],\n    \"kind\": \"List\"\n}", "<nil>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load.FilesOr(bytes.NewReader([]byte(c.input)), c.path)
			if got := fmt.Sprint(err); got != c.want {
				t.Error(got)
			}
		})
	}
}
