package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// patient is how long a packet may take to find its way in a shape.
const patient = 3 * time.Second

// native is what two flat LANs have, vxlan what carries pods where no network knows them.
func native() schema.CNI { return schema.CNI{Type: schema.CNICilium, Version: "1.17.4"} }

func vxlan() schema.CNI {
	return schema.CNI{Type: schema.CNICilium, Version: "1.18.2", Tunnel: schema.TunnelVXLAN, MTU: overlayMTU}
}

// onGoogleCloud makes a site a VPC network there.
func onGoogleCloud(s *site) {
	s.fabric, s.provider = routed, schema.ProviderGCP
	s.network = schema.Network{GCP: schema.GCPNetwork{Project: "lab", Name: "k8s"}}
}

// acceptsStandby says what such a network cannot: hand over to the primary.
func acceptsStandby(t *schema.Topology) {
	t.Spec.Suppressions = append(t.Spec.Suppressions, schema.Suppression{
		Code: string(validate.CodeCloudStandby), Reason: "the lab's routes lead to the first gateway, which is the primary"})
}

// googleRoutes are made by the rendered program.
func googleRoutes(c *checks) error {
	if err := c.masquerade(); err != nil {
		return err
	}
	return c.inFabric(c.pass.sites()[0], "gcp.sh", "gcloud")
}

// example reads the regions of examples/NAME, once. The shape is that network: what its
// topology says of plugins, prefixes and providers is what the lab has.
func example(name string) func(cloud, dc *site) {
	regions := sync.OnceValue(func() []schema.Region {
		file := filepath.Join("examples", name, "topology.yaml")
		in, err := load.Files(file)
		var doc *load.Document
		if err == nil {
			doc, err = in.One()
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "lab: run it from the top of the tree: %v\n", err)
			os.Exit(3)
		}
		return doc.Topology.Spec.Regions
	})
	return func(cloud, dc *site) {
		for i, s := range []*site{cloud, dc} {
			r := regions()[i]
			s.cni, s.provider, s.node4, s.pod4 = r.CNI, r.Provider, r.NodeCIDRs[0].String(), r.PodCIDRs[0].String()
		}
	}
}

// vpcOverlay is the published network on its own cloud, self-managed: examples/regional-gateway.
func vpcOverlay() *shape {
	regions := example("regional-gateway")
	return &shape{
		name:     "vpc-overlay",
		sites:    func(cloud, dc *site) { onGoogleCloud(cloud); regions(cloud, dc) },
		topology: acceptsStandby, network: (*world).overlays, installed: googleRoutes,
		more: shapeChecks.identities,
	}
}

// vpcAlias is the same as GKE has it: alias ranges, which the network knows and takes
// from their host. It is examples/alias-ranges.
func vpcAlias() *shape {
	regions := example("alias-ranges")
	return &shape{
		name: "vpc-alias",
		sites: func(cloud, dc *site) {
			onGoogleCloud(cloud)
			regions(cloud, dc)
			cloud.alias = true
		},
		topology: acceptsStandby,
		network: func(w *world) error {
			for _, h := range w.hosts {
				if h.site.alias {
					if err := batch(w.ns(h.site.name), "route add "+h.podNet(4)+" via "+h.lan(4)+" dev "+h.port()+" onlink"); err != nil {
						return err
					}
				}
			}
			return w.routePods("dc")
		},
		installed: googleRoutes,
	}
}

// vpcUnrouted is the published network as it was written: nobody routes the pods.
func vpcUnrouted() *shape {
	return &shape{
		name:     "vpc-unrouted",
		sites:    func(cloud, dc *site) { onGoogleCloud(cloud); cloud.cni, dc.cni = native(), native() },
		topology: acceptsStandby, installed: googleRoutes,
		network: func(w *world) error { return w.routePods("dc") },
		refused: validate.CodePodsUnrouted,
		lost: func(c *checks) []string {
			inside := c.pairs(func(a, b *host) bool { return a.site.name == "cloud" && b.site.name == "cloud" })
			return unreached(inside, everyEnds()[0])
		},
	}
}

// overlay is two flat LANs whose pods travel in VXLAN.
func overlay() *shape {
	return &shape{
		name:    "overlay",
		sites:   func(cloud, dc *site) { cloud.cni, dc.cni = vxlan(), vxlan() },
		network: (*world).overlays, installed: (*checks).masquerade,
		more: shapeChecks.identities,
	}
}

// strictFilter is hosts whose cards check sources strictly, where all/ says nothing.
func strictFilter() *shape {
	return &shape{
		name: "strict-rp-filter",
		network: func(w *world) error {
			for _, h := range w.hosts {
				if _, err := run("ip", "netns", "exec", h.ns, "sh", "-c",
					"echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/default/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/lan0/rp_filter"); err != nil {
					return err
				}
			}
			return w.routePods()
		},
	}
}

// symmetricNAT is a site whose router gives each flow another port, so that nobody can
// open a direct path to it; its own gateways open it to the other site's public address.
func symmetricNAT() *shape {
	return &shape{
		name:    "symmetric-nat",
		sites:   func(_, dc *site) { dc.nat = "masquerade random,fully-random" },
		network: func(w *world) error { return w.routePods() },
		more:    func(c shapeChecks) { c.path("direct") },
	}
}

// peerRelay is two sites whose routers give each flow another port, so that nobody can open
// a direct path between them, and a third whose gateways relay for them.
func peerRelay() *shape {
	const hard = "masquerade random,fully-random"
	return &shape{
		// Its two hubs may reach each other at a pod router's address of their own LAN, which the
		// check of every shape for endpoints does not tell from a tunnel within a tunnel.
		name: "peer-relay", version: "1.102.3", asked: true, hub: true,
		sites: func(cloud, dc *site) { cloud.nat, dc.nat = hard, hard },
		topology: func(t *schema.Topology) {
			t.Spec.Tailnet.Policy.TagPerRegion = true
			t.Spec.Regions[2].Gateways.PeerRelay = relayPort
		},
		network: func(w *world) error { return w.routePods() },
		more:    shapeChecks.relayed,
	}
}

const relayPort = 40000

// relayed: the tunnel goes by the third site's gateways, whose watches have turned the relay
// on, and does so again when tailscaled has forgotten it.
func (c shapeChecks) relayed() {
	c.path("peer relay")
	on := func(h *host) bool {
		prefs, _ := h.tailscale("debug", "prefs")
		return strings.Contains(prefs, fmt.Sprintf(`"RelayServerPort": %d`, relayPort))
	}
	c.check("the relay is on after each start", func() (bool, string) {
		var bad []string
		for _, name := range []string{"hub-1", "hub-2"} {
			h := c.host(name)
			h.crash()
			if err := h.boot(); err != nil {
				return false, err.Error()
			}
			if err := c.await(40*time.Second, "the relay", func() bool { return on(h) }); err != nil {
				bad = append(bad, name+": "+err.Error())
			}
		}
		for _, name := range []string{"cloud-1", "dc-1"} {
			if on(c.host(name)) {
				bad = append(bad, name+" is a relay, too")
			}
		}
		return failures(bad, "2 relays, and nobody else")
	})
	c.path("peer relay")
}

// onlyHTTPS is a site whose firewall lets nothing out but TCP to port 443: all goes by DERP.
func onlyHTTPS() *shape {
	return &shape{
		name: "only-443",
		sites: func(_, dc *site) {
			dc.nat = "masquerade"
			dc.firewall = "tcp dport != 443 drop\nmeta l4proto != tcp drop"
		},
		network: func(w *world) error { return w.routePods() },
		more:    func(c shapeChecks) { c.path("DERP") },
	}
}

// expected is the path between the first gateways of two sites that is said before they run.
func (c shapeChecks) expected(a, b string) string {
	p := plan.New(c.topo)
	reach := func(name string) plan.Reach {
		for i := range p.Regions {
			if p.Regions[i].Region.Name == name {
				return p.Regions[i].ReachOf(0)
			}
		}
		return 0
	}
	switch plan.ExpectedPath(reach(a), reach(b), len(p.PeerRelays()) > 0) {
	case plan.PathDirect:
		return "direct"
	case plan.PathPeerRelay:
		return "peer relay"
	case plan.PathRelayed:
		return "DERP"
	}
	return "either"
}

// path: how a gateway of each site reaches one of the other.
func (c shapeChecks) path(want string) {
	limit := 20 * time.Second
	if want == "peer relay" {
		// tailscaled looks for relays twice a minute (tailscale 1.102.3,
		// wgengine/magicsock/magicsock.go: discoverUDPRelayPathsInterval).
		limit = 90 * time.Second
	}
	c.check("path of the tunnel is "+want, func() (bool, string) {
		var ways [2]string
		start := time.Now()
		c.await(limit, want, func() bool {
			ways = c.ways("cloud-1", "dc-1")
			return ways[0] == want && ways[1] == want
		})
		said := c.expected("cloud", "dc")
		return ways[0] == want && ways[1] == want && said == want, fmt.Sprintf("from cloud-1 %s, from dc-1 %s, after %.0f s, and the report expects %s", ways[0], ways[1], time.Since(start).Seconds(), said)
	})
}

// sharedSubnet is EKS as it comes: pods have addresses of the nodes' subnet, and the
// network knows whose they are. Here each host answers for its pods' addresses, as the
// fabric does.
func sharedSubnet() *shape {
	return &shape{
		name:     "shared-subnet",
		topology: inOneZone,
		sites: func(cloud, dc *site) {
			onAmazon(cloud)
			dc.cni = schema.CNI{Type: schema.CNICalico, Version: "3.30.2"}
			cloud.pod4, cloud.podNet4 = cloud.node4, "10.0.%d."
		},
		network: func(w *world) error {
			for _, h := range w.hosts {
				if h.site.pod4 != h.site.node4 {
					continue
				}
				if _, err := run("ip", "netns", "exec", h.ns, "sysctl", "-qw", "net.ipv4.conf.lan0.proxy_arp=1"); err != nil {
					return err
				}
			}
			return w.routePods("dc")
		},
	}
}

// podsInTailnetBlock is EKS with custom networking: pods in 100.64.0.0/16, and the
// tailnet's pool moved to another part of 100.64.0.0/10.
func podsInTailnetBlock() *shape {
	return &shape{
		name: "pods-in-100.64",
		sites: func(cloud, dc *site) {
			onAmazon(cloud)
			dc.cni = native()
			cloud.pod4, cloud.podNet4 = "100.64.0.0/16", "100.64.%d."
		},
		topology: func(t *schema.Topology) {
			inOneZone(t)
			t.Spec.Tailnet.IPPool = prefixes("100.96.0.0/16")
		},
		network: func(w *world) error { return w.routePods() },
	}
}

// inOneZone says why gateways of one subnet share what can fail.
func inOneZone(t *schema.Topology) {
	t.Spec.Suppressions = append(t.Spec.Suppressions, schema.Suppression{
		Code: string(validate.CodeZone), Reason: "a subnet of the cloud is one zone"})
}

func onOpenStack(s *site) { s.provider = schema.ProviderOpenStack }

func onAmazon(s *site) {
	s.oneZone = true
	s.provider, s.cni = schema.ProviderAWS, schema.CNI{Type: schema.CNIAWSVPC, Version: "1.19.5"}
}

// rent makes the hosts of a site rented ones: one public address each, and no network.
func rent(s *site) {
	s.fabric, s.mode = apart, schema.ModePerNode
	s.cni.IPAM = schema.IPAMKubernetes
}

// publicHosts is three rented hosts beside a data centre. No host has a route to another
// one's pods but by the tailnet.
func publicHosts() *shape {
	return &shape{
		name: "public-hosts",
		sites: func(cloud, dc *site) {
			rent(cloud)
			dc.cni.IPAM = schema.IPAMKubernetes
		},
		network: func(w *world) error { return w.routePods("dc") },
		more:    shapeChecks.alone,
	}
}

// alone: the tunnels between the hosts are direct, their addresses stand on a device of
// their own, and a host that is gone takes nobody along.
func (c shapeChecks) alone() {
	c.path("direct")
	c.check("tunnels within cloud are direct", func() (bool, string) {
		var bad []string
		for _, p := range [][2]string{{"cloud-1", "cloud-2"}, {"cloud-2", "cloud-3"}, {"cloud-3", "cloud-1"}} {
			var ways [2]string
			c.await(20*time.Second, "direct", func() bool {
				ways = c.ways(p[0], p[1])
				return ways == [2]string{"direct", "direct"}
			})
			if ways != [2]string{"direct", "direct"} {
				bad = append(bad, fmt.Sprintf("%s and %s: %v", p[0], p[1], ways))
			}
		}
		return failures(bad, "3 pairs, both ways")
	})
	c.check("addresses are made, and nowhere else", func() (bool, string) {
		var bad []string
		for _, h := range c.hosts {
			out, err := h.sh("ip -o address show to 10.0.0.0/8 | awk '$2 != \"pod0\" && $2 != \"lan0\" { print $2, $4 }'")
			want := ""
			if h.site.fabric == apart {
				want = "kh0 " + h.lan(4) + "/32\n"
			}
			if err != nil || out != want {
				bad = append(bad, fmt.Sprintf("%s has %q, not %q: %v", h.name(), out, want, err))
			}
		}
		return failures(bad, "on kh0 of 3 hosts")
	})
	c.check("a host that is gone takes nobody along", func() (bool, string) {
		gone := c.host("cloud-1")
		gone.crash()
		gone.parts["watch"].stop(syscall.SIGKILL)
		var bad []string
		for _, p := range [][2]string{{"cloud-2", "cloud-3"}, {"cloud-3", "dc-3"}, {"dc-1", "cloud-2"}} {
			a, b := c.host(p[0]), c.host(p[1])
			for _, e := range everyEnds() {
				bad = append(bad, unreached([][2]*host{{a, b}}, e)...)
			}
		}
		if reach(gone.podNS, c.host("cloud-2").pod(4), podPort) {
			bad = append(bad, "the host without a tunnel still reaches another one's pods")
		}
		if err := gone.boot(); err != nil {
			return false, err.Error()
		}
		if err := gone.watch(); err != nil {
			return false, err.Error()
		}
		err := c.await(40*time.Second, "cloud-1 to be back", func() bool {
			return len(unreached([][2]*host{{gone, c.host("dc-3")}, {c.host("cloud-2"), gone}}, everyEnds()[0])) == 0
		})
		if err != nil {
			bad = append(bad, err.Error())
		}
		return failures(bad, "cloud-1 without tailscaled: the others reach each other, and it comes back")
	})
}
