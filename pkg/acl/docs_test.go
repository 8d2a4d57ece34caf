package acl_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
)

// Every code of this package and of its folders has a section.
func TestEveryCodeIsExplained(t *testing.T) {
	var src []byte
	for _, path := range []string{"code.go", "policyfile/code.go", "eval/code.go"} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		src = append(src, data...)
	}
	codes := regexp.MustCompile(`diag\.Code = "([a-z-]+)"`).FindAllSubmatch(src, -1)
	if len(codes) < 25 {
		t.Fatalf("%d codes", len(codes))
	}
	for _, c := range codes {
		if _, ok := docs.Explain(string(c[1])); !ok {
			t.Errorf("docs/checks.md does not explain %s", c[1])
		}
	}
}
