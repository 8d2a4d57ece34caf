package validate

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about where API servers are.
const (
	CodeAPIServer          diag.Code = "api-server-unreachable" // its address is in nobody's advertised prefixes
	CodeAPIServerMissing   diag.Code = "api-server-missing"     // nothing says by what nodes find it
	CodeAPIServerElsewhere diag.Code = "api-server-elsewhere"   // in no region, so nothing is granted to it
	CodeEtcd               diag.Code = "etcd-stretched"         // a quorum that needs the tunnel
	CodeRemoteNodes        diag.Code = "remote-nodes-refused"   // a control plane that takes no others' nodes
)

const apiServerPath = "spec.cluster.apiServer"

// apiServer looks at where the API servers are and by what nodes find them.
func apiServer(p *plan.Plan, x *index) diag.List {
	api := &p.Given.Spec.Cluster.APIServer
	var list diag.List
	if api.Endpoint == "" && len(api.Addresses) == 0 {
		list.Errorf(CodeAPIServerMissing, apiServerPath, "nothing says by what nodes find the API server: there is neither an endpoint nor an address").
			Fix("set endpoint to what kubelets are told, such as api.example.com:443, and addresses or prefixes to where the servers are")
		return list
	}
	if told, _ := api.Told(); api.Endpoint != "" && misspelt(told) {
		list.Errorf(CodeAPIServerMissing, apiServerPath+".endpoint", "nothing says by what nodes find the API server: %q of endpoint %q is neither an address nor a name", told, api.Endpoint).
			Fix("write an address, an IPv6 one in brackets, or a name, such as api.example.com:443")
		return list
	}
	list = append(list, unreachable(x)...)
	// An address that could not be read, or is nobody's, may be meant as one of a region's.
	unknown := func(a netip.Addr) bool {
		_, nobodys := claim.Hostless(claim.Host(a))
		return !a.IsValid() || nobodys
	}
	if len(list) == 0 && !slices.ContainsFunc(api.Addresses, unknown) {
		list = append(list, elsewhere(p)...)
	}
	list = append(list, stretched(p)...)
	return append(list, remoteNodes(p)...)
}

// misspelt reports whether the host of an endpoint means an address and is none: names have
// no colon, and the last part of one is no number (RFC 3696, section 2).
func misspelt(host string) bool {
	_, err := netip.ParseAddr(host)
	last := host[strings.LastIndexByte(host, '.')+1:]
	return err != nil && (strings.Contains(host, ":") || strings.Trim(last, "0123456789") == "")
}

// unreachable: a node whose only way to the API server is the tunnel needs its address
// in what some region advertises.
func unreachable(x *index) diag.List {
	var list diag.List
	t, claims := x.t, x.stated()
	reachable := sync.OnceValue(func() *claim.Tree {
		return claim.NewTreeOf(claims, func(c *claim.Claim) bool { return c.Role == claim.RoleNode || c.Role == claim.RoleExternal })
	})
	for i := range claims {
		c := &claims[i]
		if c.Role != claim.RoleAPIServer || !schema.IsInside(c.Prefix) {
			continue // a public address needs no tunnel
		}
		found := false
		for range reachable().Overlapping(c.Prefix) {
			found = true
			break
		}
		if found {
			continue
		}
		if pool := tailnetPool(t); slices.ContainsFunc(pool, c.Prefix.Overlaps) {
			list.Warnf(CodeAPIServer, c.Path(),
				"%s lies among the addresses of the tailnet (%s): devices of the tailnet reach it, and gateways are the only ones of the cluster, so no other node does, and no pod", c, prefixList(pool)).
				Fix("write an address in the nodeCIDRs of its region, which gateways advertise")
		} else {
			list.Warnf(CodeAPIServer, c.Path(),
				"%s is private and lies in the node CIDRs of no region, so no gateway advertises it and the other regions cannot reach it", c).
				Fix("add its network to the nodeCIDRs of its region, or to externalCIDRs where every region has a way there of its own")
		}
	}
	return list
}

// elsewhere: what the tailnet policy grants to API servers, it grants to those of regions.
func elsewhere(p *plan.Plan) diag.List {
	api := &p.Given.Spec.Cluster.APIServer
	places := api.Places()
	for i := range p.Regions {
		if meet(places, p.Regions[i].Prefixes()) {
			return nil
		}
	}
	known, path := "prefixes are "+prefixList(api.Places()), apiServerPath+".addresses[0]"
	switch {
	case len(api.Places()) == 0:
		known, path = "addresses and prefixes are not stated", apiServerPath+".endpoint"
	case len(api.Addresses) > 0:
		known = "addresses are " + prefixList(api.Places())
	case len(api.Prefixes) > 0:
		path = apiServerPath + ".prefixes[0]"
	}
	dist := facts.Distribution(p.Given.Spec.Cluster.Distribution)
	d := &diag.Diagnostic{
		Severity: diag.Warning, Code: CodeAPIServerElsewhere, Path: path,
		Message: fmt.Sprintf("API servers are in no region, since their %s: the tailnet policy lets none of them reach kubelets (logs, exec, port-forward) or webhooks through the gateways, and no pod what the Service kubernetes leads to, if that is another address", known),
	}
	if way := dist.KubeletTunnel.Value; way != "" {
		d.Severity = diag.Info
		d.Message = fmt.Sprintf("API servers are in no region, since their %s: %s reaches kubelets by %s, and the tailnet policy lets no pod reach what the Service kubernetes leads to, if that is another address", known, dist.Title, way)
	}
	told, port := p.Topology.Spec.Cluster.APIServer.Told()
	return diag.List{d.Fix("write where the servers themselves are into addresses or prefixes, inside the nodeCIDRs of their region, and %s into endpoint; suppress this finding where they need no tunnel", net.JoinHostPort(told, strconv.Itoa(port)))}
}

// meet reports whether a prefix of one list overlaps one of the other.
func meet(list, other []netip.Prefix) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return slices.ContainsFunc(other, p.Overlaps) })
}

func prefixList(prefixes []netip.Prefix) string {
	var list []string
	for _, p := range prefixes {
		list = append(list, claim.Show(p))
	}
	return strings.Join(list, ", ")
}

// stretched: etcd answers while a majority of its members see each other (etcd v3.5,
// op-guide/runtime-configuration), and each write waits for one.
func stretched(p *plan.Plan) diag.List {
	cluster := &p.Given.Spec.Cluster
	dist := facts.Distribution(cluster.Distribution)
	if dist.PeerPorts.IsKnown() && len(dist.PeerPorts.Value) == 0 {
		return nil // somebody else's
	}
	var homes []string
	places := cluster.APIServer.Places()
	for i := range p.Given.Spec.Regions {
		if r := &p.Given.Spec.Regions[i]; meet(places, r.NodeCIDRs) {
			homes = append(homes, fmt.Sprintf("%q (%s)", r.Name, prefixList(cluster.APIServer.In(r.NodeCIDRs))))
		}
	}
	if len(homes) < 2 {
		return nil
	}
	granted := "the policy grants " + strings.Join(dist.PeerPorts.Value, ", ") + " between them"
	if len(dist.PeerPorts.Value) == 0 {
		granted = "the policy grants nothing for it, since " + dist.Title + "'s ports for it are not known here: see tailnet.policy.flows"
	}
	var list diag.List
	list.Warnf(CodeEtcd, apiServerPath, "API servers are in regions %s: where etcd runs beside them, every write waits for the tunnel, and a side that the tunnel's loss leaves without a majority stops; %s",
		strings.Join(homes, " and "), granted).
		Fix("keep the servers in one region, or suppress this finding where three regions hold them or a database elsewhere takes etcd's place")
	return list
}

// remoteNodes: who runs a control plane for others decides which nodes may join it.
func remoteNodes(p *plan.Plan) diag.List {
	d := facts.Distribution(p.Given.Spec.Cluster.Distribution)
	remote := d.Remote.Value
	if remote.Answer != distribution.No && remote.Answer != distribution.Preview {
		return nil
	}
	others := p.Remote()
	if len(others) == 0 {
		return nil
	}
	r := p.Regions[others[0]].Region
	found := &diag.Diagnostic{
		Severity: diag.Error, Code: CodeRemoteNodes, Path: regionPath(others[0]) + ".provider",
		Message: fmt.Sprintf("%s %s, and nodes of region %q are of %s", d.Title, remote.Verdict, r.Name, r.Provider),
	}
	for _, i := range others[1:] {
		o := p.Regions[i].Region
		found.See(regionPath(i)+".provider", "the same goes for region %q of %s", o.Name, o.Provider)
	}
	if remote.Answer == distribution.Preview {
		found.Severity = diag.Warning
		return diag.List{found.Fix("suppress this finding where the preview is what you use; otherwise run the control plane yourself, on machines of that provider")}
	}
	return diag.List{found.Fix("run the control plane yourself, on machines of that provider, and say so in distribution; or keep the region a cluster of its own")}
}

// serverHomes lists the region that each address by which nodes find the API server lies
// in, or none; a name has no homes.
func serverHomes(t *schema.Topology) []int {
	api := &t.Spec.Cluster.APIServer
	told := api.Addresses
	if api.Endpoint != "" {
		host, _ := api.Told()
		a, err := netip.ParseAddr(host)
		if err != nil {
			return nil
		}
		told = []netip.Addr{a}
	}
	var homes []int
	for _, a := range told {
		homes = append(homes, homeOf(t, a))
	}
	return homes
}

// homeOf is the first region that advertises the address, or none.
func homeOf(t *schema.Topology, a netip.Addr) int {
	for i := range t.Spec.Regions {
		if r := &t.Spec.Regions[i]; cidr.AnyContains(r.NodeCIDRs, a) || cidr.AnyContains(r.PodCIDRs, a) {
			return i
		}
	}
	return none
}
