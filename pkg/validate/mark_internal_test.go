package validate

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/marks"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestMarkUsersForgetsNoField: a field of a region's plugin that is no part of markUsers changes no
// use of the mark, or else collisions of such a region would be passed over.
func TestMarkUsersForgetsNoField(t *testing.T) {
	changed := 0
	fields := reflect.TypeFor[schema.CNI]()
	for _, known := range facts.Plugins() {
		ask := func(c schema.CNI) (markUsers, string) {
			p := plan.New(&schema.Topology{Spec: schema.Spec{Regions: []schema.Region{{Name: "a", CNI: c}}}})
			return markUsersOf(&p.Topology.Spec.Regions[0].CNI), fmt.Sprintf("%+v", marks.Of(p, 0))
		}
		usual := schema.CNI{Type: known.Type, Version: "1.0.0"}
		users, uses := ask(usual)
		for i := range fields.NumField() {
			c := usual
			switch f := reflect.ValueOf(&c).Elem().Field(i); f.Kind() {
			case reflect.String:
				f.SetString("other")
			case reflect.Int:
				f.SetInt(7)
			case reflect.Uint32:
				f.SetUint(7)
			case reflect.Bool:
				f.SetBool(true)
			case reflect.Slice:
				f.Set(reflect.MakeSlice(f.Type(), 1, 1))
			default:
				t.Fatalf("%s is a %s, which is not tried here", fields.Field(i).Name, f.Kind())
			}
			switch others, other := ask(c); {
			case others != users:
				changed++
			case other != uses:
				t.Errorf("%s: %s changes\n%s to\n%s", known.Type, fields.Field(i).Name, uses, other)
			}
		}
	}
	if changed == 0 {
		t.Error("no field changes anything")
	}
}
