package existing_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// TestRenderedClusterIsClean: a cluster that does what is rendered gives no finding. What
// the comparison wants and what is rendered are two places that say the same.
func TestRenderedClusterIsClean(t *testing.T) {
	for name, topology := range rendered(t) {
		t.Run(name, func(t *testing.T) {
			text := dumpOf(t, topology)
			objects, err := existing.Read("dump.yaml", parse(text)...)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Count(text, "\n---\n"); len(objects) < want {
				t.Fatalf("%d objects of %d were read", len(objects), want)
			}
			list, _ := existing.Compare(topology, objects)
			for _, d := range list {
				t.Error(d)
			}
		})
	}
}

// rendered are the topologies of the examples, and those that other tests spell.
func rendered(t *testing.T) map[string]*schema.Topology {
	all := map[string]*schema.Topology{}
	maps.Copy(all, sample.Cases())
	maps.Copy(all, sample.Clouds())
	files, err := filepath.Glob("../../examples/*/topology.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in, err := load.Bytes(file, data)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := in.One()
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(file))] = doc.Topology
	}
	return all
}

// dumpOf is what kubectl would show of a cluster that runs what is rendered.
func dumpOf(t *testing.T, topology *schema.Topology) string {
	t.Helper()
	p := plan.New(topology)
	files, err := render.Tree(p)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range files {
		switch {
		case f.Path == "cni/cilium-values.yaml":
			text.WriteString(ciliumConfig(t, f.Data) + "---\n")
		case strings.HasSuffix(f.Path, ".yaml") && (strings.Contains(f.Path, "cni/") || strings.HasPrefix(f.Path, "cluster/nodes-")):
			text.Write(f.Data)
			text.WriteString("---\n")
		}
	}
	for i := range p.Regions {
		text.WriteString(nodesOf(t, p, &p.Regions[i]))
	}
	text.WriteString(controlPlane(p))
	return text.String()
}

// nodesOf are the region's gateways and its listed nodes as they have joined.
func nodesOf(t *testing.T, p *plan.Plan, r *plan.Region) string {
	objects := map[string]plan.NodeObject{}
	for _, o := range r.NodeObjects() {
		objects[o.Name] = o
	}
	for i := range r.Region.Gateways.Nodes {
		g := &r.Region.Gateways.Nodes[i]
		o := objects[g.Name]
		o.Name, o.PodCIDRs = g.Name, g.PodCIDRs
		labels := r.JoinLabels(g)
		maps.Copy(labels, o.Labels)
		o.Labels = labels
		objects[g.Name] = o
	}
	text := ""
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		o := objects[name]
		spec := map[string]any{"podCIDRs": o.PodCIDRs, "taints": o.Taints}
		// Where a cloud controller manager would delete it, it has joined with a providerID.
		if home, ok := facts.WithController(p.Given.Spec.Cluster.CloudController); ok && !r.AtHome() && home.Controller.Value.ForeignID.IsKnown() && o.ProviderID == "" {
			o.ProviderID = home.Controller.Value.ForeignID.Value + "://" + r.Region.Name + "/" + name
		}
		spec["providerID"] = o.ProviderID
		var addresses []map[string]string
		for _, g := range r.Region.Gateways.Nodes {
			for _, a := range g.Addresses() {
				if g.Name == name {
					addresses = append(addresses, map[string]string{"type": "InternalIP", "address": a.String()})
				}
			}
		}
		text += yamlOf(t, map[string]any{"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": name, "labels": o.Labels}, "spec": spec,
			"status": map[string]any{"addresses": addresses, "nodeInfo": map[string]any{"kubeletVersion": "v" + string(p.Topology.Spec.Cluster.KubernetesVersion)}}}) + "---\n"
	}
	return text
}

func yamlOf(t *testing.T, v any) string {
	t.Helper()
	data, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// controlPlane is kubeadm's ConfigMap and the API servers' endpoints.
func controlPlane(p *plan.Plan) string {
	c := &p.Topology.Spec.Cluster
	config := fmt.Sprintf("    kubernetesVersion: v%s\n", c.KubernetesVersion)
	if host, port := c.APIServer.Told(); host != "" {
		config += fmt.Sprintf("    controlPlaneEndpoint: %q\n", fmt.Sprintf("%s:%d", host, port))
	}
	if len(c.ServiceCIDRs) > 0 {
		config += fmt.Sprintf("    networking: {serviceSubnet: %q}\n", joined(c.ServiceCIDRs))
	}
	text := kubeadmSays(config)
	if len(c.APIServer.Addresses) > 0 {
		text += "---\n" + endpointSlice(joined(c.APIServer.Addresses), fmt.Sprint(c.APIServer.Port))
	}
	return text
}

func joined[T fmt.Stringer](list []T) string {
	var all []string
	for _, v := range list {
		all = append(all, v.String())
	}
	return strings.Join(all, ",")
}

// ciliumConfig is what Cilium's chart makes of our values (cilium 1.17.4,
// install/kubernetes/cilium/templates/cilium-configmap.yaml), and its ip-masq-agent's list.
func ciliumConfig(t *testing.T, values []byte) string {
	t.Helper()
	var v map[string]any
	if err := yaml.Unmarshal(values, &v); err != nil {
		t.Fatal(err)
	}
	data := map[string]string{}
	for key, path := range map[string]string{
		"routing-mode": "routingMode", "tunnel-protocol": "tunnelProtocol", "ipam": "ipam.mode", "enable-ipv6": "ipv6.enabled",
		"cluster-pool-ipv4-cidr": "ipam.operator.clusterPoolIPv4PodCIDRList", "cluster-pool-ipv4-mask-size": "ipam.operator.clusterPoolIPv4MaskSize",
		"cluster-pool-ipv6-cidr": "ipam.operator.clusterPoolIPv6PodCIDRList", "cluster-pool-ipv6-mask-size": "ipam.operator.clusterPoolIPv6MaskSize",
		"enable-ipv4-masquerade": "enableIPv4Masquerade", "enable-ipv6-masquerade": "enableIPv6Masquerade", "enable-bpf-masquerade": "bpf.masquerade",
		"enable-host-legacy-routing": "bpf.hostLegacyRouting", "enable-ip-masq-agent": "ipMasqAgent.enabled", "ipv4-native-routing-cidr": "ipv4NativeRoutingCIDR",
		"auto-direct-node-routes": "autoDirectNodeRoutes", "direct-routing-skip-unreachable": "directRoutingSkipUnreachable", "enable-wireguard": "encryption.enabled",
	} {
		var at any = v
		for part := range strings.SplitSeq(path, ".") {
			m, _ := at.(map[string]any)
			at = m[part]
		}
		switch list, isList := at.([]any); {
		case isList:
			data[key] = strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", " "), "[]")
		case at != nil:
			data[key] = fmt.Sprint(at)
		}
	}
	// The chart writes switches that are off, and the protocol in any mode.
	for _, key := range []string{"auto-direct-node-routes", "enable-wireguard"} {
		if data[key] == "" {
			data[key] = "false"
		}
	}
	if data["tunnel-protocol"] == "" {
		data["tunnel-protocol"] = "vxlan"
	}
	text := yamlOf(t, map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]string{"name": "cilium-config", "namespace": "kube-system"}, "data": data})
	if agent, ok := v["ipMasqAgent"].(map[string]any); ok {
		text += "---\n" + yamlOf(t, map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]string{"name": "ip-masq-agent", "namespace": "kube-system"}, "data": map[string]string{"config": yamlOf(t, agent["config"])}})
	}
	return text
}
