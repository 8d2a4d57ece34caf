package rule

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// Pattern is a regular expression, and the steps that it was taken apart into when the contract
// was generated: a call of the function asks a dozen patterns once or twice each, and would
// compile for longer than it reads.
type Pattern struct {
	Source string
	// Not: it must not match.
	Not bool
	// Steps match what Source does. Without any, Source is compiled when it is first asked.
	Steps []Step

	once sync.Once
	re   *regexp.Regexp
}

// Step is one thing to do with the text, and the next step follows; after the last one the text
// has matched.
type Step struct {
	Do Do
	// Text is what Word wants; of Some, the letters: pairs of a first and a last one.
	Text string
	// A and B are the least and the most of Some, Endless for as many as there are; for Either,
	// the two steps of which one has to follow; for Next, in A, the step that follows.
	A, B int32
}

// Endless is a B of Some without an end.
const Endless = -1

// Do is what a step does.
type Do uint8

// What steps do.
const (
	Word   Do = iota + 1 // the text goes on with these letters
	Some                 // it goes on with so many of some letters
	Either               // one of two steps follows
	Next                 // another step than the next one follows
	Start                // the text starts here
	End                  // it ends here
)

// longest is the most bytes of a text that is matched step by step: steps call each other, for
// some patterns as often as the text has letters.
const longest = 1024

// Match reports whether text is as the pattern wants it.
func (p *Pattern) Match(text string) bool {
	if len(p.Steps) > 0 && len(text) <= longest {
		// Which of the ways through the steps leads to the end has to be tried. It takes some tries a
		// letter, and a text that someone has made to take more is left to package regexp, which
		// needs none.
		m := matcher{steps: p.Steps, text: text, tries: 256 + 16*len(text)}
		if found := m.match(0, 0); m.tries > 0 {
			return found != p.Not
		}
	}
	p.once.Do(func() { p.re = regexp.MustCompile(p.Source) })
	return p.re.MatchString(text) != p.Not
}

type matcher struct {
	steps []Step
	text  string
	tries int // what is left of them; none, and no answer counts
}

// match reports whether the text matches from at on by the steps from i on.
func (m *matcher) match(i, at int) bool {
	for ; i < len(m.steps); i++ {
		if m.tries--; m.tries <= 0 {
			return false
		}
		switch s := &m.steps[i]; s.Do {
		case Word:
			if !strings.HasPrefix(m.text[at:], s.Text) {
				return false
			}
			at += len(s.Text)
		case Some:
			return m.some(s, i, at)
		case Either:
			if m.match(int(s.A), at) {
				return true
			}
			i = int(s.B) - 1
		case Next:
			i = int(s.A) - 1
		case Start:
			if at > 0 {
				return false
			}
		case End:
			if at < len(m.text) {
				return false
			}
		}
	}
	return true
}

// some takes as many letters as it can, and then fewer until the rest matches.
func (m *matcher) some(s *Step, i, at int) bool {
	least, n := at, int32(0)
	for n != s.B && at < len(m.text) {
		c, size := utf8.DecodeRuneInString(m.text[at:])
		if !among(s.Text, c) {
			break
		}
		if n++; n <= s.A {
			least = at + size
		}
		at += size
	}
	if n < s.A {
		return false
	}
	for {
		if m.match(i+1, at) {
			return true
		}
		if at <= least || m.tries <= 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(m.text[:at])
		at -= size
	}
}

// among reports whether c is one of the letters between pairs.
func among(pairs string, c rune) bool {
	for len(pairs) > 0 {
		first, n := utf8.DecodeRuneInString(pairs)
		last, k := utf8.DecodeRuneInString(pairs[n:])
		if first <= c && c <= last {
			return true
		}
		pairs = pairs[n+k:]
	}
	return false
}
