package graph_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/graph"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func Example() {
	picture := graph.New(plan.New(sample.Fleet(2)))
	fmt.Print(string(graph.Mermaid(picture)))
	// Output:
	// flowchart LR
	//   tailnet(["Tailnet<br/>Tailscale 1.102.3, tag:fleet"])
	//   subgraph r0["frankfurt"]
	//     r0p["hetzner<br/>daemonSet, single<br/>nodes 10.0.0.0/22<br/>pods 10.1.0.0/16<br/>advertises 2, routes to 4<br/>next hop"]
	//     r0g0["1: frankfurt-1<br/>10.0.0.11<br/>public 5.9.0.11"]
	//   end
	//   subgraph r1["oslo"]
	//     r1p["bare-metal<br/>staticPod, relay<br/>nodes 10.4.0.0/22, fd42:7a1e:2:1::/64<br/>pods 10.5.0.0/16, fd42:7a1e:2:100::/104<br/>advertises 4, routes to 2<br/>next hops: the first that answers"]
	//     r1g0["1: oslo-1<br/>10.4.0.11"]
	//     r1g1["2: oslo-2<br/>10.4.0.12"]
	//   end
	//   r0 --- tailnet
	//   tailnet --- r1
}

// topologies are of all shapes: few and many regions, long names, many hosts and prefixes,
// more links than anybody follows.
func topologies() map[string]*schema.Topology {
	all := sample.Cases()
	for name, t := range sample.Clouds() {
		all[name] = t
	}
	for _, n := range []int{1, 2, 3, 12, 40} {
		all[fmt.Sprint(n, " regions")] = sample.Fleet(n)
	}
	for name, most := range map[string]int{"wired": 40, "too wired": 100} {
		t := sample.Fleet(40)
		r := rand.New(rand.NewPCG(1, uint64(most)))
		t.Spec.Links = nil
		for range most {
			a, b := r.IntN(40), r.IntN(40)
			t.Spec.Links = append(t.Spec.Links, schema.Link{Regions: []string{t.Spec.Regions[a].Name, t.Spec.Regions[b].Name}})
		}
		all[name] = t
	}
	full := sample.Fleet(3)
	for i := range full.Spec.Regions {
		r := &full.Spec.Regions[i]
		r.Provider = strings.Repeat("provider-", 7)
		r.Name += strings.Repeat("w", 63-len(r.Name))
		for j := range 30 {
			r.NodeCIDRs = append(r.NodeCIDRs, netip.MustParsePrefix(fmt.Sprintf("fd00:1111:2222:%d%02d::/64", i, j)))
			n := r.Gateways.Nodes[0]
			n.Name = fmt.Sprintf("%s-%02d.example.internal", strings.Repeat("gateway", 6), j)
			n.InternalIP = netip.MustParseAddr(fmt.Sprintf("fd00:1111:2222:3333:4444:5555:6666:77%02d", j))
			n.PublicIP = netip.MustParseAddr(fmt.Sprintf("2a01:1111:2222:3333:4444:5555:6666:77%02d", j))
			r.Gateways.Nodes = append(r.Gateways.Nodes, n)
		}
	}
	all["full"] = full
	leaving := sample.Fleet(12)
	leaving.Spec.Leaving, leaving.Spec.Regions = leaving.Spec.Regions[3:], leaving.Spec.Regions[:3]
	all["leaving"] = leaving
	return all
}

// TestNothingOverlaps measures every box: cards do not touch each other, texts stay on their
// cards and apart, and no line runs across a card or a text.
func TestNothingOverlaps(t *testing.T) {
	measured := 0
	for name, topology := range topologies() {
		p := graph.New(plan.New(topology))
		for columns := 1; columns <= 2; columns++ {
			l := graph.Lay(p, columns)
			complain := func(format string, args ...any) {
				t.Errorf("%s, %d columns: "+format, append([]any{name, columns}, args...)...)
			}
			picture := graph.Box{W: l.Width, H: l.Height}
			solid := append([]graph.Box{l.Tailnet}, l.At...)
			for i, a := range solid {
				if !inside(a, picture) {
					complain("box %d leaves the picture: %v", i, a)
				}
				for _, b := range solid[:i] {
					if overlap(a, b, 6) {
						complain("boxes %v and %v", a, b)
					}
				}
			}
			measured += texts(complain, l.Texts, picture)
			for i, c := range l.Cards {
				measured += texts(complain, c.Texts, graph.Box{X: 8, W: l.At[i].W - 16, H: l.At[i].H})
			}
			for i, e := range l.Badges {
				for _, b := range l.Badges[:i] {
					if math.Hypot(e.At.X-b.At.X, e.At.Y-b.At.Y) < 17 {
						complain("badges %v and %v", e, b)
					}
				}
			}
			lines := append([]graph.Line{l.Spine}, l.Spokes...)
			for i, w := range l.Wires {
				for j := range w[1:] {
					lines = append(lines, graph.Line{From: w[j], To: w[j+1]})
				}
				for _, other := range l.Wires[:i] {
					if along(w[1], w[2], other[1], other[2]) {
						complain("wires %v and %v run in one lane", w, other)
					}
				}
			}
			for _, line := range lines {
				for _, b := range append(slices.Clone(solid), boxes(l.Texts[len(p.Tailnet):])...) {
					if overlap(lineBox(line), b, -0.5) {
						complain("line %v runs across %v", line, b)
					}
				}
			}
		}
	}
	if measured < 10_000 {
		t.Errorf("%d pairs of texts were measured", measured)
	}
}

// texts complains of those that leave their box or overlap each other, and counts the pairs.
func texts(complain func(string, ...any), list []graph.Text, on graph.Box) int {
	pairs := 0
	for i, a := range list {
		if math.Abs(a.Font.Width(a.Words)-a.W) > 0.01 {
			complain("%q is %v wide, not %v", a.Words, a.Font.Width(a.Words), a.W)
		}
		if !inside(a.Box, on) {
			complain("%q leaves its box: %v", a.Words, a.Box)
		}
		for _, b := range list[:i] {
			pairs++
			if overlap(a.Box, b.Box, -0.01) {
				complain("%q and %q", a.Words, b.Words)
			}
		}
	}
	return pairs
}

func boxes(list []graph.Text) []graph.Box {
	var all []graph.Box
	for _, t := range list {
		all = append(all, t.Box)
	}
	return all
}

// overlap reports whether less than gap lies between two boxes.
func overlap(a, b graph.Box, gap float64) bool {
	return a.X < b.X+b.W+gap && b.X < a.X+a.W+gap && a.Y < b.Y+b.H+gap && b.Y < a.Y+a.H+gap
}

func inside(a, b graph.Box) bool {
	return a.X >= b.X-0.01 && a.Y >= b.Y && a.X+a.W <= b.X+b.W+0.01 && a.Y+a.H <= b.Y+b.H
}

func lineBox(l graph.Line) graph.Box {
	x, y := min(l.From.X, l.To.X), min(l.From.Y, l.To.Y)
	return graph.Box{X: x, Y: y, W: max(l.From.X, l.To.X) - x, H: max(l.From.Y, l.To.Y) - y}
}

// along reports whether two vertical stretches share a part.
func along(a, b, c, d graph.Point) bool {
	return a.X == c.X && min(a.Y, b.Y) < max(c.Y, d.Y) && min(c.Y, d.Y) < max(a.Y, b.Y)
}

// What is cut is whole in the title of its text.
func TestCutTextsAreWholeSomewhere(t *testing.T) {
	p := graph.New(plan.New(topologies()["full"]))
	svg := string(graph.SVG(p))
	for _, n := range p.Nodes {
		if !strings.Contains(svg, "<title>"+n.Region+"</title>") {
			t.Errorf("%s stands nowhere", n.Region)
		}
	}
}

// formats are all that a picture is written in.
func formats() map[string]func(graph.Picture) []byte {
	return map[string]func(graph.Picture) []byte{"svg": graph.SVG, "mermaid": graph.Mermaid, "dot": graph.Dot}
}

// Regions that leave have no card, and the picture says so.
func TestLeavingRegionsAreNamed(t *testing.T) {
	topology := sample.Fleet(3)
	topology.Spec.Leaving, topology.Spec.Regions = topology.Spec.Regions[2:], topology.Spec.Regions[:2]
	want := "leaving: " + topology.Spec.Leaving[0].Name
	for format, write := range formats() {
		if got := write(graph.New(plan.New(topology))); !bytes.Contains(got, []byte(want)) {
			t.Errorf("%s does not have %q:\n%s", format, want, got)
		}
	}
}

// The order in which regions and links were written changes nothing.
func TestOrderOfRegions(t *testing.T) {
	for format, write := range formats() {
		topology := sample.Fleet(12)
		want := write(graph.New(plan.New(topology)))
		slices.Reverse(topology.Spec.Regions)
		slices.Reverse(topology.Spec.Links)
		for i := range topology.Spec.Links {
			slices.Reverse(topology.Spec.Links[i].Regions)
		}
		if got := write(graph.New(plan.New(topology))); !bytes.Equal(got, want) {
			t.Errorf("%s changes with the order", format)
		}
	}
}

// SVG is well-formed whatever stands in it, and refers to nothing outside.
func TestWellFormed(t *testing.T) {
	all := topologies()
	hostile := sample.Fleet(2)
	hostile.Metadata.Name = "</title><script>\x00\u2028"
	hostile.Spec.Tailnet.Tag = `tag:"<&'>]]>`
	hostile.Spec.Regions[0].Name = `a"b\<c>&#35;` + "`d`\n\xff"
	all["hostile"] = hostile
	for name, topology := range all {
		p := graph.New(plan.New(topology))
		svg := graph.SVG(p)
		d := xml.NewDecoder(bytes.NewReader(svg))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "script" || e.Name.Local == "image") {
				t.Errorf("%s has an element %s", name, e.Name.Local)
			}
		}
		for _, n := range p.Nodes {
			for format, write := range formats() {
				plain := strings.Trim(n.Region, `abcdefghijklmnopqrstuvwxyz-`) == ""
				if text := string(write(p)); plain && !strings.Contains(text, n.Region) {
					t.Errorf("%s: %s has no %s", name, format, n.Region)
				}
			}
		}
	}
	p := graph.New(plan.New(hostile))
	for format, write := range formats() {
		// Who draws a dot file escapes what stands in its strings.
		if text := string(write(p)); strings.Contains(text, "\x00") || strings.Contains(text, `a"b`) || format != "dot" && strings.Contains(text, "<script>") {
			t.Errorf("%s leaves what is foreign as it is:\n%s", format, text)
		}
	}
}

// What a provider's routes lead to is said as it is decided.
func TestHopsInClouds(t *testing.T) {
	said := func(name string, change func(r *schema.Region)) string {
		topology := sample.Clouds()[name]
		change(&topology.Spec.Regions[1])
		return graph.New(plan.New(topology)).Nodes[0].Hops
	}
	for want, got := range map[string]string{
		"next hop: the first, by the route table of AWS":             said("aws", func(*schema.Region) {}),
		"next hop: the primary, by the route table of AWS":           said("aws", func(r *schema.Region) { r.Network.Failover = schema.FailoverWatch }),
		"next hops: all at once, by the route table of Google Cloud": said("gcp", func(r *schema.Region) { r.Gateways.HA.Strategy = schema.HASupersets }),
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
