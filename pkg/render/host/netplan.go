package host

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
)

// netplanFile is what we write of a netplan file (netplan 0.106, netplan-yaml).
type netplanFile struct {
	Network netplanNetwork `json:"network"`
}

type netplanNetwork struct {
	Version   int                      `json:"version"`
	Ethernets map[string]netplanDevice `json:"ethernets,omitempty"`
	Bonds     map[string]netplanDevice `json:"bonds,omitempty"`
	VLANs     map[string]netplanDevice `json:"vlans,omitempty"`
	Bridges   map[string]netplanDevice `json:"bridges,omitempty"`
}

type netplanDevice struct {
	Routes []netplanRoute `json:"routes"`
}

type netplanRoute struct {
	To     string `json:"to"`
	Via    string `json:"via"`
	Metric int    `json:"metric"`
	MTU    int    `json:"mtu"`
}

// netplan gives each route one gateway, the first: it knows no route with several, and
// one more with a worse metric would never be used.
func (f *forms) netplan() netplanFile {
	var device netplanDevice
	for _, r := range f.staticRoutes() {
		device.Routes = append(device.Routes, netplanRoute{
			To: r.Prefix.String(), Via: r.Hops[0].String(), Metric: staticMetric, MTU: facts.TailscaleMTU,
		})
	}
	name := f.region.NodeRoutes.Device
	devices := map[string]netplanDevice{name: device}
	n := netplanNetwork{Version: 2}
	switch {
	case strings.HasPrefix(name, "vlan"), strings.Contains(name, "."):
		n.VLANs = devices
	case strings.HasPrefix(name, "bond"):
		n.Bonds = devices
	case strings.HasPrefix(name, "br"):
		n.Bridges = devices
	default:
		n.Ethernets = devices
	}
	return netplanFile{n}
}

// netplanNote says where the file goes and what it leaves undone.
func (f *forms) netplanNote() string {
	return fmt.Sprintf(`# goes to /etc/netplan/60-kustomize-hybrid.yaml (mode 0600), beside the file that sets %s up; netplan merges the two
%s%s# netplan has no routes with several gateways: these use %s alone.
`, f.region.NodeRoutes.Device, f.notOnGateways(), staticNote(f.plan), f.plan.GatewayNames()[0])
}
