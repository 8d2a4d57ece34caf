//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// terminal is a pseudo terminal: what is written to one end is read from the other.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var number, unlock uint32
	for request, value := range map[uintptr]*uint32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlock} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, program
}

// slow is a topology that comes after a while: whoever reads it works as long.
func slow(t *testing.T, after time.Duration) io.Reader {
	t.Helper()
	data, err := os.ReadFile("../../examples/regional-gateway/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	go func() {
		time.Sleep(after)
		_, _ = w.Write(data)
		w.Close()
	}()
	return r
}

// onTerminal runs a command whose standard error is a terminal, and returns what a person sees.
func onTerminal(t *testing.T, in io.Reader, args ...string) string {
	t.Helper()
	t.Setenv("TERM", "xterm")
	person, program := terminal(t)
	seen := make(chan string)
	go func() {
		var b bytes.Buffer
		_, _ = io.Copy(&b, person) // ends with EIO, once nobody has the other end
		seen <- b.String()
	}()
	if code := run(args, in, io.Discard, program); code != exitClean {
		t.Errorf("%q exits with %d", args, code)
	}
	program.Close()
	defer person.Close()
	return <-seen
}

// Long work shows itself on a terminal, and takes its line away again.
func TestProgress(t *testing.T) {
	got := onTerminal(t, slow(t, 3500*time.Millisecond), "validate", "-")
	// How many seconds are counted is the machine's business; that they are, and what is left of
	// them at the end, is not.
	const first, last = "\rkustomize-hybrid validate: working, 1 s\x1b[K\rkustomize-hybrid validate: working, 2 s\x1b[K", "\r\x1b[K"
	if !strings.HasPrefix(got, first) || !strings.HasSuffix(got, last) {
		t.Errorf("a person sees %q, which does not begin with %q and end with %q", got, first, last)
	}
}

// Nobody sees it where work is short, with --quiet, on a terminal that moves no cursor, and
// where standard error is none.
func TestNoProgress(t *testing.T) {
	if got := onTerminal(t, slow(t, 0), "validate", "-"); got != "" {
		t.Errorf("short work shows %q", got)
	}
	if got := onTerminal(t, slow(t, 1500*time.Millisecond), "validate", "-", "--quiet"); got != "" {
		t.Errorf("--quiet shows %q", got)
	}
	var errs bytes.Buffer
	if run([]string{"validate", "-"}, slow(t, 1500*time.Millisecond), io.Discard, &errs); errs.Len() > 0 {
		t.Errorf("without a terminal there is %q", errs.String())
	}
}

// A summary is not what was asked for.
func TestQuietHasNoSummary(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"render", "../../examples/regional-gateway/topology.yaml", "-o", t.TempDir()}, "files written"},
		{[]string{"render", "../../examples/regional-gateway/topology.yaml", "-o", t.TempDir(), "--quiet"}, ""},
		{[]string{"bundle", "../../examples/regional-gateway/topology.yaml", "--host", "gpu-1", "-o", t.TempDir() + "/gpu-1.tar", "--quiet"}, ""},
		{[]string{"suggest", "../../examples/regional-gateway/topology.yaml", "--size", "/20", "--quiet"}, "/20"},
	} {
		var out, errs bytes.Buffer
		if code := run(c.args, strings.NewReader(""), &out, &errs); code != exitClean {
			t.Errorf("%q: %d, %s", c.args, code, errs.String())
		}
		if got := out.String(); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%q prints %q", c.args, got)
		}
	}
}

// What is printed on the same terminal takes the line away first, and it comes back on a line
// of its own.
func TestProgressBesideOutput(t *testing.T) {
	t.Setenv("TERM", "xterm")
	person, program := terminal(t)
	defer person.Close()
	s := &screen{terminal: program}
	out := beside{program, s}
	s.draw("working")
	fmt.Fprint(out, "half")
	s.draw("never within a line")
	fmt.Fprint(out, " a line\n")
	s.draw("working")
	s.end()
	s.draw("never after the end")
	program.Close()
	got, _ := io.ReadAll(person)
	if want := "\rworking\x1b[K\r\x1b[Khalf a line\r\n\rworking\x1b[K\r\x1b[K"; string(got) != want {
		t.Errorf("a person sees %q, not %q", got, want)
	}
}
