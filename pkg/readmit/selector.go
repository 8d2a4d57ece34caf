package readmit

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// answer is yes, no, or what cannot be decided from the objects that are here.
type answer int

const (
	no answer = iota
	undecided
	yes
)

func answerOf(b bool) answer {
	if b {
		return yes
	}
	return no
}

// labels answers whether an object has a label, and with which value.
type labels func(name string) (value string, has answer)

// selects reports whether an expression of Calico's selects what has the labels; the empty
// one selects everything. One that Calico would refuse is undecided (calico v3.32.1,
// libcalico-go/lib/selector: tokenizer/tokenizer.go, parser/parser.go, parser/ast.go).
func selects(expression string, of labels) answer {
	p := &selection{of: of}
	if p.tokens = selectorToken().FindAllString(expression, -1); len(p.tokens) == 0 && strings.TrimSpace(expression) == "" {
		return yes
	}
	if strings.TrimSpace(selectorToken().ReplaceAllString(expression, "")) != "" {
		return undecided
	}
	result := p.or()
	if p.err != nil || len(p.tokens) > 0 {
		return undecided
	}
	return result
}

var selectorToken = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"[^"]*"|'[^']*'|==|!=|!|&&|\|\||[(){},]|[A-Za-z0-9_./-]+`)
})

// selection reads an expression and answers it in one go.
type selection struct {
	tokens []string
	of     labels
	err    error
}

var errSelector = errors.New("not a selector")

func (p *selection) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *selection) next() string {
	t := p.peek()
	if t == "" {
		p.err = errSelector
		return ""
	}
	p.tokens = p.tokens[1:]
	return t
}

func (p *selection) take(t string) bool {
	if p.peek() != t {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *selection) want(t string) {
	if !p.take(t) {
		p.err = errSelector
	}
}

func (p *selection) or() answer {
	result := p.and()
	for p.err == nil && p.take("||") {
		result = max(result, p.and())
	}
	return result
}

func (p *selection) and() answer {
	result := p.operation()
	for p.err == nil && p.take("&&") {
		result = min(result, p.operation())
	}
	return result
}

func (p *selection) operation() answer {
	if p.take("!") {
		return yes - p.operation()
	}
	if p.take("(") {
		result := p.or()
		p.want(")")
		return result
	}
	name := p.next()
	if p.take("(") {
		return p.function(name)
	}
	return p.comparison(name)
}

// function is has(label), or all() and global(), which are true of everything: what they
// mean of namespaces, within says.
func (p *selection) function(name string) answer {
	result := yes
	switch name {
	case "has":
		_, result = p.of(p.next())
	case "all", "global":
	default:
		p.err = errSelector
	}
	p.want(")")
	return result
}

// comparison: whoever lacks the label differs from every value.
func (p *selection) comparison(label string) answer {
	value, has := p.of(label)
	is := func(test func() bool) answer {
		if has != yes {
			return has
		}
		return answerOf(test())
	}
	switch op := p.next(); op {
	case "==", "!=":
		literal := p.literal()
		equal := is(func() bool { return value == literal })
		if op == "!=" {
			return yes - equal
		}
		return equal
	case "contains":
		literal := p.literal()
		return is(func() bool { return strings.Contains(value, literal) })
	case "starts", "ends", "startswith", "endswith":
		if op == "starts" || op == "ends" {
			p.want("with")
		}
		literal := p.literal()
		return is(func() bool {
			return strings.HasPrefix(op, "starts") && strings.HasPrefix(value, literal) ||
				strings.HasPrefix(op, "ends") && strings.HasSuffix(value, literal)
		})
	case "in":
		literals := p.literals()
		return is(func() bool { return slices.Contains(literals, value) })
	case "not", "notin":
		if op == "not" {
			p.want("in")
		}
		literals := p.literals()
		return yes - is(func() bool { return slices.Contains(literals, value) })
	}
	p.err = errSelector
	return undecided
}

func (p *selection) literal() string {
	t := p.next()
	if t == "" || t[0] != '"' && t[0] != '\'' {
		p.err = errSelector
		return ""
	}
	return t[1 : len(t)-1]
}

func (p *selection) literals() []string {
	var all []string
	p.want("{")
	for p.err == nil && p.peek() != "}" {
		all = append(all, p.literal())
		if !p.take(",") {
			break
		}
	}
	p.want("}")
	return all
}
