package graph

import "unicode/utf8"

// Font is what a text is set in.
type Font uint8

const (
	Plain Font = iota + 1 // 12 px, sans-serif
	Title                 // 15 px, sans-serif, bold
	Small                 // 11 px, sans-serif
	Mono                  // 12 px, of one width
)

// The families that have the widths of the table below, and what others fall back to.
const (
	sansFamily = `"Helvetica Neue", Helvetica, Arial, "Liberation Sans", Arimo, sans-serif`
	monoFamily = `ui-monospace, Menlo, "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace`
)

// size is the font's, in pixels.
func (f Font) size() float64 { return [...]float64{Plain: 12, Title: 15, Small: 11, Mono: 12}[f] }

// class is what style sheets call it.
func (f Font) class() string {
	return [...]string{Plain: "t", Title: "t name", Small: "t small", Mono: "t mono"}[f]
}

// helvetica are the widths of the characters from space to tilde, in thousandths of the size
// (Adobe Core 14, Helvetica.afm; Arial and Liberation Sans were made to have the same).
func helvetica() []int {
	return []int{
		278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
		556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
		1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
		667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
		333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
		556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
	}
}

const (
	// monoWidth is the widest of the usual ones (DejaVu Sans Mono, Menlo: 0.602).
	monoWidth = 602
	// boldWider is by how much Helvetica-Bold's letters are wider at most, on the average of a word.
	boldWider = 1.12
	// unknownWidth is that of a character outside ASCII: as wide as it is high.
	unknownWidth = 1000
)

// Width is how wide the text is in pixels.
func (f Font) Width(text string) float64 {
	table, sum := helvetica(), 0
	for _, c := range text {
		switch {
		case c < ' ' || c > '~':
			sum += unknownWidth
		case f == Mono:
			sum += monoWidth
		default:
			sum += table[c-' ']
		}
	}
	width := float64(sum) * f.size() / 1000
	if f == Title {
		width *= boldWider
	}
	return width
}

// fit is the text, cut where it is wider than there is room.
func (f Font) fit(text string, room float64) string {
	if f.Width(text) <= room {
		return text
	}
	for len(text) > 0 {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
		if f.Width(text+"…") <= room {
			break
		}
	}
	return text + "…"
}
