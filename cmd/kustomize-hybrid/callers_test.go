package main

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
)

// rounds is how often callers meet; `make callers` asks for more.
var rounds = flag.Int("rounds", 10, "rounds of several callers at once")

// program is this test program under the name by which TestMain takes it for the real one.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "kustomize-hybrid")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// atOnce runs the program with each of the arguments at the same time, and returns what
// they print.
func atOnce(t *testing.T, program string, all [][]string) []string {
	t.Helper()
	var runs []*exec.Cmd
	outs, errs := make([]bytes.Buffer, len(all)), make([]bytes.Buffer, len(all))
	for i, args := range all {
		run := exec.Command(program, args...)
		run.Stdout, run.Stderr = &outs[i], &errs[i]
		if err := run.Start(); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	var said []string
	for i, run := range runs {
		if err := run.Wait(); err != nil {
			t.Errorf("%q: %v\n%s", all[i], err, errs[i].String())
		}
		said = append(said, outs[i].String())
	}
	return said
}

// apart reports prefixes that stand in one of the outputs and overlap those of another.
func apart(t *testing.T, outputs []string) {
	t.Helper()
	var all []netip.Prefix
	for _, out := range outputs {
		for _, line := range strings.Fields(out) {
			p, err := netip.ParsePrefix(line)
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range all {
				if other.Overlaps(p) {
					t.Errorf("%s was given beside %s", p, other)
				}
			}
			all = append(all, p)
		}
	}
}

// example copies an example's topology to where it may be edited.
func example(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile("../../examples/regional-gateway/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "topology.yaml")
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// Six callers of one lock file get six prefixes, and the lock remembers all of them.
func TestCallersOfOneLockFile(t *testing.T) {
	program, dir := program(t), t.TempDir()
	topology := example(t, dir)
	for round := range *rounds {
		lock := filepath.Join(dir, fmt.Sprintf("%d.lock", round))
		var all [][]string
		for _, region := range []string{"gcp-us", "gpu-dc"} {
			for _, role := range []string{"pod", "node", "fabric"} {
				all = append(all, []string{"suggest", topology, "--size", "/24", "--role", role, "--region", region, "--lock", lock})
			}
		}
		said := atOnce(t, program, all)
		apart(t, said)
		text, err := os.ReadFile(lock)
		if err != nil {
			t.Fatal(err)
		}
		kept, list := ipam.ReadLock(lock, text)
		if len(list) > 0 || len(kept.Allocations) != len(all) {
			t.Fatalf("round %d: %d callers, and the lock has %v %v", round, len(all), kept, list)
		}
	}
	t.Logf("%d rounds of 6 callers", *rounds)
}

// Without a lock file the topology is what callers share: each adds to what it finds there.
func TestCallersThatEditOneTopology(t *testing.T) {
	program, dir := program(t), t.TempDir()
	for range (*rounds + 4) / 5 {
		topology := example(t, dir)
		var all [][]string
		for _, region := range []string{"gcp-us", "gpu-dc"} {
			for _, role := range []string{"pod", "node", "fabric"} {
				all = append(all, []string{"suggest", topology, "--size", "/24", "--role", role, "--region", region, "--apply"})
			}
		}
		said := atOnce(t, program, all)
		apart(t, said)
		text, err := os.ReadFile(topology)
		if err != nil {
			t.Fatal(err)
		}
		for _, prefix := range said {
			if !bytes.Contains(text, []byte(strings.TrimSpace(prefix))) {
				t.Errorf("%s is lost:\n%s", prefix, text)
			}
		}
	}
}

// Two topologies that are merged into one policy at the same time are both in it.
func TestCallersOfOnePolicy(t *testing.T) {
	program, dir := program(t), t.TempDir()
	one := example(t, dir)
	text, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.NewReplacer("ai-cluster", "other", "tag:k8s", "tag:other", "gcp-us", "b-us", "gpu-dc", "b-dc",
		" 10.0.", " 10.20.", "[10.0.", "[10.20.", "10.61.", "10.62.", "10.142.", "10.152.", "10.143.", "10.153.").Replace(string(text))
	two := filepath.Join(dir, "other.yaml")
	if err := os.WriteFile(two, []byte(other), 0o666); err != nil {
		t.Fatal(err)
	}
	for range (*rounds + 4) / 5 {
		policy := filepath.Join(dir, "policy.hujson")
		if err := os.WriteFile(policy, []byte("{\n\t// ours\n\t\"grants\": [],\n}\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		atOnce(t, program, [][]string{{"acl", "merge", one, "--into", policy, "--write"}, {"acl", "merge", two, "--into", policy, "--write"}})
		data, err := os.ReadFile(policy)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{one, two} {
			in, err := hybrid.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			again, list, err := hybrid.ACLMerge(in, hybrid.PolicyFile{Name: policy, Data: data}, hybrid.Options{})
			if err != nil || !bytes.Equal(again, data) {
				t.Fatalf("%s is not in the policy: %v %v\n%s", file, err, list, data)
			}
		}
	}
}
