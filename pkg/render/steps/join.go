package steps

import (
	"maps"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// join is how a host of the region becomes a node, where the distribution's own way is
// written down. Nodes beside a DaemonSet have joined by the cluster's own means.
func (b *builder) join(r *plan.Region) {
	d := b.distribution()
	if !d.Join.IsKnown() || b.p.MachineConfig() || d.Home.Value == r.Region.Provider {
		return
	}
	host, port := b.spec().Cluster.APIServer.Told()
	for i := range r.Region.Gateways.Nodes {
		n := &r.Region.Gateways.Nodes[i]
		b.alone(r, n)
		b.joinHost(d.JoinOf(n.Name).Value, who{title: n.Name, address: addresses(n), name: n.Name, region: r}, r.JoinLabels(n), host, port)
	}
	if plan.EveryNodeIsGateway(r.Region) {
		return
	}
	other := d.Join
	if gateways := r.Region.Gateways.Nodes; len(gateways) > 0 { // their names are of the gateways' kind
		other = d.JoinOf(gateways[0].Name)
	}
	b.joinHost(other.Value, who{"each other node of " + r.Region.Name, "ADDRESS", "NAME", r.Region.Name, r}, r.JoinLabels(nil), host, port)
}

// alone is a kubelet without an API server, which runs the static pod by which the host
// reaches one.
func (b *builder) alone(r *plan.Region, n *schema.GatewayNode) {
	alone := b.distribution().Alone
	if !alone.IsKnown() || r.LocalAPIServer || r.Region.Gateways.OnHost() {
		return
	}
	b.add(Step{Phase: Join, Title: "Bring up the tunnel of " + n.Name + " before it joins", On: n.Name,
		Why:   "Joining needs the API server, which this host reaches through its own gateway, and the gateway is a pod. So a kubelet runs alone first, without a server's port and without an API server. When it is stopped the gateway goes on, and the kubelet that joins finds it running.",
		Run:   filled(alone.Value.Run, strings.NewReplacer("{address}", addresses(n), "{name}", n.Name)),
		Works: healthy(r, n) + " && " + alone.Value.Stop, Shows: "nothing, with exit code 0: the tunnel is up, and the lone kubelet has ended",
		Undo: alone.Value.Undo})
}

// healthy asks a gateway, on its host, whether it is well. Where only the kubelet asks, it
// answers on the loopback alone.
func healthy(r *plan.Region, n *schema.GatewayNode) string {
	address := n.InternalIP.String()
	if r.Health == plan.HealthLoopback {
		address = "127.0.0.1"
	}
	return "curl -sf http://" + hostPort(address, facts.TailscaleHealthPort) + "/healthz"
}

// addresses are what a kubelet is told of its node: of a dual-stack one both.
func addresses(n *schema.GatewayNode) string {
	var all []string
	for _, a := range n.Addresses() {
		all = append(all, a.String())
	}
	return strings.Join(all, ",")
}

// filled puts the words in place of what stands for them.
func filled(lines []string, words *strings.Replacer) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = words.Replace(line)
	}
	return out
}

// who is a host that joins, or each other one of a region.
type who struct {
	title, address, name, nodesOf string
	region                        *plan.Region
}

func (b *builder) joinHost(j distribution.Join, who who, labels map[string]string, host string, port int) {
	var flags []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		flags = append(flags, k+"="+labels[k])
	}
	needs := b.distribution().JoinNeeds.Value
	if b.p.NeedsProviderID(who.region) && needs == "" {
		needs = "a cloud controller manager" // to see that it leaves the node alone
	}
	first, _, _ := strings.Cut(who.address, ",")
	provider := ""
	if b.p.NeedsProviderID(who.region) {
		provider = strings.ReplaceAll(j.ProviderID.Value, "{id}", "hybrid://"+who.region.Region.Name+"/"+who.name)
	}
	fill := strings.NewReplacer("{server}", hostPort(host, port), "{host}", host, "{address}", who.address, "{internalIP}", first, "{name}", who.name, "{minor}", b.minor(), "{providerID}", provider,
		"{labels}", strings.Join(flags, ","), "{label list}", "  - "+strings.Join(flags, "\n  - "))
	run := []string{"install -d " + j.File[:strings.LastIndex(j.File, "/")], "cat >" + j.File + " <<'END'"}
	run = append(run, strings.Split(strings.TrimSuffix(fill.Replace(j.Text), "\n"), "\n")...)
	run = append(run, "END")
	run = append(run, filled(j.Run, fill)...)
	b.add(Step{Phase: Join, Title: "Join " + who.title, On: who.title, NodesOf: who.nodesOf, Run: run,
		Why:   "The node's address is the LAN's: without it the kubelet may take one from the tailnet, which no other node can use. " + j.Why,
		Works: "kubectl get node " + who.name + " -o wide -L " + schema.RegionLabel, Shows: "the address and the region, and Ready once its plugin runs",
		Undo:  slices.Concat([]string{"kubectl drain " + who.name + " --ignore-daemonsets --delete-emptydir-data"}, j.Leave, []string{"kubectl delete node " + who.name}),
		Needs: needs})
}

// minor is Kubernetes' version without its last number.
func (b *builder) minor() string {
	parts := strings.Split(string(b.spec().Cluster.KubernetesVersion), ".")
	return strings.Join(parts[:min(2, len(parts))], ".")
}
