package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

type aclCheckOptions struct {
	policy, control, format string
	ask                     []string
	strict                  bool
}

func (c cli) aclCheckCommand() *cobra.Command {
	var o aclCheckOptions
	cmd := &cobra.Command{
		Use:   "check FILE --policy POLICY",
		Short: "Check a policy file against a topology, or ask it a question",
		Long: `Checks the policy file POLICY: its form, its own tests, which advertised routes nobody
approves, what the Topology in FILE needs and nothing grants, and what is granted
between the regions although nothing needs it.

With --ask it answers instead whether a source may reach a destination, and by which
rule. The question is "SRC -> DST:PORT", with /tcp, /udp or /icmp behind it for one
protocol. The exit code is 0 when the answer to all questions is yes, and 1 otherwise.`,
		Example: "  kustomize-hybrid acl check topology.yaml --policy policy.hujson\n" +
			"  kustomize-hybrid acl check topology.yaml --policy policy.hujson --ask '10.143.0.11 -> 10.0.0.5:6443/tcp'",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.valid(); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.aclCheck(args[0], o, cmd.CommandPath())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.policy, "policy", "", "the policy file")
	flags.StringArrayVar(&o.ask, "ask", nil, "a question: SRC -> DST:PORT[/PROTO]; may be repeated")
	flags.StringVar(&o.format, "format", "text", "how to report: "+strings.Join(formats(), ", "))
	flags.BoolVar(&o.strict, "strict", false, "treat warnings as errors")
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

func (c cli) aclCheck(path string, o aclCheckOptions, command string) error {
	doc, err := c.aclTopology(path, o.control)
	if err != nil {
		return err
	}
	data, err := readLimited(o.policy)
	if err != nil {
		return err
	}
	file, list := policyfile.Parse(o.policy, data)
	if len(o.ask) > 0 {
		if err := c.report(list); err != nil {
			return err
		}
		return c.ask(eval.New(file.Policy, eval.Devices(doc.Topology)...), file, o.ask, command)
	}
	if file != nil {
		list = append(list, policyfile.Check(doc.Topology, file)...)
		list.Sort()
	}
	if o.strict {
		list = list.Strict()
	}
	return c.write(list, o.format)
}

// ask answers each question on a line of standard output.
func (c cli) ask(e *eval.Evaluator, file *policyfile.File, questions []string, command string) error {
	denied := false
	for _, question := range questions {
		src, dst, proto, err := parseQuestion(question)
		if err != nil {
			return &usageError{command, err}
		}
		answer, err := e.Ask(src, dst, proto)
		if err != nil {
			return &usageError{command, fmt.Errorf("%q: %w", question, err)}
		}
		denied = denied || !answer.Allowed
		if _, err := fmt.Fprintf(c.out, "%s: %s\n", question, describe(answer, file)); err != nil {
			return fmt.Errorf("write standard output: %w", err)
		}
	}
	if denied {
		return errFindings
	}
	return nil
}

// parseQuestion reads "SRC -> DST:PORT" with an optional "/PROTO".
func parseQuestion(s string) (src, dst, proto string, err error) {
	src, dst, ok := strings.Cut(s, "->")
	src, dst = strings.TrimSpace(src), strings.TrimSpace(dst)
	// A prefix has a slash as well, but then the port stands behind it.
	if i := strings.LastIndexByte(dst, '/'); i >= 0 && !strings.Contains(dst[i:], ":") {
		dst, proto = dst[:i], dst[i+1:]
	}
	if !ok || src == "" || dst == "" {
		return "", "", "", fmt.Errorf("%q is no question of the form SRC -> DST:PORT", s)
	}
	return src, dst, proto, nil
}

// describe says which rule allows it and where the rule stands.
func describe(a eval.Answer, file *policyfile.File) string {
	switch {
	case !a.Allowed:
		return "denied: no rule allows it"
	case a.Rule == "":
		return "allowed: the file has no rules at all, and then everything is"
	}
	at := diag.List{{Path: a.Rule}}
	file.Locate(at)
	text := fmt.Sprintf("allowed by %s at %s", a.Rule, at[0].Pos)
	if len(a.Via) > 0 {
		text += " through " + strings.Join(a.Via, " or ")
	}
	return text
}
