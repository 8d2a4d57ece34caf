//go:build e2e

package emit_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// writes, in the environment, has this program write a tree into the directory after the
// comma and nothing else: it is what gets killed.
const writes = "EMIT_WRITES"

func TestMain(m *testing.M) {
	which, dir, ok := strings.Cut(os.Getenv(writes), ",")
	if !ok {
		os.Exit(m.Run())
	}
	runtime.LockOSThread() // a tracer counts the calls of each thread by itself
	if _, err := emit.Write(dir, tree.Of(trees()[which]...), emit.RefuseForeign); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// trees are two of which each has what the other lacks, or has otherwise: files, modes and
// directories.
func trees() map[string][]tree.File {
	all := map[string][]tree.File{}
	for _, which := range []string{"one", "two"} {
		for i := range 150 {
			f := tree.File{Path: fmt.Sprintf("same/%d/file", i%7), Data: []byte("the same")}
			switch {
			case i%3 == 0:
				f = tree.File{Path: fmt.Sprintf("changed/%d/%d", i%5, i), Data: []byte(which), Executable: which == "one"}
			case i%3 == 1:
				f = tree.File{Path: fmt.Sprintf("%s/%d/%d", which, i%4, i), Data: []byte(which)}
			case i >= 14:
				continue
			}
			if f.Data[0] == 't' && strings.HasPrefix(f.Path, "same") && i >= 7 {
				f.Path += ".more"
			}
			all[which] = append(all[which], f)
		}
	}
	return all
}

// changing are the calls by which a run changes the file system, but for openat, which
// makes the file that a write fills at once.
var changing = []string{"mkdirat", "write", "renameat", "unlinkat"}

func TestKilledAtEveryCall(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is missing: apt-get install strace")
	}
	var mu sync.Mutex
	states := map[string]int{}
	t.Run("calls", func(t *testing.T) {
		for _, call := range changing {
			t.Run(call, func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n++ {
					dir := begun(t)
					cmd := exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, n), os.Args[0])
					cmd.Env = append(os.Environ(), writes+"=two,"+dir)
					if out, err := cmd.CombinedOutput(); err == nil {
						break // it does not call that so often
					} else if cmd.ProcessState.ExitCode() == 1 {
						t.Fatalf("%s %d: %v\n%s", call, n, err, out)
					}
					was := heals(t, fmt.Sprintf("%s %d", call, n), dir, n)
					mu.Lock()
					states[was]++
					mu.Unlock()
				}
			})
		}
	})
	points := 0
	for _, n := range states {
		points += n
	}
	t.Logf("%d points: %v", points, states)
	if points < 300 || states["mixed"] == 0 {
		t.Errorf("%d points: %v", points, states)
	}
}

func TestKilledAtAnyTime(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	states := map[string]int{}
	for i := range 200 {
		dir := begun(t)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), writes+"=two,"+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		states[heals(t, fmt.Sprint("time ", i), dir, i)]++
	}
	t.Log(states)
}

func TestTwoAtOnce(t *testing.T) {
	for i := range 200 {
		dir := begun(t)
		var pair []*exec.Cmd
		for _, which := range []string{"one", "two"} {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), writes+"="+which+","+dir)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			pair = append(pair, cmd)
		}
		for _, cmd := range pair {
			if err := cmd.Wait(); err != nil {
				t.Errorf("pair %d: %v", i, err)
			}
		}
		if is := state(t, dir); is == "mixed" {
			t.Errorf("pair %d leaves a mixed tree", i)
		}
	}
}

// begun is a directory with the first tree.
func begun(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	if _, err := emit.Write(dir, tree.Of(trees()["one"]...), emit.RefuseForeign); err != nil {
		t.Fatal(err)
	}
	return dir
}

// state is which of the trees a directory has.
func state(t *testing.T, dir string) string {
	t.Helper()
	for which, files := range trees() {
		if diff, err := emit.Diff(dir, tree.Of(files...)); err != nil {
			t.Fatal(err)
		} else if len(diff) == 0 {
			return which
		}
	}
	return "mixed"
}

// heals says what was left, and whether one more run, of the new tree or of the old one,
// makes that whole, with nothing of ours beside it.
func heals(t *testing.T, name, dir string, n int) string {
	t.Helper()
	was := state(t, dir)
	next := []string{"one", "two"}[n%2]
	if _, err := emit.Write(dir, tree.Of(trees()[next]...), emit.RefuseForeign); err != nil {
		t.Errorf("%s: %s, and then: %v", name, was, err)
		return was
	}
	if is := state(t, dir); is != next {
		t.Errorf("%s: %s, and then %s instead of %s", name, was, is, next)
	}
	if _, err := os.Lstat(filepath.Join(dir, ".kustomize-hybrid-staging")); err == nil {
		t.Errorf("%s: what was staged is left", name)
	}
	return was
}
