package decoded_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
)

func TestWhatIsOfAnotherKindIsNotThere(t *testing.T) {
	v := map[string]any{"a": map[string]any{"text": "x", "number": 1.5, "yes": true, "list": []any{"y"}}, "none": nil}
	got := [][4]any{}
	for _, keys := range [][]string{{"a", "text"}, {"a", "number"}, {"a", "yes"}, {"a", "list"}, {"a"}, {"none"}, {"b"}, {"a", "text", "deeper"}, {"a", "list", "0"}} {
		got = append(got, [4]any{decoded.Dig(v, keys...), decoded.Text(v, keys...), decoded.Word(v, keys...), decoded.Items(v, keys...)})
	}
	none := [4]any{nil, "", "", []any(nil)}
	want := [][4]any{
		{"x", "x", "x", []any(nil)}, {1.5, "", "1.5", []any(nil)}, {true, "", "true", []any(nil)}, {[]any{"y"}, "", "", []any{"y"}},
		{v["a"], "", "", []any(nil)}, none, none, none, none,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := decoded.Dig("x"); got != "x" {
		t.Errorf("%v", got)
	}
}
