package schema

import "strings"

// Policy decides what the generated tailnet policy lets the regions do to each
// other. The zero value is least privilege: what one Kubernetes cluster needs
// between its regions, and nothing else.
type Policy struct {
	// Access is least privilege, or everything between the regions; empty means
	// AccessLeastPrivilege.
	Access Access `json:"access,omitempty"`
	// Form is how rules are written; empty means FormGrants.
	Form PolicyForm `json:"form,omitempty"`
	// TagPerRegion gives each region's gateways a tag of their own, the tailnet's tag
	// followed by "-" and the region's name: then a gateway can only have its own
	// region's routes approved.
	TagPerRegion bool `json:"tagPerRegion,omitempty"`
	// TagOwners may give the tags to devices: users, groups, autogroups and tags.
	// Empty means autogroup:admin for Tailscale, and nobody for Headscale, where a
	// pre-authorised key carries the tag.
	TagOwners []string `json:"tagOwners,omitempty"`
	// Flows are allowed on top of what the cluster itself needs.
	Flows []Flow `json:"flows,omitempty"`
	// Pins send traffic between two regions through chosen gateways.
	Pins []Pin `json:"pins,omitempty"`
}

// Flow is traffic between regions that the cluster itself does not need, such as
// node ports, or a node exporter that pods of another region scrape.
type Flow struct {
	// Name says what it is for; it stands in the comments of the policy file.
	Name string `json:"name"`
	// From and To are names of regions; empty means every region.
	From []string `json:"from,omitempty"`
	To   []string `json:"to,omitempty"`
	// Sources and Targets say which addresses of those regions.
	Sources Endpoint `json:"sources"`
	Targets Endpoint `json:"targets"`
	// Ports are "tcp:9100", "udp:5000-5010", "icmp:*" and the like. UDP is allowed in
	// the other direction as well.
	Ports []string `json:"ports"`
}

// Pin sends what one region sends to another through the gateways that carry a tag
// (GatewayNode.Tags), instead of through the primary.
type Pin struct {
	From string `json:"from"`
	To   string `json:"to"`
	Via  string `json:"via"`
}

// Access is how much the regions may do to each other.
type Access string

const (
	// AccessLeastPrivilege grants by role: API server, kubelet, pods, overlay.
	AccessLeastPrivilege Access = "leastPrivilege"
	// AccessAllowAll grants every port between regions, and still no region to itself.
	AccessAllowAll Access = "allowAll"
)

// PolicyForm is how the rules of a policy file are written.
type PolicyForm string

const (
	FormGrants PolicyForm = "grants"
	// FormACLs is the older form, for control servers and files without grants.
	FormACLs PolicyForm = "acls"
)

// Endpoint is one kind of address in a region.
type Endpoint string

const (
	EndpointNodes Endpoint = "nodes"
	EndpointPods  Endpoint = "pods"
)

// GatewayTag is the tag that all gateways of the region carry.
func (t *Tailnet) GatewayTag(region string) string {
	if t.Policy.TagPerRegion {
		return t.Tag + "-" + region
	}
	return t.Tag
}

// TagName is a tag without its "tag:" prefix.
func TagName(tag string) string { return strings.TrimPrefix(tag, "tag:") }
