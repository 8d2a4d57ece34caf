package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
)

type aclCheckOptions struct {
	policy, control, format string
	ask                     []string
	strict                  bool
}

func (c aclCLI) checkCommand() *cobra.Command {
	var o aclCheckOptions
	cmd := &cobra.Command{
		Use:   "check FILE... --policy POLICY",
		Short: "Check a policy file against a topology, or ask it a question",
		Long: `Checks the policy file POLICY: its form, its own tests, which advertised routes nobody
approves, what the Topology in FILE needs and nothing grants, and what is granted
between the regions although nothing needs it.

With --ask it answers instead whether a source may reach a destination, and by which
rule. The question is "SRC -> DST:PORT", with /tcp, /udp or /icmp behind it for one
protocol. It is allowed, denied, or undecided where it depends on what the control server
alone knows, such as a person's role. The exit code is 0 when all is allowed, and 1 otherwise.`,
		Example: "  kustomize-hybrid acl check topology.yaml --policy policy.hujson\n" +
			"  kustomize-hybrid acl check topology.yaml --policy policy.hujson --ask '10.143.0.11 -> 10.0.0.5:6443/tcp'",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.valid(); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.check(args, o, cmd.CommandPath())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.policy, "policy", "", "the policy file; \"-\" is standard input")
	flags.StringArrayVar(&o.ask, "ask", nil, "a question: SRC -> DST:PORT[/PROTO]; may be repeated")
	_ = cmd.RegisterFlagCompletionFunc("ask", nothing)
	flags.StringVar(&o.format, "format", "text", "how to report: "+strings.Join(formats(), ", "))
	flags.BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats(), cobra.ShellCompDirectiveNoFileComp))
	controlFlag(cmd, &o.control)
	return cmd
}

func (o aclCheckOptions) valid() error {
	if o.policy == "" {
		return errors.New("--policy POLICY is missing")
	}
	if err := oneOf("--format", o.format, formats()); err != nil {
		return err
	}
	return oneOf("--control", o.control, controls())
}

func (c aclCLI) check(paths []string, o aclCheckOptions, command string) error {
	in, policy, err := c.policy(paths, o.policy)
	if err != nil {
		return err
	}
	if len(o.ask) > 0 {
		return c.ask(in, policy, o, command)
	}
	judge := options(o.control)
	judge.Strict = o.strict
	list, err := hybrid.ACLCheck(in, policy, judge)
	if err != nil {
		return err
	}
	return c.write(list, o.format)
}

// ask answers each question on a line of standard output.
func (c aclCLI) ask(in hybrid.Input, policy hybrid.PolicyFile, o aclCheckOptions, command string) error {
	answers, list, failed := hybrid.ACLAsk(in, policy, o.ask, options(o.control))
	if err := c.report(list); err != nil {
		return err
	}
	denied := false
	for _, a := range answers {
		denied = denied || !a.Allowed
		if _, err := fmt.Fprintf(c.out, "%s: %s\n", a.Question, a.Why); err != nil {
			return fmt.Errorf("write standard output: %w", err)
		}
	}
	var question *hybrid.QuestionError
	switch {
	case errors.As(failed, &question):
		return &usageError{command, failed}
	case failed == nil && denied:
		return errFindings
	}
	return failed
}
