package plan

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Bond is by what somebody knows a gateway, so that a machine without it is another one.
type Bond uint8

const (
	// BondSecret: its identity is in a Secret named after its node, which no other may write.
	BondSecret Bond = iota + 1
	// BondHosts: the region's other hosts have routes to its address.
	BondHosts
	// BondCloud: the provider's route tables, firewalls and their programs name it.
	BondCloud
	// BondPrimary: the region's other gateways hand packets to its address.
	BondPrimary
	// BondFiles: its files are its own, by name or by address.
	BondFiles
)

// Bonds are by what the region's gateways are known. None where a machine of any name and
// address does what the one before it did.
func (r *Region) Bonds() []Bond {
	made := r.Region.HostAddress == schema.HostAddressMade // the same on every machine with the region's files
	g := &r.Region.Gateways
	var list []Bond
	for _, b := range []struct {
		bond Bond
		has  bool
	}{
		{BondSecret, r.State == StateSecret},
		{BondHosts, r.HostRoutes()},
		{BondCloud, r.Cloud != nil},
		{BondPrimary, r.Relay && !r.ByTable && len(g.Nodes) > 1},
		{BondFiles, routesDiffer(r.Region) || g.OnHost() && !made},
	} {
		if b.has {
			list = append(list, b.bond)
		}
	}
	return list
}

// JoinsAnew reports whether a machine in a gateway's place, with an empty disk, is another
// device of the tailnet.
func (r *Region) JoinsAnew() bool {
	return r.Region.Gateways.Replaced != schema.ReplacedNever && r.State == StateHost
}

// TargetIsMachine reports whether the provider's routes name a gateway by an ID that another
// machine in its place does not have.
func (r *Region) TargetIsMachine() bool {
	if r.Cloud == nil {
		return false
	}
	by := facts.Provider(r.Cloud.Cloud).Network.Value.Target
	return by.Field == provider.FieldInstance && by.Form.Value == provider.FormID
}
