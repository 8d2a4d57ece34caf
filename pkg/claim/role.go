package claim

// Role says what a prefix is for. It decides what may lie inside it.
type Role uint8

// The roles a prefix can have. The zero value is invalid.
const (
	// RoleNode: addresses of a region's nodes, advertised to the tailnet.
	RoleNode Role = iota + 1
	// RolePod: addresses of a region's pods, advertised to the tailnet.
	RolePod
	// RoleService: virtual addresses that every node translates; never routed.
	RoleService
	// RoleTransit: link networks inside a region, not advertised.
	RoleTransit
	// RoleFabric: InfiniBand, RoCE and storage networks of a region's hosts, not advertised.
	RoleFabric
	// RoleExternal: networks outside the cluster that must stay reachable.
	RoleExternal
	// RoleReserved: the user's own no-go ranges.
	RoleReserved
	// RolePool: what holds the addresses of the tailnet.
	RolePool
	// RoleGateway: the one address of a gateway on its region's network.
	RoleGateway
	// RoleAPIServer: the one address of an API server, or a network where some are.
	RoleAPIServer
	// RoleSuperset: what one gateway advertises beside its region's prefixes, so that
	// it may send from them.
	RoleSuperset

	roles // how many there are, plus one
)

// String names the role as messages do: "pod CIDR", "gateway address".
func (r Role) String() string {
	names := [...]string{
		RoleNode: "node CIDR", RolePod: "pod CIDR", RoleService: "service CIDR",
		RoleTransit: "transit CIDR", RoleFabric: "fabric CIDR", RoleExternal: "external CIDR",
		RoleReserved: "reserved CIDR", RolePool: "tailnet IP pool",
		RoleGateway: "gateway address", RoleAPIServer: "API server address",
		RoleSuperset: "superset",
	}
	if int(r) < len(names) && names[r] != "" {
		return names[r]
	}
	return "prefix"
}

// Advertised reports whether a region's gateways advertise the role's prefixes.
func (r Role) Advertised() bool { return r == RoleNode || r == RolePod }

// Local reports whether only the hosts of one region know the role's prefixes.
func (r Role) Local() bool { return r == RoleTransit || r == RoleFabric }

// Fixed reports whether the user can hardly change the role's prefixes: the other
// side of a conflict has to move.
func (r Role) Fixed() bool {
	return r == RoleExternal || r == RoleReserved || r == RoleAPIServer
}

// where says for which regions an allowance holds.
type where uint8

const (
	anywhere where = iota
	sameRegion
	otherRegion
)

// allowance is a pair of roles whose prefixes may overlap, and why. It holds both
// ways round.
type allowance struct {
	a, b Role
	in   where
	why  string
}

// allowances is the whole table of what may lie inside what: every pair of roles
// that it does not name must stay disjoint.
func allowances() []allowance {
	return []allowance{
		{RoleGateway, RoleNode, sameRegion, "a gateway is a node: its address is one of theirs"},
		{RoleAPIServer, RoleNode, anywhere, "API servers run on nodes, and any region may host them"},
		{RoleAPIServer, RoleGateway, anywhere, "a control-plane node may be a gateway"},
		{RoleAPIServer, RoleExternal, anywhere, "a managed API server stands in a peered network"},
		{RoleAPIServer, RoleReserved, anywhere, "the user may keep the control plane's network to themselves"},
		{RoleAPIServer, RoleAPIServer, anywhere, "one address may be listed for several purposes, and lie in a network that is listed, too"},
		{RoleFabric, RoleFabric, otherRegion, "a fabric is known to its own hosts only, and vendors ship the same numbers everywhere"},
		{RoleTransit, RoleTransit, otherRegion, "a link network is known to its own region only"},
		{RoleTransit, RoleFabric, otherRegion, "neither is known outside its own region"},
		{RoleExternal, RoleExternal, anywhere, "a route to a network and one to a part of it are both routes out of the cluster"},
		{RoleExternal, RoleReserved, anywhere, "both keep the cluster out"},
		{RoleReserved, RoleReserved, anywhere, "both keep the cluster out"},
	}
}

// Nesting answers for a pair of claims what allowances says of their roles.
type Nesting [roles][roles][otherRegion + 1]bool

func NewNesting() *Nesting {
	var n Nesting
	for _, a := range allowances() {
		for _, in := range []where{sameRegion, otherRegion} {
			if a.in == anywhere || a.in == in {
				n[a.a][a.b][in], n[a.b][a.a][in] = true, true
			}
		}
	}
	return &n
}

// Allows reports whether the two claims may overlap.
func (n *Nesting) Allows(a, b *Claim) bool {
	in := otherRegion
	if a.Region == b.Region {
		in = sameRegion
	}
	return n[a.Role][b.Role][in]
}
