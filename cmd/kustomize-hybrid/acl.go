package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// policyLimit is far above any policy file; it keeps a wrong path from filling memory.
const policyLimit = 32 << 20

func (c cli) aclCommand() *cobra.Command {
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
	cmd.AddCommand(c.aclPrintCommand(), c.aclMergeCommand(), c.aclCheckCommand())
	return cmd
}

type aclPrintOptions struct{ control, format string }

func (c cli) aclPrintCommand() *cobra.Command {
	var o aclPrintOptions
	formats := []string{"json", "hujson"}
	cmd := &cobra.Command{
		Use:   "print FILE",
		Short: "Print the policy that a topology needs",
		Long: `Prints the tailnet policy of the Topology in FILE ("-" is standard input): strict JSON,
or HuJSON with a comment on what each grant is for.`,
		Example: "  kustomize-hybrid acl print topology.yaml\n  kustomize-hybrid acl print topology.yaml --control headscale --format hujson",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--format", o.format, formats); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			if err := oneOf("--control", o.control, controls()); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.aclPrint(args[0], o)
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

func (c cli) aclPrint(path string, o aclPrintOptions) error {
	doc, err := c.aclTopology(path, o.control)
	if err != nil {
		return err
	}
	text := acl.FromTopology(doc.Topology).JSON()
	if o.format == "hujson" {
		text = policyfile.FromTopology(doc.Topology)
	}
	if _, err := c.out.Write(text); err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return nil
}

// aclTopology loads a topology that is fit for a policy, for the control server that
// was asked for.
func (c cli) aclTopology(path, control string) (*load.Document, error) {
	doc, err := c.load(path)
	if err != nil {
		return nil, err
	}
	if control != "" && doc.Topology != nil {
		doc.Topology.Spec.Tailnet.Control = schema.ControlServer(control)
	}
	if list := visible(check(doc)); list.Count(diag.Error) > 0 {
		return nil, c.report(list)
	}
	return doc, c.report(policyFindings(doc))
}

// policyFindings are the warnings that concern the policy; the others are
// validate's to repeat.
func policyFindings(doc *load.Document) diag.List {
	list := acl.CheckTopology(doc.Topology)
	doc.Locate(list)
	list.Sort()
	return visible(list)
}

// policyFile reads a policy file and reports what is wrong with its form.
func (c cli) policyFile(path string) (*policyfile.File, error) {
	data, err := readLimited(path)
	if err != nil {
		return nil, err
	}
	f, list := policyfile.Parse(path, data)
	if err := c.report(list); err != nil {
		return f, err
	}
	return f, nil
}

func readLimited(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, policyLimit+1))
	if err == nil && len(data) > policyLimit {
		err = fmt.Errorf("%s is larger than %d MiB", path, policyLimit>>20)
	}
	return data, err
}
