package schema_test

import (
	"fmt"
	"net/netip"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// What the gateways of a region advertise: each prefix once, in order of address.
func ExampleRegion_Advertised() {
	region := schema.Region{
		Name:      "gpu-dc",
		NodeCIDRs: []netip.Prefix{netip.MustParsePrefix("10.143.0.0/24")},
		PodCIDRs:  []netip.Prefix{netip.MustParsePrefix("10.142.0.0/20"), netip.MustParsePrefix("10.142.0.0/20")},
	}
	fmt.Println(region.Advertised())
	// Output: [10.142.0.0/20 10.143.0.0/24]
}

// Versions are compared by number, and a suffix does not count.
func ExampleVersion_AtLeast() {
	fmt.Println(schema.Version("1.100.0").AtLeast(1, 98, 0), schema.Version("1.33.1+k3s1").AtLeast(1, 33, 2), schema.Version("").AtLeast(0, 0, 0))
	// Output: true false false
}
