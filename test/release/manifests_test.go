package release_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Krew's manifest and Homebrew's formula name each archive with its own checksum, and a checksum
// that is missing is said.
func TestManifests(t *testing.T) {
	var sums strings.Builder
	for i, file := range []string{"darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "linux_amd64.tar.gz", "linux_arm64.tar.gz", "windows_amd64.zip", "windows_arm64.zip"} {
		sums.WriteString(strings.Repeat(string("0123456789abcdef"[i]), 64) + "  kustomize-hybrid_1.2.3_" + file + "\n")
	}
	dir := t.TempDir()
	list := filepath.Join(dir, "SHA256SUMS")
	if err := os.WriteFile(list, []byte(sums.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, root, nil, "release/manifests.sh", "1.2.3", list, dir)
	var krew struct {
		Kind string
		Spec struct {
			Version   string
			Platforms []struct{ URI, SHA256, Bin string }
		}
	}
	if err := yaml.Unmarshal(contents(t, filepath.Join(dir, "hybrid.yaml")), &krew); err != nil {
		t.Fatal(err)
	}
	if krew.Kind != "Plugin" || krew.Spec.Version != "v1.2.3" || len(krew.Spec.Platforms) != 6 {
		t.Errorf("%+v", krew)
	}
	formula := string(contents(t, filepath.Join(dir, "kustomize-hybrid.rb")))
	for line := range strings.Lines(sums.String()) {
		sum, file, _ := strings.Cut(strings.TrimSpace(line), "  ")
		found := false
		for _, p := range krew.Spec.Platforms {
			found = found || p.SHA256 == sum && strings.HasSuffix(p.URI, "/v1.2.3/"+file)
		}
		inFormula := strings.Contains(formula, file+"\"\n      sha256 \""+sum+"\"\n")
		if !found || inFormula == strings.Contains(file, "windows") {
			t.Errorf("%s with %s: in krew's %v, in the formula %v", file, sum, found, inFormula)
		}
	}
	if err := os.WriteFile(list, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("release/manifests.sh", "1.2.3", list, dir)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "has no checksum of") {
		t.Errorf("without a checksum: %v %s", err, out)
	}
}
