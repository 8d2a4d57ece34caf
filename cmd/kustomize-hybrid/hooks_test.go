package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/draft"
)

// hook is one of .pre-commit-hooks.yaml.
type hook struct {
	ID            string
	Entry         string
	Language      string
	Args          []string
	Files         string
	PassFilenames *bool `yaml:"pass_filenames"`
}

func readHooks(t *testing.T) []hook {
	t.Helper()
	data, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []hook
	if err := yaml.Unmarshal(data, &hooks); err != nil || len(hooks) == 0 {
		t.Fatal(hooks, err)
	}
	return hooks
}

// Each hook has a form for Go, for a program on PATH and for an image, which do the same, and what
// they run is a command of this program. `make precommit` runs them under pre-commit itself.
func TestHooks(t *testing.T) {
	forms := map[string]string{"golang": "", "system": "-system", "docker_image": "-docker"}
	commands := map[string][]string{}
	for _, h := range readHooks(t) {
		suffix, known := forms[h.Language]
		name, ok := strings.CutSuffix(h.ID, suffix)
		program, command, _ := strings.Cut(h.Entry, " ")
		if !known || !ok || h.Language != "docker_image" && program != "kustomize-hybrid" || h.Language == "docker_image" && !strings.HasPrefix(program, "ghcr.io/kustomize-hybrid/kustomize-hybrid:") {
			t.Errorf("%s: %s, %s", h.ID, h.Language, program)
		}
		commands[name] = append(commands[name], command+" "+strings.Join(h.Args, " "))
		var out, errs bytes.Buffer
		if code := run(append(strings.Fields(command), "--help"), strings.NewReader(""), &out, &errs); code != 0 {
			t.Errorf("%s: %s: %s", h.ID, command, errs.String())
		}
		for _, arg := range append(strings.Fields(command), h.Args...) {
			if flag, _, _ := strings.Cut(arg, "="); strings.HasPrefix(flag, "--") && !strings.Contains(out.String(), flag+" ") {
				t.Errorf("%s: %s has no %s", h.ID, command, flag)
			}
		}
		if passes := h.PassFilenames == nil || *h.PassFilenames; passes != (h.Files != "") {
			t.Errorf("%s: takes files %v, and files: %q", h.ID, passes, h.Files)
		}
	}
	for name, all := range commands {
		if len(all) != len(forms) || len(slices.Compact(all)) != 1 {
			t.Errorf("%s: %q", name, all)
		}
	}
}

// What init writes, and what pages show, names hooks that there are.
func TestHooksAreNamedRight(t *testing.T) {
	var ids []string
	for _, h := range readHooks(t) {
		ids = append(ids, h.ID)
	}
	texts := map[string][]byte{}
	files, err := draft.Files("main")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		texts[f.Path] = f.Data
	}
	for _, page := range []string{"../../README.md", "../../docs/pre-commit.md"} {
		if texts[page], err = os.ReadFile(page); err != nil {
			t.Fatal(err)
		}
	}
	named := 0
	for name, text := range texts {
		for _, m := range regexp.MustCompile(`\bid: ([a-z-]+)`).FindAllSubmatch(text, -1) {
			named++
			if !slices.Contains(ids, string(m[1])) {
				t.Errorf("%s: there is no hook %s", name, m[1])
			}
		}
	}
	if named < 5 {
		t.Errorf("only %d hooks are named", named)
	}
}
