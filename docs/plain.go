package docs

import (
	"regexp"
	"strings"
	"sync"
)

// Summary is the first sentence about a code, on one line.
func Summary(code string) string {
	text, _ := Explain(code)
	_, text, _ = strings.Cut(text, "\n\n")
	paragraph, _, _ := strings.Cut(text, "\n\n")
	line := strings.Join(strings.Fields(Plain(paragraph)), " ")
	if end := sentence().FindStringIndex(line); end != nil {
		line = line[:end[0]+1]
	}
	if len(line) > widest {
		line = line[:strings.LastIndexByte(line[:widest], ' ')] + " …"
	}
	return line
}

// widest is how long a line of a list is that fits most terminals behind its code.
const widest = 110

// sentence matches the end of one: not a stop inside a name, a version or an abbreviation.
var sentence = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[.:] [A-Z]`) })

var (
	link = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]*)\)`) })
	bold = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\*\*([^*]+)\*\*`) })
)

// Plain is a page of this directory as text for a terminal: links as what they lead to,
// blocks of code behind an indentation.
func Plain(markdown string) string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(markdown) {
		switch fence := strings.HasPrefix(strings.TrimSpace(line), "```"); {
		case fence:
			inside = !inside
		case inside && strings.TrimSpace(line) == "":
			b.WriteString("\n")
		case inside:
			b.WriteString("    " + line)
		default:
			line = link().ReplaceAllStringFunc(line, target)
			b.WriteString(bold().ReplaceAllString(line, "$1"))
		}
	}
	return b.String()
}

// target is a link as text: what it says and where it leads, each once.
func target(markdown string) string {
	m := link().FindStringSubmatch(markdown)
	says, to := m[1], m[2]
	switch {
	case strings.HasPrefix(to, "#"):
		return says
	case !strings.Contains(to, "://"):
		to = "docs/" + to
	}
	if strings.HasSuffix(to, says) {
		return to
	}
	return says + " (" + to + ")"
}
