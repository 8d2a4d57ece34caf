package cloud

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// gcpState is a project as the Compute Engine API shows it.
type gcpState struct {
	Routes    []gcpRoute
	Rules     []gcpRule
	Instances []gcpInstance
}

type gcpRoute struct {
	Name, Network, DestRange, NextHopInstance string
	Priority                                  int
}

type gcpRule struct {
	Name, Network, Direction, Allowed string
	SourceRanges, DestinationRanges   []string
	Disabled                          bool
}

type gcpInstance struct {
	Name, Zone   string
	CanIpForward bool
}

// gcpBefore is a project with a default route, a rule of somebody's and two regions'
// worth of gateways.
func gcpBefore() any {
	return gcpState{
		Routes: []gcpRoute{{"default-route-1", "k8s", "0.0.0.0/0", "", 1000}},
		Rules:  []gcpRule{{"allow-ssh", "k8s", "INGRESS", "tcp:22", []string{"192.0.2.0/24"}, nil, false}},
		Instances: []gcpInstance{
			{"iowa-1", "us-central1-a", true}, {"iowa-2", "us-central1-b", true}, {"elsewhere", "us-central1-b", false}},
	}
}

// The filters and formats that the script uses; gcloud evaluates them itself, by a
// language of its own (gcloud topic filters, gcloud topic formats).
var (
	nameFilter     = regexp.MustCompile(`^name~"(\^[a-z0-9-]+-)" AND network~"/([a-z0-9-]+)\$"$`)
	instanceFilter = regexp.MustCompile(`^name=\(((?:[a-z0-9-]+ )+)\)$`)
)

const (
	routeFormat    = "value(name, destRange, nextHopInstance.scope(zones), priority)"
	ruleFormat     = "value(name, direction, allowed[].map().firewall_rule().list(), sourceRanges.list(), destinationRanges.list(), disabled)"
	instanceFormat = "value(name, zone.basename(), canIpForward)"
)

// gcloud answers for Google's command line.
func gcloud(c *call) error {
	if c.one("project") != "ai-prod-4711" || !c.has("quiet") || len(c.words) < 3 || c.words[0] != "compute" {
		panic("unknown command")
	}
	var s gcpState
	load(&s)
	if c.words[2] == "list" {
		s.list(c)
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

func (s *gcpState) list(c *call) {
	if c.words[1] == "instances" {
		m := instanceFilter.FindStringSubmatch(c.one("filter"))
		if m == nil || c.one("format") != instanceFormat {
			panic("unknown filter or format")
		}
		for _, i := range s.Instances {
			if slices.Contains(strings.Fields(m[1]), i.Name) {
				printCells(i.Name, i.Zone, pythonBool(i.CanIpForward))
			}
		}
		return
	}
	m := nameFilter.FindStringSubmatch(c.one("filter"))
	if m == nil {
		panic("unknown filter")
	}
	ours := func(name, network string) bool { return strings.HasPrefix(name, m[1][1:]) && network == m[2] }
	switch {
	case c.words[1] == "routes" && c.one("format") == routeFormat:
		for _, r := range s.Routes {
			if ours(r.Name, r.Network) {
				printCells(r.Name, r.DestRange, r.NextHopInstance, strconv.Itoa(r.Priority))
			}
		}
	case c.words[1] == "firewall-rules" && c.one("format") == ruleFormat:
		for _, r := range s.Rules {
			if ours(r.Name, r.Network) {
				printCells(r.Name, r.Direction, r.Allowed, strings.Join(r.SourceRanges, ","), strings.Join(r.DestinationRanges, ","), pythonBool(r.Disabled))
			}
		}
	default:
		panic("unknown command or format")
	}
}

func printCells(cells ...string) { fmt.Println(strings.Join(cells, "\t")) }

func pythonBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

// Names of 1 to 63 characters (Compute Engine, naming resources).
var gcpName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

func (s *gcpState) change(c *call) error {
	name := c.words[3]
	if !gcpName.MatchString(name) {
		return errors.New("Invalid value for field 'resource.name'")
	}
	switch c.words[1] + " " + c.words[2] {
	case "routes create":
		if slices.ContainsFunc(s.Routes, func(r gcpRoute) bool { return r.Name == name }) {
			return errors.New("already exists")
		}
		priority, err := strconv.Atoi(c.one("priority"))
		if err != nil {
			return err
		}
		hop := c.one("next-hop-instance-zone") + "/instances/" + c.one("next-hop-instance")
		s.Routes = append(s.Routes, gcpRoute{name, c.one("network"), c.one("destination-range"), hop, priority})
		return nil
	case "routes delete":
		n := len(s.Routes)
		s.Routes = slices.DeleteFunc(s.Routes, func(r gcpRoute) bool { return slices.Contains(c.words[3:], r.Name) })
		if n-len(s.Routes) != len(c.words[3:]) {
			return errors.New("was not found")
		}
		return nil
	case "firewall-rules delete":
		n := len(s.Rules)
		s.Rules = slices.DeleteFunc(s.Rules, func(r gcpRule) bool { return r.Name == name })
		return gone(n, len(s.Rules))
	case "firewall-rules create":
		if slices.ContainsFunc(s.Rules, func(r gcpRule) bool { return r.Name == name }) {
			return errors.New("already exists")
		}
		s.Rules = append(s.Rules, gcpRule{name, c.one("network"), c.one("direction"), c.one("allow"), c.list("source-ranges"), c.list("destination-ranges"), false})
		return nil
	case "firewall-rules update":
		i := slices.IndexFunc(s.Rules, func(r gcpRule) bool { return r.Name == name })
		if i < 0 || c.has("network") || c.has("direction") {
			return errors.New("unrecognized arguments, or not found")
		}
		s.Rules[i] = gcpRule{name, s.Rules[i].Network, s.Rules[i].Direction, c.one("allow"), c.list("source-ranges"), c.list("destination-ranges"), !c.has("no-disabled")}
		return nil
	}
	panic("unknown command")
}

func gone(before, after int) error {
	if before == after {
		return errors.New("was not found")
	}
	return nil
}

func (c *call) list(flag string) []string {
	if !c.has(flag) {
		return nil
	}
	return strings.Split(c.one(flag), ",")
}
