package render

import (
	"fmt"
	"strings"
	"unicode"
)

// appendScalar appends s plain where no YAML reader, 1.1 or 1.2, can take it for
// anything but that string, and in double quotes elsewhere.
func appendScalar(out []byte, s string) []byte {
	if isPlain(s) {
		return append(out, s...)
	}
	return appendQuoted(out, s)
}

// isPlain is stricter than YAML: what starts with a digit, sign or dot might be a
// number or a date to somebody.
func isPlain(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '/' || isWord(s) {
		return false
	}
	for i := range len(s) {
		if !isPlainByte(s[i]) {
			return false
		}
	}
	// A colon makes a mapping only before a blank or the end of the line.
	return !strings.Contains(s, ": ") && s[len(s)-1] != ':' && s[len(s)-1] != ' '
}

func isPlainByte(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || strings.IndexByte("-_./:=+@$(), ", c) >= 0
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isWord reports whether some reader takes s for a boolean or null (YAML 1.1,
// yaml.org/type/bool.html and null.html).
func isWord(s string) bool {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return true
	}
	return false
}

func appendQuoted(out []byte, s string) []byte {
	out = append(out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, '\\', 'n')
		case unicode.IsPrint(r):
			out = append(out, string(r)...)
		case r <= 0xffff:
			out = append(out, fmt.Sprintf(`\u%04x`, r)...)
		default:
			out = append(out, fmt.Sprintf(`\U%08x`, r)...)
		}
	}
	return append(out, '"')
}

// isLiteral reports whether every YAML reader finds s again in a literal block: whole
// lines of printable text whose first shows the indentation.
func isLiteral(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	if !strings.Contains(s, "\n") || body == "" || strings.ContainsAny(body[:1], " \t\n") {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		if line != "" && strings.TrimLeft(line, " \t") == "" {
			return false
		}
	}
	return !strings.HasSuffix(body, "\n") && !strings.ContainsFunc(body, unprintable)
}

func unprintable(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }

func appendLiteral(out []byte, s string, indent int) []byte {
	body, newline := strings.CutSuffix(s, "\n")
	out = append(out, '|')
	if !newline {
		out = append(out, '-')
	}
	for line := range strings.SplitSeq(body, "\n") {
		out = append(out, '\n')
		if line != "" {
			out = append(out, strings.Repeat(" ", indent)...)
			out = append(out, line...)
		}
	}
	return out
}
