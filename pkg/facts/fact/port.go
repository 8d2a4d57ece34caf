package fact

import "github.com/kustomize-hybrid/kustomize-hybrid/schema"

// Place is where a connection comes from. The zero value is invalid.
type Place uint8

const (
	Nodes Place = iota + 1
	Pods
)

// Port is what a component's agents on nodes listen on for those of other regions.
type Port struct {
	// What it is for.
	What string
	From Place
	// Ports are as the tailnet policy writes them: "tcp:179", "udp:6783-6784".
	Ports []string
	// Unless names the tunnels with which it is not used.
	Unless Datum[[]schema.TunnelProtocol]
}

// Always is said of a port that no setting closes.
func Always() Datum[[]schema.TunnelProtocol] {
	return Known([]schema.TunnelProtocol(nil), "the same page: no setting closes it")
}
