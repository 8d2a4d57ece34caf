package eval_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Servers stand behind one address: what kubelets are told, what the Service kubernetes
// leads to and from where servers reach kubelets are three things. Regions cloud (servers
// come and go in 10.0.1.0/28, the balancer is 10.0.0.100:443) and gpu (10.143.0.5).
const balanced = `
allow 10.143.0.21 -> 10.0.0.100:443/tcp
allow 10.142.0.7 -> 10.0.0.100:443/tcp
deny 10.143.0.21 -> 10.0.0.100:6443/tcp
allow 10.142.0.7 -> 10.0.1.3:6443/tcp
allow 10.143.0.21 -> 10.0.1.14:6443/tcp
deny 10.142.0.7 -> 10.0.1.3:443/tcp
deny 10.142.0.7 -> 10.0.1.16:6443/tcp
allow 10.61.0.7 -> 10.143.0.5:6443/tcp
allow 10.0.1.3 -> 10.143.0.21:10250/tcp
allow 10.143.0.5 -> 10.0.0.33:10250/tcp
allow 10.0.1.3 -> 10.143.0.5:2380/tcp
allow 10.143.0.5 -> 10.0.1.9:2379/tcp
deny 10.0.0.33 -> 10.143.0.5:2379/tcp
deny 10.142.0.7 -> 10.0.1.9:2379/tcp
deny 10.143.0.5 -> 10.0.0.33:2379/tcp
`

func TestAPIServerPlaces(t *testing.T) {
	ask(t, acltest.Named(t, "api-endpoint"), balanced)
}

// A managed control plane has no etcd that anybody else reaches.
func TestManagedHasNoEtcd(t *testing.T) {
	topology := acltest.Named(t, "api-endpoint")
	topology.Spec.Cluster.Distribution = schema.DistributionEKS
	ask(t, topology, "deny 10.0.1.3 -> 10.143.0.5:2380/tcp\nallow 10.0.1.3 -> 10.143.0.21:10250/tcp")
}

func ask(t *testing.T, topology *schema.Topology, rows string) {
	t.Helper()
	e := eval.New(acl.FromTopology(topology), eval.Devices(topology)...)
	for _, row := range strings.Split(strings.TrimSpace(rows), "\n") {
		if got, want := answer(t, e, row); got != want {
			t.Errorf("%s: %s instead of %s", row, got, want)
		}
	}
}
