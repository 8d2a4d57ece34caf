package diag

import (
	"fmt"
	"io"
	"strings"
)

// WriteGitHub prints each finding as a workflow command, which GitHub Actions shows
// beside the line it is about (docs.github.com, "Workflow commands for GitHub
// Actions").
func WriteGitHub(w io.Writer, l List) error {
	for _, d := range l {
		text := strings.Join(append([]string{d.Message}, d.details()...), "\n")
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", githubLevel(d.Severity), githubProperties(d), githubText.Replace(text)); err != nil {
			return err
		}
	}
	return nil
}

func githubLevel(s Severity) string {
	if s == Info {
		return "notice"
	}
	return s.String()
}

func githubProperties(d *Diagnostic) string {
	var p []string
	if d.Pos.IsValid() {
		p = append(p, "file="+githubProperty.Replace(d.Pos.File))
	}
	if d.Pos.Line > 0 {
		p = append(p, fmt.Sprintf("line=%d", d.Pos.Line))
	}
	if d.Pos.Column > 0 {
		p = append(p, fmt.Sprintf("col=%d", d.Pos.Column))
	}
	return strings.Join(append(p, "title="+githubProperty.Replace(string(d.Code)+": "+d.Path)), ",")
}

// A command is one line, and commas and colons end its properties.
var (
	githubText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
