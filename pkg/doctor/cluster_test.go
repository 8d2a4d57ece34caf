package doctor_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

type object = map[string]any

// objects are those of the lab's cluster, if it had one, as `kubectl get -o json` prints them: by
// hand, since no API server runs in the lab. One thing of them is broken.
func objects(t *testing.T, broken string) map[string][]byte {
	t.Helper()
	var nodes []any
	node := func(i int) object { return nodes[i].(object) }
	for _, region := range []struct{ name, four, six, podFour, podSix string }{
		{"cloud", "10.0.0.%d", "fd00:10::%d", "10.61.%d.0/24", "fd00:61:0:%d::/64"},
		{"dc", "10.143.0.%d", "fd00:143::%d", "10.142.%d.0/24", "fd00:142:0:%d::/64"},
	} {
		for i := 1; i <= 3; i++ {
			labels := object{"kustomize-hybrid.dev/region": region.name}
			if i < 3 {
				labels["kustomize-hybrid.dev/gateway"] = "true"
				if region.name == "cloud" {
					labels["tailscale"] = "true"
				}
			}
			name := fmt.Sprintf("%s-%d", region.name, i)
			address := func(kind, text string) object { return object{"address": text, "type": kind} }
			nodes = append(nodes, object{
				"apiVersion": "v1", "kind": "Node", "metadata": object{"name": name, "labels": labels},
				"spec": object{"podCIDRs": []any{fmt.Sprintf(region.podFour, i), fmt.Sprintf(region.podSix, i)}},
				"status": object{
					"addresses": []any{address("InternalIP", fmt.Sprintf(region.four, 10+i)), address("InternalIP", fmt.Sprintf(region.six, 10+i)), address("Hostname", name)},
					"nodeInfo":  object{"kubeletVersion": "v1.33.1"},
				},
			})
		}
	}
	labels := func(i int) object { return node(i)["metadata"].(object)["labels"].(object) }
	first := func(i int) object { return node(i)["status"].(object)["addresses"].([]any)[0].(object) }
	cilium := object{
		"ipam": "multi-pool", "routing-mode": "native", "auto-direct-node-routes": "true", "direct-routing-skip-unreachable": "true",
		"enable-ipv4-masquerade": "true", "enable-ipv6": "true", "enable-ipv6-masquerade": "true", "enable-bpf-masquerade": "true", "enable-ip-masq-agent": "true",
		"enable-host-legacy-routing": "true", "enable-wireguard": "false",
	}
	version, endpoint := "v1.33.1", "10.143.0.5:6443"
	switch broken {
	case "":
	case "label-missing":
		delete(labels(1), "tailscale")
	case "region-label-wrong":
		labels(2)["kustomize-hybrid.dev/region"] = "dc"
	case "internal-ip":
		first(0)["address"] = "10.0.0.111"
	case "internal-ip-tailnet":
		first(3)["address"] = "100.64.0.3"
	case "cilium-ipam":
		cilium["ipam"], cilium["cluster-pool-ipv4-cidr"] = "cluster-pool", "10.0.0.0/8"
	case "cilium-routing":
		cilium["routing-mode"], cilium["tunnel-protocol"] = "tunnel", "vxlan"
	case "kubeadm-version":
		version = "v1.31.4"
	case "kubeadm-endpoint":
		endpoint = "10.143.0.9:6443"
	default:
		t.Fatalf("nobody knows how to break %q", broken)
	}
	configuration := fmt.Sprintf("apiVersion: kubeadm.k8s.io/v1beta4\ncontrolPlaneEndpoint: %s\nkind: ClusterConfiguration\nkubernetesVersion: %s\nnetworking:\n  serviceSubnet: 10.96.0.0/16\n", endpoint, version)
	files := map[string][]byte{}
	config := func(name string, data object) object {
		return object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": name, "namespace": "kube-system"}, "data": data}
	}
	for name, o := range map[string]object{
		"nodes.json":                    {"apiVersion": "v1", "kind": "List", "items": nodes},
		"configmap-cilium-config.json":  config("cilium-config", cilium),
		"configmap-kubeadm-config.json": config("kubeadm-config", object{"ClusterConfiguration": configuration}),
	} {
		data, err := json.MarshalIndent(o, "", "    ")
		if err != nil {
			t.Fatal(err)
		}
		files[name] = append(data, '\n')
	}
	return files
}
