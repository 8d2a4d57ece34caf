package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
)

// TestUndo carries out, on files, each phase of a change and then its undo: that ends with the
// tree of the phase before, byte for byte, and no render on the way refuses anything.
func TestUndo(t *testing.T) {
	cut := func(text, from string) string {
		before, _, _ := strings.Cut(text, from)
		return before
	}
	replace := func(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }
	last := func(text string) string { return cut(text, "    - name: reykjavik") }
	as := func(text string) string { return text }
	const second = `{name: rkv-gw-1, internalIP: 10.50.0.11, internalIPv6: "fd00:10:50::11", tailnetIP: 100.90.0.31, tailnetIPv6: "fd7a:115c:a1e0::1f", underNAT: true}`
	for _, m := range []struct {
		name, example string
		old, new      func(string) string
		phases        int
	}{
		{"add a region", "three-regions", last, as, 1},
		{"drain and remove a region", "three-regions", as, last, 2},
		{"widen a pod CIDR", "three-regions", as, replace("10.40.0.0/18", "10.40.0.0/17"), 1},
		{"move a pod CIDR", "three-regions", as, replace("10.60.0.0/18", "10.61.0.0/18"), 2},
		{"add a gateway", "three-regions", as, replace(second, second+"\n          - "+strings.NewReplacer("gw-1", "gw-2", "0.11", "0.12", "::11", "::12", "0.31", "0.32", "::1f", "::20").Replace(second)), 1},
		{"change the strategy", "supersets", replace("supersets}", "relay}", `, supersets: [10.142.0.0/15, "fd00:142::/48", "fd00:143::/48"]`, ""), as, 1},
		{"upgrade Tailscale", "regional-gateway", as, replace("1.84.3", "1.102.3"), 1},
		{"change the tag", "three-regions", as, replace("tag:training", "tag:mesh"), 3},
		{"much at once", "three-regions", last, replace("10.20.0.0/16", "10.21.0.0/16", "tag:training", "tag:mesh", "1.102.3", "1.100.0"), 4},
	} {
		t.Run(m.name, func(t *testing.T) {
			text, err := os.ReadFile("../../examples/" + m.example + "/topology.yaml")
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			old, new := filepath.Join(dir, "old.yaml"), filepath.Join(dir, "new.yaml")
			for path, change := range map[string]func(string) string{old: m.old, new: m.new} {
				if err := os.WriteFile(path, []byte(change(string(text))), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			undo(t, dir, old, new, m.phases)
		})
	}
}

func undo(t *testing.T, dir, old, new string, phases int) {
	t.Helper()
	load := func(path string) hybrid.Input {
		in, err := hybrid.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	c, list, err := hybrid.Compare(load(old), load(new), hybrid.Options{})
	if err != nil || c == nil {
		t.Fatal(err, list)
	}
	if len(c.Phases) != phases {
		t.Fatalf("%d phases, want %d:\n%s", len(c.Phases), phases, c.Text())
	}
	files := filepath.Join(dir, "phases")
	if code := run([]string{"plan", old, new, "--phases", files}, strings.NewReader(""), &strings.Builder{}, &strings.Builder{}); code != exitChanges {
		t.Fatalf("exit %d", code)
	}
	tree := filepath.Join(dir, "tree")
	w := worker{tree: tree, words: strings.NewReplacer("$PHASES", files, "-o .", "-o "+tree)}
	w.carryOut(t, []string{"TOPOLOGY=$PHASES/phase-0/topology.yaml", "kustomize-hybrid render $TOPOLOGY -o ."})
	same(t, "phase 0 is not OLD", rendered(t, old), w.read(t))
	for _, p := range c.Phases {
		before := w.read(t)
		w.carryOut(t, p.Do[0].Run)
		after := w.read(t)
		for _, a := range p.Undo {
			w.carryOut(t, a.Run)
		}
		same(t, "the undo of a phase leaves another tree than there was", before, w.read(t))
		w.carryOut(t, p.Do[0].Run)
		same(t, "a phase is another one after its undo", after, w.read(t))
	}
	same(t, "the last phase is not NEW", rendered(t, new), w.read(t))
}

func same(t *testing.T, fault string, want, got []goldentest.File) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s: %s", fault, cmp.Diff(want, got))
	}
}

// rendered is what a topology renders to in an empty directory.
func rendered(t *testing.T, topology string) []goldentest.File {
	t.Helper()
	dir := t.TempDir()
	if code := run([]string{"render", topology, "-o", dir}, strings.NewReader(""), &strings.Builder{}, &strings.Builder{}); code != exitClean {
		t.Fatalf("render %s: exit %d", topology, code)
	}
	return goldentest.ReadTree(t, dir)
}

// worker carries out those commands of actions that take files alone.
type worker struct {
	tree  string
	words *strings.Replacer
}

func (w *worker) read(t *testing.T) []goldentest.File {
	t.Helper()
	return goldentest.ReadTree(t, w.tree)
}

func (w *worker) carryOut(t *testing.T, commands []string) {
	t.Helper()
	topology := ""
	for _, c := range commands {
		if value, ok := strings.CutPrefix(c, "TOPOLOGY="); ok {
			topology = w.words.Replace(value)
			continue
		}
		rest, ours := strings.CutPrefix(c, "kustomize-hybrid render ")
		if !ours {
			continue
		}
		var errs strings.Builder
		args := strings.Fields(strings.ReplaceAll(w.words.Replace(rest), "$TOPOLOGY", topology))
		if code := run(append([]string{"render"}, args...), strings.NewReader(""), &strings.Builder{}, &errs); code != exitClean {
			t.Errorf("%s: exit %d: %s", c, code, errs.String())
		}
	}
}
