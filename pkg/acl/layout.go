package acl

import (
	"fmt"

	"github.com/tailscale/hujson"
)

// width is the longest list that stands on one line (hujson 2026, format.go). It is counted
// with a comma and a blank behind the last element, too.
const width = 80

// layOut writes what expand and hujson's Format make of a document, which for a thousand
// regions took ten times as long.
func layOut(doc object) []byte {
	return append(appendValue(make([]byte, 0, size(doc, 0)), doc, 0), '\n')
}

// size is how long a value gets at most, in lines, unless something has to be escaped or names
// are aligned that differ by much: what grows is copied.
func size(v any, depth int) int {
	switch v := v.(type) {
	case string:
		return len(v) + len(`""`)
	case []string:
		n := len("[\n]") + depth
		for _, s := range v {
			n += len(s) + len("\"\",\n") + depth + 1
		}
		return n
	case []any:
		n := len("[\n]") + depth
		for _, e := range v {
			n += len(",\n") + depth + 1 + size(e, depth+1)
		}
		return n
	case object:
		n := len("{\n}") + depth
		for _, m := range v {
			n += len("\"\": ,\n") + depth + 1 + len(m.Name) + alignedBy + size(m.Value, depth+1)
		}
		return n
	}
	return 0
}

// alignedBy is about how much longer than most the longest of some aligned names is.
const alignedBy = 4

// appendValue writes a value: an object has a line for each member, and so has a section that
// is a list for each element; other lists have one where they are long.
func appendValue(b []byte, v any, depth int) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case []string:
		return appendList(b, v, depth, appendString)
	case []any:
		return appendList(b, v, depth, func(b []byte, e any) []byte { return appendValue(b, e, depth+1) })
	case object:
		return appendObject(b, v, depth)
	}
	panic(fmt.Sprintf("acl: %T in a policy", v)) // unreachable: sections make nothing else
}

func appendList[T any](b []byte, list []T, depth int, element func([]byte, T) []byte) []byte {
	begin, between, end := "", ", ", ""
	if !isInline(list, depth) {
		begin, between, end = line(depth+1), ","+line(depth+1), line(depth)
	}
	b = append(b, '[')
	b = append(b, begin...)
	for i, e := range list {
		if i > 0 {
			b = append(b, between...)
		}
		b = element(b, e)
	}
	b = append(b, end...)
	return append(b, ']')
}

func appendObject(b []byte, o object, depth int) []byte {
	if len(o) == 0 {
		return append(b, "{}"...)
	}
	b = append(b, '{')
	aligned := 0 // members that are aligned with each other end here
	column := 0
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		if aligned <= i {
			aligned, column = alignment(o, i, depth)
		}
		b = append(b, line(depth+1)...)
		begin := len(b)
		b = append(appendString(b, m.Name), ": "...)
		for len(b)-begin < column {
			b = append(b, ' ')
		}
		b = appendValue(b, m.Value, depth+1)
	}
	return append(append(b, line(depth)...), '}')
}

// alignment is where the members that stand on one line each and follow each other end, and
// the column at which all their values begin. One of several lines is for itself.
func alignment(o object, from, depth int) (end, column int) {
	var name []byte
	for end = from; end < len(o) && isInline(o[end].Value, depth+1); end++ {
		name = appendString(name[:0], o[end].Name)
		column = max(column, len(name)+len(": "))
	}
	return max(end, from+1), column
}

// isInline reports whether a value at that depth stands on one line.
func isInline(v any, depth int) bool {
	switch v := v.(type) {
	case []string:
		return len(v) == 0 || depth > 1 && isShort(v)
	case []any:
		return len(v) == 0
	case object:
		return len(v) == 0
	}
	return true
}

// isShort reports whether the list stands on one line; it looks no further than that.
func isShort(list []string) bool {
	n := len("[]")
	for _, s := range list {
		if n += textLen(s) + len(", "); n > width {
			return false
		}
	}
	return true
}

// line begins a line at a depth, of which a document has five at most.
func line(depth int) string { return "\n\t\t\t\t\t\t\t\t"[:1+depth] }

// appendString writes a string as hujson does, and sooner where nothing has to be escaped.
func appendString(b []byte, s string) []byte {
	if !isPlain(s) {
		return append(b, hujson.String(s)...)
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func textLen(s string) int {
	if !isPlain(s) {
		return len(hujson.String(s))
	}
	return len(`""`) + len(s)
}

// isPlain reports whether the text is ASCII of which nothing has to be escaped.
func isPlain(s string) bool {
	for len(s) >= 8 {
		if !arePlain(uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56) {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if !arePlain(spaces&^0xff | uint64(s[i])) {
			return false
		}
	}
	return true
}

// spaces are eight of them.
const spaces = ' ' * each

// each is a one in each of eight bytes.
const each = 0x0101010101010101

// arePlain reports whether none of eight bytes is a control character, a quote, a backslash or
// beyond ASCII. A byte borrows from its own highest bit where it is less than what is taken from
// it; one that has been borrowed from only makes the answer false, and is not plain then itself.
func arePlain(w uint64) bool {
	quote, backslash := w^('"'*each), w^('\\'*each)
	return (w|(w-spaces)|(quote-each)|(backslash-each))&(0x80*each) == 0
}
