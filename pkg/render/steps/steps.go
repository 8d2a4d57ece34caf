// Package steps says who does what in which order, from a rendered tree to a cluster that
// spans its regions, and back: STEPS.md of the output tree.
//
// Start with List. A step is data: where it is done, the commands with their real names,
// how to know that it worked, and what takes it back. What the steps rest on is decided
// in the plan, and what others need stands in their facts.
package steps

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// Path is where the steps stand in the output tree.
const Path = "STEPS.md"

// Phase is a part of the work. Phases follow each other in the order of Phases.
type Phase string

const (
	Leave   Phase = "leave"   // what takes regions back that are leaving
	Tailnet Phase = "tailnet" // policy and keys
	Cluster Phase = "cluster" // objects of the API server, labels, the network plugin
	Cloud   Phase = "cloud"   // the providers' own networks
	Hosts   Phase = "hosts"   // gateways that no DaemonSet brings, and other nodes
	Join    Phase = "join"    // how a host becomes a node
	Verify  Phase = "verify"  // whether it works
	Later   Phase = "later"   // changes, upgrades, and the way back
)

// Phases are all of them, in order.
func Phases() []Phase { return []Phase{Leave, Tailnet, Cluster, Cloud, Hosts, Join, Verify, Later} }

// Title says what the part is about.
func (p Phase) Title() string {
	return map[Phase]string{
		Leave:   "Regions that leave",
		Tailnet: "The tailnet: policy first, then keys",
		Cluster: "The cluster",
		Cloud:   "The providers' networks",
		Hosts:   "The hosts",
		Join:    "Joining",
		Verify:  "Does it work?",
		Later:   "Later",
	}[p]
}

// Step is one thing that somebody does.
type Step struct {
	Phase Phase
	// Title says what it brings about.
	Title string
	// On is the host that it is done on, empty for where the tree and kubectl are, and
	// NodesOf the region whose hosts that are not gateways it is for.
	On, NodesOf string
	// For are gateway hosts that it is about, although it is done where the tree is.
	For []string
	// Tags are those of the key that it makes, a comma between two; empty where it makes none.
	Tags string
	// Why is what a reader has to know before, in Markdown.
	Why string
	// Run are shell commands, a line each.
	Run []string
	// Works is a command that shows that it worked, and Shows what it prints then.
	Works, Shows string
	// Undo takes it back; none where nothing has to be.
	Undo []string
	// Of are the files of the tree that it puts in force, each by its path or, with a slash at
	// its end, by its directory: where none of them has changed, it need not be done again.
	Of []string
	// Needs is what some of the commands need that no test has: an account, a GPU. A test
	// of the program lists which commands are run.
	Needs string
}

// List are the steps of a plan, in order.
func List(p *plan.Plan) []Step {
	var list []Step
	each(p, func(s *Step) { list = append(list, *s) })
	return list
}

// each calls visit for each step, in order, and keeps none: a fleet has thousands.
func each(p *plan.Plan, visit func(*Step)) {
	b := builder{p: p.ByName(), visit: visit}
	b.leaving()
	b.tailnet()
	b.cluster()
	b.cloud()
	b.hosts()
	b.joins()
	b.verify()
	b.later()
}

// Span is a phase that has steps, and the numbers of the first and the last of them.
type Span struct {
	Phase       Phase
	First, Last int
}

// Spans are the phases of a plan's steps, in order.
func Spans(p *plan.Plan) []Span {
	var spans []Span
	number := 0
	each(p, func(s *Step) {
		number++
		if n := len(spans); n == 0 || spans[n-1].Phase != s.Phase {
			spans = append(spans, Span{s.Phase, number, number})
		}
		spans[len(spans)-1].Last = number
	})
	return spans
}

// Numbers are the steps' numbers in words: "step 4", "steps 4 to 9".
func (s Span) Numbers() string {
	if s.First == s.Last {
		return "step " + itoa(s.First)
	}
	return "steps " + itoa(s.First) + " to " + itoa(s.Last)
}

// Filter is which steps somebody wants to see. Empty fields ask for all.
type Filter struct {
	Host  string
	Phase Phase
}

// keeps reports whether the filter asks for the step.
func (f Filter) keeps(s *Step) bool {
	return (f.Phase == "" || s.Phase == f.Phase) && (f.Host == "" || s.On == f.Host || slices.Contains(s.For, f.Host))
}

// Any reports whether it keeps a step at all.
func (f Filter) Any(p *plan.Plan) bool {
	return slices.ContainsFunc(List(p), func(s Step) bool { return f.keeps(&s) })
}

// NoHostError says that nothing is done on a host.
type NoHostError struct {
	Host     string
	Gateways []string
}

func (e *NoHostError) Error() string {
	return fmt.Sprintf("there is no step on a host %q: the gateways are %s", e.Host, strings.Join(e.Gateways, ", "))
}

// Gateways are the names of all gateways, of leaving regions, too.
func Gateways(p *plan.Plan) []string {
	p = p.Before()
	var names []string
	for i := range p.Regions {
		names = append(names, p.Regions[i].GatewayNames()...)
	}
	return names
}

// Markdown writes the steps, numbered by their place in the whole list.
func Markdown(p *plan.Plan, f Filter) []byte {
	var b bytes.Buffer
	b.WriteString("# Steps: " + p.Topology.Metadata.Name + "\n\n" + intro)
	phase, number := Phase(""), 0
	each(p, func(s *Step) {
		number++
		if !f.keeps(s) {
			return
		}
		if s.Phase != phase {
			phase = s.Phase
			b.WriteString("\n## " + phase.Title() + "\n")
		}
		s.write(&b, number)
	})
	return b.Bytes()
}

const intro = `Generated by kustomize-hybrid from the Topology; do not edit.
` + "`kustomize-hybrid steps FILE --host NAME`" + ` prints what concerns one host.

Commands run where this file lies, as somebody who may use kubectl, unless a step says "on" a host; there they run as
root, but for those that begin with kubectl or kustomize-hybrid: these run where this file lies, too. Words in CAPITALS are yours to fill in. Set once:

` + "```sh" + `
TOPOLOGY=../topology.yaml   # the file that this tree was rendered from: write its own name, where that is another
POLICY=../policy.hujson     # the tailnet's policy as it is; not in this directory, which is rendered as a whole
` + "```" + `
`

func (s *Step) write(b *bytes.Buffer, number int) {
	parts := []string{"### " + itoa(number) + ". " + s.Title, s.about(), shell(s.Run)}
	if s.Works != "" {
		parts = append(parts, "It worked when this shows "+s.Shows+":", shell([]string{s.Works}))
	}
	if len(s.Undo) > 0 {
		parts = append(parts, "To take it back:", shell(s.Undo))
	}
	if s.Needs != "" {
		parts = append(parts, "Needs "+s.Needs+", which no test of ours has.")
	}
	for _, part := range parts {
		if part != "" {
			b.WriteString("\n" + part + "\n")
		}
	}
}

// about is where the step is done, and what has to be known before.
func (s *Step) about() string {
	if s.On == "" {
		return s.Why
	}
	return strings.TrimSpace("On " + s.On + ". " + s.Why)
}

func shell(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "```sh\n" + strings.Join(lines, "\n") + "\n```"
}

// installed is the title of a step that puts something on a gateway's host.
var installed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^### \d+\. Install gateway (\S+)$`) })

// Installed are the gateways on whose hosts the steps of an older tree install something.
func Installed(markdown []byte) []string {
	var names []string
	for _, found := range installed().FindAllSubmatch(markdown, -1) {
		names = append(names, string(found[1]))
	}
	return names
}
