package acl_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Nodes join by ports that only some distributions have, and only towards the API server;
// servers reach nodes by ports of their own.
func TestJoinPorts(t *testing.T) {
	for distribution, port := range map[schema.Distribution]string{
		schema.DistributionRKE2: `"tcp:9345"`, schema.DistributionTalos: `"tcp:50000-50001" "tcp:50000"`, schema.DistributionK3s: "",
	} {
		topology := acltest.Published()
		topology.Spec.Cluster.Distribution = distribution
		policy := string(acl.FromTopology(topology).JSON())
		for _, p := range []string{`"tcp:9345"`, `"tcp:50000-50001"`, `"tcp:50000"`} {
			if got := strings.Contains(policy, p); got != strings.Contains(port, p) {
				t.Errorf("%s: port %s is granted: %t", distribution, p, got)
			}
		}
	}
}
