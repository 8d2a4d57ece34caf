// Package bundle gathers what one host needs into one directory, with a program that puts
// it in place, says whether it is, and takes it back.
//
// Start with Gateway and Node. What stands in the files, packages host and cluster know.
package bundle

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cloud"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Program is the path of the program in a bundle.
const Program = "install.sh"

//go:embed install.sh
var program []byte

// hostFile is the path of what the program reads in a bundle.
const hostFile = "host"

// manifestName is what the static pod is called in the kubelet's directory.
const manifestName = "kustomize-hybrid-gateway.yaml"

// Refusal says why a host has no bundle, and what it has instead.
type Refusal struct{ Host, Why, Instead string }

func (r *Refusal) Error() string {
	return fmt.Sprintf("host %q has no bundle: %s: %s", r.Host, r.Why, r.Instead)
}

// Gateway is the bundle of the gateway host by that name. The error is a *Refusal where
// the topology has no such gateway, or its host takes nothing that a program could install.
func Gateway(p *plan.Plan, name string) ([]tree.File, error) {
	p = p.ByName()
	fleet := host.NewFleet(p)
	for i := range p.Regions {
		r := &p.Regions[i]
		for j := range r.Region.Gateways.Nodes {
			if n := &r.Region.Gateways.Nodes[j]; n.Name == name {
				return gateway(p, fleet, r, n)
			}
		}
	}
	if before := p.Before(); before != p {
		files, err := Gateway(before, name)
		return leaves(files), err
	}
	return nil, &Refusal{name, "no region has a gateway of that name", "the gateways are " + strings.Join(gateways(p), ", ") + "; other hosts get the bundle of their region's nodes"}
}

func gateways(p *plan.Plan) []string {
	var names []string
	for i := range p.Regions {
		names = append(names, p.Regions[i].GatewayNames()...)
	}
	return names
}

func gateway(p *plan.Plan, fleet *host.Fleet, r *plan.Region, n *schema.GatewayNode) ([]tree.File, error) {
	h := hostOf(r, n)
	if p.MachineConfig() {
		return nil, &Refusal{n.Name, "it takes one machine configuration", "patch it with " + tree.InRegion(r.Region.Name, "gateway/"+host.Dir(h)+"machine-config.yaml") + " of the rendered tree"}
	}
	files := append(host.OnGateway(fleet, r, h), cloud.OnGateway(p, r)...)
	if len(files) == 0 {
		return nil, &Refusal{n.Name, "a DaemonSet brings all that it needs", "label its node, as STEPS.md says"}
	}
	b := builder{host: n.Name, who: "gateway " + n.Name, about: "gateway " + n.Name + " of region " + r.Region.Name, address: n.InternalIP.String(), files: files}
	if r.Region.Gateways.Mode != schema.ModeDaemonSet {
		b.key = p.Topology.Spec.Tailnet.Auth.HostDir + "/authkey"
	}
	if r.Region.Gateways.StaticPods() {
		pod, err := cluster.StaticPod(p, r, h, fleet.Gateway(r, h))
		if err != nil {
			return nil, err
		}
		// The directory is a default of the distribution; install.sh takes another.
		b.pods = facts.Distribution(p.Topology.Spec.Cluster.Distribution).StaticPods.Value
		b.pod = pod.Data
	}
	return b.bundle(), nil
}

// leaves is the bundle of a host whose region is leaving: its program takes back, and puts
// nothing in place.
func leaves(files []tree.File) []tree.File {
	for i := range files {
		if f := &files[i]; f.Path == hostFile {
			f.Data = append(f.Data, "leaving\n"...)
		}
	}
	return files
}

// Leaves reports whether a bundle only takes back.
func Leaves(files []tree.File) bool {
	for _, f := range files {
		if f.Path == hostFile {
			return strings.HasSuffix(string(f.Data), "\nleaving\n")
		}
	}
	return false
}

// hostOf is what is decided for the gateway.
func hostOf(r *plan.Region, n *schema.GatewayNode) *plan.Host {
	for i := range r.Hosts {
		if h := &r.Hosts[i]; h.Node == nil || h.Node.Name == n.Name {
			return h
		}
	}
	return &r.Hosts[0]
}

// Node is the bundle of every host of the region that is not a gateway. The error is a
// *Refusal where the topology has no such region, or its hosts take nothing that a program
// could install.
func Node(p *plan.Plan, region string) ([]tree.File, error) {
	p = p.ByName()
	for i := range p.Regions {
		r := &p.Regions[i]
		if r.Region.Name != region {
			continue
		}
		who := "node of " + region
		switch {
		case p.MachineConfig():
			return nil, &Refusal{who, "it takes one machine configuration", "with the form machineConfig the rendered tree has a patch of it"}
		case plan.EveryNodeIsGateway(r.Region):
			return nil, &Refusal{who, "every host of the region is a gateway", "ask for one by its name"}
		case !r.HostRoutes():
			return nil, &Refusal{who, "the provider's route table has the routes", "nothing has to be installed on it"}
		}
		b := builder{host: who, who: "nodes of region " + region, never: gatewayAddresses(r), about: "nodes of region " + region + " that are not gateways: never on " + strings.Join(r.GatewayNames(), ", "), files: host.OnNode(host.NewFleet(p), r)}
		return b.bundle(), nil
	}
	if before := p.Before(); before != p {
		files, err := Node(before, region)
		return leaves(files), err
	}
	return nil, &Refusal{region, "no region has that name", "the regions are " + strings.Join(regions(p), ", ")}
}

func regions(p *plan.Plan) []string {
	var names []string
	for i := range p.Regions {
		names = append(names, p.Regions[i].Region.Name)
	}
	return names
}

// gatewayAddresses are those by which a gateway of the region is known.
func gatewayAddresses(r *plan.Region) []string {
	var all []string
	for i := range r.Region.Gateways.Nodes {
		for _, a := range r.Region.Gateways.Nodes[i].Addresses() {
			all = append(all, a.String())
		}
	}
	return all
}

// builder is a bundle about to be written.
type builder struct {
	host, about string
	// who stays the same when the topology changes: by it a host knows a bundle for its own.
	who string
	// never are addresses of hosts that must not have it.
	never []string
	// address is the gateway's internalIP; empty on other hosts.
	address string
	files   []host.Installed
	// pod is the static pod, pods where its kubelet reads it, and key the file that has to
	// be there before.
	pod       []byte
	pods, key string
}

// bundle is what install.sh reads: itself, the files as they stand below root/, and
// "host", which says where they go and what has to be run.
func (b *builder) bundle() []tree.File {
	list := []tree.File{{Path: Program, Executable: true, Data: program}}
	var about strings.Builder
	about.WriteString("kustomize-hybrid host 1\nabout " + b.about + "\n")
	about.WriteString("for " + b.who + "\n")
	for _, a := range b.never {
		about.WriteString("never " + a + "\n")
	}
	if b.address != "" {
		about.WriteString("address " + b.address + "\n")
	}
	if b.key != "" {
		about.WriteString("key " + b.key + "\n")
	}
	if b.pod != nil {
		// The pod's image has iptables, and both have to write the same chains.
		about.WriteString("firewall iptables\npods " + b.pods + "\npod " + manifestName + "\n")
		list = append(list, tree.File{Path: manifestName, Data: b.pod})
	}
	for _, f := range b.files {
		mode := "644"
		if f.Executable {
			mode = "755"
		}
		about.WriteString("file " + mode + " " + f.Path + "\n")
		list = append(list, tree.File{Path: "root" + f.Path, Executable: f.Executable, Data: f.Data})
	}
	for _, f := range b.files {
		if unit, ok := f.Unit(); ok {
			about.WriteString("unit " + unit + "\n")
		}
	}
	return append(list, tree.File{Path: hostFile, Data: []byte(about.String())})
}
