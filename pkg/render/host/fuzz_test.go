package host_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
)

// said is a line that programs on hosts take from tables.awk.
var said = regexp.MustCompile(`^(region|fleet|setting|own|local|gateway|spoofed|made|source|buried|remote|transit|error) `)

// FuzzTables gives the programs tables that nobody has rendered: they end, with lines of kinds that
// their callers know, or with an error and nothing else.
func FuzzTables(f *testing.F) {
	sample.NeedTool(f, "awk")
	dir := f.TempDir()
	for _, p := range program.Files() {
		if err := os.WriteFile(filepath.Join(dir, p.Name), p.Data, 0o600); err != nil {
			f.Fatal(err)
		}
	}
	for _, t := range sample.Cases() {
		p := plan.New(t)
		fleet := host.NewFleet(p)
		for i := range p.Regions {
			f.Add(fleet.NodeTables(&p.Regions[i]), fleet.Data)
		}
	}
	for _, s := range []string{"", "kustomize-hybrid tables 1\n", "kustomize-hybrid tables 2\n", "kustomize-hybrid tables 1\nlocal 4\n", "kustomize-hybrid tables 1\nown 4 999.1.1.1/99\n", "kustomize-hybrid tables 1\nremote 6 ::::/300\nexcept 4 10.0.0.0/8\n"} {
		f.Add([]byte(s), []byte("kustomize-hybrid fleet 1\nprefix 4 10.0.0.0/8\n"))
	}
	f.Fuzz(func(t *testing.T, tables, fleet []byte) {
		c := exec.Command("awk", "-f", filepath.Join(dir, "tables.awk"))
		c.Stdin = strings.NewReader(string(tables) + string(fleet))
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if len(out) == 0 {
			t.Fatal("nothing is said")
		}
		lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		for _, line := range lines {
			if !said.MatchString(line) || strings.HasPrefix(line, "error ") && len(lines) > 1 {
				t.Fatalf("%q of %q", line, out)
			}
		}
	})
}
