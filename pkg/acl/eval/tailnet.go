package eval

import (
	"net/netip"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Tailnet is what is known of a tailnet beside its policy. What it does not name is
// unknown: whoever learns more gets answers where there were none, and never others.
type Tailnet struct {
	Devices []Device
	// Users are members of the tailnet; whoever has a device in it is one, too.
	Users []User
	// Complete tells that there are no other devices.
	Complete bool
}

// User is a member of the tailnet.
type User struct {
	Name string
	// Role is "owner", "admin", "member" and the like; empty where nobody knows it.
	Role string
	// Groups are those that the identity provider puts the user into.
	Groups []string
}

// Known is what a topology tells of its tailnet: the gateways, and what they advertise.
func Known(t *schema.Topology) Tailnet {
	var known Tailnet
	p := plan.New(t)
	for i := range p.Regions {
		r := &p.Regions[i]
		tag := t.Spec.Tailnet.GatewayTag(r.Region.Name)
		for j, n := range r.Region.Gateways.Nodes {
			d := Device{Name: n.Name, Tags: append([]string{tag}, n.Tags...), Routes: r.Routes(j)}
			if n.TailnetIP.IsValid() {
				d.Addrs = []netip.Addr{n.TailnetIP}
			}
			known.Devices = append(known.Devices, d)
		}
		if len(r.Region.Gateways.Nodes) == 0 {
			known.Devices = append(known.Devices, Device{Name: r.Region.Name, Tags: []string{tag}, Routes: r.Advertise})
		}
	}
	return known
}

// Approvable is a tailnet in which somebody advertises every route that the policy has
// approved without asking.
func Approvable(p *acl.Policy) Tailnet {
	var d Device
	for _, r := range p.Routes {
		if prefix, _, err := acl.MaskedPrefix(r.Key); err == nil {
			d.Routes = append(d.Routes, prefix)
		}
	}
	return Tailnet{Devices: []Device{d}}
}

// owner is the device that has the address.
func (t Tailnet) owner(a netip.Addr) (Device, bool) {
	i := slices.IndexFunc(t.Devices, func(d Device) bool { return slices.Contains(d.Addrs, a) })
	if i < 0 {
		return Device{}, false
	}
	return t.Devices[i], true
}

// isMember reports whether the user is known to be a member of the tailnet.
func (t Tailnet) isMember(name string) bool {
	_, listed := t.user(name)
	return listed || slices.ContainsFunc(t.Devices, func(d Device) bool { return len(d.Tags) == 0 && d.User == name })
}

func (t Tailnet) user(name string) (User, bool) {
	i := slices.IndexFunc(t.Users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return User{}, false
	}
	return t.Users[i], true
}
