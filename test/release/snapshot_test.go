//go:build snapshot

package release_test

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dist is what GoReleaser made in one of the two clones.
func dist(t *testing.T, clone string) string {
	t.Helper()
	dir := os.Getenv("SNAPSHOT")
	if dir == "" {
		t.Fatal("SNAPSHOT, the directory of release/snapshot.sh, is not set: run `make release-snapshot`")
	}
	return filepath.Join(dir, clone)
}

// sums are the checksums of a snapshot by file, each of which is what its file has.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for line := range strings.Lines(string(contents(t, filepath.Join(dir, "SHA256SUMS")))) {
		sum, file, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if has := sha256.Sum256(contents(t, filepath.Join(dir, file))); hex.EncodeToString(has[:]) != sum {
			t.Errorf("%s is %x, and SHA256SUMS says %s", file, has, sum)
		}
		all[file] = sum
	}
	return all
}

// Two snapshots of one commit, in two directories, are the same bytes. For each program there are an
// archive and an SBOM, for those of Linux two packages, and there is the source.
func TestSnapshotsAreTheSameBytes(t *testing.T) {
	first := sums(t, dist(t, "1"))
	if diff := cmp.Diff(first, sums(t, dist(t, "2"))); diff != "" {
		t.Error(diff)
	}
	files := slices.Sorted(maps.Keys(first))
	var want []string
	for _, file := range files {
		name, ok := strings.CutSuffix(file, ".cdx.json")
		switch {
		case !ok:
		case strings.Contains(name, "_windows_"):
			want = append(want, file, name+".zip")
		case strings.Contains(name, "_linux_"):
			want = append(want, file, name+".tar.gz", name+".deb", name+".rpm")
		default:
			want = append(want, file, name+".tar.gz")
		}
	}
	source := filepath.Base(only(t, "kustomize-hybrid-*.tar.gz"))
	slices.Sort(want)
	if diff := cmp.Diff(append([]string{source}, want...), files); diff != "" || len(want) == 0 {
		t.Errorf("files that are not there, and some that are too many: %s", diff)
	}
	for _, file := range files {
		t.Logf("%s  %s", first[file], file)
	}
}

// only is the one file of a snapshot whose name matches.
func only(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dist(t, "1"), pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q %v", pattern, found, err)
	}
	return found[0]
}

// The SBOM names what the program says that it is made of.
func TestSnapshotSBOM(t *testing.T) {
	program, err := buildinfo.ReadFile(only(t, "kustomize-hybrid_linux_amd64*/kustomize-hybrid"))
	if err != nil {
		t.Fatal(err)
	}
	var sbom struct {
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(contents(t, only(t, "*_linux_amd64.cdx.json")), &sbom); err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{"std": program.GoVersion}, map[string]string{}
	for _, m := range program.Deps {
		want[m.Path] = m.Version
	}
	for _, c := range sbom.Components {
		got[c.Name] = c.Version
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 10 {
		t.Error(diff)
	}
}

// The archive has the program, its pages and the licence; the image of a release is made of it.
func TestSnapshotArchive(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, nil, "tar", "-xzf", only(t, "kustomize-hybrid_*_linux_amd64.tar.gz"))
	names := strings.Fields(strings.ReplaceAll(files(t, dir), dir+"/", ""))
	want := []string{"LICENSE", "README.md", "kustomize-hybrid", "kustomize-hybrid.1", "kustomize-hybrid.bash", "kustomize-hybrid.fish", "kustomize-hybrid.zsh"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	says(t, filepath.Join(dir, "kustomize-hybrid"))
}

// says runs a program of the snapshot, which knows its commit.
func says(t *testing.T, program string) {
	t.Helper()
	commit := strings.TrimSpace(run(t, root, nil, "git", "rev-parse", "HEAD"))
	if said := run(t, ".", nil, program, "version"); !strings.HasPrefix(said, "kustomize-hybrid ") || !strings.Contains(said, "\ncommit "+commit+"\n") {
		t.Errorf("%s says\n%s", program, said)
	}
}

// The deb installs by dpkg, into a root of its own: its program runs, its pages and completions are
// where their readers look. Nothing stays when it goes.
func TestSnapshotDeb(t *testing.T) {
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
	dpkg("--install", only(t, "*_linux_amd64.deb"))
	for _, file := range []string{
		"usr/bin/kustomize-hybrid", "usr/share/man/man1/kustomize-hybrid.1", "usr/share/bash-completion/completions/kustomize-hybrid",
		"usr/share/zsh/vendor-completions/_kustomize-hybrid", "usr/share/fish/vendor_completions.d/kustomize-hybrid.fish", "usr/share/doc/kustomize-hybrid/copyright",
	} {
		if info, err := os.Stat(filepath.Join(where, file)); err != nil || info.Size() < 500 {
			t.Errorf("%s: %v", file, err)
		}
	}
	says(t, filepath.Join(where, "usr/bin/kustomize-hybrid"))
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
