package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
)

// heavy are packages that cost a process its start, and that a program for functions and hooks
// does without.
func heavy() []string {
	return []string{"cuelang.org/go", "k8s.io/api", "k8s.io/kube-openapi/pkg/validation/strfmt", "sigs.k8s.io/kustomize/api/krusty", "sigs.k8s.io/kustomize/kyaml/fn/framework"}
}

// A lean program links none of what is heavy.
func TestLeanLinksNothingHeavy(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags", "lean", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if slices.ContainsFunc(heavy(), func(root string) bool { return under(dep, root) }) {
			t.Errorf("a lean program links %s", dep)
		}
	}
}

// spoken is all that a program says.
type spoken struct {
	code     int
	out, err string
}

func says(t *testing.T, program, stdin string, args ...string) spoken {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return spoken{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func whole(stdin string, args ...string) spoken {
	var out, errs bytes.Buffer
	code := run(append([]string{}, args...), strings.NewReader(stdin), &out, &errs)
	return spoken{code, out.String(), errs.String()}
}

// A lean program says what the whole one says, byte for byte: as a function, of what is right and
// of what is wrong, and of a rendered tree. What it cannot do it says at once.
func TestLeanEqualsWhole(t *testing.T) {
	dir := t.TempDir()
	lean := filepath.Join(dir, "kustomize-hybrid")
	if out, err := exec.Command("go", "build", "-tags", "lean", "-o", lean, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	startsWithLittle(t, lean)
	same := func(stdin string, args ...string) {
		t.Helper()
		if a, b := says(t, lean, stdin, args...), whole(stdin, args...); a != b {
			t.Errorf("kustomize-hybrid %s: lean it says\n%+.2000v\nand whole\n%+.2000v", strings.Join(args, " "), a, b)
		}
	}
	broken := filepath.Join(dir, "topology.yaml")
	for _, e := range docs.Examples() {
		if err := os.WriteFile(broken, []byte(e.Input), 0o666); err != nil {
			t.Fatal(err)
		}
		same("", "validate", "--format", "json", broken)
	}
	examples, err := filepath.Glob("../../examples/*/topology.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal(examples, err)
	}
	for i, f := range examples {
		same("", "validate", "--info", f)
		same(listOf(t, f, false))
		same(listOf(t, f, true))
		tree := filepath.Join(dir, fmt.Sprint(i))
		if got := says(t, lean, "", "render", f, "-o", tree); got.code != exitClean {
			t.Errorf("%s: %+v", f, got)
		}
		same("", "render", f, "-o", tree, "--check")
	}
	file := filepath.Join(dir, "topology.cue")
	if err := os.WriteFile(file, []byte("kind: \"Topology\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"validate", file}, {"validate", "--validate=cue", examples[0]}, {"build", dir}} {
		if got := says(t, lean, "", args...); got.code != exitFailure || got.out != "" || !strings.Contains(got.err, "this program is built lean, without ") {
			t.Errorf("%s: %+v", strings.Join(args, " "), got)
		}
	}
}

// startsWithLittle holds that no package of ours makes much before main, which each call would pay
// for: a regular expression, a map or a table. The runtime writes down what each has allocated.
func startsWithLittle(t *testing.T, program string) {
	const most = 4096
	cmd := exec.Command(program, "version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	ours := 0
	for line := range strings.Lines(trace.String()) {
		// init PACKAGE @0.1 ms, 0.02 ms clock, 384 bytes, 4 allocs
		words := strings.Fields(line)
		if len(words) != 11 || words[0] != "init" || !under(words[1], module) {
			continue
		}
		ours++
		if n, err := strconv.Atoi(words[7]); err != nil || n > most {
			t.Errorf("before main, %s allocates %s bytes, and %d are allowed: make it when it is first asked for", words[1], words[7], most)
		}
	}
	if ours == 0 {
		t.Errorf("the trace of what happens before main names no package of ours:\n%s", trace.String())
	}
}
