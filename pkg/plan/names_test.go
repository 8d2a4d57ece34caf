package plan

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// Names are unique, end within what every cloud takes, and begin with an owner that no
// other region's names begin with.
func TestCloudNames(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]([-a-z0-9]{0,60}[a-z0-9])?$`)
	seen := map[string]string{}
	for _, topology := range []string{"a", strings.Repeat("t", 63)} {
		for _, region := range []string{"eu", "eu-west", strings.Repeat("r", 20) + "-1", strings.Repeat("r", 20) + "-2", strings.Repeat("r", 19) + "-x", strings.Repeat("9", 63)} {
			owner := cloudOwner(topology, region)
			for _, prefix := range []string{"10.0.0.0/8", "255.255.255.255/32", "fd00:1::/64", "fd00::1:0/112", "fd00:1234:5678:9abc:def0:1234:5678:0/112"} {
				name := owner + "-" + prefixSlug(netip.MustParsePrefix(prefix))
				// Google Cloud's routes end with the gateway's rank.
				if ranked := name + "-99"; !form.MatchString(ranked) {
					t.Errorf("%s, %d characters", ranked, len(ranked))
				}
				key := topology + " " + region + " " + prefix
				if other, twice := seen[name]; twice {
					t.Errorf("%s stands for %s and for %s", name, other, key)
				}
				seen[name] = key
			}
			for other := range seen {
				if of := strings.Fields(seen[other]); strings.HasPrefix(other, owner+"-") && (of[0] != topology || of[1] != region) {
					t.Errorf("%s begins like the names of %s/%s", other, topology, region)
				}
			}
		}
	}
}
