// Command tutorial does what docs/tutorial.md says, as its reader would: each command in turn,
// in one shell, on real packets, and compares what is printed with what the page shows. It
// needs root, iproute2, nft, iptables and busybox; `make tutorial` runs it.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/pages"
)

// published is the reason of commands that fetch what this program stands in already.
const published = "the repository where it is published"

func main() {
	os.Exit(tutorial("docs/tutorial.md", "cmd/kustomize-hybrid/testdata/needs.txt"))
}

func tutorial(page, list string) int {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "tutorial: network namespaces need root")
		return 2
	}
	failed, err := run(page, list)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tutorial:", err)
		return 3
	}
	return failed
}

func run(page, list string) (failed int, err error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return 0, err
	}
	data, err := os.ReadFile(list)
	if err != nil {
		return 0, err
	}
	needs, err := pages.Needs(string(data))
	if err != nil {
		return 0, err
	}
	commands := slices.DeleteFunc(pages.Read(string(text)), func(c pages.Command) bool { return needs[c.Text] == published })
	// Whoever is root already need not have sudo.
	sudo := pages.Command{Text: `command -v sudo >/dev/null || sudo() { "$@"; }`}
	start := time.Now()
	results, err := pages.Run(".", os.Environ(), append([]pages.Command{sudo}, commands...), func(r pages.Result) {
		if r.Line == 0 {
			return
		}
		word, fault := "PASS", r.Fault()
		if fault != "" {
			word, failed = "FAIL", 1
		}
		fmt.Printf("%s %s:%d: %s\n", word, page, r.Line, r.Text)
		if fault != "" {
			fmt.Println(fault)
		}
	})
	if err != nil {
		return 0, err
	}
	fmt.Printf("tutorial: %d of %d commands, %s\n", len(results)-1, len(commands), time.Since(start).Round(time.Second))
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(page, []byte(pages.Corrected(string(text), results[1:])), 0o644); err != nil {
			return 0, err
		}
	}
	if len(results)-1 < len(commands) {
		exec.Command(".lab/lab", "down").Run() // what the page would have taken away at its end
		failed = 1
	}
	return failed, nil
}
