package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program as somebody calls it, and what its runs have cost.
type process struct {
	name  string
	dir   string // where it runs
	stdin string // a file; empty is none
	argv  []string

	wall, cpu []float64 // seconds
}

// run runs it once, without its output.
func (p *process) run() error {
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+os.TempDir(), "HELM_CONFIG_HOME="+os.TempDir(), "HELM_DATA_HOME="+os.TempDir())
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if p.stdin != "" {
		f, err := os.Open(p.stdin)
		if err != nil {
			return err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	cmd.Stdout = null
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", p.name, err, &errs)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	p.wall = append(p.wall, time.Since(begin).Seconds())
	p.cpu = append(p.cpu, (time.Duration(usage.Utime.Nano()) + time.Duration(usage.Stime.Nano())).Seconds())
	return nil
}

// peak is the most memory that it has resident, in MiB, in a run of its own.
func (b *bench) peak(p *process) float64 {
	file := filepath.Join(b.work, "peak")
	measured := &process{name: p.name, dir: p.dir, stdin: p.stdin, argv: append([]string{b.program("bench/peak"), file}, p.argv...)}
	must(measured.run())
	data, err := os.ReadFile(file)
	must(err)
	kib, err := strconv.Atoi(strings.TrimSpace(string(data)))
	must(err)
	return float64(kib) / 1024
}

// output is what it prints.
func (p *process) output() ([]byte, error) {
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Dir = p.dir
	if p.stdin != "" {
		f, err := os.Open(p.stdin)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	return cmd.Output()
}

// interleaved runs each once without looking, and then all of them by turns.
func interleaved(turns int, all ...*process) error {
	for turn := range turns + 1 {
		for _, p := range all {
			if err := p.run(); err != nil {
				return err
			}
		}
		if turn == 0 {
			for _, p := range all {
				p.wall, p.cpu = nil, nil
			}
		}
	}
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// within is how much of the processors f takes, in seconds, the least of some runs: what is
// in the way only adds.
func within(turns int, each ...func()) []float64 {
	least := make([]float64, len(each))
	for turn := range turns {
		for i, f := range each {
			runtime.GC()
			begin := processTime()
			f()
			if took := processTime() - begin; turn == 0 || took < least[i] {
				least[i] = took
			}
		}
	}
	return least
}

func processTime() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // the arguments are right
	}
	return (time.Duration(used.Utime.Nano()) + time.Duration(used.Stime.Nano())).Seconds()
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}
