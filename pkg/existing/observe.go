package existing

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Observe is what a dump shows to be there of a topology: its regions that have nodes and
// gateways, their gateways, and what those advertise and run. The rest is taken from the
// topology, and unknown says of what that holds: sentences without their full stop. Nodes have
// to be in the dump; Pods and DaemonSets tell more.
func Observe(t *schema.Topology, objects []Object) (there *schema.Topology, unknown []string, err error) {
	s := newSeen(objects)
	if len(s.nodes) == 0 {
		return nil, nil, errors.New("there is no Node in the dump, so that nobody can say which regions and gateways are there")
	}
	c := *t
	c.Spec.Regions = nil
	for _, r := range t.Spec.Regions {
		nodes, runs := s.of(&r)
		switch {
		case len(nodes) == 0:
			continue
		case !s.keep(&r, runs):
			unknown = append(unknown, fmt.Sprintf("region %s has nodes in the dump, and no gateway that the topology names: it is taken for one that is not joined", r.Name))
			continue
		}
		unknown = append(unknown, s.fill(&c.Spec.Tailnet, &r, nodes, runs)...)
		c.Spec.Regions = append(c.Spec.Regions, r)
	}
	for _, name := range slices.Sorted(maps.Keys(s.regions)) {
		if !has(t, name) {
			unknown = append(unknown, fmt.Sprintf("region %s has nodes in the dump, and the topology does not describe it: what takes it back follows from its description under spec.leaving alone", name))
		}
	}
	c.Spec.Suppressions = schema.Follow(t.Spec.Suppressions, &t.Spec, &c.Spec)
	return &c, append(unknown, "the tailnet's policy, providers' networks and files on hosts are in no dump: they are taken for what the topology makes of them (acl check, cloud/*.sh check and install.sh check ask)"), nil
}

func has(t *schema.Topology, region string) bool {
	is := func(r schema.Region) bool { return r.Name == region }
	return slices.ContainsFunc(t.Spec.Regions, is) || slices.ContainsFunc(t.Spec.Leaving, is)
}

// seen is what a dump shows of nodes and gateways.
type seen struct {
	nodes   map[string]seenNode
	regions map[string]bool // that nodes say they are of
	gateway []seenGateway
	pods    bool // there are Pods in the dump at all
}

type seenNode struct {
	region    string
	addresses []netip.Addr
}

// seenGateway is a Pod, or a DaemonSet, whose node is empty.
type seenGateway struct {
	region, node string
	mode         schema.GatewayMode
	routes       []netip.Prefix
	version      schema.Version
	tag          string
}

func newSeen(objects []Object) *seen {
	s := &seen{nodes: map[string]seenNode{}, regions: map[string]bool{}}
	for i := range objects {
		o := &objects[i]
		switch {
		case o.Kind == "Node" && o.Group() == "":
			s.node(o)
		case o.Kind == "Pod" && o.Group() == "":
			s.pods = true
			mode := schema.ModeDaemonSet
			// kubernetes v1.33.1, pkg/kubelet/types/pod_update.go: ConfigMirrorAnnotationKey.
			if decoded.Word(o.Content, "metadata", "annotations", "kubernetes.io/config.mirror") != "" {
				mode = schema.ModeStaticPod
			}
			s.runs(o, mode, decoded.Dig(o.Content, "spec"))
		case o.Kind == "DaemonSet" && o.Group() == "apps":
			s.runs(o, schema.ModeDaemonSet, decoded.Dig(o.Content, "spec", "template", "spec"))
		}
	}
	return s
}

func (s *seen) node(o *Object) {
	n := seenNode{region: decoded.Word(o.Content, "metadata", "labels", schema.RegionLabel)}
	for _, a := range decoded.Items(o.Content, "status", "addresses") {
		if addr, err := netip.ParseAddr(decoded.Text(a, "address")); err == nil && decoded.Text(a, "type") == "InternalIP" {
			n.addresses = append(n.addresses, addr)
		}
	}
	if n.region != "" {
		s.regions[n.region] = true
	}
	s.nodes[o.Name] = n
}

// image ends with the version that it has, where nobody has given it another tag.
var image = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`:v(\d+\.\d+\.\d+)(?:@.*)?$`) })

// tags are what a gateway asks for.
var tags = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`--advertise-tags=(tag:[a-zA-Z0-9-]+)`) })

// runs reads what runs a gateway, if the object does: by the labels that we render.
func (s *seen) runs(o *Object, mode schema.GatewayMode, spec any) {
	region := decoded.Word(o.Content, "metadata", "labels", schema.RegionLabel)
	if o.Namespace != schema.Namespace || region == "" || decoded.Word(o.Content, "metadata", "labels", "app.kubernetes.io/name") != "tailscale-gateway" {
		return
	}
	g := seenGateway{region: region, mode: mode, node: decoded.Word(spec, "nodeName")}
	for _, c := range decoded.Items(spec, "containers") {
		if decoded.Text(c, "name") != "tailscale" {
			continue
		}
		if found := image().FindStringSubmatch(decoded.Text(c, "image")); found != nil {
			g.version = schema.Version(found[1])
		}
		for _, e := range decoded.Items(c, "env") {
			switch decoded.Text(e, "name") {
			case "TS_ROUTES":
				for _, p := range strings.Split(decoded.Text(e, "value"), ",") {
					if prefix, err := netip.ParsePrefix(strings.TrimSpace(p)); err == nil {
						g.routes = append(g.routes, prefix.Masked())
					}
				}
			case "TS_EXTRA_ARGS":
				if found := tags().FindStringSubmatch(decoded.Text(e, "value")); found != nil {
					g.tag = found[1]
				}
			}
		}
	}
	s.gateway = append(s.gateway, g)
}

// of are the nodes of a region, by their label or as the topology names them, and what runs
// its gateways.
func (s *seen) of(r *schema.Region) (nodes []seenNode, runs []seenGateway) {
	for _, name := range slices.Sorted(maps.Keys(s.nodes)) {
		n := s.nodes[name]
		listed := slices.ContainsFunc(r.Gateways.Nodes, func(g schema.GatewayNode) bool { return g.Name == name }) ||
			slices.ContainsFunc(r.Nodes, func(o schema.Node) bool { return o.Name == name })
		if n.region == r.Name || n.region == "" && listed {
			nodes = append(nodes, n)
		}
	}
	for _, g := range s.gateway {
		if g.region == r.Name {
			runs = append(runs, g)
		}
	}
	return nodes, runs
}

// keep leaves a region the gateways that are there, and reports whether there are any. Where
// the dump has Pods, one runs on each, but for services of the host; otherwise its Node has to
// do.
func (s *seen) keep(r *schema.Region, runs []seenGateway) bool {
	var kept []schema.GatewayNode
	for _, n := range r.Gateways.Nodes {
		_, there := s.nodes[n.Name]
		if s.pods && !r.Gateways.OnHost() {
			there = slices.ContainsFunc(runs, func(g seenGateway) bool { return g.node == n.Name })
		}
		if there {
			kept = append(kept, n)
		}
	}
	r.Gateways.Nodes = kept
	return len(kept) > 0
}

// fill gives a region what its gateways run and advertise, as far as the dump says it.
func (s *seen) fill(tailnet *schema.Tailnet, r *schema.Region, nodes []seenNode, runs []seenGateway) (unknown []string) {
	differ := r.Gateways.Mode == schema.ModePerNode || r.Gateways.HA.Strategy == schema.HASupersets
	var routes []netip.Prefix
	for _, g := range runs {
		routes = append(routes, g.routes...)
		if g.version != "" {
			tailnet.TailscaleVersion = g.version
		}
		if g.tag != "" {
			tailnet.Tag = strings.TrimSuffix(g.tag, strings.TrimPrefix(tailnet.GatewayTag(r.Name), tailnet.Tag))
		}
		if r.Gateways.Mode != schema.ModePerNode && r.Gateways.Mode != schema.ModeHost {
			r.Gateways.Mode = g.mode
		}
	}
	if len(routes) == 0 || differ {
		what := "what the gateways of region %s advertise, and which Tailscale they run, is taken from the topology: the dump has none of their Pods or DaemonSets, or they differ"
		if len(runs) == 0 {
			what = "whether the gateways of region %s run, what they advertise, and with which Tailscale, is taken from the topology: the dump has their Nodes, and none of their Pods or DaemonSets"
		}
		return []string{fmt.Sprintf(what, r.Name)}
	}
	nodeCIDRs, podCIDRs := r.NodeCIDRs, r.PodCIDRs
	r.NodeCIDRs = keepOrder(nodeCIDRs, routes, func(p netip.Prefix) bool { return isNodes(p, nodeCIDRs, nodes) })
	r.PodCIDRs = keepOrder(podCIDRs, routes, func(p netip.Prefix) bool { return slices.Contains(podCIDRs, p) || !isNodes(p, nodeCIDRs, nodes) })
	return nil
}

func isNodes(p netip.Prefix, known []netip.Prefix, nodes []seenNode) bool {
	return slices.Contains(known, p) || slices.ContainsFunc(nodes, func(n seenNode) bool { return slices.ContainsFunc(n.addresses, p.Contains) })
}

// keepOrder are the prefixes of all that want accepts: those of known in their order, then the
// others in order of address.
func keepOrder(known, all []netip.Prefix, want func(netip.Prefix) bool) []netip.Prefix {
	var list, rest []netip.Prefix
	for _, p := range known {
		if slices.Contains(all, p) && want(p) {
			list = append(list, p)
		}
	}
	for _, p := range all {
		if want(p) && !slices.Contains(list, p) {
			rest = append(rest, p)
		}
	}
	slices.SortFunc(rest, netip.Prefix.Compare)
	return append(list, slices.Compact(rest)...)
}
