package rule_test

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema/contract"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/rule"
)

// patterns are those of the contract, each once.
func patterns() []*rule.Pattern {
	var all []*rule.Pattern
	seen, asked := map[*rule.Pattern]bool{}, map[*rule.Rule]bool{}
	var walk func(r *rule.Rule)
	walk = func(r *rule.Rule) {
		if r == nil || asked[r] {
			return
		}
		asked[r] = true
		for _, p := range append(r.Patterns[:len(r.Patterns):len(r.Patterns)], r.Keys) {
			if p != nil && !seen[p] {
				seen[p] = true
				all = append(all, p)
			}
		}
		walk(r.Elem)
		for _, f := range r.Fields {
			walk(f.Rule)
		}
		for _, c := range r.Conditions {
			walk(c.Rule)
		}
	}
	for _, kind := range []string{"Topology", "Transform", "Validate", "KnownIssues"} {
		walk(contract.Of(kind))
	}
	return all
}

// The steps of a pattern match what package regexp matches: on texts that the pattern was asked to
// write, on those with a letter changed, taken out, doubled or put in, and on their beginnings.
func TestStepsMatchAsRegexp(t *testing.T) {
	all := patterns()
	if len(all) < 25 {
		t.Fatalf("the contract has %d patterns", len(all))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, p := range all {
		if len(p.Steps) == 0 {
			t.Errorf("%s has no steps", p.Source)
		}
		want := regexp.MustCompile(p.Source)
		parsed, err := syntax.Parse(p.Source, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		matched := 0
		for range 3000 {
			text := mutated(r, write(r, parsed))
			found := want.MatchString(text)
			if found {
				matched++
			}
			if p.Match(text) == (found == p.Not) {
				t.Fatalf("%s: of %q the steps say %v, and regexp %v", p.Source, text, !found, found)
			}
		}
		if matched < 300 || matched == 3000 {
			t.Errorf("%s: %d of 3000 texts match, too few or all", p.Source, matched)
		}
	}
}

// A text that would take too many tries is left to package regexp, and so is a long one.
func TestStepsGiveUp(t *testing.T) {
	slow := &rule.Pattern{Source: `^(a*)*b$`, Steps: []rule.Step{
		{Do: rule.Start}, {Do: rule.Either, A: 2, B: 4}, {Do: rule.Some, Text: "aa", B: rule.Endless}, {Do: rule.Next, A: 1}, {Do: rule.Word, Text: "b"}, {Do: rule.End},
	}}
	for text, want := range map[string]bool{"b": true, "aab": true, "": false, strings.Repeat("a", 900): false, strings.Repeat("a", 1<<20) + "b": true} {
		if got := slow.Match(text); got != want {
			t.Errorf("%.20q of %d bytes: %v", text, len(text), got)
		}
	}
}

// FuzzSteps: no text is one to the steps of a pattern and another to package regexp.
func FuzzSteps(f *testing.F) {
	all := patterns()
	for i := range all {
		for _, seed := range []string{"a", "tag:k8s", "1.33.1-rc.1", "example.com/a_b", "https://[fd00::1]:6443/", "é\u2028\xff", "a-", "-"} {
			f.Add(uint8(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, text string) {
		p := all[int(i)%len(all)]
		if want := regexp.MustCompile(p.Source).MatchString(text) != p.Not; p.Match(text) != want {
			t.Errorf("%s: of %q regexp says %v", p.Source, text, want)
		}
	})
}

// write makes a text that matches an expression, but for what it says of the start and the end.
func write(r *rand.Rand, re *syntax.Regexp) string {
	var b strings.Builder
	times := func(least, most int) {
		if most < 0 {
			most = least + 6
		}
		n := least + r.IntN(most-least+1)
		if r.IntN(4) == 0 {
			n = most
		}
		for range n {
			b.WriteString(write(r, re.Sub[0]))
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		i := 2 * r.IntN(len(re.Rune)/2)
		b.WriteRune(re.Rune[i] + rune(r.IntN(min(int(re.Rune[i+1]-re.Rune[i]), 100)+1)))
	case syntax.OpStar:
		times(0, -1)
	case syntax.OpPlus:
		times(1, -1)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpRepeat:
		times(re.Min, re.Max)
	case syntax.OpAlternate:
		b.WriteString(write(r, re.Sub[r.IntN(len(re.Sub))]))
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			b.WriteString(write(r, sub))
		}
	}
	return b.String()
}

// mutated leaves half of the texts as they are.
func mutated(r *rand.Rand, text string) string {
	letters := []rune(text)
	at := r.IntN(len(letters) + 1)
	other := []rune("aZ09-_./:@+[]\" \n\t\x00é\u2028\ufeff\U0001f600")
	c := string(other[r.IntN(len(other))])
	if r.IntN(10) == 0 {
		c = "\xff"
	}
	before, after := string(letters[:at]), string(letters[at:])
	rest := after
	if at < len(letters) {
		rest = string(letters[at+1:])
	}
	switch r.IntN(10) {
	case 0:
		return before + c + after
	case 1:
		return before + c + rest
	case 2:
		return before + rest
	case 3:
		return before
	case 4:
		return text + text
	}
	return text
}
