package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/edit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
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
providers or the distribution keep. Further FILEs are what exists already, as for
validate, and RangePacks: they are kept clear of, too.

With --apply they are added to the region's list (or the cluster's), in the first FILE itself:
comments and layout stay as they are. With --lock they are remembered in a file, and
never given to anybody else.`,
		Example: "  kustomize-hybrid suggest topology.yaml --size /20\n" +
			"  kustomize-hybrid suggest topology.yaml --size /20 --region gpu-dc --apply\n" +
			"  kustomize-hybrid suggest topology.yaml --size /24 --role node --count 3 --within 10.0.0.0/8 --lock addresses.lock",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := o.request()
			if err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			return c.suggest(args, o, r)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.size, "size", "", "prefix length, such as /20; up to /32 is IPv4 unless --within says IPv6")
	f.StringVar(&o.role, "role", "pod", "what for: "+strings.Join(roleNames(), ", "))
	f.StringVar(&o.region, "region", "", "whose: the name of a region")
	f.StringVar(&o.within, "within", "", "only inside this prefix")
	f.StringVar(&o.lock, "lock", "", "remember allocations in this file")
	f.IntVar(&o.count, "count", 1, "how many")
	f.BoolVar(&o.apply, "apply", false, "add them to the first FILE")
	_ = cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(roleNames(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// suggestRole is a role that can be suggested for, and the list it goes into.
type suggestRole struct {
	name     string
	role     claim.Role
	field    string
	regional bool
}

func suggestRoles() []suggestRole {
	return []suggestRole{
		{"pod", claim.RolePod, "podCIDRs", true},
		{"node", claim.RoleNode, "nodeCIDRs", true},
		{"transit", claim.RoleTransit, "transitCIDRs", true},
		{"fabric", claim.RoleFabric, "fabricCIDRs", true},
		{"service", claim.RoleService, "serviceCIDRs", false},
		{"pool", claim.RolePool, "ipPool", false},
	}
}

func roleNames() []string {
	var names []string
	for _, r := range suggestRoles() {
		names = append(names, r.name)
	}
	return names
}

func (o *suggestOptions) suggestRole() suggestRole {
	roles := suggestRoles()
	return roles[slices.IndexFunc(roles, func(r suggestRole) bool { return r.name == o.role })]
}

// request reads the flags.
func (o *suggestOptions) request() (ipam.Request, error) {
	if err := oneOf("--role", o.role, roleNames()); err != nil {
		return ipam.Request{}, err
	}
	bits, err := strconv.Atoi(strings.TrimPrefix(o.size, "/"))
	if err != nil || bits < 1 || bits > 128 {
		return ipam.Request{}, fmt.Errorf("--size is a prefix length such as /20, not %q", o.size)
	}
	if o.count < 1 || o.count > 65536 {
		return ipam.Request{}, fmt.Errorf("--count is a number from 1 to 65536, not %d", o.count)
	}
	r := ipam.Request{Role: o.suggestRole().role, Bits: bits, Count: o.count}
	if o.within != "" {
		if r.Within, err = netip.ParsePrefix(o.within); err != nil {
			return r, fmt.Errorf("--within is a prefix such as 10.0.0.0/8, not %q", o.within)
		}
	}
	if o.apply && o.suggestRole().regional && o.region == "" {
		return r, errors.New("--apply needs --region: whose list are they added to?")
	}
	return r, nil
}

func (c cli) suggest(paths []string, o suggestOptions, r ipam.Request) error {
	read, err := c.sources(paths)
	if err != nil {
		return err
	}
	if len(read.documents) != 1 {
		return fmt.Errorf("suggest takes one topology, and the files hold %d", len(read.documents))
	}
	doc := read.documents[0]
	if err := c.report(doc.Findings); err != nil {
		return err
	}
	r.Avoid = existing.Taken(read.objects)
	keys, err := o.keys(doc.Topology)
	if err != nil {
		return err
	}
	found, lock, err := o.find(doc.Topology, r)
	if err != nil {
		return err
	}
	if o.apply {
		if err := applySuggestion(paths[0], keys, found); err != nil {
			return err
		}
	}
	if lock != nil {
		if err := writeLock(o.lock, lock); err != nil {
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

// keys lead to the list that the prefixes are for; nil when nobody's was named.
func (o *suggestOptions) keys(t *schema.Topology) ([]string, error) {
	role := o.suggestRole()
	switch {
	case role.role == claim.RolePool:
		return []string{"spec", "tailnet", role.field}, nil
	case !role.regional:
		return []string{"spec", "cluster", role.field}, nil
	case o.region == "":
		return nil, nil
	}
	i := slices.IndexFunc(t.Spec.Regions, func(r schema.Region) bool { return r.Name == o.region })
	if i < 0 {
		return nil, fmt.Errorf("the topology has no region %q", o.region)
	}
	return []string{"spec", "regions", strconv.Itoa(i), role.field}, nil
}

// find asks the lock, where there is one, and the topology.
func (o *suggestOptions) find(t *schema.Topology, r ipam.Request) ([]netip.Prefix, *ipam.Lock, error) {
	if o.lock == "" {
		found, err := ipam.Suggest(t, r)
		return found, nil, err
	}
	data, err := os.ReadFile(o.lock)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	lock, err := ipam.ReadLock(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", o.lock, err)
	}
	who := o.region
	if who == "" {
		who = "cluster"
	}
	found, err := lock.Suggest(t, who+"/"+o.role, r)
	return found, lock, err
}

// applySuggestion edits the topology in place, and only if it can be read afterwards.
func applySuggestion(path string, keys []string, found []netip.Prefix) error {
	if path == "-" || filepath.Ext(path) == ".cue" {
		return fmt.Errorf("--apply edits YAML and JSON files, and not %s", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var values []string
	for _, p := range found {
		values = append(values, literal(path, p))
	}
	if topology, rest := existing.Split(text); topology == nil || rest != nil {
		return fmt.Errorf("--apply edits a file that holds a topology and nothing else, and not %s", path)
	}
	edited, err := edit.Append(text, keys, values...)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if _, err := load.Bytes(path, edited); err != nil {
		return fmt.Errorf("%s would not be a topology any more: %w", path, err)
	}
	return atomicfile.Replace(path, edited)
}

// literal quotes where the language asks for it: JSON, and IPv6 in YAML, whose colons
// some readers take for mappings.
func literal(path string, p netip.Prefix) string {
	if filepath.Ext(path) == ".json" || p.Addr().Is6() {
		return strconv.Quote(p.String())
	}
	return p.String()
}

func writeLock(path string, l *ipam.Lock) error {
	data, err := l.Bytes()
	if err != nil {
		return err
	}
	return atomicfile.Replace(path, data)
}
