//go:build !lean

package load

import (
	"fmt"
	"time"

	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

const (
	// cueBudget is how much time on the processors the process may spend while a program in CUE
	// runs. The evaluator counts no steps, and some programs make it allocate nothing while it
	// works, so that time is all there is to go by: what ends before it is judged as ever.
	cueBudget = 30 * time.Second
	// cuePoll is how often the time is looked at.
	cuePoll = 50 * time.Millisecond
	// maxTerms is how long one expression of CUE may be, in tokens: the parser and the evaluator
	// call themselves for each operator, and 4 million of them exhaust the stack, which ends
	// the process. CUE itself refuses brackets that are nested 10,000 deep.
	maxTerms = 20_000
)

// within runs a program, and gives up after the budget. What runs then cannot be stopped: it
// goes on until the process ends, and nobody looks at what it makes.
func within(budget time.Duration, files []file, program func() (source, diag.List)) (source, diag.List) {
	type made struct {
		src  source
		list diag.List
	}
	done := make(chan made, 1)
	go func() {
		var m made
		defer func() {
			if p := recover(); p != nil {
				m = made{src: cueSource(files)}
				m.list.Errorf(NotCUE, "", "CUE gives up on it: %s", oneLine(fmt.Sprint(p))).
					Fix("write the topology in YAML, and report the file to cue-lang/cue").Pos = diag.Position{File: files[0].name, Line: 1, Column: 1}
			}
			done <- m
		}()
		m.src, m.list = program()
	}()
	poll := time.NewTicker(cuePoll)
	defer poll.Stop()
	for begin := processTime(); ; {
		select {
		case m := <-done:
			return m.src, m.list
		case <-poll.C:
			if processTime()-begin < budget {
				continue
			}
			var list diag.List
			list.Errorf(NotCUE, "", "CUE has not evaluated this within %v of processor time, which is the limit", budget).
				Fix("export it to YAML where it may take as long as it takes (cue export --out yaml), and give that; or make fewer values by it").
				Pos = diag.Position{File: files[0].name, Line: 1, Column: 1}
			return cueSource(files), list
		}
	}
}

func cueSource(files []file) source {
	return source{name: files[0].name, files: map[*yaml.Node]string{}, blank: map[*yaml.Node]bool{}}
}

// tooLongExpression reports the first expression that has more than maxTerms tokens.
func tooLongExpression(f file, list *diag.List) bool {
	var s scanner.Scanner
	at := token.NewFile(f.name, -1, len(f.data))
	s.Init(at, f.data, nil, 0)
	counts := []int{0} // of each bracket that is open
	for {
		pos, t, _ := s.Scan()
		inner := len(counts) - 1
		switch t {
		case token.EOF:
			return false
		case token.COMMA:
			counts[inner] = 0
		case token.LPAREN, token.LBRACK, token.LBRACE:
			counts[inner]++
			counts = append(counts, 0)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			counts = counts[:max(inner, 1)]
		default:
			counts[inner]++
		}
		if counts[len(counts)-1] > maxTerms || counts[max(len(counts)-2, 0)] > maxTerms {
			list.Errorf(TooMany, "", "this expression has more than %d words and signs", maxTerms).
				Fix("write it in parts, or as a list: list.Sum, for example").
				Pos = diag.Position{File: f.name, Line: pos.Line(), Column: pos.Column()}
			return true
		}
	}
}
