package tree

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendScalar appends s plain where no YAML reader, 1.1 or 1.2, can take it for
// anything but that string, and in double quotes elsewhere.
func appendScalar(out, s []byte) []byte {
	if isPlain(s) {
		return append(out, s...)
	}
	return appendQuoted(out, s)
}

// isPlain is stricter than YAML: what starts with a digit, sign or dot might be a
// number or a date to somebody.
func isPlain(s []byte) bool {
	if len(s) == 0 || !isLetter(s[0]) && s[0] != '/' || isWord(s) {
		return false
	}
	for i, c := range s {
		switch {
		case isLetter(c), '0' <= c && c <= '9':
		case c == ' ' || c == ':':
			// A colon makes a mapping before a blank or the end of the line.
			if i == len(s)-1 || c == ':' && s[i+1] == ' ' {
				return false
			}
		case strings.IndexByte("-_./=+@$(),", c) < 0:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isWord reports whether some reader takes s for a boolean or null (YAML 1.1,
// yaml.org/type/bool.html and null.html).
func isWord(s []byte) bool {
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(string(s)) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return true
	}
	return false
}

func appendQuoted(out, s []byte) []byte {
	out = append(out, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRune(s)
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, '\\', 'n')
		case unicode.IsPrint(r):
			out = append(out, s[:n]...)
		case r <= 0xffff:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = fmt.Appendf(out, `\U%08x`, r)
		}
		s = s[n:]
	}
	return append(out, '"')
}

// isLiteral reports whether every YAML reader finds s again in a literal block: whole
// lines of printable text whose first shows the indentation.
func isLiteral(s []byte) bool {
	if bytes.IndexByte(s, '\n') < 0 {
		return false
	}
	body := bytes.TrimSuffix(s, []byte("\n"))
	if len(body) == 0 || bytes.HasSuffix(body, []byte("\n")) || bytes.IndexByte([]byte(" \t\n"), body[0]) >= 0 {
		return false
	}
	// A line of blanks alone has no end of its own.
	said := true
	for i := 0; i < len(body); {
		switch c := body[i]; {
		case c == '\n':
			if !said && body[i-1] != '\n' {
				return false
			}
			said = false
		case c == ' ' || c == '\t':
		case c > ' ' && c < 0x7f:
			said = true
		default:
			r, size := utf8.DecodeRune(body[i:])
			if !unicode.IsPrint(r) {
				return false
			}
			said, i = true, i+size-1
		}
		i++
	}
	return said
}

func appendLiteral(out, s []byte, indent int) []byte {
	body, newline := bytes.CutSuffix(s, []byte("\n"))
	out = append(out, '|')
	if !newline {
		out = append(out, '-')
	}
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		out = append(out, '\n')
		if len(line) > 0 {
			out = appendBlanks(out, indent)
			out = append(out, line...)
		}
	}
	return out
}

func appendBlanks(out []byte, n int) []byte {
	for range n {
		out = append(out, ' ')
	}
	return out
}
