package existing_test

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// gatewaysOf is what kubectl shows of the Nodes, DaemonSets and Pods of a cluster whose
// gateways run as they are rendered.
func gatewaysOf(t *testing.T, topology *schema.Topology) string {
	t.Helper()
	p := plan.New(topology)
	files, err := render.Tree(p)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range p.Regions {
		r := &p.Regions[i]
		text.WriteString(nodesOf(t, p, r))
		for _, name := range r.GatewayNames() {
			for _, f := range files {
				dir := "regions/" + r.Region.Name + "/gateway/"
				if f.Path == "cluster/gateway-"+r.Region.Name+".yaml" || f.Path == dir+"static-pod.yaml" || f.Path == dir+name+"/static-pod.yaml" {
					text.WriteString(podOn(t, name, string(f.Data)))
				}
			}
		}
	}
	return text.String()
}

// podOn is the Pod of a gateway on a node, and its DaemonSet where it has one.
func podOn(t *testing.T, node, documents string) string {
	t.Helper()
	for d := range strings.SplitSeq(documents, "\n---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(d), &o); err != nil {
			t.Fatal(err)
		}
		switch o["kind"] {
		case "DaemonSet":
			pod := o["spec"].(map[string]any)["template"].(map[string]any)
			pod["apiVersion"], pod["kind"] = "v1", "Pod"
			pod["spec"].(map[string]any)["nodeName"] = node
			meta := pod["metadata"].(map[string]any)
			meta["name"], meta["namespace"] = "gateway-of-"+node, schema.Namespace
			return d + "\n---\n" + yamlOf(t, pod) + "---\n"
		case "Pod":
			o["spec"].(map[string]any)["nodeName"] = node
			o["metadata"].(map[string]any)["annotations"].(map[string]any)["kubernetes.io/config.mirror"] = "0123"
			return yamlOf(t, o) + "---\n"
		}
	}
	return ""
}

func observed(t *testing.T, topology *schema.Topology, dump string) (*schema.Topology, []string) {
	t.Helper()
	objects, err := existing.Read("dump.yaml", parse(dump)...)
	if err != nil {
		t.Fatal(err)
	}
	there, unknown, err := existing.Observe(topology, objects)
	if err != nil {
		t.Fatal(err)
	}
	return there, unknown
}

func spelled(t *testing.T, topology *schema.Topology) string {
	t.Helper()
	data, err := json.Marshal(topology.Normal())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A cluster whose gateways run as they are rendered shows the topology that they were rendered
// from.
func TestObserveRendered(t *testing.T) {
	for name, topology := range rendered(t) {
		if plan.New(topology).MachineConfig() {
			continue // its static pods stand in machine configurations
		}
		dump := gatewaysOf(t, topology)
		there, unknown := observed(t, topology, dump)
		if got, want := spelled(t, there), spelled(t, topology); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s\n%q", name, got, want, unknown)
		}
	}
}

// What the dump shows takes the place of what the topology says, and what it does not show is
// told.
func TestObserve(t *testing.T) {
	was := sample.Published(t, nil)
	dump := gatewaysOf(t, was) + "apiVersion: v1\nkind: Node\nmetadata: {name: far-1, labels: {kustomize-hybrid.dev/region: far}}\n"
	is := sample.Published(t, func(is *schema.Topology) {
		is.Spec.Tailnet.TailscaleVersion, is.Spec.Tailnet.Tag = "1.102.3", "tag:mesh"
		r := &is.Spec.Regions[1]
		r.PodCIDRs = []netip.Prefix{netip.MustParsePrefix("10.144.0.0/20")}
		second := r.Gateways.Nodes[0]
		second.Name, second.InternalIP = "gpu-2", second.InternalIP.Next()
		r.Gateways.Nodes = append(r.Gateways.Nodes, second)
		next := *r
		next.Name, next.Gateways.Nodes = "next-dc", []schema.GatewayNode{{Name: "next-1", InternalIP: netip.MustParseAddr("10.99.0.1")}}
		is.Spec.Regions = append(is.Spec.Regions, next)
	})
	there, unknown := observed(t, is, dump)
	if got, want := spelled(t, there), spelled(t, was); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(unknown) != 2 || !strings.HasPrefix(unknown[0], "region far has nodes in the dump, and the topology does not describe it") {
		t.Errorf("%q", unknown)
	}
	// Without Pods and DaemonSets the nodes still say which gateways there are.
	nodes := nodesOf(t, plan.New(was), &plan.New(was).Regions[1])
	there, unknown = observed(t, is, nodes)
	if len(there.Spec.Regions) != 1 || len(there.Spec.Regions[0].Gateways.Nodes) != 1 || !slices.Equal(there.Spec.Regions[0].PodCIDRs, is.Spec.Regions[1].PodCIDRs) {
		t.Errorf("%+v", there.Spec.Regions)
	}
	if len(unknown) != 2 || !strings.HasPrefix(unknown[0], "whether the gateways of region gpu-dc run, what they advertise") {
		t.Errorf("%q", unknown)
	}
	if _, _, err := existing.Observe(is, nil); err == nil {
		t.Error("a dump without Nodes shows what is there")
	}
}
