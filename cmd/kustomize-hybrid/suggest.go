package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

type suggestOptions struct {
	size, role, region, within, lock string
	count                            int
	apply                            bool
}

func (c cli) suggestCommand() *cobra.Command {
	var o suggestOptions
	cmd := &cobra.Command{
		Use:   "suggest FILE... --size /N",
		Short: "Find the next free prefix",
		Long: `Prints free prefixes, one a line: the smallest hole that fits, lowest address first,
so that large holes survive. They overlap nothing that the topology claims, nothing
that a component fills in where a field is left out, and no range that Tailscale, the
providers or the distribution keep. Further FILEs may hold what exists already, as for
validate, and RangePacks; their addresses are avoided, too.

With --apply the prefixes are added to the region's list (or the cluster's) in the first FILE;
comments and layout stay as they are. With --lock a file remembers them, and no other run,
at the same time or later, gives them to anybody else.`,
		Example: "  kustomize-hybrid suggest topology.yaml --size /20\n" +
			"  kustomize-hybrid suggest topology.yaml --size /20 --region gpu-dc --apply\n" +
			"  kustomize-hybrid suggest topology.yaml --size /24 --role node --count 3 --within 10.0.0.0/8 --lock addresses.lock",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := o.wish()
			if err == nil && o.apply && args[0] == "-" {
				err = errors.New("--apply edits a file, and not standard input")
			}
			if err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.suggest(cmd.CommandPath(), args, o, w)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.size, "size", "", "prefix length, such as /20; up to /32 is IPv4 unless --within says IPv6")
	f.StringVar(&o.role, "role", "pod", "the role of the prefix: "+strings.Join(hybrid.Roles(), ", "))
	f.StringVar(&o.region, "region", "", "the name of the region that the prefix is for")
	f.StringVar(&o.within, "within", "", "search inside this prefix only")
	f.StringVar(&o.lock, "lock", "", "remember allocations in this file")
	f.IntVar(&o.count, "count", 1, "how many prefixes to print")
	f.BoolVar(&o.apply, "apply", false, "add the prefixes to the first FILE")
	for _, free := range []string{"size", "within", "count"} {
		_ = cmd.RegisterFlagCompletionFunc(free, nothing)
	}
	_ = cmd.RegisterFlagCompletionFunc("region", complete(hybrid.Regions))
	_ = cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(hybrid.Roles(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// wish reads the flags.
func (o *suggestOptions) wish() (hybrid.Wish, error) {
	w := hybrid.Wish{Role: o.role, Region: o.region, Count: o.count}
	if err := oneOf("--role", o.role, hybrid.Roles()); err != nil {
		return w, err
	}
	bits, err := strconv.Atoi(strings.TrimPrefix(o.size, "/"))
	if err != nil || bits < 1 || bits > 128 {
		return w, fmt.Errorf("--size is a prefix length such as /20, not %q", o.size)
	}
	w.Bits = bits
	if o.count < 1 || o.count > 65536 {
		return w, fmt.Errorf("--count is a number from 1 to 65536, not %d", o.count)
	}
	if o.within != "" {
		if w.Within, err = netip.ParsePrefix(o.within); err != nil {
			return w, fmt.Errorf("--within is a prefix such as 10.0.0.0/8, not %q", o.within)
		}
	}
	if w.Within != w.Within.Masked() {
		return w, fmt.Errorf("--within %s has host bits: write %s", o.within, w.Within.Masked())
	}
	if o.apply && hybrid.Regional(o.role) && o.region == "" {
		return w, errors.New("--apply needs --region, the region whose list is edited")
	}
	return w, nil
}

func (c cli) suggest(command string, paths []string, o suggestOptions, w hybrid.Wish) error {
	// Held before anything is read: of two callers the second one sees what the first one took.
	release, err := atomicfile.Hold(o.edits(paths)...)
	if err != nil {
		return err
	}
	defer release()
	in, err := hybrid.LoadFrom(c.in, paths...)
	if err != nil {
		return err
	}
	if regions := hybrid.Regions(in); o.region != "" && len(regions) > 0 && !slices.Contains(regions, o.region) {
		return &usageError{command, fmt.Errorf("the topology has no region %q%s", o.region, didYouMean(o.region, regions))}
	}
	locked, err := c.readLock(o.lock, &w)
	if err != nil {
		return err
	}
	found, list, err := hybrid.Suggest(in, w)
	if err == nil {
		err = c.report(list)
	}
	if err != nil {
		return err
	}
	if err := c.remember(paths[0], o, w, locked, found); err != nil {
		return err
	}
	for _, p := range found {
		if _, err := fmt.Fprintln(c.out, p); err != nil {
			return fmt.Errorf("write standard output: %w", err)
		}
	}
	return nil
}

// edits are the files that a run changes.
func (o *suggestOptions) edits(paths []string) []string {
	var list []string
	if o.lock != "" {
		list = append(list, o.lock)
	}
	if o.apply {
		list = append(list, paths[0])
	}
	return list
}

// readLock reads the lock file into the wish, and returns its bytes, too; one that does not
// exist yet is empty.
func (c cli) readLock(path string, w *hybrid.Wish) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	data, err := atomicfile.Read(path, load.SizeLimit)
	if err != nil {
		return nil, err
	}
	lock, list := ipam.ReadLock(path, data)
	w.Lock = lock
	return data, c.report(list)
}

// remember writes what was found into the lock file and into the topology. Both are staged
// before one is replaced, and the lock file comes first: a run that ends in between has
// promised what the next one hands out again.
func (c cli) remember(path string, o suggestOptions, w hybrid.Wish, locked []byte, found []netip.Prefix) error {
	var all []*atomicfile.Staged
	stage := func(path string, old, text []byte) error {
		if bytes.Equal(old, text) {
			return nil
		}
		s, err := atomicfile.Stage(path, old, text)
		if err == nil {
			all = append(all, s)
		}
		return err
	}
	defer func() {
		for _, s := range all {
			s.Discard()
		}
	}()
	if w.Lock != nil {
		text, err := w.Lock.Bytes()
		if err != nil {
			return err
		}
		if err := stage(o.lock, locked, text); err != nil {
			return err
		}
	}
	if o.apply {
		text, err := atomicfile.Read(path, load.SizeLimit)
		if err != nil {
			return err
		}
		edited, err := hybrid.Apply(path, text, w, found)
		if err != nil {
			return err
		}
		if err := stage(path, text, edited); err != nil {
			return err
		}
	}
	for _, s := range all {
		if err := c.commit(s); err != nil {
			return err
		}
	}
	return nil
}

// commit puts a file in its place, and says what of the old one is lost.
func (c cli) commit(s *atomicfile.Staged) error {
	if err := s.Commit(); err != nil {
		return err
	}
	return c.sayLost(s.Lost)
}

func (c cli) sayLost(lost []string) error {
	for _, text := range lost {
		if _, err := fmt.Fprintf(c.err, "warning: %s\n", text); err != nil {
			return err
		}
	}
	return nil
}
