package diag_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/hashicorp/go-multierror"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

func Example() {
	var list diag.List
	list.Warnf("provider-unknown", "spec.regions[1].provider", "provider %q is unknown", "acme").
		Fix("check its reserved ranges yourself")
	list.Errorf("cidr-overlap", "spec.regions[1].podCIDRs[0]", "pod CIDR 10.0.0.0/16 overlaps node CIDR 10.0.8.0/24").
		See("spec.regions[0].nodeCIDRs[0]", "10.0.8.0/24 is claimed here").
		Fix("give every region CIDRs of its own")
	list.Sort()
	_ = diag.WriteText(os.Stdout, list)
	fmt.Println("---")
	fmt.Println(list.Err())
	// Output:
	// spec.regions[1].podCIDRs[0]: error: pod CIDR 10.0.0.0/16 overlaps node CIDR 10.0.8.0/24 [cidr-overlap]
	// 	spec.regions[0].nodeCIDRs[0]: 10.0.8.0/24 is claimed here
	// 	hint: give every region CIDRs of its own
	// spec.regions[1].provider: warning: provider "acme" is unknown [provider-unknown]
	// 	hint: check its reserved ranges yourself
	// ---
	// spec.regions[1].podCIDRs[0]: error: pod CIDR 10.0.0.0/16 overlaps node CIDR 10.0.8.0/24 [cidr-overlap]
}

func TestErrIsNilWithoutErrors(t *testing.T) {
	var list diag.List
	if err := list.Err(); err != nil {
		t.Errorf("an empty list is an error: %v", err)
	}
	list.Warnf("a", "p", "only a warning")
	if err := list.Err(); err != nil {
		t.Errorf("a warning is an error: %v", err)
	}
	if err := list.Strict().Err(); err == nil {
		t.Error("a strict warning is no error")
	}
}

func TestErrHoldsEveryFinding(t *testing.T) {
	var list diag.List
	list.Errorf("b", "p[10]", "ten")
	list.Errorf("b", "p[9]", "nine")
	err := list.Err()
	var all *multierror.Error
	if !errors.As(err, &all) || len(all.Errors) != 2 {
		t.Fatalf("got %#v", err)
	}
	var first *diag.Diagnostic
	if !errors.As(err, &first) || first.Path != "p[9]" {
		t.Errorf("the first finding is %+v", first)
	}
	back, ok := diag.FromError(fmt.Errorf("wrapped: %w", err))
	if !ok || len(back) != 2 {
		t.Errorf("FromError: %v, %v", back, ok)
	}
	if _, ok := diag.FromError(errors.New("disk full")); ok {
		t.Error("a failure is taken for findings")
	}
}

func TestSortDropsWhatIsSaidTwice(t *testing.T) {
	var list diag.List
	list.Errorf("a", "p", "same")
	list.Errorf("a", "p", "other")
	list.Errorf("a", "p", "same")
	list.Sort()
	if len(list) != 2 {
		t.Errorf("%d findings", len(list))
	}
}

func TestPaths(t *testing.T) {
	for _, c := range []struct{ less, more string }{
		{"spec.regions[2]", "spec.regions[10]"},
		{"spec.regions[2].name", "spec.regions[2].podCIDRs[0]"},
		{"spec", "spec.regions"},
		{"", "spec"},
	} {
		if diag.ComparePaths(c.less, c.more) >= 0 || diag.ComparePaths(c.more, c.less) <= 0 {
			t.Errorf("%q is not before %q", c.less, c.more)
		}
	}
	if got := diag.Field("metadata.annotations", "config.kubernetes.io/local-config"); got != `metadata.annotations["config.kubernetes.io/local-config"]` {
		t.Error(got)
	}
}

// A value that a hint repeats turns no line of the report around, and is what it was.
func TestReportsHideNothing(t *testing.T) {
	var list diag.List
	list.Errorf("a", "p", "m").Fix("write [\u202e\u0085\u2066\x7fx]").Propose("\u202ex")
	for _, format := range diag.Formats() {
		var b bytes.Buffer
		if err := diag.Write(&b, format, list); err != nil {
			t.Fatal(err)
		}
		for _, c := range b.String() {
			if c != '\n' && c != '\t' && foreign.Hidden(c) {
				t.Errorf("%s has %q", format, c)
			}
		}
		var read []struct{ ProposedValue string }
		if format == "json" && (json.Unmarshal(b.Bytes(), &read) != nil || read[0].ProposedValue != "\u202ex") {
			t.Errorf("%s", b.String())
		}
	}
}

func TestWriteJSON(t *testing.T) {
	var list diag.List
	list.Errorf("a", "p", "m <x>").Fix("r").Propose("v").See("q", "here").Pos = diag.Position{File: "f.yaml", Line: 1, Column: 2}
	var b bytes.Buffer
	if err := diag.WriteJSON(&b, list); err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "code": "a",
    "severity": "error",
    "path": "p",
    "message": "m <x>",
    "remedy": "r",
    "position": {
      "file": "f.yaml",
      "line": 1,
      "column": 2
    },
    "proposedValue": "v",
    "related": [
      {
        "path": "q",
        "message": "here"
      }
    ]
  }
]
`
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
	b.Reset()
	if err := diag.WriteJSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("empty list: %q, %v", b.String(), err)
	}
}
