package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// shape is a network that users have and that two flat LANs are not: what they would
// write about it, and what stands between the hosts. Shapes are IPv4.
type shape struct {
	name string
	// version of Tailscale that it needs; empty where any will do.
	version string
	// asked is a shape that runs only where -shape names it.
	asked bool
	// hub is a third region, whose gateways have public addresses.
	hub bool
	// sites changes the regions.
	sites func(cloud, dc *site)
	// topology changes what the user writes beside them.
	topology func(*schema.Topology)
	// network changes what stands between the hosts, once they are there.
	network func(*world) error
	// installed runs once hosts have their files, before anything starts.
	installed func(*checks) error
	// refused is the finding that refuses the shape; empty where it works. What lost is
	// the packets that are then lost although everything else is rendered.
	refused diag.Code
	lost    func(*checks) []string
	// more are checks that only this shape has.
	more func(shapeChecks)
	// measure is done in place of all checks.
	measure func(*checks) error
}

// flat is no shape: two LANs.
const flat = "flat"

func shapes() []*shape {
	return []*shape{
		vpcOverlay(), vpcAlias(), vpcUnrouted(), overlay(), strictFilter(), symmetricNAT(), onlyHTTPS(),
		sharedSubnet(), podsInTailnetBlock(), apiBalancer(), publicHosts(), hostServices(), portSecurity(), linked(), peerRelay(),
	}
}

// shapeChecks are about one shape.
type shapeChecks struct{ *checks }

// shape checks that everybody reaches everybody, in the region and across, or that what
// is refused fails.
func (c *checks) shape() {
	s := shapeChecks{c}
	s.judged()
	if c.pass.shape.refused != "" {
		return
	}
	s.within()
	s.across()
	s.kubelets()
	if c.pass.shape.more != nil {
		c.pass.shape.more(s)
	}
	s.outside()
	lastChecks{c}.scripts()
	lastChecks{c}.leaks()
}

// judged: the validation accepts the shape without an error, or refuses it, and then the
// packets that it speaks of are lost.
func (c shapeChecks) judged() {
	list := validate.Topology(c.topo)
	refused := c.pass.shape.refused
	if refused == "" {
		c.check("accepted", func() (bool, string) {
			var bad []string
			for _, d := range list {
				if d.Severity == diag.Error {
					bad = append(bad, d.Message)
				}
			}
			return failures(bad, "no error")
		})
		return
	}
	c.check("refused", func() (bool, string) {
		for _, d := range list {
			if d.Code == refused && d.Severity == diag.Error {
				return true, string(refused) + ": " + d.Message
			}
		}
		return false, "no error " + string(refused)
	})
	c.check("fails where the refusal is suppressed", func() (bool, string) {
		lost := c.pass.shape.lost(c.checks)
		return len(lost) > 0, fmt.Sprintf("%d ways are lost: %v", len(lost), lost)
	})
}

// ends are two hosts and how one speaks to the other.
type ends struct {
	name   string
	port   int
	from   func(*host) (ns, source string)
	target func(*host) string
}

func everyEnds() []ends {
	pod := func(h *host) (string, string) { return h.podNS, h.pod(4) }
	node := func(h *host) (string, string) { return h.ns, h.lan(4) }
	return []ends{
		{"pod to pod", podPort, pod, func(h *host) string { return h.pod(4) }},
		{"pod to node", kubeletPort, pod, func(h *host) string { return h.lan(4) }},
		{"node to pod", podPort, node, func(h *host) string { return h.pod(4) }},
		{"node to node", healthPort, node, func(h *host) string { return h.lan(4) }},
	}
}

// unreached says which of the pairs do not reach each other, or are seen as others.
func unreached(pairs [][2]*host, e ends) (bad []string) {
	found := make([]string, len(pairs))
	var group sync.WaitGroup
	for i, p := range pairs {
		group.Go(func() {
			ns, source := e.from(p[0])
			got, err := seen(ns, e.target(p[1]), e.port, patient)
			switch {
			case err != nil:
				found[i] = fmt.Sprintf("%s to %s: %v", p[0].name(), p[1].name(), err)
			case got != source && !p[0].mayHide(e.name):
				found[i] = fmt.Sprintf("%s to %s: seen as %s, not %s", p[0].name(), p[1].name(), got, source)
			}
		})
	}
	group.Wait()
	for _, f := range found {
		if f != "" {
			bad = append(bad, f)
		}
	}
	return bad
}

// mayHide: in a tunnel Cilium sends pods' packets to nodes from the node's address
// (cilium 1.18.2, bpf/lib/nat.h: snat_v4_needs_masquerade), and what a node sends to pods
// from the node's own address among them (its device cilium_host).
func (h *host) mayHide(kind string) bool {
	return h.site.overlay() && (kind == "pod to node" || kind == "node to pod")
}

func (c shapeChecks) each(where string, pairs [][2]*host) {
	for _, e := range everyEnds() {
		c.ends(where, pairs, e)
	}
}

func (c shapeChecks) ends(where string, pairs [][2]*host, e ends) {
	c.check(e.name+" "+where, func() (bool, string) {
		return failures(unreached(pairs, e), fmt.Sprintf("%d of %d", len(pairs), len(pairs)))
	})
}

// within: from each host to each other one of its region.
func (c shapeChecks) within() {
	for _, s := range c.pass.sites() {
		c.each("within "+s.name, c.pairs(func(a, b *host) bool { return a.site.name == s.name && b.site.name == s.name }))
	}
}

// across: from each host to each one of the other region. Where the regions run two
// plugins, no node needs another one but an API server the kubelets.
func (c shapeChecks) across() {
	for _, e := range everyEnds() {
		pairs := c.pairs(func(a, b *host) bool { return a.site.name != b.site.name })
		if sites := c.pass.sites(); e.name == "node to node" && sites[0].cni.Type != sites[1].cni.Type {
			e.port = kubeletPort
			pairs = slices.DeleteFunc(pairs, func(p [2]*host) bool { return p[0].site.name != "dc" })
		}
		c.ends("across", pairs, e)
	}
}

func (c *checks) pairs(wanted func(a, b *host) bool) (list [][2]*host) {
	for _, a := range c.hosts {
		for _, b := range c.hosts {
			if a != b && wanted(a, b) {
				list = append(list, [2]*host{a, b})
			}
		}
	}
	return list
}

// kubelets: the API server reaches every kubelet, and every host and pod the API server.
func (c shapeChecks) kubelets() {
	c.check("API server and kubelets", func() (bool, string) {
		var bad []string
		server := c.host("dc-3")
		for _, h := range c.hosts {
			if h == server {
				continue
			}
			if _, err := seen(server.ns, h.lan(4), kubeletPort, patient); err != nil {
				bad = append(bad, fmt.Sprintf("%s to the kubelet of %s: %v", server.name(), h.name(), err))
			}
			for _, ns := range []string{h.ns, h.podNS} {
				if _, err := seen(ns, apiServer, apiPort, patient); err != nil {
					bad = append(bad, fmt.Sprintf("%s to the API server: %v", ns, err))
				}
			}
		}
		return failures(bad, fmt.Sprintf("%d kubelets, %d hosts and their pods", len(c.hosts)-1, len(c.hosts)-1))
	})
}

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		if t != "" {
			list = append(list, netip.MustParsePrefix(t))
		}
	}
	return list
}

// identities: no pod's packets are lost for the identity that Cilium writes on them. Each
// identity has two packets, so that one which the internet lost is told from a rule
// that takes it for another.
func (c shapeChecks) identities() {
	c.check("all 256 identities in the overlay", func() (bool, string) {
		var bad []string
		for _, p := range [][2]string{{"cloud-3", "dc-3"}, {"dc-3", "cloud-3"}, {"cloud-1", "dc-1"}, {"dc-2", "cloud-2"}, {"cloud-2", "cloud-3"}} {
			a, b := c.host(p[0]), c.host(p[1])
			answers := answered(a.podNS, b.pod(4), 512)
			for i := range 256 {
				if !answers[i] && !answers[i+256] {
					bad = append(bad, fmt.Sprintf("%s to %s: the %dth of 256 identities is lost", a.name(), b.name(), i+1))
				}
			}
		}
		return failures(bad, "5 pairs of pods, 256 identities each, none lost")
	})
}

// ways is how each of two gateways reaches the other: "direct", "peer relay" or "DERP".
func (c shapeChecks) ways(a, b string) (ways [2]string) {
	for i, p := range [][2]string{{a, b}, {b, a}} {
		out, _ := c.host(p[0]).tailscale("ping", "--c=1", "--timeout=3s", "--until-direct=false", c.tailnetIP(p[1]))
		switch {
		case strings.Contains(out, " via DERP"):
			ways[i] = "DERP"
		case strings.Contains(out, " via peer-relay"):
			ways[i] = "peer relay"
		case strings.Contains(out, " via "):
			ways[i] = "direct"
		default:
			ways[i] = strings.TrimSpace(out)
		}
	}
	return ways
}

// nowUsing is what tailscaled writes when it takes an endpoint for a peer (tailscale
// 1.84.3, wgengine/magicsock/endpoint.go).
var nowUsing = regexp.MustCompile(`now using ([0-9.]+):[0-9]+`)

// outside: no tunnel's endpoint is a pod's address, nor was one since the start: the
// tunnel would lie in what it carries. Where pods have addresses of the nodes' network,
// the network itself carries them.
func (c shapeChecks) outside() {
	c.check("no tunnel to a pod's address", func() (bool, string) {
		var pods []netip.Prefix
		for i := range c.topo.Spec.Regions {
			r := &c.topo.Spec.Regions[i]
			for _, p := range r.PodCIDRs {
				if !slices.Contains(r.NodeCIDRs, p) {
					pods = append(pods, p)
				}
			}
		}
		var bad []string
		taken, now := 0, 0
		for _, h := range c.hosts {
			if !h.gateway() {
				continue
			}
			out, err := h.tailscale("status", "--json")
			if err != nil {
				return false, h.name() + ": " + err.Error()
			}
			var status struct {
				Peer map[string]struct{ HostName, CurAddr string }
			}
			if err := json.Unmarshal([]byte(out), &status); err != nil {
				return false, h.name() + ": " + err.Error()
			}
			for _, p := range status.Peer {
				a, err := netip.ParseAddrPort(p.CurAddr)
				if err != nil {
					continue // by a relay, or idle
				}
				now++
				if slices.ContainsFunc(pods, func(pod netip.Prefix) bool { return pod.Contains(a.Addr()) }) {
					bad = append(bad, fmt.Sprintf("%s reaches %s at %s", h.name(), p.HostName, a))
				}
			}
			log, err := os.ReadFile(filepath.Join(c.dir, "logs", h.name()+"-"+h.daemonName()+".log"))
			if err != nil {
				return false, err.Error()
			}
			for _, m := range nowUsing.FindAllSubmatch(log, -1) {
				taken++
				if a, err := netip.ParseAddr(string(m[1])); err == nil && slices.ContainsFunc(pods, func(pod netip.Prefix) bool { return pod.Contains(a) }) {
					bad = append(bad, fmt.Sprintf("%s took %s", h.name(), m[1]))
				}
			}
		}
		return failures(bad, fmt.Sprintf("%d tunnels are direct, and %d endpoints were taken since the start", now, taken))
	})
}
