package policyfile

import (
	"bytes"
	"strings"

	"github.com/tailscale/hujson"
)

// box is a container of the file, taken apart: what stands in it, and what stands
// between. It works on the text, so that whatever is not touched keeps its bytes.
type box struct {
	src         []byte
	open, close int // offsets behind the opening and before the closing bracket
	items       []item
	gaps        [][]token // one before each item, and one behind the last
}

// item is a member of an object or an element of an array.
type item struct {
	name       string // of a member
	start, end int
	value      *hujson.Value
	owned      bool // between our marks
}

// token is a comment or a comma between two items.
type token struct {
	start, end int
	text       string // of a comment, without its slashes and stars
	comma      bool
	line       bool // a comment that ends with its line
}

func newBox(src []byte, v *hujson.Value) *box {
	b := &box{src: src, open: v.StartOffset + 1, close: v.EndOffset - 1}
	switch c := v.Value.(type) {
	case *hujson.Object:
		b.items = make([]item, 0, len(c.Members))
		for i := range c.Members {
			m := &c.Members[i]
			b.items = append(b.items, item{unquoted(m.Name.Value.(hujson.Literal)), m.Name.StartOffset, m.Value.EndOffset, &m.Value, false})
		}
	case *hujson.Array:
		b.items = make([]item, 0, len(c.Elements))
		for i := range c.Elements {
			e := &c.Elements[i]
			b.items = append(b.items, item{"", e.StartOffset, e.EndOffset, e, false})
		}
	}
	b.gaps = make([][]token, 0, len(b.items)+1)
	from := b.open
	for _, it := range b.items {
		b.gaps = append(b.gaps, tokens(src, from, it.start))
		from = it.end
	}
	b.gaps = append(b.gaps, tokens(src, from, b.close))
	return b
}

// tokens reads the comments and commas of src[from:to], which holds nothing else.
func tokens(src []byte, from, to int) []token {
	var list []token
	for i := from; i < to; i++ {
		switch {
		case src[i] == ',':
			list = append(list, token{start: i, end: i + 1, comma: true})
		case bytes.HasPrefix(src[i:to], []byte("//")):
			end := min(lineEnd(src, i), to)
			text := strings.TrimRight(string(src[i:end]), "\r \t")
			list = append(list, token{start: i, end: i + len(text), text: strings.TrimSpace(text[2:]), line: true})
			i = end
		case bytes.HasPrefix(src[i:to], []byte("/*")):
			end := to
			if n := bytes.Index(src[i+2:to], []byte("*/")); n >= 0 {
				end = i + n + 4
			}
			text := strings.TrimSuffix(string(src[i+2:end]), "*/")
			list = append(list, token{start: i, end: end, text: strings.TrimSpace(text)})
			i = end - 1
		}
	}
	return list
}

// tail is where something new at the end of the container goes: behind the last
// item, its comma and the comments that follow.
func (b *box) tail() int {
	at := b.open
	if n := len(b.items); n > 0 {
		at = b.items[n-1].end
	}
	if last := b.gaps[len(b.gaps)-1]; len(last) > 0 {
		at = last[len(last)-1].end
	}
	return at
}

// trailingComma reports whether the last item is followed by a comma.
func (b *box) trailingComma() bool { return b.comma(len(b.items)) >= 0 }

// comma is the offset of the comma in a gap, or -1.
func (b *box) comma(gap int) int {
	for _, t := range b.gaps[gap] {
		if t.comma {
			return t.start
		}
	}
	return -1
}

// isInline reports whether the closing bracket stands on the line where something new
// would go: a comment there must not swallow the bracket.
func (b *box) isInline() bool {
	return !bytes.Contains(b.src[b.tail():b.close], []byte("\n"))
}

// indent is the blank space at the beginning of the offset's line.
func indent(src []byte, offset int) string {
	start := bytes.LastIndexByte(src[:offset], '\n') + 1
	end := start
	for end < len(src) && (src[end] == ' ' || src[end] == '\t') {
		end++
	}
	return string(src[start:end])
}

// indentOf is how the items of the container are indented: as they are, or one unit
// deeper than the bracket.
func (b *box) indentOf(unit string) string {
	for _, it := range b.items {
		start := bytes.LastIndexByte(b.src[:it.start], '\n') + 1
		if start > b.open && len(bytes.TrimLeft(b.src[start:it.start], " \t")) == 0 {
			return string(b.src[start:it.start])
		}
	}
	return indent(b.src, b.open-1) + unit
}

// unit is the file's unit of indentation: the blanks of its first indented line, or a
// tab.
func unit(src []byte) string {
	for len(src) > 0 {
		line := src[:lineEnd(src, 0)]
		blank := len(line) - len(bytes.TrimLeft(line, " \t"))
		if blank > 0 && blank < len(bytes.TrimRight(line, " \t\r")) {
			return string(line[:blank])
		}
		src = src[min(len(line)+1, len(src)):]
	}
	return "\t"
}

// eol is the file's end of line.
func eol(src []byte) string {
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
