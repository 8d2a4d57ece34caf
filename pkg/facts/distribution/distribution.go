// Package distribution holds what those who install a cluster keep and do: one file a
// distribution. Code asks a fact and never a distribution's name.
//
// Start with Of.
package distribution

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Distribution is what one of them keeps and does.
type Distribution struct {
	// Name is what a topology calls it: schema.Cluster.Distribution.
	Name schema.Distribution
	// Title is how messages call it.
	Title string
	// Ranges are what it keeps for itself.
	Ranges fact.Datum[[]fact.Range]
	// Pods and Services are what it takes when nobody tells it. Of several, it takes one that
	// is free.
	Pods, Services fact.Datum[[]fact.Range]
	// LeastServiceBits is how many host bits a service range has at least.
	LeastServiceBits fact.Datum[int]
	// Home is the provider whose nodes it runs itself: schema.Region.Provider. Nodes of others
	// are remote.
	Home fact.Datum[string]
	// KeepsNodes reports whether it brings a cloud controller manager that keeps every node,
	// where the user chooses no other.
	KeepsNodes fact.Datum[bool]
	// RemotePrivate reports whether it accepts private networks (RFC 1918) only for remote
	// nodes and their pods.
	RemotePrivate fact.Datum[bool]
	// KubeletUnits are the systemd units that run a kubelet.
	KubeletUnits fact.Datum[[]string]
	// MachineConfig is the directory below which its hosts take files, where they take
	// everything by one machine configuration: they have no shell, no service manager, and
	// no writable /etc.
	MachineConfig fact.Datum[string]
	// StaticPods is the directory that its kubelets read static pods from.
	StaticPods fact.Datum[string]
	// StartsAlone reports whether a kubelet that has joined once starts before its API server
	// answers, as it has to for a static pod that makes the API server reachable.
	StartsAlone fact.Datum[bool]
	// Join is how a host becomes a node, once it reaches the API server.
	Join fact.Datum[Join]
	// JoinNeeds is what the commands of its joining need that no test here has; empty where
	// a test runs them.
	JoinNeeds fact.Datum[string]
	// JoinGiven is how a host becomes one whose name its provider gives.
	JoinGiven fact.Datum[Given]
	// Alone is how a kubelet runs before its host has joined, for a static pod that makes
	// the API server reachable.
	Alone fact.Datum[Alone]
	// PluginCharts is what the names of the Helm charts begin with by which it installs network
	// plugins; a HelmChartConfig in kube-system of a chart's name changes its values.
	PluginCharts fact.Datum[string]
	// JoinPorts are what nodes need of the control plane besides the API server's port.
	JoinPorts fact.Datum[[]string]
	// NodePorts are what servers need of nodes besides the kubelet's port.
	NodePorts fact.Datum[[]string]
	// PeerPorts are what servers need of each other: etcd's. It has none where nobody but its
	// provider sees them.
	PeerPorts fact.Datum[[]string]
	// KubeletTunnel is by what API servers reach kubelets where these open the connection, as
	// messages call it; empty where API servers do.
	KubeletTunnel fact.Datum[string]
	// Signs are what its Nodes show it by.
	Signs fact.Datum[Signs]
	// Flags is where a server's own flags show in a running cluster.
	Flags fact.Datum[Flags]
	// Remote is whether nodes of other providers than Home can join, and how.
	Remote fact.Datum[Remote]
	// RemoteNetworks is the command that tells the control plane the networks of such nodes, up
	// to the name of the file with them; empty where it need not be told.
	RemoteNetworks fact.Datum[string]
}

// Join is a file that a kubelet is told its node by, and the commands that join.
//
// Words in braces stand for what differs: {server} is HOST:PORT of the API server and
// {host} its HOST, {address} the node's internalIPs, separated by a comma, {internalIP} the first, {name} the node's name, {labels} its
// labels as KEY=VALUE,KEY=VALUE and {label list} as a list of YAML, {minor} Kubernetes' MAJOR.MINOR.
type Join struct {
	// File is where the host has it, and Text what stands in it.
	File, Text string
	// ProviderID stands in Text for {providerID} where the cluster's cloud controller manager would
	// delete a Node without one; {id} in it is the ID. Empty where the distribution's own program
	// gives one.
	ProviderID fact.Datum[string]
	// Run are shell commands of root, after the file is there.
	Run []string
	// Leave are shell commands of root that take the joining back, between the draining of the
	// Node and its deletion: a kubelet that runs on would not register again, and some ask the
	// API server for their Node.
	Leave []string
	// Why is a sentence or two for whoever runs them.
	Why string
}

// Given is how hosts join whose nodes' names are not the user's to choose: those that begin
// with Prefix.
type Given struct {
	Prefix string
	Join   Join
}

// JoinOf is how a host of that name joins.
func (d *Distribution) JoinOf(name string) fact.Datum[Join] {
	if g := d.JoinGiven; g.IsKnown() && strings.HasPrefix(name, g.Value.Prefix) {
		return fact.Known(g.Value.Join, g.Source)
	}
	return d.Join
}

// Alone is a kubelet that knows no API server: shell commands of root that run it, and the
// one that ends it. {address} and {name} are the node's, as in Join: by another name the
// static pod would be another pod for the kubelet that joins.
type Alone struct {
	Run  []string
	Stop string
	// Undo takes Run back, whether or not the kubelet has been stopped.
	Undo []string
}

// Signs are what a Node has that no other distribution gives it; one of them is enough.
type Signs struct {
	// Versions are parts of its kubelet's version, and Images beginnings of its osImage.
	Versions, Images []string
	// Labels and Annotations are names.
	Labels, Annotations []string
}

// Shows reports whether a Node with that is one of the distribution's.
func (d *Distribution) Shows(version, image string, labels, annotations map[string]any) bool {
	s := d.Signs.Value
	has := func(names []string, m map[string]any) bool {
		return slices.ContainsFunc(names, func(n string) bool { _, ok := m[n]; return ok })
	}
	return slices.ContainsFunc(s.Versions, func(v string) bool { return strings.Contains(version, v) }) ||
		slices.ContainsFunc(s.Images, func(i string) bool { return strings.HasPrefix(image, i) }) || has(s.Labels, labels) || has(s.Annotations, annotations)
}

// Flags are those of a server, as an annotation of its Node has them: a list of JSON.
type Flags struct {
	Annotation string
	// Plugin is the flag that chooses the network plugin, Usual its value where it is not
	// given, and Runs what its values run; one that is not there runs nothing that is known.
	Plugin, Usual string
	Runs          map[string]Runs
	// NoPolicies is the flag that keeps its own controller of network policies off, beside
	// another plugin's; unknown where it has none.
	NoPolicies fact.Datum[string]
}

// Runs is a network plugin, and how it carries pods' packets; empty where the flag leaves
// that open.
type Runs struct {
	Type   schema.CNIType
	Tunnel schema.TunnelProtocol
}

// Remote is what a control plane that its provider runs makes of nodes elsewhere.
type Remote struct {
	Answer Answer
	// Verdict says it, as a message does after the distribution's title.
	Verdict string
}

// Answer is whether something can be done.
type Answer int

const (
	Yes Answer = iota + 1
	// Preview: by something that its provider does not yet stand by.
	Preview
	No
)

// known holds each distribution once.
var known = sync.OnceValue(func() map[schema.Distribution]Distribution {
	all := map[schema.Distribution]Distribution{}
	for _, d := range fact.All[Distribution](distributions{}) {
		all[d.Name] = d
	}
	return all
})

// Of is the distribution by that name. The empty one is kubeadm, whose defaults are those
// of Kubernetes' own documentation, and one that is not written down DistributionOther.
func Of(name schema.Distribution) Distribution {
	if d, ok := known()[cmp.Or(name, schema.DistributionKubeadm)]; ok {
		return d
	}
	return known()[schema.DistributionOther]
}

// All lists the distributions in the alphabet of their names.
func All() []Distribution {
	all := fact.All[Distribution](distributions{})
	slices.SortFunc(all, func(a, b Distribution) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// distributions has a method for each distribution.
type distributions struct{}

// What several distributions have in common.
const (
	anywhere       = "it runs anywhere"
	noJoin         = "its own installer makes nodes"
	noGiven        = "nodes have the names that their hosts have, or that somebody says"
	noRemote       = "it has no provider of its own, so none of its nodes is remote"
	homeController = "its provider's cloud controller manager runs there"
	noCharts       = "it installs no network plugin by a chart of its own"
	notRead        = "no source has been read"
	noFlags        = "its Nodes do not say how its servers run"
	ownHosts       = "its hosts have a shell and a service manager of their own"
	apiServer      = "nodes need the API server's own port alone"
	kubelet        = "kubelet.service"
	hidden         = "its provider runs the servers, and nobody else sees them"
	konnectivity   = "the konnectivity agent"
	agentTunnel    = "the websocket that each agent opens to its server"
)

// etcd's ports, of which servers of a stacked cluster need both.
func etcdPorts(source string) fact.Datum[[]string] {
	return fact.Known([]string{"tcp:2379-2380"}, source)
}

// serviceBits is what an API server takes: ten addresses at least.
func serviceBits() fact.Datum[int] {
	return fact.Known(4, "kubernetes v1.33.1, cmd/kubeadm/app/constants/constants.go: MinimumAddressesInServiceSubnet")
}
