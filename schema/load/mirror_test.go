package load

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The Go mirror has exactly the fields of the contract, each with the same kind of
// value, and requires what has no omitempty.
func TestGoMirrorsTheContract(t *testing.T) {
	contract := cuecontext.New().CompileBytes(schema.CUE())
	for kind, mirror := range map[string]reflect.Type{
		schema.KindTopology: reflect.TypeFor[schema.Topology](), schema.KindRangePack: reflect.TypeFor[schema.RangePack](),
		schema.KindTransform: reflect.TypeFor[schema.Transform](), schema.KindValidate: reflect.TypeFor[schema.Validate](),
	} {
		definition := contract.LookupPath(cue.MakePath(cue.Def(kind)))
		if err := definition.Err(); err != nil {
			t.Fatal(err)
		}
		compareStruct(t, kind, mirror, definition)
	}
}

func compareStruct(t *testing.T, at string, mirror reflect.Type, v cue.Value) {
	t.Helper()
	fields, err := v.Fields(cue.Optional(true))
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	var known []string
	for fields.Next() {
		name := fields.Selector().Unquoted()
		known = append(known, name)
		f, required, ok := mirrorField(mirror, name)
		if !ok {
			t.Errorf("%s.%s is in the contract and not in Go", at, name)
			continue
		}
		if isRequired := fields.Selector().ConstraintType() == cue.RequiredConstraint; isRequired != required {
			t.Errorf("%s.%s: required is %v in the contract and %v in Go", at, name, isRequired, required)
		}
		compareValue(t, at+"."+name, f, fields.Value())
	}
	for i := range mirror.NumField() {
		if name, _, _ := strings.Cut(mirror.Field(i).Tag.Get("json"), ","); !slices.Contains(known, name) {
			t.Errorf("%s.%s is in Go and not in the contract", at, name)
		}
	}
}

func mirrorField(mirror reflect.Type, name string) (f reflect.Type, required, ok bool) {
	for i := range mirror.NumField() {
		tag, options, _ := strings.Cut(mirror.Field(i).Tag.Get("json"), ",")
		if tag == name {
			return mirror.Field(i).Type, options == "", true
		}
	}
	return nil, false, false
}

func compareValue(t *testing.T, at string, mirror reflect.Type, v cue.Value) {
	t.Helper()
	kind := v.IncompleteKind()
	want := cue.StringKind
	switch mirror.Kind() {
	case reflect.Slice:
		want = cue.ListKind
	case reflect.Bool:
		want = cue.BoolKind
	case reflect.Int, reflect.Uint32:
		want = cue.IntKind
	case reflect.Map:
		want = cue.StructKind
	case reflect.Struct:
		if mirror != reflect.TypeFor[netip.Prefix]() && mirror != reflect.TypeFor[netip.Addr]() {
			want = cue.StructKind
		}
	}
	if kind != want {
		t.Errorf("%s is %v in the contract and %v in Go", at, kind, mirror)
		return
	}
	switch {
	case want == cue.ListKind:
		compareValue(t, at+"[]", mirror.Elem(), v.LookupPath(cue.MakePath(cue.AnyIndex)))
	case want == cue.StructKind && mirror.Kind() == reflect.Struct:
		compareStruct(t, at, mirror, v)
	}
}
