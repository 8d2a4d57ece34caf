package page

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func Example() {
	html, err := HTML(plan.New(sample.Fleet(2)), nil)
	fmt.Println(err)
	for _, heading := range regexp.MustCompile(`<h2 [^>]*>([^<]*)`).FindAllSubmatch(html, -1) {
		fmt.Println(string(heading[1]))
	}
	// Output:
	// <nil>
	// Yours to do
	// Findings
	// Regions and tailnet
	// Addresses
	// Regions
	// Gateways
	// Routes
	// Packet sizes
	// Firewall marks
	// Known issues
	// Steps
}

func written(t *testing.T, topology *schema.Topology, list diag.List) string {
	t.Helper()
	html, err := HTML(plan.New(topology), list)
	if err != nil {
		t.Fatal(err)
	}
	return string(html)
}

// topologies are of every shape that other packages' tests have.
func topologies() map[string]*schema.Topology {
	all := sample.Cases()
	for name, t := range sample.Clouds() {
		all[name] = t
	}
	for _, n := range []int{1, 2, 12, 40} {
		all[fmt.Sprint(n)] = sample.Fleet(n)
	}
	leaving := sample.Fleet(3)
	leaving.Spec.Leaving, leaving.Spec.Regions = leaving.Spec.Regions[2:], leaving.Spec.Regions[:2]
	all["leaving"] = leaving
	return all
}

var (
	ids        = regexp.MustCompile(` id="([^"]+)"`)
	references = regexp.MustCompile(` (?:href="#|aria-labelledby=")([^"]+)"`)
	loads      = regexp.MustCompile(`(?i) (?:src|srcset|href|xlink:href|data|action|formaction|poster)="[^"]*"|url\(|@import| on[a-z]+="| style="`)
)

// The page loads nothing, every reference in it leads somewhere, and no id is there twice.
func TestPageIsWhole(t *testing.T) {
	for name, topology := range topologies() {
		html := written(t, topology, nil)
		seen := map[string]bool{}
		for _, id := range ids.FindAllStringSubmatch(html, -1) {
			if seen[id[1]] {
				t.Errorf("%s: id %s is there twice", name, id[1])
			}
			seen[id[1]] = true
		}
		for _, r := range references.FindAllStringSubmatch(html, -1) {
			if !seen[r[1]] {
				t.Errorf("%s: nothing has the id %s", name, r[1])
			}
		}
		for _, l := range loads.FindAllString(html, -1) {
			if !strings.HasPrefix(l, ` href="#`) && l != ` href="data:,"` {
				t.Errorf("%s: the page has%s", name, l)
			}
		}
	}
}

// The page's policy lets its own style and script through: the hashes are of what stands in it.
func TestPolicy(t *testing.T) {
	html := written(t, sample.Fleet(2), nil)
	between := func(from, to string) string {
		_, after, _ := strings.Cut(html, from)
		text, _, _ := strings.Cut(after, to)
		return text
	}
	policy := strings.ReplaceAll(strings.ReplaceAll(between(`Policy" content="`, `"`), "&#39;", "'"), "&#43;", "+")
	for _, text := range []string{between("<style>", "</style>"), between("<script>", "</script>")} {
		if len(text) < 1000 || !strings.Contains(policy, hash(text)) {
			t.Errorf("%s does not allow a text of %d bytes: %s", policy, len(text), hash(text))
		}
	}
	if strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none';") {
		t.Error(policy)
	}
}

// What is foreign is text, wherever it stands.
func TestForeignTextIsEscaped(t *testing.T) {
	const evil = `"'><img src=x onerror=alert(1)><script>alert(2)</script>` + "`<b>`"
	topology := sample.Fleet(2)
	topology.Metadata.Name = evil
	topology.Spec.Tailnet.Tag = evil
	topology.Spec.Marks = []schema.Mark{{Owner: evil, Mask: 1}}
	topology.Spec.Regions[0].Provider = evil
	topology.Spec.Regions[0].Name = evil
	for i := range topology.Spec.Regions[1].Gateways.Nodes {
		n := &topology.Spec.Regions[1].Gateways.Nodes[i]
		n.Name, n.Zone = evil, evil
	}
	list := diag.List{{Severity: diag.Warning, Code: evil, Path: evil, Message: evil, Remedy: evil, Pos: diag.Position{File: "/home/me/" + evil, Line: 1}}}
	html := written(t, topology, list)
	if n := strings.Count(html, "<script>"); n != 1 {
		t.Errorf("%d scripts", n)
	}
	for _, tag := range []string{"<img", "<b>&", "<b>`"} {
		if strings.Contains(html, tag) {
			t.Errorf("the page has %s", tag)
		}
	}
	if n := strings.Count(html, "&lt;script&gt;alert(2)"); n < 20 {
		t.Errorf("it is there %d times", n)
	}
	if strings.Contains(html, "/home/me") {
		t.Error("the page says where somebody's files are")
	}
}

// The same bytes on every run and in whatever order regions were written, below 300 kB for 40 of them.
func TestSameBytes(t *testing.T) {
	for name, topology := range topologies() {
		html := written(t, topology, nil)
		slices.Reverse(topology.Spec.Regions)
		slices.Reverse(topology.Spec.Links)
		if again := written(t, topology, nil); again != html {
			t.Errorf("%s: %d bytes, and other %d", name, len(html), len(again))
		}
		if len(html) > 300_000 {
			t.Errorf("%s: %d bytes", name, len(html))
		}
	}
}

// Every row has a cell for each column, and whatever the topology says of networks and hosts is somewhere.
func TestTables(t *testing.T) {
	for name, topology := range topologies() {
		p := plan.New(topology).ByName()
		m := newMap(ipam.Survey(p.Given))
		for _, table := range append(append(decisions(p), m.Owners, m.Free, stepTable(p)), markTables(p)...) {
			for _, row := range table.Rows {
				if len(row) != len(table.Columns) || row[0] == "" {
					t.Errorf("%s: %s has %d columns: %q", name, table.ID, len(table.Columns), row)
				}
			}
		}
		html := written(t, topology, nil)
		for _, r := range slices.Concat(topology.Spec.Regions, topology.Spec.Leaving) {
			want := []string{r.Name}
			for _, prefix := range r.Advertised() {
				want = append(want, prefix.String())
			}
			for _, n := range r.Gateways.Nodes {
				want = append(want, n.Name)
			}
			for _, w := range want {
				if !strings.Contains(html, ">"+w) && !strings.Contains(html, " "+w) {
					t.Errorf("%s: %s of %s is not on the page", name, w, r.Name)
				}
			}
		}
	}
}

// The strips of a block are all of it, in order, and whatever somebody has of one is inside.
func TestStrips(t *testing.T) {
	topology := sample.Fleet(40)
	topology.Spec.ExternalCIDRs = append(topology.Spec.ExternalCIDRs, netip.MustParsePrefix("198.18.0.1/32"), netip.MustParsePrefix("198.19.0.0/17"))
	for _, b := range ipam.Survey(topology) {
		if b.Prefix.Addr().Is6() {
			continue
		}
		next := b.Prefix.Addr()
		for _, s := range newGrid(&b).Strips {
			from, to, several := strings.Cut(s.Label, " – ")
			strip, err := netip.ParsePrefix(from)
			if err != nil {
				strip, err = netip.MustParseAddr(from).Prefix(32)
			}
			last := claim.Last(strip)
			if several {
				last = netip.MustParseAddr(to)
			}
			if err != nil || strip.Addr() != next {
				t.Errorf("%s: strip %s does not begin at %s", b.Prefix, s.Label, next)
			}
			next = last.Next()
			for _, p := range partsOf(&b, strip) {
				if p.from < 0 || p.width <= 0 || p.from+p.width > 1 {
					t.Errorf("%s, %s: %+v", b.Prefix, s.Label, p)
				}
			}
		}
		if next != claim.Last(b.Prefix).Next() {
			t.Errorf("%s ends at %s", b.Prefix, next)
		}
	}
}

// A part is as wide as it is, and says what it is; labels stand where there is room and nothing on top.
func TestParts(t *testing.T) {
	topology := sample.Fleet(2)
	i := slices.IndexFunc(ipam.Survey(topology), func(b ipam.Block) bool { return b.Prefix == netip.MustParsePrefix("10.0.0.0/8") })
	g := newGrid(&ipam.Survey(topology)[i])
	first := string(g.Strips[0].Parts)
	for _, want := range []string{
		`<rect class="pods" x="6.25%" width="6.25%" height="100%"><title>10.1.0.0/16 frankfurt: pod CIDR</title></rect>`,
		`<rect class="nodes" x="0%" width="0.4%" height="100%"><title>10.0.0.0/22 frankfurt: node CIDR</title></rect>`,
		`>oslo</text>`,
	} {
		if !strings.Contains(first, want) {
			t.Errorf("%s lacks %s", first, want)
		}
	}
	if strings.Contains(first, ">frankfurt</text>") {
		t.Error("frankfurt has no room for its name")
	}
	if labels := fmt.Sprintf("%d %s", len(g.Strips), g.Strips[1].Label); labels != "5 10.16.0.0 – 10.191.255.255" {
		t.Error(labels)
	}
}

// What two keep is one part, which names both.
func TestSharedRange(t *testing.T) {
	blocks := ipam.Survey(sample.Clouds()["aws"])
	var all string
	for _, s := range newGrid(&blocks[1]).Strips {
		all += string(s.Parts)
	}
	if !strings.Contains(all, ">Docker, AWS</text>") {
		t.Error(all)
	}
}

// Words in backticks are code, and all of it is escaped.
func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"plain":         "plain",
		"run `a <b` or": "run <code>a &lt;b</code> or",
		"<`>":           "&lt;<code>&gt;</code>",
	} {
		if got := string(words(in)); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if !bytes.Contains([]byte(css), []byte("prefers-color-scheme:dark")) {
		t.Error("there is no style for the dark")
	}
}

// Everything can be read on what it stands on: 4.5 to 1, as WCAG 2.2 asks for (1.4.3), on light, dark and in print.
func TestContrast(t *testing.T) {
	parts := strings.SplitAfter(css, "}}")
	for name, block := range map[string]string{"light": css[:strings.Index(css, "@media")], "dark": parts[0][strings.Index(parts[0], "@media"):], "print": css[strings.Index(css, "@media print"):]} {
		colour := map[string]string{"card": "#fff"}
		for _, m := range regexp.MustCompile(`--([a-z-]+):(#[0-9a-f]{3,6})`).FindAllStringSubmatch(block, -1) {
			colour[m[1]] = m[2]
		}
		pairs := [][2]string{{"on-nodes", "nodes"}}
		for _, on := range []string{"paper", "card"} {
			for _, text := range []string{"ink", "muted", "tailnet", "link"} {
				pairs = append(pairs, [2]string{text, on})
			}
		}
		for _, on := range []string{"pods", "services", "own", "kept", "maybe"} {
			pairs = append(pairs, [2]string{"ink", on})
		}
		if name != "print" {
			pairs = append(pairs, [][2]string{{"bad", "paper"}, {"warn", "paper"}, {"ink", "wash"}}...)
		}
		for _, p := range pairs {
			if c := contrast(luminance(t, colour[p[0]]), luminance(t, colour[p[1]])); c < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.1f", name, p[0], p[1], c)
			}
		}
	}
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// luminance of a colour (WCAG 2.2, relative luminance).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	digits := strings.TrimPrefix(colour, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	rgb, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 6 {
		t.Fatalf("no colour: %q", colour)
	}
	linear := func(c uint64) float64 {
		if v := float64(c&255) / 255; v > 0.04045 {
			return math.Pow((v+0.055)/1.055, 2.4)
		} else {
			return v / 12.92
		}
	}
	return 0.2126*linear(rgb>>16) + 0.7152*linear(rgb>>8) + 0.0722*linear(rgb)
}
