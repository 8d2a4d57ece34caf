package plugin

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// cniTopologies are the networks whose settings are goldens, by name.
func cniTopologies() map[string]func(*schema.Topology) {
	each := func(c schema.CNI) func(*schema.Topology) {
		return func(t *schema.Topology) {
			for i := range t.Spec.Regions {
				t.Spec.Regions[i].CNI = c
			}
		}
	}
	return map[string]func(*schema.Topology){
		"published":   nil,
		"cilium-1.20": each(schema.CNI{Type: schema.CNICilium, Version: "1.20.2", HostRouting: schema.HostRoutingBPF, Devices: []string{"bond0", "eth+"}}),
		"cilium-dual-stack": func(t *schema.Topology) {
			t.Spec.Regions[0].PodCIDRs = append(t.Spec.Regions[0].PodCIDRs, netip.MustParsePrefix("fd00:61::/56"))
			t.Spec.Regions[1].PodCIDRs = append(t.Spec.Regions[1].PodCIDRs, netip.MustParsePrefix("fd00:142::/56"))
			t.Spec.Cluster.NonMasqueradeCIDRs = []netip.Prefix{netip.MustParsePrefix("192.168.10.0/24")}
		},
		"cilium-native-cidr": func(t *schema.Topology) {
			t.Spec.Cluster.NativeRoutingCIDR = netip.MustParsePrefix("10.0.0.0/8")
			each(schema.CNI{Type: schema.CNICilium, Version: "1.19.0", IPAM: schema.IPAMKubernetes})(t)
		},
		"cilium-vxlan":     each(schema.CNI{Type: schema.CNICilium, Version: "1.18.0", Tunnel: schema.TunnelVXLAN}),
		"cilium-wireguard": each(schema.CNI{Type: schema.CNICilium, Version: "1.16.9", Tunnel: schema.TunnelWireGuard}),
		"calico":           each(schema.CNI{Type: schema.CNICalico, Version: "3.30.7"}),
		"calico-wireguard": func(t *schema.Topology) {
			each(schema.CNI{Type: schema.CNICalico, Version: "3.30.7", Tunnel: schema.TunnelWireGuard})(t)
			t.Spec.Regions[1].PodCIDRs = append(t.Spec.Regions[1].PodCIDRs, netip.MustParsePrefix("fd00:142::/56"))
		},
		"canal-wireguard": each(schema.CNI{Type: "canal", Version: "3.30.2", Tunnel: schema.TunnelWireGuard}),
		"calico-ebpf":     each(schema.CNI{Type: schema.CNICalico, Version: "3.32.1", DataPlane: schema.DataPlaneEBPF, Tunnel: schema.TunnelVXLAN}),
		"calico-tailnet": func(t *schema.Topology) {
			each(schema.CNI{Type: schema.CNICalico, Version: "3.32.1", NodeBlockSizeIPv4: 28})(t)
			t.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
			t.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.80.0.0/24")}
		},
		"canal": each(schema.CNI{Type: "canal", Version: "3.30.2"}),
		"canal-rke2": func(t *schema.Topology) {
			each(schema.CNI{Type: "canal", Version: "3.30.2", MTU: 1230})(t)
			t.Spec.Cluster.Distribution = schema.DistributionRKE2
			t.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
			t.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.80.0.0/24")}
		},
		"mixed": func(t *schema.Topology) {
			t.Spec.Regions[1].CNI = schema.CNI{Type: schema.CNICalico, Version: "3.30.7"}
		},
		"flannel":     each(schema.CNI{Type: schema.CNIFlannel, Version: "0.26.0"}),
		"kube-router": each(schema.CNI{Type: schema.CNIKubeRouter, Version: "2.5.0"}),
		"aws":         each(schema.CNI{Type: schema.CNIAWSVPC, Version: "1.19.0"}),
		"azure":       each(schema.CNI{Type: schema.CNIAzure}),
		"gke":         each(schema.CNI{Type: schema.CNIOther}),
	}
}

// plannedFor is the plan in the form in which it is spelled.
func plannedFor(t *schema.Topology) *Settings { return New(plan.New(t).ByName()) }

// filesOf are the files of the cluster and of each region, by path.
func filesOf(t *testing.T, topology *schema.Topology) []goldentest.File {
	t.Helper()
	p := plannedFor(topology)
	files, err := p.ClusterFiles()
	for i := range p.Regions {
		own, failed := p.RegionFiles(&p.Regions[i])
		files, err = append(files, own...), errors.Join(err, failed)
	}
	if err != nil {
		t.Fatal(err)
	}
	var list []goldentest.File
	for _, f := range files {
		list = append(list, goldentest.File{Path: f.Path, Executable: f.Executable, Data: f.Data})
	}
	slices.SortFunc(list, func(a, b goldentest.File) int { return strings.Compare(a.Path, b.Path) })
	return list
}

func TestCNIGoldens(t *testing.T) {
	corpus := goldentest.New(t)
	topologies := cniTopologies()
	// The network as it is published stands in golden/examples: the others refer to that.
	corpus.Tree("regional-gateway", filesOf(t, sample.Published(t, nil)))
	var goldens []string
	for _, name := range slices.Sorted(maps.Keys(topologies)) {
		if topologies[name] == nil {
			continue
		}
		files := filesOf(t, sample.Published(t, topologies[name]))
		golden := filepath.Join("testdata/cni", name+".txt")
		goldentest.Compare(t, golden, corpus.Tree(name, files))
		goldens = append(goldens, golden)
	}
	goldentest.Only(t, "testdata/cni", goldens...)
}

// TestCiliumKeys: every Helm value and every agent option that is rendered exists in
// each Cilium whose keys are recorded.
func TestCiliumKeys(t *testing.T) {
	for _, v := range []schema.Version{"1.16.9", "1.17.3", "1.18.0", "1.19.0", "1.20.2"} {
		values := recorded(t, "values", v)
		options := recorded(t, "options", v)
		for name, change := range cniTopologies() {
			topology := sample.Published(t, change)
			for i := range topology.Spec.Regions {
				if topology.Spec.Regions[i].CNI.Type == schema.CNICilium {
					topology.Spec.Regions[i].CNI.Version = v
				}
			}
			for _, key := range helmKeys(t, topology) {
				if !values[key] {
					t.Errorf("%s: cilium %s has no value %s", name, v, key)
				}
			}
			for _, key := range agentKeys(topology) {
				if !options[key] {
					t.Errorf("%s: cilium %s has no agent option %s", name, v, key)
				}
			}
		}
	}
}

// recorded is a version's part of a list of testdata/cilium; SOURCE.md there says where
// it is from.
func recorded(t *testing.T, list string, v schema.Version) map[string]bool {
	data, err := os.ReadFile(filepath.Join("testdata/cilium", list+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) == 1 || slices.Contains(words[1:], string(v)) {
			keys[words[0]] = true
		}
	}
	return keys
}

func helmKeys(t *testing.T, topology *schema.Topology) []string {
	p := plannedFor(topology)
	r := p.firstWith(plugin.SettingsCilium)
	if r == nil {
		return nil
	}
	data, err := tree.YAML(p.ciliumValues(r))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(data, &values); err != nil {
		t.Fatal(err)
	}
	return flatten("", values)
}

// flatten lists the paths of all leaves. The values of ipMasqAgent.config go into a
// ConfigMap as they are; its keys are the agent's, not the chart's.
func flatten(prefix string, m map[string]any) []string {
	var keys []string
	for k, v := range m {
		key := strings.TrimPrefix(prefix+"."+k, ".")
		if inner, ok := v.(map[string]any); ok && key != "ipMasqAgent.config" {
			keys = append(keys, flatten(key, inner)...)
		} else {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func agentKeys(topology *schema.Topology) []string {
	var keys []string
	p := plannedFor(topology)
	for i := range p.Regions {
		if p.Regions[i].Region.CNI.Type != schema.CNICilium {
			continue
		}
		for _, o := range ciliumRegionObjects(&p.Regions[i]) {
			if c, ok := o.(ciliumNodeConfig); ok {
				for k := range c.Spec.Defaults {
					keys = append(keys, k)
				}
			}
		}
	}
	return keys
}

// TestEveryRegionIsExempt: whatever the plugin, what pods reach with their own
// address contains each prefix of each region, less nodes where pods reach those with
// their own node's address, and nothing of the tailnet.
func TestEveryRegionIsExempt(t *testing.T) {
	for name, change := range cniTopologies() {
		p := plannedFor(sample.Published(t, change))
		for _, r := range p.Regions {
			for _, c := range r.Advertise {
				hidden := plan.MasqueradesToNodes(p.Topology.Spec.Regions) && slices.Contains(r.Region.NodeCIDRs, c)
				if slices.Contains(p.KeepsSource(), c) == hidden {
					t.Errorf("%s: %s of region %s is exempt: %t", name, c, r.Region.Name, hidden)
				}
			}
		}
		if slices.ContainsFunc(p.KeepsSource(), schema.TailnetIPv4().Overlaps) {
			t.Errorf("%s: the tailnet is exempt from masquerading", name)
		}
	}
}

// TestOneConfigPerNode: the selectors of the regions' CiliumNodeConfigs exclude each
// other, and each region's pool is the one its nodes are told to use.
func TestOneConfigPerNode(t *testing.T) {
	p := plannedFor(sample.Published(t, nil))
	seen := map[string]bool{}
	for i := range p.Regions {
		pool := ""
		for _, o := range ciliumRegionObjects(&p.Regions[i]) {
			switch o := o.(type) {
			case ciliumPool:
				pool = o.Metadata.Name
			case ciliumNodeConfig:
				label := fmt.Sprint(o.Spec.NodeSelector.MatchLabels)
				if seen[label] || o.Spec.Defaults["ipam-default-ip-pool"] != pool {
					t.Errorf("%s: selector %s, pool %q", o.Metadata.Name, label, pool)
				}
				seen[label] = true
			}
		}
	}
}

func TestFilesStandInTheTree(t *testing.T) {
	topology := sample.Published(t, nil)
	header := []byte(tree.Header(topology.Metadata.Name))
	files := filesOf(t, topology)
	for _, path := range []string{"cni/cilium-values.yaml", "regions/gpu-dc/cni/cilium.yaml", "regions/gcp-us/cni/by-hand.txt"} {
		if !slices.ContainsFunc(files, func(f goldentest.File) bool { return f.Path == path && bytes.HasPrefix(f.Data, header) }) {
			t.Errorf("no %s", path)
		}
	}
}

// TestUnknownProviderIsNotALAN: a network of which nobody knows how it routes does not
// make nodes next hops of each other, and a LAN of the user's own does.
func TestUnknownProviderIsNotALAN(t *testing.T) {
	for provider, want := range map[string]bool{"acme": false, "hetzner": false, "gcp": false, "bare-metal": true, "on-premises": true, "openstack": true} {
		p := plannedFor(sample.Published(t, func(t *schema.Topology) {
			for i := range t.Spec.Regions {
				t.Spec.Regions[i].Provider = provider
			}
		}))
		if v := p.ciliumValues(p.firstWith(plugin.SettingsCilium)); v.AutoDirectNodeRoutes != want || v.DirectRoutingSkipUnreachable != want {
			t.Errorf("%s: autoDirectNodeRoutes %v", provider, v.AutoDirectNodeRoutes)
		}
		for _, o := range ciliumRegionObjects(&p.Regions[0]) {
			if c, ok := o.(ciliumNodeConfig); ok && c.Spec.Defaults["auto-direct-node-routes"] != strconv.FormatBool(want) {
				t.Errorf("%s: auto-direct-node-routes %s", provider, c.Spec.Defaults["auto-direct-node-routes"])
			}
		}
	}
}

// TestLongLists: what a region is told to do by hand does not grow with the others, and a
// list that it refers to stands where it says.
func TestLongLists(t *testing.T) {
	reference := regexp.MustCompile(`<(\w+) of (\S+)>`)
	for _, cni := range []schema.CNI{{Type: schema.CNICilium}, {Type: schema.CNIFlannel}, {Type: schema.CNIAWSVPC}, {Type: schema.CNIAzure}, {Type: schema.CNIOther}} {
		text := map[string]string{}
		for _, f := range filesOf(t, sample.Published(t, func(t *schema.Topology) { thirtyRegions(t, cni) })) {
			text[f.Path] = string(f.Data)
		}
		for path, data := range text {
			if !strings.HasSuffix(path, "by-hand.txt") {
				continue
			}
			if strings.Contains(data, "10.0.30.0/24") {
				t.Errorf("%s: %s names every region:\n%s", cni.Type, path, data)
			}
			found := reference.FindAllStringSubmatch(data, -1)
			for _, m := range found {
				if !strings.Contains(text[m[2]], "\n"+m[1]+": ") {
					t.Errorf("%s: %s refers to %s, which %s does not hold:\n%s", cni.Type, path, m[1], m[2], text[m[2]])
				}
			}
			if len(found) == 0 {
				t.Errorf("%s: %s refers to nothing:\n%s", cni.Type, path, data)
			}
		}
	}
}

func thirtyRegions(t *schema.Topology, cni schema.CNI) {
	kind := t.Spec.Regions[0]
	t.Spec.Regions = nil
	for i := range 30 {
		r := kind
		r.Name, r.CNI = fmt.Sprintf("region-%02d", i), cni
		r.NodeCIDRs = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(2 * i), 0}), 24)}
		r.PodCIDRs = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 1, byte(2 * i), 0}), 24)}
		t.Spec.Regions = append(t.Spec.Regions, r)
	}
}

// TestClusterPoolOfOneRegion: where one region alone runs Cilium, the cluster's list is
// that region's pods, and the node block what the topology says.
func TestClusterPoolOfOneRegion(t *testing.T) {
	topology := sample.Published(t, func(t *schema.Topology) {
		t.Spec.Regions[0].CNI = schema.CNI{Type: schema.CNIAWSVPC}
		t.Spec.Regions[1].CNI.IPAM, t.Spec.Regions[1].CNI.NodeBlockSizeIPv4 = schema.IPAMClusterPool, 25
	})
	i := slices.IndexFunc(filesOf(t, topology), func(f goldentest.File) bool { return f.Path == "cni/cilium-values.yaml" })
	values := string(filesOf(t, topology)[i].Data)
	for _, line := range []string{"mode: cluster-pool", `clusterPoolIPv4PodCIDRList:`, `- "10.142.0.0/20"`, "clusterPoolIPv4MaskSize: 25"} {
		if !strings.Contains(values, line) {
			t.Errorf("no %s in\n%s", line, values)
		}
	}
}
