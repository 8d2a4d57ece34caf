package acl

import "strings"

// acls is the grant in the older form: one rule for each protocol. It cannot
// express a pin; CheckTopology reports that.
func (g Grant) acls() []ACL {
	var list []ACL
	at := map[string]int{}
	for _, port := range g.IP {
		proto, ports, named := strings.Cut(port, ":")
		if !named {
			proto, ports = "", port
		}
		i, ok := at[proto]
		if !ok {
			i = len(list)
			at[proto] = i
			list = append(list, ACL{Action: "accept", Proto: proto, Src: g.Src, Comment: g.Comment})
		}
		for _, dst := range g.Dst {
			list[i].Dst = append(list[i].Dst, dst+":"+ports)
		}
	}
	return list
}

// Grants is the rule in the newer form: one grant for each set of ports.
func (a ACL) Grants() []Grant {
	byPorts := map[string]int{}
	var list []Grant
	for _, target := range a.Dst {
		host, ports, ok := SplitTarget(target)
		if !ok {
			continue
		}
		if a.Proto != "" {
			ports = a.Proto + ":" + ports
		}
		i, seen := byPorts[ports]
		if !seen {
			i = len(list)
			byPorts[ports] = i
			list = append(list, Grant{Src: a.Src, IP: []string{ports}, Comment: a.Comment})
		}
		list[i].Dst = append(list[i].Dst, host)
	}
	return list
}
