package sample

import (
	"os"
	"os/exec"
	"testing"
)

// NeedTool skips where a tool is missing, but not in CI, where it must be there.
func NeedTool(t testing.TB, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
}
