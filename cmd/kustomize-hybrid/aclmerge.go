package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
)

type aclMergeOptions struct {
	into, control                      string
	check, write, etag, remove, narrow bool
}

func (c aclCLI) mergeCommand() *cobra.Command {
	var o aclMergeOptions
	cmd := &cobra.Command{
		Use:   "merge FILE... --into POLICY",
		Short: "Merge the policy of a topology into a policy file",
		Long: `Merges what the Topology in FILE needs into the policy file POLICY and prints the
result. What is added stands between marks that name the topology, and a later merge
changes nothing else: comments, order, indentation and commas stay as they are.

What the file defines itself is never overwritten: where it says something else, that
is a finding, and nothing is merged. Rules that allow everything, as those of a new
tailnet, allow the regions what the topology denies; with --narrow they lose what is
behind gateways from their sources, marked, and --remove gives them back as they were.`,
		Example: "  kustomize-hybrid acl merge topology.yaml --into policy.hujson --write\n  kustomize-hybrid acl merge topology.yaml --into policy.hujson --check",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.valid(); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.merge(args, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.into, "into", "", "the policy file; \"-\" is standard input")
	flags.BoolVar(&o.write, "write", false, "write the policy file instead of printing it, and print its etag")
	flags.BoolVar(&o.check, "check", false, "only report whether the policy file is up to date")
	flags.BoolVar(&o.etag, "etag", false, "print the etag of the result instead of the result")
	flags.BoolVar(&o.remove, "remove", false, "take out what an earlier merge of this topology added")
	flags.BoolVar(&o.narrow, "narrow", false, "narrow the file's rules that allow everything to everybody's devices")
	controlFlag(cmd, &o.control)
	return cmd
}

func (o aclMergeOptions) valid() error {
	modes := 0
	for _, mode := range []bool{o.check, o.write, o.etag} {
		if mode {
			modes++
		}
	}
	switch {
	case o.into == "":
		return errors.New("--into POLICY is missing")
	case o.write && o.into == "-":
		return errors.New("--write replaces a file, and not standard input")
	case modes > 1:
		return errors.New("--check, --write and --etag exclude each other")
	case o.narrow && o.remove:
		return errors.New("--narrow and --remove exclude each other")
	}
	return oneOf("--control", o.control, controls())
}

func (c aclCLI) merge(paths []string, o aclMergeOptions) error {
	if o.write {
		// Held before it is read: of two merges the second one keeps what the first one added.
		release, err := atomicfile.Hold(o.into)
		if err != nil {
			return err
		}
		defer release()
	}
	in, policy, err := c.policy(paths, o.into)
	if err != nil {
		return err
	}
	merge := hybrid.ACLMerge
	switch {
	case o.remove:
		merge = hybrid.ACLRemove
	case o.narrow:
		merge = hybrid.ACLNarrow
	}
	text, list, err := merge(in, policy, options(o.control))
	if err == nil {
		err = c.report(list)
	}
	if err != nil {
		return err
	}
	return c.deliver(policy.Data, text, o)
}

// deliver does with the merged text what was asked for.
func (c aclCLI) deliver(old, text []byte, o aclMergeOptions) error {
	var err error
	etag := ""
	if o.etag || o.write { // it costs as much as the merge
		if etag, err = policyfile.ETag(text); err != nil {
			return err
		}
	}
	switch {
	case o.check && !bytes.Equal(old, text):
		fmt.Fprintf(c.err, "%s is not up to date; run acl merge with --write\n", foreign.Name(o.into))
		return errFindings
	case o.check:
		return nil
	case o.etag:
		_, err = fmt.Fprintln(c.out, etag)
	case o.write:
		if err := c.writeInPlace(o.into, old, text); err != nil {
			return err
		}
		return c.summary("%s: etag %s\n", o.into, etag)
	default:
		_, err = c.out.Write(text)
	}
	if err != nil {
		return fmt.Errorf("write standard output: %w", err)
	}
	return nil
}

// writeInPlace replaces the file completely or not at all, and leaves one that would
// not change alone.
func (c aclCLI) writeInPlace(path string, old, text []byte) error {
	if bytes.Equal(old, text) {
		return nil
	}
	s, err := atomicfile.Stage(path, old, text)
	if err != nil {
		return err
	}
	return c.commit(s)
}
