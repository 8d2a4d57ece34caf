package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// A score is what became of the mutants of one package.
type score struct {
	dir       string
	of, tried int
	alive     []mutant
	reached   map[int]bool // by id, whether a test reached the code at all

	news       []mutant // those among alive that have no reason
	equivalent int      // those of which a reason says that nothing could notice them
	known      []string // the keys that have a reason
}

// percent leaves out the mutants that do the same as the code.
func (s score) percent() float64 { return share(s.tried-len(s.alive), s.tried-s.equivalent) }

func share(part, of int) float64 {
	if of == 0 {
		return 100
	}
	return 100 * float64(part) / float64(of)
}

// explain looks the survivors up among the reasons.
func (s *score) explain(r reasons) {
	for _, m := range s.alive {
		reason, ok := r[m.key()]
		switch {
		case !ok:
			s.news = append(s.news, m)
			continue
		case strings.HasPrefix(reason, "equivalent:"):
			s.equivalent++
		}
		s.known = append(s.known, m.key())
	}
}

func (s score) writeNews(out io.Writer) {
	for _, m := range s.news {
		if !s.reached[m.id] {
			fmt.Fprintf(out, "%s (no test comes here)\n", m)
			continue
		}
		fmt.Fprintln(out, m)
	}
}

func writeTable(out io.Writer, scores []score, o options) {
	if o.every > 1 {
		fmt.Fprintf(out, "A sample: each mutant whose number divided by %d leaves %d.\n", o.every, o.from)
	}
	if o.quick {
		fmt.Fprintf(out, "Without tests of more than %g s.\n", o.slow)
	}
	if o.own {
		fmt.Fprintln(out, "Asked of each package's own tests alone.")
	} else if o.near {
		fmt.Fprintln(out, "Without the tests of the module's root.")
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "package\tmutants\tkilled\tsurvivors\tof them equivalent\twithout reason\tscore, all\tscore\t")
	for _, s := range scores {
		killed := s.tried - len(s.alive)
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%.1f %%\t%.1f %%\t\n", s.dir, s.tried, killed, len(s.alive), s.equivalent, len(s.news),
			share(killed, s.tried), s.percent())
	}
	w.Flush()
}

// reasons say why a survivor is left alive, by the key of the mutant. A reason begins with
// "equivalent:" if the mutant does the same as the code for every input, else with "accepted:".
type reasons map[string]string

// readReasons reads pairs of lines: a mutant, and indented below it the reason. Lines that
// begin with # are about the file itself.
func readReasons(name string) (reasons, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	r := reasons{}
	var keys []string // mutants that wait for their reason
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		reason, indented := strings.CutPrefix(line, "\t")
		switch {
		case strings.HasPrefix(line, "#") || line == "":
		case !indented:
			keys = append(keys, line)
		case len(keys) == 0:
			return nil, fmt.Errorf("%s:%d: a reason stands below its mutants", name, n)
		case !strings.HasPrefix(reason, "equivalent: ") && !strings.HasPrefix(reason, "accepted: "):
			return nil, fmt.Errorf(`%s:%d: a reason begins with "equivalent: " or "accepted: "`, name, n)
		default:
			for _, k := range keys {
				r[k] = reason
			}
			keys = nil
		}
	}
	if len(keys) > 0 {
		return nil, fmt.Errorf("%s: %q has no reason", name, keys)
	}
	return r, lines.Err()
}

// unused are the keys below the packages of scores that no survivor has.
func (r reasons) unused(scores []score) []string {
	var keys []string
	for k := range r {
		for _, s := range scores {
			file, _, _ := strings.Cut(k, " ")
			if file[:max(0, strings.LastIndexByte(file, '/'))] == s.dir && !slices.Contains(s.known, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.Sort(keys)
	return keys
}
