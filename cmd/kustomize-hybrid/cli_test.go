package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// broken is an input that panics when it is read, as a library does that meets what it did
// not expect.
type broken struct{}

func (broken) Read([]byte) (int, error) { panic("index out of range\nwith length 1") }

func TestPanicIsOneLine(t *testing.T) {
	for _, args := range [][]string{{"validate", "-"}, nil} {
		var out, errs bytes.Buffer
		code := run(args, broken{}, &out, &errs)
		text := errs.String()
		if code != exitFailure || strings.Count(text, "\n") != 1 || !strings.Contains(text, "index out of range with length 1 (cmd/kustomize-hybrid/cli_test.go:") || out.Len() > 0 {
			t.Errorf("%q: exit %d, %q, %q", args, code, text, out.String())
		}
	}
}

// What is always empty is a device, as a terminal is, and nobody types there.
func TestNullIsNoTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if isTerminal(null) {
		t.Errorf("%s is taken for a terminal", os.DevNull)
	}
}
