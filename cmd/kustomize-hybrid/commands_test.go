package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// executed is where the test with a real cluster records which lines of the STEPS.md of its
// topology it ran. It alone writes the file (`make cluster CLUSTER_FLAGS='-record FILE'`).
const (
	executed        = "../../test/cluster/testdata/executed.txt"
	clusterTopology = "../../test/cluster/topology.yaml"
)

// unmarked are commands that nothing has run, and whose step does not say what they need.
const unmarked = "neither run nor marked"

// recorded are the commands that the real cluster has run: of its own STEPS.md, and after a
// line "== FILE" of that of an example's topology.
func recorded(t *testing.T) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(executed)
	if err != nil {
		t.Fatal(err)
	}
	ran := map[string]bool{}
	for i, part := range strings.Split("\n"+string(data), "\n== ") {
		file, lines := clusterTopology, part
		if i > 0 {
			file, lines, _ = strings.Cut(part, "\n")
			file = filepath.Join("../..", file)
		}
		p := planOf(t, file)
		s := steps.Step{Run: strings.Split(lines, "\n")}
		for _, command := range s.Commands() {
			ran[steps.Normal(p, command)] = true
		}
	}
	return ran
}

// A command of an example's STEPS.md is run by this test, recorded as run in a real cluster,
// or marked by its step as needing what no test has: testdata/commands.txt has the numbers
// and lists those.
func TestWhichCommandsAreRun(t *testing.T) {
	cluster := recorded(t)
	files, err := filepath.Glob("../../examples/*/topology.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var here, there int
	wants := map[string]map[string]bool{} // what is needed, and the commands that need it
	for _, file := range files {
		p := planOf(t, file)
		bench := newBench(t, file)
		for _, s := range slices.Concat(steps.List(p), leaveSteps(p)) {
			for _, command := range s.Commands() {
				normal := steps.Normal(p, command)
				need := "need " + s.Needs
				switch {
				case fileCommand(command):
					bench.run(t, command)
					here++
					continue
				case cluster[normal]:
					there++
					continue
				case s.Needs == "":
					need = unmarked
				}
				if wants[need] == nil {
					wants[need] = map[string]bool{}
				}
				wants[need][normal] = true
			}
		}
	}
	if here == 0 {
		t.Error("no command was run")
	}
	if n := len(wants[unmarked]); n > 0 {
		t.Errorf("%d commands are %s: %q", n, unmarked, slices.Sorted(maps.Keys(wants[unmarked])))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "run by this test: %d\nrun in a real cluster: %d\n", here, there)
	for _, need := range slices.Sorted(maps.Keys(wants)) {
		fmt.Fprintf(&b, "\n%s: %d different ones\n", need, len(wants[need]))
		for _, command := range slices.Sorted(maps.Keys(wants[need])) {
			fmt.Fprintf(&b, "  %s\n", command)
		}
	}
	t.Log(b.String())
	goldentest.Compare(t, "testdata/commands.txt", b.String())
}

// leaveSteps are those by which each region of a topology leaves.
func leaveSteps(p *plan.Plan) []steps.Step {
	var list []steps.Step
	for i, r := range p.Given.Spec.Regions {
		t := *p.Given
		t.Spec.Regions, t.Spec.Leaving = slices.Delete(slices.Clone(t.Spec.Regions), i, i+1), []schema.Region{r}
		list = append(list, slices.DeleteFunc(steps.List(plan.New(&t)), func(s steps.Step) bool { return s.Phase != steps.Leave })...)
	}
	return list
}

func planOf(t *testing.T, file string) *plan.Plan {
	t.Helper()
	in, err := load.Files(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := in.One()
	if err != nil {
		t.Fatal(err)
	}
	return plan.New(doc.Topology)
}

// fileCommand reports whether the command takes files alone, and may be run anywhere.
func fileCommand(command string) bool {
	return strings.HasPrefix(command, "kustomize-hybrid ") || strings.HasPrefix(command, "cat regions/")
}

// bench is a rendered tree in which commands are run, with an ssh that reaches a directory.
type bench struct {
	dir string
	env []string
}

func newBench(t *testing.T, topology string) *bench {
	t.Helper()
	dir, bin, host := t.TempDir(), t.TempDir(), t.TempDir()
	topology, err := filepath.Abs(topology)
	if err != nil {
		t.Fatal(err)
	}
	ssh := "#!/bin/sh\n[ \"$1\" = root@HOST ] && cd " + host + " && exec sh -ec \"$2\"\n"
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(ssh), 0o755); err != nil {
		t.Fatal(err)
	}
	path, policy := filepath.Join(bin, "topology.yaml"), filepath.Join(bin, "policy.hujson")
	b := &bench{dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TOPOLOGY="+path, "POLICY="+policy)}
	if err := os.WriteFile(policy, []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(topology)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	b.run(t, "kustomize-hybrid render $TOPOLOGY -o .")
	return b
}

func (b *bench) run(t *testing.T, command string) {
	t.Helper()
	cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", command)
	cmd.Dir, cmd.Env = b.dir, b.env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
}
