package graph

import (
	"fmt"
	"strconv"
)

// Sizes of a card, in pixels.
const (
	cardWidth  = 340.0
	margin     = 14.0
	lineHeight = 17.0
	labelWidth = 46.0
	// mostValues and mostGateways are how many lines a card has of each; it counts the rest.
	mostValues, mostGateways = 3, 4
)

// Box is a rectangle, in pixels from the upper left corner.
type Box struct{ X, Y, W, H float64 }

// Text is a line of text whose Box the widths of Font give.
type Text struct {
	Box
	Font Font
	// Words are what it says, and Whole what it was cut from; empty where nothing is missing.
	Words, Whole string
	// Muted is for what is less important.
	Muted bool
}

// Card is a region as it is drawn.
type Card struct {
	Node   *Node
	Height float64
	// Rule is where a line separates the region from its gateways.
	Rule  float64
	Texts []Text // from the card's upper left corner
}

// pen writes texts from top to bottom.
type pen struct {
	texts []Text
	y     float64
}

// at writes at x, cut to the room; it returns the text's right end.
func (p *pen) at(x, room float64, f Font, muted bool, words string) float64 {
	cut := f.fit(words, room)
	t := Text{Box: Box{x, p.y, f.Width(cut), lineHeight}, Font: f, Words: cut, Muted: muted}
	if cut != words {
		t.Whole = words
	}
	p.texts = append(p.texts, t)
	return x + t.W
}

// right writes so that the text ends at x; it returns the text's left end.
func (p *pen) right(x, room float64, f Font, muted bool, words string) float64 {
	from := x - f.Width(f.fit(words, room))
	p.at(from, room, f, muted, words)
	return from
}

// newCard sets a region's texts.
func newCard(n *Node) Card {
	p := &pen{y: 9}
	const end, room = cardWidth - margin, cardWidth - 2*margin
	provider := min(Plain.Width(n.Provider), room/3)
	p.at(margin, room-provider-12, Title, false, n.Region)
	p.right(end, provider, Plain, true, n.Provider)
	p.y += lineHeight + 3
	counts := Plain.Width(n.counts())
	p.at(margin, room-counts-12, Plain, true, n.Kind)
	p.right(end, counts, Plain, true, n.counts())
	p.y += lineHeight + 4
	for _, r := range n.Rows {
		p.row(r)
	}
	rule := p.y + 5
	p.y += 11
	p.at(margin, room, Small, true, n.Hops)
	p.y += lineHeight
	p.gateways(n.Gateways)
	return Card{Node: n, Height: p.y + 9, Rule: rule, Texts: p.texts}
}

// row writes a label and prefixes, as many in a line as there is room for.
func (p *pen) row(r Row) {
	const left, end, gap = margin + labelWidth, cardWidth - margin, 10.0
	p.at(margin, labelWidth, Plain, true, r.Label)
	x, lines := left, 1
	for i, v := range r.Values {
		if x > left && x+Mono.Width(v) > end {
			lines++
			p.y += lineHeight
			x = left
		}
		if rest := len(r.Values) - i; lines == mostValues && rest > 1 {
			p.at(left, end-left, Plain, true, fmt.Sprintf("and %d more", rest))
			break
		}
		x = p.at(x, end-x, Mono, false, v) + gap
	}
	p.y += lineHeight
}

func (p *pen) gateways(list []Gateway) {
	const left, end, gap = margin + 16, cardWidth - margin, 10.0
	for i, g := range list {
		if rest := len(list) - i; i == mostGateways-1 && rest > 1 {
			p.at(left, end-left, Plain, true, fmt.Sprintf("and %d more", rest))
			p.y += lineHeight
			break
		}
		p.at(margin, 14, Small, true, strconv.Itoa(i+1))
		end := end
		if g.Public != "" {
			const word = "public"
			end = p.right(end, (end-left)/3, Mono, false, g.Public) - 4
			end = p.right(end, labelWidth, Small, true, word) - gap
		}
		end = p.right(end, 2*(end-left)/3, Mono, false, g.Address) - gap
		p.at(left, end-left, Plain, false, g.Name)
		p.y += lineHeight
	}
	if len(list) == 0 {
		p.at(left, end-left, Plain, true, "no host is listed")
		p.y += lineHeight
	}
}
