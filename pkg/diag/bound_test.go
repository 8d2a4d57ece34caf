package diag_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Of each code the first are shown, and then how many there are beside them, as severe as the
// worst, in every format.
func TestShown(t *testing.T) {
	var l diag.List
	for i := range diag.ShownOfCode + 2 {
		l.Warnf("many", diag.Index("spec.marks", i), "mark %d", i)
	}
	l.Errorf("many", "spec.marks[999]", "the worst")
	l.Warnf("few", "spec", "one")
	shown := l.Shown()
	if len(l) != diag.ShownOfCode+4 || len(shown) != diag.ShownOfCode+2 {
		t.Fatalf("%d of %d findings", len(shown), len(l))
	}
	rest := shown[diag.ShownOfCode]
	if want := "spec.marks[100]: error: and 3 more of many from here on [many]"; rest.Error() != want || rest.Findings != 3 {
		t.Errorf("got %s (%d), want %s", rest, rest.Findings, want)
	}
	again := append(l.Shown(), l[0]).Shown()
	if n := again[len(again)-1]; len(again) != len(shown) && n.Findings == 0 {
		t.Errorf("a count is lost: %v", n)
	}
	for _, format := range diag.Formats() {
		var b strings.Builder
		if err := diag.Write(&b, format, shown); err != nil || !strings.Contains(b.String(), "and 3 more of many") {
			t.Errorf("%s has no count: %v", format, err)
		}
	}
}

func TestRelatedPlacesAreFew(t *testing.T) {
	var l diag.List
	d := l.Errorf("a", "p", "m")
	for i := range diag.RelatedPlaces + 5 {
		d.See(fmt.Sprint(i), "there, too")
	}
	var b strings.Builder
	if err := diag.WriteText(&b, l); err != nil || strings.Count(b.String(), "\n") != 1+diag.RelatedPlaces+1 || !strings.Contains(b.String(), "\tand 5 more places\n") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// What stands in a finding forges no other one, and nothing in it acts on a terminal.
func TestTextIsOneLineEach(t *testing.T) {
	var l diag.List
	l.Errorf("a", "p", "x\nfile:1:1: error: fake [fake]\x1b[31m").Fix("y\n\nz\u2028").See("q\n", "w\r\nv\u202e").Pos = diag.Position{File: "a\nb.yaml", Line: 1}
	var b strings.Builder
	if err := diag.WriteText(&b, l); err != nil {
		t.Fatal(err)
	}
	want := "a\\x0ab.yaml:1: error: x file:1:1: error: fake [fake]\\x1b[31m [a]\n\tq: w v\\u202e\n\thint: y z\n"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}
