package diag

import (
	"encoding/json"
	"fmt"
	"io"
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
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(objects)
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
