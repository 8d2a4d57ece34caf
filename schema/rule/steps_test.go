package rule_test

import (
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema/rule"
)

// stepsOf takes a regular expression apart, into the elements of a []rule.Step in Go.
func stepsOf(source string) string {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		panic(err)
	}
	var all steps
	if !strings.HasPrefix(source, "^") {
		all.some(anything, 0, rule.Endless)
	}
	all.add(re)
	names := map[rule.Do]string{
		rule.Word: "rule.Word", rule.Some: "rule.Some", rule.Either: "rule.Either", rule.Next: "rule.Next", rule.Start: "rule.Start", rule.End: "rule.End",
	}
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "{Do: %s, Text: %s, A: %d, B: %d},\n", names[s.Do], strconv.QuoteToASCII(s.Text), s.A, s.B)
	}
	return b.String()
}

// anything is each letter there is.
const anything = "\x00\U0010ffff"

type steps []rule.Step

func (all *steps) some(pairs string, least, most int) {
	*all = append(*all, rule.Step{Do: rule.Some, Text: pairs, A: int32(least), B: int32(most)})
}

// next is the number of the step that is added next.
func (all *steps) next() int32 { return int32(len(*all)) }

// add adds the steps of an expression. It knows the forms that the contract uses; any other fails.
func (all *steps) add(re *syntax.Regexp) {
	least, most := 1, 1
	switch re.Op {
	case syntax.OpEmptyMatch:
		return
	case syntax.OpCapture:
		all.add(re.Sub[0])
		return
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			all.add(sub)
		}
		return
	case syntax.OpBeginText:
		*all = append(*all, rule.Step{Do: rule.Start})
		return
	case syntax.OpEndText:
		*all = append(*all, rule.Step{Do: rule.End})
		return
	case syntax.OpAlternate:
		all.alternate(re.Sub)
		return
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			panic("a pattern does not tell small letters from large ones: " + re.String())
		}
		*all = append(*all, rule.Step{Do: rule.Word, Text: string(re.Rune)})
		return
	case syntax.OpStar:
		least, most = 0, rule.Endless
	case syntax.OpPlus:
		least, most = 1, rule.Endless
	case syntax.OpQuest:
		least, most = 0, 1
	case syntax.OpRepeat:
		least, most = re.Min, re.Max
	}
	of := re
	if re.Op != syntax.OpCharClass {
		of = re.Sub[0]
	}
	if pairs, ok := letters(of); ok {
		all.some(pairs, least, most)
		return
	}
	all.repeat(of, re.Op)
}

// letters are the pairs of an expression of one letter.
func letters(re *syntax.Regexp) (string, bool) {
	switch {
	case re.Op == syntax.OpCharClass:
		return string(re.Rune), true
	case re.Op == syntax.OpLiteral && len(re.Rune) == 1 && re.Flags&syntax.FoldCase == 0:
		return string([]rune{re.Rune[0], re.Rune[0]}), true
	}
	return "", false
}

func (all *steps) alternate(subs []*syntax.Regexp) {
	var ends []int32
	for _, sub := range subs[:len(subs)-1] {
		either := all.next()
		*all = append(*all, rule.Step{Do: rule.Either, A: either + 1})
		all.add(sub)
		ends = append(ends, all.next())
		*all = append(*all, rule.Step{Do: rule.Next})
		(*all)[either].B = all.next()
	}
	all.add(subs[len(subs)-1])
	for _, end := range ends {
		(*all)[end].A = all.next()
	}
}

func (all *steps) repeat(of *syntax.Regexp, op syntax.Op) {
	first := all.next()
	switch op {
	case syntax.OpQuest, syntax.OpStar:
		*all = append(*all, rule.Step{Do: rule.Either, A: first + 1})
		all.add(of)
		if op == syntax.OpStar {
			*all = append(*all, rule.Step{Do: rule.Next, A: first})
		}
		(*all)[first].B = all.next()
	case syntax.OpPlus:
		all.add(of)
		*all = append(*all, rule.Step{Do: rule.Either, A: first, B: all.next() + 1})
	default:
		panic("a pattern has a form that is not known here: " + op.String())
	}
}
