package render_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/capture"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/report"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// output is what a topology renders to, worked out.
type output struct {
	objects []tree.Object
	files   []tree.File
}

func rendered(t testing.TB, topology *schema.Topology) *output {
	t.Helper()
	p := plan.New(topology)
	files, err := render.Tree(p)
	if err != nil {
		t.Fatal(err)
	}
	b := &output{files: files}
	for o, err := range render.Objects(p) {
		if err != nil {
			t.Fatal(err)
		}
		b.objects = append(b.objects, o)
	}
	return b
}

// newObject is an empty value of the type that the API server decodes kind into.
func newObject(kind string) metav1.Object {
	switch kind {
	case "Namespace":
		return &corev1.Namespace{}
	case "ResourceQuota":
		return &corev1.ResourceQuota{}
	case "ServiceAccount":
		return &corev1.ServiceAccount{}
	case "Secret":
		return &corev1.Secret{}
	case "ConfigMap":
		return &corev1.ConfigMap{}
	case "Pod":
		return &corev1.Pod{}
	case "Role":
		return &rbacv1.Role{}
	case "RoleBinding":
		return &rbacv1.RoleBinding{}
	case "DaemonSet":
		return &appsv1.DaemonSet{}
	case "PodDisruptionBudget":
		return &policyv1.PodDisruptionBudget{}
	}
	return nil
}

func decode(t testing.TB, data []byte) metav1.Object {
	t.Helper()
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(data, &meta); err != nil {
		t.Fatal(err)
	}
	o := newObject(meta.Kind)
	if o == nil {
		t.Fatalf("no type for %q", meta.Kind)
	}
	if err := yaml.UnmarshalStrict(data, o); err != nil {
		t.Fatalf("%v in:\n%s", err, data)
	}
	return o
}

func file(t testing.TB, b *output, path string) []byte {
	t.Helper()
	for _, f := range b.files {
		if f.Path == path {
			return f.Data
		}
	}
	t.Fatalf("no file %s", path)
	return nil
}

func TestObjectsDecodeStrictlyAndHaveValidNames(t *testing.T) {
	long := strings.Repeat("r", 63)
	for name, topology := range map[string]*schema.Topology{
		"example": sample.Published(t, nil),
		"longest names": sample.Published(t, func(t *schema.Topology) {
			t.Metadata.Name, t.Spec.Regions[0].Name = long, long
			t.Spec.Regions[0].Gateways.Nodes[0].Name = "ip-10-0-0-11.us-east-2.compute.internal"
		}),
	} {
		t.Run(name, func(t *testing.T) {
			b := rendered(t, topology)
			for _, o := range b.objects {
				checkObject(t, decode(t, o.YAML), o.YAML)
			}
			pod := file(t, b, "regions/gpu-dc/gateway/static-pod.yaml")
			checkObject(t, decode(t, pod), bytes.TrimLeft(pod[bytes.Index(pod, []byte("apiVersion")):], "\n"))
		})
	}
}

func checkObject(t *testing.T, o metav1.Object, data []byte) {
	t.Helper()
	if again, err := tree.YAML(o); err != nil || !bytes.Equal(again, data) {
		t.Errorf("%s: decoded and rendered again it differs (%v):\n%s", o.GetName(), err, again)
	}
	if problems := validation.IsDNS1123Subdomain(o.GetName()); problems != nil {
		t.Errorf("%s: %v", o.GetName(), problems)
	}
	for name, value := range o.GetLabels() {
		if problems := append(validation.IsQualifiedName(name), validation.IsValidLabelValue(value)...); problems != nil {
			t.Errorf("%s: label %s=%s: %v", o.GetName(), name, value, problems)
		}
	}
	if bytes.Contains(data, []byte("tskey-")) {
		t.Errorf("%s: something that looks like a key", o.GetName())
	}
}

func TestGatewaysThatKeepTheirTailnetAddressesAreAGroup(t *testing.T) {
	b := rendered(t, sample.TailnetSources(t))
	last := b.objects[len(b.objects)-1]
	want := "apiVersion: cilium.io/v2alpha1\nkind: CiliumCIDRGroup\nmetadata:\n  name: hybrid-gateways\n  labels:\n    app.kubernetes.io/managed-by: kustomize-hybrid\n    app.kubernetes.io/part-of: ai-cluster\nspec:\n" +
		"  externalCIDRs:\n  - \"100.80.0.1/32\"\n  - \"100.80.0.2/32\"\n  - \"100.80.0.3/32\"\n"
	if last.Concern != "cilium" || string(last.YAML) != want {
		t.Errorf("%s:\n%s\nwant:\n%s", last.Concern, last.YAML, want)
	}
}

func TestTreeBuildsWithKustomize(t *testing.T) {
	b := rendered(t, sample.TailnetSources(t))
	fs := filesys.MakeFsInMemory()
	var want []string
	for _, f := range b.files {
		if err := fs.WriteFile("/tree/"+f.Path, f.Data); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range b.objects {
		want = append(want, canonical(t, o.YAML))
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as the command line has it
	built, err := krusty.MakeKustomizer(options).Run(fs, "/tree")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range built.Resources() {
		got = append(got, canonical(t, []byte(r.MustYaml())))
	}
	if !slices.Equal(got, want) {
		t.Errorf("kustomize build:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func canonical(t *testing.T, data []byte) string {
	t.Helper()
	text, err := yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryFileSaysWhereItComesFrom(t *testing.T) {
	for _, f := range rendered(t, sample.Published(t, nil)).files {
		lines := strings.SplitN(string(f.Data), "\n", 3)
		if path.Dir(f.Path) == "host" || f.Path == capture.Path {
			continue // programs are the same for every topology, and their checksums tell
		}
		want := "# generated by kustomize-hybrid from Topology ai-cluster; do not edit"
		switch path.Ext(f.Path) {
		case ".json":
			want = lines[0] // strict JSON has no comments
		case ".md":
			want = lines[0]
			if !strings.Contains(string(f.Data), "\nGenerated by kustomize-hybrid from the Topology; do not edit.\n") {
				t.Errorf("%s says nothing of the kind", f.Path)
			}
		}
		if lines[0] != want && (!strings.HasPrefix(lines[0], "#!") && !strings.HasPrefix(lines[0], "kustomize-hybrid ") || lines[1] != want) {
			t.Errorf("%s begins %q", f.Path, lines[0])
		}
		if strings.Contains(string(f.Data), "tskey-") {
			t.Errorf("%s: something that looks like a key", f.Path)
		}
	}
}

func TestOrderOfRegionsAndProcessorsDoNotMatter(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := rendered(t, sample.Published(t, nil)).files
	runtime.GOMAXPROCS(4)
	got := rendered(t, sample.Published(t, func(t *schema.Topology) { slices.Reverse(t.Spec.Regions) })).files
	if len(got) != len(want) {
		t.Fatalf("%d files, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].Path != want[i].Path || !bytes.Equal(got[i].Data, want[i].Data) {
			t.Errorf("%s differs", got[i].Path)
		}
	}
	if !slices.IsSortedFunc(got, func(a, b tree.File) int { return strings.Compare(a.Path, b.Path) }) {
		t.Error("the tree is not sorted by path")
	}
}

// FuzzRender: whatever decodes into a Topology, valid or not, is rendered without a
// panic into objects that decode strictly. An input puts one JSON value in the place
// of one value of the example; those that no Topology can hold are skipped.
func FuzzRender(f *testing.F) {
	data, err := json.Marshal(sample.TailnetSources(f))
	if err != nil {
		f.Fatal(err)
	}
	places := len(valuesOf(decodeAny(f, data)))
	for i := range places {
		for _, value := range []string{`null`, `""`, `[]`, `{}`, `"::/0"`, `"fd00::1"`, `-1`} {
			f.Add(uint(i), value)
		}
	}
	f.Fuzz(func(t *testing.T, place uint, value string) {
		var topology schema.Topology
		changed, ok := replaceValue(decodeAny(t, data), int(place%uint(places)), value)
		if !ok || json.Unmarshal(changed, &topology) != nil {
			t.Skip()
		}
		b := rendered(t, &topology)
		for _, o := range b.objects {
			if o.Concern != "cilium" {
				decode(t, o.YAML)
			}
		}
	})
}

func decodeAny(t testing.TB, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// valuesOf lists a setter for each value inside v, in a stable order.
func valuesOf(v any) (setters []func(any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			setters = append(setters, func(e any) { v[k] = e })
			setters = append(setters, valuesOf(v[k])...)
		}
	case []any:
		for i := range v {
			setters = append(setters, func(e any) { v[i] = e })
			setters = append(setters, valuesOf(v[i])...)
		}
	}
	return setters
}

func replaceValue(v any, place int, text string) ([]byte, bool) {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return nil, false
	}
	valuesOf(v)[place](value)
	data, err := json.Marshal(v)
	return data, err == nil
}

// A region that leaves is in the tree by what takes it back and by nothing else: the rest is
// the tree of the topology without it.
// The report begins with what is left to do, of which that is a part.
func TestLeavingRegionIsNowhereElse(t *testing.T) {
	for name, topology := range sample.Cases() {
		without := *topology
		last := len(topology.Spec.Regions) - 1
		without.Spec.Regions = topology.Spec.Regions[:last]
		leaving := without
		leaving.Spec.Leaving = topology.Spec.Regions[last:]
		dir := plan.LeavingPath(leaving.Spec.Leaving[0].Name)
		want := map[string][]byte{}
		for _, f := range rendered(t, &without).files {
			want[f.Path] = f.Data
		}
		objects := 0
		for _, f := range rendered(t, &leaving).files {
			if strings.HasPrefix(f.Path, dir) {
				objects++
			} else if !bytes.Equal(decided(f), decided(tree.File{Path: f.Path, Data: want[f.Path]})) && f.Path != "STEPS.md" && f.Path != "SHA256SUMS" && f.Path != render.FromPath {
				t.Errorf("%s: %s differs from that of the topology without the region", name, f.Path)
			}
			delete(want, f.Path)
		}
		if len(want) > 0 || objects == 0 {
			t.Errorf("%s: %d files below %s, and %q are missing", name, objects, dir, slices.Sorted(maps.Keys(want)))
		}
	}
}

// decided is what of a file says what is done: of the report its second part.
func decided(f tree.File) []byte {
	if f.Path != report.Path {
		return f.Data
	}
	_, done, _ := bytes.Cut(f.Data, []byte("\n# What is done\n"))
	return done
}
