package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/doctor"
)

func (c cli) doctorCommand() *cobra.Command {
	var output string
	outputs := []string{"text", "json"}
	cmd := &cobra.Command{
		Use:   "doctor [FILE...] CAPTURE-DIR",
		Short: "Say what is wrong with hosts and a cluster, causes first",
		Long: `Reads what capture.sh of the rendered tree wrote down about hosts and the cluster, and says
what is not as the Topology in FILE has it: what tailscaled was told and what was approved,
rules, routes, kernel settings, firewalls, the watch, and what the cluster's objects say.
Nothing is asked of anybody.

  sh out/capture.sh cluster capture
  ssh root@gpu-1 sh -s -- host - < out/capture.sh | tar -x -C capture
  kubectl -n tailscale exec -i POD -c watch -- sh -s -- host - < out/capture.sh | tar -x -C capture

Causes are ranked: what follows from one stands below it. Each has its code (explain CODE says
more), the line of the capture that shows it, the rendered line that wants it otherwise, its
place in the Topology, and the command that mends it. What was not captured is undecided, and
no fault. Without FILE a host is judged by what its own programs find.

capture.sh leaves out secrets in the forms that it knows, and so does this: read a capture before
you hand it on.

Exit codes: 0 nothing is wrong, 1 causes or findings, 2 usage, 3 failure.`,
		Example: "  kustomize-hybrid doctor topology.yaml capture\n  kustomize-hybrid doctor capture -o json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--output", output, outputs); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.doctor(args[:len(args)-1], args[len(args)-1], output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(outputs, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (c cli) doctor(files []string, dir, output string) error {
	if _, err := os.ReadDir(dir); err != nil {
		return fmt.Errorf("the capture cannot be read: %w", err)
	}
	var in hybrid.Input
	var err error
	if len(files) > 0 {
		if in, err = hybrid.LoadFrom(c.in, files...); err != nil {
			return err
		}
		if len(in.Documents) == 0 {
			return fmt.Errorf("no Topology is in %q", files)
		}
	}
	report, list, err := hybrid.Diagnose(in, os.DirFS(dir), hybrid.Options{})
	var capture *hybrid.CaptureError
	switch {
	case errors.As(err, &capture):
		return fmt.Errorf("%s: %w", dir, err)
	case err != nil:
		return err
	case findingsError(list) != nil: // what may be done better is validate's to say
		return c.report(list)
	}
	if err := c.writeDoctor(report, output); err != nil {
		return err
	}
	if why := report.Nothing(); why != "" {
		return fmt.Errorf("%s: %s", dir, why)
	}
	if len(report.Causes) > 0 {
		return errFindings
	}
	return nil
}

func (c cli) writeDoctor(r doctor.Report, output string) error {
	if output == "text" {
		return c.print([]byte(r.Text()))
	}
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
