package acl

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// visibility are the grants that a relay needs. A standby must learn which gateway of its
// region is the primary, and the control server tells it about another gateway only where
// a rule connects the two (headscale 0.29.2, testdata routes-f10 and routes-e3). ICMP is
// the smallest rule there is.
//
// The standby then also gets its own region's prefixes from the tailnet; the rules
// that every gateway's gateway-setup.sh installs before tailscaled's own ("ip rule ... lookup
// main") make that harmless. Regions with one gateway get nothing.
func (g *generator) visibility() []Grant {
	var list []Grant
	seen := map[string]bool{}
	for i, s := range g.sites {
		if !s.plan.Relay || seen[s.tag] {
			continue
		}
		seen[s.tag] = true
		list = append(list, Grant{
			Src: []string{s.tag}, Dst: []string{s.tag}, IP: []string{"icmp:*"},
			Comment: "relay: gateways of one region see which of them is the primary",
		})
		if facts.Control(g.spec.Tailnet.Control).HidesOwnRoutes.Value {
			list = append(list, g.ownRoutes(s.tag, i))
		}
	}
	return list
}

// ownRoutes lets a gateway see its own primary routes: Headscale leaves them out of
// what it tells a gateway about itself unless a rule lets it reach them (headscale
// 0.29.2, hscontrol/mapper/builder.go), and then no gateway knows that it is the
// primary.
func (g *generator) ownRoutes(tag string, first int) Grant {
	own := filter(g.selected(nil), func(i int) bool {
		s := g.sites[i]
		return i >= first && s.tag == tag && s.plan.Relay
	})
	return Grant{
		Src: []string{tag}, Dst: g.names(own, []place{nodes, pods}), IP: []string{"icmp:*"},
		Comment: "relay: Headscale tells a gateway for which of its own routes it is the primary",
	}
}

// steering are the grants by which a pin takes effect: via decides about which router a
// device learns, so a source must be the device, the gateways of the sending
// region (headscale 0.29.2, testdata via-grant-v39). ICMP is the smallest rule there
// is; what may be sent stands in the rules between the regions.
func (g *generator) steering() []Grant {
	if g.spec.Tailnet.Policy.Form == schema.FormACLs {
		return nil
	}
	var list []Grant
	for _, pin := range g.spec.Tailnet.Policy.Pins {
		from, okFrom := g.index[pin.From]
		to, okTo := g.index[pin.To]
		if !okFrom || !okTo {
			continue
		}
		list = append(list, Grant{
			Src: []string{g.sites[from].tag}, Dst: g.names([]int{to}, []place{nodes, pods}),
			IP: []string{"icmp:*"}, Via: []string{pin.Via},
			Comment: "pin: gateways of " + pin.From + " send to " + pin.To + " through " + pin.Via,
		})
	}
	return list
}

// relaying lets gateways that others may not reach by themselves use the peer relays. The
// control server tells them about those by the same grant (recordings of it in headscale
// 0.29.2, hscontrol/policy/v2: companionCaps), or wants a rule that lets them reach it.
func (g *generator) relaying() []Grant {
	if g.spec.Tailnet.Policy.Form == schema.FormACLs {
		return nil
	}
	tags := func(has func(s *site) bool) []string {
		set := map[string]bool{}
		for _, s := range g.sites {
			if has(s) {
				set[s.tag] = true
			}
		}
		return sortedKeys(set)
	}
	relay := Grant{
		Src:     tags(func(s *site) bool { return s.plan.AsksRelays() }),
		Dst:     tags(func(s *site) bool { return s.region.Gateways.PeerRelay != 0 && s.plan.HasOpen() }),
		App:     []string{facts.TailscaleRelayCapability},
		Comment: "peer relay: gateways that cannot reach each other do so through those of another region",
	}
	if len(relay.Src) == 0 || len(relay.Dst) == 0 {
		return nil
	}
	if !facts.Control(g.spec.Tailnet.Control).ShowsRelays.Value {
		relay.IP = []string{"icmp:*"}
	}
	return []Grant{relay}
}
