package main

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Two API servers of dc stand behind one address of their own LAN, which has a port of its
// own: a balancer on the host of one of them, as keepalived and HAProxy are.
const (
	balancerIP   = "10.143.0.100"
	balancerPort = 443
)

// apiServers are their own addresses: of dc-3 and of dc-2, which is a gateway, too.
func apiServers() []string { return []string{apiServer, "10.143.0.12"} }

// apiBalancer is an API server that kubelets know by the address of a load balancer.
func apiBalancer() *shape {
	return &shape{
		name: "api-balancer",
		topology: func(t *schema.Topology) {
			t.Spec.Cluster.APIServer = schema.APIServer{Endpoint: fmt.Sprintf("%s:%d", balancerIP, balancerPort)}
			for _, a := range apiServers() {
				t.Spec.Cluster.APIServer.Addresses = append(t.Spec.Cluster.APIServer.Addresses, netip.MustParseAddr(a))
			}
		},
		network: func(w *world) error {
			at := slices.IndexFunc(w.hosts, func(h *host) bool { return h.name() == "dc-3" })
			ns := w.hosts[at].ns
			if err := batch(ns, "address add "+balancerIP+"/32 dev lan0"); err != nil {
				return err
			}
			if err := w.nft(ns, fmt.Sprintf(`add table ip balancer {
				chain in { type nat hook prerouting priority -100;
					ip daddr %s tcp dport %d dnat to numgen inc mod 2 map { 0 : %s, 1 : %s }:%d
				}
				chain out { type nat hook postrouting priority 90;
					ct status dnat ip daddr %s masquerade
				}
			}`, balancerIP, balancerPort, apiServers()[0], apiServers()[1], apiPort, apiServers()[1])); err != nil {
				return err
			}
			return w.routePods()
		},
		more: shapeChecks.balanced,
	}
}

// balanced: what kubelets are told answers, whichever server it leads to; what the Service
// kubernetes leads to answers; both servers reach kubelets; and what listens beside the
// balancer is not reached by its address.
func (c shapeChecks) balanced() {
	var remote []*host
	for _, h := range c.hosts {
		if h.site.name == "cloud" {
			remote = append(remote, h)
		}
	}
	each := func(name, address string, port int) {
		c.check(name, func() (bool, string) {
			var bad []string
			for _, h := range remote {
				for _, ns := range []string{h.ns, h.podNS, h.ns, h.podNS} {
					if _, err := seen(ns, address, port, patient); err != nil {
						bad = append(bad, fmt.Sprintf("%s to %s:%d: %v", ns, address, port, err))
					}
				}
			}
			return failures(bad, fmt.Sprintf("%s:%d, 3 hosts and their pods, twice each", address, port))
		})
	}
	each("endpoint that kubelets are told", balancerIP, balancerPort)
	for _, a := range apiServers() {
		each("API server by its own address", a, apiPort)
	}
	c.check("each API server reaches kubelets", func() (bool, string) {
		var bad []string
		for _, name := range []string{"dc-2", "dc-3"} {
			for _, h := range remote {
				if _, err := seen(c.host(name).ns, h.lan(4), kubeletPort, patient); err != nil {
					bad = append(bad, fmt.Sprintf("%s to the kubelet of %s: %v", name, h.name(), err))
				}
			}
		}
		return failures(bad, "2 servers, 3 kubelets")
	})
	c.check("the policy grants the endpoint its own port alone", func() (bool, string) {
		_, near := seen(c.host("dc-1").ns, balancerIP, apiPort, patient)
		_, far := seen(remote[2].ns, balancerIP, apiPort, patient/3)
		return near == nil && far != nil, fmt.Sprintf("%s:%d from its LAN: %v; from the other region: %v", balancerIP, apiPort, near, far)
	})
}
