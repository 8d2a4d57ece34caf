package report_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/report"
)

// Each program of a tree stands in its report, with the sum that it has, and nothing else does.
func TestProgramsHaveTheirSums(t *testing.T) {
	for name, topology := range sample.Cases() {
		files, err := render.Tree(plan.New(topology))
		if err != nil {
			t.Fatal(err)
		}
		text, want := "", 0
		for _, f := range files {
			if f.Path == report.Path {
				_, text, _ = strings.Cut(string(f.Data), "\n## Programs\n")
			}
		}
		for _, f := range files {
			if !strings.HasPrefix(f.Path, "host/") && !strings.HasPrefix(f.Path, "cloud/") || strings.HasSuffix(f.Path, "SHA256SUMS") {
				continue
			}
			want++
			if row := fmt.Sprintf("| %s | `%x` |\n", f.Path, sha256.Sum256(f.Data)); !strings.Contains(text, row) {
				t.Errorf("%s: the report lacks %s", name, row)
			}
		}
		if got := strings.Count(text, "` |\n"); got != want || want < 20 {
			t.Errorf("%s: the report has %d programs, and the tree %d", name, got, want)
		}
	}
}
