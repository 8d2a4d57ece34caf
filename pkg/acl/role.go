package acl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// role is one reason why regions reach each other: which addresses reach which, on which
// ports, and why.
type role struct {
	name  string
	why   string
	src   []place
	dst   []place
	ports []string
	// from and to select the regions; nil selects all of them.
	from, to func(*schema.Region) bool
	// class puts regions that do not need each other into one class; nil means that
	// all of them do.
	class func(*schema.Region) string
}

// roles are the reasons why the regions of the topology reach each other, in the order of
// the file.
//
// What a node may do, its pods may do and the other way round: a node can take the
// address of any pod of its region, so refusing it what pods have protects nothing.
// Only what neither of them needs is worth refusing: other nodes' ports.
func roles(s *schema.Spec) []role {
	list := clusterRoles(s)
	if s.Tailnet.Policy.Access == schema.AccessAllowAll {
		list = []role{everything()}
	}
	list = append(list, overlays(s)...)
	if plan.SeenAsNodes(s) {
		list = seenAsNodes(list)
	}
	return append(list, flows(s)...)
}

// seenAsNodes lets nodes do what pods do to nodes, since most of those are seen as theirs.
// What API servers need of kubelets is then among it.
func seenAsNodes(list []role) []role {
	for i, r := range list {
		if slices.Contains(r.src, pods) && !slices.Contains(r.src, nodes) && !slices.Contains(r.dst, pods) {
			list[i].src = append([]place{nodes}, r.src...)
		}
	}
	metrics := slices.IndexFunc(list, func(r role) bool { return r.name == "metrics" })
	if metrics < 0 {
		return list
	}
	list[metrics].why += ", seen as their nodes; API servers reach kubelets: logs, exec, port-forward"
	return slices.DeleteFunc(list, func(r role) bool { return r.name == "kubelet" })
}

// everything is what the explicit choice of allow-all grants. It is TCP, UDP and
// ICMP: other protocols must be named (tailscale 1.84.3, wgengine/filter/match.go).
func everything() role {
	return role{
		name: "all", why: "everything between regions: access is allowAll",
		src: []place{nodes, pods}, dst: []place{nodes, pods}, ports: []string{"*"},
	}
}

func clusterRoles(s *schema.Spec) []role {
	hasAPI := func(r *schema.Region) bool { return hasAPIServer(s, r) }
	list := []role{{
		name: "api-server", why: "nodes and pods reach the API server",
		src: []place{nodes, pods}, dst: []place{apiServer},
		ports: []string{fmt.Sprintf("tcp:%d", s.Cluster.APIServer.Port)}, to: hasAPI,
	}, {
		name: "kubelet", why: "API servers reach kubelets: logs, exec, port-forward",
		src: []place{nodes}, dst: []place{nodes}, ports: []string{fmt.Sprintf("tcp:%d", facts.KubeletPort)}, from: hasAPI,
	}, {
		name: "metrics", why: "metrics-server and Prometheus, pods of any region, scrape kubelets",
		src: []place{pods}, dst: []place{nodes}, ports: []string{fmt.Sprintf("tcp:%d", facts.KubeletPort)},
	}}
	if at, ok := s.Cluster.APIServer.Balancer(); ok {
		list = slices.Insert(list, 1, role{
			name: "api-endpoint", why: "nodes and pods reach the API server by the address that stands for all of them",
			src: []place{nodes, pods}, dst: []place{balancer}, ports: []string{fmt.Sprintf("tcp:%d", at.Port())},
			to: func(r *schema.Region) bool { return cidr.AnyContains(r.Advertised(), at.Addr()) },
		})
	}
	dist := facts.Distribution(s.Cluster.Distribution)
	if len(dist.JoinPorts.Value) > 0 {
		list = append(list, role{
			name: "join", why: "nodes join by, and stay connected to, what " + dist.Title + " runs beside the API server",
			src: []place{nodes}, dst: []place{apiServer}, ports: dist.JoinPorts.Value, to: hasAPI,
		})
	}
	if len(dist.NodePorts.Value) > 0 {
		list = append(list, role{
			name: "node-api", why: "control plane nodes reach what " + dist.Title + " runs on every node beside the kubelet",
			src: []place{apiServer}, dst: []place{nodes}, ports: dist.NodePorts.Value, from: hasAPI,
		})
	}
	if len(dist.PeerPorts.Value) > 0 {
		list = append(list, role{
			name: "etcd", why: "API servers of several regions keep one etcd",
			src: []place{apiServer}, dst: []place{apiServer}, ports: dist.PeerPorts.Value, from: hasAPI, to: hasAPI,
		})
	}
	list = append(list, pluginRoles(s)...)
	return append(list, role{
		name: "pods", why: "pods reach pods on every port, as in any cluster; NetworkPolicies restrict them",
		src: []place{pods}, dst: []place{pods}, ports: []string{"*"}, class: overlaid(s),
	}, role{
		// A mirror of UDP would open every UDP port of the nodes to pods, so only DNS is
		// granted, whose answers fit into the filter's memory of 512 flows (tailscale
		// 1.84.3, wgengine/filter/filter.go).
		name: "host-network", why: "nodes reach pods: webhooks, services from the host network, cluster DNS",
		src: []place{nodes}, dst: []place{pods}, ports: []string{"tcp:*", "udp:53"}, class: overlaid(s),
	})
}

// hasAPIServer reports whether an API server is, or may be, in what the region advertises.
func hasAPIServer(s *schema.Spec, r *schema.Region) bool {
	return len(s.Cluster.APIServer.In(r.Advertised())) > 0
}

// flows are what the user allows on top.
func flows(s *schema.Spec) []role {
	var list []role
	for _, f := range s.Tailnet.Policy.Flows {
		r := role{
			name: "flow", why: f.Name, src: []place{endpoint(f.Sources)}, dst: []place{endpoint(f.Targets)},
			ports: f.Ports, from: named(f.From), to: named(f.To),
		}
		list = append(list, r)
		if back := udp(f.Ports); len(back) > 0 {
			list = append(list, mirror(r, back))
		}
	}
	return list
}

// mirror is the role of the answers to a role's UDP: the packet filter remembers only the last
// 512 flows (tailscale 1.84.3, wgengine/filter/filter.go), so a busy protocol needs
// a rule for each direction.
func mirror(r role, ports []string) role {
	r.src, r.dst = r.dst, r.src
	r.from, r.to = r.to, r.from
	r.ports = ports
	r.why += " (answers over UDP)"
	return r
}

func udp(ports []string) []string {
	var list []string
	for _, p := range ports {
		if strings.HasPrefix(p, "udp:") {
			list = append(list, p)
		}
	}
	return list
}

func endpoint(e schema.Endpoint) place {
	if e == schema.EndpointPods {
		return pods
	}
	return nodes
}

// named selects regions by name; no names select all of them.
func named(names []string) func(*schema.Region) bool {
	if len(names) == 0 {
		return nil
	}
	return func(r *schema.Region) bool { return slices.Contains(names, r.Name) }
}
