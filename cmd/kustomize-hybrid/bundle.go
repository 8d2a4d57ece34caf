package main

import (
	"archive/tar"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/bundle"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

type bundleOptions struct {
	who    hybrid.Host
	output string
	strict bool
}

func (c cli) bundleCommand() *cobra.Command {
	var o bundleOptions
	cmd := &cobra.Command{
		Use:   "bundle FILE... (--host NAME | --nodes-of REGION) -o DIR|FILE.tar|-",
		Short: "Write what one host needs, with a program that installs it",
		Long: `Checks the Topology in FILE, as validate does, and writes what one host needs into DIR,
into FILE.tar, or as a tar file to standard output: programs, tables, units and, for a
gateway that is a static pod, its manifest. install.sh among it does the rest, as root:

  install.sh apply     puts everything in place; twice is the same as once
  install.sh check     exits 1 and says what is missing, differs or does not run
  install.sh status    what runs, and what the gateway says of itself
  install.sh remove    takes everything back; --purge takes key and identity, too

No secret is in it: an auth key goes to the host by another way, and apply says where to.
A copy of install.sh stays on the host, in /var/lib/kustomize-hybrid/installed.

--host names a gateway; --nodes-of a region, each of whose other hosts takes the bundle.`,
		Example: `  kustomize-hybrid bundle topology.yaml --host gpu-1 -o gpu-1/
  kustomize-hybrid bundle topology.yaml --host gpu-1 -o - | ssh root@gpu-1 'mkdir -p kh && tar -xf - -C kh && kh/install.sh apply'
  kustomize-hybrid bundle topology.yaml --nodes-of gpu-dc -o gpu-dc-nodes.tar`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case (o.who.Gateway == "") == (o.who.NodesOf == ""):
				return &usageError{cmd.CommandPath(), errors.New("one of --host NAME and --nodes-of REGION is needed")}
			case o.output == "":
				return &usageError{cmd.CommandPath(), errors.New("-o is missing: a directory, a file that ends in .tar, or - for standard output")}
			}
			return c.bundle(cmd.CommandPath(), args, o)
		},
	}
	cmd.Flags().StringVar(&o.who.Gateway, "host", "", "the gateway, by its name in the topology")
	cmd.Flags().StringVar(&o.who.NodesOf, "nodes-of", "", "the region whose hosts that are not gateways take the bundle")
	_ = cmd.RegisterFlagCompletionFunc("host", complete(hybrid.Gateways))
	_ = cmd.RegisterFlagCompletionFunc("nodes-of", complete(hybrid.Regions))
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "a directory, a file that ends in .tar, or - for standard output")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	return cmd
}

func (c cli) bundle(command string, paths []string, o bundleOptions) error {
	in, err := hybrid.LoadFrom(c.in, paths...)
	if err != nil {
		return err
	}
	files, list, err := hybrid.Bundle(in, o.who, hybrid.Options{Strict: o.strict})
	if reported := c.report(list); reported != nil {
		return reported
	}
	var refusal *bundle.Refusal
	if errors.As(err, &refusal) {
		return &usageError{command, err}
	}
	if err != nil {
		return err
	}
	return c.writeBundle(o.output, files)
}

func (c cli) writeBundle(output string, files []tree.File) error {
	switch {
	case output == "-":
		return writeTar(c.out, files)
	case strings.HasSuffix(output, ".tar"):
		var b strings.Builder
		if err := writeTar(&b, files); err != nil {
			return err
		}
		lost, err := atomicfile.Replace(output, []byte(b.String()))
		if err != nil {
			return err
		}
		if err := c.sayLost(lost); err != nil {
			return err
		}
	default:
		done, err := emit.Write(output, tree.Of(files...), emit.RefuseForeign)
		if err != nil {
			return err
		}
		if err := c.sayEdited(output, done, "replaced"); err != nil {
			return err
		}
	}
	what := "apply"
	if bundle.Leaves(files) {
		what = "remove --purge"
	}
	return c.summary("%s: %d files; on the host, as root: install.sh %s\n", output, len(files), what)
}

// writeTar leaves out whatever differs from day to day and from user to user.
func writeTar(w io.Writer, files []tree.File) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		mode := int64(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.Path, Mode: mode, Size: int64(len(f.Data)), Format: tar.FormatPAX}); err != nil {
			return err
		}
		if _, err := t.Write(f.Data); err != nil {
			return err
		}
	}
	return t.Close()
}
