package main

import (
	"bytes"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// files are flags that take the name of a file, which shells complete themselves.
func fileFlags() []string {
	return []string{"acl check --policy", "acl merge --into", "bundle --output", "init --from", "plan --from-cluster", "reach --network-policies", "render --policies", "report --output", "suggest --lock"}
}

var flagName = regexp.MustCompile(`(?m)^ +(?:-[a-z], )?--([a-z-]+)`)

// Every flag that takes a value has words to offer, or says that nobody has any; and a flag of
// files is one.
func TestEveryFlagCompletes(t *testing.T) {
	flags := 0
	left := fileFlags()
	for _, cmd := range leaves(cli{strings.NewReader(""), io.Discard, io.Discard, &screen{}}.root()) {
		for _, m := range flagName.FindAllStringSubmatch(cmd.LocalFlags().FlagUsages(), -1) {
			f := cmd.Flag(m[1])
			name := strings.TrimPrefix(cmd.CommandPath(), "kustomize-hybrid ") + " --" + f.Name
			_, completes := cmd.GetFlagCompletionFunc(f.Name)
			_, isDir := f.Annotations[cobra.BashCompSubdirsInDir]
			i := slices.Index(left, name)
			switch {
			case f.Value.Type() == "bool":
			case completes || isDir:
				flags++
			case i < 0:
				t.Errorf("%s offers files, and takes none", name)
			default:
				left = slices.Delete(left, i, i+1)
			}
		}
	}
	if flags < 20 || len(left) > 0 {
		t.Errorf("%d flags complete; there are no flags %q, or they have words to offer", flags, left)
	}
}

// Regions, hosts and codes are offered wherever they are asked for: those of the file on the
// line.
func TestCompletionKnowsTheFile(t *testing.T) {
	const file = "../../examples/regional-gateway/topology.yaml"
	out := filepath.Join(t.TempDir(), "out")
	if code := run([]string{"render", "../../examples/three-regions/topology.yaml", "-o", out, "--quiet"}, strings.NewReader(""), io.Discard, io.Discard); code != exitClean {
		t.Fatal(code)
	}
	for _, c := range []struct {
		line []string
		want string
	}{
		{[]string{"steps", file, "--host", ""}, "edge-1"},
		{[]string{"bundle", file, "--host", "gpu"}, "gpu-1"},
		{[]string{"bundle", file, "--nodes-of", ""}, "gpu-dc"},
		{[]string{"suggest", file, "--region", ""}, "gcp-us"},
		{[]string{"reach", file, ""}, "edge-1"},
		{[]string{"reach", file, "edge-1", "pod@g"}, "pod@gpu-dc"},
		{[]string{"reach", file, "--lose", ""}, "control"},
		{[]string{"explain", ""}, "cidr-overlap\t"},
		{[]string{"explain", ""}, "live-tailscaled\t"},
		{[]string{"doctor", file, "--output", ""}, "json"},
	} {
		var got bytes.Buffer
		if code := run(append([]string{"__complete"}, c.line...), strings.NewReader(""), &got, io.Discard); code != exitClean {
			t.Errorf("%q: %d", c.line, code)
		}
		if !strings.Contains("\n"+got.String(), "\n"+c.want) {
			t.Errorf("%q offers\n%s, and not %q", c.line, got.String(), c.want)
		}
	}
	var got bytes.Buffer
	run([]string{"__complete", "render", file, "-o", out, "--forget", ""}, strings.NewReader(""), &got, io.Discard)
	if want := "frankfurt\noslo\nreykjavik\n:4\n"; got.String() != want {
		t.Errorf("render --forget offers %q, not %q", got.String(), want)
	}
}
