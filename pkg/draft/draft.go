// Package draft makes a first topology for somebody who has none yet: of a few answers, and of
// what they have already, such as a cluster's dump, a distribution's configuration, or gateways
// that somebody wrote by hand.
//
// Start with New. Whatever nobody said is chosen, so that the topology is whole; Notes say where,
// and Text puts them above the fields. What is wrong with what was read is in Findings.
package draft

import (
	"fmt"
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about what is read; docs/checks.md has a heading for each.
const (
	CodeManifestBroken  diag.Code = "manifest-broken"  // a gateway that cannot work as it is written
	CodeManifestFragile diag.Code = "manifest-fragile" // one that works until something happens
	CodeManifestKey     diag.Code = "manifest-key"     // a key, a token or a password that anybody can read
	CodeUnknown         diag.Code = "draft-unknown"    // what a topology needs and nothing says
	CodeUnread          diag.Code = "draft-unread"     // a document of which nothing is taken
)

// Codes lists every code that this package can report.
func Codes() []diag.Code {
	return []diag.Code{CodeManifestBroken, CodeManifestFragile, CodeManifestKey, CodeUnknown, CodeUnread}
}

// Answers are what somebody says who has no topology yet. Everything may be left out. What is
// said here goes before what is read.
type Answers struct {
	// Name is what the topology is called, a DNS label.
	Name string
	// Distribution is what installed the cluster, and Plugin its network plugin.
	Distribution schema.Distribution
	Plugin       schema.CNIType
	// KubernetesVersion, TailscaleVersion and PluginVersion are those that run.
	KubernetesVersion, TailscaleVersion, PluginVersion schema.Version
	// ControlURL is a control server of one's own.
	ControlURL string
	// APIServers are the addresses of API servers. They stand in the first region.
	APIServers []netip.Addr
	// Regions are the networks to join; the first one is where the API server is. A region that
	// was read, too, is known by its name.
	Regions []Region
}

// Region is what somebody says of one network.
type Region struct {
	// Name is a DNS label.
	Name string
	// Provider is who runs the network, as in schema.Region.
	Provider string
	// Nodes and Pods are its ranges.
	Nodes, Pods []netip.Prefix
	// Gateways are hosts, by the names of their nodes.
	Gateways []schema.GatewayNode
}

// Draft is a topology, and what its reader should know of it.
type Draft struct {
	Topology *schema.Topology
	// Notes are what stands above a field, by the field's path: sentences, in order.
	Notes map[string][]string
	// Findings are about what was read, where it was written, and about what nothing said, where
	// the topology has it.
	Findings diag.List
	// read reports whether anything was read that could have said more.
	read bool
}

// note puts a sentence above a field.
func (d *Draft) note(path, text string) { d.Notes[path] = append(d.Notes[path], text) }

// propose notes that a value was chosen for what nobody said; how says by what, after "is". Where
// something was read that might have said it, that is a finding.
func (d *Draft) propose(path, what, how, value string) {
	text := "A proposal for " + what + "."
	if how != usual {
		text = "A proposal for " + what + ": " + how + "."
	}
	d.note(path, text)
	if d.read {
		d.Findings.Warnf(CodeUnknown, path, "nothing that was read says %s; %s is %s", what, value, how).
			Fix("write what the cluster has, or leave it where that is right")
	}
}

// usual is how most values are chosen.
const usual = "a proposal"

func show[T fmt.Stringer](list []T) string {
	if len(list) == 1 {
		return list[0].String()
	}
	return fmt.Sprint(list)
}
