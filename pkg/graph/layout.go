package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Layout is a picture with a place for everything. All of it is worked out from the texts'
// widths, so that a test can measure what overlaps.
type Layout struct {
	Picture Picture
	// Columns is 1, for narrow pages, or 2.
	Columns       int
	Width, Height float64
	// Cards are one for each node, and At where they are.
	Cards []Card
	At    []Box
	// Tailnet is the box of what joins all, and Texts what stands in it and below the cards.
	Tailnet Box
	Texts   []Text
	// Spine is the line that joins all, from top to bottom, and Spokes those to each card.
	Spine  Line
	Spokes []Line
	// Wires are the private links, one for each edge, and Badges their numbers, on the
	// cards' edges; none where there are more than somebody can follow.
	Wires  [][]Point
	Badges []Badge
}

// Point is a place in pixels.
type Point struct{ X, Y float64 }

// Line is straight.
type Line struct{ From, To Point }

// Badge is the number of a link at one of its ends.
type Badge struct {
	At     Point // the centre
	Number int   // from 1
}

const (
	cardGap    = 18.0 // between cards
	spokeWidth = 22.0 // between a card and the spine or the nearest lane
	laneGap    = 11.0 // between lanes of links
	badgeSize  = 17.0
	badgeGap   = 20.0
	tailnetTop = 10.0
	// mostWires is how many links somebody can follow.
	mostWires = 60
)

// side is an edge of a card.
type side int

const (
	left side = iota
	right
)

// layout is one being made.
type layout struct {
	Layout
	column []int // of each card
	ports  []port
	outer  [2]int // lanes beyond the cards, on both sides
	inner  int    // lanes between the left cards and the spine
	lanes  []int  // of each edge
}

// port is where a link ends.
type port struct {
	edge, node int
	side       side
	y          float64 // from the card's top
}

// Lay finds a place for everything, in one column or in two with the tailnet between them.
func Lay(p Picture, columns int) Layout {
	l := &layout{Layout: Layout{Picture: p, Columns: columns}}
	for i := range p.Nodes {
		l.Cards = append(l.Cards, newCard(&p.Nodes[i]))
	}
	l.columns()
	if len(p.Edges) <= mostWires {
		l.takePorts()
	}
	l.rows()
	l.takeLanes()
	l.horizontally()
	l.connect()
	l.legend()
	return l.Layout
}

// columns puts a card into the column that is shorter so far, the left one first.
func (l *layout) columns() {
	var heights [2]float64
	for _, c := range l.Cards {
		column := 0
		if l.Columns == 2 && heights[1] < heights[0] {
			column = 1
		}
		heights[column] += c.Height + cardGap
		l.column = append(l.column, column)
	}
}

// ends are the sides of an edge's cards that its wire leaves from: the outer ones of one column,
// and the inner ones of two.
func (l *layout) ends(e Edge) (from, to side) {
	outer := func(column int) side {
		if column == 0 && l.Columns == 2 {
			return left
		}
		return right
	}
	from, to = outer(l.column[e.From]), outer(l.column[e.To])
	if l.column[e.From] != l.column[e.To] {
		from, to = 1-from, 1-to
	}
	return from, to
}

// takePorts gives each end of a link a place on its card's edge, and makes cards as high as
// they need.
func (l *layout) takePorts() {
	used := map[[2]int]int{}
	for i, e := range l.Picture.Edges {
		from, to := l.ends(e)
		for _, end := range []port{{edge: i, node: e.From, side: from}, {edge: i, node: e.To, side: to}} {
			key := [2]int{end.node, int(end.side)}
			// Wires to the right column are not as high as those from the left one.
			end.y = 44 + badgeGap*float64(used[key]) + badgeGap/2*float64(l.column[end.node])
			used[key]++
			l.ports = append(l.ports, end)
			c := &l.Cards[end.node]
			c.Height = max(c.Height, end.y+badgeGap)
		}
	}
}

// rows stacks each column's cards.
func (l *layout) rows() {
	l.Tailnet.H = 2*tailnetTop + lineHeight*float64(len(l.Picture.Tailnet))
	top := l.Tailnet.H + 2*cardGap
	heights := [2]float64{top, top}
	for i, c := range l.Cards {
		y := &heights[l.column[i]]
		l.At = append(l.At, Box{0, *y, cardWidth, c.Height})
		*y += c.Height + cardGap
	}
	l.Height = max(heights[0], heights[1])
}

// wire are the heights at which an edge leaves its two cards.
func (l *layout) wire(edge int) (from, to port) {
	return l.ports[2*edge], l.ports[2*edge+1]
}

func (l *layout) y(p port) float64 { return l.At[p.node].Y + p.y }

// takeLanes gives each wire the first lane, beside its cards, that no other one has at the
// same height: short ones first, so that they stay inside.
func (l *layout) takeLanes() {
	l.lanes = make([]int, len(l.ports)/2)
	order := make([]int, len(l.lanes))
	length := make([]float64, len(l.lanes))
	for i := range order {
		from, to := l.wire(i)
		order[i], length[i] = i, max(l.y(from), l.y(to))-min(l.y(from), l.y(to))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(length[a], length[b]) })
	taken := map[int][][][2]float64{} // by where the lanes are, the stretches in each
	for _, i := range order {
		from, to := l.wire(i)
		low, high := min(l.y(from), l.y(to))-badgeSize, max(l.y(from), l.y(to))+badgeSize
		where := int(from.side)
		if from.side != to.side {
			where = 2
		}
		lane := 0
		for lane < len(taken[where]) && slices.ContainsFunc(taken[where][lane], func(s [2]float64) bool { return s[0] < high && low < s[1] }) {
			lane++
		}
		if lane == len(taken[where]) {
			taken[where] = append(taken[where], nil)
		}
		taken[where][lane] = append(taken[where][lane], [2]float64{low, high})
		l.lanes[i] = lane
	}
	l.outer = [2]int{len(taken[0]), len(taken[1])}
	l.inner = len(taken[2])
}

func lanesWidth(n int) float64 {
	if n == 0 {
		return 1
	}
	return badgeSize + laneGap*float64(n)
}

// horizontally places the cards between their lanes, and the spine between them or, with one
// column, before them.
func (l *layout) horizontally() {
	spine := lanesWidth(l.outer[left]) + cardWidth + spokeWidth + lanesWidth(l.inner)
	after := spine + spokeWidth
	if l.Columns == 1 {
		spine, after = 9, 9+spokeWidth
	}
	for i := range l.At {
		l.At[i].X = after
		if l.Columns == 2 && l.column[i] == 0 {
			l.At[i].X = lanesWidth(l.outer[left])
		}
	}
	l.Width = after + cardWidth + lanesWidth(l.outer[right])
	top := Point{spine, 1 + l.Tailnet.H}
	l.Spine = Line{top, top}
	for i, words := range l.Picture.Tailnet {
		font := Plain
		if i == 0 {
			font = Title
		}
		words = font.fit(words, cardWidth-2*margin)
		l.Tailnet.W = max(l.Tailnet.W, font.Width(words)+2*margin)
		l.Texts = append(l.Texts, Text{Box: Box{0, 1 + tailnetTop + lineHeight*float64(i), font.Width(words), lineHeight}, Font: font, Words: words, Muted: i > 0})
	}
	l.Tailnet.X, l.Tailnet.Y = max(spine-l.Tailnet.W/2, 1), 1
	for i := range l.Texts {
		l.Texts[i].X = l.Tailnet.X + (l.Tailnet.W-l.Texts[i].W)/2
	}
}

// connect draws spokes and wires.
func (l *layout) connect() {
	spine := l.Spine.From.X
	for _, at := range l.At {
		y, edge := at.Y+margin+4, at.X
		if at.X < spine {
			edge += cardWidth
		}
		l.Spokes = append(l.Spokes, Line{Point{spine, y}, Point{edge, y}})
		l.Spine.To.Y = max(l.Spine.To.Y, y)
	}
	for i := range l.lanes {
		from, to := l.wire(i)
		a, b := l.end(from), l.end(to)
		x := l.laneX(from.side, to.side, l.lanes[i])
		l.Wires = append(l.Wires, []Point{a, {x, a.Y}, {x, b.Y}, b})
		l.Badges = append(l.Badges, Badge{a, i + 1}, Badge{b, i + 1})
	}
}

// end is where a port lies.
func (l *layout) end(p port) Point {
	at := Point{l.At[p.node].X, l.y(p)}
	if p.side == right {
		at.X += cardWidth
	}
	return at
}

func (l *layout) laneX(from, to side, lane int) float64 {
	away := badgeSize + laneGap*float64(lane)
	switch cards := lanesWidth(l.outer[left]); {
	case from != to:
		return cards + cardWidth + away
	case from == left:
		return cards - away
	}
	return l.Width - lanesWidth(l.outer[right]) + away
}

// legend says below the cards what each link is.
func (l *layout) legend() {
	if len(l.Picture.Edges) == 0 {
		return
	}
	names := l.Picture.Nodes
	lines := []string{fmt.Sprintf("%d private links are too many to draw.", len(l.Picture.Edges))}
	if len(l.lanes) > 0 {
		lines = nil
		for i, e := range l.Picture.Edges {
			lines = append(lines, fmt.Sprintf("%s  %s – %s: %s", strconv.Itoa(i+1), names[e.From].Region, names[e.To].Region, e.label()))
		}
	}
	for _, words := range lines {
		words = Plain.fit(words, l.Width-2)
		l.Texts = append(l.Texts, Text{Box: Box{1, l.Height, Plain.Width(words), lineHeight}, Font: Plain, Words: words, Muted: true})
		l.Height += lineHeight
	}
	l.Height += cardGap / 2
}
