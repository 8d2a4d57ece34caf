package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// policyLimit is far above any policy file; it keeps a wrong path from filling memory.
const policyLimit = 32 << 20

// aclCLI is the commands below acl.
type aclCLI struct{ cli }

func (c aclCLI) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "acl",
		Short: "Print, merge and check the tailnet policy",
		Long: `Writes the tailnet policy that a topology needs, merges it into a policy file that
people edit, and checks a policy file against the topology, all without the control
server. docs/acl.md says how to push the result.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return &usageError{cmd.CommandPath(), fmt.Errorf("a command is missing: print, merge or check")}
		},
	}
	cmd.AddCommand(c.printCommand(), c.mergeCommand(), c.checkCommand())
	return cmd
}

type aclPrintOptions struct{ control, format string }

func (c aclCLI) printCommand() *cobra.Command {
	var o aclPrintOptions
	formats := hybrid.ACLFormats()
	cmd := &cobra.Command{
		Use:   "print FILE...",
		Short: "Print the policy that a topology needs",
		Long: `Prints the tailnet policy of the Topology in FILE ("-" is standard input): strict JSON,
or HuJSON with a comment on what each grant is for.`,
		Example: "  kustomize-hybrid acl print topology.yaml\n  kustomize-hybrid acl print topology.yaml --control headscale --format hujson",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--format", o.format, formats); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			if err := oneOf("--control", o.control, controls()); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.printPolicy(args, o)
		},
	}
	cmd.Flags().StringVar(&o.format, "format", "json", "json or hujson")
	controlFlag(cmd, &o.control)
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// controls are the control servers; "" leaves the choice to the topology.
func controls() []string {
	return []string{"", string(schema.ControlTailscale), string(schema.ControlHeadscale)}
}

func controlFlag(cmd *cobra.Command, control *string) {
	cmd.Flags().StringVar(control, "control", "", "the control server: tailscale or headscale (default: the topology's)")
	_ = cmd.RegisterFlagCompletionFunc("control", cobra.FixedCompletions(controls()[1:], cobra.ShellCompDirectiveNoFileComp))
}

func (c aclCLI) printPolicy(paths []string, o aclPrintOptions) error {
	in, err := hybrid.LoadFrom(c.in, paths...)
	if err != nil {
		return err
	}
	text, list, err := hybrid.ACLPrint(in, o.format, options(o.control))
	if err == nil {
		err = c.report(list)
	}
	if err != nil {
		return err
	}
	return c.print(text)
}

func options(control string) hybrid.Options {
	return hybrid.Options{Control: schema.ControlServer(control)}
}

// policy reads the topology and a policy file.
func (c aclCLI) policy(paths []string, policy string) (hybrid.Input, hybrid.PolicyFile, error) {
	in, err := hybrid.LoadFrom(c.in, paths...)
	if err != nil {
		return in, hybrid.PolicyFile{}, err
	}
	data, err := c.readPolicy(policy)
	if policy == "-" {
		policy = "<stdin>"
	}
	return in, hybrid.PolicyFile{Name: policy, Data: data}, err
}

// readPolicy reads a policy file, or standard input as "-".
func (c aclCLI) readPolicy(path string) ([]byte, error) {
	in := c.in
	if path != "-" {
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: save the tailnet's policy from the console there; for a new tailnet, echo '{}' >%s", err, quoted(path))
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, policyLimit+1))
	if err == nil && len(data) > policyLimit {
		err = fmt.Errorf("%s is larger than %d MiB", path, policyLimit>>20)
	}
	return data, err
}
