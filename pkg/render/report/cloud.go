package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// clouds says where the routes of providers lead and what becomes of traffic when the
// gateway there is not the primary; empty where no region describes its network.
func clouds(p *plan.Plan) string {
	var b strings.Builder
	for i := range p.Regions {
		if c := p.Regions[i].Cloud; c != nil {
			fmt.Fprintf(&b, "| %s | %d, to %s | %s |\n", p.Regions[i].Region.Name, len(c.Routes()), target(c), outage(c))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n## Routes in clouds\n\n" +
		"`cloud/<provider>.sh apply regions/<region>/cloud/tables` makes them, and with a gateway's name behind it moves them there.\n\n" +
		"| region | routes in each table | when what the region sends is lost, answers included |\n|---|---|---|\n" + b.String()
}

func target(c *plan.Cloud) string {
	first := c.Gateways[0].Name
	switch {
	case len(c.Gateways) == 1:
		return first
	case c.Follows:
		return "the primary"
	case c.Spread:
		return "every gateway at once"
	case c.Standbys:
		return first + ", and of lower priority to each other gateway"
	}
	return first + ": a destination has one next hop there"
}

func outage(c *plan.Cloud) string {
	first := c.Gateways[0].Name
	moved := "until the routes are moved"
	if facts.Provider(c.Cloud).Network.Value.Withdraws.Value {
		moved = fmt.Sprintf("until the next gateway is primary, up to about %d s", facts.TailscaleFailover)
	}
	switch {
	case c.Follows:
		when := "another gateway becomes primary"
		if c.HandsOver {
			when = "the host that the routes lead to is gone"
		}
		return fmt.Sprintf("when %s, until units on the host of the new primary have moved the routes: up to about %d s to become it, %d s to see it, and the calls of `%s` that move them", when, facts.TailscaleFailover, plan.WatchSeconds, facts.Provider(c.Cloud).Network.Value.CLI)
	case len(c.Gateways) == 1:
		return fmt.Sprintf("while %s is down", first)
	case c.Spread:
		return "on one gateway's share, while that is down and its routes are there"
	case c.HandsOver:
		return fmt.Sprintf("when the host of %s is gone, %s", first, moved)
	}
	return fmt.Sprintf("while %s is not the tailnet's primary: no other gateway can hand over to it; when its host is gone, %s", first, moved)
}
