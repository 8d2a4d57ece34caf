package validate_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
)

// TestEndpointOfNoRegion: what nobody advertises is out of reach, and the way out is one that the
// next check takes.
func TestEndpointOfNoRegion(t *testing.T) {
	for endpoint, remedy := range map[string]string{
		"10.200.0.100:6443": "add its network to the nodeCIDRs",
		"100.80.1.2:6443":   "write an address in the nodeCIDRs", // the tailnet's, which no region may have
		"65.21.7.11:6443":   "",
		"10.0.0.5:6443":     "",
	} {
		topology := published()
		topology.Spec.Cluster.APIServer.Endpoint = endpoint
		got := ""
		for _, d := range validate.Topology(topology) {
			if d.Code == validate.CodeAPIServer {
				got += d.Remedy
			}
		}
		if (got == "") != (remedy == "") || !strings.HasPrefix(got, remedy) {
			t.Errorf("%s: %q, want %q", endpoint, got, remedy)
		}
	}
}
