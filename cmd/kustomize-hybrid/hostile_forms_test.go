//go:build hostile

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// trees are files that were rendered, each content once.
type trees struct {
	scripts, units map[[sha256.Size]byte]written
	seen           map[[sha256.Size]byte]bool
}

// written is a file, and the input that it came from.
type written struct {
	tree.File
	from input
}

func newTrees() *trees {
	return &trees{map[[sha256.Size]byte]written{}, map[[sha256.Size]byte]written{}, map[[sha256.Size]byte]bool{}}
}

// render renders an input that was accepted, and holds each file against those who read it; programs
// do that for scripts and units at the end, for all of them.
func (h *hostile) render(i input) {
	in, err := hybrid.Read("<stdin>", []byte(i.text))
	if err != nil {
		h.fault(i, "what is accepted is not read", "%v", err)
		return
	}
	before := processorTime()
	files, list, err := hybrid.Render(in, hybrid.Options{})
	if err != nil || files == nil {
		h.fault(i, "what is accepted is not rendered", "%v %v", list, err)
		return
	}
	for f, err := range files {
		if err != nil {
			h.fault(i, "what is accepted is not rendered", "%s: %v", f.Path, err)
			return
		}
		sum := sha256.Sum256(append([]byte(path.Base(f.Path)+"\x00"), f.Data...))
		if h.trees.seen[sum] {
			continue
		}
		h.trees.seen[sum] = true
		h.file(i, in, f)
		switch path.Ext(f.Path) {
		case ".sh", ".env":
			h.trees.scripts[sum] = written{f, i}
		case ".service", ".timer", ".path", ".socket":
			h.trees.units[sum] = written{f, i}
		}
	}
	if took := processorTime() - before; took > slowest {
		h.fault(i, "time", "to render took %s", took)
	} else {
		h.slowest = max(h.slowest, took)
	}
}

// file is what can be said of one file without another program.
func (h *hostile) file(i input, in hybrid.Input, f tree.File) {
	text := string(f.Data)
	if at := strings.IndexFunc(text, isControl); at >= 0 {
		h.fault(i, "a control character is rendered", "%s: %q", f.Path, text[max(0, at-60):min(len(text), at+20)])
	}
	switch {
	case strings.Contains(f.Path, "policy") && path.Ext(f.Path) == ".json", path.Ext(f.Path) == ".hujson":
		list, err := hybrid.ACLCheck(in, hybrid.PolicyFile{Name: f.Path, Data: f.Data}, hybrid.Options{})
		// Who owns a tag may be defined where the policy is merged into.
		list = slices.DeleteFunc(list, func(d *diag.Diagnostic) bool {
			return d.Code == acl.CodeUndefined && undefinedOwner.MatchString(d.Message)
		})
		if err != nil || list.Count(diag.Error) > 0 {
			h.fault(i, "the policy fails its own check", "%v %v", list, err)
		}
	case path.Ext(f.Path) == ".json":
		if !json.Valid(f.Data) {
			h.fault(i, "JSON does not parse", "%s", f.Path)
		}
	case path.Ext(f.Path) == ".yaml":
		h.roundTrip(i, f)
	case readByProgram.MatchString(f.Path):
		for line := range strings.Lines(text) {
			if strings.Contains(line, canary) {
				h.programLine(i, f, line)
			}
		}
	}
}

// undefinedOwner is what is said of an owner of a tag whom the file does not define.
var undefinedOwner = regexp.MustCompile(`^(group|tag) ".*" is not defined in (groups|tagOwners)`)

// readByProgram matches what a program reads and runs, rather than a person.

var readByProgram = regexp.MustCompile(`[.](sh|awk|env|service|timer|path|socket|conf|tf|network|netdev)$`)

// programLine wants no payload in a line that is no comment: whoever reads it need not quote it then.
func (h *hostile) programLine(i input, f tree.File, line string) {
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return
	}
	h.canaries++
	acts := func(payload string) bool {
		return strings.Contains(payload, canary) && strings.ContainsAny(payload, "$`;&|<>\\%") && strings.Contains(line, payload)
	}
	if slices.ContainsFunc(payloads(), acts) {
		h.fault(i, "a payload is in a program", "%s: %s", f.Path, line)
	}
}

// roundTrip reads YAML, prints it and reads that: it says the same.
func (h *hostile) roundTrip(i input, f tree.File) {
	nodes, err := kio.FromBytes(f.Data)
	if err != nil {
		h.fault(i, "YAML does not parse", "%s: %v\n%s", f.Path, err, f.Data)
		return
	}
	for _, n := range nodes {
		printed, err := n.String()
		if err == nil {
			var again *yaml.RNode
			if again, err = yaml.Parse(printed); err == nil {
				var a, b any
				_, _ = n.YNode().Decode(&a), again.YNode().Decode(&b)
				if diff := cmp.Diff(a, b); diff != "" {
					err = fmt.Errorf("%s", diff)
				}
			}
		}
		if err != nil {
			h.fault(i, "YAML does not come back", "%s: %v", f.Path, err)
		}
	}
}

// forms has shells and systemd read what was rendered.
func (h *hostile) forms() {
	h.t.Run("Dash", func(t *testing.T) { h.shell(t, "dash", "-n") })
	h.t.Run("BusyBox", func(t *testing.T) { h.shell(t, "busybox", "sh", "-n") })
	h.t.Run("Systemd", h.systemd)
}

func (h *hostile) shell(t *testing.T, words ...string) {
	sample.NeedTool(t, words[0])
	dir := t.TempDir()
	names := map[string]written{}
	for sum, w := range h.trees.scripts {
		name := filepath.Join(dir, fmt.Sprintf("%x-%s", sum[:6], path.Base(w.Path)))
		if err := os.WriteFile(name, w.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		names[name] = w
	}
	if len(names) == 0 {
		t.Fatal("nothing was rendered")
	}
	out, err := exec.Command("sh", "-c", `for f in "$0"/*; do `+strings.Join(words, " ")+` "$f" >"$0.said" 2>&1 || echo "$f: $(head -n 1 "$0.said")"; done`, dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		name, said, _ := strings.Cut(line, ": ")
		h.fault(names[name].from, "a script does not parse", "%s: %s", names[name].Path, said)
	}
	t.Logf("%d scripts and environments", len(names))
}

// systemd verifies the units, those of one name one after the other: each set in a directory.
func (h *hostile) systemd(t *testing.T) {
	sample.NeedTool(t, "systemd-analyze")
	dir := t.TempDir()
	sets := map[string]map[string]written{}
	for _, w := range h.trees.units {
		name := path.Base(w.Path)
		for n := 0; ; n++ {
			set := filepath.Join(dir, fmt.Sprint(n))
			if sets[set] == nil {
				sets[set] = map[string]written{}
			}
			if _, taken := sets[set][name]; !taken {
				sets[set][name] = w
				break
			}
		}
	}
	// A set needs those that its own refer to, which may have been the same in another tree.
	for _, units := range sets {
		for name, w := range sets[filepath.Join(dir, "0")] {
			if _, has := units[name]; !has {
				units[name] = w
			}
		}
	}
	// What the units start is not here: /bin/true is, and has the same arguments.
	programs := regexp.MustCompile(`(?m)(^Exec[A-Za-z]*=[-+!:@]*)/[^ \n]+`)
	for set, units := range sets {
		if err := os.Mkdir(set, 0o700); err != nil {
			t.Fatal(err)
		}
		args := []string{"verify", "--man=no"}
		for name, w := range units {
			file := filepath.Join(set, name)
			args = append(args, file)
			if err := os.WriteFile(file, programs.ReplaceAll(w.Data, []byte("${1}/bin/true")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.Command("systemd-analyze", args...)
		c.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+set+":")
		if out, err := c.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
			for _, w := range units {
				h.fault(w.from, "units do not verify", "%v: %s", err, out)
				break
			}
		}
	}
	t.Logf("%d units in %d sets", len(h.trees.units), len(sets))
}
