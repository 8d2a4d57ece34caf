package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every command of these pages runs, in the order in which it stands there, in one shell and one
// directory; kubectl is a stand-in that prints what testdata/init has of a cluster, and cue is one that
// looks whether its files are there (`make editors` runs the real one).
func TestFirstSteps(t *testing.T) {
	for page, least := range map[string]int{"quickstart.md": 10, "init.md": 3, "editors.md": 2} {
		t.Run(page, func(t *testing.T) {
			text, err := os.ReadFile("../../docs/" + page)
			if err != nil {
				t.Fatal(err)
			}
			var script strings.Builder
			commands := 0
			for _, block := range strings.Split(string(text), "```sh\n")[1:] {
				block, _, _ = strings.Cut(block, "```")
				script.WriteString(block)
				commands += strings.Count(block, "kustomize-hybrid ")
			}
			if commands < least {
				t.Fatalf("only %d commands", commands)
			}
			dir, bin := t.TempDir(), t.TempDir()
			dump, err := filepath.Abs("../../testdata/init/kubeadm-cilium.txtar")
			if err != nil {
				t.Fatal(err)
			}
			for name, program := range map[string]string{
				"kubectl": "#!/bin/sh\nsed '1,/^-- dump.yaml --$/d; /^-- want/,$d' " + dump + "\n",
				"cue":     "#!/bin/sh\nfor last; do :; done; [ -s \"$last\" ]\n",
			} {
				if err := os.WriteFile(filepath.Join(bin, name), []byte(program), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("bash", "-e", "-x", "-o", "pipefail", "-c", script.String())
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if page == "quickstart.md" && !strings.Contains(string(out), "[cidr-overlap]") {
				t.Errorf("the mistake of the quickstart is not found:\n%s", out)
			}
		})
	}
}
