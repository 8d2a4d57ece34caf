package tree

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// appendText appends s as a block of lines where that is safe, at indent, or as a scalar.
func appendText(out []byte, s string, indent int) []byte {
	if !utf8.ValidString(s) {
		s = string([]rune(s)) // as encoding/json: U+FFFD for each byte that is none
	}
	if isLiteral(s) {
		return appendLiteral(out, s, indent)
	}
	return appendScalar(out, s)
}

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
	if len(s) == 0 || !isLetter(s[0]) && s[0] != '/' || isWord(s) {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
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
func isWord(s string) bool {
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return true
	}
	return false
}

func appendQuoted(out []byte, s string) []byte {
	out = append(out, '"')
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
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
func isLiteral(s string) bool {
	if strings.IndexByte(s, '\n') < 0 {
		return false
	}
	body := strings.TrimSuffix(s, "\n")
	if len(body) == 0 || strings.HasSuffix(body, "\n") || strings.IndexByte(" \t\n", body[0]) >= 0 {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		// A line of blanks alone has no end of its own.
		if !isPrintable(line) || len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && strings.Trim(line, " \t") == "" {
			return false
		}
	}
	return true
}

// isPrintable reports whether s is printable text, blanks and tabs; eight letters at a time where
// they are of ASCII, since programs of some hundred kilobytes pass through here.
func isPrintable(s string) bool {
	const each = 0x0101010101010101
	for len(s) > 0 {
		if len(s) >= 8 {
			x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
				uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
			// The highest bit of a byte is set where it is below a blank, above a tilde or set already.
			if (x-' '*each|x+each|x)&(0x80*each) == 0 {
				s = s[8:]
				continue
			}
		}
		c, size := rune(s[0]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(s)
		}
		if c != '\t' && !unicode.IsPrint(c) {
			return false
		}
		s = s[size:]
	}
	return true
}

func appendLiteral(out []byte, s string, indent int) []byte {
	body, newline := strings.CutSuffix(s, "\n")
	out = append(out, '|')
	if !newline {
		out = append(out, '-')
	}
	for line := range strings.SplitSeq(body, "\n") {
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
