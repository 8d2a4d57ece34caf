package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Tunnel is how a plugin carries pods' packets between nodes.
type Tunnel struct {
	Protocol schema.TunnelProtocol
	// Ports are as the tailnet policy writes them: "udp:4789", or "ipv4:*" for a protocol
	// without ports.
	Ports fact.Datum[[]string]
	// Overhead is what it puts around a packet, in bytes, and OverIPv6 how much more where
	// nodes send each other IPv6.
	Overhead, OverIPv6 fact.Datum[int]
	// Encrypts says that it is around what native routing carries, from pods to pods: hosts or
	// the network need a way to pods all the same.
	Encrypts fact.Datum[bool]
}

// The overheads of encapsulations, and the ports that their standards or Calico give them.
const (
	calicoMTU    = "calico v3.32.1, \"Configure MTU\""
	ipv6Header   = "RFC 8200: its header has 20 bytes more than that of IPv4"
	requirements = "calico 3.30, \"System requirements\""
	wholeTunnel  = "it carries whatever hosts send to pods of another node"
)

// carries is what a tunnel is that needs no other way to pods.
func carries() fact.Datum[bool] { return fact.Known(false, wholeTunnel) }

func vxlan() Tunnel {
	return Tunnel{schema.TunnelVXLAN, fact.Known([]string{"udp:4789"}, "RFC 7348; Calico and Antrea keep it"), fact.Known(50, calicoMTU), fact.Known(20, ipv6Header), carries()}
}

// linuxVXLAN has the port that the kernel took before there was a standard.
func linuxVXLAN(source string) Tunnel {
	t := vxlan()
	t.Ports = fact.Known([]string{"udp:8472"}, source)
	return t
}

func geneve() Tunnel {
	return Tunnel{schema.TunnelGeneve, fact.Known([]string{"udp:6081"}, "RFC 8926; cilium 1.17.4, pkg/defaults"), fact.Known(50, "cilium 1.17.4, pkg/mtu/mtu.go"), fact.Known(20, ipv6Header), carries()}
}

func ipip() Tunnel {
	return Tunnel{schema.TunnelIPIP, fact.Known([]string{"ipv4:*"}, "RFC 2003: IP protocol 4, which a policy has to name"), fact.Known(20, calicoMTU), fact.Known(0, "calico v3.32.1, ippools CRD: it carries IPv4 over IPv4 only"), carries()}
}

func wireGuard() Tunnel {
	return Tunnel{schema.TunnelWireGuard, fact.Known([]string{"udp:51820-51821"}, requirements+"; flannel 0.26, Documentation/backends.md: one for each family"), fact.Known(60, calicoMTU), fact.Known(20, ipv6Header), carries()}
}

// usualTunnels are what a plugin does of which nothing else is known.
func usualTunnels() fact.Datum[[]Tunnel] {
	return fact.Known([]Tunnel{vxlan(), geneve(), ipip(), wireGuard()}, "each datum has its own")
}
