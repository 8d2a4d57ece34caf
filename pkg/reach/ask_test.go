package reach

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// lans are two LANs with two gateways in the first, which walk whole.
func lans() combination {
	return combination{provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeStaticPod, peer: sameCNI, gateways: two}
}

func worldOf(t *testing.T, topology *schema.Topology) *World {
	t.Helper()
	f, err := rendered(topology)
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(topology, f, Machines(topology))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func find(t *testing.T, w *World, text string) End {
	t.Helper()
	e, err := w.Find(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestPartsStandWhereTheySay: the line of a part has what the part is about.
func TestPartsStandWhereTheySay(t *testing.T) {
	kinds := map[PartKind]int{}
	for _, c := range []combination{lans(), twoSites()} {
		w := worldOf(t, c.topology())
		for _, p := range w.Parts() {
			kinds[p.Kind]++
			text, ok := w.files[p.At.File]
			if !ok {
				t.Fatalf("%+v: there is no such file", p)
			}
			if p.At.Line == 0 {
				continue // the file as a whole
			}
			line := strings.Split(text, "\n")[p.At.Line-1]
			about := p.Text
			switch p.Kind {
			case PartGrant:
				about = "{"
			case PartRule, PartChainLine, PartRoute:
				about = strings.Fields(line)[0] // checked by its kind below
				if !strings.Contains("own local setting buried spoofed remote source prefix", about) {
					t.Errorf("%+v: %q says nothing of the kind", p, line)
				}
			}
			if !strings.Contains(line, about) {
				t.Errorf("%+v: %q", p, line)
			}
		}
	}
	for _, k := range []PartKind{PartRule, PartRoute, PartChainLine, PartAdvertised, PartGrant, PartApproval, PartCloudRoute} {
		if kinds[k] == 0 {
			t.Errorf("there is no %s", k)
		}
	}
}

// TestRemovedAndRestored: what is removed is missed by somebody or by nobody, and is back
// after Restore; each kind has a part that is missed.
func TestRemovedAndRestored(t *testing.T) {
	missed := map[PartKind]bool{}
	for _, c := range []combination{lans(), twoSites()} {
		w := worldOf(t, c.topology())
		var questions []Question
		for _, from := range w.Ends() {
			for _, to := range w.Ends() {
				questions = append(questions, Question{From: from, To: to})
			}
		}
		whole := fmt.Sprint(w.AskAll(questions))
		for _, p := range w.Parts() {
			if missed[p.Kind] {
				continue
			}
			w.Remove(p)
			for _, a := range w.AskAll(questions) {
				missed[p.Kind] = missed[p.Kind] || a.Verdict != Reachable
			}
			w.Restore()
		}
		if again := fmt.Sprint(w.AskAll(questions)); again != whole {
			t.Errorf("answers differ after Restore:\n%s\n%s", whole, again)
		}
	}
	for _, k := range []PartKind{PartRule, PartRoute, PartAdvertised, PartGrant, PartApproval, PartCloudRoute} {
		if !missed[k] {
			t.Errorf("nobody misses any %s", k)
		}
	}
}

// TestChainLinesMatter where the host forwards nothing by itself.
func TestChainLinesMatter(t *testing.T) {
	topology := lans().topology()
	f, err := rendered(topology)
	if err != nil {
		t.Fatal(err)
	}
	machines := Machines(topology)
	for i := range machines {
		machines[i].Drops = machines[i].Gateway
	}
	w, err := New(topology, f, machines)
	if err != nil {
		t.Fatal(err)
	}
	q := Question{From: find(t, w, "pod@one"), To: find(t, w, "pod@two")}
	if a := w.Ask(q); a.Verdict != Reachable {
		t.Fatalf("%s: %s", a.Verdict, a.Why)
	}
	for _, p := range w.Parts() {
		if p.Kind == PartChainLine && p.Of == "one-1" && strings.HasPrefix(p.Text, "FORWARD -o tailscale0") {
			w.Remove(p)
		}
	}
	a := w.Ask(q)
	if a.Verdict == Reachable || !strings.Contains(a.Why, "the firewall of one-1") {
		t.Errorf("%s: %s", a.Verdict, a.Why)
	}
}

// TestEndsAreFound by name, by region, as pods and by address.
// The tunnel's table leads to peers' addresses and to no other one of their block: packets to
// pods that lie there took the LAN although the rule for them was gone.
func TestTunnelHasPeersAlone(t *testing.T) {
	w := worldOf(t, lans().topology())
	w.elect(elections()[0])
	gateways := 0
	for _, h := range w.hosts() {
		if !h.isGateway() {
			continue
		}
		gateways++
		for _, o := range w.hosts() {
			p := packet{dst: o.tailnet, protocol: tcp}
			if o == h || !o.isGateway() {
				continue
			}
			if r, _, l := h.lookup(&p, toPod); l != nil || r.dev != tunnel {
				t.Errorf("%s sends to %s of %s by %q: %v", h.name, p.dst, o.name, r.dev, l)
			}
		}
		p := packet{dst: netip.MustParseAddr("100.127.255.254"), protocol: tcp}
		if r, _, l := h.lookup(&p, toPod); l == nil && r.dev == tunnel {
			t.Errorf("%s sends to %s, which nobody has, by the tunnel", h.name, p.dst)
		}
	}
	if gateways != 3 {
		t.Errorf("%d gateways", gateways)
	}
}

func TestEndsAreFound(t *testing.T) {
	topology := lans().topology()
	w := worldOf(t, topology)
	for text, want := range map[string]string{
		"one-1": "one-1", "pod@one-2": "pod@one-2", "two": "two", "pod@two": "pod@two",
		"10.8.0.11": "one-1", "10.72.200.7": "pod@one", "10.12.3.9": "two",
	} {
		if e, err := w.Find(text); err != nil || e.String() != want {
			t.Errorf("%s is %v (%v), want %s", text, e, err, want)
		}
	}
	for _, text := range []string{"", "pod@", "nobody", "pod@nobody", "192.0.2.1", "fd00::1"} {
		if e, err := w.Find(text); err == nil {
			t.Errorf("%q is %s", text, e)
		}
	}
	if m, ok := MachineAt(topology, netip.MustParseAddr("10.8.0.5")); !ok || m.Region != "one" {
		t.Errorf("the API server is %+v (%t)", m, ok)
	}
	if m, ok := MachineAt(topology, netip.MustParseAddr("10.8.0.11")); ok {
		t.Errorf("a gateway is another host: %+v", m)
	}
}

// TestMachinesStandApart: no two have an address in common, and no pod that of a host.
func TestMachinesStandApart(t *testing.T) {
	for _, c := range programCases() {
		seen := map[netip.Addr]string{}
		for _, m := range Machines(c.topology()) {
			for _, a := range []netip.Addr{m.Address, m.Pod, m.Tailnet} {
				if other, taken := seen[a]; taken && a.IsValid() {
					t.Errorf("%s and %s have %s", m.Name, other, a)
				}
				seen[a] = m.Name
			}
		}
	}
}

// TestManyRegionsHaveFewClasses: what is walked does not grow with regions that are alike.
func TestManyRegionsHaveFewClasses(t *testing.T) {
	topology := lans().topology()
	first := topology.Spec.Regions[0]
	for i := range 200 {
		r := first
		r.Name = fmt.Sprint("more-", i)
		topology.Spec.Regions = append(topology.Spec.Regions, r)
	}
	regions, walked := 0, 0
	for _, c := range Classes(topology) {
		regions, walked = regions+c.Regions, walked+len(c.Walked)
	}
	if regions != 202 || walked > 4 {
		t.Errorf("%d regions, %d walked", regions, walked)
	}
}

// TestLosses: the other gateway takes over, where somebody elects it.
func TestLosses(t *testing.T) {
	for _, test := range []struct {
		lose []string
		want Verdict
	}{
		{nil, Reachable},
		{[]string{"one-1"}, Reachable},
		{[]string{Control}, Reachable},
		{[]string{"one-1", "one-2"}, Unreachable},
		{[]string{"one-1", Control}, Undecided}, // it was the primary, or was not
		{[]string{"two"}, Unreachable},
	} {
		w := worldOf(t, lans().topology())
		q := Question{From: find(t, w, "pod@one"), To: find(t, w, "pod@two")}
		if _, err := w.Lose(test.lose...); err != nil {
			t.Fatal(err)
		}
		if a := w.Ask(q); a.Verdict != test.want {
			t.Errorf("without %q: %s (%s), want %s", test.lose, a.Verdict, a.Why, test.want)
		}
	}
}

// TestNetworkPolicies: what admits everybody is heard, whatever else is undecided, and never
// reachable.
func TestNetworkPolicies(t *testing.T) {
	w := worldOf(t, lans().topology())
	q := Question{From: find(t, w, "pod@one"), To: find(t, w, "pod@two"), Port: 8080}
	k8s := NetworkPolicy{Group: "networking.k8s.io", Kind: "NetworkPolicy", Namespace: "a", Name: "b"}
	cilium := NetworkPolicy{Group: "cilium.io", Kind: "CiliumNetworkPolicy", Namespace: "a", Name: "b"}
	for spec, want := range map[string]Verdict{
		`{"podSelector": {}, "ingress": [{}]}`:                                                                      Reachable,
		`{"podSelector": {}}`:                                                                                       Undecided,
		`{"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}`:                                            Reachable,
		`{"podSelector": {}, "policyTypes": ["Egress"]}`:                                                            Undecided,
		`{"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}`:                         Reachable,
		`{"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 1}]}]}`: Undecided,
		`{"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {}}]}]}`:                                   Undecided,
		`{"podSelector": {}, "ingress": "all"}`:                                                                     Undecided,
	} {
		k8s.Spec = []byte(spec)
		w.Guard([]NetworkPolicy{k8s})
		if a := w.Ask(q); a.Verdict != want {
			t.Errorf("%s: %s (%s), want %s", spec, a.Verdict, a.Why, want)
		}
	}
	for spec, want := range map[string]Verdict{
		`{"ingress": [{"fromEntities": ["cluster"]}]}`:                         Reachable,
		`{"ingress": [{"fromEntities": ["remote-node"]}]}`:                     Undecided,
		`{"ingress": [{"fromEntities": ["cluster"]}], "ingressDeny": [{}]}`:    Undecided,
		`{"egress": [{"toEntities": ["all"]}]}`:                                Reachable,
		`{"ingress": [{"fromCIDR": ["10.0.0.0/8"]}]}`:                          Undecided,
		`{"ingress": [{"fromEntities": ["all"], "toPorts": [{"ports": []}]}]}`: Undecided,
	} {
		cilium.Spec = []byte(spec)
		w.Guard([]NetworkPolicy{cilium})
		if a := w.Ask(q); a.Verdict != want {
			t.Errorf("%s: %s (%s), want %s", spec, a.Verdict, a.Why, want)
		}
	}
}

// TestOwnNodeIsAdmitted: Kubernetes has a pod's own node always send to it, and a packet that
// never leaves its host is told with the address of that.
func TestOwnNodeIsAdmitted(t *testing.T) {
	w := worldOf(t, lans().topology())
	k8s := NetworkPolicy{Group: "networking.k8s.io", Kind: "NetworkPolicy", Name: "b", Spec: []byte(`{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}`)}
	cilium := NetworkPolicy{Group: "cilium.io", Kind: "CiliumNetworkPolicy", Name: "b", Spec: []byte(`{"ingress": [{"fromEntities": ["world"]}]}`)}
	for _, c := range []struct {
		policy   NetworkPolicy
		from, to string
		want     Verdict
	}{
		{k8s, "one-1", "pod@one-1", Reachable},
		{k8s, "one", "pod@one", Reachable},
		{k8s, "one-2", "pod@one-1", Undecided},
		{k8s, "pod@one", "one", Undecided}, // the API says it of what comes to a pod alone
		{cilium, "one-1", "pod@one-1", Undecided},
	} {
		w.Guard([]NetworkPolicy{c.policy})
		a := w.Ask(Question{From: find(t, w, c.from), To: find(t, w, c.to)})
		if a.Verdict != c.want || strings.Contains(a.Why, "invalid") || strings.Contains(a.Why, string(aStranger)) {
			t.Errorf("%s, %s to %s: %s (%s), want %s", c.policy, c.from, c.to, a.Verdict, a.Why, c.want)
		}
	}
}
