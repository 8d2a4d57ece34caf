package existing_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestRunningMode: the way out names a mode that a topology can state, and what it asks of other
// regions.
func TestRunningMode(t *testing.T) {
	for _, c := range []struct {
		runs   string
		other  schema.CNIType
		remedy string
	}{
		{"kubernetes", schema.CNICilium, "set cni.ipam: kubernetes in every region"},
		{"cluster-pool", schema.CNICilium, "set cni.ipam: cluster-pool in one region"},
		{"cluster-pool", schema.CNICalico, "set cni.ipam: cluster-pool in every region"},
		{"eni", schema.CNICilium, "set cni.ipam: cloud"},
		{"crd", schema.CNICilium, "say cni.type: other"},
		{"multi-pool", schema.CNICilium, ""},
	} {
		topology := topologytest.Published()
		for i, plugin := range []schema.CNIType{schema.CNICilium, c.other} {
			topology.Spec.Regions[i].CNI = schema.CNI{Type: plugin, IPAM: schema.IPAMMultiPool}
		}
		objects, err := existing.Read("d", parse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {ipam: "+c.runs+"}\n")...)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		found, _ := existing.Compare(topology, objects)
		for _, d := range found {
			got += d.Remedy
		}
		if (got == "") != (c.remedy == "") || !strings.HasPrefix(got, c.remedy) {
			t.Errorf("%s beside %s: %q, want %q", c.runs, c.other, got, c.remedy)
		}
	}
}
