package policyfile

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/tailscale/hujson"
)

// parse takes out of src what people write and HuJSON does not allow, and reads the rest
// into f.root. Blanks replace what it takes out, so offsets stay those of the file.
func (f *File) parse(src []byte) diag.List {
	var list diag.List
	text := bytes.Clone(src) // hujson keeps its input and Format would change it
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		list.Errorf(CodeSyntax, "", "the file begins with a byte order mark").
			Fix("save it as UTF-8 without one").Pos = f.position(0)
		copy(text, "   ")
	}
	for _, at := range blankHashes(text) {
		list.Errorf(CodeHash, "", "# does not start a comment in a policy file").
			Fix("write // instead of #").Propose("//").Pos = f.position(at)
	}
	shift := 0
	if isFragment(text) {
		list.Errorf(CodeFragment, "", "the file has members, but not the braces that enclose them").
			Fix("put { before the first member and } after the last, or use `acl merge` to put the fragment's content into the whole file").
			Pos = f.position(firstByte(text))
		text, shift = wrap(text), 1
	}
	if at := tooDeep(text); at >= 0 {
		list.Errorf(CodeSyntax, "", "values are nested more than %d levels deep", maxDepth).
			Fix("five levels are enough for a policy file").Pos = f.position(at)
		return list
	}
	root, err := hujson.Parse(text)
	if err != nil {
		f.syntaxError(&list, err)
		return list
	}
	if root.Value.Kind() != '{' {
		list.Errorf(CodeSyntax, "", "the file holds %s instead of an object", kindName(root.Value.Kind())).
			Fix("begin with { and name the sections inside").Pos = f.position(root.StartOffset)
		return list
	}
	shiftOffsets(&root, shift)
	f.root, f.plain = root, bytes.Equal(text, src)
	return list
}

// maxDepth keeps hujson, which reads recursively, from exhausting the stack.
const maxDepth = 200

// tooDeep is where the brackets of the text nest too deeply, or -1.
func tooDeep(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
		case '{', '[':
			if depth++; depth > maxDepth {
				return i
			}
		case '}', ']':
			depth--
		}
	}
	return -1
}

// syntaxError turns hujson's error, which names line and column, into a finding.
func (f *File) syntaxError(list *diag.List, err error) {
	d := list.Errorf(CodeSyntax, "", "%s", plain(err)).Fix("a policy file is JSON with // comments, /* comments */ and trailing commas")
	d.Pos = diag.Position{File: f.Name, Line: 1, Column: 1}
	if m := regexp.MustCompile(`line (\d+), column (\d+)`).FindStringSubmatch(err.Error()); m != nil {
		d.Pos.Line, _ = strconv.Atoi(m[1])
		d.Pos.Column, _ = strconv.Atoi(m[2])
	}
}

// plain is hujson's message without its prefix.
func plain(err error) string {
	_, text, found := strings.Cut(err.Error(), ": line ")
	if _, rest, ok := strings.Cut(text, ": "); found && ok {
		return rest
	}
	return err.Error()
}

// blankHashes replaces every comment that starts with # by blanks, outside strings
// and real comments, and returns their offsets.
func blankHashes(text []byte) []int {
	if bytes.IndexByte(text, '#') < 0 {
		return nil
	}
	var found []int
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			i = stringEnd(text, i)
		case bytes.HasPrefix(text[i:], []byte("//")):
			i = lineEnd(text, i)
		case bytes.HasPrefix(text[i:], []byte("/*")):
			if end := bytes.Index(text[i+2:], []byte("*/")); end >= 0 {
				i += end + 3
			} else {
				i = len(text)
			}
		case text[i] == '#':
			found = append(found, i)
			end := lineEnd(text, i)
			for ; i < end; i++ {
				text[i] = ' '
			}
		}
	}
	return found
}

// stringEnd is the closing quote of the string that starts at i, or the end of its line.
func stringEnd(text []byte, i int) int {
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case '"', '\n':
			return j
		}
	}
	return len(text)
}

func lineEnd(text []byte, i int) int {
	if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

// isFragment reports whether the text starts with a member instead of a brace.
func isFragment(text []byte) bool {
	at := firstByte(text)
	if at == len(text) || text[at] != '"' {
		return false
	}
	end := stringEnd(text, at)
	if end >= len(text) {
		return false
	}
	rest := bytes.TrimLeft(text[end+1:], " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// firstByte is where the first value starts, behind blanks and comments.
func firstByte(text []byte) int {
	i := 0
	for i < len(text) {
		switch {
		case strings.IndexByte(" \t\r\n", text[i]) >= 0:
			i++
		case bytes.HasPrefix(text[i:], []byte("//")):
			i = lineEnd(text, i)
		case bytes.HasPrefix(text[i:], []byte("/*")):
			end := bytes.Index(text[i:], []byte("*/"))
			if end < 0 {
				return len(text)
			}
			i += end + 2
		default:
			return i
		}
	}
	return i
}

func wrap(text []byte) []byte {
	return append(append([]byte("{"), text...), "\n}"...)
}

func shiftOffsets(root *hujson.Value, by int) {
	if by == 0 {
		return
	}
	for v := range root.All() {
		v.StartOffset -= by
		v.EndOffset -= by
	}
	root.StartOffset = max(root.StartOffset, 0)
}

func kindName(k hujson.Kind) string {
	switch k {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return fmt.Sprintf("%q", rune(k))
}
