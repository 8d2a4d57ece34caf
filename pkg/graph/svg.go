package graph

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
)

// Style is what the classes of a drawing look like, by the variables that a page sets:
// --paper, --card, --ink, --muted, --rule, --tailnet, --link.
const Style = `.t{font:12px ` + sansFamily + `;fill:var(--ink);white-space:pre}
.t.name{font-size:15px;font-weight:700}
.t.small{font-size:11px}
.t.mono{font-family:` + monoFamily + `}
.t.muted{fill:var(--muted)}
.card{fill:var(--card);stroke:var(--rule)}
.rule{stroke:var(--rule)}
.hub{fill:var(--card);stroke:var(--tailnet);stroke-width:2}
.spine,.spoke{stroke:var(--tailnet);stroke-width:2;fill:none}
.spine{stroke-width:4;stroke-linecap:round}
.wire{stroke:var(--link);stroke-width:1.5;fill:none;stroke-dasharray:5 3}
.badge{fill:var(--paper);stroke:var(--link);stroke-width:1.5}
.no{font:bold 10px ` + sansFamily + `;fill:var(--link);text-anchor:middle}
`

// colours are for a picture by itself, on paper and on a dark screen.
const colours = `svg{--paper:#fff;--card:#fbfaf8;--ink:#1d1f23;--muted:#5a5f69;--rule:#c9c6bf;--tailnet:#0b6e69;--link:#8a3b12}
@media (prefers-color-scheme:dark){svg{--paper:#16181c;--card:#1e2126;--ink:#e8e6e1;--muted:#a5a9b1;--rule:#474b53;--tailnet:#4fc1b8;--link:#f0a074}}
.paper{fill:var(--paper)}
`

// SVG is the picture by itself.
func SVG(p Picture) []byte {
	l := Lay(p, 2)
	if len(p.Nodes) == 1 {
		l = Lay(p, 1)
	}
	var b drawing
	const border = 16.0
	size := fmt.Sprintf(`width="%s" height="%s"`, number(l.Width+2*border), number(l.Height+2*border))
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%s %[1]s %s %s" %s role="img" aria-labelledby="title desc">`+"\n",
		number(-border), number(l.Width+2*border), number(l.Height+2*border), size)
	b.WriteString(`<title id="title">` + escape(p.Name) + "</title>\n" + `<desc id="desc">` + escape(p.Describe()) + "</desc>\n")
	b.WriteString("<style>\n" + colours + Style + "</style>\n")
	fmt.Fprintf(&b, `<rect class="paper" x="%s" y="%[1]s" %s/>`+"\n", number(-border), size)
	b.around(&l)
	for i := range l.Cards {
		b.box("card", l.At[i])
		fmt.Fprintf(&b, `<g transform="translate(%s %s)">`+"\n", number(l.At[i].X), number(l.At[i].Y))
		b.card(&l.Cards[i])
		b.WriteString("</g>\n")
	}
	b.badges(&l)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// Symbols are what stands on the cards, for all layouts of a picture on one page: Draw.
func (l *Layout) Symbols() []byte {
	var b drawing
	for i := range l.Cards {
		fmt.Fprintf(&b, `<g id="card-%d">`+"\n", i)
		b.card(&l.Cards[i])
		b.WriteString("</g>\n")
	}
	return b.Bytes()
}

// Draw is the inside of an svg element of the layout's size, on a page that has the Symbols
// and the Style.
func (l *Layout) Draw() []byte {
	var b drawing
	b.around(l)
	for i, at := range l.At {
		b.box("card", at)
		fmt.Fprintf(&b, `<use href="#card-%d" x="%s" y="%s"/>`+"\n", i, number(at.X), number(at.Y))
	}
	b.badges(l)
	return b.Bytes()
}

// ViewBox is what an svg element shows of the drawing: all of it.
func (l *Layout) ViewBox() string { return "0 0 " + number(l.Width) + " " + number(l.Height) }

// Pixels are how wide the drawing is.
func (l *Layout) Pixels() string { return number(l.Width) }

// Describe says in a sentence what is to be seen, for who does not see it.
func (p Picture) Describe() string {
	gateways := 0
	for _, n := range p.Nodes {
		gateways += len(n.Gateways)
	}
	return fmt.Sprintf("Regions, each joined to the tailnet: %d, with %d gateways and %d private links between them.", len(p.Nodes), gateways, len(p.Edges))
}

// drawing is SVG that is being written.
type drawing struct{ bytes.Buffer }

// around draws what is not a card.
func (b *drawing) around(l *Layout) {
	b.line("spine", l.Spine)
	for _, s := range l.Spokes {
		b.line("spoke", s)
	}
	for _, w := range l.Wires {
		b.WriteString(`<path class="wire" d="M`)
		for i, p := range w {
			if i > 0 {
				b.WriteString("L")
			}
			b.WriteString(number(p.X) + " " + number(p.Y))
		}
		b.WriteString(`"/>` + "\n")
	}
	b.box("hub", l.Tailnet)
	for i := range l.Texts {
		b.text(&l.Texts[i])
	}
}

// card draws what stands on it.
func (b *drawing) card(c *Card) {
	b.line("rule", Line{Point{margin, c.Rule}, Point{cardWidth - margin, c.Rule}})
	for i := range c.Texts {
		b.text(&c.Texts[i])
	}
}

func (b *drawing) badges(l *Layout) {
	for _, e := range l.Badges {
		x, y := number(e.At.X), e.At.Y
		fmt.Fprintf(b, `<circle class="badge" cx="%s" cy="%s" r="%s"/><text class="no" x="%[1]s" y="%[4]s">%d</text>`+"\n", x, number(y), number(badgeSize/2), number(y+3.5), e.Number)
	}
}

func (b *drawing) box(class string, r Box) {
	fmt.Fprintf(b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="4"/>`+"\n", class, number(r.X), number(r.Y), number(r.W), number(r.H))
}

func (b *drawing) line(class string, l Line) {
	fmt.Fprintf(b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`+"\n", class, number(l.From.X), number(l.From.Y), number(l.To.X), number(l.To.Y))
}

// text is written on a base line a fourth of the line above its lower end.
func (b *drawing) text(t *Text) {
	class := t.Font.class()
	if t.Muted {
		class += " muted"
	}
	whole := ""
	if t.Whole != "" {
		whole = "<title>" + escape(t.Whole) + "</title>"
	}
	fmt.Fprintf(b, `<text class="%s" x="%s" y="%s">%s%s</text>`+"\n", class, number(t.X), number(t.Y+t.H*0.75), whole, escape(t.Words))
}

// number has a tenth of a pixel.
func number(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

// escape is text between tags. What XML cannot say becomes U+FFFD.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}
