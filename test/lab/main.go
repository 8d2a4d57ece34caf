// Command lab runs what kustomize-hybrid renders on real packets: two regions with two
// gateways, a plain node and a pod each, in network namespaces, with the real
// tailscaled started by the real containerboot from the rendered gateway.env, and the
// rendered scripts. It prints one line for each check, PASS or FAIL with the numbers,
// and exits 1 if one failed. With up, on and down it keeps such a network for somebody who
// looks around. It needs root, iproute2, nft, iptables, busybox, and the programs that
// `make lab` builds.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// options are what the command line says.
type options struct {
	binaries string
	only     *regexp.Regexp
	keep     bool
	patience float64
	retries  int
	removals bool
	removed  *tally
	captures string    // archive
	outcomes []outcome // of phases
}

// leastRemovals is how many parts a whole run takes away at least: with fewer the tree has been
// read wrongly.
const leastRemovals = 200

// pass is one pass over the lab: a version of Tailscale and a topology for it.
type pass struct {
	version   string
	netfilter schema.NetfilterMode
	// firewall is what the hosts have for gateway-setup.sh, and what tailscaled writes its own
	// rules with where it writes any.
	firewall schema.FirewallMode
	layout   layout
	full     bool   // outages, MSS and policy as well
	shape    *shape // nil for two flat LANs
	scene    *scene // a change that is carried out, in place of all checks
}

// layout is what the region dc is like; the region cloud has two gateways of a DaemonSet
// with the strategy relay, or as well supersets.
type layout string

const (
	relayed   layout = "relay"     // two gateways, static pods
	perNode   layout = "perNode"   // every host is a gateway for its own pods
	supersets layout = "supersets" // two gateways, each with supersets of its own
)

func passes() []pass {
	all := []pass{
		{"1.84.3", schema.NetfilterOff, schema.FirewallIPTables, relayed, true, nil, nil},
		{"1.102.3", schema.NetfilterOff, schema.FirewallNFTables, relayed, true, nil, nil},
		{"1.84.3", schema.NetfilterOn, schema.FirewallIPTables, relayed, false, nil, nil},
		{"1.102.3", schema.NetfilterOn, schema.FirewallNFTables, relayed, false, nil, nil},
		{"1.84.3", schema.NetfilterOff, schema.FirewallIPTables, perNode, false, nil, nil},
		{"1.102.3", schema.NetfilterOff, schema.FirewallNFTables, perNode, false, nil, nil},
		{"1.102.3", schema.NetfilterOff, schema.FirewallIPTables, supersets, false, nil, nil},
	}
	// The versions take turns: what a network does to packets, it does to either's.
	for i, s := range shapes() {
		p := pass{"1.84.3", schema.NetfilterOff, schema.FirewallNFTables, relayed, false, s, nil}
		if i%2 == 1 {
			p.version = "1.102.3"
		}
		if s.version != "" {
			p.version = s.version
		}
		all = append(all, p)
	}
	return all
}

func main() {
	os.Exit(lab())
}

func lab() int {
	var o options
	only := flag.String("run", "", "only checks whose name matches this regular expression")
	which := flag.String("pass", "", "only passes whose name matches, such as 1.102.3/off/nftables/relay/flat")
	shape := flag.String("shape", "", "only passes over networks whose name matches this regular expression, such as flat, vpc or overlay")
	flag.StringVar(&o.binaries, "programs", ".lab", "directory with v1.84.3/ and v1.102.3/")
	flag.Float64Var(&o.patience, "patience", 1, "multiplies the limits of time, for a busy machine")
	flag.IntVar(&o.retries, "retries", 0, "how often a check that fails is run again; each failure is printed")
	flag.BoolVar(&o.keep, "keep", false, "keep the logs of a run without failures, too")
	flag.BoolVar(&o.removals, "removals", false, "compare the answers of package reach with packets, with each part of what is rendered removed in turn; -run chooses kinds of parts")
	flag.StringVar(&o.captures, "captures", "", "write captures of a healthy lab, and of one with one thing broken in turn, into this archive (.tar.gz), and leave others in it alone; -run chooses what is broken")
	phases := flag.Bool("phases", false, "carry out the phases of each kind of change while packets flow, and compare their silence with what package change says; -run chooses kinds of changes")
	turns := flag.Int("throughput", 0, "measure throughput in so many turns, and check nothing else")
	var alone struct{ ns, policy, certificate, members string }
	flag.StringVar(&alone.ns, "tailnet", "", "run nothing but the control server, DERP and STUN, in this namespace")
	flag.StringVar(&alone.policy, "policy", "", "with -tailnet: the policy file, read again at SIGHUP")
	flag.StringVar(&alone.certificate, "certificate", "", "with -tailnet: where to write the certificate that devices have to trust")
	flag.StringVar(&alone.members, "members", "", "with -tailnet: where to write who is there")
	flag.Parse()
	o.only = regexp.MustCompile(*only)
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "lab: network namespaces need root")
		return 2
	}
	if flag.NArg() > 0 {
		if err := verbs(&o, flag.Args()); err != nil {
			fmt.Fprintln(os.Stderr, "lab:", err)
			return 3
		}
		return 0
	}
	if alone.ns != "" {
		if err := serve(alone.ns, alone.policy, alone.certificate, alone.members); err != nil {
			fmt.Fprintln(os.Stderr, "lab:", err)
			return 3
		}
		return 0
	}
	if *turns > 0 {
		failed, err := throughput(&o, *turns)
		if err != nil {
			fmt.Fprintln(os.Stderr, "lab:", err)
			return 3
		}
		return min(failed, 1)
	}
	failed := 0
	o.removed = &tally{}
	start := time.Now()
	all := passes()
	if o.captures != "" {
		all = slices.Collect(maps.Values(capturePasses()))
	}
	if *phases {
		all = nil
		for _, s := range scenes() {
			if o.only.MatchString(s.name) {
				all = append(all, s.pass())
			}
		}
	}
	for _, p := range all {
		if p.shape != nil && p.shape.asked && *shape == "" {
			continue
		}
		if !regexp.MustCompile(*which).MatchString(p.name()) || !regexp.MustCompile(*shape).MatchString(p.network()) {
			continue
		}
		n, err := p.run(&o)
		if err != nil {
			fmt.Fprintf(os.Stderr, "lab: %s: %v\n", p.name(), err)
			return 3
		}
		failed += n
	}
	if o.removals {
		fmt.Printf("in all: %s\n", o.removed)
		if whole := *which+*shape+*only == ""; whole && o.removed.removals < leastRemovals {
			fmt.Printf("FAIL that is less than the %d removals that a whole run stands for\n", leastRemovals)
			failed++
		}
	}
	if *phases {
		tell(o.outcomes)
	}
	fmt.Printf("%d failed, %s\n", failed, time.Since(start).Round(time.Second))
	if failed > 0 {
		return 1
	}
	return 0
}

func (p pass) name() string {
	return p.version + "/" + string(p.netfilter) + "/" + string(p.firewall) + "/" + string(p.layout) + "/" + p.network()
}

func (p pass) network() string {
	if p.shape == nil {
		return flat
	}
	return p.shape.name
}

// run builds the lab, runs the checks and takes the lab away again.
func (p pass) run(o *options) (failed int, err error) {
	dir, err := os.MkdirTemp("", "kh-lab-")
	if err != nil {
		return 0, err
	}
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil {
		return 0, err
	}
	programs, err := filepath.Abs(o.binaries)
	if err != nil {
		return 0, err
	}
	w := &world{}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-interrupted; ok {
			w.close()
			os.Exit(130)
		}
	}()
	defer func() {
		signal.Stop(interrupted)
		w.close()
		if failed > 0 || err != nil || o.keep {
			fmt.Fprintf(os.Stderr, "logs: %s\n", filepath.Join(dir, "logs"))
			return
		}
		os.RemoveAll(dir)
	}()
	*w = world{pass: p, prefix: fmt.Sprintf("khl%d", os.Getpid()), dir: dir, image: filepath.Join(dir, "image"), programs: programs}
	if err := w.makeImage(w.image, schema.Version(p.version), p.firewall); err != nil {
		return 0, err
	}
	if err := w.build(); err != nil {
		return 0, err
	}
	c := &checks{world: w, only: o.only, patience: o.patience, retries: o.retries, removed: o.removed, outcomes: &o.outcomes}
	if err := c.deploy(); err != nil {
		return 0, err
	}
	if o.captures != "" {
		return 0, c.captures(o.captures)
	}
	if o.removals {
		err := c.removals()
		return c.failed, err
	}
	if p.scene != nil {
		err := c.phases(p.scene)
		return c.failed, err
	}
	if p.shape != nil && p.shape.measure != nil {
		err := p.shape.measure(c)
		return c.failed, err
	}
	if p.shape != nil {
		c.note("start")
		c.shape()
	} else {
		c.all()
	}
	return c.failed, nil
}
