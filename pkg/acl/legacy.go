package acl

import "strings"

// acls is the grant in the older form: one rule for each protocol. What a pin asks
// for cannot be said there; CheckTopology reports it.
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
