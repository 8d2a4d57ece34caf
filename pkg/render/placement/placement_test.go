package placement_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/placement"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func files(t *testing.T, topology *schema.Topology) map[string]string {
	t.Helper()
	made, err := placement.Files(plan.New(topology))
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]string{}
	for _, f := range made {
		byPath[f.Path] = string(f.Data)
	}
	return byPath
}

func Example() {
	made, err := placement.Files(plan.New(topologytest.Published()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range made {
		if strings.HasSuffix(f.Path, "/kustomization.yaml") {
			fmt.Println(f.Path)
		}
	}
	// Output:
	// placement/stay-in-gcp-us/kustomization.yaml
	// placement/stay-in-gpu-dc/kustomization.yaml
	// placement/gpu/kustomization.yaml
	// placement/storage/kustomization.yaml
	// placement/dns/kustomization.yaml
	// placement/near/kustomization.yaml
}

// An API server refuses or drops a field that it does not know.
func TestNearNeedsItsRelease(t *testing.T) {
	for version, want := range map[schema.Version]bool{"1.30.9": false, "1.31.0": true, "1.33.1": true} {
		topology := topologytest.Published()
		topology.Spec.Cluster.KubernetesVersion = version
		got := files(t, topology)
		_, near := got["placement/near/kustomization.yaml"]
		_, dns := got["placement/dns/service.yaml"]
		named := strings.Contains(got["placement/dns/kustomization.yaml"], "service.yaml")
		if near != want || dns != want || named != want {
			t.Errorf("%s: near %t, dns %t, named %t, want %t", version, near, dns, named, want)
		}
	}
}

func TestOneRegionHasNone(t *testing.T) {
	topology := topologytest.Published()
	topology.Spec.Regions = topology.Spec.Regions[:1]
	if got := files(t, topology); len(got) != 0 {
		t.Errorf("%d files", len(got))
	}
}

// CoreDNS goes where the topology's own taints are, each key once.
func TestDNSToleratesTaintsOfNodes(t *testing.T) {
	topology := topologytest.Published()
	rented := schema.Taint{Key: "rented", Value: "yes", Effect: "NoSchedule"}
	topology.Spec.Regions[1].Nodes = []schema.Node{{Name: "gpu-7", Taints: []schema.Taint{rented}}, {Name: "gpu-8", Taints: []schema.Taint{rented}}}
	got := files(t, topology)["placement/dns/deployment.yaml"]
	if n := strings.Count(got, "- key: rented\n        operator: Exists\n"); n != 1 {
		t.Errorf("%d tolerations in\n%s", n, got)
	}
}
