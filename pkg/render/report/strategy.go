package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// strategies compares what is in force with what is recommended, region by region, and
// does the same for the netfilter mode.
func strategies(p *plan.Plan) string {
	var b strings.Builder
	b.WriteString("\n## Strategies\n\n| region | in force | recommended | why |\n|---|---|---|---|\n")
	for i := range p.Regions {
		r := &p.Regions[i]
		a := r.Advice()
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.Region.Name, r.Region.Gateways.HA.Strategy, a.Recommended, because(r, a))
	}
	b.WriteString("\n" + netfilter(p.Topology))
	return b.String()
}

// alone is how far it reaches when the only gateway of a region fails.
const alone = "One gateway: while its host, its uplink or its tailscaled is down, so is the region's way to all others; "

func because(r *plan.Region, a plan.StrategyAdvice) string {
	switch a.Reason {
	case plan.OneGateway:
		return alone + "a second one that does not fail together with it would make it relay."
	case plan.OneByTable:
		return alone + "a second one could not hand over, since the provider's route table decides about every packet, and would stand in only once the routes lead to it."
	case plan.EachItsOwn:
		return "Each host sends and receives for its own address and pods, and no two advertise the same: there is nothing to hand over, and no LAN to do it by. A host that fails takes its own pods along and nothing else."
	case plan.OwnPods:
		return "Each node sends and receives for its own pods; only what the nodes send from their own addresses is handed to a node router, and supersets are not to be had in mode perNode."
	case plan.TableNeedsNone:
		return "The provider's route table decides about every packet, so no gateway can hand over; with supersets none has to, whoever is the primary."
	case plan.TableFollows:
		return "The provider's route table decides about every packet, so a standby cannot hand over, and the routes follow whoever is the primary (network.failover: watch)."
	case plan.TableNeedsOne:
		return fmt.Sprintf("The provider's route table decides about every packet, so a standby cannot hand over: list %s alone, or let the routes follow the primary (network.failover: watch); %s.",
			r.Region.Gateways.Nodes[0].Name, verdict(r, a))
	}
	return fmt.Sprintf("Relay asks nothing of those who receive, whatever their version; %s.", verdict(r, a))
}

func verdict(r *plan.Region, a plan.StrategyAdvice) string {
	switch a.Supersets {
	case plan.SupersetsTooOld:
		return "supersets would need Tailscale 1.98.0 or newer everywhere"
	case plan.SupersetsNotInMode:
		return fmt.Sprintf("supersets would need mode staticPod or host instead of %s", r.Region.Gateways.Mode)
	case plan.SupersetsNoRoom:
		return "supersets would need room around the region's prefixes that nobody else has"
	}
	return "supersets are possible as well, and save the way over the LAN, if every device that receives runs 1.98.0 or newer"
}

// netfilter: none of the known issues asks for the mode on, and some for off.
func netfilter(t *schema.Topology) string {
	why := "nothing is known against `on` here, but it lets each Tailscale version bring rules and marks of its own"
	var words []string
	for _, k := range issues.OfNetfilter(t) {
		title := k.Title
		if isOwn(t, diag.Code(k.Code)) {
			title = foreign.Markdown(title)
		}
		words = append(words, fmt.Sprintf("%s (`%s`)", title, k.Code))
	}
	if len(words) > 0 {
		why = "with `on`, " + strings.Join(words, "; ")
	}
	return fmt.Sprintf("Netfilter mode: `%s` is in force and `%s` recommended: %s.\n", t.Spec.Tailnet.NetfilterMode, schema.NetfilterOff, why)
}

// Because says why the strategy that a region's advice recommends is recommended: sentences.
func Because(r *plan.Region) string { return because(r, r.Advice()) }
