package eval_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Hosts without a LAN reach each other as they reach other regions, and no further:
// region cloud (10.0.0.0/22, pods 10.161.0.0/16) has one.
const betweenHosts = `
allow 10.162.1.5 -> 10.162.2.5:80/tcp
allow 10.162.2.5 -> 10.162.1.5:80/udp
allow 10.77.0.1 -> 10.162.2.5:80/tcp
allow 10.162.3.7 -> 10.77.0.2:10250/tcp
deny 10.77.0.2 -> 10.77.0.3:22/tcp
deny 10.162.2.7 -> 10.77.0.3:22/tcp
deny 10.161.2.7 -> 10.161.3.7:80/tcp
deny 10.0.0.11 -> 10.0.0.12:10250/tcp
allow 10.161.2.7 -> 10.162.3.7:80/tcp
allow 10.162.3.7 -> 10.161.2.7:80/tcp
`

func TestHostsApartReachEachOther(t *testing.T) {
	topology := acltest.Named(t, "rented-hosts")
	ask(t, topology, betweenHosts+"allow 10.77.0.2 -> 10.0.0.5:6443/tcp\nallow 10.0.0.5 -> 10.77.0.2:10250/tcp\ndeny 10.77.0.1 -> 10.77.0.2:10250/tcp")
	unchallenged(t, topology)
}

// The API server may be one of them.
func TestAPIServerOnAHostApart(t *testing.T) {
	topology := acltest.Named(t, "rented-hosts")
	topology.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.77.0.1")}
	ask(t, topology, betweenHosts+`allow 10.77.0.2 -> 10.77.0.1:6443/tcp
allow 10.162.2.5 -> 10.77.0.1:6443/tcp
allow 10.77.0.1 -> 10.77.0.2:10250/tcp
allow 10.0.0.11 -> 10.77.0.1:6443/tcp
allow 10.77.0.1 -> 10.0.0.11:10250/tcp
deny 10.0.0.11 -> 10.77.0.2:6443/tcp`)
	unchallenged(t, topology)
}

// They need no other region, and where a tunnel carries their pods, only its port.
func TestHostsApartAlone(t *testing.T) {
	topology := acltest.Named(t, "rented-hosts")
	topology.Spec.Regions = topology.Spec.Regions[1:]
	topology.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.MustParseAddr("10.77.0.1")}
	ask(t, topology, "allow 10.162.1.5 -> 10.162.2.5:80/tcp\nallow 10.77.0.2 -> 10.77.0.1:6443/tcp\ndeny 10.77.0.2 -> 10.77.0.1:8472/udp")
	unchallenged(t, topology)
	topology.Spec.Regions[0].CNI = schema.CNI{Type: schema.CNIFlannel, Tunnel: schema.TunnelVXLAN}
	ask(t, topology, "deny 10.162.1.5 -> 10.162.2.5:80/tcp\nallow 10.77.0.2 -> 10.77.0.1:6443/tcp\nallow 10.77.0.2 -> 10.77.0.1:8472/udp")
	unchallenged(t, topology)
	topology.Spec.Regions[0].Gateways.Nodes = topology.Spec.Regions[0].Gateways.Nodes[:1]
	ask(t, topology, "deny 10.77.0.2 -> 10.77.0.1:6443/tcp\ndeny 10.77.0.2 -> 10.77.0.1:8472/udp")
}

// unchallenged: the policy's own tests pass, and the check finds nothing in it.
func unchallenged(t *testing.T, topology *schema.Topology) {
	t.Helper()
	f := acltest.Parsed(t, acl.FromTopology(topology).JSON())
	list := policyfile.Check(topology, f)
	if len(list) > 0 {
		t.Errorf("the check finds:\n%s", acltest.Text(list))
	}
}

// Rules between hosts of one region are its way where they have no LAN, and take its LAN's
// traffic away where they have one; that is said of the first such region behind others, too.
func TestRulesWithinARegion(t *testing.T) {
	for src, want := range map[string]string{
		"10.162.0.0/16": "", "10.77.0.0/24": "", "10.161.0.0/16": `grants region "cloud" to itself`, "10.0.0.0/22": `grants region "cloud" to itself`,
	} {
		topology := acltest.Named(t, "rented-hosts")
		for range topology.Spec.Regions { // in either order
			slices.Reverse(topology.Spec.Regions)
			p := &acl.Policy{HasRules: true, Grants: []acl.Grant{{Src: []string{src}, Dst: []string{src}, IP: []string{"*"}}}}
			got := ""
			for _, d := range eval.Check(topology, p) {
				if d.Code == acl.CodeSelf {
					got += d.Message
				}
			}
			if !strings.Contains(got, want) || (got == "") != (want == "") {
				t.Errorf("%s to itself: %q, want %q", src, got, want)
			}
		}
	}
}
