package change_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/change"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// example is an example of the project, changed.
func example(t testing.TB, name string, changes ...func(*schema.Topology)) *schema.Topology {
	t.Helper()
	in, err := load.Files("../../examples/" + name + "/topology.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := in.One()
	if err != nil || doc.Findings.Count(diag.Error) > 0 {
		t.Fatal(err, doc.Findings)
	}
	for _, c := range changes {
		c(doc.Topology)
	}
	return doc.Topology
}

// refused is the first error that validation has.
func refused(t *schema.Topology) string {
	for _, d := range validate.Topology(t) {
		if d.Severity == diag.Error {
			return d.Error()
		}
	}
	return ""
}

func region(t *schema.Topology, name string) *schema.Region {
	i := slices.IndexFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Name == name })
	return &t.Spec.Regions[i]
}

func pods(name, old, new string) func(*schema.Topology) {
	return func(t *schema.Topology) {
		r := region(t, name)
		i := slices.Index(r.PodCIDRs, netip.MustParsePrefix(old))
		r.PodCIDRs[i] = netip.MustParsePrefix(new)
	}
}

func without(name string) func(*schema.Topology) {
	return func(t *schema.Topology) {
		t.Spec.Regions = slices.DeleteFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Name == name })
	}
}

func secondGateway(t *schema.Topology) {
	r := region(t, "reykjavik")
	n := r.Gateways.Nodes[0]
	n.Name, n.InternalIP, n.InternalIPv6 = "rkv-gw-2", netip.MustParseAddr("10.50.0.12"), netip.MustParseAddr("fd00:10:50::12")
	n.TailnetIP, n.TailnetIPv6 = netip.MustParseAddr("100.90.0.32"), netip.MustParseAddr("fd7a:115c:a1e0::20")
	r.Gateways.Nodes = append(r.Gateways.Nodes, n)
}

func relay(t *schema.Topology) {
	for i := range t.Spec.Regions {
		g := &t.Spec.Regions[i].Gateways
		g.HA.Strategy = schema.HARelay
		for j := range g.Nodes {
			g.Nodes[j].Supersets = nil
		}
	}
}

func tailscale(v schema.Version) func(*schema.Topology) {
	return func(t *schema.Topology) { t.Spec.Tailnet.TailscaleVersion = v }
}

func tagged(tag string) func(*schema.Topology) {
	return func(t *schema.Topology) { t.Spec.Tailnet.Tag = tag }
}

// spelled is a topology as JSON has it.
func spelled(t testing.TB, topology *schema.Topology) string {
	t.Helper()
	data, err := json.Marshal(topology)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// move is a change that somebody makes, and the phases by which it goes.
type move struct {
	name        string
	old, new    *schema.Topology
	phases      []string
	unmeasured  []string // regions whose silence nobody has measured, in any phase
	alsoAsFirst string   // what has to be among the first phase's changes
}

func moves(t testing.TB) []move {
	three, supersets, regional := "three-regions", "supersets", "regional-gateway"
	return []move{
		{"add a region", example(t, three, without("reykjavik")), example(t, three), []string{"add region reykjavik"}, nil,
			"+ tag:training-reykjavik: 10.50.0.0/24, 10.60.0.0/18, fd00:10:50::/64, fd00:10:60::/104"},
		{"drain a region and remove it", example(t, three), example(t, three, without("reykjavik")), []string{"take region reykjavik back", "forget region reykjavik"}, nil,
			"- frankfurt, oslo: 10.50.0.0/24, 10.60.0.0/18, 100.90.0.31/32, fd00:10:50::/64, fd00:10:60::/104"},
		{"widen a pod CIDR", example(t, three), example(t, three, pods("oslo", "10.40.0.0/18", "10.40.0.0/17")),
			[]string{"advertise 10.40.0.0/17 of oslo; withdraw 10.40.0.0/18 of oslo"}, nil, "~ oslo: + pods 10.40.0.0/17  - pods 10.40.0.0/18"},
		{"move a pod CIDR", example(t, three), example(t, three, pods("reykjavik", "10.60.0.0/18", "10.61.0.0/18")),
			[]string{"advertise 10.61.0.0/18 of reykjavik", "withdraw 10.60.0.0/18 of reykjavik"}, nil, "+ rkv-gw-1: 10.61.0.0/18"},
		{"add a gateway", example(t, three), example(t, three, secondGateway), []string{"add gateway rkv-gw-2"}, nil,
			"~ reykjavik.gateways.ha.strategy: single -> relay"},
		{"change the strategy", example(t, supersets, relay), example(t, supersets), []string{"strategy supersets in cloud; strategy supersets in gpu-dc"}, nil,
			"+ edge-1: 10.0.0.0/21, 10.60.0.0/15, fd00:10::/63, fd00:61::/103"},
		{"upgrade Tailscale over a known issue", example(t, regional), example(t, regional, tailscale("1.102.3")), []string{"Tailscale 1.84.3 -> 1.102.3"}, nil,
			"~ info: + advertise-host-bits  - config-file-snat, containerboot-static-restart, trim-wireguard"},
		{"change the tag", example(t, regional), example(t, regional, tagged("tag:mesh")), []string{
			"tag:mesh-gcp-us for gcp-us; tag:mesh-gpu-dc for gpu-dc",
			"tag:k8s -> tag:mesh",
			"no more tag:k8s-gcp-us for gcp-us; no more tag:k8s-gpu-dc for gpu-dc",
		}, nil, "+ tag:mesh-gcp-us, tag:mesh-gpu-dc: owned by autogroup:admin"},
		{"everything at once", example(t, three, without("oslo")),
			example(t, three, pods("frankfurt", "10.20.0.0/16", "10.21.0.0/16"), secondGateway, tagged("tag:mesh")),
			[]string{
				"tag:mesh-frankfurt for frankfurt; tag:mesh-reykjavik for reykjavik",
				"advertise 10.21.0.0/16 of frankfurt; add gateway rkv-gw-2; add region oslo",
				"tag:training -> tag:mesh",
				"withdraw 10.20.0.0/16 of frankfurt; no more tag:training-frankfurt for frankfurt; no more tag:training-oslo for oslo; no more tag:training-reykjavik for reykjavik",
			}, nil, ""},
		{"the only gateway becomes services of its host", example(t, three), example(t, three, func(t *schema.Topology) { region(t, "reykjavik").Gateways.Mode = schema.ModeHost }),
			[]string{"gateways of reykjavik by host"}, []string{"reykjavik"}, ""},
	}
}

// Each phase is a topology of its own that validates, the last one is what was asked for, and
// what restarts is said with what has been measured, or with why nothing has.
func TestPhases(t *testing.T) {
	for _, m := range moves(t) {
		t.Run(m.name, func(t *testing.T) {
			given := spelled(t, m.old) + spelled(t, m.new)
			c, err := change.New(m.old, m.new, refused)
			if err != nil {
				t.Fatal(err)
			}
			if spelled(t, m.old)+spelled(t, m.new) != given {
				t.Error("what was given is changed")
			}
			var titles, unmeasured []string
			for i, p := range c.Phases {
				titles = append(titles, p.Title)
				if why := refused(p.Topology); why != "" {
					t.Errorf("phase %d is refused: %s", p.Number, why)
				}
				if p.Back != nil && refused(p.Back) != "" {
					t.Errorf("the undo of phase %d is refused: %s", p.Number, refused(p.Back))
				}
				before := m.old
				if i > 0 {
					before = c.Phases[i-1].Topology
				}
				if !change.Same(p.Before, before) {
					t.Errorf("phase %d does not start where phase %d ends", p.Number, i)
				}
				if len(p.Do) == 0 || len(p.Undo) == 0 {
					t.Errorf("phase %d: %d steps there, %d back", p.Number, len(p.Do), len(p.Undo))
				}
				for _, r := range p.Restarts {
					if !r.Silence.Known() {
						unmeasured = append(unmeasured, r.Region)
					}
					if r.Silence.Known() == (r.Silence.Why != "") {
						t.Errorf("phase %d, %s: measured %q, and otherwise %q", p.Number, r.Region, r.Silence.Measured, r.Silence.Why)
					}
				}
			}
			if !slices.Equal(titles, m.phases) {
				t.Errorf("got phases\n%s\nwant\n%s", strings.Join(titles, "\n"), strings.Join(m.phases, "\n"))
			}
			slices.Sort(unmeasured)
			if unmeasured = slices.Compact(unmeasured); !slices.Equal(unmeasured, m.unmeasured) {
				t.Errorf("nobody has measured %q, want %q", unmeasured, m.unmeasured)
			}
			if last := c.Phases[len(c.Phases)-1].Topology; !change.Same(last, m.new) {
				t.Error("the last phase is not the new topology")
			}
			if m.alsoAsFirst != "" && !slices.ContainsFunc(c.Phases[0].Changes, func(c change.Change) bool { return c.String() == m.alsoAsFirst }) {
				t.Errorf("no change of phase 1 is %q: %v", m.alsoAsFirst, c.Phases[0].Changes)
			}
		})
	}
}

// A key is made for the gateway that is new, and for no other that has its tags.
func TestKeysAreForWhoIsNew(t *testing.T) {
	c, err := change.New(example(t, "three-regions"), example(t, "three-regions", secondGateway), refused)
	if err != nil {
		t.Fatal(err)
	}
	want := "Make a key with tag:training-reykjavik, for rkv-gw-2"
	for _, a := range c.Phases[0].Do {
		if a.Title != want && strings.HasPrefix(a.Title, "Make a key") {
			t.Errorf("%q is not due", a.Title)
		}
	}
	if !slices.ContainsFunc(c.Phases[0].Do, func(a change.Action) bool { return a.Title == want }) {
		t.Errorf("%q is not among %v", want, c.Phases[0].Do)
	}
}

// What is approved comes before what is advertised, that before routes, and these before
// pods; where something goes, the other way round.
func TestOrder(t *testing.T) {
	c, err := change.New(example(t, "three-regions"), example(t, "three-regions", pods("oslo", "10.40.0.0/18", "10.41.0.0/18")), refused)
	if err != nil {
		t.Fatal(err)
	}
	forward := []string{"Put the policy in force", "Install gateway osl-gw-2", "Install gateway osl-gw-1", "Install every other node of region oslo", "Set up the network plugin"}
	for i, want := range [][]string{forward, {"See that nothing uses 10.40.0.0/18", forward[4], forward[3], forward[1], forward[2], forward[0]}} {
		at := -1
		for _, title := range want {
			next := slices.IndexFunc(c.Phases[i].Do, func(a change.Action) bool { return a.Title == title })
			if next <= at {
				t.Errorf("phase %d: %q is not after what comes before it: %v", i+1, title, c.Phases[i].Do)
			}
			at = next
		}
	}
}

// A gateway that was the only one of its region restarts when the other nodes know the new
// one: it hands over as one of several does.
func TestGatewayBesideAnother(t *testing.T) {
	c, err := change.New(example(t, "three-regions"), example(t, "three-regions", secondGateway), refused)
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, title := range []string{"Put the policy in force", "Install gateway rkv-gw-2", "Install every other node of region reykjavik", "Install gateway rkv-gw-1", "Install every other node of region oslo"} {
		next := slices.IndexFunc(c.Phases[0].Do, func(a change.Action) bool { return a.Title == title })
		if next <= at {
			t.Errorf("%q is not after what comes before it: %v", title, c.Phases[0].Do)
		}
		at = next
	}
}

// What a phase costs is the longest of its restarts, and without any what routes on hosts do.
func TestSilenceOfPhase(t *testing.T) {
	for _, m := range moves(t) {
		c, err := change.New(m.old, m.new, refused)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.Phases {
			got := p.Silence()
			for _, r := range p.Restarts {
				if r.Silence.Known() && got.Known() && r.Silence.Most > got.Most || !r.Silence.Known() && got.Known() {
					t.Errorf("%s, phase %d: %+v, although %s has %+v", m.name, p.Number, got, r.Region, r.Silence)
				}
			}
			if len(p.Restarts) == 0 && (!got.Known() || got.Most >= 1) {
				t.Errorf("%s, phase %d: nothing restarts, and it is %+v", m.name, p.Number, got)
			}
		}
	}
}

// Where a topology in between is refused the phases are fewer, and say why.
func TestRefusedInBetween(t *testing.T) {
	old, new := example(t, "three-regions"), example(t, "three-regions", pods("oslo", "10.40.0.0/18", "10.41.0.0/18"))
	c, err := change.New(old, new, func(*schema.Topology) string { return "it is too wide" })
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Phases) != 1 || c.Phases[0].Note != "the way there is one step, since what lies in between is refused: it is too wide" {
		t.Errorf("%+v", c.Phases)
	}
}

// Nothing differs between a topology and itself, whatever the order of its regions.
func TestNothing(t *testing.T) {
	old, new := example(t, "three-regions"), example(t, "three-regions")
	slices.Reverse(new.Spec.Regions)
	c, err := change.New(old, new, refused)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Phases) != 0 || c.Text() != "" {
		t.Error(c.Text())
	}
	data, err := json.Marshal(c)
	if err != nil || string(data) != `{"topology":"training","changes":[],"restarts":[],"phases":[]}` {
		t.Error(string(data), err)
	}
}

// TestReordered: the same prefixes in another order are told, since the topologies differ, and
// a phase without a change would say nothing.
func TestReordered(t *testing.T) {
	before := example(t, "node-routes")
	after := example(t, "node-routes", func(t *schema.Topology) {
		slices.Reverse(region(t, "dc").NodeCIDRs)
		slices.Reverse(t.Spec.Cluster.ServiceCIDRs)
	})
	c, err := change.New(before, after, refused)
	if err != nil {
		t.Fatal(err)
	}
	text := c.Text()
	for _, want := range []string{"dc.nodeCIDRs", "the same values in another order"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	for _, not := range []string{"podCIDRs", "gpu.nodeCIDRs"} {
		if strings.Contains(text, not) {
			t.Errorf("%s did not change:\n%s", not, text)
		}
	}
	if data, err := json.Marshal(c); err != nil || strings.Contains(string(data), "null") {
		t.Errorf("a list is null: %s (%v)", data, err)
	}
}

// The way back is the way there: what one gains the other loses.
func TestBackwards(t *testing.T) {
	for _, m := range moves(t) {
		there, err := change.New(m.old, m.new, refused)
		if err != nil {
			t.Fatal(err)
		}
		back, err := change.New(m.new, m.old, refused)
		if err != nil {
			t.Fatal(err)
		}
		gained, lost := map[string]bool{}, map[string]bool{}
		for _, c := range there.Changes {
			for _, s := range c.Subjects {
				for _, v := range c.Gained {
					gained[fmt.Sprint(c.Kind, s, v)] = c.Kind != change.Restarts && c.Kind != change.Hosts && c.Kind != change.Pools
				}
			}
		}
		for _, c := range back.Changes {
			for _, s := range c.Subjects {
				for _, v := range c.Lost {
					lost[fmt.Sprint(c.Kind, s, v)] = true
				}
			}
		}
		for k, counts := range gained {
			if counts && !lost[k] {
				t.Errorf("%s: %s is gained, and not lost on the way back", m.name, k)
			}
		}
	}
}

// A pod's end is seen by its template, and not by what else stands in its file.
func TestTreeOf(t *testing.T) {
	files, err := render.Tree(plan.New(sample.Published(t, nil)))
	if err != nil {
		t.Fatal(err)
	}
	one, two := change.Tree{}, change.Tree{}
	found := false
	for _, f := range files {
		one.Add(f)
		f.Data = []byte(strings.Replace(string(f.Data), "name: gateway-gcp-us\n", "name: gateway-gcp-eu\n", 1))
		two.Add(f)
		if one[f.Path].All != two[f.Path].All {
			found = true
			if one[f.Path].Pods != two[f.Path].Pods {
				t.Errorf("%s: another name is another pod", f.Path)
			}
		}
		f.Data = []byte(strings.Replace(string(f.Data), "image: ", "image: x", 1))
		two.Add(f)
		if strings.HasPrefix(f.Path, "cluster/gateway-") && one[f.Path].Pods == two[f.Path].Pods {
			t.Errorf("%s: another image is the same pod", f.Path)
		}
	}
	if !found {
		t.Error("no file has the name")
	}
}

// Whatever two topologies are, each phase between them stands by itself, and the last one is
// the new topology.
func TestPhasesOfAnyTwo(t *testing.T) {
	cases := sample.Cases()
	for from, old := range cases {
		for to, new := range cases {
			before := old
			phases := change.Phases(old, new, refused)
			for i, p := range phases {
				if i < len(phases)-1 && refused(p.Topology) != "" {
					t.Errorf("%s to %s: phase %d is refused: %s", from, to, p.Number, refused(p.Topology))
				}
				if p.Number != i+1 || !change.Same(p.Before, before) || change.Same(p.Before, p.Topology) || p.Title == "" {
					t.Errorf("%s to %s: phase %d, %q, does not follow the one before", from, to, p.Number, p.Title)
				}
				before = p.Topology
			}
			if !change.Same(before, new) {
				t.Errorf("%s to %s: the phases end elsewhere", from, to)
			}
			if change.Same(old, new) != (len(phases) == 0) {
				t.Errorf("%s to %s: %d phases", from, to, len(phases))
			}
		}
	}
}
