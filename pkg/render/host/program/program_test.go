package program

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// awks and shells are those that hosts and the tailscale image have.
var (
	awks   = []string{"mawk", "busybox awk"}
	shells = []string{"dash", "busybox sh"}
)

// needTool skips where a tool is missing, but not in CI, where it must be there.
func needTool(t *testing.T, command string) []string {
	t.Helper()
	words := strings.Fields(command)
	if _, err := exec.LookPath(words[0]); err == nil {
		return words
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", words[0])
	}
	t.Skipf("%s is not installed: nothing is tested under %s", words[0], command)
	return nil
}

// install writes all programs into a directory, as hosts have them.
func install(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range Files() {
		mode := os.FileMode(0o444)
		if f.Executable {
			mode = 0o555
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFiles(t *testing.T) {
	var sums string
	for _, f := range Files() {
		if f.Name != Checksums {
			sums += fmt.Sprintf("%x  %s\n", sha256.Sum256(f.Data), f.Name)
		}
		if f.Name == Library && f.Executable {
			t.Error("the library can be run")
		}
	}
	for _, f := range Files() {
		if f.Name == Checksums && string(f.Data) != sums {
			t.Errorf("%s:\n%swant:\n%s", Checksums, f.Data, sums)
		}
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(sums))); Sum() != want {
		t.Errorf("sum is %s, want %s", Sum(), want)
	}
}

func TestProgramsParse(t *testing.T) {
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) {
			words := needTool(t, shell)
			for _, path := range sources(t, "*.sh") {
				if out, err := exec.Command(words[0], append(words[1:], "-n", path)...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", path, err, out)
				}
			}
		})
	}
}

func TestProgramsShellcheck(t *testing.T) {
	needTool(t, "shellcheck")
	args := append([]string{"--shell=sh", "--norc", "--external-sources", "--source-path=SCRIPTDIR"}, sources(t, "*.sh")...)
	if out, err := exec.Command("shellcheck", args...).CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

func sources(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: none (%v)", pattern, err)
	}
	return paths
}

// pair is an input of a program of awk, and what it has to print.
type pair struct{ name, in, out string }

// pairs reads a file of them: "-- NAME --", the input, "-- =>", the output. What comes
// before the first is a comment.
func pairs(t *testing.T, path string) []pair {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []pair
	part := new(string)
	for _, line := range strings.SplitAfter(string(data), "\n") {
		name, opens := strings.CutPrefix(strings.TrimSuffix(line, " --\n"), "-- ")
		switch {
		case line == "-- =>\n":
			part = &list[len(list)-1].out
		case opens && strings.HasSuffix(line, " --\n"):
			list = append(list, pair{name: name})
			part = &list[len(list)-1].in
		default:
			*part += line
		}
	}
	return list
}

// TestAwk holds each awk file of which there are pairs against them.
func TestAwk(t *testing.T) {
	for _, path := range sources(t, "testdata/*.txtar") {
		file := strings.TrimSuffix(filepath.Base(path), ".txtar") + ".awk"
		for _, awk := range awks {
			t.Run(awk+"/"+file, func(t *testing.T) {
				words := needTool(t, awk)
				for _, p := range pairs(t, path) {
					t.Run(p.name, func(t *testing.T) {
						c := exec.Command(words[0], append(words[1:], "-f", file)...)
						c.Stdin = strings.NewReader(p.in)
						out, err := c.CombinedOutput()
						if err != nil || string(out) != p.out {
							t.Errorf("%s: %v\n%swant:\n%s", p.name, err, out, p.out)
						}
					})
				}
			})
		}
	}
}

// TestReadTables has the library read tables that are right, and refuse others.
func TestReadTables(t *testing.T) {
	const tables = "kustomize-hybrid tables 1\nregion dc\nfleet %.6x\nsetting relay yes\nsetting cni cilium\n" +
		"own 4 10.0.0.0/22\nown 6 fd00::/64\ngateway dc-1 10.0.0.11 - 10.0.0.11:9002\n"
	const fleet = "kustomize-hybrid fleet 1\nprefix 4 10.143.0.0/24\n"
	const program = `case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
. "$DIR/lib.sh"
read_tables
echo "$REGION $RELAY $CNI"; lines "$OWN"; lines "$GATEWAYS"; lines "$SPOOFED"; table transit
mismatched_parts`
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) {
			words := needTool(t, shell)
			dir := install(t)
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			run := func() string {
				out, _ := exec.Command(words[0], append(words[1:], filepath.Join(dir, "try.sh"))...).CombinedOutput()
				return strings.ReplaceAll(string(out), dir+"/", "")
			}
			expect := func(want string) {
				t.Helper()
				if got := run(); got != want {
					t.Errorf("%s\nwant:\n%s", got, want)
				}
			}
			write("try.sh", program)
			write("tables", fmt.Sprintf(tables, sha256.Sum256([]byte(fleet))))
			expect("try.sh: fleet.tables is missing\n")
			write("fleet.tables", fleet)
			expect("dc yes cilium\n4 10.0.0.0/22\n6 fd00::/64\ndc-1 10.0.0.11 - 10.0.0.11:9002\n4 10.143.0.0/24\n")
			write("fleet.tables", fleet+"prefix 4 10.144.0.0/24\n")
			if err := os.Remove(filepath.Join(dir, "without.awk")); err != nil {
				t.Fatal(err)
			}
			if got := run(); !strings.Contains(got, "mismatched: without.awk is of another version than SHA256SUMS\n"+
				"mismatched: tables is made for another fleet.tables (") {
				t.Errorf("a missing part and a newer fleet are not named:\n%s", got)
			}
			write("tables", "kustomize-hybrid tables 2\n")
			expect("try.sh: these are tables of format 2; this program knows format 1: programs and tables are of different versions\n")
		})
	}
}
