package schema

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// APIServer is where the API servers are, and by what every node finds them. A valid one has
// an endpoint or an address.
type APIServer struct {
	// Endpoint is what kubelets and agents are told, as HOST:PORT with a name or an address,
	// an IPv6 one in brackets. Empty means the first of Addresses, and Port.
	Endpoint string `json:"endpoint,omitempty"`
	// Addresses are the servers' own: those that the Service "kubernetes" leads to.
	Addresses []netip.Addr `json:"addresses,omitempty"`
	// Prefixes are networks that servers come and go in.
	Prefixes []netip.Prefix `json:"prefixes,omitempty"`
	// Port is the servers' TCP port, 1 to 65535; 0 means facts.APIServerPort.
	Port int `json:"port,omitempty"`
}

// Told is what kubelets and agents are told: a name, or an address without brackets, and
// a port. Both are zero where only Prefixes are known.
func (a *APIServer) Told() (host string, port int) {
	if h, p, err := net.SplitHostPort(a.Endpoint); err == nil {
		port, _ = strconv.Atoi(p) // the contract has seen to it that it is one
		return h, port
	}
	if len(a.Addresses) > 0 {
		return a.Addresses[0].String(), a.Port
	}
	return "", 0
}

// Balancer is the address and port of an endpoint that is not a server's own; ok is false
// where there is none, and where the endpoint is a name.
func (a *APIServer) Balancer() (at netip.AddrPort, ok bool) {
	if a.Endpoint == "" {
		return netip.AddrPort{}, false
	}
	host, port := a.Told()
	addr, err := netip.ParseAddr(host)
	if err != nil || port == a.Port && a.Has(addr) {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, uint16(port)), true
}

// Has reports whether the address is a server's, or may be.
func (a *APIServer) Has(addr netip.Addr) bool {
	return slices.Contains(a.Addresses, addr) ||
		slices.ContainsFunc(a.Prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Places are the servers' addresses as prefixes, and the networks that they come and go in:
// an address that lies in one is left out.
func (a *APIServer) Places() []netip.Prefix {
	var list []netip.Prefix
	for _, addr := range a.Addresses {
		if addr.IsValid() && !slices.ContainsFunc(a.Prefixes, func(p netip.Prefix) bool { return p.Contains(addr) }) {
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return append(list, a.Prefixes...)
}

// In lists where servers are, or may be, within the prefixes: of each place and a prefix
// the narrower one.
func (a *APIServer) In(prefixes []netip.Prefix) []netip.Prefix {
	var found []netip.Prefix
	for _, o := range a.Places() {
		for _, p := range prefixes {
			if !o.Overlaps(p) {
				continue
			}
			narrow := o
			if p.Bits() > o.Bits() {
				narrow = p
			}
			if narrow = narrow.Masked(); !slices.Contains(found, narrow) {
				found = append(found, narrow)
			}
		}
	}
	return found
}
