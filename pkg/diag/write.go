package diag

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
)

// WriteText prints each finding on a line, with its related places and its hint
// below it, indented by a tab.
func WriteText(w io.Writer, l List) error {
	for _, d := range l {
		if _, err := fmt.Fprintln(w, d.Error()); err != nil {
			return err
		}
		for _, line := range d.details() {
			if _, err := fmt.Fprintf(w, "\t%s\n", line); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteJSON prints the list as one array of objects; an empty list is [].
func WriteJSON(w io.Writer, l List) error {
	objects := make([]jsonDiagnostic, len(l))
	for i, d := range l {
		objects[i] = d.json()
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return errors.Join(enc.Encode(objects), writeSeen(w, text.String(), `\u%04x`))
}

// writeSeen prints what a program reads and a person may look at: a hidden character that the form
// would let through stands there as the form's own escape, which means the same.
func writeSeen(w io.Writer, text, escape string) error {
	var b strings.Builder
	for _, c := range text {
		if c >= 0x7f && foreign.Hidden(c) {
			fmt.Fprintf(&b, escape, c)
		} else {
			b.WriteRune(c)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

type jsonDiagnostic struct {
	Code          Code          `json:"code"`
	Severity      Severity      `json:"severity"`
	Path          string        `json:"path"`
	Message       string        `json:"message"`
	Remedy        string        `json:"remedy"`
	Position      *Position     `json:"position,omitempty"`
	ProposedValue string        `json:"proposedValue,omitempty"`
	Related       []jsonRelated `json:"related,omitempty"`
	MoreRelated   int           `json:"moreRelated,omitempty"`
	Findings      int           `json:"findings,omitempty"`
}

type jsonRelated struct {
	Path     string    `json:"path"`
	Position *Position `json:"position,omitempty"`
	Message  string    `json:"message"`
}

func (d *Diagnostic) json() jsonDiagnostic {
	j := jsonDiagnostic{
		Code: d.Code, Severity: d.Severity, Path: d.Path, Message: d.Message, Remedy: d.Remedy,
		Position: d.Pos.orNil(), ProposedValue: d.ProposedValue, MoreRelated: d.MoreRelated, Findings: d.Findings,
	}
	for _, r := range d.Related {
		j.Related = append(j.Related, jsonRelated{Path: r.Path, Position: r.Pos.orNil(), Message: r.Message})
	}
	return j
}

func (p Position) orNil() *Position {
	if !p.IsValid() {
		return nil
	}
	return &p
}
