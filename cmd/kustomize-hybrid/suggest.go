package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
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
comments and layout stay as they are. With --lock a file remembers them, and a later run
never gives them to anybody else.`,
		Example: "  kustomize-hybrid suggest topology.yaml --size /20\n" +
			"  kustomize-hybrid suggest topology.yaml --size /20 --region gpu-dc --apply\n" +
			"  kustomize-hybrid suggest topology.yaml --size /24 --role node --count 3 --within 10.0.0.0/8 --lock addresses.lock",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := o.wish()
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
	if o.apply && hybrid.Regional(o.role) && o.region == "" {
		return w, errors.New("--apply needs --region, the region whose list is edited")
	}
	return w, nil
}

func (c cli) suggest(command string, paths []string, o suggestOptions, w hybrid.Wish) error {
	in, err := hybrid.LoadFrom(c.in, paths...)
	if err != nil {
		return err
	}
	if regions := hybrid.Regions(in); o.region != "" && len(regions) > 0 && !slices.Contains(regions, o.region) {
		return &usageError{command, fmt.Errorf("the topology has no region %q%s", o.region, didYouMean(o.region, regions))}
	}
	if o.lock != "" {
		if w.Lock, err = readLock(o.lock); err != nil {
			return err
		}
	}
	found, list, err := hybrid.Suggest(in, w)
	if err == nil {
		err = c.report(list)
	}
	if err != nil {
		return err
	}
	if o.apply {
		if err := apply(paths[0], w, found); err != nil {
			return err
		}
	}
	if w.Lock != nil {
		if err := writeLock(o.lock, w.Lock); err != nil {
			return err
		}
	}
	for _, p := range found {
		if _, err := fmt.Fprintln(c.out, p); err != nil {
			return fmt.Errorf("write standard output: %w", err)
		}
	}
	return nil
}

// apply edits the topology in place.
func apply(path string, w hybrid.Wish, found []netip.Prefix) error {
	if path == "-" {
		return errors.New("--apply edits a file, and not standard input")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	edited, err := hybrid.Apply(path, text, w, found)
	if err != nil {
		return err
	}
	return atomicfile.Replace(path, edited)
}

// readLock reads a lock file; one that does not exist yet is empty.
func readLock(path string) (*ipam.Lock, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	lock, err := ipam.ReadLock(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lock, nil
}

func writeLock(path string, l *ipam.Lock) error {
	data, err := l.Bytes()
	if err != nil {
		return err
	}
	return atomicfile.Replace(path, data)
}
