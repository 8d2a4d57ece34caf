package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// says1 are examples in help that exit 1 because of what they ask. The capture is this machine's
// under a gateway's name: it has not that one's address.
func says1() []string {
	return []string{"kustomize-hybrid reach topology.yaml --all --lose edge-1", "kustomize-hybrid doctor topology.yaml capture"}
}

// Every command in help has an example, and each example runs as it stands there, on the
// topology of examples/regional-gateway.
func TestHelpExamplesRun(t *testing.T) {
	b := newBench(t, "../../examples/regional-gateway/topology.yaml")
	bin := t.TempDir()
	for _, name := range []string{"kubectl", "ssh"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\nexec cat >/dev/null\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	env := slices.DeleteFunc(b.env, func(e string) bool { return strings.HasPrefix(e, "PATH=") })
	env = append(env, "PATH="+bin+":"+os.Getenv("PATH"))
	dir := t.TempDir()
	sh := func(line string) (string, error) {
		cmd := exec.Command("bash", "-o", "pipefail", "-c", line)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := sh(`cp "$TOPOLOGY" topology.yaml && echo '{}' >policy.hujson && mkdir -p overlays/prod &&
		printf 'resources: [one.yaml]\n' >overlays/prod/kustomization.yaml &&
		printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n' >overlays/prod/one.yaml &&
		kustomize-hybrid acl merge topology.yaml --into policy.hujson --write &&
		kustomize-hybrid render topology.yaml -o out &&
		mkdir capture && HOST_NAME=gpu-1 sh out/capture.sh host capture &&
		git init -q -b main && git add topology.yaml && git -c user.name=x -c user.email=x@example.com commit -qm x`); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ran := 0
	for _, cmd := range leaves(cli{strings.NewReader(""), io.Discard, io.Discard, &screen{}}.root()) {
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, cmd.CommandPath()+" ") && line != cmd.CommandPath() {
				t.Errorf("%s has the example %q, of another command", cmd.CommandPath(), line)
			}
			out, err := sh(line)
			ran++
			var exit *exec.ExitError
			switch want := slices.Contains(says1(), line); {
			case want && errors.As(err, &exit) && exit.ExitCode() == 1:
			case want, err != nil:
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
	if ran < 20 {
		t.Errorf("only %d examples ran", ran)
	}
}

// leaves are the commands below cmd that do something, but those of the library for shells.
func leaves(cmd *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range cmd.Commands() {
		switch {
		case sub.Name() == "help", sub.Name() == "completion":
		case sub.HasSubCommands():
			all = append(all, leaves(sub)...)
		default:
			all = append(all, sub)
		}
	}
	return all
}
