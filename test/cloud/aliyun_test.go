package cloud

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// aliState is a VPC as the VPC and ECS APIs of Alibaba Cloud show it.
type aliState struct {
	Tables map[string][]aliRoute
	Rules  []aliRule
	Next   int
}

type aliRoute struct {
	RouteEntryId, RouteEntryName, DestinationCidrBlock, Status string
	NextHops                                                   aliHops
}

type aliHops struct{ NextHop []aliHop }

type aliHop struct{ NextHopType, NextHopId string }

type aliRule struct {
	SecurityGroupRuleId, Direction, IpProtocol, PortRange, Policy, Description string
	SourceCidrIp, Ipv6SourceCidrIp, DestCidrIp, Ipv6DestCidrIp                 string
}

// aliBefore is a VPC that somebody uses already.
func aliBefore() any {
	return aliState{
		Tables: map[string][]aliRoute{"vtb-gw8a1b2c3d4e5f6g7": {
			{"rte-1", "", "192.168.0.0/16", "Available", aliHops{[]aliHop{{"VpnGateway", "vpn-1"}}}}}},
		Rules: []aliRule{{SecurityGroupRuleId: "sgr-1", Direction: "ingress", IpProtocol: "TCP", PortRange: "22/22", Policy: "Accept", SourceCidrIp: "192.0.2.0/24"}},
		Next:  2,
	}
}

// aliyun answers for Alibaba's command line, which prints rows of JMESPath as a table
// (aliyun-cli, openapi/output_filter.go) and can ask until a value is there
// (openapi/waiter.go).
func aliyun(c *call) error {
	if c.one("RegionId") != "eu-central-1" || len(c.words) != 2 {
		panic("unknown command")
	}
	var s aliState
	load(&s)
	if strings.HasPrefix(c.words[1], "Describe") {
		answer := s.describe(c)
		switch {
		case c.has("waiter"):
			for search(field(c.flags["waiter"], "expr"), s.describe(c)) != field(c.flags["waiter"], "to") {
				s.settle()
			}
			return save(s)
		case c.has("output"):
			printTable(answer, field(c.flags["output"], "cols"), field(c.flags["output"], "rows"))
		}
		return nil
	}
	if err := c.change(); err != nil {
		return err
	}
	if err := s.change(c); err != nil {
		return err
	}
	return save(s)
}

func field(words []string, key string) string {
	for _, w := range words {
		if value, ok := strings.CutPrefix(w, key+"="); ok {
			return value
		}
	}
	panic("no " + key)
}

func printTable(answer any, columns, rows string) {
	found, ok := search(rows, answer).([]any)
	if !ok {
		panic("Need Array Expr")
	}
	names := strings.Split(columns, ",")
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.Debug)
	defer w.Flush()
	line := func(cells []string) { fmt.Fprintln(w, strings.Join(cells, "\t ")) }
	line(names)
	var dashes []string
	for _, n := range names {
		dashes = append(dashes, strings.Repeat("-", len(n)))
	}
	line(dashes)
	for _, row := range found {
		var cells []string
		for _, n := range names {
			cells = append(cells, fmt.Sprint(search(n, row)))
		}
		line(cells)
	}
}

// describe answers in pages of three, so that scripts have to turn them.
func (s *aliState) describe(c *call) any {
	switch c.words[0] + " " + c.words[1] {
	case "vpc DescribeRouteEntryList":
		table := slices.Clone(s.Tables[c.one("RouteTableId")])
		if c.has("RouteEntryName") {
			table = slices.DeleteFunc(table, func(r aliRoute) bool { return r.RouteEntryName != c.one("RouteEntryName") })
		}
		from := 0
		if c.has("NextToken") {
			from, _ = strconv.Atoi(c.one("NextToken"))
		}
		to := min(from+3, len(table))
		answer := map[string]any{"RouteEntrys": map[string]any{"RouteEntry": append([]aliRoute{}, table[from:to]...)}}
		if to < len(table) {
			answer["NextToken"] = strconv.Itoa(to)
		}
		return answer
	case "ecs DescribeSecurityGroupAttribute":
		rules := slices.DeleteFunc(slices.Clone(s.Rules), func(r aliRule) bool { return r.Direction != c.one("Direction") })
		return map[string]any{"Permissions": map[string]any{"Permission": append([]aliRule{}, rules...)}}
	}
	panic("unknown command")
}

// settle finishes what was asked for: new routes become available, deleted ones go.
func (s *aliState) settle() {
	for id, table := range s.Tables {
		table = slices.DeleteFunc(table, func(r aliRoute) bool { return r.Status == "Deleting" })
		for i := range table {
			table[i].Status = "Available"
		}
		s.Tables[id] = table
	}
}

func (s *aliState) change(c *call) error {
	switch c.words[0] + " " + c.words[1] {
	case "vpc CreateRouteEntry":
		id := c.one("RouteTableId")
		r := aliRoute{fmt.Sprint("rte-", s.Next), c.one("RouteEntryName"), c.one("DestinationCidrBlock"), "Pending", aliHops{[]aliHop{{c.one("NextHopType"), c.one("NextHopId")}}}}
		s.Next++
		for _, o := range s.Tables[id] {
			if o.Status != "Available" {
				return errors.New("IncorrectRouteEntryStatus")
			}
			if o.DestinationCidrBlock == r.DestinationCidrBlock {
				return errors.New("RouterEntryConflict.Duplicated")
			}
		}
		s.Tables[id] = append(s.Tables[id], r)
		return nil
	case "vpc DeleteRouteEntry":
		for id := range s.Tables {
			for i := range s.Tables[id] {
				if s.Tables[id][i].RouteEntryId == c.one("RouteEntryId") {
					s.Tables[id][i].Status = "Deleting"
					return nil
				}
			}
		}
		return errors.New("InvalidRouteEntry.NotFound")
	case "ecs AuthorizeSecurityGroup", "ecs AuthorizeSecurityGroupEgress":
		return s.authorize(c)
	case "ecs RevokeSecurityGroup", "ecs RevokeSecurityGroupEgress":
		n := len(s.Rules)
		way := map[bool]string{true: "egress", false: "ingress"}[strings.HasSuffix(c.words[1], "Egress")]
		s.Rules = slices.DeleteFunc(s.Rules, func(r aliRule) bool {
			return r.SecurityGroupRuleId == c.one("SecurityGroupRuleId.1") && r.Direction == way
		})
		return gone(n, len(s.Rules))
	}
	panic("unknown command")
}

func (s *aliState) authorize(c *call) error {
	r := aliRule{SecurityGroupRuleId: fmt.Sprint("sgr-", s.Next), Direction: "ingress", Policy: "Accept",
		IpProtocol: c.one("Permissions.1.IpProtocol"), PortRange: c.one("Permissions.1.PortRange"), Description: c.one("Permissions.1.Description")}
	s.Next++
	peers := 0
	for flag, to := range map[string]*string{
		"SourceCidrIp": &r.SourceCidrIp, "Ipv6SourceCidrIp": &r.Ipv6SourceCidrIp, "DestCidrIp": &r.DestCidrIp, "Ipv6DestCidrIp": &r.Ipv6DestCidrIp,
	} {
		if c.has("Permissions.1." + flag) {
			*to = c.one("Permissions.1." + flag)
			peers++
		}
	}
	if strings.HasSuffix(c.words[1], "Egress") {
		r.Direction = "egress"
	}
	if peers != 1 || (r.Direction == "egress") != (r.DestCidrIp+r.Ipv6DestCidrIp != "") {
		return errors.New("InvalidParam")
	}
	s.Rules = append(s.Rules, r)
	return nil
}
