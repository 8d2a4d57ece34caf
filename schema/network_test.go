package schema_test

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestCloudsForgetsNoField: whichever field of a cloud's entry is set, the cloud is among those
// that are described.
func TestCloudsForgetsNoField(t *testing.T) {
	entries := reflect.TypeFor[schema.Network]()
	tried := 0
	for i := range entries.NumField() {
		name, _, _ := strings.Cut(entries.Field(i).Tag.Get("json"), ",")
		if entries.Field(i).Type.Kind() != reflect.Struct {
			continue
		}
		for j := range entries.Field(i).Type.NumField() {
			var n schema.Network
			switch v := reflect.ValueOf(&n).Elem().Field(i).Field(j); v.Interface().(type) {
			case netip.Prefix:
				v.Set(reflect.ValueOf(netip.MustParsePrefix("10.0.0.0/8")))
			case []string:
				v.Set(reflect.ValueOf([]string{}))
			default:
				v.SetString("x")
			}
			if got := n.Clouds(); !slices.Equal(got, []string{name}) {
				t.Errorf("%s with field %d alone: %q", name, j, got)
			}
			tried++
		}
	}
	if none := new(schema.Network).Clouds(); tried < 15 || len(none) > 0 {
		t.Errorf("%d fields were tried; an empty network has %q", tried, none)
	}
}
