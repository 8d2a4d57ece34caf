package policyfile

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/tailscale/hujson"
)

// Narrow is Merge for a file whose own rules let the regions do what the topology denies,
// as the policy of a new tailnet does: "*" as a source is every device, and everything
// behind the gateways, too. In those rules it writes every device alone. What stood there
// is kept in the mark, so that Remove gives the file back to the byte.
func Narrow(t *schema.Topology, f *File) ([]byte, diag.List) { return merge(t, f, true) }

// narrowed are the marks around what stands where something wider stood.
func (m mark) narrowed() (begin, end string) {
	return "/* narrowed by kustomize-hybrid " + m.owner + " from ", "/* end of what kustomize-hybrid " + m.owner + " narrowed */"
}

// errNarrowed is the error of a mark of something narrowed without its end.
var errNarrowed = errors.New("a mark of something narrowed has no end")

// widen gives back what stood where something was narrowed.
func (m mark) widen(src []byte) ([]byte, error) {
	begin, end := m.narrowed()
	for {
		at := bytes.Index(src, []byte(begin))
		if at < 0 {
			return src, nil
		}
		was, rest, ok := bytes.Cut(src[at+len(begin):], []byte(" */"))
		_, behind, closed := bytes.Cut(rest, []byte(end))
		if !ok || !closed {
			return src, errNarrowed
		}
		src = slices.Concat(src[:at], was, behind)
	}
}

// narrow narrows the file's rules until none allows what the topology denies, or none can be
// narrowed further.
func (m *merger) narrow() {
	for m.root.Value != nil {
		var edits []edit
		for _, w := range m.tooWide(m.rules()) {
			edits = append(edits, m.narrower(w.rule)...)
		}
		if len(edits) == 0 {
			return
		}
		slices.SortFunc(edits, func(a, b edit) int { return b.start - a.start })
		for _, e := range edits {
			m.splice(e.start, e.end, e.text)
		}
		m.parse()
		m.merged = nil
	}
}

// tooWide is a rule of the file that allows what the topology's tests deny.
type tooWide struct {
	rule  string
	first string // "A must not reach B by TCP"
	count int
}

// rules evaluates the merged text; it is nil where that cannot be read.
func (m *merger) rules() *eval.Evaluator {
	f := m.merged
	if f == nil {
		f, _ = Parse("", m.src)
	}
	if f == nil {
		return nil
	}
	return eval.NewIn(eval.Known(m.topology), f.Policy)
}

// tooWide lists the rules of the merged text that make assertions of the topology fail.
func (m *merger) tooWide(e *eval.Evaluator) []tooWide {
	if e == nil {
		return nil
	}
	var list []tooWide
	for _, t := range m.policy.Tests {
		for _, dst := range t.Deny {
			a, err := e.Ask(t.Src, dst, t.Proto)
			if err != nil || !a.Allowed || a.Rule == "" {
				continue
			}
			i := slices.IndexFunc(list, func(w tooWide) bool { return w.rule == a.Rule })
			if i < 0 {
				i = len(list)
				list = append(list, tooWide{rule: a.Rule, first: fmt.Sprintf("%s must not reach %s by %s", t.Src, dst, strings.ToUpper(t.Proto))})
			}
			list[i].count++
		}
	}
	return list
}

// edit replaces a part of the text.
type edit struct {
	start, end int
	text       string
}

// narrower are the edits that narrow a rule: its sources that stand for everything.
func (m *merger) narrower(rule string) []edit {
	src := m.everything(rule)
	var edits []edit
	for _, v := range src {
		was := string(m.src[v.StartOffset:v.EndOffset])
		begin, end := m.mark.narrowed()
		text := begin + was + " */ "
		for i, name := range m.devices() {
			if i > 0 {
				text += ", "
			}
			text += string(hujson.String(name))
		}
		edits = append(edits, edit{v.StartOffset, v.EndOffset, text + " " + end})
	}
	return edits
}

// everything are the sources of a rule that stand for everything. A rule with
// autogroup:self has none that can be narrowed: that takes no tags as sources.
func (m *merger) everything(rule string) []*hujson.Value {
	section, index, ok := strings.Cut(strings.TrimSuffix(rule, "]"), "[")
	var i int
	if _, err := fmt.Sscanf(index, "%d", &i); !ok || err != nil {
		return nil
	}
	list, rest, err := m.find([]string{section})
	if err != nil || len(rest) > 0 {
		return nil
	}
	a, ok := list.Value.(*hujson.Array)
	if !ok || i >= len(a.Elements) {
		return nil
	}
	o, ok := a.Elements[i].Value.(*hujson.Object)
	if !ok {
		return nil
	}
	var found []*hujson.Value
	for j := range o.Members {
		values, _ := o.Members[j].Value.Value.(*hujson.Array)
		if values == nil {
			continue
		}
		switch modern(unquoted(o.Members[j].Name.Value.(hujson.Literal))) {
		case "src":
			for k := range values.Elements {
				if name := literal(&values.Elements[k]); name == "*" || name == "autogroup:danger-all" {
					found = append(found, &values.Elements[k])
				}
			}
		case "dst":
			for k := range values.Elements {
				if strings.HasPrefix(literal(&values.Elements[k]), "autogroup:self") {
					return nil
				}
			}
		}
	}
	return found
}

// literal is the text of a string, and empty for anything else.
func literal(v *hujson.Value) string {
	if l, ok := v.Value.(hujson.Literal); ok && l.Kind() == '"' {
		return l.String()
	}
	return ""
}

// devices are what stands for every device, and for what is behind other routers as far as
// the file tells: routes that it approves and that no region has.
func (m *merger) devices() []string {
	list := []string{"autogroup:member", "autogroup:tagged"}
	var own []netip.Prefix
	for _, r := range m.policy.Routes {
		if p, err := acl.ParsePrefix(r.Key); err == nil {
			own = append(own, p)
		}
	}
	for _, r := range m.file.Policy.Routes {
		p, _ := acl.ParsePrefix(r.Key) // what cannot be read has no bits
		if p.Bits() > 0 && !slices.ContainsFunc(own, p.Overlaps) && !cidr.Contains(schema.TailnetIPv4(), p) {
			list = append(list, p.String())
		}
	}
	return list
}

// reportNarrowed says what this merge has narrowed, and whom it concerns.
func (m *merger) reportNarrowed(merged *File) {
	begin, _ := m.mark.narrowed()
	if bytes.Count(m.file.src, []byte(begin)) == bytes.Count(m.src, []byte(begin)) {
		return // an earlier one has said so
	}
	for at, from := 0, 0; ; {
		if at = bytes.Index(m.src[from:], []byte(begin)); at < 0 {
			return
		}
		from += at + len(begin)
		was, _, _ := bytes.Cut(m.src[from:], []byte(" */"))
		d := m.list.Warnf(CodeNarrowed, "", "a source %s was narrowed to %s: what is behind subnet routers, and people with whom a device is shared, are no longer in it", was, strings.Join(m.devices(), ", ")).
			Fix("add what else has to send; `acl merge --remove` gives the rule back as it was")
		d.Pos = merged.position(from - len(begin))
	}
}

// reportWide says which rules of the file are too wide, each once with the first assertion
// that fails by it.
func (m *merger) reportWide(rules *eval.Evaluator) {
	for _, w := range m.tooWide(rules) {
		remedy := "take the regions' prefixes out of its sources; or set spec.tailnet.policy.access: allowAll, if all of that may be"
		if len(m.everything(w.rule)) > 0 {
			remedy = fmt.Sprintf("write %s as its sources instead of everything, which `acl merge --narrow` does and `acl merge --remove` takes back; or set spec.tailnet.policy.access: allowAll, if all of that may be",
				strings.Join(m.devices(), ", "))
		}
		m.list.Errorf(eval.CodeTestFailed, w.rule, "%s allows what the topology's tests deny%s: %s", w.rule, of(w.count), w.first).Fix("%s", remedy)
	}
}

func of(count int) string {
	if count == 1 {
		return ""
	}
	return fmt.Sprintf(", %d times; the first", count)
}

// isOurDenial reports whether a finding is about an assertion of the topology that reportWide
// has said.
func (m *merger) isOurDenial(d *diag.Diagnostic, merged *acl.Policy) bool {
	var i, j int
	if n, _ := fmt.Sscanf(d.Path, "tests[%d].deny[%d]", &i, &j); n != 2 || d.Code != eval.CodeTestFailed {
		return false
	}
	t := merged.Tests[i]
	return slices.ContainsFunc(m.policy.Tests, func(o acl.Test) bool {
		return o.Src == t.Src && o.Proto == t.Proto && slices.Contains(o.Deny, t.Deny[j])
	})
}
