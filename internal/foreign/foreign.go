// Package foreign shows text that somebody else wrote: values of a topology, names of files,
// what a library says. Whoever reads it in a terminal, in a comment or in a page of Markdown
// sees what stands there, and none of it acts: it ends no line, moves no cursor, turns no
// text around and opens no tag.
//
// Start with Line; Markdown is for pages, Clip for a value inside a message.
package foreign

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// ValueLimit is how many characters of one value are shown.
	ValueLimit = 80
	// LineLimit is how many characters of one line are shown: no sentence of ours is as long.
	LineLimit = 4000
)

// Hidden reports whether a character acts on what stands around it instead of being seen: a
// control character (C0, C1 and DEL, line feed and tab among them), a line or paragraph
// separator (U+2028, U+2029), or one that turns the direction of writing (Unicode's property
// Bidi_Control, UAX #9).
func Hidden(c rune) bool {
	if ' ' <= c && c <= '~' { // most of what is asked
		return false
	}
	return unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// Line is the text on one line: white space with a line end or a tab in it becomes one space,
// any other hidden character its escape, such as \x1b or \u202e, and so does a byte that is
// not UTF-8. Beyond LineLimit characters it is cut off, with an ellipsis.
func Line(s string) string {
	if strings.ContainsFunc(s, ends) {
		s = folded(s)
	}
	return Cut(Name(s), LineLimit)
}

// Name is a name, such as a file's, with an escape for each hidden character, line ends
// included.
func Name(s string) string {
	if !strings.ContainsFunc(s, Hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		switch {
		case c == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !Hidden(c):
			b.WriteRune(c)
		case c < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.String()
}

// Clip is a value inside a message: one line of at most ValueLimit characters.
func Clip(s string) string { return Cut(Line(s), ValueLimit) }

// WithoutUser is a URL, or HOST:PORT, with an ellipsis in place of a user and password that stand
// before an @, and whether any did. What may be an image with a digest is left as it is.
func WithoutUser(s string) (shown string, had bool) {
	before, host, had := cutLast(s, "@")
	scheme, _, isURL := strings.Cut(before, "://")
	switch {
	case had && isURL:
		return scheme + "://…@" + host, true
	case had && strings.Contains(before, ":") && !strings.Contains(before, "/") && !strings.HasPrefix(host, "sha256:"):
		return "…@" + host, true
	}
	return s, false
}

// cutLast is strings.Cut at the last separator: a password may have one in it.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// Cut is the text up to a number of characters, with an ellipsis where that is not all.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > limit {
			return s[:i] + "…"
		}
	}
	return s
}

// Markdown is Line as it reads in a page of Markdown, in a table, too: a backslash stands in
// front of what begins emphasis, code, a heading, a link or a cell, and what begins a tag or
// an entity of HTML is an entity. A parenthesis means something behind a bracket alone.
func Markdown(s string) string { return markdown.Replace(Line(s)) }

var markdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "#", `\#`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`,
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
)

// ends reports whether a character is white space that ends a line, or moves along it.
func ends(c rune) bool { return unicode.IsSpace(c) && Hidden(c) }

// folded has one space for each run of white space that ends reports something of.
func folded(s string) string {
	var b strings.Builder
	for s != "" {
		rest := strings.TrimLeftFunc(s, unicode.IsSpace)
		if space := s[:len(s)-len(rest)]; strings.ContainsFunc(space, ends) {
			if b.Len() > 0 && rest != "" {
				b.WriteByte(' ')
			}
		} else {
			b.WriteString(space)
		}
		end := strings.IndexFunc(rest, unicode.IsSpace)
		if end < 0 {
			end = len(rest)
		}
		b.WriteString(rest[:end])
		s = rest[end:]
	}
	return b.String()
}
