package main

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/change"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

type renderOptions struct {
	dir      string
	policies []string
	forget   []string
	check    bool
	dryRun   bool
	force    bool
	strict   bool
}

func (c cli) renderCommand() *cobra.Command {
	var o renderOptions
	cmd := &cobra.Command{
		Use:   "render FILE... -o DIR",
		Short: "Write everything that joins the regions into a directory",
		Long: `Checks the Topology in FILE, as validate does, and writes the whole output tree into
DIR:

  kustomization.yaml, cluster/   what goes to the API server: kubectl apply -k DIR
  host/, fleet.tables            what goes to every host: programs, and the fleet's prefixes
  regions/<region>/              what goes to a region's hosts: tables, static pods, environment
  leaving/<region>/              what takes back a region that is under spec.leaving
  cloud/                         programs for the providers' own networks
  tailnet/                       what goes to the tailnet: the policy file
  cni/                           settings for the network plugin
  STEPS.md                       who does what, on which host, in which order
  report.md                      what was decided, and why
  rendered-from.yaml             the topology, in normal form: what plan and the next render compare with

The tree is replaced only after all of it has been rendered. A DIR that holds files
which were not rendered there is refused without --force; they are never deleted.
A region that DIR has and the topology no longer names is refused, too, since nobody would
know any more what takes it back: move it to spec.leaving, whose STEPS.md says how, or say
--forget REGION where nothing of it was ever put in place.
What the next tree could not take back any more is said before it is written, with the
command that does, and refused where only the old tree can: run that first, and then say
--forget REGION.

What changes is said before the tree is written, one line for each kind, as plan says it;
with --dry-run that is all. With --check nothing is written: the exit code is 1 where DIR
differs.`,
		Example: "  kustomize-hybrid render topology.yaml -o out\n  kustomize-hybrid render topology.yaml -o out --dry-run\n  kustomize-hybrid render topology.yaml -o out --check",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.dir == "" {
				return &usageError{cmd.CommandPath(), errors.New("-o DIR is missing")}
			}
			return c.render(cmd.CommandPath(), args, o)
		},
	}
	cmd.Flags().StringVarP(&o.dir, "output", "o", "", "the directory to write the tree into")
	cmd.Flags().StringArrayVar(&o.policies, "policies", nil, "a file of network policies: render patches that let the gateways in (repeatable; with gatewaySource: tailnetIP)")
	cmd.Flags().StringArrayVar(&o.forget, "forget", nil, "a region of the tree in DIR that the topology no longer has, and of which nothing is in place (repeatable)")
	cmd.Flags().BoolVar(&o.check, "check", false, "write nothing; report how DIR differs")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "write nothing; say what would be said before writing")
	cmd.Flags().BoolVar(&o.force, "force", false, "write into a DIR that holds other files")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "treat warnings as errors")
	_ = cmd.MarkFlagDirname("output")
	_ = cmd.RegisterFlagCompletionFunc("forget", gone)
	return cmd
}

func (c cli) render(command string, paths []string, o renderOptions) error {
	in, err := hybrid.LoadFrom(c.in, paths...)
	if err != nil {
		return err
	}
	files, err := c.tree(in, o)
	if err != nil {
		return err
	}
	if o.check {
		return c.drift(paths, o.dir, files)
	}
	said, err := c.compared(in, o, files)
	if err != nil {
		return err
	}
	if err := c.vanished(command, paths, in, o, said.orphans); err != nil {
		return err
	}
	for _, line := range said.lines {
		say := c.summary
		if o.dryRun {
			say = c.answer
		}
		if err := say("%s: %s\n", o.dir, line); err != nil {
			return err
		}
	}
	overwrite := emit.RefuseForeign
	if o.force {
		overwrite = emit.OverwriteForeign
	}
	write := emit.Write
	if o.dryRun {
		write = emit.Try
	}
	done, err := write(o.dir, files, overwrite)
	if err != nil {
		var strangers *emit.ForeignError
		if errors.As(err, &strangers) {
			return fmt.Errorf("%w: choose another directory, or --force to write beside them", err)
		}
		return err
	}
	if o.dryRun {
		return c.sayEdited(o.dir, done, "would be replaced")
	}
	if err := c.sayEdited(o.dir, done, "replaced"); err != nil {
		return err
	}
	return c.summary("%s: %d files written; %s says what to do with them, in which order\n", o.dir, done.Files, filepath.Join(o.dir, steps.Path))
}

// comparison is what is known before a tree is written over another one.
type comparison struct {
	lines   []string
	orphans []change.Orphan
}

// compared compares with the tree in the directory, if there is one.
func (c cli) compared(in hybrid.Input, o renderOptions, files iter.Seq2[tree.File, error]) (comparison, error) {
	recorded, err := emit.Recorded(o.dir)
	if err != nil || len(recorded) == 0 && !o.dryRun { // a new tree changes nothing that is there
		return comparison{}, err
	}
	recorded = slices.DeleteFunc(recorded, func(p string) bool { return p == emit.Manifest })
	was, err := change.TreeIn(os.DirFS(o.dir), recorded)
	if err != nil {
		return comparison{}, err
	}
	is, err := change.TreeOf(files)
	if err != nil {
		return comparison{}, err
	}
	counted := change.Counted(was, is)
	if counted == "" {
		return comparison{}, nil
	}
	said := comparison{lines: []string{"files " + counted}}
	if len(recorded) == 0 {
		return said, nil
	}
	old, err := hybrid.Load(filepath.Join(o.dir, render.FromPath))
	if err == nil {
		var meant []string
		meant, said.orphans, err = hybrid.Brief(old, in, was, is)
		said.lines = append(meant, said.lines...)
	}
	if err != nil {
		// It is replaced all the same: only what it would have said is lost.
		if _, err := fmt.Fprintf(c.err, "%s: warning: what this tree was rendered from cannot be read: %s; so what changes in it but files, and what nothing but this tree could take back, is not said\n"+
			"\thint: keep the tree until that is settled; `kustomize-hybrid plan OLD NEW` compares two topologies\n", foreign.Name(o.dir), foreign.Line(err.Error())); err != nil {
			return comparison{}, err
		}
	}
	return said, nil
}

// vanished refuses to delete what takes a region back, unless somebody says that there is
// nothing of it.
func (c cli) vanished(command string, paths []string, in hybrid.Input, o renderOptions, orphans []change.Orphan) error {
	recorded, err := emit.Recorded(o.dir)
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(tree.Regions(recorded), func(name string) bool { return slices.Contains(hybrid.Regions(in), name) })
	for _, name := range o.forget {
		if !slices.Contains(gone, name) && !slices.ContainsFunc(orphans, func(x change.Orphan) bool { return x.Region == name && x.Only }) {
			return &usageError{command, fmt.Errorf("--forget %s: it is no region that %s has and %s lacks, and nothing of it is left behind", name, o.dir, strings.Join(paths, ", "))}
		}
	}
	gone = slices.DeleteFunc(gone, func(name string) bool { return slices.Contains(o.forget, name) })
	for _, name := range gone {
		if _, err := fmt.Fprintf(c.err, "%s: error: region %q is in this tree, and %s no longer has it: nobody would know any more what its hosts, its cloud and the cluster have of it\n"+
			"\thint: move it to spec.leaving: STEPS.md then says what takes it back; or, where nothing of it is in place, --forget %[2]s\n", foreign.Name(o.dir), foreign.Name(name), foreign.Name(strings.Join(paths, ", "))); err != nil {
			return err
		}
	}
	left, err := c.orphaned(o, orphans)
	if err != nil {
		return err
	}
	if len(gone) > 0 || left {
		return errFindings
	}
	return c.lostGateways(in, o)
}

// orphaned says what the next tree cannot take back, and reports whether only the old one can.
func (c cli) orphaned(o renderOptions, orphans []change.Orphan) (refused bool, err error) {
	for _, x := range orphans {
		text := "%[1]s: warning: region %[2]q leaves behind %[3]s: unless that is done, run `%[4]s` in %[1]s first\n"
		if x.Only {
			if slices.Contains(o.forget, x.Region) {
				continue
			}
			refused = true
			text = "%[1]s: error: region %[2]q leaves behind %[3]s: nothing else could take them back\n\thint: run `%[4]s` in %[1]s, and then render with --forget %[2]s\n"
		}
		if _, err := fmt.Fprintf(c.err, text, o.dir, x.Region, x.What, x.First); err != nil {
			return false, err
		}
	}
	return refused, nil
}

// lostGateways says which hosts of the tree are gateways no more: they keep what undoes them.
func (c cli) lostGateways(in hybrid.Input, o renderOptions) error {
	old, err := emit.Read(o.dir, steps.Path)
	if err != nil || len(o.forget) > 0 {
		return err
	}
	for _, name := range steps.Installed(old) {
		if slices.Contains(hybrid.Gateways(in), name) {
			continue
		}
		if _, err := fmt.Fprintf(c.err, "%s: warning: %s had a gateway to install on %s, and the topology no longer has it: what was put there stays until somebody runs `%s` on it\n", foreign.Name(o.dir), steps.Path, foreign.Name(name), steps.Removed); err != nil {
			return err
		}
	}
	return nil
}

// tree renders the topology; what is wrong with it is reported.
func (c cli) tree(in hybrid.Input, o renderOptions) (iter.Seq2[tree.File, error], error) {
	options, err := hybrid.Options{Strict: o.strict}, error(nil)
	if len(o.policies) > 0 {
		if options.Policies, err = hybrid.LoadFrom(c.in, o.policies...); err != nil {
			return nil, err
		}
		if hybrid.CountPolicies(options.Policies) == 0 {
			if _, err := fmt.Fprintf(c.err, "%s: warning: there is no network policy%s, so nothing is patched: --policies takes what kubectl get -o yaml prints of them\n", foreign.Name(quoted(o.policies...)), butFound(options.Policies)); err != nil {
				return nil, err
			}
		}
	}
	files, list, err := hybrid.Render(in, options)
	if err != nil {
		return nil, err
	}
	return files, c.report(list)
}

// butFound names what is there instead; empty where nothing is.
func butFound(in hybrid.Input) string {
	if len(in.Objects) == 0 {
		return ""
	}
	return ", only " + objectNames(in)
}

// drift reports how dir differs from files.
func (c cli) drift(paths []string, dir string, files iter.Seq2[tree.File, error]) error {
	differences, err := emit.Diff(dir, files)
	if err != nil {
		return err
	}
	for _, d := range differences {
		if _, err := fmt.Fprintf(c.err, "%s/%s: %s\n", foreign.Name(dir), foreign.Name(d.Path), d.Kind); err != nil {
			return err
		}
	}
	if len(differences) == 0 {
		return nil
	}
	_, err = fmt.Fprintf(c.err, "\thint: kustomize-hybrid render %s -o %s\n", quoted(paths...), quoted(dir))
	return errors.Join(err, errFindings)
}

// quoted is a list of words as a shell reads them.
func quoted(words ...string) string {
	plain := regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,][A-Za-z0-9_./:=@%+,-]*$`)
	all := slices.Clone(words)
	for i, word := range all {
		if !plain.MatchString(word) {
			all[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(all, " ")
}

// sayEdited names what somebody had changed in a directory, and has lost, or is to lose.
func (c cli) sayEdited(dir string, done emit.Written, lost string) error {
	if len(done.Edited) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(c.err, "%s: warning: %s edited since it was rendered, and %s: what is to stay belongs into the topology\n", foreign.Name(dir), foreign.Name(emit.Few(done.Edited)), lost)
	return err
}
