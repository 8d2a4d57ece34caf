package diag

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"slices"
)

// WriteSARIF prints the list as a SARIF 2.1.0 log (OASIS, sarif-v2.1.0), the form
// that code-scanning services take.
func WriteSARIF(w io.Writer, l List) error {
	run := sarifRun{Tool: sarifTool{Driver: sarifDriver{
		Name:           "kustomize-hybrid",
		InformationURI: repository,
		Rules:          sarifRules(l),
	}}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, d := range l {
		run.Results = append(run.Results, sarifOf(d))
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
	return errors.Join(err, writeSeen(w, text.String(), `\u%04x`))
}

const (
	repository  = "https://github.com/kustomize-hybrid/kustomize-hybrid"
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool     `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID      string `json:"id"`
	HelpURI string `json:"helpUri"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID     string            `json:"ruleId"`
	Level      string            `json:"level"`
	Message    sarifText         `json:"message"`
	Locations  []sarifLocation   `json:"locations"`
	Related    []sarifLocation   `json:"relatedLocations,omitempty"`
	Prints     map[string]string `json:"partialFingerprints"`
	Properties map[string]string `json:"properties,omitempty"`
}

type sarifLocation struct {
	ID       int            `json:"id,omitempty"`
	Physical *sarifPhysical `json:"physicalLocation,omitempty"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	Message  *sarifText     `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
}

// sarifRules names each code of the list once, in order.
func sarifRules(l List) []sarifRule {
	var codes []string
	for _, d := range l {
		codes = append(codes, string(d.Code))
	}
	slices.Sort(codes)
	rules := []sarifRule{}
	for _, c := range slices.Compact(codes) {
		rules = append(rules, sarifRule{ID: c, HelpURI: repository + "/blob/main/docs/checks.md#" + c})
	}
	return rules
}

func sarifOf(d *Diagnostic) sarifResult {
	r := sarifResult{
		RuleID:    string(d.Code),
		Level:     sarifLevel(d.Severity),
		Message:   sarifText{d.Message},
		Locations: []sarifLocation{sarifPlace(d.Pos, d.Path)},
		// The path outlives the line numbers, so a service recognises the finding.
		Prints: map[string]string{"codeAndPath/v1": string(d.Code) + " " + d.Path},
	}
	for i, other := range d.Related {
		l := sarifPlace(other.Pos, other.Path)
		l.ID, l.Message = i+1, &sarifText{other.Message}
		r.Related = append(r.Related, l)
	}
	if d.Remedy != "" || d.ProposedValue != "" {
		r.Properties = map[string]string{"remedy": d.Remedy}
	}
	if d.ProposedValue != "" {
		r.Properties["proposedValue"] = d.ProposedValue
	}
	return r
}

func sarifLevel(s Severity) string {
	if s == Info {
		return "note"
	}
	return s.String()
}

func sarifPlace(pos Position, path string) sarifLocation {
	var l sarifLocation
	if path != "" {
		l.Logical = []sarifLogical{{path}}
	}
	if pos.IsValid() {
		// Code scanning refuses a result without a line (codeql-action#1738).
		region := sarifRegion{max(pos.Line, 1), pos.Column}
		l.Physical = &sarifPhysical{sarifArtifact{fileURI(pos.File)}, region}
	}
	return l
}

// fileURI writes a file name as a relative URI reference.
func fileURI(name string) string { return (&url.URL{Path: filepath.ToSlash(name)}).String() }
