package report

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan/mtu"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// packetSizes is the budget of every pair of regions as a table, alike ones in one row.
func packetSizes(t *schema.Topology) string {
	budgets := mtu.Budgets(t)
	if len(budgets) == 0 {
		return "There is one region.\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tailscale0 takes %d bytes. Nodes' routes to other regions say so (`mtu %d`), for UDP as well; gateways clamp the MSS of\n"+
		"TCP both ways. Neither sees inside what a network plugin encapsulates.\n\n"+
		"| from pods in | to pods in | network | pods' MTU | fits | MSS, IPv4 | MSS, IPv6 | how |\n|---|---|---|---|---|---|---|---|\n", facts.TailscaleMTU, facts.TailscaleMTU)
	for i := range budgets {
		b.WriteString(budgetRow(&budgets[i]))
	}
	return b.String()
}

func budgetRow(b *mtu.Budget) string {
	how := "clamped by gateways"
	switch {
	case b.TooLarge():
		how = "**too large: transfers stall where fragments or ICMP are dropped**"
	case !b.Clamped:
		how = "by pods' MTU"
	}
	return fmt.Sprintf("| %s | %s | %d | %d | %d | %s | %s | %s |\n",
		strings.Join(b.From, ", "), strings.Join(b.To, ", "), b.Link, b.Pod, b.Fits, segment(b.MSSIPv4), segment(b.MSSIPv6), how)
}

func segment(mss int) string {
	if mss == 0 {
		return "–"
	}
	return fmt.Sprint(mss)
}
