// Package doctor reads what capture.sh wrote down about hosts and a cluster, says what of it
// is not as the topology has it, and ranks the causes: what follows from a cause stands below
// it, and not beside.
//
// Start with Read, for a capture, and Diagnose. What hosts are to have is what was rendered for
// them: package reach reads that, and nothing is derived here again. What a capture lacks is
// undecided, and never a fault.
package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of causes; docs/checks.md has a heading for each.
const (
	CodeAddress    diag.Code = "live-address"    // a gateway's host has another address
	CodeFiles      diag.Code = "live-files"      // a host's tables are not the rendered ones
	CodeFirewall   diag.Code = "live-firewall"   // lines of ours are missing, or somebody drops first
	CodeLogin      diag.Code = "live-login"      // a gateway's key has expired, or it has none
	CodePeer       diag.Code = "live-peer"       // a gateway is offline, or does not answer
	CodePrefs      diag.Code = "live-prefs"      // tailscaled has other settings than rendered
	CodeRoute      diag.Code = "live-route"      // a route is missing, or leads elsewhere
	CodeRule       diag.Code = "live-rule"       // a rule is missing, or another comes before it
	CodeSetting    diag.Code = "live-setting"    // a kernel setting differs
	CodeTailscaled diag.Code = "live-tailscaled" // tailscaled does not run
	CodeTunnelMTU  diag.Code = "live-tunnel-mtu" // tailscale0 has another MTU
	CodeUnapproved diag.Code = "live-unapproved" // a route is advertised, and not approved
	CodeWatch      diag.Code = "live-watch"      // gateway-watch.sh does not run
)

// Codes lists every code that this package can report.
func Codes() []diag.Code {
	return []diag.Code{
		CodeAddress, CodeFiles, CodeFirewall, CodeLogin, CodePeer, CodePrefs, CodeRoute, CodeRule, CodeSetting,
		CodeTailscaled, CodeTunnelMTU, CodeUnapproved, CodeWatch,
	}
}

// Cause is something that is not as it should be, and does not follow from another cause.
type Cause struct {
	Code diag.Code `json:"code"`
	// Host is where it is; empty for the cluster.
	Host     string        `json:"host,omitempty"`
	Severity diag.Severity `json:"severity"`
	Message  string        `json:"message"`
	// Evidence is where the capture shows it.
	Evidence []Evidence `json:"evidence"`
	// Path is the place in the topology, and Pos where that is written; both may be empty.
	Path string        `json:"path,omitempty"`
	Pos  diag.Position `json:"position,omitzero"`
	// Rendered is where the rendered tree says what should be there.
	Rendered reach.Place `json:"rendered,omitzero"`
	// Fix is the command that mends it, or what to do.
	Fix string `json:"fix"`
	// Consequences are findings that this one explains, in the same order.
	Consequences []Cause `json:"consequences,omitempty"`

	layer int
	// region is the host's, in which roles move when it is gone.
	region string
	// nothing of what a program makes is there.
	nothing bool
}

// Evidence is a line of a capture. Line counts from 1, and is 0 where the file as a whole shows
// it: what is missing stands nowhere.
type Evidence struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text,omitempty"`
}

func (e Evidence) place() string {
	if e.Line == 0 {
		return e.File
	}
	return fmt.Sprintf("%s:%d", e.File, e.Line)
}

// Report is what a capture shows.
type Report struct {
	// Causes are ranked: causes of others come first.
	Causes []Cause `json:"causes"`
	// Undecided are sentences about what the capture does not show.
	Undecided []string `json:"undecided"`

	nothing string
}

// Nothing says why the capture is none of this topology, or shows nothing that could be judged:
// then that no cause is found means nothing. It is empty where something was judged.
func (r Report) Nothing() string { return r.nothing }

// Wanted is what a capture is held against.
type Wanted struct {
	// Topology is nil where there is none: then hosts are judged by what their own programs say.
	Topology *schema.Topology
	// Files are what is rendered for it.
	Files reach.Files
	// Compared are the findings about the objects of the capture, by package existing, whose
	// positions are in the capture.
	Compared diag.List
	// Unread are sentences about objects of the capture that nobody can read.
	Unread []string
	// Locate says where a path of the topology is written; nil where nobody knows.
	Locate func(path string) diag.Position
}

// Diagnose ranks what is not as it should be.
func Diagnose(c *Capture, w Wanted) Report {
	d := &diagnosis{capture: c, wanted: w}
	d.begin()
	for _, h := range d.hosts {
		h.judge()
	}
	d.cluster()
	d.report.Causes = append([]Cause{}, explained(d.causes)...)
	if len(c.Hosts) == 0 {
		d.undecided("no host is in the capture: run capture.sh host on gateways")
	}
	for _, why := range c.Skipped {
		d.undecided("%s", why)
	}
	d.report.nothing = d.nothing()
	slices.Sort(d.report.Undecided)
	d.report.Undecided = append([]string{}, slices.Compact(d.report.Undecided)...)
	for i := range d.report.Causes {
		redactCause(&d.report.Causes[i])
	}
	for i, u := range d.report.Undecided {
		d.report.Undecided[i] = Redact(u)
	}
	return d.report
}

// diagnosis is one in the making.
type diagnosis struct {
	capture *Capture
	wanted  Wanted
	world   *reach.World
	parts   []reach.Part
	hosts   []*patient
	// primaries are who has a prefix, as gateways in the capture say.
	primaries map[string]string
	causes    []Cause
	report    Report
}

func (d *diagnosis) nothing() string {
	known, judged := 0, len(d.wanted.Unread) < len(d.capture.Cluster) && d.wanted.Topology != nil
	for _, p := range d.hosts {
		if d.wanted.Topology == nil || p.region != nil {
			known++
			judged = judged || slices.ContainsFunc([]string{"address.json", "status.json", "rules4.json", "routes4.json", "watch", "tables", "check"}, p.has)
		}
	}
	switch {
	case len(d.hosts) > 0 && known == 0:
		return fmt.Sprintf("none of its hosts (%d) is in the topology: it seems to be a capture of another cluster", len(d.hosts))
	case !judged && len(d.causes) == 0:
		return "it shows nothing that could be judged"
	}
	return ""
}

func (d *diagnosis) undecided(format string, args ...any) {
	d.report.Undecided = append(d.report.Undecided, fmt.Sprintf(format, args...))
}

func (d *diagnosis) add(c Cause) {
	c.layer = layers()[c.Code]
	if c.layer == 0 {
		c.layer = layerCluster
		if c.Severity != diag.Error {
			c.layer = layerAdvice
		}
	}
	if c.Path != "" && !c.Pos.IsValid() && d.wanted.Locate != nil {
		c.Pos = d.wanted.Locate(c.Path)
	}
	d.causes = append(d.causes, c)
}

// The layers of causes: what is lower explains what is higher, and never the other way round.
const (
	layerCluster = 35
	layerAdvice  = 80
)

func layers() map[diag.Code]int {
	return map[diag.Code]int{
		CodeAddress: 10, CodeFiles: 15, CodeLogin: 19, CodeTailscaled: 20, CodePrefs: 25, CodeUnapproved: 30,
		CodeRule: 40, CodeSetting: 41, CodeFirewall: 42, CodeTunnelMTU: 43, CodeWatch: 50, CodeRoute: 60, CodePeer: 70,
	}
}

// explained ranks causes and puts what follows from one below it.
func explained(all []Cause) []Cause {
	slices.SortStableFunc(all, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), strings.Compare(a.Host, b.Host), strings.Compare(string(a.Code), string(b.Code)), strings.Compare(a.Message, b.Message))
	})
	var causes []Cause
	for _, c := range all {
		i := slices.IndexFunc(causes, func(by Cause) bool { return explains(by, c) })
		if i < 0 {
			causes = append(causes, c)
			continue
		}
		causes[i].Consequences = append(causes[i].Consequences, c)
	}
	return causes
}

// explains reports whether b is there because a is.
func explains(a, b Cause) bool {
	if a.layer >= b.layer {
		return false
	}
	here := a.Host == b.Host
	of := func(codes ...diag.Code) bool { return slices.Contains(codes, b.Code) }
	if b.Code == CodePeer {
		// Others see what is wrong with a gateway, whatever it is.
		return a.Host != "" && strings.Contains(b.Message, fmt.Sprintf("%q", a.Host))
	}
	// Where a role moves, the other gateways' routes follow a moment later.
	moves := of(CodeRoute) && a.region != "" && a.region == b.region
	switch a.Code {
	case CodeAddress:
		// What is missing on the host, and what others see of it or of their ways by it. The
		// cluster's Node has the same address.
		return here && of(CodeRule, CodeSetting, CodeFirewall, CodeWatch, CodeRoute) || b.Host == "" && strings.Contains(b.Message, "Node/"+a.Host+" ") || moves
	case CodeFiles:
		return here && of(CodeRule, CodeSetting, CodeFirewall, CodeRoute, CodePrefs)
	case CodeTailscaled, CodeLogin:
		// Without it there is no device and no table 52; others lose a peer, and its region's
		// other gateways become primary.
		return here && of(CodeTailscaled, CodeSetting, CodePrefs, CodeUnapproved, CodeTunnelMTU, CodeRoute, CodeWatch, CodeFirewall) || moves
	case CodePrefs:
		// Chains of tailscaled's own come before ours where it keeps some.
		return here && of(CodeUnapproved, CodeFirewall, CodeRoute) || moves
	case CodeUnapproved:
		return moves
	case CodeRule:
		return a.nothing && here && of(CodeRule, CodeSetting, CodeFirewall, CodeRoute)
	case CodeWatch:
		return here && of(CodeRoute)
	}
	return false
}
