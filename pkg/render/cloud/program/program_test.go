package program

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// needTool skips where a tool is missing, but not in CI, where it must be there.
func needTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
}

// What programs do is tested against stand-ins for the providers' command lines, in
// test/cloud.
func TestPrograms(t *testing.T) {
	for _, reader := range [][]string{{"dash", "-n"}, {"busybox", "sh", "-n"}, {"shellcheck", "--norc", "--external-sources"}} {
		t.Run(reader[0], func(t *testing.T) {
			needTool(t, reader[0])
			for _, f := range Files() {
				if out, err := exec.Command(reader[0], append(reader[1:], f.Name)...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", f.Name, err, out)
				}
			}
		})
	}
}

// The files here can be run as they are, the library knows the format that Go writes,
// and each program says whose tables it reads.
func TestFiles(t *testing.T) {
	for _, f := range Files() {
		info, err := os.Stat(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Executable != (info.Mode()&0o111 != 0) {
			t.Errorf("%s has mode %v", f.Name, info.Mode())
		}
		want := "\nFORMAT='" + Format + "'\n"
		if f.Executable {
			want = "\nPROVIDER=" + strings.TrimSuffix(f.Name, ".sh") + " "
		}
		if !bytes.Contains(f.Data, []byte(want)) {
			t.Errorf("%s lacks %q", f.Name, want)
		}
	}
}
