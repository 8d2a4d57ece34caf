package validate

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about providers' networks.
const (
	CodeCloudField       diag.Code = "cloud-field"             // a field that is another cloud's, or has another's form
	CodeCloudID          diag.Code = "cloud-id-missing"        // a route cannot be made without it
	CodeCloudQuota       diag.Code = "cloud-quota"             // more routes or rules than the cloud takes
	CodeCloudDestination diag.Code = "cloud-route-destination" // a prefix that no route can lead to
	CodeCloudFamily      diag.Code = "cloud-route-family"      // no next hop of a prefix's family
	CodeCloudNodeRoutes  diag.Code = "cloud-node-routes"       // routes on hosts, where those do nothing
	CodeRoutesDeleted    diag.Code = "cloud-routes-deleted"    // a route controller that takes ours for its own
	CodeCloudFailover    diag.Code = "cloud-failover"          // routes that are to follow the primary, and cannot
	CodeCloudStandby     diag.Code = "cloud-standby-refuses"   // a standby that cannot hand over
	CodeCloudTailnet     diag.Code = "cloud-tailnet-route"     // tailnet addresses that no route can lead to
)

// clouds checks what a region says of its provider's network: fields that are
// another's, IDs that are missing, quotas, and what a route table cannot do.
func clouds(p *plan.Plan) diag.List {
	var list diag.List
	full := p.Topology
	all := sync.OnceValue(func() *fleet { return newFleet(p) })
	for i := range full.Spec.Regions {
		r := &full.Spec.Regions[i]
		c := cloudRegion{r, &p.Regions[i], r.Cloud(), facts.Provider(r.Provider), i}
		c.otherClouds(&list)
		c.failover(&full.Spec.Cluster, &list)
		if c.cloud == "" || c.plan.Cloud == nil { // without gateways, which is a finding, there is no next hop
			continue
		}
		c.gateways(&list)
		c.tables(&list)
		c.quotas(&list, all().prefixes-len(p.Regions[i].Prefixes()))
		c.families(&list, all().others(i))
		c.destinations(&list)
		c.nextHops(&list)
		c.tailnetAddresses(&list, full.Spec.Tailnet.GatewaySource)
		c.standby(&list)
		c.guards(&list)
		c.routeController(p, &list)
		c.nodeRoutes(&list)
	}
	return list
}

// cloudRegion is a region with its cloud, which is empty where it describes none, and
// otherwise the provider.
type cloudRegion struct {
	*schema.Region
	plan     *plan.Region
	cloud    string
	provider *provider.Provider
	index    int
}

func (c *cloudRegion) path() string { return regionPath(c.index) }

// at is where the j-th gateway stands.
func (c *cloudRegion) at(j int) string { return gatewayPath(c.index, j) }

// network is what the provider's network does.
func (c *cloudRegion) network() *provider.Network { return &c.provider.Network.Value }

// otherClouds: what is written about another provider would silently do nothing.
func (c *cloudRegion) otherClouds(list *diag.List) {
	for _, cloud := range c.Network.Clouds() {
		if cloud != c.Provider {
			list.Errorf(CodeCloudField, c.path()+".network."+cloud, "network.%s of region %q describes %s, and its provider is %q", cloud, c.Name, facts.Provider(cloud).Title, c.Provider).
				See(c.path()+".provider", "the provider is %q", c.Provider).
				Fix("write provider: %s, or describe the network of %q", cloud, c.Provider)
		}
	}
	for j := range c.Gateways.Nodes {
		c.useless(list, j, provider.FieldInstance, c.Gateways.Nodes[j].Instance)
		c.useless(list, j, provider.FieldInterface, c.Gateways.Nodes[j].NetworkInterface)
	}
}

// useless: only the routes of some providers read the field.
func (c *cloudRegion) useless(list *diag.List, j int, field provider.Field, value string) {
	if value == "" || c.network().Target.Field == field {
		return
	}
	list.Errorf(CodeCloudField, c.at(j)+"."+string(field), "%s %q has a meaning for routes of %s only, and the provider of region %q is %q", field, value, field.Readers(), c.Name, c.Provider).
		Fix("remove %s", field)
}

func (c *cloudRegion) gateways(list *diag.List) {
	form := c.network().Target
	field, prefix := string(form.Field), form.Prefix.Value
	for j, n := range c.Gateways.Nodes {
		at := c.at(j)
		target := c.plan.Cloud.Gateways[j].Target
		switch {
		case target == "":
			c.missing(list, at, fmt.Sprintf("gateway %q of region %q has no %s", n.Name, c.Name, form.Field.Lack()), field)
		case !strings.HasPrefix(target, prefix):
			list.Errorf(CodeCloudField, at+"."+field, "%s %q of gateway %q is not an ID of %s, which begins with %q", field, target, n.Name, c.provider.Title, prefix).
				Fix("write the ID that the provider shows, such as %s0a1b2c3d4e5f60718", prefix)
		case form.Form.Value == provider.FormLabel && !label(target):
			list.Errorf(CodeCloudField, at, "gateway %q of region %q has a name that no instance of %s can have: those have at most 63 lower-case letters, digits and dashes", target, c.Name, c.provider.Title).
				Fix("write the instance's name as instance")
		}
		if c.network().Zonal.Value && n.Zone == "" {
			c.missing(list, at, fmt.Sprintf("gateway %q of region %q has no zone", n.Name, c.Name), "zone")
		}
	}
}

// label reports whether a node's name, or an instance's, is a label with a letter in front.
func label(s string) bool {
	return len(s) <= 63 && s[0] >= 'a' && s[0] <= 'z' && !strings.ContainsAny(s, ".ABCDEFGHIJKLMNOPQRSTUVWXYZ_") && !strings.HasSuffix(s, "-")
}

func (c *cloudRegion) tables(list *diag.List) {
	if c.network().Tables.Value == provider.TablesNamed && len(c.Network.RouteTables()) == 0 {
		c.missing(list, c.path()+".network."+c.cloud, fmt.Sprintf("network.%s of region %q names no route tables", c.cloud, c.Name), "routeTables")
	}
}

// program is what makes the region's routes.
func (c *cloudRegion) program() string { return "cloud/" + plan.CloudProgram(c.cloud) }

// command is how that program is run for the region.
func (c *cloudRegion) command(verb string) string {
	return c.program() + " " + verb + " regions/" + c.Name + "/cloud/tables"
}

func (c *cloudRegion) missing(list *diag.List, at, what, field string) {
	list.Warnf(CodeCloudID, at, "%s: %s stops there, and Terraform asks for it", what, c.program()).
		Fix("write %s, as %s shows it", field, c.provider.Title)
}

// families: some routes go to an address of their own family.
func (c *cloudRegion) families(list *diag.List, remote firsts) {
	if first, ok := remote["IPv6"]; ok && c.network().IPv4Only.Value {
		list.Warnf(CodeCloudFamily, c.path()+".network."+c.cloud, "networks of %s carry IPv4 only, so region %q gets no route for IPv6 prefixes such as %s", c.provider.Title, c.Name, first).
			Fix("accept that the region does not reach those prefixes, and suppress this finding")
	}
	if !c.network().OwnFamily.Value {
		return
	}
	for j, n := range c.Gateways.Nodes {
		for _, family := range []string{"IPv4", "IPv6"} {
			first, ok := remote[family]
			if !ok || slices.ContainsFunc(n.Addresses(), func(a netip.Addr) bool { return a.Is4() == (family == "IPv4") }) {
				continue
			}
			list.Warnf(CodeCloudFamily, c.at(j),
				"gateway %q of region %q has no %s address, so %s gets no route to it for %s prefixes such as %s", n.Name, c.Name, family, c.provider.Title, family, first).
				Fix("write its %s address, or accept that the region does not reach those prefixes", family)
		}
	}
}

// destinations: some networks refuse a route by its destination, and some get no packet
// that is for an address outside their own range.
func (c *cloudRegion) destinations(list *diag.List) {
	if !c.network().Destinations.IsKnown() && !c.network().OwnRange.Value {
		return
	}
	at, inside := c.path()+".network."+c.cloud, c.Network.Range()
	var refused, outside []netip.Prefix
	for _, r := range c.plan.Cloud.Routes() {
		switch {
		case c.network().Destinations.IsKnown() && !withinAny(c.network().Destinations.Value, r.Destination):
			refused = append(refused, r.Destination)
		case c.network().OwnRange.Value && !within(inside, r.Destination):
			outside = append(outside, r.Destination)
		}
	}
	if len(refused) > 0 {
		list.Errorf(CodeCloudDestination, at, "a network of %s takes no route to %s (%d of the prefixes of other regions), because that does not lie in %s", c.provider.Title, refused[0], len(refused), prefixList(c.network().Destinations.Value)).
			Fix("give the region that has it another prefix, or move region %q to a network that takes routes to it", c.Name)
	}
	if len(outside) > 0 {
		list.Warnf(CodeCloudDestination, at, "hosts of region %q send packets for %s (%d of the prefixes of other regions) to the internet: %s tells them to send into the network what is for its range %s only", c.Name, outside[0], len(outside), c.provider.Title, inside).
			Fix("extend the network's range so that it contains the prefixes of every region, or give each host of the region routes to them by the network's own gateway %s, and suppress this finding", inside.Addr().Next())
	}
}

// nextHops have to be hosts of the network.
func (c *cloudRegion) nextHops(list *diag.List) {
	inside := c.Network.Range()
	if !inside.IsValid() {
		return
	}
	for j, g := range c.plan.Cloud.Gateways {
		at := c.at(j) + ".internalIP"
		switch {
		case !g.IPv4.IsValid():
		case !inside.Contains(g.IPv4):
			list.Errorf(CodeCloudField, at, "gateway %q of region %q has the address %s, and the range of its network of %s is %s", g.Name, c.Name, g.IPv4, c.provider.Title, inside).
				Fix("write the server's private address in that network, or the network's whole range as ipRange")
		case g.IPv4 == inside.Masked().Addr().Next():
			list.Errorf(CodeCloudField, at, "gateway %q of region %q has the address %s, which is the network's own gateway", g.Name, c.Name, g.IPv4).
				Fix("write the server's private address")
		}
	}
}

// withinAny reports whether one of the others contains all of p.
func withinAny(others []netip.Prefix, p netip.Prefix) bool {
	return slices.ContainsFunc(others, func(o netip.Prefix) bool { return within(o, p) })
}

// tailnetAddresses: where no route takes a destination in 100.64.0.0/10, none can lead
// back to gateways elsewhere that send from there.
func (c *cloudRegion) tailnetAddresses(list *diag.List, source schema.GatewaySource) {
	if takes := c.network().TakesTailnet; takes.IsKnown() && !takes.Value && source == schema.SourceTailnetIP {
		list.Errorf(CodeCloudTailnet, c.path()+".network."+c.cloud, "a route table of %s does not accept a destination in %s, and with gatewaySource tailnetIP gateways of other regions send from there, so region %q could not answer them", c.provider.Title, schema.TailnetIPv4(), c.Name).
			See("spec.tailnet.gatewaySource", "gateways send from their tailnet addresses").
			Fix("leave gatewaySource at internalIP")
	}
}

// guards: a card that lets out only what it was told drops what pods send from addresses
// of their own, on every node.
func (c *cloudRegion) guards(list *diag.List) {
	at, n := c.path()+".network."+c.cloud, &c.Network.OpenStack
	if !c.network().Sources.IsKnown() || oneHost(c.Region) {
		return
	}
	switch byNodes := c.plan.Pods == plan.PodsByNodes; {
	case n.PortSecurity == schema.PortSecurityDisabled:
	case byNodes && len(n.NodePorts) == 0:
		list.Warnf(CodeSourceCheck, at, "the network of %s drops what pods of region %q send to those of other nodes: nodes have routes to each other's pods, and nobody tells the ports of nodes that are not gateways to let out %s", c.provider.Title, c.Name, prefixList(c.PodCIDRs)).
			Fix("name the ports (nodePorts), say portSecurity: disabled where they have none, or carry pods in a tunnel (cni.tunnel: vxlan)")
	case !byNodes && len(n.NodePorts) > 0:
		list.Warnf(CodeCloudField, at+".nodePorts", "nodePorts of region %q does nothing: its nodes have no routes to each other's pods, so their ports have nothing to be told", c.Name).
			Fix("remove nodePorts, or say cni.podRoutes: nodes")
	}
}

// routeController: where one gives the network routes to pods, it may take ours for its own.
// Prefixes of the cluster that are no node's are then routes of nodes that are gone.
func (c *cloudRegion) routeController(p *plan.Plan, list *diag.List) {
	cluster := &p.Topology.Spec.Cluster
	own := c.provider.Controller.Value
	if !own.TakesRoutes.Value || cluster.CloudController != own.Name || c.CNI.PodRoutes != schema.PodRoutesNetwork {
		return
	}
	for _, r := range c.plan.Cloud.Routes() {
		j := slices.IndexFunc(cluster.ClusterCIDRs, r.Destination.Overlaps)
		if j < 0 {
			continue
		}
		list.Warnf(CodeRoutesDeleted, c.path()+".network."+c.cloud, "%s, where it gives the network of region %q routes to pods, deletes the route to %s of another region: that lies in the cluster's %s and has the pods of no node",
			controllerOf(c.provider, p.Given.Spec.Cluster.CloudController != ""), c.Name, r.Destination, cluster.ClusterCIDRs[j]).
			See(diag.Index("spec.cluster.clusterCIDRs", j), "%s is claimed here", cluster.ClusterCIDRs[j]).
			Fix("start it with a --cluster-cidr that contains the pods of this region only (%s), and suppress this finding; or carry pods in a tunnel (cni.tunnel: vxlan), and turn its route controller off", prefixList(c.PodCIDRs))
		return
	}
}

// failover: units that follow the primary have to have one, and a host that runs them.
func (c *cloudRegion) failover(cluster *schema.Cluster, list *diag.List) {
	if c.Network.Failover != schema.FailoverWatch {
		return
	}
	refuse := func(why string, args ...any) *diag.Diagnostic {
		return list.Errorf(CodeCloudFailover, c.path()+".network.failover", "failover of region %q is watch, so that its routes follow the primary, and "+why, append([]any{c.Name}, args...)...)
	}
	switch d := facts.Distribution(cluster.Distribution); {
	case c.cloud == "" && c.provider.Network.IsKnown():
		refuse("network describes no route table of %s", c.provider.Title).
			Fix("describe network.%s, or remove failover", c.Provider)
	case c.cloud == "":
		refuse("routes of %s are not made here", c.provider.Title).
			Fix("remove failover: gateways hand packets to the primary by themselves where there is a LAN")
	case len(c.Gateways.Nodes) < 2:
		refuse("it has one gateway, which is always the primary").
			See(c.path()+".gateways", "gateways.nodes has %d", len(c.Gateways.Nodes)).
			Fix("add a second gateway, or remove failover")
	case c.Gateways.HA.Strategy != schema.HARelay || !c.plan.Relay:
		refuse("with strategy %s there is not one gateway at a time that takes itself for the primary, as there is with relay", c.Gateways.HA.Strategy).
			See(c.path()+".gateways", "ha.strategy is %s", c.Gateways.HA.Strategy).
			Fix("choose strategy relay, or remove failover and run %s GATEWAY when a gateway is gone", c.command("follow"))
	case d.MachineConfig.IsKnown():
		refuse("hosts of %s have neither a shell nor a service manager: nobody there would move them", d.Title).
			See(distributionPath, "distribution: %s is chosen here", d.Name).
			Fix("remove failover, and run %s GATEWAY from elsewhere when the primary changes", c.command("follow"))
	}
}

// standby: where only the route table decides, a standby cannot hand over what it gets
// (relay), and somebody has to move the routes when another gateway becomes primary.
func (c *cloudRegion) standby(list *diag.List) {
	nodes := c.Gateways.Nodes
	if c.Gateways.HA.Strategy != schema.HARelay || len(nodes) < 2 || !c.plan.ByTable {
		return
	}
	stopped := fmt.Sprintf("also when its host stops, until somebody has %s lead the routes to %s", c.program(), nodes[1].Name)
	if c.network().Withdraws.Value {
		stopped = fmt.Sprintf("and for up to about %d s when its instance stops, whose routes %s then replaces by those to %q", facts.TailscaleFailover, c.provider.Title, nodes[1].Name)
	}
	why := fmt.Sprintf("in %s the route table decides about every packet, so a standby cannot hand traffic to the primary", c.provider.Title)
	if c.provider.Fabric.Value == provider.SubnetLAN {
		why = fmt.Sprintf("the gateways stand in different zones, so in different subnets of %s, and a standby cannot hand traffic to the primary past the route table", c.provider.Title)
	}
	if c.plan.Cloud.Follows {
		list.Warnf(CodeCloudStandby, c.path()+".gateways",
			"%s: all that region %q sends to other regions, answers included, goes to one gateway, and is lost when another becomes the tailnet's primary until the units on its host have moved the routes: up to about %d s to become it, %d s to see it, and the calls of %s that move them",
			why, c.Name, facts.TailscaleFailover, plan.WatchSeconds, c.network().CLI).
			See(c.path()+".network.failover", "failover is watch").
			Fix("enable %s on the hosts of all gateways, with the permissions that it names", "regions/"+c.Name+"/cloud/systemd/kustomize-hybrid-follow.path and .timer").
			Severity = diag.Info
		return
	}
	list.Warnf(CodeCloudStandby, c.path()+".gateways",
		"%s: all that region %q sends to other regions, answers included, goes to gateway %q, and is lost for as long as that is not the tailnet's primary (its tailscaled restarts or fails, or another one was elected), %s",
		why, c.Name, nodes[0].Name, stopped).
		Fix("%s", c.standbyRemedy())
}

func (c *cloudRegion) standbyRemedy() string {
	remedy := "set network.failover: watch, so that units on the gateways' hosts move the routes; run " + c.command("follow") + " GATEWAY when the primary changes, run one gateway, or suppress this finding where the outage is accepted"
	if c.provider.Fabric.Value == provider.SubnetLAN {
		return "put the gateways into one subnet, " + remedy
	}
	return remedy
}

// nodeRoutes on hosts: the route table looks every packet up again, and a network card
// with a single address does not even take a neighbour as a next hop.
func (c *cloudRegion) nodeRoutes(list *diag.List) {
	if len(c.NodeRoutes.Forms) == 0 || !c.plan.ByTable {
		return
	}
	list.Warnf(CodeCloudNodeRoutes, c.path()+".nodeRoutes", "nodeRoutes of region %q puts routes on hosts, and in %s the route table decides about every packet, whatever a host's own routes say", c.Name, c.provider.Title).
		See(c.path()+".network."+c.cloud, "the routes are made here").
		Fix("remove nodeRoutes: %s creates the routes that apply", c.program())
}
