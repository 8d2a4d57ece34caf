package cloud

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// provider is a region of a topology and what is in its network before we come.
type provider struct {
	topology, region, name, program string
	before                          func() any
	// active is another gateway than the first; empty where there is none.
	active string
}

func providers() []provider {
	return []provider{
		{"cloud-routes", "aws-fra", "aws", "aws", awsBefore, "fra-2"},
		{"cloud-routes", "gcp-iowa", "gcp", "gcloud", gcpBefore, "iowa-2"},
		{"cloud-routes", "azure-weu", "azure", "az", azBefore, ""},
		{"cloud-routes", "alibaba-fra", "alibaba", "aliyun", aliBefore, ""},
		{"networks", "fsn", "hetzner", "hcloud", hcloudBefore, "fsn-2"},
		{"networks", "gra", "openstack", "openstack", osBefore, "gra-2"},
	}
}

// bench runs a provider's program for a region against the stand-in for its command line.
type bench struct {
	t      *testing.T
	script string
	tables string
	shell  []string
	dir    string // state and calls
	bin    string // the only programs there are
	env    []string
	stdin  string
}

// shells are what the script has to run in: dash with the tools of the host, and
// busybox with its own.
func shells(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for name, words := range map[string][]string{"dash": {"dash"}, "busybox": {"busybox", "sh"}} {
		if path, err := exec.LookPath(words[0]); err == nil {
			found[name] = append([]string{path}, words[1:]...)
		} else if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", words[0])
		}
	}
	if len(found) == 0 {
		t.Skip("neither dash nor busybox is installed")
	}
	return found
}

func newBench(t *testing.T, p provider, shell []string) *bench {
	t.Helper()
	tree := filepath.Join(examples(), p.topology)
	b := &bench{
		t: t, script: filepath.Join(tree, "cloud", p.name+".sh"), tables: filepath.Join(tree, "regions", p.region, "cloud/tables"),
		shell: shell, dir: t.TempDir(), bin: t.TempDir(),
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b.link(self, p.program)
	for _, tool := range []string{"awk", "cat", "cut", "grep", "sed", "tr"} {
		program := shell[0]
		if len(shell) == 1 {
			if program, err = exec.LookPath(tool); err != nil {
				t.Fatal(err)
			}
		}
		b.link(program, tool)
	}
	b.setState(p.before())
	return b
}

func (b *bench) link(program, name string) {
	b.t.Helper()
	if err := os.Symlink(program, filepath.Join(b.bin, name)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) setState(state any) {
	b.t.Helper()
	text, err := json.Marshal(state)
	if err == nil {
		err = os.WriteFile(filepath.Join(b.dir, "state.json"), text, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) state() any {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "state.json"))
	var state any
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return state
}

// outcome is what a run of the script did.
type outcome struct {
	code        int
	out, errors string
	calls       []string
}

// changes are the calls that were no mere questions.
func (o outcome) changes() []string {
	var changes []string
	for _, c := range o.calls {
		if strings.HasPrefix(c, "! ") {
			changes = append(changes, c)
		}
	}
	return changes
}

func (o outcome) String() string {
	return fmt.Sprintf("%s%sexit %d\n%s", o.out, o.errors, o.code, strings.Join(append(o.calls, ""), "\n"))
}

// run gives the program a verb and, after the region's tables, what else there is.
func (b *bench) run(verb string, more ...string) outcome {
	b.t.Helper()
	return b.call(append([]string{verb, b.tables}, more...)...)
}

func (b *bench) call(args ...string) outcome {
	b.t.Helper()
	os.Remove(filepath.Join(b.dir, "calls"))
	cmd := exec.Command(b.shell[0], append(append(b.shell[1:len(b.shell):len(b.shell)], b.script), args...)...)
	cmd.Env = append([]string{"PATH=" + b.bin, "STANDIN=" + b.dir}, b.env...)
	// Files and no pipes: there is nobody to wait for but the program itself.
	if b.stdin != "" {
		cmd.Stdin = strings.NewReader(b.stdin)
	}
	out, errs := b.file("out"), b.file("errors")
	cmd.Stdout, cmd.Stderr = out, errs
	cmd.Run()
	o := outcome{code: cmd.ProcessState.ExitCode(), out: b.text(out), errors: b.text(errs)}
	if text, err := os.ReadFile(filepath.Join(b.dir, "calls")); err == nil {
		o.calls = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
	if strings.Contains(o.errors, "stand-in: unknown") || strings.Contains(o.errors, "goroutine") {
		b.t.Fatalf("%v: %s", args, o)
	}
	return o
}

func (b *bench) file(name string) *os.File {
	b.t.Helper()
	f, err := os.Create(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

// text closes a file and reads it.
func (b *bench) text(f *os.File) string {
	b.t.Helper()
	f.Close()
	text, err := os.ReadFile(f.Name())
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

func (b *bench) must(verb string, more ...string) outcome {
	b.t.Helper()
	o := b.run(verb, more...)
	if o.code != 0 || o.errors != "" || verb != "print" && o.out != "" {
		b.t.Fatalf("%s %v: %s", verb, more, o)
	}
	return o
}

// each runs a test for every provider in the shells of those names.
func each(t *testing.T, names []string, test func(t *testing.T, b *bench, p provider)) {
	found := shells(t)
	for _, p := range providers() {
		for _, name := range names {
			shell := found[name]
			if shell == nil {
				continue
			}
			t.Run(p.program+"/"+name, func(t *testing.T) {
				t.Parallel()
				test(t, newBench(t, p, shell), p)
			})
		}
	}
}

// ofProvider is a bench for one provider, in one of the shells.
func ofProvider(t *testing.T, name string) *bench {
	t.Helper()
	for _, p := range providers() {
		for _, shell := range shells(t) {
			if p.name == name {
				return newBench(t, p, shell)
			}
		}
	}
	t.Fatalf("no provider %s", name)
	return nil
}

// conversation is what is said in the steps of a test. Questions that were asked in the
// same order before are not written down again.
type conversation struct {
	text  strings.Builder
	steps int
	asked map[string]int // step by questions
}

func (c *conversation) add(program string, o outcome, args []string) {
	c.steps++
	fmt.Fprintf(&c.text, "%d$ %s %s\n%s%sexit %d\n", c.steps, program, strings.Join(args, " "), o.out, o.errors, o.code)
	for len(o.calls) > 0 {
		n := 1
		for n < len(o.calls) && o.calls[n][:2] == o.calls[0][:2] {
			n++
		}
		lines := strings.Join(o.calls[:n], "\n")
		o.calls = o.calls[n:]
		if at, known := c.asked[lines]; known && n > 1 {
			lines = fmt.Sprintf("%s (the %d of step %d)", lines[:1], n, at)
		} else {
			c.asked[lines] = c.steps
		}
		c.text.WriteString(lines + "\n")
	}
	c.text.WriteString("\n")
}

// The life of a region's network, every call of it a golden: `!` changes something.
func TestConversation(t *testing.T) {
	each(t, []string{"dash", "busybox"}, func(t *testing.T, b *bench, p provider) {
		log := conversation{asked: map[string]int{}}
		before := b.state()
		step := func(o outcome, args ...string) outcome {
			log.add(p.name+".sh", o, args)
			return o
		}
		step(b.run("check"), "check")
		step(b.must("print"), "print")
		if diff := cmp.Diff(before, b.state()); diff != "" {
			t.Fatalf("check and print change something:\n%s", diff)
		}
		step(b.must("apply"), "apply")
		if o := step(b.must("apply"), "apply"); len(o.changes()) > 0 {
			t.Errorf("apply a second time: %q", o.changes())
		}
		step(b.must("check"), "check")
		if p.active != "" {
			step(b.must("apply", p.active), "apply", p.active)
			step(b.must("check", p.active), "check", p.active)
			step(b.run("check"), "check")
		}
		step(b.must("remove"), "remove")
		if diff := cmp.Diff(before, b.state(), ignoreCounters()); diff != "" {
			t.Errorf("remove leaves a difference (-before +after):\n%s", diff)
		}
		if o := step(b.must("remove"), "remove"); len(o.changes()) > 0 {
			t.Errorf("remove a second time: %q", o.changes())
		}
		sameText(t, filepath.Join("testdata", p.program+".txt"), log.text.String())
	})
}

// ignoreCounters leaves out what a provider counts up.
func ignoreCounters() cmp.Option {
	return cmp.FilterPath(func(p cmp.Path) bool { return strings.Contains(p.GoString(), `"Next"`) }, cmp.Ignore())
}

func sameText(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// Whether the provider refuses the first, some or the last call, the script stops there
// and says so, remove still takes everything back, and apply goes on from there.
func TestRefused(t *testing.T) {
	each(t, []string{"dash"}, func(t *testing.T, b *bench, p provider) {
		before := p.before()
		all := len(b.must("apply").changes())
		if all < 8 {
			t.Fatalf("apply takes only %d changes", all)
		}
		for _, n := range []int{0, 1, 2, all / 2, all - 1} {
			b.setState(before)
			b.refuse(fmt.Sprint(n))
			o := b.run("apply")
			if o.code != 1 || len(o.changes()) != n+1 || !strings.Contains(o.errors, "apply goes on from there") {
				t.Fatalf("change %d refused: %s", n, o)
			}
			b.refuse("")
			if n%2 == 1 {
				b.must("apply")
			}
			b.must("remove")
			text, err := json.Marshal(before)
			var want any
			if err == nil {
				err = json.Unmarshal(text, &want)
			}
			if diff := cmp.Diff(want, b.state(), ignoreCounters()); err != nil || diff != "" {
				t.Errorf("change %d refused, then remove (-before +after): %v\n%s", n, err, diff)
			}
		}
	})
}

// refuse makes the stand-in refuse a change after so many others; "" makes it stop.
func (b *bench) refuse(n string) {
	b.t.Helper()
	file := filepath.Join(b.dir, "refuse")
	if n == "" {
		os.Remove(file)
	} else if err := os.WriteFile(file, []byte(n), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// Each thing that is missing, whatever it is, is named by check and made by apply.
func TestEachThingIsMissed(t *testing.T) {
	each(t, []string{"dash"}, func(t *testing.T, b *bench, p provider) {
		b.must("apply")
		whole := b.state()
		damaged := 0
		for _, state := range damages(whole, b.before(p)) {
			damaged++
			b.setState(state)
			if o := b.run("check"); o.code != 1 || o.out == "" {
				t.Fatalf("check does not see the damage: %s\n%s", o, cmp.Diff(whole, state))
			}
			b.must("apply") // which checks in the end
		}
		if damaged < 8 {
			t.Errorf("only %d things can be damaged", damaged)
		}
	})
}

func (b *bench) before(p provider) any {
	b.t.Helper()
	other := &bench{t: b.t, dir: b.t.TempDir()}
	other.setState(p.before())
	return other.state()
}

// damages are copies of a state, each without one thing that was not there before.
func damages(whole, before any) []any {
	var found []any
	switch w := whole.(type) {
	case map[string]any:
		was, _ := before.(map[string]any)
		for key, value := range w {
			// Tags say who made a thing. Without them somebody else did, which is as good.
			if key == "Next" || key == "tags" || cmp.Equal(value, was[key]) {
				continue
			}
			parts := damages(value, was[key])
			if len(parts) == 0 {
				parts = []any{was[key]}
			}
			for _, d := range parts {
				copied := map[string]any{}
				for k, v := range w {
					copied[k] = v
				}
				if copied[key] = d; d == nil {
					delete(copied, key)
				}
				found = append(found, copied)
			}
		}
	case []any:
		was, _ := before.([]any)
		for i := len(was); i < len(w); i++ {
			found = append(found, append(append([]any{}, w[:i]...), w[i+1:]...))
		}
	}
	return found
}

func TestUsage(t *testing.T) {
	each(t, []string{"dash", "busybox"}, func(t *testing.T, b *bench, p provider) {
		for _, args := range [][]string{nil, {"help"}, {"apply"}, {"help", b.tables}, {"apply", b.tables, "nobody"}} {
			if o := b.call(args...); o.code != 2 || o.errors == "" || len(o.calls) > 0 {
				t.Errorf("%q: %s", args, o)
			}
		}
		os.Remove(filepath.Join(b.bin, p.program))
		if o := b.run("apply"); o.code != 1 || !strings.Contains(o.errors, p.program+", is not installed") {
			t.Errorf("without %s: %s", p.program, o)
		}
	})
}

// A program touches nothing by tables that it does not know.
func TestTablesOfAnotherKind(t *testing.T) {
	each(t, []string{"dash", "busybox"}, func(t *testing.T, b *bench, p provider) {
		text, err := os.ReadFile(b.tables)
		if err != nil {
			t.Fatal(err)
		}
		for change, want := range map[string]string{
			"kustomize-hybrid cloud 2": "begins with 'kustomize-hybrid cloud 2', and this program knows 'kustomize-hybrid cloud 1' only",
			"provider other":           "is for other.sh",
			"":                         "cannot be read",
		} {
			b.tables = filepath.Join(b.dir, "tables")
			os.Remove(b.tables)
			if change != "" {
				line := regexp.MustCompile(`(?m)^` + change[:strings.LastIndex(change, " ")] + ` .*$`)
				if err := os.WriteFile(b.tables, line.ReplaceAll(text, []byte(change)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if o := b.run("apply"); o.code != 1 || !strings.Contains(o.errors, want) || len(o.calls) > 0 {
				t.Errorf("%q: %s", change, o)
			}
		}
	})
}
