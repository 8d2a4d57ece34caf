package docs_test

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
)

// What `kustomize-hybrid explain cidr-overlap` prints begins with the code itself.
func ExampleExplain() {
	text, ok := docs.Explain("cidr-overlap")
	first, _, _ := strings.Cut(text, "\n")
	fmt.Println(first, ok)
	// Output: cidr-overlap true
}
