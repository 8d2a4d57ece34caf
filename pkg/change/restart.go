package change

import (
	"slices"
	"strings"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Restart is gateways of one region that end and start again, one after the other.
type Restart struct {
	Region string `json:"region"`
	// Gateways are in the order in which they do: standbys first, in the reverse of the
	// failover order.
	Gateways []string `json:"gateways"`
	// By is what runs them: daemonSet, staticPod, host or machineConfig; two of them, with an
	// arrow, where they go over from one to the other.
	By string `json:"by"`
	// Silence is for how long flows of the region stand still at each of them.
	Silence Silence `json:"silence"`

	renumbered bool // they advertise other lengths of one network
	restyled   bool // they go over to another strategy
}

// Silence is how long flows stand still at most, once.
type Silence struct {
	// Least and Most are in seconds; both are zero where nobody has measured it.
	Least float64 `json:"least,omitempty"`
	Most  float64 `json:"most,omitempty"`
	// Measured is where the figures are from; empty where there are none.
	Measured string `json:"measured,omitempty"`
	// Why is what is known where there are none, a sentence without its full stop.
	Why string `json:"why,omitempty"`
}

// Known reports whether there are figures.
func (s Silence) Known() bool { return s.Measured != "" }

func silence(list ...fact.Datum[facts.Silence]) Silence {
	var s Silence
	for i, d := range list {
		if !d.IsKnown() {
			return Silence{Why: d.Why}
		}
		least, most := seconds(d.Value.Least), seconds(d.Value.Most)
		if i == 0 || most > s.Most {
			s = Silence{Least: least, Most: most, Measured: d.Source}
		}
	}
	return s
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// restarts finds gateways that both plans have and whose pods or services end.
func restarts(before, after *plan.Plan, was, is Tree) []Restart {
	var list []Restart
	paths := byRegion(changed(was, is))
	for i := range after.Regions {
		now := &after.Regions[i]
		old := find(before, now.Region.Name)
		if old == nil {
			continue
		}
		r := Restart{Region: now.Region.Name, By: by(after, now), renumbered: relengthened(old.Advertise, now.Advertise),
			restyled: old.Region.Gateways.HA.Strategy != now.Region.Gateways.HA.Strategy}
		if from := by(before, old); from != r.By {
			r.By = from + " -> " + r.By
		}
		read := slices.Concat(paths[""], paths[r.Region])
		for _, name := range slices.Backward(now.GatewayNames()) {
			if slices.Contains(old.GatewayNames(), name) && ends(old, now, name, was, is, read) {
				r.Gateways = append(r.Gateways, name)
			}
		}
		if len(r.Gateways) > 0 {
			r.Silence = r.expected(old, before.Topology.Spec.Tailnet.GatewayTag(r.Region) != after.Topology.Spec.Tailnet.GatewayTag(r.Region))
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b Restart) int { return strings.Compare(a.Region, b.Region) })
	return list
}

// by is what runs a region's gateways.
func by(p *plan.Plan, r *plan.Region) string {
	switch g := &r.Region.Gateways; {
	case g.Mode == schema.ModeDaemonSet:
		return "daemonSet"
	case p.MachineConfig():
		return "machineConfig"
	case g.OnHost():
		return "host"
	}
	return "staticPod"
}

// byRegion are paths by the region whose gateways read them; those that all hosts read have none.
func byRegion(paths []string) map[string][]string {
	list := map[string][]string{}
	for _, path := range paths {
		region, part, ok := toHost(path)
		begin, end, _ := strings.Cut(tree.ClusterPath("gateway-\x00"), "\x00")
		switch daemon, isDaemon := strings.CutPrefix(path, begin); {
		case isDaemon:
			region = strings.TrimSuffix(daemon, end)
		case !ok || region != "" && part == "":
			continue
		}
		list[region] = append(list[region], path)
	}
	return list
}

// ends reports whether what runs a gateway is another thing afterwards: paths are those of its
// region that differ.
func ends(old, now *plan.Region, name string, was, is Tree, paths []string) bool {
	mine := func(r *plan.Region, t Tree, path string) Sum {
		region, part, ok := toHost(path)
		switch {
		case r.Region.Gateways.Mode == schema.ModeDaemonSet:
			if path == tree.ClusterPath("gateway-"+r.Region.Name) {
				return Sum{Pods: t[path].Pods}
			}
		case ok && region == "" && r.Region.Gateways.OnHost(), // the programs
			ok && part != "" && forGateway(part, name, r.GatewayNames()) && runs(r, part):
			return t[path]
		}
		return Sum{}
	}
	return slices.ContainsFunc(paths, func(path string) bool { return mine(old, was, path) != mine(now, is, path) })
}

// runs reports whether a gateway's file is what runs it, and not what that reads: the hash of
// the latter is in a pod's annotations. A host's installer restarts its services whenever it
// has brought something.
func runs(r *plan.Region, part string) bool {
	name := part[strings.LastIndexByte(part, '/')+1:]
	return r.Region.Gateways.OnHost() || name == "static-pod.yaml" || name == "machine-config.yaml"
}

// expected is what has been measured of such a restart.
func (r *Restart) expected(old *plan.Region, rejoins bool) Silence {
	s := facts.GatewaySilences()
	several := len(old.Region.Gateways.Nodes) > 1 && old.Region.Gateways.Mode != schema.ModePerNode
	switch {
	case !several && (r.By == "machineConfig" || strings.Contains(r.By, "->")):
		return silence(s.Exchanged)
	case !several && rejoins:
		return silence(s.Rejoined, s.Alone)
	case !several:
		return silence(s.Alone)
	case rejoins:
		return silence(s.Rejoined) // by another key, or as another device
	case r.restyled:
		return silence(s.Restyled)
	case r.renumbered:
		return silence(s.Mixed)
	case old.ByTable && !old.Follows():
		return silence(s.ByTable)
	case old.Region.Gateways.HA.Strategy == schema.HASupersets:
		return silence(s.Supersets)
	case strings.Contains(r.By, "->"):
		return silence(s.HandedOver)
	case r.By == "machineConfig":
		return silence(s.Lost, s.Returned)
	}
	return silence(s.Drained, s.Returned)
}

// Silence is the longest that is expected of a phase: what its restarts cost, or where there
// are none what new routes on hosts do. It is unknown as soon as one of them is.
func (p *Phase) Silence() Silence {
	longest := silence(facts.GatewaySilences().Rewritten)
	for i, r := range p.Restarts {
		switch {
		case !r.Silence.Known():
			return r.Silence
		case i == 0 || r.Silence.Most > longest.Most:
			longest = r.Silence
		}
	}
	return longest
}

// told are restarts as changes.
func told(list []Restart) []Change {
	var changes []Change
	for _, r := range list {
		c := Change{Kind: Restarts, Op: Altered, Subjects: []string{r.Region}, Gained: r.Gateways, Note: "by " + r.By}
		if len(r.Gateways) > 1 {
			c.Note += ", in this order, each when the one before is ready"
		}
		changes = append(changes, c)
	}
	return changes
}
