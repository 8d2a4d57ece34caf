package goldentest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPatch(t *testing.T) {
	const text = "a\nb\nc\na\nb\nd\n"
	for _, c := range []struct{ hunks, want string }{
		{"@@\n a\n-b\n+x\n", "a\nx\nc\na\nb\nd\n"},
		{"@@\n-c\n@@\n a\n+y\n", "a\nb\na\ny\nb\nd\n"},
		{"@@\n d\n+e\n+\n", text + "e\n\n"},
		{"", text},
	} {
		if got, err := Patch(text, c.hunks); err != nil || got != c.want {
			t.Errorf("%q: %q, %v", c.hunks, got, err)
		}
	}
	for _, hunks := range []string{"@@\n-z\n", "@@\n-d\n@@\n-a\n", "@@\nno kind\n"} {
		if got, err := Patch(text, hunks); err == nil {
			t.Errorf("%q gives %q", hunks, got)
		}
	}
}

func TestInput(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"base.yaml": "a\nb\n", "one.yaml.diff": "--- base.yaml\n@@\n-b\n+c\n", "two.yaml.diff": "--- one.yaml\n@@\n c\n+d\n", "two.out": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	names := Inputs(t, dir, ".yaml")
	if want := []string{filepath.Join(dir, "base.yaml"), filepath.Join(dir, "one.yaml"), filepath.Join(dir, "two.yaml")}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	if got := string(Input(t, names[2])); got != "a\nc\nd\n" {
		t.Errorf("%q", got)
	}
}
