//go:build scale

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// cost is what a run of the program took.
type cost struct {
	cpu   time.Duration
	peak  int64 // resident bytes
	bytes int64 // of output
}

// measure runs a command to its end; output says how much it wrote.
func measure(cmd *exec.Cmd, output func() (int64, error)) (cost, error) {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s: %w\n%s", cmd, err, &errs)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	n, err := output()
	return cost{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss * 1024, n}, err
}

// counter counts what is written to it.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// way is a way to have a topology rendered.
type way struct {
	name string
	// run measures one run; dir holds topology.yaml and is the run's own.
	run func(o options, dir string) (cost, error)
}

func ways() []way {
	return []way{{"render", renderTree}, {"build", buildOverlay}, {"function", callFunction}}
}

func renderTree(o options, dir string) (cost, error) {
	// A new directory each time, and none removed before the last run: ext4 looks for an
	// inode that was not freed in the last seconds, at several times the cost of the file.
	tree, err := os.MkdirTemp(o.work, "tree")
	if err != nil {
		return cost{}, err
	}
	cmd := exec.Command(o.program, "render", filepath.Join(dir, "topology.yaml"), "-o", tree)
	return measure(cmd, func() (int64, error) { return sizeOf(tree) })
}

func sizeOf(dir string) (int64, error) {
	var n int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		return err
	})
	return n, err
}

// buildOverlay has kustomize, in the program, call the program as a generator.
func buildOverlay(o options, dir string) (cost, error) {
	overlay := filepath.Join(dir, "overlay")
	function := "metadata:\n  name: fleet\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: kustomize-hybrid}\n"
	topology := strings.Replace(text(dir), "metadata: {name: fleet}\n", function, 1)
	if err := write(filepath.Join(overlay, "kustomization.yaml"), "sortOptions: {order: fifo}\ngenerators: [topology.yaml]\n"); err != nil {
		return cost{}, err
	}
	if err := write(filepath.Join(overlay, "topology.yaml"), topology); err != nil {
		return cost{}, err
	}
	var out counter
	cmd := exec.Command(o.program, "build", overlay)
	cmd.Stdout = &out
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(o.program)+":"+os.Getenv("PATH"))
	return measure(cmd, func() (int64, error) { return out.n, nil })
}

func callFunction(o options, dir string) (cost, error) {
	var in strings.Builder
	in.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n")
	for line := range strings.Lines(text(dir)) {
		in.WriteString("  " + line)
	}
	var out counter
	cmd := exec.Command(o.program)
	cmd.Stdin, cmd.Stdout = strings.NewReader(in.String()), &out
	return measure(cmd, func() (int64, error) { return out.n, nil })
}

// text is the topology in dir, which this program wrote.
func text(dir string) string {
	data, err := os.ReadFile(filepath.Join(dir, "topology.yaml"))
	if err != nil {
		exit(err)
	}
	return string(data)
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// median measures a way o.runs times.
func median(o options, w way, dir string) (cost, error) {
	var costs []cost
	for range o.runs {
		c, err := w.run(o, dir)
		if err != nil {
			return cost{}, err
		}
		costs = append(costs, c)
	}
	slices.SortFunc(costs, func(a, b cost) int { return int(a.cpu - b.cpu) })
	return costs[len(costs)/2], nil
}

// renders prints what rendering costs, by size and way.
func renders(o options) error {
	if len(o.regions) > 0 {
		fmt.Printf("| regions | way | CPU | peak | output |\n|---:|---|---:|---:|---:|\n")
		if err := table(o, o.regions, ways(), fleet); err != nil {
			return err
		}
	}
	if len(o.hosts) > 0 {
		fmt.Printf("\n| hosts, `perNode` | way | CPU | peak | output |\n|---:|---|---:|---:|---:|\n")
		return table(o, o.hosts, ways()[:1], perNode)
	}
	return nil
}

// table prints a line for each size and way, and how each way grows from the last size
// but one to the last.
func table(o options, sizes []int, ways []way, topology func(int) string) error {
	var growth []string
	for _, w := range ways {
		var last []cost
		for _, size := range sizes {
			dir := filepath.Join(o.work, w.name)
			if err := write(filepath.Join(dir, "topology.yaml"), topology(size)); err != nil {
				return err
			}
			c, err := median(o, w, dir)
			if err != nil {
				return err
			}
			fmt.Printf("| %d | %s | %.2f s | %.0f MB | %.2f MB |\n", size, w.name, c.cpu.Seconds(), float64(c.peak)/1e6, float64(c.bytes)/1e6)
			last = append(last, c)
		}
		if n := len(sizes); n > 1 {
			a, b, by := last[n-2], last[n-1], math.Log(float64(sizes[n-1])/float64(sizes[n-2]))
			exponent := func(a, b float64) float64 { return math.Log(b/a) / by }
			growth = append(growth, fmt.Sprintf("%s: time %.2f, memory %.2f, bytes %.2f", w.name,
				exponent(a.cpu.Seconds(), b.cpu.Seconds()), exponent(float64(a.peak), float64(b.peak)), exponent(float64(a.bytes), float64(b.bytes))))
		}
	}
	if n := len(sizes); n > 1 {
		fmt.Printf("\nGrowth exponent from %d to %d: %s.\n", sizes[n-2], sizes[n-1], strings.Join(growth, "; "))
	}
	return nil
}
