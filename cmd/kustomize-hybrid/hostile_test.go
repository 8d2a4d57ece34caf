//go:build hostile

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

var (
	hostileInputs   = flag.Int("inputs", 20_000, "hostile inputs to try")
	hostileSeed     = flag.Uint64("seed", 1, "what the inputs are drawn with")
	hostileRendered = flag.Int("rendered", 400, "how many of the accepted ones are rendered at most")
)

// slowest is how much processor time one run over one input may take. Inputs here are small,
// and take a few milliseconds: this is a bound against what hangs or explodes, not a measurement.
const slowest = 2 * time.Second

// TestHostile puts what does not belong there into every field of every document of the contract,
// alone and together, and asks the program about it. It must not panic, leaves with one of its exit
// codes, says a place with each finding, repeats no key and no control character, refuses what
// the contract and docs/values.md refuse in every command, and what it does render can be read by whom
// it is for.
func TestHostile(t *testing.T) {
	h := newHostile(t)
	for _, b := range h.bases {
		h.refusals(b)
	}
	for n := h.tried; n < *hostileInputs; n++ {
		h.random(rand.New(rand.NewPCG(*hostileSeed, uint64(n))), n)
	}
	h.forms()
	t.Logf("seed %d: %d inputs over %d fields, %d of them with a value of docs/values.md; %d refused, %d accepted, %d rendered, %d lines that programs read with a word of ours; at most %s of processor time",
		*hostileSeed, h.tried, len(h.fields), h.tabled, h.refused, h.accepted, h.rendered, h.canaries, h.slowest)
	if fields := contractFields(); len(h.fields) < fields {
		t.Errorf("%d of %d fields were tried", len(h.fields), fields)
	}
}

// hostile is what has been tried, and what came of it.
type hostile struct {
	t     *testing.T
	bases []*base

	tried, tabled, refused, accepted, rendered int
	fields                                     map[string]bool
	slowest                                    time.Duration
	faults                                     map[string]int
	canaries                                   int // lines of programs that have something of a payload
	told                                       int // faults that were printed
	trees                                      *trees
}

func newHostile(t *testing.T) *hostile {
	h := &hostile{t: t, fields: map[string]bool{}, faults: map[string]int{}, trees: newTrees()}
	files, err := filepath.Glob("../../examples/*/topology.yaml")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, file := range append([]string{"../../schema/load/testdata/maximal.yaml"}, files...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		h.bases = append(h.bases, newBase(t, strings.TrimPrefix(file, "../../"), schema.KindTopology, string(data)))
	}
	const head = "apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: %s\nmetadata: {name: example}\nspec: "
	h.bases = append(h.bases,
		newBase(t, "a RangePack", schema.KindRangePack, fmt.Sprintf(head, schema.KindRangePack)+`{provider: acme, ranges: [{prefix: 10.255.0.0/16, reason: is taken}]}`),
		newBase(t, "a Transform", schema.KindTransform, fmt.Sprintf(head, schema.KindTransform)+`{topology: regional-gateway}`),
		newBase(t, "a Validate", schema.KindValidate, fmt.Sprintf(head, schema.KindValidate)+`{topology: regional-gateway, strict: false}`))
	for _, b := range h.bases {
		b.known = map[string]bool{}
		for _, d := range h.judge(b, b.text()).findings {
			b.known[d.Code+d.Path+d.Message] = true
		}
	}
	return h
}

// refusals puts each value that docs/values.md lists into each field of its kind.
func (h *hostile) refusals(b *base) {
	everywhere := b == h.bases[0] || b.kind != schema.KindTopology
	rng := rand.New(rand.NewPCG(*hostileSeed, 0))
	for _, p := range b.places {
		values := refusedValues(p)
		if !everywhere && len(values) > 0 {
			values = values[rng.IntN(len(values)):][:1] // of the others one a field
		}
		for _, value := range values {
			if h.tried++; h.tried > *hostileInputs/2 && *hostileInputs >= 10_000 {
				h.t.Fatalf("values of docs/values.md are more than half of %d inputs: try more", *hostileInputs)
			}
			root := clone(b.root)
			node := yaml.MustParse(value).YNode()
			if !put(root, p.steps, node) {
				h.t.Fatalf("%s: %s cannot be put", b.name, p.path)
			}
			h.tabled++
			h.fields[b.kind+" "+p.field] = true
			i := input{base: b, root: root, what: fmt.Sprintf("%s: %s", p.path, shorten(value)), mustRefuse: true, at: p.path, keyed: strings.Contains(value, sample.KeyEnd)}
			h.check(i, rng)
		}
	}
}

// refusedValues are those that docs/values.md lists for the kind of a place, and keys.
func refusedValues(p place) []string {
	if p.path == "kind" || p.path == "apiVersion" || p.rule == nil || p.inserted {
		return nil // a document of somebody else's, or one that the next case makes
	}
	table := sample.Refused()
	kind := p.rule.Name
	if len(table[kind]) == 0 {
		kind = p.kind()
	}
	var values []string
	for _, v := range table[kind] {
		if !strings.HasPrefix(v, "~") {
			values = append(values, v)
		}
	}
	if p.isText() {
		values = append(values, "tskey-auth-"+sample.KeyEnd)
	}
	return values
}

// random draws an input with one to four changes, or with other bytes.
func (h *hostile) random(rng *rand.Rand, n int) {
	b := h.bases[rng.IntN(len(h.bases))]
	if rng.IntN(25) == 0 {
		h.tried++
		text := b.text()
		h.checkText(input{base: b, text: damaged(rng, text), what: fmt.Sprintf("damaged bytes, input %d", n)}, rng)
		return
	}
	changes := make([]edit, 1+min(rng.IntN(4), rng.IntN(4)))
	for i := range changes {
		changes[i] = b.draw(rng)
	}
	h.tried++
	i := b.changed(changes, n)
	for _, c := range changes {
		h.fields[b.kind+" "+c.place.field] = true
	}
	before := h.told
	h.check(i, rng)
	if h.told == before {
		return
	}
	// What remains of the changes, and of the document, when it is made as small as it can be.
	small := smallest(i, changes, func(i input) bool {
		q := *h
		q.t, q.faults, q.trees = nil, map[string]int{}, newTrees()
		q.check(i, rand.New(rand.NewPCG(*hostileSeed, uint64(n))))
		return q.failed() > 0
	})
	h.t.Logf("seed %d, input %d, smallest (%s):\n%s", *hostileSeed, n, small.what, shorten(small.content()))
}

// input is one document, and what must become of it.
type input struct {
	base *base
	root *yaml.Node
	text string // instead of root, where it is no document
	what string
	// mustRefuse: it has a value that the contract or docs/values.md refuses, at a path where that
	// is known.
	mustRefuse bool
	at         string
	keyed      bool
}

func (i input) content() string {
	if i.root == nil {
		return i.text
	}
	return printed(i.root)
}

func (h *hostile) failed() int {
	n := 0
	for _, c := range h.faults {
		n += c
	}
	return n
}

// fault reports one, of each kind a few.
func (h *hostile) fault(i input, kind, format string, args ...any) {
	h.faults[kind]++
	const few = 5
	if h.t != nil && h.faults[kind] == few {
		h.t.Logf("more of the kind %q are not printed", kind)
	}
	if h.t != nil && h.faults[kind] <= few {
		h.told++
		h.t.Errorf("seed %d, %s, %s: %s: %s", *hostileSeed, i.base.name, i.what, kind, shorten(fmt.Sprintf(format, args...)))
	}
}

func (h *hostile) check(i input, rng *rand.Rand) {
	i.text = i.content()
	h.checkText(i, rng)
}

// checkText asks the program about an input, in two ways.
func (h *hostile) checkText(i input, rng *rand.Rand) {
	said := h.judge(i.base, i.text)
	h.always(i, said)
	switch said.code {
	case exitClean:
		h.accepted++
	default:
		h.refused++
	}
	if i.mustRefuse {
		h.mustBeRefused(i, said)
	}
	if i.base.kind != schema.KindTopology {
		return
	}
	if said.code != exitClean {
		// No other command takes what validate refuses, and none prints anything.
		dir := filepath.Join(os.TempDir(), "kustomize-hybrid-hostile-nothing")
		args := pick(rng, []string{"render", "-", "-o", dir}, []string{"steps", "-"}, []string{"acl", "print", "-"}, []string{"validate", "--info", "--strict", "--format", pick(rng, formats()...), "-"}, []string{"bundle", "--nodes-of", "zq7", "-", "-o", "-"})
		also := h.run(args, i.text)
		h.always(i, also)
		if also.code == exitClean || also.out != "" && args[0] != "validate" {
			h.fault(i, "what validate refuses is taken", "%q: exit %d, %s", args, also.code, also.out)
		}
		if _, err := os.Lstat(dir); err == nil {
			h.fault(i, "what is refused is rendered", "%q", args)
			os.RemoveAll(dir)
		}
		return
	}
	if h.t == nil || h.rendered < *hostileRendered && rng.IntN(3) == 0 {
		h.rendered++
		h.render(i)
		return
	}
	args := pick(rng, []string{"steps", "-"}, []string{"acl", "print", "-"}, []string{"validate", "--info", "--format", pick(rng, formats()...), "-"}, []string{})
	text := i.text
	if len(args) == 0 {
		text = functionInput(i.text, "")
	}
	also := h.run(args, text)
	h.always(i, also)
	if also.code != exitClean && len(args) > 0 && args[0] != "acl" {
		h.fault(i, "what validate takes is refused", "%q: exit %d, %s", args, also.code, also.err)
	}
}

// mustBeRefused wants exit code 1 and a finding at the place.
func (h *hostile) mustBeRefused(i input, said answer) {
	if said.code == exitClean {
		h.fault(i, "a value that is refused is taken", "exit 0")
		return
	}
	if i.at == "" || said.code != exitFindings || len(said.findings) == 0 && i.base.kind != schema.KindTopology {
		return
	}
	about := func(f finding) bool {
		at := f.Path[strings.Index(f.Path, ":")+1:]
		return f.Severity == "error" && !i.base.known[f.Code+f.Path+f.Message] && (strings.Contains(f.Path, i.at) || strings.HasPrefix(i.at, at))
	}
	if !slices.ContainsFunc(said.findings, about) {
		h.fault(i, "nothing is said at the place", "%d findings are about others", len(said.findings))
	}
}

// finding is one as --format json has it.
type finding struct {
	Code, Severity, Path, Message string
	Position                      struct {
		File         string
		Line, Column int
	}
}

// answer is what the program said.
type answer struct {
	args     []string
	code     int
	out, err string
	findings []finding
	took     time.Duration
}

// run runs the program and takes the processor time of this process, which does nothing else.
func (h *hostile) run(args []string, text string) answer {
	var out, errs bytes.Buffer
	before := processorTime()
	code := run(args, strings.NewReader(text), &out, &errs)
	a := answer{args: args, code: code, out: out.String(), err: errs.String(), took: processorTime() - before}
	h.slowest = max(h.slowest, a.took)
	return a
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// judge asks for findings: of a topology by validate, of what stands beside one by that, too, and of a
// function's configuration by the function, whose findings have paths and no positions.
func (h *hostile) judge(b *base, text string) answer {
	const topology = "../../examples/regional-gateway/topology.yaml"
	switch b.kind {
	case schema.KindTopology, schema.KindRangePack:
		args := []string{"validate", "--format", "json", "-"}
		if b.kind == schema.KindRangePack {
			args = append(args, topology)
		}
		a := h.run(args, text)
		if err := json.Unmarshal([]byte(a.out), &a.findings); err != nil && a.out != "" {
			a.code = -1
		}
		return a
	}
	data, err := os.ReadFile(topology)
	if err != nil {
		panic(err)
	}
	a := h.run([]string{}, functionInput(text, string(data)))
	for _, line := range strings.Split(a.err, "\n") {
		if m := functionFinding.FindStringSubmatch(line); m != nil {
			a.findings = append(a.findings, finding{Path: m[1], Severity: m[2], Message: m[3]})
		}
	}
	return a
}

var (
	functionFinding = regexp.MustCompile(`^(\S.*?): (error|warning|info): (.*)$`)
	placed          = regexp.MustCompile(`^(\S+:\d+:\d+: (error|warning|info): |\S.*?: (error|warning|info): |\t|kustomize-hybrid: |Run ')`)
)

// functionInput is what kustomize gives a function.
func functionInput(config, items string) string {
	indent := func(text, by string) string { return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by) }
	list := "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n" + indent(config, "  ") + "\nitems:"
	if items == "" {
		return list + " []\n"
	}
	return list + "\n- " + strings.TrimSpace(indent(items, "  ")) + "\n"
}

// always is what holds whatever the input is.
func (h *hostile) always(i input, a answer) {
	if a.code < exitClean || a.code > exitFailure {
		h.fault(i, "exit code", "%q: %d", a.args, a.code)
	}
	if strings.Contains(a.err, "a fault of this program") {
		h.fault(i, "panic", "%q: %s", a.args, a.err)
	}
	if a.took > slowest {
		h.fault(i, "time", "%q took %s", a.args, a.took)
	}
	function := len(a.args) == 0
	echoes := function || a.code == exitClean // what was given is given back
	if i.keyed && strings.Contains(a.err, sample.KeyEnd) || strings.Contains(a.out, sample.KeyEnd) && !echoes {
		h.fault(i, "a key is repeated", "%q: %s%s", a.args, a.out, a.err)
	}
	for _, text := range []string{a.out, a.err} {
		if r := strings.IndexFunc(text, isControl); r >= 0 && !function {
			h.fault(i, "a control character is shown", "%q: %q", a.args, text[max(0, r-60):min(len(text), r+20)])
		}
	}
	for _, line := range strings.Split(strings.TrimSuffix(a.err, "\n"), "\n") {
		if line != "" && !placed.MatchString(line) {
			h.fault(i, "a message without a place", "%q: %s", a.args, line)
		}
	}
	for _, f := range a.findings {
		if f.Position.Line < 1 && !function && f.Position.File == "" || f.Path == "" && f.Position.Line < 1 {
			h.fault(i, "a finding without a place", "%+v", f)
		}
	}
	if a.code == exitFindings && a.err == "" && len(a.findings) == 0 && a.out == "" {
		h.fault(i, "nothing is said", "%q", a.args)
	}
	if strings.Contains(a.err, "there is no Topology") {
		return // a document of somebody else's, which is named
	}
	if a.code == exitUsage {
		h.fault(i, "what is no usage error is one", "%q: %s", a.args, a.err)
	}
	if a.code == exitFailure && !strings.Contains(a.err, "stdin") {
		h.fault(i, "a failure without a place", "%q: %s", a.args, a.err)
	}
}

// isControl reports characters that control how others are shown, but for ends of lines and tabs.
func isControl(r rune) bool {
	return r != '\n' && r != '\t' && unicode.IsControl(r) || r == 0x061c || r == 0x200e || r == 0x200f || 0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

func pick[T any](rng *rand.Rand, all ...T) T { return all[rng.IntN(len(all))] }

func shorten(s string) string {
	const most = 3000
	if len(s) > most {
		return fmt.Sprintf("%s... (%d bytes)", strings.ToValidUTF8(s[:most], ""), len(s))
	}
	return s
}

// smallest is an input that still fails: with fewer changes, and with less around them.
func smallest(i input, changes []edit, fails func(input) bool) input {
	for _, c := range changes {
		if one := i.base.changed([]edit{c}, 0); fails(one) {
			i = one
			break
		}
	}
	i.at = ""
	tries := 0
	var prune func(n *yaml.Node)
	prune = func(n *yaml.Node) {
		width := 1
		if n.Kind == yaml.MappingNode {
			width = 2
		}
		for at := len(n.Content) - width; at >= 0 && (n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode) && tries < 150; at -= width {
			whole := n.Content
			n.Content = slices.Concat(whole[:at], whole[at+width:])
			if tries++; fails(i) {
				continue
			}
			n.Content = whole
			prune(n.Content[at+width-1])
		}
	}
	prune(i.root)
	return i
}
