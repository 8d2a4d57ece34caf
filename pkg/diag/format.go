package diag

import (
	"fmt"
	"io"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
)

// Formats lists the names that Write takes, in the order a help text shows them.
func Formats() []string { return []string{"text", "json", "sarif", "github", "junit"} }

// Write prints the list in the named format; an unknown name is an error. Every
// format carries the same facts.
func Write(w io.Writer, format string, l List) error {
	switch format {
	case "text":
		return WriteText(w, l)
	case "json":
		return WriteJSON(w, l)
	case "sarif":
		return WriteSARIF(w, l)
	case "github":
		return WriteGitHub(w, l)
	case "junit":
		return WriteJUnit(w, l)
	}
	return fmt.Errorf("unknown format %q: use %s", format, strings.Join(Formats(), ", "))
}

// details is what the text format prints below the message, without its indentation: one
// line each.
func (d *Diagnostic) details() []string {
	var lines []string
	for _, r := range d.Related {
		lines = append(lines, place(r.Pos, r.Path)+": "+foreign.Line(r.Message))
	}
	if d.MoreRelated > 0 {
		lines = append(lines, fmt.Sprintf("and %d more places", d.MoreRelated))
	}
	if d.Remedy != "" {
		lines = append(lines, "hint: "+foreign.Line(d.Remedy))
	}
	return lines
}
