package load_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

const example = "testdata/published.yaml"

func readExample(t testing.TB) string { t.Helper(); return readFile(t, example) }

func readFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// edit replaces each old by the new after it, and fails where old is not there.
func edit(t testing.TB, text string, oldnew ...string) string {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("%q is not in the text", oldnew[i])
		}
		text = strings.Replace(text, oldnew[i], oldnew[i+1], 1)
	}
	return text
}

// one reads the only topology that the files hold.
func one(t testing.TB, paths ...string) *load.Document {
	t.Helper()
	in, err := load.Files(paths...)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := in.One()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// read reads the only topology of a text.
func read(t testing.TB, name, text string) *load.Document {
	t.Helper()
	in, err := load.Bytes(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := in.One()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func text(list diag.List) string {
	var b bytes.Buffer
	_ = diag.WriteText(&b, list)
	return b.String()
}

func TestExampleIsRead(t *testing.T) {
	doc := one(t, example)
	r := doc.Topology.Spec.Regions
	if len(r) != 2 || r[0].NodeCIDRs[0].String() != "10.0.0.0/22" || r[1].Gateways.Nodes[0].InternalIP.String() != "10.143.0.11" {
		t.Errorf("regions: %+v", r)
	}
	if doc.Topology.Metadata.Annotations["config.kubernetes.io/local-config"] != "true" {
		t.Errorf("metadata: %+v", doc.Topology.Metadata)
	}
}

func TestIndependentFaultsInOneRun(t *testing.T) {
	doc := read(t, "topology.yaml", edit(t, readExample(t),
		"tag: tag:k8s", "tag: k8s",
		"podCIDRs: [10.61.0.0/16]", "podCIDRs: [10.61.0.7/16]",
		"provider: bare-metal", "provider: bare-metal\n      nodeCDIRs: []",
		"mode: staticPod", "mode: staticpod",
		"podCIDRs: [10.142.0.0/20]", "podCIDRs: [100.64.1.0/24]", // relational: not for this package
	))
	want := `topology.yaml:19:10: error: tag "k8s" must be "tag:" followed by a letter and then letters, digits and dashes [bad-value]
	hint: tag: The ACL tag the gateways carry, such as tag:k8s
topology.yaml:24:18: error: podCIDRs[0] "10.61.0.7/16" has bits set beyond its length: it names an address, not a network [host-bits]
	hint: write 10.61.0.0/16
topology.yaml:34:7: error: regions[1] has no field "nodeCDIRs" [unknown-field]
	hint: did you mean nodeCIDRs?
topology.yaml:39:15: error: mode "staticpod" must be "daemonSet", "staticPod", "perNode" or "host" [bad-value]
	hint: did you mean staticPod?
`
	if got := text(doc.Findings); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// What could be read is there for the checks that follow.
	if r := doc.Topology.Spec.Regions; r[1].PodCIDRs[0].String() != "100.64.1.0/24" {
		t.Errorf("regions: %+v", r)
	}
	// So is what was clearly meant, and nothing is there instead of what was not.
	if len(doc.Unread) != 1 || doc.Unread[0] != "spec.tailnet.tag" {
		t.Errorf("unread: %q", doc.Unread)
	}
	if r := doc.Topology.Spec.Regions; r[0].PodCIDRs[0].String() != "10.61.0.0/16" || r[1].Gateways.Mode != schema.ModeStaticPod || doc.Topology.Spec.Tailnet.Tag != "" {
		t.Errorf("regions: %+v", r)
	}
}

// A field whose name is misspelt is read as the one that is meant, if its value fits there;
// what is missing, and what fits nowhere, is unread.
func TestWhatIsMeantIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		edits  []string
		pods   int
		unread string
	}{
		"misspelt":                 {[]string{"podCIDRs: [10.142", "podCIDR: [10.142"}, 1, "[]"},
		"misspelt beside another":  {[]string{"podCIDRs: [10.142", "podCIDR: [10.9.0.0/16]\n      podCIDRs: [10.142"}, 1, "[]"},
		"misspelt, and unreadable": {[]string{"podCIDRs: [10.142.0.0/20]", "podCIDR: [some]"}, 0, "[spec.regions[1].podCIDRs]"},
		"missing":                  {[]string{"podCIDRs: [10.142.0.0/20]", ""}, 0, "[spec.regions[1].podCIDRs]"},
		"without a length":         {[]string{"podCIDRs: [10.142.0.0/20]", "podCIDRs: [10.142.0.0]"}, 1, "[spec.regions[1].podCIDRs[0]]"},
		"not in a list":            {[]string{"podCIDRs: [10.142.0.0/20]", "podCIDRs: 10.142.0.0/20"}, 1, "[]"},
		"a short version":          {[]string{"kubernetesVersion: 1.33.1", "kubernetesVersion: 1.33"}, 1, "[spec.cluster.kubernetesVersion]"},
		"like nothing":             {[]string{"podCIDRs: [10.142", "wheels: 4\n      podCIDRs: [10.142"}, 1, "[spec.regions[1]]"},
		"yes for true":             {[]string{"internalIP: 10.0.0.11", "internalIP: 10.0.0.11, underNAT: yes"}, 1, "[]"},
	} {
		doc := read(t, "t.yaml", edit(t, readExample(t), c.edits...))
		if pods := len(doc.Topology.Spec.Regions[1].PodCIDRs); pods != c.pods || fmt.Sprint(doc.Unread) != c.unread || len(doc.Findings) != 1 {
			t.Errorf("%s: %d pod CIDRs, unread %q\n%s", name, pods, doc.Unread, text(doc.Findings))
		}
	}
}

// What is said of a field whose name is misspelt is shown where it stands.
func TestLocateMisspelt(t *testing.T) {
	doc := read(t, "t.yaml", edit(t, readExample(t), "podCIDRs: [10.142", "podCIDR: [10.142"))
	list := diag.List{{Path: "spec.regions[1].podCIDRs[0]"}, {Path: "spec.regions[0].podCIDRs[0]"}}
	doc.Locate(list)
	if got := places(list); got != "t.yaml:35:17 ,t.yaml:24:18 " {
		t.Error(got)
	}
}

func TestLocate(t *testing.T) {
	doc := one(t, example)
	for path, want := range map[string]string{
		"":                            "7:1",
		"spec":                        "12:1",
		"spec.regions":                "20:3",
		"spec.regions[1]":             "32:7",
		"spec.regions[1].podCIDRs":    "35:17",
		"spec.regions[1].podCIDRs[0]": "35:18",
		"spec.regions[1].podCIDRs[7]": "35:17",
		"spec.regions[1].gateways":    "37:7",
		"spec.regions[0].gateways.nodes[1].internalIP":              "31:40",
		"spec.regions[0].gateways.nodes[1].zone":                    "31:13",
		`metadata.annotations["config.kubernetes.io/local-config"]`: "11:52",
		"spec.nothing.of.the[3].kind":                               "12:1",
	} {
		list := diag.List{{Path: path, Related: []diag.Related{{Path: path}}}}
		doc.Locate(list)
		want = example + ":" + want
		if got := list[0].Pos.String(); got != want {
			t.Errorf("%s is at %s, not at %s", path, got, want)
		}
		if got := list[0].Related[0].Pos.String(); got != want {
			t.Errorf("related: %s is at %s, not at %s", path, got, want)
		}
	}
	known := diag.Position{File: "other.yaml", Line: 1, Column: 1}
	list := diag.List{{Path: "spec", Pos: known}}
	if doc.Locate(list); list[0].Pos != known {
		t.Errorf("a known position became %v", list[0].Pos)
	}
}

func TestNodeHasPathsAndNoPositions(t *testing.T) {
	n := yaml.MustParse(edit(t, readExample(t), "10.61.0.0/16", "10.61.0.7/16", "tag: tag:k8s", "tagg: tag:k8s\n    tagg: tag:k8s"))
	before := n.MustString()
	doc, err := load.Node(n)
	if err != nil {
		t.Fatal(err)
	}
	want := `spec.regions[0].podCIDRs[0]: error: podCIDRs[0] "10.61.0.7/16" has bits set beyond its length: it names an address, not a network [host-bits]
	hint: write 10.61.0.0/16
spec.tailnet.tagg: error: tailnet has field "tagg" twice [duplicate-field]
	spec.tailnet.tagg: tagg appears here first
	hint: remove one of them
spec.tailnet.tagg: error: tailnet has no field "tagg" [unknown-field]
	hint: did you mean tag?
`
	if got := text(doc.Findings); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if n.MustString() != before {
		t.Error("the node was changed")
	}
	if _, err := load.Node(nil); err == nil {
		t.Error("a missing node is not an error")
	}
}

func TestFailures(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	f, err := os.Create(large)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(100<<20), f.Close()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		read func() (load.Input, error)
		want string
	}{
		"no file":      {func() (load.Input, error) { return load.Files() }, "no file"},
		"missing file": {func() (load.Input, error) { return load.Files(filepath.Join(dir, "none.yaml")) }, "no such file"},
		"directory":    {func() (load.Input, error) { return load.Files(dir) }, "is a directory"},
		"large file":   {func() (load.Input, error) { return load.Files(large) }, "larger than 8 MiB"},
		"large bytes":  {func() (load.Input, error) { return load.Bytes("x", make([]byte, load.SizeLimit+1)) }, "larger than 8 MiB"},
	} {
		in, err := c.read()
		if len(in.Documents) > 0 || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", name, in, err)
		}
		if _, ok := diag.FromError(err); ok {
			t.Errorf("%s: a failure became findings", name)
		}
	}
}
