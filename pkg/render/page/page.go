// Package page writes one HTML page about a plan, for people: what is left to do, findings,
// a picture, who has which addresses and what is free, and tables of all that is decided.
//
// Start with HTML. The page is one file that needs nothing else: it opens from a disk, and its
// own policy forbids it to load anything. All of it can be read without its script, which adds
// sorting and filtering.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/graph"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/report"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
)

var (
	//go:embed page.html.tmpl
	source string
	//go:embed page.css
	css string
	//go:embed page.js
	js string
)

// page is what the template fills in.
type page struct {
	Name  string
	Facts []fact
	// Policy is the Content-Security-Policy: the style and the script of the page, and nothing
	// else.
	Policy     string
	Style      template.CSS
	Script     template.JS
	Counts     counts
	Phases     []phase
	Left       []string
	Steps      table
	Findings   table
	Issues     table
	Picture    picture
	Tables     []table
	Map        addressMap
	Marks      []table
	References []reference
}

// reference is an entry of the table of contents.
type reference struct{ ID, Title string }

// fact is a line about the whole.
type fact struct{ Term, Value string }

// phase is a part of the work.
type phase struct{ Title, Numbers string }

// picture is a graph in two layouts, for wide pages and for narrow ones. All text in it is
// escaped by package graph.
type picture struct {
	Description    string
	Symbols        template.HTML
	Wide, Narrow   template.HTML
	WideBox        string
	NarrowBox      string
	WideW, NarrowW string
}

// HTML writes the page. The findings are those of a run that made the plan, sorted. The same
// plan and findings give the same bytes.
func HTML(p *plan.Plan, findings diag.List) ([]byte, error) {
	p = p.ByName()
	known := issues.Notes(p)
	known.Sort()
	content := page{
		Name: p.Topology.Metadata.Name, Facts: factsOf(p), Policy: policy(),
		Style: template.CSS(style()), Script: template.JS(js),
		Counts: count(findings, known), Phases: phasesOf(p), Left: report.Left(p),
		Steps: stepTable(p), Findings: findingTable(findings), Issues: issueTable(known), Picture: draw(p),
		Tables: decisions(p), Map: newMap(ipam.Survey(p.Given)), Marks: markTables(p),
	}
	content.References = content.contents()
	var b bytes.Buffer
	if err := layout().Execute(&b, content); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// layout is the template, read once.
var layout = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{"words": words}).Parse(source))
})

// words are text with code between backticks, as findings and steps have it.
func words(text string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			b.WriteString("<code>" + template.HTMLEscapeString(part) + "</code>")
		} else {
			b.WriteString(template.HTMLEscapeString(part))
		}
	}
	return template.HTML(b.String())
}

// style is the page's and the picture's.
func style() string { return css + graph.Style }

// policy lets the page's own style and script through, by their hashes, and nothing else (W3C,
// Content Security Policy Level 3, 6.7.3.3).
func policy() string {
	return "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src " + hash(style()) + "; script-src " + hash(js)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func draw(p *plan.Plan) picture {
	g := graph.New(p)
	wide, narrow := graph.Lay(g, 2), graph.Lay(g, 1)
	return picture{
		Description: g.Describe(),
		Symbols:     template.HTML(wide.Symbols()), Wide: template.HTML(wide.Draw()), Narrow: template.HTML(narrow.Draw()),
		WideBox: wide.ViewBox(), NarrowBox: narrow.ViewBox(), WideW: wide.Pixels(), NarrowW: narrow.Pixels(),
	}
}

func phasesOf(p *plan.Plan) []phase {
	var list []phase
	for _, s := range steps.Spans(p) {
		list = append(list, phase{s.Phase.Title(), s.Numbers()})
	}
	return list
}

// contents is in the order of the page.
func (c *page) contents() []reference {
	list := []reference{{"do", "Yours to do"}, {"findings", "Findings"}, {"picture", "Regions and tailnet"}, {"addresses", "Addresses"}}
	for _, t := range c.Tables {
		list = append(list, reference{t.ID, t.Title})
	}
	return append(list, reference{"marks", "Firewall marks"}, reference{"issues", "Known issues"}, reference{"steps", "Steps"})
}
