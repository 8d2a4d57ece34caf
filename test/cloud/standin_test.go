package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jmespath/go-jmespath"
)

// The test binary is the providers' command lines, too: under their names it answers
// for them, keeps its state in the directory STANDIN and writes down every call there.
func TestMain(m *testing.M) {
	programs := map[string]func(*call) error{"aws": aws, "gcloud": gcloud, "az": az, "aliyun": aliyun, "hcloud": hcloud, "openstack": openstack}
	if program := programs[filepath.Base(os.Args[0])]; program != nil {
		os.Exit(standIn(program))
	}
	os.Exit(withExamples(m.Run))
}

// examples is where withExamples renders them, and the networks that no example has.
func examples() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("kustomize-hybrid-examples-%d", os.Getpid()))
}

// withExamples runs test with every example rendered.
func withExamples(test func() int) int {
	defer os.RemoveAll(examples())
	if err := renderExamples(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return test()
}

func renderExamples() error {
	dir := examples()
	topologies, err := filepath.Glob("../../examples/*/topology.yaml")
	if err != nil || len(topologies) == 0 {
		return fmt.Errorf("no examples: %w", err)
	}
	run := func(program string, args ...string) error {
		cmd := exec.Command(program, args...)
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", cmd, err, out)
		}
		return nil
	}
	program := filepath.Join(dir, "kustomize-hybrid")
	if err := run("go", "build", "-o", program, "./cmd/kustomize-hybrid"); err != nil {
		return err
	}
	for _, file := range topologies {
		example := filepath.Base(filepath.Dir(file))
		if err := run(program, "render", filepath.Join("examples", example, "topology.yaml"), "-o", filepath.Join(dir, example)); err != nil {
			return err
		}
	}
	for _, name := range []string{"networks", "failover"} {
		if err := run(program, "render", "test/cloud/testdata/"+name+".yaml", "-o", filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// call is one call of a command line: words in front, and flags with their values.
type call struct {
	words []string
	flags map[string][]string
	// changes says that the call is no mere question.
	changes bool
}

// parse takes words up to the first flag of the command itself; the flags in front of
// the words, of aws and gcloud, have one value or, like quiet, none.
func parse(args []string) *call {
	c := &call{flags: map[string][]string{}}
	for len(args) > 0 && strings.HasPrefix(args[0], "--") {
		name := args[0][2:]
		if c.flags[name] = []string{}; name != "quiet" {
			c.flags[name] = args[1:2]
			args = args[1:]
		}
		args = args[1:]
	}
	flag := ""
	for _, a := range args {
		switch name, ok := strings.CutPrefix(a, "--"); {
		case ok:
			flag = name
			c.flags[flag] = append([]string{}, c.flags[flag]...) // some may be given several times
		case flag == "":
			c.words = append(c.words, a)
		default:
			c.flags[flag] = append(c.flags[flag], a)
		}
	}
	return c
}

// one is the value of a flag that has exactly one.
func (c *call) one(flag string) string {
	if v := c.flags[flag]; len(v) == 1 {
		return v[0]
	}
	panic(fmt.Sprintf("--%s has values %q", flag, c.flags[flag]))
}

func (c *call) has(flag string) bool { return c.flags[flag] != nil }

func standIn(program func(*call) error) (code int) {
	dir := os.Getenv("STANDIN")
	log, err := os.OpenFile(filepath.Join(dir, "calls"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer log.Close()
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintln(os.Stderr, "stand-in:", r)
			code = 2
		}
	}()
	c := parse(os.Args[1:])
	err = program(c)
	mark := "? "
	if c.changes {
		mark = "! "
	}
	fmt.Fprintln(log, mark+quoted(append([]string{filepath.Base(os.Args[0])}, os.Args[1:]...)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func quoted(args []string) string {
	for i, a := range args {
		if a == "" || strings.ContainsAny(a, " '\"*$[]{}()<>|&;~`!?\\\t\n") {
			args[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(args, " ")
}

// errRefused is what every call that changes something fails with when its turn
// comes: the number in the file "refuse" counts them down.
var errRefused = errors.New("stand-in: quota exceeded")

// change says that the call changes something, and fails where that is its turn.
func (c *call) change() error {
	c.changes = true
	file := filepath.Join(os.Getenv("STANDIN"), "refuse")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return err
	}
	if n == 0 {
		return errRefused
	}
	return os.WriteFile(file, []byte(strconv.Itoa(n-1)), 0o644)
}

// load and save keep a provider's state from one call to the next.
func load[T any](state *T) {
	text, err := os.ReadFile(filepath.Join(os.Getenv("STANDIN"), "state.json"))
	if err == nil {
		err = json.Unmarshal(text, state)
	}
	if err != nil {
		panic(err)
	}
}

func save(state any) error {
	text, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(os.Getenv("STANDIN"), "state.json"), text, 0o644)
}

// search evaluates a JMESPath expression on a value as JSON has it.
func search(expression string, value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	var data any
	if err := json.Unmarshal(text, &data); err != nil {
		panic(err)
	}
	found, err := jmespath.Search(expression, data)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", expression, err))
	}
	return found
}

// printRows prints a list of lists with tabs, as `aws --output text` and
// `az --output tsv` do: both say None for nothing, and spell booleans their own way.
func printRows(found any, spell func(bool) string) {
	rows, _ := found.([]any)
	if found != nil && rows == nil {
		fmt.Println(found)
		return
	}
	for _, r := range rows {
		row, ok := r.([]any)
		if !ok {
			panic("a query gives no rows: every word of it would stand on one line")
		}
		var cells []string
		for _, v := range row {
			switch v := v.(type) {
			case nil:
				cells = append(cells, "None")
			case bool:
				cells = append(cells, spell(v))
			default:
				cells = append(cells, fmt.Sprint(v))
			}
		}
		fmt.Println(strings.Join(cells, "\t"))
	}
}
