package diag_test

import (
	"bytes"
	"encoding/xml"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// sample has one finding of each severity, text that every format must escape, and
// one without a file.
func sample() diag.List {
	var l diag.List
	d := l.Errorf("cidr-overlap", "spec.regions[1].podCIDRs[0]", `pod CIDR 10.0.0.0/16 of region "gpu" is 100 %% <inside> & beside`)
	d.See("spec.regions[0].nodeCIDRs[0]", "node CIDR 10.0.0.0/8 is claimed here").Fix("give it a prefix: its own, please").Propose("10.1.0.0/16")
	d.Pos = diag.Position{File: "dir/my topology.yaml", Line: 14, Column: 16}
	d.Related[0].Pos = diag.Position{File: "dir/my topology.yaml", Line: 7, Column: 16}
	l.Warnf("provider-unknown", "spec.regions[1].provider", "unknown provider").Pos = diag.Position{File: "dir/my topology.yaml", Line: 9}
	l = append(l, &diag.Diagnostic{Severity: diag.Info, Code: "note", Path: "spec", Message: "worth knowing"})
	return l
}

func TestFormats(t *testing.T) {
	for _, format := range diag.Formats() {
		var b bytes.Buffer
		if err := diag.Write(&b, format, sample()); err != nil {
			t.Fatal(err)
		}
		goldentest.Compare(t, filepath.Join("testdata", "sample."+format), b.String())
	}
	if err := diag.Write(&bytes.Buffer{}, "html", nil); err == nil {
		t.Error("an unknown format is accepted")
	}
}

// TestJUnitParses reads the report back as a CI system would.
func TestJUnitParses(t *testing.T) {
	for _, c := range []struct {
		list            diag.List
		tests, failures int
	}{{sample(), 3, 1}, {nil, 1, 0}} {
		var b bytes.Buffer
		if err := diag.WriteJUnit(&b, c.list); err != nil {
			t.Fatal(err)
		}
		var report struct {
			XMLName  xml.Name `xml:"testsuites"`
			Tests    int      `xml:"tests,attr"`
			Failures int      `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
			} `xml:"testsuite>testcase"`
		}
		if err := xml.Unmarshal(b.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		if report.Tests != c.tests || report.Failures != c.failures || len(report.Cases) != c.tests {
			t.Errorf("%+v", report)
		}
		if c.failures > 0 && report.Cases[0].Failure.Message != c.list[0].Message {
			t.Errorf("message %q", report.Cases[0].Failure.Message)
		}
	}
}

func TestGitHubIsOneLineEach(t *testing.T) {
	var b bytes.Buffer
	if err := diag.WriteGitHub(&b, sample()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != len(sample()) {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, "::") {
			t.Errorf("no command: %q", l)
		}
	}
}

func TestSARIFWithoutFindingsIsALog(t *testing.T) {
	var b bytes.Buffer
	if err := diag.WriteSARIF(&b, nil); err != nil {
		t.Fatal(err)
	}
	goldentest.Compare(t, filepath.Join("testdata", "empty.sarif"), b.String())
}
