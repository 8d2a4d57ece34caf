package main

import (
	"io"
	"strings"
	"testing"
)

// typist gives one part for each read, and goes on after it has said that it has ended.
type typist struct{ parts []string }

func (t *typist) Read(p []byte) (int, error) {
	if len(t.parts) == 0 || t.parts[0] == "" {
		t.parts = t.parts[min(1, len(t.parts)):]
		return 0, io.EOF
	}
	n := copy(p, t.parts[0])
	t.parts = t.parts[1:]
	return n, nil
}

// Somebody who types Ctrl-D is asked nothing more.
func TestAnswersEndOnce(t *testing.T) {
	var asked strings.Builder
	o := initOptions{}
	in := &typist{parts: []string{"mine\n", "", "k3s\n", "cilium\n"}}
	if err := (cli{in: in, out: io.Discard, err: &asked}).ask(&o); err != nil {
		t.Fatal(err)
	}
	if o.name != "mine" || o.distribution != "kubeadm" || len(in.parts) != 2 {
		t.Errorf("name %q, distribution %q, and %q is unread", o.name, o.distribution, in.parts)
	}
}
