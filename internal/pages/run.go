package pages

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Result is what a command did.
type Result struct {
	Command
	Output string // standard output and standard error
	Code   int
}

// Ended reports whether the command ended as the page says.
func (r Result) Ended() bool {
	return r.Code == r.Exit || r.Code == changes && strings.HasPrefix(r.Text, "kustomize-hybrid plan ")
}

// Fault says what the command did that the page does not say, or nothing.
func (r Result) Fault() string {
	switch {
	case !r.Ended():
		return fmt.Sprintf("line %d: %s\nexits with %d and not with %d:\n%s", r.Line, r.Text, r.Code, r.Exit, r.Output)
	case !r.Matches(r.Output):
		return fmt.Sprintf("line %d: %s\nprints\n%s\nand the page shows\n%s", r.Line, r.Text, r.Output, strings.Join(r.Want, "\n"))
	}
	return ""
}

// changes is what plan exits with where there are some: no failure.
const changes = 4

// Marks around what a command prints: separators of ASCII, which no program prints.
const before, after = "\x1e", "\x1f"

// Run runs the commands in one bash in a directory, until one exits with something else than
// the page says. Those behind it have no result. told is called after each, if it is not nil.
func Run(dir string, env []string, commands []Command, told func(Result)) ([]Result, error) {
	var script strings.Builder
	for _, c := range commands {
		may := fmt.Sprint(c.Exit)
		if strings.HasPrefix(c.Text, "kustomize-hybrid plan ") {
			may += fmt.Sprint("|", changes)
		}
		fmt.Fprintf(&script, "printf '\\036'\n%s\npages_code=$?; printf '\\037%%s\\n' $pages_code\ncase $pages_code in %s) ;; *) exit 0 ;; esac\n", c.Text, may)
	}
	cmd := exec.Command("bash", "-o", "pipefail", "-c", script.String())
	cmd.Dir, cmd.Env = dir, env
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var results []Result
	var text strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, readErr := output.Read(buffer)
		text.Write(buffer[:n])
		for len(results) < len(commands) {
			said, rest, ok := strings.Cut(text.String(), after)
			code, rest, whole := strings.Cut(rest, "\n")
			if !ok || !whole {
				break
			}
			_, said, _ = strings.Cut(said, before)
			text.Reset()
			text.WriteString(rest)
			r := Result{Command: commands[len(results)], Output: said}
			if r.Code, err = strconv.Atoi(code); err != nil {
				return results, fmt.Errorf("after %s: %w", r.Text, err)
			}
			results = append(results, r)
			if told != nil {
				told(r)
			}
		}
		if readErr != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		return results, fmt.Errorf("the shell ended in %q: %w: %s", commands[min(len(results), len(commands)-1)].Text, err, text.String())
	}
	return results, nil
}
