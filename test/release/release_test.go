package release_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root = "../.."
)

// run runs a program in a directory and returns its standard output.
func run(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stderr, cmd.Env = dir, &errs, append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", program, args, err, out, &errs)
	}
	return string(out)
}

// clone is the commit of the working tree, elsewhere.
func clone(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	run(t, ".", nil, "git", "clone", "--quiet", "--no-hardlinks", absolute(t, root), dir)
	run(t, dir, nil, "git", "checkout", "--quiet", strings.TrimSpace(run(t, root, nil, "git", "rev-parse", "HEAD")))
	return dir
}

// build builds the program as .goreleaser.yaml says.
func build(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "kustomize-hybrid")
	run(t, dir, []string{"CGO_ENABLED=0", "GOFLAGS=-buildvcs=true"}, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "./cmd/kustomize-hybrid")
	return program
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func contents(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Two builds of one commit, in two directories, are the same bytes, and say which commit it is.
func TestSameBytes(t *testing.T) {
	first, second := build(t, clone(t)), build(t, clone(t))
	if a, b := sha256.Sum256(contents(t, first)), sha256.Sum256(contents(t, second)); a != b {
		t.Errorf("%x and %x", a, b)
	}
	commit := strings.TrimSpace(run(t, root, nil, "git", "rev-parse", "HEAD"))
	for _, args := range [][]string{{"version"}, {"--version"}} {
		if said := run(t, ".", nil, first, args...); !strings.Contains(said, "\ncommit "+commit+"\n") {
			t.Errorf("%q does not name commit %s:\n%s", args, commit, said)
		}
	}
	if file := run(t, ".", nil, "go", "version", "-m", first); !strings.Contains(file, "CGO_ENABLED=0") {
		t.Errorf("the program needs libraries of its host:\n%s", file)
	}
}
