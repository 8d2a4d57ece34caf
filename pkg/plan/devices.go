package plan

import "github.com/kustomize-hybrid/kustomize-hybrid/schema"

// Devices is how many devices of the tailnet the region's gateways are: one for each
// known host and, with ModePerNode, one for each node that the region must have room
// for. Where neither is known it is at least 1, and known is false.
func (r *Region) Devices() (n int, known bool) {
	n = len(r.Region.Gateways.Nodes)
	if r.Region.Gateways.Mode == schema.ModePerNode {
		n = max(n, r.Region.MaxNodes)
	}
	return max(n, 1), n > 0
}
