package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
)

type reachOptions struct {
	all      bool
	lose     []string
	policies []string
	output   string
	strict   bool
}

func (c cli) reachCommand() *cobra.Command {
	var o reachOptions
	outputs := []string{"text", "json"}
	cmd := &cobra.Command{
		Use:   "reach FILE (FROM TO[:PORT] | --all) [--lose NAME]",
		Short: "Say whether one end reaches another, and which line decides",
		Long: `Walks a packet through the tree that render would write, from FROM to TO and back: routes of
hosts, rules, tables of the provider's network, gateways, the tailnet's policy, the network
plugin, and network policies beside the Topology in FILE. Each hop is printed with the lines
that decide it; the first that fails is named. Nothing is sent, and no cluster is asked.

FROM and TO are a gateway by its name, a region (one of its nodes that are no gateways), either
with pod@ before it for a pod there, or an IPv4 address. PORT is of TCP; without it the
question is whether any port is admitted, and the answer says which.

--all asks everybody about everybody and prints a table by regions; of many regions that are
alike, two stand for all. --lose takes away a host, a region or "control", the control server,
first, and prints what that costs.

An answer is "reachable" where every way leads there, whichever gateway is primary, and
"undecided" where it depends on that, on a warning that nobody has heeded, or on the labels
that a network policy selects by.

Exit codes: 0 reachable, 1 not reachable, undecided or findings, 2 usage, 3 failure. With
--all, what the policy refuses is counted and is no failure.`,
		Example: `  kustomize-hybrid reach topology.yaml edge-1 pod@gpu-dc
  kustomize-hybrid reach topology.yaml pod@gpu-dc 10.0.0.5:6443
  kustomize-hybrid reach topology.yaml --all
  kustomize-hybrid reach topology.yaml --all --lose edge-1`,
		Args: cobra.RangeArgs(1, 3),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			if len(args) > 2 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return complete(func(in hybrid.Input) []string { return append(hybrid.Names(in), hybrid.Pods(in)...) })(cmd, args[:1], typed)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := o.question(args[1:])
			if err == nil {
				err = oneOf("--output", o.output, outputs)
			}
			if err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.reach(cmd.CommandPath(), args[0], q, o)
		},
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "ask everybody about everybody")
	cmd.Flags().StringArrayVar(&o.lose, "lose", nil, "a host, a region or control that is taken away first (repeatable)")
	cmd.Flags().StringArrayVar(&o.policies, "network-policies", nil, "a file of network policies (repeatable)")
	cmd.Flags().StringVarP(&o.output, "output", "o", "text", "text or json")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	_ = cmd.RegisterFlagCompletionFunc("lose", complete(func(in hybrid.Input) []string { return append(hybrid.Names(in), reach.Control) }))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// question is what the arguments after FILE ask.
func (o reachOptions) question(args []string) (hybrid.Asked, error) {
	q := hybrid.Asked{Lose: o.lose}
	switch {
	case o.all && len(args) > 0:
		return q, fmt.Errorf("--all asks everybody, so leave out %q", args[0])
	case o.all:
		return q, nil
	case len(args) != 2:
		return q, errors.New("who is asked is missing: FROM TO[:PORT], or --all")
	}
	q.From, q.To = args[0], args[1]
	if i := strings.LastIndex(q.To, ":"); i >= 0 && strings.Count(q.To, ":") == 1 {
		port, err := strconv.ParseUint(q.To[i+1:], 10, 16)
		if err != nil || port == 0 {
			return q, fmt.Errorf("the port of %q is not a number from 1 to 65535", q.To)
		}
		q.To, q.Port = q.To[:i], int(port)
	}
	for _, end := range []string{q.From, q.To} {
		if end == "" {
			return q, errors.New("an end is empty: FROM TO[:PORT]")
		}
		if a, err := netip.ParseAddr(strings.Trim(end, "[]")); err == nil && !a.Is4() {
			return q, fmt.Errorf("%s is no IPv4 address: IPv6 is not walked", a)
		}
	}
	return q, nil
}

func (c cli) reach(command, path string, q hybrid.Asked, o reachOptions) error {
	in, err := hybrid.LoadFrom(c.in, path)
	if err != nil {
		return err
	}
	if len(o.policies) > 0 {
		if q.Policies, err = hybrid.LoadFrom(c.in, o.policies...); err != nil {
			return err
		}
	}
	found, list, err := hybrid.Reach(in, q, hybrid.Options{Strict: o.strict})
	if reported := c.report(list); reported != nil {
		return reported
	}
	var ask *hybrid.AskError
	if errors.As(err, &ask) {
		return &usageError{command, err}
	}
	if err != nil {
		return err
	}
	if err := c.writeReached(found, o.output); err != nil {
		return err
	}
	if !holds(found) {
		return errFindings
	}
	return nil
}

// holds reports whether everything that was asked is reachable.
func holds(r hybrid.Reached) bool {
	if r.Answer != nil {
		return r.Answer.Verdict == reach.Reachable
	}
	return len(r.Matrix.Answers) == 0
}

func (c cli) writeReached(r hybrid.Reached, output string) error {
	if output == "json" {
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		return c.print(append(data, '\n'))
	}
	var b strings.Builder
	if r.Answer != nil {
		answerText(&b, r)
	} else {
		matrixText(&b, r)
	}
	for _, a := range r.Assumes {
		fmt.Fprintf(&b, "assumes: %s\n", a)
	}
	_, err := io.WriteString(c.out, b.String())
	return err
}

// answerText is an answer with its hops, a line each, and the lines that decide them.
func answerText(b *strings.Builder, r hybrid.Reached) {
	a := r.Answer
	fmt.Fprintf(b, "%s to %s: %s\n", a.From, target(*a), a.Verdict)
	if len(r.Lost) > 0 {
		fmt.Fprintf(b, "without: %s\n", strings.Join(r.Lost, ", "))
	}
	for i, h := range a.Hops {
		fmt.Fprintf(b, "%3d. %s, from %s: %s\n", i+1, h.Host, h.In, h.Packet)
		if h.Does != "" {
			fmt.Fprintf(b, "     %s\n", h.Does)
		}
		if len(h.At) > 0 {
			fmt.Fprintf(b, "     %s\n", places(h.At))
		}
	}
	if a.Verdict != reach.Reachable {
		fmt.Fprintf(b, "decides: %s\n", a.Why)
		if a.At.File != "" {
			fmt.Fprintf(b, "     %s\n", a.At)
		}
	}
	if len(a.Ports) > 0 {
		fmt.Fprintf(b, "ports: %s\n", strings.Join(a.Ports, ", "))
	}
	if a.Verdict == reach.Reachable {
		fmt.Fprintf(b, "MTU: %d\n", a.MTU)
	}
	if a.Sends > 0 {
		fmt.Fprintf(b, "larger packets: pods send up to %d bytes, and nobody on the way tells them that %d fit\n", a.Sends, a.MTU)
	}
}

func target(a reach.Answer) string {
	if a.Port == 0 {
		return a.To
	}
	return fmt.Sprintf("%s:%d", a.To, a.Port)
}

func places(at []reach.Place) string {
	var all []string
	for _, p := range at {
		all = append(all, p.String())
	}
	return strings.Join(all, " ")
}

// few is how many answers of a kind are printed.
const few = 10

// matrixText is a table by regions, then what is lost.
func matrixText(b *strings.Builder, r hybrid.Reached) {
	m := r.Matrix
	if len(r.Lost) > 0 {
		fmt.Fprintf(b, "without: %s\n\n", strings.Join(r.Lost, ", "))
	}
	classesText(b, r.Classes)
	width := len("from / to")
	for _, name := range m.Regions {
		width = max(width, len(name))
	}
	row := func(first string, cells []string) {
		line := fmt.Sprintf("%-*s", width, first)
		for _, cell := range cells {
			line += fmt.Sprintf("  %*s", width, cell)
		}
		fmt.Fprintln(b, line)
	}
	row("from / to", m.Regions)
	for _, from := range m.Regions {
		var cells []string
		for _, to := range m.Regions {
			cells = append(cells, cellText(m, from, to))
		}
		row(from, cells)
	}
	t := m.Total()
	fmt.Fprintf(b, "\n%d questions: %d reachable, %d refused by the policy, %d undecided, %d lost\n", t.Questions, t.Reachable, t.Refused, t.Undecided, t.Lost)
	if len(r.Lost) > 0 {
		answersText(b, "lost by that", r.Blast)
		return
	}
	answersText(b, "not reachable", m.Answers)
	answersText(b, "refused by the policy", m.Refusals)
}

// classesText says which regions stand for others; nothing where each stands for itself.
func classesText(b *strings.Builder, classes []reach.Class) {
	regions, walked := 0, 0
	for _, c := range classes {
		regions, walked = regions+c.Regions, walked+len(c.Walked)
	}
	if walked == regions {
		return
	}
	fmt.Fprintf(b, "%d regions in %d classes, of which %d were walked:\n", regions, len(classes), walked)
	for _, c := range classes {
		fmt.Fprintf(b, "  %d like %s\n", c.Regions, strings.Join(c.Walked, " and "))
	}
	fmt.Fprintln(b)
}

func cellText(m *reach.Matrix, from, to string) string {
	i := slices.IndexFunc(m.Cells, func(c reach.Cell) bool { return c.From == from && c.To == to })
	if i < 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d", m.Cells[i].Reachable, m.Cells[i].Questions-m.Cells[i].Refused)
}

func answersText(b *strings.Builder, title string, answers []reach.Answer) {
	if len(answers) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n", title)
	for i, a := range answers {
		if i == few {
			fmt.Fprintf(b, "  and %d more: -o json has all\n", len(answers)-few)
			return
		}
		at := ""
		if a.At.File != "" {
			at = " (" + a.At.String() + ")"
		}
		fmt.Fprintf(b, "  %s to %s: %s: %s%s\n", a.From, a.To, a.Verdict, a.Why, at)
	}
}
