package report

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// Programs has the sums of the programs in the output tree: constant files, the same for
// every topology that a version of kustomize-hybrid renders. Start with Add.
type Programs struct{ rows []string }

// Add notes a file of the tree where it is a program or a part of one.
func (p *Programs) Add(path string, data []byte) {
	constant := strings.HasPrefix(path, "host/") || strings.HasPrefix(path, "cloud/")
	if constant && (strings.HasSuffix(path, ".sh") || strings.HasSuffix(path, ".awk")) {
		p.rows = append(p.rows, fmt.Sprintf("| %s | `%x` |\n", path, sha256.Sum256(data)))
	}
}

// Markdown is their table, sorted by path: who reviews a tree sees which version of each
// program gets onto hosts, and a host can be asked for the same with sha256sum.
func (p *Programs) Markdown() string {
	slices.Sort(p.rows)
	return "\n## Programs\n\nWhat hosts run, and what is run for the clouds, are constant files of this version of kustomize-hybrid: the same for every topology.\n\n" +
		"| program | SHA-256 |\n|---|---|\n" + strings.Join(p.rows, "")
}
