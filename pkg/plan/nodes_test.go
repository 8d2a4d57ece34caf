package plan_test

import (
	"fmt"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// blocksFromNodes is Published with a plugin that reads Node objects, and with a list of the
// second region's nodes.
func blocksFromNodes() *schema.Topology {
	t := topologytest.Published()
	for i := range t.Spec.Regions {
		t.Spec.Regions[i].CNI.IPAM = schema.IPAMKubernetes
	}
	gpu := &t.Spec.Regions[1]
	gpu.Gateways.Nodes[0].Zone = "row-1"
	gpu.Nodes = []schema.Node{
		{Name: "gpu-dc-a", PodCIDRs: topologytest.CIDRs("10.142.1.0/24", "fd00:142:1::/64")},
		{Name: "gpu-7", PodCIDRs: topologytest.CIDRs("10.142.7.0/24"), ProviderID: "mine://7", Labels: map[string]string{"gpu": "h100"}},
	}
	return t
}

func TestNodeObjects(t *testing.T) {
	topology := blocksFromNodes()
	topology.Spec.Cluster.CloudController = schema.CloudControllerHCloud
	topology.Spec.Cluster.ClusterCIDRs = topologytest.CIDRs("fd00::/16", "10.0.0.0/8")
	p := plan.New(topology)
	if p.Regions[0].Blocks != plan.BlocksByController || p.Regions[0].NodeObjects() != nil {
		t.Errorf("%+v", p.Regions[0].NodeObjects())
	}
	got := fmt.Sprintf("%v", p.Regions[1].NodeObjects())
	want := "[{gpu-dc-a [fd00:142:1::/64 10.142.1.0/24] hybrid://gpu-dc/gpu-dc-a map[kustomize-hybrid.dev/gateway:true kustomize-hybrid.dev/region:gpu-dc topology.kubernetes.io/region:gpu-dc topology.kubernetes.io/zone:row-1] []}" +
		" {gpu-7 [10.142.7.0/24] mine://7 map[gpu:h100 kustomize-hybrid.dev/region:gpu-dc topology.kubernetes.io/region:gpu-dc topology.kubernetes.io/zone:gpu-dc] []}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A controller that wants no providerID of others gets a label instead, and a region of its
// own cloud gets no objects.
func TestNodeObjectsAndControllers(t *testing.T) {
	topology := blocksFromNodes()
	topology.Spec.Cluster.CloudController = schema.CloudControllerAlibaba
	first := plan.New(topology).Regions[1].NodeObjects()[0]
	if first.ProviderID != "" || first.Labels["service.alibabacloud.com/exclude-node"] != "true" {
		t.Errorf("%+v", first)
	}
	topology.Spec.Regions[1].Provider = schema.ProviderAlibaba
	if r := plan.New(topology).Regions[1]; r.Blocks != plan.BlocksByController || !r.AtHome() {
		t.Errorf("objects are made in the cloud's own region: %+v", r.NodeObjects())
	}
}

func TestNodeObjectsPerNode(t *testing.T) {
	topology := blocksFromNodes()
	gpu := &topology.Spec.Regions[1]
	gpu.Gateways.Mode = schema.ModePerNode
	gpu.Gateways.Nodes[0].PodCIDRs = topologytest.CIDRs("10.142.3.0/24")
	gpu.Nodes = []schema.Node{{Name: "gpu-dc-a", Taints: []schema.Taint{{Key: "gpu", Effect: schema.TaintNoSchedule}}}}
	list := plan.New(topology).Regions[1].NodeObjects()
	if len(list) != 1 || list[0].PodCIDRs[0].String() != "10.142.3.0/24" || list[0].ProviderID != "" || len(list[0].Taints) != 1 {
		t.Errorf("%+v", list)
	}
	gpu.CNI.IPAM = schema.IPAMMultiPool
	if r := plan.New(topology).Regions[1]; r.Blocks != plan.BlocksElsewhere || r.NodeObjects() != nil {
		t.Errorf("%+v", r.NodeObjects())
	}
}

func TestClusterRanges(t *testing.T) {
	topology := topologytest.Published()
	if r := plan.New(topology).ClusterRanges(); len(r) != 0 {
		t.Error(r)
	}
	topology.Spec.Cluster.Distribution = schema.DistributionK3s
	if r := plan.New(topology).ClusterRanges(); len(r) != 1 || r[0].String() != "10.42.0.0/16" {
		t.Error(r)
	}
	topology.Spec.Cluster.ClusterCIDRs = topologytest.CIDRs("10.0.0.0/8")
	if r := plan.New(topology).ClusterRanges(); len(r) != 1 || r[0].String() != "10.0.0.0/8" {
		t.Error(r)
	}
}

// Who says where a node is: the cloud for its own, the topology for others, and nobody
// where it is not known whether a cloud does.
func TestJoinLabels(t *testing.T) {
	const zone = "topology.kubernetes.io/zone"
	topology := topologytest.Published()
	gateways := topology.Spec.Regions[1].Gateways.Nodes
	gateways[0].Zone = "row-1"
	for _, c := range []struct {
		controller schema.CloudController
		provider   string
		want       string
	}{
		{"", schema.ProviderBareMetal, "gpu-dc"},
		{"", schema.ProviderOnPremises, "gpu-dc"},
		{"", schema.ProviderOracle, ""},
		{"", "rented", ""},
		{"", schema.ProviderHetzner, ""},
		{schema.CloudControllerNone, schema.ProviderHetzner, "gpu-dc"},
		{schema.CloudControllerNone, "rented", "gpu-dc"},
		{schema.CloudControllerHCloud, schema.ProviderHetzner, ""},
		{schema.CloudControllerGCP, schema.ProviderHetzner, "gpu-dc"},
	} {
		topology.Spec.Cluster.CloudController = c.controller
		topology.Spec.Regions[1].Provider = c.provider
		r := &plan.New(topology).Regions[1]
		labels := r.JoinLabels(nil)
		if labels[zone] != c.want || labels["topology.kubernetes.io/region"] != c.want || labels[schema.RegionLabel] != "gpu-dc" {
			t.Errorf("%+v: %v", c, labels)
		}
		gateway := r.JoinLabels(&gateways[0])
		if (c.want != "") != (gateway[zone] == "row-1") || gateway[schema.GatewayLabel] != "true" {
			t.Errorf("%+v: a gateway has %v", c, gateway)
		}
	}
}
