// Command bench measures the program beside the floors and the peers that it is judged by, in one
// run, and fails where a target does not hold: `make bench-peers`. `make bench-ratios` is for a
// machine that is never quiet: what a minute shows, ratios alone, and it fails only where one is
// half as good as its target.
//
// What is compared takes turns, and the medians of the turns are compared, of wall time where
// somebody waits and of processor time elsewhere. Times are of this machine and of this minute;
// the ratios are what to look at.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// row is one target and what was measured.
type row struct {
	work   string
	got    float64
	target float64
	bound  float64 // what the run fails by
	atMost bool
	unit   string // behind numbers
	how    string // what the number was made of
}

func (r row) holds() bool {
	if r.atMost {
		return r.got <= r.bound
	}
	return r.got >= r.bound
}

// bench is one run: where its programs and files are, and its rows.
type bench struct {
	root, bin, work string
	short           bool
	rows            []row
}

// turns is how often something is measured.
func (b *bench) turns(whole, short int) int {
	if b.short {
		return short
	}
	return whole
}

func (b *bench) program(name string) string { return filepath.Join(b.bin, name) }

// file writes an input.
func (b *bench) file(name string, data []byte) string {
	path := filepath.Join(b.work, name)
	must(os.MkdirAll(filepath.Dir(path), 0o777))
	must(os.WriteFile(path, data, 0o666))
	return path
}

func (b *bench) atMost(work string, got, target float64, unit, how string, args ...any) {
	b.add(row{work, got, target, b.bound(target, 2*target), true, unit, fmt.Sprintf(how, args...)})
}

func (b *bench) atLeast(work string, got, target float64, unit, how string, args ...any) {
	b.add(row{work, got, target, b.bound(target, target/2), false, unit, fmt.Sprintf(how, args...)})
}

// growth is the exponent of what something costs more when there is so many times as much of
// it. It is half as good where the larger one takes twice as long.
func (b *bench) growth(work string, costs, factor, target float64, how string, args ...any) {
	got := math.Log(costs) / math.Log(factor)
	b.add(row{work, got, target, b.bound(target, target+math.Log(2)/math.Log(factor)), true, "", fmt.Sprintf(how, args...)})
}

// bound is the target where all is quiet, and what is half as good elsewhere.
func (b *bench) bound(target, half float64) float64 {
	if b.short {
		return half
	}
	return target
}

func (b *bench) add(r row) {
	b.rows = append(b.rows, r)
	fmt.Fprintf(os.Stderr, "%s: %.3g%s (%s)\n", r.work, r.got, r.unit, r.how)
}

// fault ends a run that cannot be made; must raises one.
type fault struct{ error }

func must(err error) {
	if err != nil {
		panic(fault{err})
	}
}

func main() {
	short := flag.Bool("ratios", false, "only what a minute shows, and only ratios")
	bin := flag.String("bin", "../bin", "where the programs are, what only this needs in bench")
	flag.Parse()
	os.Exit(run(*bin, *short))
}

func run(bin string, short bool) (code int) {
	defer func() {
		if f, ok := recover().(fault); ok {
			fmt.Fprintln(os.Stderr, "bench:", f.error)
			code = 2
		}
	}()
	root, err := filepath.Abs("..")
	must(err)
	bin, err = filepath.Abs(bin)
	must(err)
	work, err := os.MkdirTemp("", "bench")
	must(err)
	defer os.RemoveAll(work)
	b := &bench{root: root, bin: bin, work: work, short: short}
	b.overlaps()
	b.start()
	b.peers()
	b.fleets()
	b.library()
	return b.table()
}

// table prints the rows, and returns the exit code.
func (b *bench) table() int {
	missed := 0
	fmt.Println("| work | measured | target | fails beyond | |\n|---|---:|---:|---:|---|")
	for _, r := range b.rows {
		verdict, bound := "holds", "at most"
		if !r.atMost {
			bound = "at least"
		}
		if !r.holds() {
			missed++
			verdict = "**missed**"
		}
		fmt.Printf("| %s (%s) | %s%s | %s %s%s | %s%s | %s |\n", r.work, r.how, number(r.got), r.unit, bound, number(r.target), r.unit, number(r.bound), r.unit, verdict)
	}
	if missed > 0 {
		fmt.Fprintf(os.Stderr, "bench: %d of %d rows are beyond what they may be\n", missed, len(b.rows))
		return 1
	}
	return 0
}

// number has three digits that say something.
func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3g", v), ""), ".")
}
