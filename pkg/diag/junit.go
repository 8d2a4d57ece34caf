package diag

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

// WriteJUnit prints the list as a JUnit report: an error is a failed test, a warning
// or an information is a passed one that has something to say. A list without
// findings is one passed test, for reports without tests count as broken.
func WriteJUnit(w io.Writer, l List) error {
	suite := junitSuite{Name: "kustomize-hybrid", Failures: l.Count(Error)}
	for _, d := range l {
		suite.Cases = append(suite.Cases, junitOf(d))
	}
	if len(l) == 0 {
		suite.Cases = []junitCase{{Name: "no findings", Class: "topology"}}
	}
	suite.Tests = len(suite.Cases)
	text := bytes.NewBufferString(xml.Header)
	enc := xml.NewEncoder(text)
	enc.Indent("", "  ")
	if err := enc.Encode(junitReport{Tests: suite.Tests, Failures: suite.Failures, Suites: []junitSuite{suite}}); err != nil {
		return err
	}
	text.WriteByte('\n')
	return writeSeen(w, text.String(), "&#x%x;")
}

type junitReport struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func junitOf(d *Diagnostic) junitCase {
	text := strings.Join(append([]string{d.Error()}, d.details()...), "\n")
	c := junitCase{Name: string(d.Code) + " " + d.Path, Class: "topology", File: d.Pos.File, Line: d.Pos.Line}
	if d.Pos.IsValid() {
		c.Class = d.Pos.File
	}
	if d.Severity != Error {
		c.Output = text
		return c
	}
	c.Failure = &junitFailure{Type: string(d.Code), Message: d.Message, Text: text}
	return c
}
