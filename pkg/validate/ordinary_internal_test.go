package validate

import (
	"net/netip"
	"reflect"
	"strconv"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestOrdinaryForgetsNoField: whatever field of a region has an address that no host can have, or
// says a word twice, the region is walked.
func TestOrdinaryForgetsNoField(t *testing.T) {
	var r schema.Region
	f := filled{}
	f.fill(reflect.ValueOf(&r).Elem(), "region")
	if !ordinary(&r) || !distinct(&r) {
		t.Fatalf("%+v is to be walked", r)
	}
	if len(f.addresses) < 20 || len(f.lists) < 8 {
		t.Fatalf("%d addresses and %d lists were found", len(f.addresses), len(f.lists))
	}
	for path, v := range f.addresses {
		before := reflect.ValueOf(v.Interface())
		for _, p := range []string{"127.0.0.0/8", "0.0.0.0/0"} {
			bad := reflect.ValueOf(netip.MustParsePrefix(p))
			if v.Type() == reflect.TypeFor[netip.Addr]() {
				bad = reflect.ValueOf(netip.MustParsePrefix(p).Addr())
			}
			v.Set(bad)
			if ordinary(&r) {
				t.Errorf("%s is not looked at", path)
			}
		}
		v.Set(before)
	}
	for path, v := range f.lists {
		before := reflect.ValueOf(v.Index(1).Interface())
		v.Index(1).Set(v.Index(0))
		if distinct(&r) {
			t.Errorf("%s is not looked at", path)
		}
		v.Index(1).Set(before)
	}
	if !ordinary(&r) || !distinct(&r) {
		t.Fatalf("%+v is to be walked", r)
	}
}

// filled is a value with something in every field: where its addresses and its lists of words are.
type filled struct {
	n                int
	addresses, lists map[string]reflect.Value
}

func (f *filled) fill(v reflect.Value, path string) {
	if f.addresses == nil {
		f.addresses, f.lists = map[string]reflect.Value{}, map[string]reflect.Value{}
	}
	f.n++
	switch own := netip.AddrFrom4([4]byte{10, 0, byte(f.n >> 8), byte(f.n)}); v.Type() {
	case reflect.TypeFor[netip.Addr]():
		v.Set(reflect.ValueOf(own))
		f.addresses[path] = v
		return
	case reflect.TypeFor[netip.Prefix]():
		v.Set(reflect.ValueOf(netip.PrefixFrom(own, 32)))
		f.addresses[path] = v
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("word" + strconv.Itoa(f.n))
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i), path+"["+strconv.Itoa(i)+"]")
		}
		if e := v.Type().Elem(); e.Kind() == reflect.String || e == reflect.TypeFor[netip.Addr]() {
			f.lists[path] = v
		}
	}
}
