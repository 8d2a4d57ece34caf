package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/change"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// phases carries a scene out, phase after phase, while packets flow.
func (c *checks) phases(s *scene) error {
	comparison, err := change.New(c.topo, topology(s.writes(s.new)), func(t *schema.Topology) string {
		for _, d := range validate.Topology(t) {
			if d.Severity == diag.Error {
				return d.Error()
			}
		}
		return ""
	})
	if err != nil {
		return err
	}
	r := &carrier{checks: c, scene: s, flows: map[pair]*traffic{}, versions: map[string]string{c.pass.version: c.image}}
	everything := func(pair) bool { return true }
	defer r.close(everything)
	r.pods = map[string][]string{}
	for _, site := range c.pass.sites() {
		r.pods[site.name] = []string{site.podNet4}
	}
	if err := r.open(); err != nil {
		return err
	}
	for i := range comparison.Phases {
		if err := r.phase(&comparison.Phases[i], len(comparison.Phases)); err != nil {
			c.line(false, fmt.Sprintf("phase %d of %d", i+1, len(comparison.Phases)), err.Error())
			return nil
		}
	}
	r.close(everything)
	ok, detail := failures(r.broken, fmt.Sprintf("%d TCP connections, none broken", r.opened))
	c.line(ok, "connections", detail)
	return nil
}

// carrier does what a plan says.
type carrier struct {
	*checks
	scene    *scene
	pods     map[string][]string // formats of the addresses that a region's pods have
	flows    map[pair]*traffic
	versions map[string]string // the images that there are
	opened   int               // TCP connections
	broken   []string          // those that did not survive, and how
	// Of the phase that is carried out.
	was, is   change.Tree
	restarted []string
}

// phase carries one out, and says for how long the flows that both ends have in it were silent.
func (r *carrier) phase(p *change.Phase, count int) error {
	after := plan.New(p.Topology)
	files, err := render.Tree(after)
	if err != nil {
		return err
	}
	r.was, r.is, r.restarted = change.Tree{}, change.Tree{}, nil
	for _, f := range r.files {
		r.was.Add(f)
	}
	for _, f := range files {
		r.is.Add(f)
	}
	r.topo, r.files = p.Topology, files
	// Who leaves in this phase has no flows in it.
	wanted := r.wanted()
	r.close(func(p pair) bool { return !slices.Contains(wanted, p) })
	if !r.settle(20 * time.Second) {
		return fmt.Errorf("flows do not even work before: %s", r.mute())
	}
	for _, t := range r.flows {
		t.reset()
	}
	r.ctl.logf("phase %d: %s", p.Number, p.Title)
	start := time.Now()
	for _, a := range p.Do {
		r.ctl.logf("%s", a.Title)
		if err := r.do(a); err != nil {
			return fmt.Errorf("%s: %w", a.Title, err)
		}
	}
	settled := r.settle(60 * time.Second)
	worst, whose := r.longest()
	r.ctl.logf("%s", r.slowest())
	row := outcome{scene: r.scene.name, phase: fmt.Sprintf("%d of %d: %s", p.Number, count, p.Title), restarts: strings.Join(r.restarted, ", "),
		flows: len(r.flows), expected: p.Silence(), worst: worst, whose: whose, took: time.Since(start)}
	switch {
	case !settled:
		row.failed = "flows stay silent: " + r.mute()
	case !row.expected.Known():
		row.failed = "the plan has no figure: " + row.expected.Why
	case worst.Seconds() > row.expected.Most*r.patience:
		row.failed = "that is longer than the plan says"
	}
	if planned := gatewaysOf(p.Restarts); row.failed == "" && !slices.Equal(planned, slices.Sorted(slices.Values(r.restarted))) {
		row.failed = fmt.Sprintf("the plan says that %v restart", planned)
	}
	r.line(row.failed == "", "phase "+row.phase, row.String())
	*r.outcomes = append(*r.outcomes, row)
	return r.open()
}

func gatewaysOf(list []change.Restart) (names []string) {
	for _, r := range list {
		names = append(names, r.Gateways...)
	}
	slices.Sort(names)
	return names
}

// outcome is what became of a phase.
type outcome struct {
	scene, phase, restarts string
	flows                  int
	expected               change.Silence
	worst                  time.Duration
	whose                  pair // the flow that was silent for longest
	took                   time.Duration
	failed                 string // why; empty where it went as the plan says
}

func (o *outcome) String() string {
	text := fmt.Sprintf("%d flows silent for %s at most, %s to %s; the plan says %s; restarted: %s; %s", o.flows, round(o.worst), o.whose.from, o.whose.to, o.limit(), cmp.Or(o.restarts, "none"), o.took.Round(time.Second))
	if o.failed != "" {
		text += ": " + o.failed
	}
	return text
}

func (o *outcome) limit() string {
	if !o.expected.Known() {
		return "?"
	}
	return fmt.Sprintf("%.1fs", o.expected.Most)
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Millisecond) }

// tell prints all phases as a table.
func tell(list []outcome) {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nchange\tphase\trestarts\tflows\tplan\tsilent\t")
	for _, o := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t\n", o.scene, o.phase, cmp.Or(o.restarts, "none"), o.flows, o.limit(), round(o.worst))
	}
	t.Flush()
}
