package policyfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/suppress"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/tailscale/hujson"
)

// Merge puts what the topology needs into the policy file and returns the new text.
// What it puts there stands between marks that name the topology; a later Merge
// updates and removes only that. Everything else keeps its bytes: comments, order,
// indentation, commas. The text is the file's own when nothing changes.
//
// Findings say what cannot be merged (a name that the file gives another meaning),
// what the file's own rules make superfluous, what changes for everybody, and what
// Check says of the result; they are located in the result. With an error among them
// the control server would refuse the result, and the text is the file's own. Findings
// about the result that the topology accepts are left out; what cannot be merged it
// cannot accept.
//
// Rules of the file that let the regions do what the topology denies are errors; Narrow
// narrows them instead.
func Merge(t *schema.Topology, f *File) ([]byte, diag.List) { return merge(t, f, false) }

// merge narrows what has been narrowed before anew, too.
func merge(t *schema.Topology, f *File, narrow bool) ([]byte, diag.List) {
	t = plan.New(t).Topology
	m := newMerger(t, f)
	if err := m.widen(); err != nil {
		return f.Bytes(), m.list
	}
	narrow = narrow || !bytes.Equal(m.src, f.src)
	m.sections()
	if narrow {
		m.narrow()
	}
	return m.finish(f, t)
}

// widen gives the file's rules their own width for as long as it is edited.
func (m *merger) widen() error {
	src, err := m.mark.widen(m.src)
	if err != nil {
		m.list.Errorf(CodeMarks, "", "%s", err).Fix("put the mark back, or write the rule as it was before and delete both")
		m.file.Locate(m.list)
		return err
	}
	if !bytes.Equal(src, m.src) {
		m.src = src
		m.parse()
	}
	return nil
}

// FromTopology is the topology's policy as a file of its own, with a comment on each rule
// and the marks by which a later Merge knows its part.
func FromTopology(t *schema.Topology) []byte {
	f, _ := Parse("", []byte("{\n}\n"))
	m := newMerger(plan.New(t).Topology, f)
	m.sections()
	return m.src
}

// ETag is what the control server calls this version of the policy file: the SHA-256
// sum of the file as hujson lays it out (tailscale 1.102.3,
// cmd/gitops-pusher/gitops-pusher.go).
func ETag(src []byte) (string, error) {
	v, err := hujson.Parse(bytes.Clone(src)) // Format would change src itself
	if err != nil {
		return "", err
	}
	v.Format()
	sum := sha256.Sum256(v.Pack())
	return hex.EncodeToString(sum[:]), nil
}

// merger changes one section after the other. What it puts in is collected, since one section
// stands where no other does, and the text is read anew once; what it takes out, it takes out
// at once, and reads the text anew: offsets never outlive an edit.
type merger struct {
	mark     mark
	file     *File // as it was, for positions
	policy   *acl.Policy
	src      []byte
	root     hujson.Value // what src says
	dirty    bool         // src is newer than root
	edits    []edit       // of src, still to be made, in the order of those of one place
	created  map[*hujson.Value]bool
	merged   *File // src with all that was put in, where it could be read
	eager    bool  // edits are made one section after the other
	style    style
	list     diag.List
	topology *schema.Topology // none when ours is taken out
	// why is the path in the topology that asks for a tag, route or host.
	why map[string]string
	// namesOwners reports whether the topology says who may assign the gateways' tags.
	namesOwners bool
}

func newMerger(t *schema.Topology, f *File) *merger {
	m := &merger{mark: mark{t.Metadata.Name}, file: f, src: f.Bytes(), policy: acl.FromTopology(t), topology: t, why: origins(t), namesOwners: len(t.Spec.Tailnet.Policy.TagOwners) > 0}
	if m.root = f.root; !f.plain {
		m.parse()
	}
	m.style = styleOf(m.src, &m.root)
	return m
}

// origins tells which field of the topology asks for each name.
func origins(t *schema.Topology) map[string]string {
	why := map[string]string{}
	p := plan.New(t)
	for i := range p.Regions {
		r := &p.Regions[i]
		path := diag.Index("spec.regions", i)
		for _, h := range acl.Aliases(&p.Topology.Spec, r) {
			why[h.Name] = path
		}
		for _, p := range r.Advertise {
			why[p.String()] = path
		}
	}
	return why
}

func (m *merger) parse() {
	v, err := hujson.Parse(bytes.Clone(m.src)) // the tree shares memory with its text
	if err != nil {
		m.list.Errorf(CodeMarks, "", "the marks are damaged, and the file cannot be edited: %s", plain(err)).
			Fix("restore the marks, or delete by hand what stands between them")
		m.root = hujson.Value{}
		return
	}
	m.root, m.dirty = v, false
}

// put is an edit that is made later.
func (m *merger) put(start, end int, text string) {
	m.edits = append(m.edits, edit{start, end, text})
}

// write makes the edits.
func (m *merger) write() {
	if len(m.edits) == 0 {
		return
	}
	slices.SortStableFunc(m.edits, func(a, b edit) int { return a.start - b.start })
	size := len(m.src)
	for _, e := range m.edits {
		size += len(e.text)
	}
	var text bytes.Buffer
	text.Grow(size)
	at := 0
	for _, e := range m.edits {
		text.Write(m.src[at:e.start])
		text.WriteString(e.text)
		at = e.end
	}
	text.Write(m.src[at:])
	m.src, m.dirty, m.edits, m.created = text.Bytes(), true, nil, nil
}

// splice replaces a part of the text, which has to be read anew.
func (m *merger) splice(start, end int, text string) {
	m.src = slices.Concat(m.src[:start], []byte(text), m.src[end:])
	m.dirty = true
}

// sections brings every section up to date. Where the result cannot be read, marks are damaged:
// then it does so once more, and looks after each section which one it is.
func (m *merger) sections() {
	src, root, found := m.src, m.root, len(m.list)
	m.each()
	if m.write(); !m.dirty {
		return
	}
	if merged, _ := Parse(m.file.Name, m.src); merged != nil && merged.plain {
		m.merged, m.root, m.dirty = merged, merged.root, false
		return
	}
	m.src, m.root, m.dirty, m.list, m.eager = src, root, false, m.list[:found], true
	m.each()
}

func (m *merger) each() {
	for _, s := range m.policy.Sections() {
		m.section(s)
	}
}

// section brings one section up to date.
func (m *merger) section(s acl.Section) {
	if m.root.Value == nil {
		return // the marks are damaged: parse has said so
	}
	parent, rest, err := m.find(s.Path)
	switch {
	case err != nil:
		m.conflict(strings.Join(s.Path, "."), "%s", err).Fix("correct the file")
	case len(rest) > 0:
		m.create(s, parent, rest)
	case s.IsList != (parent.Value.Kind() == '['):
		m.conflict(strings.Join(s.Path, "."), "%s is %s in the file", strings.Join(s.Path, "."), kindName(parent.Value.Kind())).Fix("correct the file")
	default:
		m.update(s, parent)
	}
	if m.eager {
		m.write()
	}
	if m.dirty {
		m.parse()
	}
}

// find goes down the path as far as the file does.
func (m *merger) find(path []string) (*hujson.Value, []string, error) {
	v := &m.root
	for i, name := range path {
		o, ok := v.Value.(*hujson.Object)
		if !ok {
			return nil, nil, fmt.Errorf("%s is %s in the file", strings.Join(path[:i], "."), kindName(v.Value.Kind()))
		}
		at := slices.IndexFunc(o.Members, func(m hujson.ObjectMember) bool {
			return strings.EqualFold(unquoted(m.Name.Value.(hujson.Literal)), name)
		})
		if at < 0 {
			return v, path[i:], nil
		}
		v = &o.Members[at].Value
	}
	return v, nil, nil
}

// create adds a section that the file does not have.
func (m *merger) create(s acl.Section, parent *hujson.Value, rest []string) {
	if len(s.Members) == 0 && (!s.Needed || m.file.Policy.HasRules) {
		return
	}
	b := newBox(m.src, parent)
	inline := b.isInline()
	indent := b.indentOf(m.style.unit)
	text := m.style.lineOrBlock(m.mark.section(), inline) + m.style.eol + indent + m.newMember(s, rest, indent)
	if b.trailingComma() {
		text += ","
	}
	m.append(b, text, indent, inline, m.created[parent])
	if m.created == nil {
		m.created = map[*hujson.Value]bool{}
	}
	m.created[parent] = true
}

func (st style) lineOrBlock(text string, inline bool) string {
	if inline {
		return "/* " + text + " */"
	}
	return "// " + text
}

func (st style) comma() string {
	if st.commas {
		return ","
	}
	return ""
}

// newMember is the section with all containers that lead to it.
func (m *merger) newMember(s acl.Section, rest []string, indent string) string {
	open, close := "{", "}"
	if len(rest) == 1 && s.IsList {
		open, close = "[", "]"
	}
	deeper := indent + m.style.unit
	content := ""
	switch {
	case len(rest) > 1:
		content = m.style.eol + deeper + m.newMember(s, rest[1:], deeper) + m.style.comma()
	case len(s.Members) > 0:
		content = m.style.eol + deeper + m.style.spell(m.mark, s, deeper, m.style.commas, false)
	}
	return string(hujson.String(rest[0])) + ": " + open + content + m.style.eol + indent + close
}

// append puts text behind everything in the container, and behind what it has put there
// before: then that is the item that needs a comma.
func (m *merger) append(b *box, text, indent string, inline, again bool) {
	lead := m.style.eol + indent
	if inline && len(b.items) == 0 && !again {
		lead = ""
	} else if inline {
		lead = " "
	}
	at := b.tail()
	if n := len(b.items); !b.trailingComma() && again {
		m.put(at, at, ",")
	} else if !b.trailingComma() && n > 0 {
		end := b.items[n-1].end
		m.put(end, end, ",")
	}
	m.put(at, at, lead+text)
}

// update brings the block of a section that the file has up to date.
func (m *merger) update(s acl.Section, v *hujson.Value) {
	b := newBox(m.src, v)
	found, err := m.mark.block(b)
	if err != nil {
		m.marks(s, err)
		return
	}
	s.Members = m.wanted(s, b)
	switch {
	case len(s.Members) == 0 && !found.found && s.Needed:
	case len(s.Members) == 0 && !found.found && !bytes.Contains(m.src, []byte(m.mark.section())):
	case len(s.Members) == 0 && len(m.edits) > 0:
		// What is taken out is taken out of the text as it is by then.
		m.write()
		m.parse()
		m.section(s)
	case len(s.Members) == 0 && !found.found:
		m.removeSection(s.Path)
	case len(s.Members) == 0:
		m.remove(s, b, found)
	case !found.found:
		inline := b.isInline()
		indent := b.indentOf(m.style.unit)
		comma := b.trailingComma()
		block := m.style.spell(m.mark, s, indent, comma, inline)
		m.append(b, block, indent, inline, false) // its commas stand before its end mark
	case !m.current(s, b, found):
		m.replace(s, b, found)
	}
}

func (m *merger) replace(s acl.Section, b *box, found block) {
	inline := !found.begin.line
	indent := b.indentOf(m.style.unit)
	if !inline {
		indent = string(m.src[bytes.LastIndexByte(m.src[:found.begin.start], '\n')+1 : found.begin.start])
	}
	comma := m.followed(b, found) || b.trailingComma()
	m.put(found.begin.start, found.end.end, m.style.spell(m.mark, s, indent, comma, inline))
}

// followed reports whether an item that is not ours stands behind the block.
func (m *merger) followed(b *box, found block) bool {
	return slices.ContainsFunc(b.items, func(it item) bool { return it.start > found.end.start })
}

func (m *merger) marks(s acl.Section, err error) {
	d := m.list.Errorf(CodeMarks, strings.Join(s.Path, "."), "%s", err).
		Fix("put the marks back in pairs, or delete both and what stands between them")
	var marks *marksError
	if errors.As(err, &marks) && len(m.edits) == 0 && bytes.Equal(m.src, m.file.src) {
		d.Pos = m.file.position(marks.offset)
	}
}

func (m *merger) conflict(path, format string, args ...any) *diag.Diagnostic {
	return m.list.Errorf(CodeConflict, path, format, args...)
}

// finish checks the result and returns it, or the file's own text.
func (m *merger) finish(f *File, t *schema.Topology) ([]byte, diag.List) {
	if !f.Policy.HasRules {
		m.list.Warnf(eval.CodeDefault, "", "the file had neither grants nor acls, so everybody could do everything; after the merge the rules allow only what they grant").
			Fix("add grants for everything else that people need")
	}
	f.Locate(m.list)
	if m.list.Count(diag.Error) > 0 {
		m.list.Sort()
		return f.Bytes(), m.list
	}
	m.consequences(f, t)
	m.list = suppress.Left(t.Spec.Suppressions, m.list, "")
	m.list.Sort()
	if m.list.Count(diag.Error) > 0 {
		return f.Bytes(), m.list
	}
	return m.src, m.list
}
