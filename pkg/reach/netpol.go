package reach

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// NetworkPolicy is an object that may keep pods from packets. Which pods it selects, their
// labels say, and nobody tells those here: so what it does not admit is undecided.
type NetworkPolicy struct {
	// Group is the API group.
	Group, Kind, Namespace, Name string
	At                           Place
	// Spec is the object's spec, as JSON.
	Spec json.RawMessage
}

func (n NetworkPolicy) String() string {
	return fmt.Sprintf("%s %q", n.Kind, strings.TrimPrefix(n.Namespace+"/"+n.Name, "/"))
}

// IsNetworkPolicy reports whether objects of the kind keep packets from pods.
func IsNetworkPolicy(group, kind string) bool {
	return group != "" && strings.HasSuffix(kind, "NetworkPolicy") && !strings.HasPrefix(kind, "Staged")
}

// Guard has pods behind network policies.
func (w *World) Guard(policies []NetworkPolicy) { w.guards = policies }

// guarded says of a packet that arrives what network policies make of it: nothing where all
// admit it, whichever pods they select.
func (w *World) guarded(q Question, seen packet, a *Answer) {
	for _, n := range w.guards {
		for _, way := range []string{"ingress", "egress"} {
			pod, peer := q.To.Pod, seen.src
			if !peer.IsValid() {
				peer = q.From.Address() // the packet has not left its host
			}
			if way == "egress" {
				pod, peer = q.From.Pod, q.To.Address()
			}
			if !pod || way == "ingress" && !q.From.Pod && q.From.host == q.To.host && n.admitsOwnNode() {
				continue
			}
			if why := n.judge(way, w.kindOf(peer), peer, q.Port); why != "" {
				a.Verdict, a.Why, a.At = Undecided, fmt.Sprintf("%s %s, and whether it selects the pod its labels say", n, why), n.At
				return
			}
		}
	}
}

// peerKind is what the network plugin takes the other end for.
type peerKind string

const (
	aPod      peerKind = "pod"
	aNode     peerKind = "node"
	aStranger peerKind = "an address of nobody"
)

// kindOf is what the other end is to the plugin: a pod or a node while its address is its own.
func (w *World) kindOf(a netip.Addr) peerKind {
	for _, h := range w.hosts() {
		switch a {
		case h.addr, h.inside():
			return aNode
		case h.pod:
			return aPod
		}
	}
	return aStranger
}

// judge is empty where the policy admits the peer, or says nothing of that direction.
// Otherwise it says what it does, as the end of a sentence.
func (n NetworkPolicy) judge(way string, kind peerKind, peer netip.Addr, port int) string {
	switch {
	case n.Group == "networking.k8s.io" && n.Kind == "NetworkPolicy":
		return n.kubernetes(way, peer, port)
	case n.Group == "cilium.io" && (n.Kind == "CiliumNetworkPolicy" || n.Kind == "CiliumClusterwideNetworkPolicy"):
		return n.cilium(way, kind, port)
	}
	return "is of a kind that is not read here"
}

// admitsOwnNode reports whether a pod's own node may always send to it, as what Kubernetes says
// of NetworkPolicySpec.Ingress has it (api/networking/v1, kubernetes v1.33.1).
func (n NetworkPolicy) admitsOwnNode() bool {
	return n.Group == "networking.k8s.io" && n.Kind == "NetworkPolicy"
}

const unreadable = "cannot be read"

// kubernetes judges by api/networking/v1 (kubernetes v1.33.1).
func (n NetworkPolicy) kubernetes(way string, peer netip.Addr, port int) string {
	type rulePeer struct {
		IPBlock *struct {
			CIDR   string
			Except []string
		}
		PodSelector, NamespaceSelector map[string]any
	}
	type rule struct {
		From, To []rulePeer
		Ports    []struct {
			Protocol string
			Port     any
			EndPort  int
		}
	}
	var spec struct {
		PolicyTypes     []string
		Ingress, Egress []rule
	}
	if err := json.Unmarshal(n.Spec, &spec); err != nil {
		return unreadable
	}
	rules, about := spec.Ingress, len(spec.PolicyTypes) == 0 || slices.Contains(spec.PolicyTypes, "Ingress")
	if way == "egress" {
		rules, about = spec.Egress, len(spec.PolicyTypes) == 0 && spec.Egress != nil || slices.Contains(spec.PolicyTypes, "Egress")
	}
	if !about {
		return ""
	}
	labels := false
	for _, r := range rules {
		if !slices.ContainsFunc(r.Ports, func(p struct {
			Protocol string
			Port     any
			EndPort  int
		}) bool {
			first, number := p.Port.(float64)
			return (p.Protocol == "" || p.Protocol == "TCP") && (p.Port == nil || port == anyPort || number && int(first) <= port && port <= max(int(first), p.EndPort))
		}) && len(r.Ports) > 0 {
			continue
		}
		peers := slices.Concat(r.From, r.To)
		if len(peers) == 0 {
			return ""
		}
		for _, p := range peers {
			switch {
			case p.IPBlock == nil:
				labels = true
			case holds(p.IPBlock.CIDR, peer) && !slices.ContainsFunc(p.IPBlock.Except, func(e string) bool { return holds(e, peer) }):
				return ""
			}
		}
	}
	if labels {
		return "admits peers by their labels alone"
	}
	return fmt.Sprintf("does not admit %s", peer)
}

func holds(cidr string, a netip.Addr) bool {
	p, err := prefix(cidr)
	return err == nil && p.Contains(a)
}

// cilium judges by entities: blocks of addresses never match what has an identity (cilium
// 1.17.4, pkg/ipcache/metadata.go), and labels nobody tells here.
func (n NetworkPolicy) cilium(way string, kind peerKind, port int) string {
	type spec struct {
		Ingress, Egress, IngressDeny, EgressDeny []map[string]any
	}
	var one spec
	if err := json.Unmarshal(n.Spec, &one); err != nil {
		return unreadable
	}
	rules, denies, key := one.Ingress, one.IngressDeny, "fromEntities"
	if way == "egress" {
		rules, denies, key = one.Egress, one.EgressDeny, "toEntities"
	}
	if len(denies) > 0 {
		return "has rules that deny"
	}
	if rules == nil {
		return ""
	}
	admits := map[peerKind][]any{aPod: {"all", "cluster"}, aNode: {"all", "cluster", "remote-node"}, aStranger: {"all", "world", "world-ipv4"}}[kind]
	for _, r := range rules {
		entities, _ := r[key].([]any)
		named := slices.ContainsFunc(entities, func(e any) bool { return slices.Contains(admits, e) })
		_, limited := r["toPorts"]
		if named && !limited {
			return ""
		}
		if len(r) == 0 {
			continue // an empty rule admits nobody
		}
	}
	return fmt.Sprintf("names no entity that the peer, %s, is of", article(kind))
}

func article(k peerKind) string {
	if k == aStranger {
		return string(k)
	}
	return "a " + string(k)
}
