package release_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	_ "github.com/goreleaser/nfpm/v2/rpm"
	"gopkg.in/yaml.v3"
)

// packageOf makes a package as the section nfpms of .goreleaser.yaml describes it, with the
// program at /usr/bin, as GoReleaser puts it there.
func packageOf(t *testing.T, format, program string) string {
	t.Helper()
	var config struct {
		NFPMs []map[string]any `yaml:"nfpms"`
	}
	date := strings.TrimSpace(run(t, root, nil, "git", "log", "-1", "--format=%cI"))
	text := strings.ReplaceAll(string(contents(t, root+"/.goreleaser.yaml")), "{{ .CommitDate }}", date)
	if err := yaml.Unmarshal([]byte(text), &config); err != nil || len(config.NFPMs) != 1 {
		t.Fatalf("%d sections nfpms: %v", len(config.NFPMs), err)
	}
	described := config.NFPMs[0]
	described["name"] = described["package_name"]
	delete(described, "package_name")
	delete(described, "formats")
	described["version"], described["arch"], described["platform"] = "v1.2.3", "amd64", "linux"
	described["contents"] = append(described["contents"].([]any), map[string]any{
		"src": program, "dst": "/usr/bin/kustomize-hybrid", "file_info": map[string]any{"mode": 0o755, "mtime": date},
	})
	plain, err := yaml.Marshal(described)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root) // where the paths of contents begin
	parsed, err := nfpm.Parse(bytes.NewReader(plain))
	if err != nil {
		t.Fatal(err)
	}
	info, err := parsed.Get(format)
	if err != nil {
		t.Fatal(err)
	}
	info = nfpm.WithDefaults(info)
	packager, err := nfpm.Get(format)
	if err != nil {
		t.Fatal(err)
	}
	info.Target = filepath.Join(t.TempDir(), packager.ConventionalFileName(info))
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(info.Target)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := packager.Package(info, out); err != nil {
		t.Fatal(err)
	}
	return info.Target
}

// The packages of one commit are the same bytes twice; the deb installs, its program runs, its
// pages and completions are where their readers look, and nothing stays when it goes.
func TestPackages(t *testing.T) {
	program := build(t, absolute(t, root))
	top := absolute(t, root)
	run(t, top, nil, "sh", "release/pages.sh")
	for _, format := range []string{"deb", "rpm"} {
		t.Run(format, func(t *testing.T) {
			first := contents(t, packageOf(t, format, program))
			t.Chdir(filepath.Join(top, "test/release"))
			if second := contents(t, packageOf(t, format, program)); !bytes.Equal(first, second) || len(first) < 1<<20 {
				t.Errorf("%d bytes, and another time others", len(first))
			}
		})
	}
	t.Run("install", func(t *testing.T) { installs(t, packageOf(t, "deb", program)) })
}

// installs puts a deb into a root of its own by dpkg, and takes it away again.
func installs(t *testing.T, deb string) {
	t.Helper()
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Fatal("this test needs dpkg, of Debian or Ubuntu")
	}
	where := t.TempDir()
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates"} {
		if err := os.MkdirAll(filepath.Join(where, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(where, "var/lib/dpkg", file), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := files(t, where)
	dpkg := func(args ...string) {
		t.Helper()
		run(t, where, nil, "dpkg", append([]string{"--root=" + where, "--force-not-root", "--log=/dev/null"}, args...)...)
	}
	dpkg("--install", deb)
	for _, file := range []string{
		"usr/bin/kustomize-hybrid", "usr/share/man/man1/kustomize-hybrid.1", "usr/share/bash-completion/completions/kustomize-hybrid",
		"usr/share/zsh/vendor-completions/_kustomize-hybrid", "usr/share/fish/vendor_completions.d/kustomize-hybrid.fish", "usr/share/doc/kustomize-hybrid/copyright",
	} {
		if info, err := os.Stat(filepath.Join(where, file)); err != nil || info.Size() < 500 {
			t.Errorf("%s: %v", file, err)
		}
	}
	if said := run(t, where, nil, filepath.Join(where, "usr/bin/kustomize-hybrid"), "version"); !strings.HasPrefix(said, "kustomize-hybrid ") {
		t.Errorf("it says %q", said)
	}
	dpkg("--purge", "kustomize-hybrid")
	if after := files(t, where); after != before {
		t.Errorf("after it went there are\n%sand there were\n%s", after, before)
	}
}

// files lists what there is but dpkg's own records.
func files(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, "var/lib/dpkg/") {
			b.WriteString(path + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

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
