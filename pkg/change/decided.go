package change

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/report"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Decision is one thing that is decided, and why.
type Decision struct {
	// What it is about, in a word or two.
	What  string `json:"what"`
	Value string `json:"value"`
	// Why is empty where the topology says it, and nothing else could be.
	Why string `json:"why,omitempty"`
}

// About are the decisions about one subject.
type About struct {
	// Subject is "tailnet", or a region's name.
	Subject   string     `json:"subject"`
	Decisions []Decision `json:"decisions"`
}

// Decided is what is decided about one topology.
type Decided struct {
	Topology string  `json:"topology"`
	About    []About `json:"about"`
}

// Decide tells a plan: the tailnet first, then the regions by name.
func Decide(p *plan.Plan) *Decided {
	p = p.ByName()
	d := &Decided{Topology: p.Topology.Metadata.Name, About: []About{{"tailnet", tailnet(p)}}}
	for i := range p.Regions {
		r := &p.Regions[i]
		d.About = append(d.About, About{r.Region.Name, decided(p, r)})
	}
	for _, r := range p.Leaving() {
		d.About = append(d.About, About{r.Region.Name, []Decision{{"leaving", "nothing joins it any more", "the first part of STEPS.md takes it back"}}})
	}
	return d
}

func tailnet(p *plan.Plan) []Decision {
	t, given := &p.Topology.Spec.Tailnet, &p.Given.Spec.Tailnet
	said := func(empty bool, why string) string {
		if empty {
			return why
		}
		return "the topology says so"
	}
	list := []Decision{
		{"version", string(t.TailscaleVersion), ""},
		{"firewall", "netfilter " + string(t.NetfilterMode), said(given.NetfilterMode == "", "tailscaled then writes no rules and no marks that others use, and the gateway's own program lets through what must pass")},
		{"source", sourceWords(t.GatewaySource), said(given.GatewaySource == "", "policies and kubelets know nodes by that address")},
	}
	if p.Overlay {
		list = append(list, Decision{"pods", "in one overlay of all regions", "every region's plugin encapsulates, so that hosts and networks route to nodes alone"})
	}
	if p.ControlPlane != "" {
		list = append(list, Decision{"API server", "at " + facts.Provider(p.ControlPlane).Title, "its address lies in that region, or its distribution says so"})
	}
	return list
}

func sourceWords(s schema.GatewaySource) string {
	if s == schema.SourceInternalIP {
		return "what gateways send themselves leaves from their InternalIP"
	}
	return "what gateways send themselves leaves from their tailnet address"
}

func decided(p *plan.Plan, r *plan.Region) []Decision {
	g := &r.Region.Gateways
	list := []Decision{
		{"gateways", fmt.Sprintf("%s, by %s", strings.Join(r.GatewayNames(), ", "), g.Mode), reachesServer(r)},
		{"advertise", strings.Join(texts("", r.Advertise), ", "), ""},
		{"strategy", string(g.HA.Strategy), strings.TrimSuffix(report.Because(r), ".")},
	}
	if advised := r.Advice().Recommended; advised != g.HA.Strategy {
		list[2].Value += ", where " + string(advised) + " is recommended"
	}
	list = append(list, identity(r), pods(r), nodeRoutes(r))
	return append(list, Decision{"reach", some(texts("", r.Transit())), "what the other regions advertise, and no link and no overlay carries"})
}

func reachesServer(r *plan.Region) string {
	if r.LocalAPIServer {
		return "its hosts reach the API server without the tunnel"
	}
	return "its hosts reach the API server through their gateways alone"
}

func identity(r *plan.Region) Decision {
	if r.State == plan.StateSecret {
		return Decision{"identity", "in a Secret named after the node", "the API server is reached without the tunnel that the identity is for"}
	}
	why := map[plan.SecretObstacle]string{
		plan.NoObstacle:       "the topology says so",
		plan.NoServiceAccount: "no pod of a DaemonSet is the gateway, and only those have a service account",
		plan.RemoteAPIServer:  "the API server is behind the tunnel that the identity is for",
		plan.UnknownHosts:     "a role would have to name Secrets that nobody can name",
		plan.ServiceIPv6:      "the gateway's program cannot write an IPv6 address of the API server into a URL",
		plan.LongName:         "a Secret's name would be too long",
		plan.KeyName:          "the Secret would be the one with the auth key",
	}[r.NoSecret]
	return Decision{"identity", "on the host", why}
}

func pods(r *plan.Region) Decision {
	words := map[plan.PodWay]string{
		plan.PodsInTunnel:  "the plugin's tunnel carries them from node to node",
		plan.PodsByNodes:   "each node has routes to the others' pods",
		plan.PodsByNetwork: "the network between nodes routes to pods",
		plan.PodsByTailnet: "each host advertises its own pods to the others",
		plan.PodsUnrouted:  "nobody routes to them",
		plan.PodsUntold:    "what the provider's network does with them is not written down",
	}
	return Decision{"pods", words[r.Pods], ""}
}

func nodeRoutes(r *plan.Region) Decision {
	switch {
	case r.RoutesInCloud():
		return Decision{"routes", "in the provider's route table", "it decides about every packet, and nodeRoutes asks for none on hosts"}
	case plan.EveryNodeIsGateway(r.Region):
		return Decision{"routes", "none on other hosts", "every node is a gateway"}
	case r.Watched():
		return Decision{"routes", "on every other host, by all gateways that are well", "a host can choose its next hop"}
	case r.HostRoutes():
		return Decision{"routes", "on every other host, by the gateway", "a host can choose its next hop"}
	}
	return Decision{"routes", "nowhere", "no gateway is known by name"}
}

// Text tells decisions to a reader at a terminal.
func (d *Decided) Text() string {
	var b strings.Builder
	b.WriteString(d.Topology + "\n")
	for _, a := range d.About {
		b.WriteString("\n" + a.Subject + "\n")
		for _, one := range a.Decisions {
			fmt.Fprintf(&b, "  %-10s %s\n", one.What, one.Value)
			if one.Why != "" {
				fmt.Fprintf(&b, "  %-10s   because %s\n", "", one.Why)
			}
		}
	}
	return b.String()
}

// Markdown tells them in a pull request.
func (d *Decided) Markdown() string {
	var b strings.Builder
	b.WriteString("### " + d.Topology + "\n")
	for _, a := range d.About {
		b.WriteString("\n**" + a.Subject + "**\n\n| decided | is | because |\n|---|---|---|\n")
		for _, one := range a.Decisions {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", one.What, one.Value, one.Why)
		}
	}
	return b.String()
}
