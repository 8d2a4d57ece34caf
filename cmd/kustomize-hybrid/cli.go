package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Exit codes.
const (
	exitClean    = 0
	exitFindings = 1
	exitUsage    = 2
	exitFailure  = 3
	exitChanges  = 4 // of plan alone
)

// cli is the program over three streams.
type cli struct {
	in       io.Reader
	out, err io.Writer
	screen   *screen // nil where nobody looks
}

// run executes the command line and returns the exit code.
//
// A panic of ours, or of a library below, is one line like any failure: who reads it in a
// build or in a hook can do nothing with a stack.
func run(args []string, in io.Reader, out, errs io.Writer) (code int) {
	shown := &screen{terminal: errs}
	c := cli{in, beside{out, shown}, beside{errs, shown}, shown}
	defer shown.end()
	defer func() {
		if p := recover(); p != nil {
			code = c.exit(fmt.Errorf("a fault of this program, please report it with its input: %v (%s)", p, panicked(debug.Stack())))
		}
	}()
	if len(args) == 0 && !isTerminal(in) { // a function of kustomize's needs no commands
		return c.exit(c.function())
	}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(in)
	help := &sink{w: c.out}
	root.SetOut(help)
	root.SetErr(c.err)
	// Of a command that there is not, the library shows the help of the one above.
	var unknown error
	show := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		_, rest, _ := root.Find(args)
		if unknown = noSuchCommand(cmd, rest); unknown == nil {
			show(cmd, args)
		}
	})
	if err := root.Execute(); err != nil {
		return c.exit(err)
	}
	if help.err != nil {
		return c.exit(fmt.Errorf("write standard output: %w", help.err))
	}
	return c.exit(unknown)
}

// sink remembers that a write failed: what the library prints, help, says nothing of it.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if s.err == nil {
		s.err = err
	}
	return n, err
}

// noSuchCommand is a usage error where cmd takes commands alone, and the first argument that
// is no flag is none; nil otherwise.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	if i < 0 || !cmd.HasSubCommands() {
		return nil
	}
	return &usageError{cmd.CommandPath(), fmt.Errorf("there is no command %q%s", args[i], didYouMean(args[i], commandNames(cmd)))}
}

// helpCommand is the library's, but for what it does of a command that there is not.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err == nil {
				err = noSuchCommand(about, rest)
			}
			if err != nil {
				return err
			}
			return about.Help()
		},
	}
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return names
}

// didYouMean names the word that is most likely meant, in a clause for the end of a message.
func didYouMean(word string, words []string) string {
	if near := diag.Nearest(word, words); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return ""
}

// errFindings ends a run whose findings have been printed.
var errFindings = errors.New("there are findings")

// usageError is a command line that makes no sense.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }

// exit prints what is left to say of err and returns the exit code.
func (c cli) exit(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, errChanges):
		return exitChanges
	case errors.As(err, &usage):
		fmt.Fprintf(c.err, "kustomize-hybrid: %s\nRun '%s --help' for usage.\n", foreign.Line(usage.Error()), usage.command)
		return exitUsage
	}
	fmt.Fprintf(c.err, "kustomize-hybrid: %s\n", foreign.Line(err.Error()))
	return exitFailure
}

const rootHelp = `kustomize-hybrid joins regions into one Kubernetes cluster over Tailscale subnet routers.

It reads one Topology (YAML, JSON or CUE), refuses what cannot work, and renders the
rest: gateway DaemonSets and static pods, RBAC, routes, the tailnet policy, CNI settings.
It needs no network and no cluster, and the same input gives the same bytes. On a terminal, work of
more than a second says that it goes on; --quiet has that, and summaries, be silent.

Without arguments, and with a ResourceList on standard input, it is a KRM function:
kind Transform under transformers:, Topology under generators:, Validate under validators:.

Exit codes: 0 clean, 1 findings, 2 usage, 3 failure; 4 where plan tells changes.`

func (c cli) root() *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:           "kustomize-hybrid",
		Short:         "Join regions into one Kubernetes cluster over Tailscale subnet routers",
		Long:          rootHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if version {
				return c.print([]byte(versionText()))
			}
			_ = cmd.Help()
			return &usageError{cmd.CommandPath(), errors.New("a command is missing")}
		},
	}
	root.PersistentFlags().BoolVar(&c.screen.quiet, "quiet", false, "print no more than what was asked for, findings and failures: no progress on a terminal, no summary")
	root.PersistentPreRun = func(cmd *cobra.Command, args []string) {
		// Who types into standard input sees what is typed, and nothing else.
		if cmd.HasParent() && !cmd.Hidden && !(slices.Contains(args, "-") && isTerminal(c.in)) {
			c.screen.begin(cmd.CommandPath())
		}
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &usageError{cmd.CommandPath(), err} })
	root.Flags().BoolVar(&version, "version", false, "print what the command version does")
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		c.validateCommand(), c.renderCommand(), c.planCommand(), c.stepsCommand(), c.bundleCommand(), c.buildCommand(), aclCLI{c}.command(), c.suggestCommand(),
		c.reachCommand(), c.doctorCommand(), c.graphCommand(), c.reportCommand(),
		c.initCommand(), c.examplesCommand(), c.schemaCommand(), c.explainCommand(), c.versionCommand(), c.manCommand(),
	)
	for _, cmd := range append(root.Commands(), root) {
		refuseStrayArguments(cmd)
	}
	return root
}

// refuseStrayArguments makes a wrong number of arguments a usage error, in cmd and
// in the commands below it.
func refuseStrayArguments(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.NoArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			if unknown := noSuchCommand(cmd, args); unknown != nil {
				return unknown
			}
			return &usageError{cmd.CommandPath(), err}
		}
		return nil
	}
	if cmd.HasParent() {
		for _, sub := range cmd.Commands() {
			refuseStrayArguments(sub)
		}
	}
}

// isTerminal reports whether stream is a terminal. The other device that programs are given, and
// where nobody looks or types, is the one that is always empty.
func isTerminal(stream any) bool {
	if b, ok := stream.(beside); ok {
		stream = b.stream
	}
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// panicked is the place in this module that a panic came from, or through.
func panicked(stack []byte) string {
	ours := regexp.MustCompile(`(?m)^\s+\S*?/((?:cmd/kustomize-hybrid|pkg|schema|internal)/[^@\s]+\.go:\d+)`)
	_, below, _ := bytes.Cut(stack, []byte("panic("))
	if found := ours.FindSubmatch(below); found != nil {
		return string(found[1])
	}
	return "outside of this module"
}
