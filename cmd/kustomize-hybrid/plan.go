package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/change"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// errChanges ends a run that has told what changes.
var errChanges = errors.New("there are changes")

type planOptions struct {
	format string
	phases string
	dump   string
	strict bool
}

func planFormats() []string { return []string{"text", "json", "markdown"} }

func (c cli) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan FILE | plan OLD NEW | plan --from-cluster DUMP NEW",
		Short: "Say what is decided and why, or what a change does, phase by phase",
		Long: `With one FILE, says what is decided about its Topology, and why.

With two, says what a change from OLD to NEW does: what is gained and lost, who gets new
files, which gateways restart and for how long flows stand still, and in which phases it
goes: what is new comes first and beside what is old, which goes last. Each phase is a
topology of its own that validates, and has what takes it back.

Each is a file, a directory that it was rendered into, or either in a revision of git as
git:REV:PATH, where PATH begins at the root of the repository, or with ./

Lines begin with + for what is new, - for what goes, ~ for what is another, and ! for what
may not be done while something is in use. docs/plan.md describes the JSON.

--from-cluster takes what is there for OLD: the output of kubectl get nodes,pods,daemonsets
-A -o yaml. What no dump shows is taken from NEW, and said in lines that begin with ?.

--phases writes the topologies of the phases into a directory: phase-0/topology.yaml is
OLD, phase-N/topology.yaml each phase, the last one NEW, and phase-N/undo.yaml what the undo
of a phase that adds regions goes by. PHASES in commands is that directory.

Exit codes: 0 no change, 4 changes, and 1, 2 and 3 as everywhere.`,
		Example: "  kustomize-hybrid plan topology.yaml\n  kustomize-hybrid plan out topology.yaml --phases phases\n  kustomize-hybrid plan git:main:topology.yaml topology.yaml --format markdown > comment.md",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--format", o.format, planFormats()); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			if o.dump != "" && len(args) != 1 {
				return &usageError{cmd.CommandPath(), errors.New("--from-cluster takes the place of OLD: name NEW alone")}
			}
			if len(args) == 1 && o.dump == "" {
				if o.phases != "" {
					return &usageError{cmd.CommandPath(), errors.New("--phases needs OLD and NEW")}
				}
				return c.decide(args[0], o)
			}
			compared, list, err := c.compare(args, o)
			if err == nil {
				err = c.report(list)
			}
			if err != nil {
				return err
			}
			return c.plan(compared, o)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "text", "how to tell: "+strings.Join(planFormats(), ", "))
	cmd.Flags().StringVar(&o.phases, "phases", "", "write the topology of each phase into this directory")
	cmd.Flags().StringVar(&o.dump, "from-cluster", "", "compare NEW with what this dump of a cluster shows, instead of with OLD")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(planFormats(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagDirname("phases")
	return cmd
}

func (c cli) decide(path string, o planOptions) error {
	in, err := c.topologyAt(path)
	if err != nil {
		return err
	}
	d, list, err := hybrid.Decide(in, hybrid.Options{Strict: o.strict})
	if err == nil {
		err = c.report(list)
	}
	if err != nil {
		return err
	}
	return c.tell(d, o.format)
}

// compare compares NEW with OLD, or with what a cluster has.
func (c cli) compare(args []string, o planOptions) (*change.Comparison, diag.List, error) {
	after, err := c.topologyAt(args[len(args)-1])
	if err != nil {
		return nil, nil, err
	}
	options := hybrid.Options{Strict: o.strict}
	if o.dump != "" {
		dump, err := hybrid.LoadFrom(c.in, o.dump)
		if err != nil {
			return nil, nil, err
		}
		return hybrid.CompareCluster(dump, after, options)
	}
	before, err := c.topologyAt(args[0])
	if err != nil {
		return nil, nil, err
	}
	return hybrid.Compare(before, after, options)
}

func (c cli) plan(compared *change.Comparison, o planOptions) error {
	if o.phases != "" {
		if err := c.writePhases(compared, o.phases); err != nil {
			return err
		}
	}
	if err := c.tell(compared, o.format); err != nil || len(compared.Phases) == 0 {
		return err
	}
	return errChanges
}

// writePhases writes topologies, each into a directory of its own.
func (c cli) writePhases(compared *change.Comparison, dir string) error {
	files, err := hybrid.PhaseFiles(compared)
	if err != nil {
		return err
	}
	_, err = emit.Write(dir, tree.Of(files...), emit.RefuseForeign)
	var strangers *emit.ForeignError
	if errors.As(err, &strangers) {
		return fmt.Errorf("%w: choose another directory", err)
	}
	return err
}

// teller is what can be told in each format.
type teller interface {
	Text() string
	Markdown() string
}

func (c cli) tell(what teller, format string) error {
	switch format {
	case "json":
		enc := json.NewEncoder(c.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(what)
	case "markdown":
		return c.print([]byte(what.Markdown()))
	}
	return c.print([]byte(what.Text()))
}
