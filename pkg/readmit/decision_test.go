package readmit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
)

// The oracle: slow and obvious readers of policies, who decide one packet at a time and
// share nothing with the package under test.

// source is where packets come from.
type source struct {
	name string
	addr netip.Addr
	// entities are what Cilium takes it for; without any it is known by address.
	entities []string
}

func at(name, addr string, entities ...string) source {
	return source{name, netip.MustParseAddr(addr), entities}
}

// pair is a gateway: as a node, and as what its own traffic comes from.
type pair struct{ node, tailnet source }

func gatewayPairs() []pair {
	node := []string{"remote-node", "cluster", "all"}
	api := append([]string{"kube-apiserver"}, node...)
	return []pair{
		{at("gcp-us-1", "10.0.0.11", api...), at("gcp-us-1's own", "100.80.0.1")},
		{at("gcp-us-2", "10.0.0.12", node...), at("gcp-us-2's own", "100.80.0.2")},
		{at("gpu-dc-1", "10.143.0.11", node...), at("gpu-dc-1's own", "100.80.0.3")},
	}
}

// bystanders are all others, whom no edit concerns.
func bystanders() []source {
	all := []source{
		at("worker", "10.0.0.77", "remote-node", "cluster", "all"), at("gpu worker", "10.143.0.77", "remote-node", "cluster", "all"),
		at("pod", "10.61.1.1", "cluster", "all"), at("this host", "10.0.0.78", "host", "cluster", "all"),
		at("internet", "192.0.2.9"), at("office", "203.0.113.1"), at("laptop in the tailnet", "100.99.0.1"), at("neighbour in the pool", "100.80.0.4"),
	}
	for _, g := range gatewayPairs() {
		all = append(all, g.node)
	}
	return all
}

// object is a policy or set as a generator writes it: JSON's kinds of values.
type object = map[string]any

func list(v any) []object {
	var all []object
	elements, _ := v.([]any)
	for _, e := range elements {
		m, _ := e.(object)
		all = append(all, m)
	}
	return all
}

func words(v any) []string {
	var all []string
	elements, _ := v.([]any)
	for _, e := range elements {
		all = append(all, fmt.Sprint(e))
	}
	return all
}

func inside(a netip.Addr, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(s string) bool { return netip.MustParsePrefix(s).Contains(a) })
}

// onPort reports whether a rule of either language is about the port; one without ports is.
func onPort(ports any, port string) bool {
	listed := words(ports)
	return len(listed) == 0 || slices.Contains(listed, port)
}

func ciliumPort(rule object, port string) bool {
	sets := list(rule["toPorts"])
	return len(sets) == 0 || slices.ContainsFunc(sets, func(set object) bool {
		return slices.ContainsFunc(list(set["ports"]), func(p object) bool { return p["port"] == port })
	})
}

// ciliumAdmits: deny wins, and what nothing allows is denied; CIDR peers mean who has no
// entity.
func ciliumAdmits(spec object, from source, port string, group []string) bool {
	names := func(rule object) bool {
		for _, e := range words(rule["fromEntities"]) {
			if slices.Contains(from.entities, e) || len(from.entities) == 0 && (e == "world" || e == "all") {
				return true
			}
		}
		for _, c := range list(rule["fromCIDRSet"]) {
			nets := group
			if cidr, ok := c["cidr"].(string); ok {
				nets = []string{cidr}
			}
			if len(from.entities) == 0 && inside(from.addr, nets) && !inside(from.addr, words(c["except"])) {
				return true
			}
		}
		return rule["fromEntities"] == nil && rule["fromCIDRSet"] == nil && rule["toPorts"] != nil
	}
	hit := func(section string) bool {
		return slices.ContainsFunc(list(spec[section]), func(r object) bool { return names(r) && ciliumPort(r, port) })
	}
	return hit("ingress") && !hit("ingressDeny")
}

// kubernetesAdmits: peers are alternatives.
func kubernetesAdmits(spec object, from source, port string) bool {
	return slices.ContainsFunc(list(spec["ingress"]), func(rule object) bool {
		var numbers []any
		for _, p := range list(rule["ports"]) {
			numbers = append(numbers, p["port"])
		}
		return onPort(numbers, port) && slices.ContainsFunc(list(rule["from"]), func(peer object) bool {
			block, ok := peer["ipBlock"].(object)
			return ok && inside(from.addr, []string{block["cidr"].(string)}) && !inside(from.addr, words(block["except"]))
		})
	})
}

// calicoDecides: the first rule that matches, but for Log; Deny where none does.
func calicoDecides(policy object, sets []object, from source, port string) string {
	spec := policy["spec"].(object)
	for _, rule := range list(spec["ingress"]) {
		destination, _ := rule["destination"].(object)
		src, _ := rule["source"].(object)
		if rule["action"] != "Log" && onPort(destination["ports"], port) && calicoNames(policy, src, sets, from.addr) {
			return rule["action"].(string)
		}
	}
	return "Deny"
}

func calicoNames(policy, src object, sets []object, a netip.Addr) bool {
	field := func(name string) string { s, _ := src[name].(string); return s }
	namespaced := policy["kind"] == "NetworkPolicy"
	selected := func(selector string, scoped bool) bool {
		return slices.ContainsFunc(sets, func(s object) bool {
			global := s["kind"] == "GlobalNetworkSet"
			switch scope := field("namespaceSelector"); {
			case !scoped:
			case scope == "global()" && !global, scope == "all()" && global, scope == "" && namespaced && global:
				return false
			}
			labels := s["metadata"].(object)["labels"].(object)
			return meets(selector, labels) && inside(a, words(s["spec"].(object)["nets"]))
		})
	}
	bySet := field("selector") != "" || field("namespaceSelector") != "" || namespaced && field("notSelector") != ""
	return (src["nets"] == nil || inside(a, words(src["nets"]))) && !inside(a, words(src["notNets"])) &&
		(!bySet || selected(field("selector"), true)) && (field("notSelector") == "" || !selected(field("notSelector"), false))
}

// meets knows the selectors that the generator writes, and ours.
func meets(selector string, labels object) bool {
	switch selector {
	case "", "all()":
		return true
	case "role == 'nodes'":
		return labels["role"] == "nodes"
	case "role != 'nodes'":
		return labels["role"] != "nodes"
	case "has(site) || role in {'nodes', 'hosts'}":
		return labels["site"] != nil || labels["role"] == "nodes" || labels["role"] == "hosts"
	case readmit.NetworkSetLabel + " == 'true'":
		return labels[readmit.NetworkSetLabel] == "true"
	}
	panic(selector)
}

// maker makes policies up.
type maker struct {
	*rand.Rand
	nets []string
}

func (m maker) some(from []string, most int) []any {
	var all []any
	for range m.IntN(most + 1) {
		if s := from[m.IntN(len(from))]; !slices.Contains(all, any(s)) {
			all = append(all, s)
		}
	}
	return all
}

func (m maker) one(from ...string) string { return from[m.IntN(len(from))] }

func (m maker) put(o object, key string, v any) {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			o[key] = v
		}
	case string:
		if v != "" {
			o[key] = v
		}
	}
}

func (m maker) except(cidr string) []any {
	return slices.DeleteFunc(m.some(m.nets, 2), func(e any) bool {
		outer, inner := netip.MustParsePrefix(cidr), netip.MustParsePrefix(e.(string))
		return outer.Bits() >= inner.Bits() || !outer.Contains(inner.Addr())
	})
}

func (m maker) cilium() object {
	rules := func(way string) []any {
		var all []any
		for range m.IntN(4) {
			rule := object{}
			switch m.IntN(3) {
			case 0:
				m.put(rule, way+"Entities", m.some([]string{"remote-node", "cluster", "host", "world", "all", "kube-apiserver"}, 2))
			case 1:
				cidr := m.one(m.nets...)
				set := object{"cidr": cidr}
				m.put(set, "except", m.except(cidr))
				rule[way+"CIDRSet"] = []any{set}
			}
			if m.IntN(2) == 0 || len(rule) == 0 {
				rule["toPorts"] = []any{object{"ports": []any{object{"port": m.one("80", "443"), "protocol": "TCP"}}}}
			}
			all = append(all, rule)
		}
		return all
	}
	spec := object{"endpointSelector": object{}, "ingress": rules("from"), "egress": rules("to")}
	if m.IntN(3) == 0 {
		spec["ingressDeny"] = rules("from")
	}
	return object{"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": object{"name": "made", "namespace": "shop"}, "spec": spec}
}

func (m maker) kubernetes() object {
	rules := func(way string) []any {
		var all []any
		for range m.IntN(4) {
			var peers []any
			for range 1 + m.IntN(3) {
				cidr := m.one(m.nets...)
				block := object{"cidr": cidr}
				m.put(block, "except", m.except(cidr))
				peers = append(peers, object{"ipBlock": block})
			}
			rule := object{way: peers}
			if m.IntN(2) == 0 {
				rule["ports"] = []any{object{"port": m.one("80", "443")}}
			}
			all = append(all, rule)
		}
		return all
	}
	return object{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": object{"name": "made", "namespace": "shop"},
		"spec": object{"podSelector": object{}, "ingress": rules("from"), "egress": rules("to")}}
}

func (m maker) calico() object {
	selectors := []string{"", "", "role == 'nodes'", "role != 'nodes'", "all()", "has(site) || role in {'nodes', 'hosts'}"}
	rules := func(way string) []any {
		var all []any
		for range m.IntN(5) {
			peer := object{}
			m.put(peer, "nets", m.some(m.nets, 2))
			m.put(peer, "notNets", m.some(m.nets, 1))
			m.put(peer, "selector", m.one(selectors...))
			m.put(peer, "notSelector", m.one("", "", selectors[m.IntN(len(selectors))]))
			m.put(peer, "namespaceSelector", m.one("", "", "global()", "all()"))
			rule := object{"action": m.one("Allow", "Allow", "Deny", "Pass", "Log"), way: peer}
			if m.IntN(2) == 0 {
				rule["protocol"], rule["destination"] = "TCP", object{"ports": []any{m.one("80", "443")}}
				if way == "destination" {
					delete(rule, "destination")
					rule[way] = peer
				}
			}
			all = append(all, rule)
		}
		return all
	}
	meta := object{"name": "made"}
	kind := m.one("NetworkPolicy", "GlobalNetworkPolicy")
	if kind == "NetworkPolicy" {
		meta["namespace"] = "shop"
	}
	return object{"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": meta,
		"spec": object{"selector": "all()", "ingress": rules("source"), "egress": rules("destination")}}
}

func (m maker) sets() []object {
	all := []object{}
	for i := range m.IntN(4) {
		labels := object{}
		m.put(labels, "role", m.one("", "nodes", "hosts"))
		m.put(labels, "site", m.one("", "lab"))
		meta := object{"name": fmt.Sprint("set-", i), "labels": labels}
		kind := m.one("GlobalNetworkSet", "NetworkSet")
		if kind == "NetworkSet" {
			meta["namespace"] = "shop"
		}
		all = append(all, object{"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": meta, "spec": object{"nets": m.some(m.nets, 2)}})
	}
	return all
}

// transformed writes objects, has them edited and reads them again.
func transformed(t *testing.T, name string, objects []object) (after []object, changes []readmit.Change, found diag.List, text []byte) {
	t.Helper()
	var in bytes.Buffer
	for _, o := range objects {
		fmt.Fprintf(&in, "---\n%s", asJSON(t, o))
	}
	items := read(t, in.Bytes())
	changes, found = readmit.Policies(plan.New(topology(name)), items)
	for _, v := range values(t, items) {
		after = append(after, v.(object))
	}
	return after, changes, found, in.Bytes()
}

// everywhere are prefixes that say nothing of the tailnet itself.
var (
	everywhere  = []string{"10.0.0.0/22", "10.143.0.0/24", "10.0.0.11/32", "10.0.0.12/32", "10.143.0.11/32", "10.0.0.0/8", "0.0.0.0/0", "192.0.2.0/24"}
	withTailnet = append([]string{"100.64.0.0/10", "100.80.0.1/32", "100.80.0.0/24"}, everywhere...)
	known       = []string{"100.80.0.1/32", "100.80.0.2/32", "100.80.0.3/32"}
)

// ownSet is the set that is rendered beside the policies.
func ownSet() object {
	return object{"kind": "GlobalNetworkSet", "metadata": object{"labels": object{readmit.NetworkSetLabel: "true"}}, "spec": object{"nets": []any{known[0], known[1], known[2]}}}
}

const made = 2000

// TestNobodyElseIsConcerned: whatever the policy, an edit changes nothing about egress, nor
// about who is let in, but for the gateways' own traffic.
func TestNobodyElseIsConcerned(t *testing.T) {
	edited := map[string]int{}
	for seed := range uint64(made) {
		m := maker{rand.New(rand.NewPCG(seed, 1)), withTailnet}
		for language, policy := range map[string]object{"cilium": m.cilium(), "kubernetes": m.kubernetes(), "calico": m.calico()} {
			name, sets := m.around(language)
			after, changes, _, text := transformed(t, name, append(slices.Clone(sets), policy))
			edited[language] += len(changes)
			now := after[len(after)-1]
			if diff := cmp.Diff(roundTrip(t, policy["spec"].(object)["egress"]), now["spec"].(object)["egress"]); diff != "" {
				t.Fatalf("egress changes\n%s\n%s", diff, text)
			}
			if diff := cmp.Diff(roundTrip(t, sets), roundTrip(t, after[:len(after)-1])); diff != "" {
				t.Fatalf("sets change\n%s\n%s", diff, text)
			}
			for _, who := range bystanders() {
				for _, port := range []string{"80", "443", "22"} {
					before, after := decide(language, policy, append(sets, ownSet()), who, port), decide(language, now, append(sets, ownSet()), who, port)
					if before != after {
						t.Fatalf("%s on port %s: %s before, %s after\n%s%s", who.name, port, before, after, text, asJSON(t, now))
					}
				}
			}
		}
	}
	for language, n := range edited {
		if n < made/10 {
			t.Errorf("only %d edits in %s", n, language)
		}
	}
}

// TestGatewaysAreNodes: where a policy says nothing of the tailnet, the gateways' own
// traffic is let in where their nodes are, and by Kubernetes and Calico nowhere else, unless
// the report says by which rule.
func TestGatewaysAreNodes(t *testing.T) {
	judged := map[string]int{}
	for seed := range uint64(made) {
		m := maker{rand.New(rand.NewPCG(seed, 2)), everywhere}
		for language, policy := range map[string]object{"cilium": m.cilium(), "kubernetes": m.kubernetes(), "calico": m.calico()} {
			name, sets := m.around(language)
			after, changes, found, text := transformed(t, name, append(slices.Clone(sets), policy))
			now := after[len(after)-1]
			if slices.ContainsFunc(changes, func(c readmit.Change) bool { return c.Rule == readmit.RuleCalicoOwn }) || slices.ContainsFunc(found, aboutPolicy) {
				continue // said, with the way out
			}
			all := append(sets, ownSet())
			for _, g := range gatewayPairs() {
				for _, port := range []string{"80", "443", "22"} {
					node, was, is := decide(language, policy, all, g.node, port), decide(language, policy, all, g.tailnet, port), decide(language, now, all, g.tailnet, port)
					judged[language]++
					right := is == node
					if language == "cilium" { // to which the world holds gateways and no node
						right = is == node || is == was && was == "Allow"
					}
					if !right {
						t.Fatalf("%s on port %s: its node %s, itself %s before and %s after\n%s\n%s%s", g.node.name, port, node, was, is, text, asJSON(t, now), findings(t, found))
					}
				}
			}
		}
	}
	for language, n := range judged {
		if n < 4*made {
			t.Errorf("only %d decisions in %s", n, language)
		}
	}
}

// aboutPolicy reports whether a finding says that gateways and nodes fare differently.
func aboutPolicy(d *diag.Diagnostic) bool {
	return d.Severity != diag.Info && strings.Contains(d.Path, "Policy[") &&
		(d.Code == readmit.CodeDeniesGateways || d.Code == readmit.CodeSelectsNodes)
}

// around is the topology for policies of a language, and the sets that they may refer to.
func (m maker) around(language string) (string, []object) {
	switch language {
	case "cilium":
		return "known", []object{}
	case "kubernetes":
		return "calicoOnly", []object{}
	}
	return "calicoOnly", m.sets()
}

func decide(language string, policy object, sets []object, from source, port string) string {
	spec := policy["spec"].(object)
	admits := false
	switch language {
	case "calico":
		return calicoDecides(policy, sets, from, port)
	case "cilium":
		admits = ciliumAdmits(spec, from, port, known)
	default:
		admits = kubernetesAdmits(spec, from, port)
	}
	if admits {
		return "Allow"
	}
	return "Deny"
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// roundTrip is the value as it comes back from a document.
func roundTrip(t *testing.T, v any) any {
	t.Helper()
	var back any
	if err := json.Unmarshal(asJSON(t, v), &back); err != nil {
		t.Fatal(err)
	}
	return back
}
