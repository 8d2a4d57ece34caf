package cloud

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// awsState is a VPC as the EC2 API shows it.
type awsState struct {
	Tables map[string][]awsRoute
	Tags   map[string]map[string]string `json:"tags"`
	// Checks are the source/destination checks of network interfaces.
	Checks map[string]bool
	Rules  []awsRule
	Next   int
}

type awsRoute struct {
	DestinationCidrBlock     string `json:",omitempty"`
	DestinationIpv6CidrBlock string `json:",omitempty"`
	NetworkInterfaceId       string `json:",omitempty"`
	GatewayId                string `json:",omitempty"`
}

func (r awsRoute) destination() string { return r.DestinationCidrBlock + r.DestinationIpv6CidrBlock }

type awsRule struct {
	SecurityGroupRuleId, GroupId string
	IsEgress                     bool
	IpProtocol                   string
	FromPort, ToPort             int
	CidrIpv4                     string `json:",omitempty"`
	CidrIpv6                     string `json:",omitempty"`
	Description                  string `json:",omitempty"`
}

func (r awsRule) same(o awsRule) bool {
	return r.IsEgress == o.IsEgress && r.IpProtocol == o.IpProtocol && r.FromPort == o.FromPort && r.ToPort == o.ToPort &&
		r.CidrIpv4 == o.CidrIpv4 && r.CidrIpv6 == o.CidrIpv6
}

// awsBefore is a VPC that somebody uses already: a default route, a rule for SSH, and a
// gateway whose check somebody has turned off.
func awsBefore() any {
	return awsState{
		Tables: map[string][]awsRoute{"rtb-0a1b2c3d4e5f60718": {
			{DestinationCidrBlock: "10.10.0.0/16", GatewayId: "local"}, {DestinationCidrBlock: "0.0.0.0/0", GatewayId: "igw-1"}}},
		Tags:   map[string]map[string]string{"rtb-0a1b2c3d4e5f60718": {"Name": "nodes"}},
		Checks: map[string]bool{"eni-0a1b2c3d4e5f60711": true, "eni-0a1b2c3d4e5f60712": false, "eni-00000000": true},
		Rules: []awsRule{
			{SecurityGroupRuleId: "sgr-1", GroupId: "sg-0a1b2c3d4e5f60718", IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIpv4: "192.0.2.0/24", Description: "ssh"},
			{SecurityGroupRuleId: "sgr-2", GroupId: "sg-0a1b2c3d4e5f60718", IsEgress: true, IpProtocol: "-1", FromPort: -1, ToPort: -1, CidrIpv4: "0.0.0.0/0"},
		},
		Next: 3,
	}
}

// aws answers for Amazon's command line, version 2.
func aws(c *call) error {
	if c.one("region") != "eu-central-1" || c.one("output") != "text" || len(c.words) != 2 || c.words[0] != "ec2" {
		panic("unknown command")
	}
	var s awsState
	load(&s)
	if strings.HasPrefix(c.words[1], "describe-") {
		printRows(search(c.one("query"), s.describe(c)), func(b bool) string {
			if b {
				return "True"
			}
			return "False"
		})
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

func (s *awsState) describe(c *call) any {
	switch c.words[1] {
	case "describe-tags":
		_, id := c.awsFilter("resource-id")
		var tags []any
		for _, k := range slices.Sorted(maps.Keys(s.Tags[id])) {
			tags = append(tags, map[string]any{"Key": k, "Value": s.Tags[id][k], "ResourceId": id})
		}
		return map[string]any{"Tags": tags}
	case "describe-route-tables":
		table, ok := s.Tables[c.one("route-table-ids")]
		if !ok {
			panic("no table")
		}
		return map[string]any{"RouteTables": []any{map[string]any{"Routes": table}}}
	case "describe-network-interfaces":
		if c.has("filters") {
			_, key := c.awsFilter("tag-key")
			return s.interfaces(func(id string) bool { _, ok := s.Tags[id][key]; return ok })
		}
		return s.interfaces(func(id string) bool { return slices.Contains(c.flags["network-interface-ids"], id) })
	case "describe-security-group-rules":
		_, id := c.awsFilter("group-id")
		return map[string]any{"SecurityGroupRules": slices.DeleteFunc(slices.Clone(s.Rules), func(r awsRule) bool { return r.GroupId != id })}
	}
	panic("unknown command")
}

var filterForm = regexp.MustCompile(`^Name=([a-z-]+),Values=(.+)$`)

func (c *call) awsFilter(name string) (string, string) {
	m := filterForm.FindStringSubmatch(c.one("filters"))
	if m == nil || m[1] != name {
		panic("filter " + c.one("filters"))
	}
	return m[1], m[2]
}

func (s *awsState) interfaces(keep func(id string) bool) any {
	found := []any{}
	for _, id := range slices.Sorted(maps.Keys(s.Checks)) {
		if keep(id) {
			found = append(found, map[string]any{"NetworkInterfaceId": id, "SourceDestCheck": s.Checks[id]})
		}
	}
	return map[string]any{"NetworkInterfaces": found}
}

func (s *awsState) change(c *call) error {
	switch c.words[1] {
	case "create-route", "replace-route", "delete-route":
		return s.changeRoute(c)
	case "create-tags", "delete-tags":
		return s.changeTag(c)
	case "modify-network-interface-attribute":
		s.Checks[c.one("network-interface-id")] = c.has("source-dest-check")
		if c.has("source-dest-check") == c.has("no-source-dest-check") {
			panic("which?")
		}
		return nil
	case "authorize-security-group-ingress", "authorize-security-group-egress":
		return s.authorize(c)
	case "revoke-security-group-ingress", "revoke-security-group-egress":
		egress := strings.HasSuffix(c.words[1], "egress")
		i := slices.IndexFunc(s.Rules, func(r awsRule) bool {
			return r.SecurityGroupRuleId == c.one("security-group-rule-ids") && r.GroupId == c.one("group-id") && r.IsEgress == egress
		})
		if i < 0 {
			return errors.New("InvalidSecurityGroupRuleId.NotFound")
		}
		s.Rules = slices.Delete(s.Rules, i, i+1)
		return nil
	}
	panic("unknown command")
}

func (s *awsState) changeRoute(c *call) error {
	id := c.one("route-table-id")
	r := awsRoute{}
	if c.has("destination-ipv6-cidr-block") {
		r.DestinationIpv6CidrBlock = c.one("destination-ipv6-cidr-block")
	} else {
		r.DestinationCidrBlock = c.one("destination-cidr-block")
	}
	i := slices.IndexFunc(s.Tables[id], func(o awsRoute) bool { return o.destination() == r.destination() })
	if (i < 0) != (c.words[1] == "create-route") {
		return errors.New("RouteAlreadyExists or InvalidRoute.NotFound")
	}
	if c.words[1] != "create-route" {
		s.Tables[id] = slices.Delete(s.Tables[id], i, i+1)
	}
	if c.words[1] != "delete-route" {
		r.NetworkInterfaceId = c.one("network-interface-id")
		if _, ok := s.Checks[r.NetworkInterfaceId]; !ok {
			return errors.New("InvalidNetworkInterfaceID.NotFound")
		}
		s.Tables[id] = append(s.Tables[id], r)
	}
	return nil
}

// Keys have at most 128 characters and values at most 256, of letters, digits, spaces
// and _ . : / = + - @ (AWS, tag restrictions).
var tagForm = regexp.MustCompile(`^Key=([A-Za-z0-9 _.:/=+@-]{1,128}?)(?:,Value=([A-Za-z0-9 _.:/=+@-]{0,256}))?$`)

func (s *awsState) changeTag(c *call) error {
	m := tagForm.FindStringSubmatch(c.one("tags"))
	if m == nil {
		return errors.New("InvalidParameterValue: tag " + c.one("tags"))
	}
	id := c.one("resources")
	if s.Tags[id] == nil {
		s.Tags[id] = map[string]string{}
	}
	if s.Tags[id][m[1]] = m[2]; c.words[1] == "delete-tags" {
		delete(s.Tags[id], m[1])
	}
	if len(s.Tags[id]) == 0 {
		delete(s.Tags, id)
	}
	return nil
}

var permissionForm = regexp.MustCompile(`^IpProtocol=(udp|tcp|-1)(?:,FromPort=(\d+),ToPort=(\d+))?,(?:IpRanges=\[\{CidrIp|Ipv6Ranges=\[\{CidrIpv6)=([^,]+),Description=([^,}]+)\}\]$`)

func (s *awsState) authorize(c *call) error {
	m := permissionForm.FindStringSubmatch(c.one("ip-permissions"))
	if m == nil || (m[1] == "-1") != (m[2] == "") {
		panic("permissions " + c.one("ip-permissions"))
	}
	r := awsRule{SecurityGroupRuleId: fmt.Sprint("sgr-", s.Next), GroupId: c.one("group-id"), IpProtocol: m[1], FromPort: -1, ToPort: -1,
		IsEgress: c.words[1] == "authorize-security-group-egress", Description: m[5]}
	s.Next++
	if m[2] != "" {
		r.FromPort, _ = strconv.Atoi(m[2])
		r.ToPort, _ = strconv.Atoi(m[3])
	}
	if strings.Contains(m[4], ":") {
		r.CidrIpv6 = m[4]
	} else {
		r.CidrIpv4 = m[4]
	}
	if slices.ContainsFunc(s.Rules, r.same) {
		return errors.New("InvalidPermission.Duplicate")
	}
	s.Rules = append(s.Rules, r)
	return nil
}

// A route that somebody else made to the same gateway is as good, and in no tag of ours: it
// stays when ours are removed. One that leads elsewhere is named, and nothing is changed.
func TestRouteOfSomebodyElseInAWS(t *testing.T) {
	const table, theirs = "rtb-0a1b2c3d4e5f60718", "10.50.0.0/22"
	b := ofProvider(t, "aws")
	s := awsBefore().(awsState)
	s.Tables[table] = append(s.Tables[table], awsRoute{DestinationCidrBlock: theirs, NetworkInterfaceId: "eni-0a1b2c3d4e5f60711"})
	b.setState(s)
	before := b.state()
	changes := strings.Join(b.must("apply").changes(), "\n")
	if strings.Contains(changes, "--destination-cidr-block "+theirs) || !strings.Contains(changes, "routes-0,Value=10.30.0.0/22+10.70.0.0/22+10.143.0.0/24") {
		t.Errorf("apply takes a route of somebody else for ours:\n%s", changes)
	}
	b.must("check")
	if o := b.must("apply"); len(o.changes()) > 0 {
		t.Errorf("apply a second time: %s", o)
	}
	if o := b.run("apply", "fra-2"); o.code != 1 || len(o.changes()) > 0 || !strings.Contains(o.errors, theirs+" in "+table+" leads somewhere else already, by a route that is not ours") {
		t.Errorf("apply moves a route of somebody else: %s", o)
	}
	b.must("remove")
	if diff := cmp.Diff(before, b.state(), ignoreCounters()); diff != "" {
		t.Errorf("remove leaves a difference (-before +after):\n%s", diff)
	}
}
