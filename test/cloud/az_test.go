package cloud

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// azState is a resource group as Azure's API shows it.
type azState struct {
	Tables map[string][]azRoute
	Groups map[string][]azRule
	Cards  map[string]*azCard
}

type azRoute struct {
	Name             string `json:"name"`
	AddressPrefix    string `json:"addressPrefix"`
	NextHopType      string `json:"nextHopType"`
	NextHopIPAddress string `json:"nextHopIpAddress,omitempty"`
}

type azRule struct {
	Name                       string   `json:"name"`
	Priority                   int      `json:"priority"`
	Direction                  string   `json:"direction"`
	Access                     string   `json:"access"`
	Protocol                   string   `json:"protocol"`
	DestinationPortRange       string   `json:"destinationPortRange"`
	DestinationPortRanges      []string `json:"destinationPortRanges"`
	SourceAddressPrefix        string   `json:"sourceAddressPrefix,omitempty"`
	SourceAddressPrefixes      []string `json:"sourceAddressPrefixes"`
	DestinationAddressPrefix   string   `json:"destinationAddressPrefix,omitempty"`
	DestinationAddressPrefixes []string `json:"destinationAddressPrefixes"`
}

type azCard struct {
	Name               string            `json:"name"`
	ID                 string            `json:"id"`
	EnableIPForwarding bool              `json:"enableIPForwarding"`
	Tags               map[string]string `json:"tags"`
}

// azBefore is a resource group that somebody uses already; a rule of theirs names an
// application security group and so has no source prefix.
func azBefore() any {
	return azState{
		Tables: map[string][]azRoute{"nodes": {{"internet", "0.0.0.0/0", "Internet", ""}}},
		Groups: map[string][]azRule{"nodes": {{Name: "web", Priority: 100, Direction: "Inbound", Access: "Allow", Protocol: "Tcp", DestinationPortRange: "443"}}},
		Cards: map[string]*azCard{
			"weu-1-nic": {Name: "weu-1-nic", ID: "/subscriptions/s/weu-1-nic"},
			"other-nic": {Name: "other-nic", ID: "/subscriptions/s/other-nic", EnableIPForwarding: true},
		},
	}
}

// az answers for Microsoft's command line.
func az(c *call) error {
	var s azState
	load(&s)
	command := strings.Join(c.words, " ")
	if command != "tag update" && c.one("resource-group") != "ai-weu" {
		panic("unknown resource group")
	}
	if strings.HasSuffix(command, " list") || strings.HasSuffix(command, " show") {
		if c.one("output") != "tsv" {
			panic("output")
		}
		printRows(search(c.one("query"), s.show(c, command)), strconv.FormatBool)
		return nil
	}
	if err := c.change(); err != nil {
		return err
	}
	if err := s.change(c, command); err != nil {
		return err
	}
	return save(s)
}

func (s *azState) show(c *call, command string) any {
	switch command {
	case "network route-table route list":
		return s.Tables[c.one("route-table-name")]
	case "network nsg rule list":
		return s.Groups[c.one("nsg-name")]
	case "network nic list":
		var cards []*azCard
		for _, name := range slices.Sorted(maps.Keys(s.Cards)) {
			cards = append(cards, s.Cards[name])
		}
		return cards
	case "network nic show":
		return s.Cards[c.one("name")]
	}
	panic("unknown command")
}

func (s *azState) change(c *call, command string) error {
	switch command {
	case "network route-table route create":
		table := c.one("route-table-name")
		r := azRoute{c.one("name"), c.one("address-prefix"), c.one("next-hop-type"), c.one("next-hop-ip-address")}
		s.Tables[table] = slices.DeleteFunc(s.Tables[table], func(o azRoute) bool { return o.Name == r.Name })
		if slices.ContainsFunc(s.Tables[table], func(o azRoute) bool { return o.AddressPrefix == r.AddressPrefix }) {
			return errors.New("RouteConflict")
		}
		s.Tables[table] = append(s.Tables[table], r)
		return nil
	case "network route-table route delete":
		table := c.one("route-table-name")
		n := len(s.Tables[table])
		s.Tables[table] = slices.DeleteFunc(s.Tables[table], func(o azRoute) bool { return o.Name == c.one("name") })
		return gone(n, len(s.Tables[table]))
	case "network nsg rule create":
		return s.makeRule(c)
	case "network nsg rule delete":
		group := c.one("nsg-name")
		n := len(s.Groups[group])
		s.Groups[group] = slices.DeleteFunc(s.Groups[group], func(o azRule) bool { return o.Name == c.one("name") })
		return gone(n, len(s.Groups[group]))
	case "network nic update":
		card := s.Cards[c.one("name")]
		if card == nil {
			return errors.New("ResourceNotFound")
		}
		forward, err := strconv.ParseBool(c.one("ip-forwarding"))
		card.EnableIPForwarding = forward
		return err
	case "tag update":
		return s.tag(c)
	}
	panic("unknown command " + command)
}

func (s *azState) makeRule(c *call) error {
	group := c.one("nsg-name")
	r := azRule{Name: c.one("name"), Direction: c.one("direction"), Access: c.one("access"), Protocol: c.one("protocol"),
		DestinationPortRange: c.one("destination-port-ranges")}
	var err error
	if r.Priority, err = strconv.Atoi(c.one("priority")); err != nil {
		return err
	}
	// One prefix is stored by itself, several as a list.
	if r.SourceAddressPrefixes = c.flags["source-address-prefixes"]; len(r.SourceAddressPrefixes) == 1 {
		r.SourceAddressPrefix, r.SourceAddressPrefixes = r.SourceAddressPrefixes[0], nil
	}
	if r.DestinationAddressPrefixes = c.flags["destination-address-prefixes"]; len(r.DestinationAddressPrefixes) == 1 {
		r.DestinationAddressPrefix, r.DestinationAddressPrefixes = r.DestinationAddressPrefixes[0], nil
	}
	s.Groups[group] = slices.DeleteFunc(s.Groups[group], func(o azRule) bool { return o.Name == r.Name })
	if slices.ContainsFunc(s.Groups[group], func(o azRule) bool { return o.Priority == r.Priority && o.Direction == r.Direction }) {
		return errors.New("SecurityRuleConflict")
	}
	s.Groups[group] = append(s.Groups[group], r)
	return nil
}

func (s *azState) tag(c *call) error {
	key, value, _ := strings.Cut(c.one("tags"), "=")
	for _, card := range s.Cards {
		if card.ID != c.one("resource-id") {
			continue
		}
		if card.Tags == nil {
			card.Tags = map[string]string{}
		}
		switch c.one("operation") {
		case "Merge":
			card.Tags[key] = value
		case "Delete":
			if card.Tags[key] == value {
				delete(card.Tags, key)
			}
		default:
			panic("operation")
		}
		if len(card.Tags) == 0 {
			card.Tags = nil
		}
		return nil
	}
	return errors.New("ResourceNotFound")
}
