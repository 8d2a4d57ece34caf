package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/atomicfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/draft"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

type initOptions struct {
	name, distribution, plugin, pluginVersion, kubernetes, tailscale, control string
	servers, regions, from, accept                                            []string
	force, ask                                                                bool
}

func (c cli) initCommand() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Write a first topology, and what stands beside it",
		Long: `Writes into DIR a topology with comments, valid as it stands, the JSON Schema for editors, a
kustomization, and what checks it all before each commit (pre-commit) and on GitHub; run it in
the root of a repository, or move the last two there. Nothing is overwritten without --force:
all files are written, or none.

On a terminal it asks, unless flags say something. What nobody says is proposed: ranges that
overlap nothing and nobody's, versions that are known here, hosts with made-up names; a comment
above the field says so. Where answers do not go together, the findings say why, and nothing is
written; --accept writes a warning down as accepted, once you have read what it asks for.

With --from it reads what you have: the Nodes and ConfigMaps of a cluster (kubectl get -o yaml),
config.yaml of k3s or RKE2, a machine configuration of Talos, what EKS says of a cluster, a
Connector, or gateways that you wrote by hand. What is wrong with those is said with its line.
The topology is then written whatever is found, with each finding above its field.

A --region is NAME=PROVIDER, and further words behind commas: nodes= and pods= with a range,
gateway=NODE@ADDRESS. The first one is where the API server is.`,
		Example: "  kustomize-hybrid init hybrid --region gcp-us=gcp,nodes=10.0.0.0/22,gateway=edge-1@10.0.0.11 --region gpu-dc=bare-metal\n" +
			"  kustomize-hybrid init found --from out/cluster/gateway-gcp-us.yaml",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := directory("DIR", args[0]); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			if o.ask && slices.Contains(o.from, "-") {
				return &usageError{cmd.CommandPath(), errors.New("--ask and --from - both read standard input: write what is there into a file, and name that")}
			}
			if o.ask || onlyForce(cmd) && isTerminal(c.in) {
				if err := c.ask(&o); err != nil {
					return err
				}
			}
			return c.init(cmd.CommandPath(), args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "what the topology is called")
	f.StringVar(&o.distribution, "distribution", "", "what installed the cluster, such as kubeadm, k3s or eks")
	f.StringVar(&o.plugin, "plugin", "", "the network plugin, such as cilium, calico or flannel")
	f.StringVar(&o.pluginVersion, "plugin-version", "", "the network plugin's version")
	f.StringVar(&o.kubernetes, "kubernetes", "", "the API server's version")
	f.StringVar(&o.tailscale, "tailscale", "", "the version that gateways run")
	f.StringVar(&o.control, "control-url", "", "a control server of your own")
	f.StringArrayVar(&o.servers, "api-server", nil, "the address of an API server, in the first region (repeatable)")
	f.StringArrayVar(&o.regions, "region", nil, "a network to join, NAME=PROVIDER[,nodes=RANGE][,pods=RANGE][,gateway=NODE@ADDRESS] (repeatable)")
	f.StringArrayVar(&o.from, "from", nil, "a file of what you have already (repeatable)")
	f.StringArrayVar(&o.accept, "accept", nil, "the code of a warning to accept (repeatable)")
	f.BoolVar(&o.force, "force", false, "overwrite files that are there")
	f.BoolVar(&o.ask, "ask", false, "ask, and read answers from standard input, terminal or not")
	for _, free := range []string{"name", "plugin-version", "kubernetes", "tailscale", "control-url", "api-server", "region"} {
		_ = cmd.RegisterFlagCompletionFunc(free, nothing)
	}
	// The lists are made only where somebody asks for them: every start of the program comes by here.
	for flag, words := range map[string]func() []string{
		"distribution": func() []string { return hybrid.InitChoices().Distributions },
		"plugin":       func() []string { return hybrid.InitChoices().Plugins },
		"accept":       hybrid.Codes,
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return words(), cobra.ShellCompDirectiveNoFileComp
		})
	}
	return cmd
}

// directory refuses what is no directory's name: nothing, and a dash, which elsewhere is a stream.
func directory(what, dir string) error {
	switch dir {
	case "":
		return fmt.Errorf("%s is empty: name a directory; . is this one", what)
	case "-":
		return fmt.Errorf("%s is -, and many files do not fit a stream: name a directory; ./- is one of that name", what)
	}
	return nil
}

// onlyForce reports whether no flag says anything of a cluster.
func onlyForce(cmd *cobra.Command) bool {
	n := cmd.Flags().NFlag()
	return n == 0 || n == 1 && cmd.Flags().Changed("force")
}

func (c cli) init(command, dir string, o initOptions) error {
	answers, err := o.answers()
	if err != nil {
		return &usageError{command, err}
	}
	from, err := hybrid.LoadForInit(c.in, o.from...)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, draft.TopologyPath)
	files, list, err := hybrid.Init(hybrid.InitOptions{Answers: answers, From: from, Accept: o.accept, Name: name, Revision: revision()})
	var full *draft.FullError
	if errors.As(err, &full) {
		return &usageError{command, fmt.Errorf("--region %s: %w", o.regions[full.Region], full)}
	}
	if err != nil {
		return err
	}
	if files == nil {
		return errors.Join(c.report(list), c.refused(dir))
	}
	if err := c.writeNew(dir, files, o.force); err != nil {
		return err
	}
	found := c.report(list)
	err = c.summary("%s: %d files written; read %s, where each proposal has a comment, and then\n"+
		"\tkustomize-hybrid validate %[4]s\n\tkustomize-hybrid render %[4]s -o %[5]s\n", foreign.Name(dir), len(files), foreign.Name(name), quoted(name), quoted(filepath.Join(dir, "rendered")))
	return errors.Join(found, err)
}

// refused says that nothing was written, and is errFindings.
func (c cli) refused(dir string) error {
	_, err := fmt.Fprintf(c.err, "%s: nothing is written\n\thint: change the answers, or, for a warning whose way out you will see to, --accept CODE\n", foreign.Name(dir))
	return errors.Join(err, errFindings)
}

// revision is the tag that this program was built of, or the branch where it was of none.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") && !strings.ContainsAny(info.Main.Version, "-+") {
		return info.Main.Version
	}
	return "main"
}

// answers reads the flags.
func (o initOptions) answers() (draft.Answers, error) {
	choices := hybrid.InitChoices()
	a := draft.Answers{
		Name: o.name, Distribution: schema.Distribution(o.distribution), Plugin: schema.CNIType(o.plugin), ControlURL: o.control,
		KubernetesVersion: schema.Version(o.kubernetes), TailscaleVersion: schema.Version(o.tailscale), PluginVersion: schema.Version(o.pluginVersion),
	}
	if o.distribution != "" {
		if err := oneOf("--distribution", o.distribution, choices.Distributions); err != nil {
			return a, err
		}
	}
	if o.plugin != "" {
		if err := oneOf("--plugin", o.plugin, choices.Plugins); err != nil {
			return a, err
		}
	}
	for _, code := range o.accept {
		if !slices.Contains(hybrid.Codes(), code) {
			return a, fmt.Errorf("--accept %s: there is no such code%s", code, suggestion(code))
		}
	}
	for _, s := range o.servers {
		addr, err := netip.ParseAddr(s)
		if err != nil {
			return a, fmt.Errorf("--api-server is an IP address, not %q", s)
		}
		a.APIServers = append(a.APIServers, addr)
	}
	for _, s := range o.regions {
		r, err := region(s)
		if err != nil {
			return a, fmt.Errorf("--region %s: %w", s, err)
		}
		if slices.ContainsFunc(a.Regions, func(o draft.Region) bool { return o.Name == r.Name }) {
			return a, fmt.Errorf("--region %s: there is a region %q already: give each its own name, and say all of one in one --region", s, r.Name)
		}
		a.Regions = append(a.Regions, r)
	}
	return a, nil
}

// region reads NAME=PROVIDER and what follows.
func region(s string) (draft.Region, error) {
	words := strings.Split(s, ",")
	var r draft.Region
	r.Name, r.Provider, _ = strings.Cut(words[0], "=")
	switch {
	case r.Name == "":
		return r, errors.New("it begins with a name")
	case r.Provider == "":
		return r, fmt.Errorf("it lacks who runs the network: write %s=PROVIDER, such as %[1]s=%s", r.Name, hybrid.InitChoices().Provider)
	}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "nodes", "pods":
			p, err := netip.ParsePrefix(value)
			if err != nil {
				return r, fmt.Errorf("%s is a range such as 10.0.0.0/16, not %q", key, value)
			}
			if key == "nodes" {
				r.Nodes = append(r.Nodes, p)
			} else {
				r.Pods = append(r.Pods, p)
			}
		case "gateway":
			node, address, _ := strings.Cut(value, "@")
			addr, err := netip.ParseAddr(address)
			if err != nil {
				return r, fmt.Errorf("a gateway is NODE@ADDRESS, such as edge-1@10.0.0.11, not %q", value)
			}
			r.Gateways = append(r.Gateways, schema.GatewayNode{Name: node, InternalIP: addr})
		default:
			return r, fmt.Errorf("there is no %q%s", key, didYouMean(key, []string{"nodes", "pods", "gateway"}))
		}
	}
	return r, nil
}

// writeNew writes all files into a directory, or none, and overwrites only where that is asked for.
func (c cli) writeNew(dir string, files []tree.File, force bool) error {
	var there []string
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.Path)); err == nil {
			there = append(there, f.Path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if len(there) > 0 && !force {
		return fmt.Errorf("%s has %s already, and nothing is written: choose another directory, or --force to overwrite", dir, strings.Join(there, ", "))
	}
	return c.place(dir, files)
}

// place stages all files before the first one is put in its place; where that fails all the same,
// those that are new are taken back.
func (c cli) place(dir string, files []tree.File) (err error) {
	var staged []*atomicfile.Staged
	var made []string
	defer func() {
		for _, s := range staged {
			s.Discard()
		}
		for _, path := range made {
			if err != nil {
				_ = os.Remove(path)
			}
		}
	}()
	fresh := map[int]bool{}
	for i, f := range files {
		path := filepath.Join(dir, f.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		was, err := atomicfile.Read(path, 8<<20)
		if err != nil {
			return err
		}
		s, err := atomicfile.Stage(path, was, f.Data)
		if err != nil {
			return err
		}
		staged, fresh[i] = append(staged, s), was == nil
	}
	for i, s := range staged {
		if err := s.Commit(); err != nil {
			return err
		}
		if fresh[i] {
			made = append(made, filepath.Join(dir, files[i].Path))
		}
		if err := c.sayLost(s.Lost); err != nil {
			return err
		}
	}
	return nil
}
