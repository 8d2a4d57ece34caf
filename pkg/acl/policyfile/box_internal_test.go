package policyfile

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tailscale/hujson"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

func parsed(t *testing.T, text string) *hujson.Value {
	t.Helper()
	v, err := hujson.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &v
}

// What a value is called.
func TestNamesOfKinds(t *testing.T) {
	for text, want := range map[string]string{
		"{}": "an object", "[]": "a list", `""`: "a string", "7": "a number", "-1": "a number", "true": "true or false", "false": "true or false", "null": "null",
	} {
		if got := kindName(parsed(t, text).Value.Kind()); got != want {
			t.Errorf("%s is called %s", text, got)
		}
	}
	for text, want := range map[string]string{
		"[]": "the file holds a list", "null": "the file holds null", `"a"`: "the file holds a string", "1": "the file holds a number", " true": "the file holds true or false",
	} {
		_, list := Parse("p.hujson", []byte(text))
		if len(list) != 1 || !strings.HasPrefix(list[0].Message, want) || list[0].Pos.Line != 1 || list[0].Pos.Column != 1+strings.Count(text, " ") {
			t.Errorf("%s: %v", text, list)
		}
	}
}

// Whether a list of the file holds what the topology needs.
func TestHeldNames(t *testing.T) {
	for _, c := range []struct {
		file string
		want any
		held bool
	}{
		{`["a", "b"]`, []string{"a"}, true}, {`["a", "b"]`, []string{"b", "a"}, true}, {`[]`, []string{}, true}, {`["a"]`, []string{"a", "b"}, false},
		{`["b"]`, []string{"a"}, false}, {`[["a"], {}, "a"]`, []string{"a"}, true}, {`"a"`, []string{"a"}, false}, {`{"a": "a"}`, []string{"a"}, false}, {`null`, []string{}, false},
		{`["a"]`, "a", false}, {`["a"]`, nil, false},
	} {
		if got := holdsNames(parsed(t, c.file), c.want); got != c.held {
			t.Errorf("%s holds %v: %t", c.file, c.want, got)
		}
	}
}

// Text is what a string says, and nothing else.
func TestLiterals(t *testing.T) {
	for text, want := range map[string]string{`"a"`: "a", `"a\"b"`: `a"b`, `""`: "", "7": "", "null": "", "true": "", "[]": "", `["a"]`: "", "{}": ""} {
		if got := literal(parsed(t, text)); got != want {
			t.Errorf("%s says %q", text, got)
		}
	}
	for count, want := range map[int]string{0: ", 0 times; the first", 1: "", 2: ", 2 times; the first"} {
		if got := of(count); got != want {
			t.Errorf("%d: %q", count, got)
		}
	}
}

// Comments and commas between items, with the bytes that they take.
func TestTokens(t *testing.T) {
	for text, want := range map[string]string{
		"": "", " \t\n": "", ",": "0-1 comma", " , ,": "1-2 comma; 3-4 comma", "// a": "0-4 line a", "// a \t\r\n,": "0-4 line a; 8-9 comma", "//\n": "0-2 line ",
		"/* a */": "0-7 a", "/**/,": "0-4 ; 4-5 comma", " /*a*/ /* , */,": "1-6 a; 7-14 ,; 14-15 comma", "// /* a\n// b": "0-7 line /* a; 8-12 line b", "/* open": "0-7 open",
		"//": "0-2 line ", "/**/": "0-4 ", "/": "", "/ /": "", "/*/ a */": "0-8 / a",
	} {
		for _, shift := range []int{0, 3} { // from an offset on, and no further than to another one
			var got []string
			for _, tk := range tokens([]byte(strings.Repeat(",", shift)+text+strings.Repeat("]", shift)), shift, shift+len(text)) {
				s := fmt.Sprintf("%d-%d ", tk.start-shift, tk.end-shift)
				switch {
				case tk.comma:
					s += "comma"
				case tk.line:
					s += "line "
				}
				got = append(got, s+tk.text)
			}
			if all := strings.Join(got, "; "); all != want {
				t.Errorf("%q from %d on: %q, want %q", text, shift, all, want)
			}
		}
	}
}

// Where something new goes in a container, and how it is indented.
func TestBoxes(t *testing.T) {
	for text, want := range map[string]string{
		`[]`: `tail 1, inline true, comma false, indent "  "`, "[\n]": `tail 1, inline false, comma false, indent "  "`, `[1]`: `tail 2, inline true, comma false, indent "  "`,
		`[1,]`: `tail 3, inline true, comma true, indent "  "`, "[1, // a\n]": `tail 8, inline false, comma true, indent "  "`, "[1 /* a */ ]": `tail 10, inline true, comma false, indent "  "`,
		"[\n\t1\n]": `tail 4, inline false, comma false, indent "\t"`, "[\n    1,\n  2]": `tail 12, inline true, comma false, indent "    "`, "[1,\n   2]": `tail 8, inline true, comma false, indent "   "`,
		"\t[\n1]": `tail 4, inline true, comma false, indent ""`, "\t[1]": `tail 3, inline true, comma false, indent "\t  "`, " \t []": `tail 4, inline true, comma false, indent " \t   "`,
		"[// a\n /* b */]": `tail 14, inline true, comma false, indent "  "`, "\n [1, 2\n]": `tail 7, inline false, comma false, indent "   "`,
		"{\"a\": 1, // c\n \"b\": 2,\n}": `tail 22, inline false, comma true, indent " "`,
	} {
		b := newBox([]byte(text), parsed(t, text))
		if got := fmt.Sprintf("tail %d, inline %t, comma %t, indent %q", b.tail(), b.isInline(), b.trailingComma(), b.indentOf("  ")); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// The file's own layout: its first indented line, and the ends of its lines.
func TestLayouts(t *testing.T) {
	for text, want := range map[string]string{
		"": "\t", "{}": "\t", "{\n  \"a\": 1}": "  ", "{\n    \n  1}": "  ", " ": "\t", " a": " ", "\n\n   a\n b": "   ", " \t a": " \t ", "a\n \r\n": "\t", "a\n  \t\r\n    b": "    ", "a\n": "\t",
	} {
		if got := unit([]byte(text)); got != want {
			t.Errorf("%q is indented by %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"": "\n", "\n": "\n", "a\n": "\n", "a\r\n": "\r\n", "\r\n": "\r\n", "a\nb\r\n": "\n", "a\r\nb\n": "\r\n", "\r": "\n"} {
		if got := eol([]byte(text)); got != want {
			t.Errorf("%q ends lines with %q", text, got)
		}
	}
}

// A part is cut out with the line or the blank that led to it, and no more.
func TestCuts(t *testing.T) {
	for _, c := range []struct {
		text       string // what is between < and > goes
		behindItem bool
		want       string
	}{
		{"[1 <x>]", true, "[1]"}, {"[1<x>]", true, "[1]"}, {"[1  <x>]", true, "[1 ]"}, {"[ <x>]", false, "[ ]"}, {"[\n\t<x>\n]", false, "[\n]"}, {"[1,\r\n  <x>\r\n]", true, "[1,\r\n]"},
		{"<x> a", true, " a"}, {"<x>", false, ""}, {"\n<x>", false, ""}, {"\r\n<x>", true, ""}, {"  <x>", true, " "}, {"\t<x>", true, "\t"},
		{"[<x> /* >>> kustomize-hybrid b */]", false, "[/* >>> kustomize-hybrid b */]"}, {"[<x> /* section added by kustomize-hybrid b */]", false, "[/* section added by kustomize-hybrid b */]"},
		{"[<x> /* a */]", false, "[ /* a */]"}, {"[1<x> /* >>> kustomize-hybrid b */]", true, "[1 /* >>> kustomize-hybrid b */]"},
	} {
		before, rest, _ := strings.Cut(c.text, "<x>")
		m := &merger{src: []byte(before + "<x>" + rest)}
		m.cut(len(before), len(before)+3, c.behindItem)
		if string(m.src) != c.want || !m.dirty {
			t.Errorf("%q becomes %q, want %q", c.text, m.src, c.want)
		}
	}
}

// Which containers are empty but for the way to a section.
func TestEmptyContainers(t *testing.T) {
	for _, c := range []struct {
		text, path string
		want       bool
	}{
		{`[]`, "", true}, {`[1]`, "", false}, {`{}`, "", true}, {`{}`, "a", true}, {`{"a": 1}`, "", false}, {`{"a": {}}`, "a", true}, {`{"A": []}`, "a", true}, {`{"a": [1]}`, "a", false},
		{`{"b": {}}`, "a", false}, {`{"a": {}, "b": {}}`, "a", false}, {`{"a": {"b": {}}}`, "a b", true}, {`{"a": {"b": {}}}`, "a", false}, {`{"a": {"c": {}}}`, "a b", false}, {`7`, "", false}, {`null`, "a", false},
	} {
		if got := empty(parsed(t, c.text), strings.Fields(c.path)); got != c.want {
			t.Errorf("%s is empty but for %q: %t", c.text, c.path, got)
		}
	}
}

// mergerOf is a merger of the published network.
func mergerOf(t *testing.T, text string) *merger {
	t.Helper()
	f, list := Parse("p.hujson", []byte(text))
	if f == nil {
		t.Fatal(list)
	}
	topology := topologytest.Published()
	topology.Metadata.Name = "ai-cluster"
	return newMerger(plan.New(topology).Topology, f)
}

// A rule's sources that stand for everything; none where it is not there, is no rule, or takes no
// tags as sources.
func TestSourcesThatStandForEverything(t *testing.T) {
	m := mergerOf(t, `{"grants": [
		{"src": ["*", "tag:a", "autogroup:danger-all"], "dst": ["*"], "ip": ["*"]},
		{"src": ["*"], "dst": ["tag:a", "autogroup:self"], "ip": ["*"]},
		{"src": ["tag:a"], "dst": ["*"], "ip": ["*"]},
		{"dst": ["*"], "src": "*"},
	], "acls": [
		{"action": "accept", "users": ["*"], "ports": ["*:*"]},
		{"action": "accept", "src": ["*"], "dst": ["*:*", "autogroup:self:*"]},
		"nonsense",
		{"action": "accept", "users": ["*"], "ports": ["autogroup:self:*"]},
		{"Action": "accept", "User": ["*"], "Ports": ["*:*"]},
	], "hosts": {"a": "10.0.0.1"}}`)
	for rule, want := range map[string]int{
		"grants[0]": 2, "grants[1]": 0, "grants[2]": 0, "grants[3]": 0, "grants[4]": 0, "acls[0]": 1, "acls[1]": 0, "acls[2]": 0, "acls[3]": 0, "acls[4]": 1, "acls[5]": 0, "grants": 0, "": 0, "grants[x]": 0, "hosts[0]": 0, "ssh[0]": 0,
	} {
		if got := len(m.everything(rule)); got != want {
			t.Errorf("%q has %d such sources, want %d", rule, got, want)
		}
	}
}

// What stands for every device: routes of the file that no region has and that are no exit's, nor
// the tailnet's own.
func TestDevices(t *testing.T) {
	m := mergerOf(t, `{"autoApprovers": {"routes": {
		"192.168.7.0/24": [], "10.0.0.0/8": [], "0.0.0.0/0": [], "::/0": [], "0.0.0.0/1": [], "100.80.0.0/16": [], "100.64.0.0/10": [], "172.16.0.0/12": [], "fd00::/64": [], "nonsense": [],
	}}, "grants": []}`)
	const want = "autogroup:member autogroup:tagged 192.168.7.0/24 172.16.0.0/12 fd00::/64"
	if got := strings.Join(m.devices(), " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The whole of what is said of a rule that is too wide: where, how often, and the way out, which
// is to narrow it where that can be done.
func TestWideRules(t *testing.T) {
	const allowAll = "; or set spec.tailnet.policy.access: allowAll, if all of that may be"
	for src, remedy := range map[string]string{
		"*":          "write autogroup:member, autogroup:tagged as its sources instead of everything, which `acl merge --narrow` does and `acl merge --remove` takes back" + allowAll,
		"10.0.0.0/8": "take the regions' prefixes out of its sources" + allowAll,
	} {
		m := mergerOf(t, `{"acls": [{"action": "accept", "src": ["`+src+`"], "dst": ["*:*"]}]}`)
		m.sections()
		m.reportWide(m.rules())
		d := m.list[len(m.list)-1]
		if len(m.list) != 1 || d.Path != "acls[0]" || d.Code != eval.CodeTestFailed || d.Remedy != remedy || !strings.HasPrefix(d.Message, "acls[0] allows what the topology's tests deny, 12 times; the first: ") {
			t.Errorf("%s: %v; %s", src, m.list, d.Remedy)
		}
	}
}

// A failing assertion is the topology's own where it denies the same to the same, by the same
// protocol.
func TestOurDenials(t *testing.T) {
	m := &merger{policy: &acl.Policy{Tests: []acl.Test{{Src: "tag:a", Proto: "tcp", Deny: []string{"tag:b:22", "tag:b:23"}}}}}
	merged := &acl.Policy{Tests: []acl.Test{
		{Src: "tag:a", Proto: "tcp", Deny: []string{"tag:b:23", "tag:b:24"}}, {Src: "tag:x", Proto: "tcp", Deny: []string{"tag:b:22"}}, {Src: "tag:a", Proto: "udp", Deny: []string{"tag:b:22"}},
	}}
	for _, c := range []struct {
		path string
		code diag.Code
		want bool
	}{
		{"tests[0].deny[0]", eval.CodeTestFailed, true}, {"tests[0].deny[1]", eval.CodeTestFailed, false}, {"tests[1].deny[0]", eval.CodeTestFailed, false}, {"tests[2].deny[0]", eval.CodeTestFailed, false},
		{"tests[0].deny[0]", eval.CodeWide, false}, {"tests[0].accept[0]", eval.CodeTestFailed, false}, {"tests[0]", eval.CodeTestFailed, false}, {"grants[0]", eval.CodeTestFailed, false}, {"", eval.CodeTestFailed, false},
	} {
		if got := m.isOurDenial(&diag.Diagnostic{Path: c.path, Code: c.code}, merged); got != c.want {
			t.Errorf("%s at %q is ours: %t", c.code, c.path, got)
		}
	}
}

// The way out where the file and the topology differ names what to write where.
func TestWaysOut(t *testing.T) {
	m := &merger{}
	for section, want := range map[string]string{
		"tagOwners":     "add what is missing to N in the file, or leave spec.tailnet.policy.tagOwners out, and then the file's owners stay",
		"autoApprovers": `add ["tag:a"] to the approvers of N in the file`, "hosts": `write ["tag:a"], or rename the file's N`, "grants": "change one of them",
	} {
		if got := m.wayOut(acl.Section{Path: []string{section}}, acl.Member{Name: "N", Value: []string{"tag:a"}}); got != want {
			t.Errorf("%s: %q", section, got)
		}
	}
}

// The comment in front of an item is the last one that is no mark.
func TestCommentsBefore(t *testing.T) {
	const text = "[\n// >>> kustomize-hybrid a\n// first\n1, // behind\n/* of two */ 2,\n3, // <<< kustomize-hybrid a\n4]"
	b := newBox([]byte(text), parsed(t, text))
	for i, want := range []string{"first", "of two", "", ""} {
		if got := b.commentBefore(i); got != want {
			t.Errorf("before item %d: %q, want %q", i, got, want)
		}
	}
}

// A file without its braces begins where it begins.
func TestFragmentsBegin(t *testing.T) {
	for _, text := range []string{`"grants": []`, ` "grants": []`, `{"grants": []}`} {
		f, _ := Parse("p.hujson", []byte(text))
		if f == nil || f.root.StartOffset != 0 {
			t.Errorf("%q: %v", text, f)
		}
	}
}

// The way to a section ends where the file has something else than an object.
func TestWayToASection(t *testing.T) {
	for text, want := range map[string]string{
		`{"autoApprovers": {"routes": {}}}`: " []", `{"AutoApprovers": {"Routes": {}}}`: " []", `{"autoApprovers": {}}`: " [routes]", `{}`: " [autoApprovers routes]",
		`{"autoApprovers": []}`: "autoApprovers is a list in the file []", `{"autoApprovers": null}`: "autoApprovers is null in the file []",
	} {
		m := &merger{src: []byte(text)}
		m.parse()
		v, rest, err := m.find([]string{"autoApprovers", "routes"})
		got := fmt.Sprint(" ", rest)
		if err != nil {
			got = fmt.Sprint(err, " ", rest)
		}
		if got != want || (v == nil) != (err != nil) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A mark whose content somebody has changed into nonsense leaves the file as it is.
func TestNarrowedMarkHoldsNonsense(t *testing.T) {
	const text = "{\"acls\": [{\"action\": \"accept\", \"src\": [/* narrowed by kustomize-hybrid ai-cluster from [[ */ \"tag:a\" /* end of what kustomize-hybrid ai-cluster narrowed */], \"dst\": [\"*:*\"]}]}\n"
	f, _ := Parse("p.hujson", []byte(text))
	topology := topologytest.Published()
	topology.Metadata.Name = "ai-cluster"
	for what, edit := range map[string]func() ([]byte, diag.List){
		"merge":  func() ([]byte, diag.List) { return Merge(topology, f) },
		"narrow": func() ([]byte, diag.List) { return Narrow(topology, f) },
		"remove": func() ([]byte, diag.List) { return Remove("ai-cluster", f) },
	} {
		if got, list := edit(); string(got) != text || len(list) == 0 || list[0].Code != CodeMarks || !strings.Contains(list[0].Message, "the marks are damaged") {
			t.Errorf("%s: %v\n%s", what, list, got)
		}
	}
}

// A block in which somebody has deleted something is written anew, as deep as it stood.
func TestBlocksAreRestored(t *testing.T) {
	const text = "{\n    \"hosts\": {\n            \"other\": \"192.168.7.7\",\n    },\n    \"grants\": [],\n}\n"
	m := mergerOf(t, text)
	m.sections()
	whole := string(m.src)
	at := strings.Index(whole, "\n            \"k8s-gcp-us-pods\"")
	if at < 0 {
		t.Fatal(whole)
	}
	damaged := whole[:at] + whole[at+1+strings.Index(whole[at+1:], "\n"):]
	const other = "            \"other\""
	for _, otherwise := range []string{other, "     \"other\""} { // the block keeps its own depth
		want := strings.Replace(whole, other, otherwise, 1)
		again := mergerOf(t, strings.Replace(damaged, other, otherwise, 1))
		again.sections()
		if string(again.src) != want || damaged == whole {
			t.Errorf("%s\nwant\n%s", again.src, want)
		}
	}
}

// The only rules of a file go over to whoever still has something in it, since without them
// everybody may do everything; where nobody has, or there are other rules, they go.
func TestOnlyRulesAreInherited(t *testing.T) {
	const ours = "\t// section added by kustomize-hybrid a\n\t\"grants\": [\n\t\t// >>> kustomize-hybrid a\n\t\t{\"src\": [\"*\"], \"dst\": [\"*\"], \"ip\": [\"*\"]},\n\t\t// <<< kustomize-hybrid a\n\t],\n"
	const theirs = "\t\"hosts\": {\n\t\t// >>> kustomize-hybrid b\n\t\t\"x\": \"10.0.0.1\",\n\t\t// <<< kustomize-hybrid b\n\t},\n"
	for rest, want := range map[string]string{
		"": "", theirs: "\t// section added by kustomize-hybrid b\n\t\"grants\": [\n\t],\n", "\t\"acls\": [],\n" + theirs: "", "\t\"hosts\": {},\n": "",
	} {
		f, _ := Parse("p.hujson", []byte("{\n"+ours+rest+"}\n"))
		got, list := Remove("a", f)
		if string(got) != "{\n"+want+rest+"}\n" || len(list) > 0 {
			t.Errorf("%v\n%s, want\n%s", list, got, "{\n"+want+rest+"}\n")
		}
	}
}

// A block that says what it should is left alone, whatever its layout.
func TestLayoutOfBlocksIsKept(t *testing.T) {
	m := mergerOf(t, "{\n\t\"hosts\": {},\n\t\"grants\": [],\n}\n")
	m.sections()
	const name = "\"k8s-gcp-us-pods\":"
	for _, layout := range []string{name + "\n\t\t\t ", "/* theirs */" + name, name + " /* why */"} {
		text := strings.Replace(string(m.src), name, layout, 1)
		again := mergerOf(t, text)
		again.sections()
		kept := !strings.Contains(layout, "theirs") // the comment in front of an item is ours
		if text == string(m.src) || (string(again.src) == text) != kept {
			t.Errorf("%q: %s", layout, again.src)
		}
	}
}

// Where a finding stands: at its path, or at the nearest one above that stands in the file.
func TestPlacesOfPaths(t *testing.T) {
	f, _ := Parse("p.hujson", []byte("{\n\"tagOwners\": {\"tag:a\": [\"b\"], \"tag:c.d[e\": []},\n\"grants\": [{\"src\": [\"*\"]}]\n}"))
	for path, want := range map[string]string{
		"grants": "3:1", "grants[0]": "3:12", "grants[0].src": "3:13", "grants[0].src[0]": "3:21", "grants[0].src[7]": "3:13", "grants[0].dst[1]": "3:12", "grants[4].src": "3:1", "tests[0]": "0:0", "": "0:0",
		`tagOwners["tag:c.d[e"]`: "2:31", `tagOwners["tag:c.d[e"][3]`: "2:31", `tagOwners["tag:x.y[z"]`: "2:1", "tagOwners.tag:a": "2:15",
	} {
		p := f.locate(path, diag.Position{})
		if got := fmt.Sprintf("%d:%d", p.Line, p.Column); got != want {
			t.Errorf("%s stands at %s, want %s", path, got, want)
		}
	}
}

// What was narrowed gets its own width back, wherever it stands, each with its own end.
func TestWidened(t *testing.T) {
	const begin, end = "/* narrowed by kustomize-hybrid a from ", "/* end of what kustomize-hybrid a narrowed */"
	for text, want := range map[string]string{
		"": "", "[1]": "[1]", begin + "1 */2" + end: "1", "[" + begin + "1 */2" + end + "]": "[1]", begin + "1 */2" + end + begin + "3 */4" + end + "5": "135",
		begin + "1 */": "error", begin + "1": "error", end: end, "[" + begin + "1 */2" + end + begin + "3 */4]": "error", strings.ReplaceAll(begin, " a ", " b "): strings.ReplaceAll(begin, " a ", " b "),
	} {
		got, err := mark{"a"}.widen([]byte(text))
		if err != nil {
			got = []byte("error")
		}
		if string(got) != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// A block on the line of its brackets is restored there, too.
func TestInlineBlocksAreRestored(t *testing.T) {
	m := mergerOf(t, "{\n\t\"hosts\": {\"other\": \"192.168.7.7\"},\n\t\"grants\": [],\n}\n")
	m.sections()
	whole := string(m.src)
	at := strings.Index(whole, "\"k8s-gcp-us-pods\"")
	again := mergerOf(t, whole[:at]+whole[at+strings.Index(whole[at:], ",")+1:])
	again.sections()
	if string(again.src) != whole {
		t.Errorf("%s\nwant\n%s", again.src, whole)
	}
}

// Marks stand in pairs, a begin before its end, one pair in a container.
func TestPairsOfMarks(t *testing.T) {
	const begin, end = "/* >>> kustomize-hybrid a */", "/* <<< kustomize-hybrid a */"
	for text, want := range map[string]string{
		"[1, 2]": "[] false", "[1, " + begin + " 2, 3 " + end + ", 4]": "[1 2] true", "[" + begin + end + "]": "[] true", "[1, " + begin + " 2]": `no "<<< kustomize-hybrid a" follows the mark ">>> kustomize-hybrid a" at 4`,
		"[" + begin + " 1, " + begin + " 2 " + end + "]": `the mark ">>> kustomize-hybrid a" is misplaced at 33`, "[" + end + " 1]": `the mark "<<< kustomize-hybrid a" is misplaced at 1`,
		"[" + begin + end + begin + end + "]": `the mark ">>> kustomize-hybrid a" is misplaced at 57`, "[" + begin + end + end + "]": `the mark "<<< kustomize-hybrid a" is misplaced at 57`,
		"[/* >>> kustomize-hybrid b */ 1]": "[] false",
	} {
		found, err := mark{"a"}.block(newBox([]byte(text), parsed(t, text)))
		got := fmt.Sprint(found.items, " ", found.found)
		var marks *marksError
		if errors.As(err, &marks) {
			got = fmt.Sprint(marks, " at ", marks.offset)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// A section that a merge has added stays for as long as somebody has something in it.
func TestAddedSectionsOfPeopleStay(t *testing.T) {
	const added = "\t// section added by kustomize-hybrid a\n\t\"hosts\": {\n\t\t// >>> kustomize-hybrid a\n\t\t\"x\": \"10.0.0.1\",\n\t\t// <<< kustomize-hybrid a\n"
	const others = "\t\"groups\": {\n\t\t// >>> kustomize-hybrid b\n\t\t\"group:g\": [],\n\t\t// <<< kustomize-hybrid b\n\t},\n" // which do not inherit it
	for people, want := range map[string]string{
		"": "{\n}\n", "\t\t\"mine\": \"10.0.0.2\",\n": "{\n\t// section added by kustomize-hybrid a\n\t\"hosts\": {\n\t\t\"mine\": \"10.0.0.2\",\n\t},\n}\n",
	} {
		for _, rest := range []string{"", others} {
			want := strings.TrimSuffix(want, "}\n") + rest + "}\n"
			f, _ := Parse("p.hujson", []byte("{\n"+added+people+"\t},\n"+rest+"}\n"))
			if got, list := Remove("a", f); string(got) != want || len(list) > 0 {
				t.Errorf("%v\n%s\nwant\n%s", list, got, want)
			}
		}
	}
}

// A topology that no longer needs a rule keeps the section that it had added, if the file has no
// other rules: without them everybody may do everything.
func TestOnlyRulesStay(t *testing.T) {
	for text, stays := range map[string]bool{"{\n}\n": true, "{\n\t\"acls\": [],\n}\n": false} {
		m := mergerOf(t, text)
		m.sections()
		merged, _ := Parse("p.hujson", m.src)
		one := topologytest.Published()
		one.Metadata.Name = "ai-cluster"
		one.Spec.Regions = one.Spec.Regions[1:]
		less, list := Merge(one, merged)
		const kept = "\t// section added by kustomize-hybrid ai-cluster\n\t\"grants\": [\n\t],\n"
		if list.Count(diag.Error) > 0 || strings.Contains(string(less), kept) != stays || strings.Contains(string(less), "\"grants\"") != stays {
			t.Errorf("%v\n%s", list, less)
		}
	}
}

// What nests too deeply is not read, and said where it does.
func TestTooDeep(t *testing.T) {
	f, list := Parse("p.hujson", []byte("{\"a\":\n"+strings.Repeat("[", 300)))
	if f != nil || len(list) != 1 || list[0].Message != "values are nested more than 200 levels deep" || list[0].Pos.Line != 2 || list[0].Pos.Column != 200 {
		t.Errorf("%v", list)
	}
}

// Up to three superfluous rules are named, and the number of the others.
func TestSuperfluousRulesAreCounted(t *testing.T) {
	for n, want := range map[int]string{
		1: "grants[9] allows everything that a allows", 2: "grants[9] allows everything that a, b allow", 3: "grants[9] allows everything that a, b, c allow",
		4: "grants[9] allows everything that a, b, c and 1 more allow", 6: "grants[9] allows everything that a, b, c and 3 more allow",
	} {
		l := &linter{}
		l.reportMoot("grants[9]", strings.Split("a b c d e f", " ")[:n])
		if d := l.list[0]; len(l.list) != 1 || d.Message != want || len(d.Related) != min(n, 3) {
			t.Errorf("%v with %d places, want %s", d, len(d.Related), want)
		}
	}
}
