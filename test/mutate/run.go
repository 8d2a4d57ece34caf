package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A binary holds the tests of one package, with all mutants of the target.
type binary struct {
	path  string
	dir   string // where its tests run
	tests []*test
}

// A test is a top-level one. hits has a byte for each mutant, 1 where the test reaches it.
type test struct {
	name string
	cost float64 // seconds of CPU
	hits []byte

	runs, kills atomic.Int32
}

// try runs the mutants of a target against the tests of its packages.
func try(t target, o options) (score, error) {
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return score{}, err
	}
	defer os.RemoveAll(work)
	mutants, overlay, err := instrument(o.root, t.dir, work)
	if err != nil {
		return score{}, err
	}
	alive := chosen(mutants, o)
	fmt.Fprintf(o.log, "\r\x1b[K%s: %d of %d mutants\n", t.dir, len(alive), len(mutants))
	s := score{dir: t.dir, of: len(mutants), tried: len(alive), reached: map[int]bool{}}
	if len(alive) == 0 {
		return s, nil
	}
	for i, dir := range t.tests {
		if dir == "." && o.near || i > 0 && o.own || len(alive) == 0 {
			continue
		}
		b, err := build(o, dir, overlay, filepath.Join(work, fmt.Sprint(i, ".test")))
		if err != nil {
			return s, err
		}
		if err := b.measure(o, work, len(mutants)); err != nil {
			return s, err
		}
		for _, m := range alive {
			s.reached[m.id] = s.reached[m.id] || len(b.reaching(m)) > 0
		}
		alive = b.survivors(b.survivors(alive, false, o), true, o)
	}
	s.alive = alive
	return s, nil
}

func chosen(mutants []mutant, o options) []mutant {
	var some []mutant
	for _, m := range mutants {
		if m.id%o.every == o.from && (o.file == "" || filepath.Base(m.file) == o.file) {
			some = append(some, m)
		}
	}
	return some
}

func build(o options, dir, overlay, path string) (*binary, error) {
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", path, "./"+dir)
	cmd.Dir = o.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return &binary{path: path, dir: filepath.Join(o.root, dir)}, nil
}

// measure runs each test alone and without a mutant, for what it costs and reaches.
func (b *binary) measure(o options, work string, mutants int) error {
	names, err := b.run(time.Minute, 60, nil, "-test.list", ".")
	if err != nil {
		return err
	}
	for name := range strings.Lines(string(names.out)) {
		name = strings.TrimSpace(name)
		if !slices.ContainsFunc([]string{"Test", "Fuzz", "Example"}, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		fmt.Fprintf(o.log, "\r\x1b[K%s: %s", b.dir, name)
		file := filepath.Join(work, "hits")
		if err := os.WriteFile(file, make([]byte, mutants+1), 0o666); err != nil {
			return err
		}
		limit := 600.0
		if o.quick {
			limit = o.slow
		}
		r, err := b.run(10*time.Minute, limit, []string{"MUTANT_HITS=" + file}, "-test.run", only(name))
		if o.quick && r.cost > o.slow {
			continue
		}
		if err != nil { // one that needs more memory than a mutant may have, for one
			fmt.Fprintf(o.log, "\r\x1b[K%s: %s fails without a mutant and is left out: %v\n", b.dir, name, err)
			continue
		}
		hits, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		b.tests = append(b.tests, &test{name: name, cost: r.cost, hits: hits})
	}
	slices.SortStableFunc(b.tests, func(x, y *test) int { return cmp.Compare(x.cost, y.cost) })
	return nil
}

func only(names ...string) string { return "^(" + strings.Join(names, "|") + ")$" }

func (b *binary) reaching(m mutant) []*test {
	var some []*test
	for _, t := range b.tests {
		if t.hits[m.id] != 0 {
			some = append(some, t)
		}
	}
	return some
}

// survivors runs the quick tests that reach a mutant in one process, or the slow ones each in
// its own, and returns the mutants that none of them notices, in order.
func (b *binary) survivors(mutants []mutant, slow bool, o options) []mutant {
	killed := make([]bool, len(mutants))
	next := make(chan int)
	var wait sync.WaitGroup
	for range o.workers {
		wait.Go(func() {
			for i := range next {
				killed[i] = b.notices(mutants[i], slow, o)
			}
		})
	}
	for i := range mutants {
		fmt.Fprintf(o.log, "\r\x1b[K%s: mutant %d of %d", b.dir, i+1, len(mutants))
		next <- i
	}
	close(next)
	wait.Wait()
	fmt.Fprint(o.log, "\r\x1b[K")
	var alive []mutant
	for i, m := range mutants {
		if !killed[i] {
			alive = append(alive, m)
		}
	}
	return alive
}

// notices asks the tests that cost next to nothing together, and then the others one by one,
// first those that often notice something for what they cost.
func (b *binary) notices(m mutant, slow bool, o options) bool {
	var together []string
	var alone []*test
	var cost float64
	for _, t := range b.reaching(m) {
		switch {
		case (t.cost > o.slow) != slow:
		case t.cost < 0.1:
			together = append(together, t.name)
			cost += t.cost
		default:
			alone = append(alone, t)
		}
	}
	if len(together) > 0 && b.fails(m, cost, together...) {
		return true
	}
	worth := func(t *test) float64 { return (1 + float64(t.kills.Load())) / (1 + float64(t.runs.Load())) / t.cost }
	slices.SortStableFunc(alone, func(x, y *test) int { return cmp.Compare(worth(y), worth(x)) })
	return slices.ContainsFunc(alone, func(t *test) bool {
		t.runs.Add(1)
		if !b.fails(m, t.cost, t.name) {
			return false
		}
		t.kills.Add(1)
		return true
	})
}

// fails reports that one of the tests fails, or takes ten times what it should. That is counted
// in seconds of CPU, so that a busy machine kills nothing; the clock is for what waits forever.
func (b *binary) fails(m mutant, cost float64, tests ...string) bool {
	cpu := 3 + 10*cost
	_, err := b.run(time.Minute+time.Duration(15*cpu)*time.Second, cpu, []string{fmt.Sprint("MUTANT=", m.id)},
		"-test.failfast", "-test.run", only(tests...))
	return err != nil
}

type result struct {
	out  []byte
	cost float64
}

// run runs the tests with so many seconds of CPU, and 3 GB of address space: some mutants
// append forever.
func (b *binary) run(patience time.Duration, cpu float64, env []string, args ...string) (result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	limits := fmt.Sprintf(`ulimit -t %d; ulimit -v 3145728; exec "$0" "$@"`, int(cpu)+1)
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", limits, b.path}, args...)...)
	cmd.Dir = b.dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "UPDATE_GOLDEN=") }), env...)
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return result{out.Bytes(), 0}, errors.Join(err, errors.New("it did not start"))
	}
	return result{out.Bytes(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}, err
}
