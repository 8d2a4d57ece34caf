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

// before are the files that a file of awk is read after.
var before = map[string][]string{
	"host":     {"prefix"},
	"decide":   {"prefix"},
	"wanted":   {"numbers"},
	"actual":   {"numbers"},
	"change":   {"numbers"},
	"enforce":  {"numbers"},
	"explain":  {"numbers"},
	"features": {"numbers"},
	"report":   {"numbers"},
}

// TestAwk holds each file of awk against its pairs: a block NAME is the input, the block
// "=> NAME" what has to be printed, and other blocks are for those to use.
func TestAwk(t *testing.T) {
	_, fixtures := blocks(t, "testdata/fixtures.txt")
	for _, path := range sources(t, "testdata/awk/*.txtar") {
		program := strings.TrimSuffix(filepath.Base(path), ".txtar")
		names, text := blocks(t, path)
		for name, block := range fixtures {
			if _, own := text[name]; !own {
				text[name] = block
			}
		}
		if os.Getenv("UPDATE_GOLDEN") != "" {
			updateAwk(t, path, program, names, text)
		}
		for _, awk := range awks {
			t.Run(awk+"/"+program, func(t *testing.T) {
				needTool(t, awk)
				for _, name := range names {
					in, ok := strings.CutPrefix(name, "=> ")
					if !ok {
						continue
					}
					t.Run(in, func(t *testing.T) {
						got := runAwk(t, awk, program, expand(t, "@"+in+"\n", text))
						if want := expand(t, text[name], text); got != want {
							t.Errorf("%swant:\n%s", got, want)
						}
					})
				}
			})
		}
	}
}

func runAwk(t *testing.T, awk, program, in string) string {
	t.Helper()
	command := strings.Fields(awk)
	for _, f := range append(before[program], program) {
		command = append(command, "-f", f+".awk")
	}
	c := exec.Command(command[0], command[1:]...)
	c.Stdin = strings.NewReader(in)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", c, err)
	}
	return string(out)
}

// updateAwk writes what is printed now where it differs: read the diff.
func updateAwk(t *testing.T, path, program string, names []string, text map[string]string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(data), "-- "+names[0]+" --\n")
	out := comment
	for _, name := range names {
		if in, ok := strings.CutPrefix(name, "=> "); ok {
			if got := runAwk(t, awks[0], program, expand(t, "@"+in+"\n", text)); got != expand(t, text[name], text) {
				text[name] = got
			}
		}
		out += "-- " + name + " --\n" + text[name]
	}
	write(t, path, out)
}

// TestReadTables has the library read tables that are right, and refuse others.
func TestReadTables(t *testing.T) {
	const program = `case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
. "$DIR/lib.sh"
read_tables
echo "$REGION $RELAY $CNI"; lines "$OWN"; lines "$GATEWAYS"; lines "$SPOOFED"; table transit
mismatched_parts`
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) {
			words := needTool(t, shell)
			dir := install(t, "relay")
			expect := func(want string) {
				t.Helper()
				out, _ := exec.Command(words[0], append(words[1:], filepath.Join(dir, "try.sh"))...).CombinedOutput()
				if got := strings.ReplaceAll(string(out), dir+"/", ""); !strings.HasSuffix(got, want) {
					t.Errorf("%s\nwant:\n%s", got, want)
				}
			}
			write(t, filepath.Join(dir, "try.sh"), program)
			tables, fleet := fixture(t, "relay")
			expect("cloud yes cilium\n4 10.0.0.0/22\n4 10.61.0.0/16\n" +
				"cloud-1 10.0.0.11 - 10.0.0.11:9002\ncloud-2 10.0.0.12 - 10.0.0.12:9002\n" +
				"4 100.64.0.0/10\n6 fd7a:115c:a1e0::/48\n4 10.142.0.0/20\n4 10.143.0.0/24\n")
			write(t, filepath.Join(dir, "fleet.tables"), fleet+"prefix 4 10.144.0.0/24\n")
			if err := os.Remove(filepath.Join(dir, "without.awk")); err != nil {
				t.Fatal(err)
			}
			expect("mismatched: without.awk is of another version than SHA256SUMS\n" +
				"mismatched: tables is made for another fleet.tables (" + strings.Fields(tables)[6] + ") than fleet.tables\n")
			write(t, filepath.Join(dir, "tables"), "kustomize-hybrid tables 2\n")
			expect("try.sh: these are tables of format 2; this program knows format 1: programs and tables are of different versions\n")
			if err := os.Remove(filepath.Join(dir, "fleet.tables")); err != nil {
				t.Fatal(err)
			}
			expect("try.sh: fleet.tables is missing\n")
		})
	}
}
