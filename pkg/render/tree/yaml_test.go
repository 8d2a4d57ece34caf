package tree

import (
	"encoding/json"
	"math"
	"net/netip"
	"reflect"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"
)

func TestYAML(t *testing.T) {
	type any1 = map[string]any
	type list = []any
	for _, test := range []struct {
		name string
		in   any
		want string
	}{
		{"scalar", "a", "a\n"},
		{"empty", any1{}, "{}\n"},
		{"empty list", list{}, "[]\n"},
		{"nested", any1{"a": any1{"b": list{1, any1{"c": nil, "d": list{}}, list{"x", list{"z"}}}}},
			"a:\n  b:\n  - 1\n  - c: null\n    d: []\n  - - x\n    - - z\n"},
		{"words", list{"true", "No", "~", "", "10.0.0.0/22", "1e3", "a: b", "a:", "a:b", "#a", "-a", "x y", "x "},
			"- \"true\"\n- \"No\"\n- \"~\"\n- \"\"\n- \"10.0.0.0/22\"\n- \"1e3\"\n- \"a: b\"\n- \"a:\"\n- a:b\n- \"#a\"\n- \"-a\"\n- x y\n- \"x \"\n"},
		{"literal", any1{"run.sh": "#!/bin/sh\n\nif true; then\n\techo \"<&>\"\nfi\n", "z": "a\nb"},
			"run.sh: |\n  #!/bin/sh\n\n  if true; then\n  \techo \"<&>\"\n  fi\nz: |-\n  a\n  b\n"},
		{"no literal", list{" a\nb\n", "a\n\n", "a\r\nb", "a\n  \nb", "\n"},
			"- \" a\\nb\\n\"\n- \"a\\n\\n\"\n- \"a\\u000d\\nb\"\n- \"a\\n  \\nb\"\n- \"\\n\"\n"},
		{"escapes", list{"\u0085\u2028\ufeff\x7f", "é", `"\`, "\U000e0001"},
			"- \"\\u0085\\u2028\\ufeff\\u007f\"\n- \"é\"\n- \"\\\"\\\\\"\n- \"\\U000e0001\"\n"},
		{"dropped", any1{"metadata": any1{"creationTimestamp": nil}, "status": any1{"a": list{1, "}"}},
			"spec": any1{"strategy": any1{}, "updateStrategy": any1{}, "containers": list{any1{"name": "a", "resources": any1{}}, any1{"resources": any1{}}}}},
			"metadata: {}\nspec:\n  containers:\n  - name: a\n  - {}\n"},
		{"kept", any1{"emptyDir": any1{}, "spec": any1{"status": "a", "resources": any1{}, "strategy": any1{"a": 1}}, "updateStrategy": any1{}},
			"emptyDir: {}\nspec:\n  resources: {}\n  status: a\n  strategy:\n    a: 1\nupdateStrategy: {}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := YAML(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
			sameAsJSON(t, test.in, got, test.name == "dropped")
		})
	}
}

// Base is embedded by what TestYAMLIsJSON renders.
type Base struct {
	Kind string `json:"kind"`
	Note string `json:"note,omitempty"`
}

// A struct is what encoding/json makes of it, whatever its tags say and its fields are.
func TestYAMLIsJSON(t *testing.T) {
	type named map[string]string
	type all struct {
		Base
		Tagged     Base `json:"tagged,omitempty"`
		Plain      string
		Ignored    string `json:"-"`
		unexported int
		Nil        *int                  `json:"nil"`
		Pointer    *int                  `json:"pointer,omitempty"`
		Gone       *int                  `json:"gone,omitempty"`
		Zero       netip.Addr            `json:"zero,omitzero"`
		Invalid    netip.Addr            `json:"invalid,omitempty"`
		Address    netip.Addr            `json:"address,omitzero"`
		Prefixes   []netip.Prefix        `json:"prefixes"`
		Struct     Base                  `json:"struct,omitzero"`
		Bytes      []byte                `json:"bytes,omitempty"`
		Array      [2]int                `json:"array"`
		NoArray    [0]int                `json:"noArray,omitempty"`
		NilList    []string              `json:"nilList"`
		NilMap     map[string]string     `json:"nilMap"`
		Map        named                 `json:"map"`
		EmptyMap   named                 `json:"emptyMap,omitempty"`
		Any        any                   `json:"any"`
		Fraction   float64               `json:"fraction"`
		Tiny       float32               `json:"tiny"`
		Unsigned   uint16                `json:"unsigned"`
		Negative   int64                 `json:"negative"`
		False      bool                  `json:"false"`
		Omitted    bool                  `json:"omitted,omitempty"`
		Number     json.Number           `json:"number"`
		Raw        json.RawMessage       `json:"raw"`
		Amount     intstr.IntOrString    `json:"amount"`
		Amounts    []*intstr.IntOrString `json:"amounts"`
		Day        metav1.Time           `json:"day,omitzero"`
		NoDay      *metav1.Time          `json:"noDay"`
		ZeroDay    metav1.Time           `json:"zeroDay,omitzero"`
		Never      *metav1.Time          `json:"never,omitzero"`
		Broken     string                `json:"broken"`
	}
	three, never := 3, metav1.Time{}
	share := intstr.FromString("25%")
	v := all{
		Base: Base{Kind: "a"}, Plain: "<&>", Ignored: "a", unexported: 1, Pointer: &three,
		Address: netip.MustParseAddr("fd00::1"), Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Bytes: []byte("abc"), Map: named{"b": "1", "a": "x\ny\n"}, Any: []any{map[string]any{}, nil, 1.5, int8(-1)},
		Fraction: 1e21, Tiny: 0.1, Unsigned: 65535, Negative: -1 << 62, Number: "12e3", Raw: json.RawMessage(`{"b":[1,null],"a":"t"}`),
		Amount: intstr.FromInt32(2), Amounts: []*intstr.IntOrString{&share, nil},
		Never: &never, ZeroDay: metav1.Time{Time: time.Time{}.Local()}, Day: metav1.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Broken: "a\xff\xfe\u2028b",
	}
	for _, in := range []any{v, &v, []*all{&v, nil}, map[string]any{"v": &v}, map[string]all{"v": v}} {
		out, err := YAML(in)
		if err != nil {
			t.Fatal(err)
		}
		sameAsJSON(t, in, out, false)
	}
}

func TestYAMLKeepsFieldOrder(t *testing.T) {
	got, err := YAML(corev1.EnvVar{Name: "B", Value: "a"})
	if want := "name: B\nvalue: a\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestYAMLPutsAPIVersionFirst(t *testing.T) {
	meta := metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}
	got, err := YAML(corev1.Namespace{TypeMeta: meta, ObjectMeta: metav1.ObjectMeta{Name: "a"}})
	if want := "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestYAMLFails(t *testing.T) {
	type twice struct {
		Base
		Kind string `json:"kind"`
	}
	type pointer struct{ *Base }
	for _, v := range []any{
		func() {}, []any{make(chan int)}, math.NaN(), map[int]string{1: "a"}, twice{}, pointer{},
		struct {
			A int `json:"a,string"`
		}{},
	} {
		if out, err := YAML(v); err == nil {
			t.Errorf("%T was rendered: %s", v, out)
		}
	}
}

// sameAsJSON checks that two YAML readers find in out what a JSON reader finds in v,
// unless something was dropped.
func sameAsJSON(t *testing.T, v any, out []byte, dropped bool) {
	t.Helper()
	if dropped {
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var want, got, gotK any
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(out, &got); err != nil {
		t.Fatalf("sigs.k8s.io/yaml: %v in:\n%s", err, out)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("sigs.k8s.io/yaml: %#v, want %#v, from:\n%s", got, want, out)
	}
	node, err := kyaml.Parse(string(out))
	if err != nil {
		t.Fatalf("kyaml: %v in:\n%s", err, out)
	}
	text, err := node.MarshalJSON()
	if node.YNode().Kind != kyaml.MappingNode || err != nil {
		return // MarshalJSON wants an object
	}
	if err := json.Unmarshal(text, &gotK); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotK, want) {
		t.Fatalf("kyaml: %#v, want %#v, from:\n%s", gotK, want, out)
	}
}

// FuzzYAML: whatever JSON goes in, every reader gets the same value back.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		`{"a":"b"}`, `{"a":[[],{},[{"b":null}]]}`, `{"s":"#!/bin/sh\n\tx\n","t":"a\n\n b"}`, `{"yes":"no","~":1e21}`,
		`{"a":"\u0085\u2028\ufeff\u007f\ud83d\ude00"}`, `{"a":"x: y # z","- b":"- c","":""}`, `{"<<":"a","0x1f":"0o7","1_0":"2026-01-01"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v map[string]any
		if json.Unmarshal(data, &v) != nil || len(data) > 900 {
			t.Skip() // not an object, or a key longer than YAML allows
		}
		out, err := YAML(v)
		if err != nil {
			t.Fatal(err)
		}
		sameAsJSON(t, v, out, drops(v, "", true))
	})
}

// drops reports whether the gate leaves something of v out, said as slowly and
// plainly as possible.
func drops(v any, key string, root bool) bool {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if drops(e, key, false) {
				return true
			}
		}
	case map[string]any:
		for name, e := range v {
			m, isMap := e.(map[string]any)
			empty := isMap && len(m) == 0
			switch {
			case name == "status" && root, name == "spec" && root && empty,
				name == "creationTimestamp" && key == "metadata" && e == nil,
				(name == "strategy" || name == "updateStrategy") && key == "spec" && empty,
				name == "resources" && (key == "containers" || key == "initContainers") && empty,
				drops(e, name, false):
				return true
			}
		}
	}
	return false
}
