package render

import (
	"bytes"
	"net/netip"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func allForms() []schema.RouteForm {
	return []schema.RouteForm{
		schema.RouteFormSystemd, schema.RouteFormNetworkd, schema.RouteFormNetplan,
		schema.RouteFormNetworkManager, schema.RouteFormCloudInit, schema.RouteFormDaemonSet,
	}
}

// withForms is the dual-stack topology of the scripts, with forms in region "cloud",
// which has two gateways, and gateways that are static pods where mode says so.
func withForms(mode schema.GatewayMode, forms ...schema.RouteForm) *schema.Topology {
	t := scriptCases()["dual"]
	r := &t.Spec.Regions[1]
	r.Gateways.Mode = mode
	if mode == schema.ModeDaemonSet {
		r.Gateways.NodeSelector = map[string]string{"role": "edge", "tailscale": "true"}
	}
	r.NodeRoutes = schema.NodeRoutes{Forms: forms, Device: "eth0"}
	return t
}

// paths are the files of a bundle's tree that region "cloud" has, and the objects.
func paths(t *testing.T, topology *schema.Topology) []string {
	t.Helper()
	var all []string
	for _, f := range rendered(t, topology).Tree() {
		if name, ok := strings.CutPrefix(f.Path, "regions/cloud/"); ok {
			all = append(all, name)
		} else if path.Dir(f.Path) == "cluster" {
			all = append(all, f.Path)
		}
	}
	return all
}

func TestFormsAddFiles(t *testing.T) {
	for form, want := range map[schema.RouteForm][]string{
		schema.RouteFormSystemd: {
			"gateway/systemd/kustomize-hybrid-setup.service",
			"node/systemd/kustomize-hybrid-routes-check.service", "node/systemd/kustomize-hybrid-routes-check.timer",
			"node/systemd/kustomize-hybrid-routes-watch.service", "node/systemd/kustomize-hybrid-routes.service",
		},
		schema.RouteFormNetworkd: {
			"gateway/networkd/networkd.conf", "node/networkd/network.conf", "node/networkd/networkd.conf", "node/sysctl.conf",
		},
		schema.RouteFormNetplan:        {"node/netplan.yaml", "node/sysctl.conf"},
		schema.RouteFormNetworkManager: {"node/networkmanager/50-kustomize-hybrid.sh"},
		schema.RouteFormCloudInit:      {"node/cloud-init.yaml"},
		schema.RouteFormDaemonSet:      {"cluster/routes-cloud.yaml"},
	} {
		t.Run(string(form), func(t *testing.T) {
			before := paths(t, withForms(schema.ModeStaticPod))
			var added []string
			for _, p := range paths(t, withForms(schema.ModeStaticPod, form)) {
				if !slices.Contains(before, p) {
					added = append(added, p)
				}
			}
			slices.Sort(added)
			if !slices.Equal(added, want) {
				t.Errorf("added %q, want %q", added, want)
			}
		})
	}
}

// A region that asks for nothing gets nothing, whatever its neighbours ask for.
func TestFormsStayInTheirRegion(t *testing.T) {
	for _, f := range rendered(t, withForms(schema.ModeStaticPod, allForms()...)).Tree() {
		if strings.HasPrefix(f.Path, "regions/dc/") &&
			!slices.Contains([]string{"cni", "gateway", "node"}, path.Base(path.Dir(f.Path))) {
			t.Errorf("%s was not asked for", f.Path)
		}
	}
}

// What a gateway carries for others must not be routed on it outside the tunnel.
func TestGatewaysGetNoRoutes(t *testing.T) {
	for _, mode := range []schema.GatewayMode{schema.ModeDaemonSet, schema.ModeStaticPod} {
		for _, f := range rendered(t, withForms(mode, allForms()...)).Tree() {
			dir := path.Dir(f.Path)
			if dir != "regions/cloud/gateway/systemd" && dir != "regions/cloud/gateway/networkd" {
				continue
			}
			if bytes.Contains(f.Data, []byte("10.143.0.0/24")) || bytes.Contains(f.Data, []byte("routes.sh")) {
				t.Errorf("%s has routes:\n%s", f.Path, f.Data)
			}
		}
	}
}

func TestStaticRoutesHaveHopsOfTheirFamily(t *testing.T) {
	topology := withForms(schema.ModeStaticPod)
	topology.Spec.Regions[1].Gateways.Nodes[0].InternalIPv6 = netip.Addr{}
	p := NewPlan(topology)
	routes := gatewayOf(p, 0).staticRoutes()
	if len(routes) != 4 {
		t.Fatalf("%d routes: %v", len(routes), routes)
	}
	for _, r := range routes {
		want := 2
		if r.Prefix.Addr().Is6() {
			want = 1
		}
		if len(r.Hops) != want || slices.ContainsFunc(r.Hops, func(a netip.Addr) bool { return a.Is4() != r.Prefix.Addr().Is4() }) {
			t.Errorf("%s by %v", r.Prefix, r.Hops)
		}
	}
	topology.Spec.Regions[1].Gateways.Nodes = topology.Spec.Regions[1].Gateways.Nodes[:1]
	p = NewPlan(topology)
	if routes := gatewayOf(p, 0).staticRoutes(); len(routes) != 2 {
		t.Errorf("IPv6 routes without an IPv6 gateway: %v", routes)
	}
}

// cloud-init writes exactly the files of the tree, and enables the unit that brings the
// others.
func TestCloudInitHoldsTheTreesFiles(t *testing.T) {
	b := rendered(t, withForms(schema.ModeStaticPod, schema.RouteFormCloudInit, schema.RouteFormSystemd))
	data := file(t, b, "regions/cloud/node/cloud-init.yaml")
	if !bytes.HasPrefix(data, []byte("#cloud-config\n")) {
		t.Errorf("cloud-init does not take it for its own:\n%.80s", data)
	}
	var c cloudConfig
	if err := yaml.UnmarshalStrict(data, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.WriteFiles) != 6 {
		t.Errorf("%d files", len(c.WriteFiles))
	}
	for _, f := range c.WriteFiles {
		where, want := "regions/cloud/node/systemd/", "0644"
		if path.Dir(f.Path) == nodeScriptDir {
			where, want = "regions/cloud/node/", "0755"
		}
		if f.Content != string(file(t, b, where+path.Base(f.Path))) || f.Permissions != want {
			t.Errorf("%s (%s) is not the tree's", f.Path, f.Permissions)
		}
	}
}

func TestNetplanSectionFollowsTheDevice(t *testing.T) {
	for device, section := range map[string]string{
		"eth0": "ethernets", "enp1s0f1np1": "ethernets", "bond0": "bonds", "br0": "bridges", "bond0.7": "vlans", "vlan7": "vlans",
	} {
		topology := withForms(schema.ModeStaticPod, schema.RouteFormNetplan)
		topology.Spec.Regions[1].NodeRoutes.Device = device
		data := file(t, rendered(t, topology), "regions/cloud/node/netplan.yaml")
		if !bytes.Contains(data, []byte("  "+section+":\n    "+device+":\n")) {
			t.Errorf("%s is not below %s:\n%s", device, section, data)
		}
	}
}

func TestKubeletUnits(t *testing.T) {
	for d, want := range map[schema.Distribution]string{
		"": "kubelet.service", schema.DistributionK3s: "k3s.service k3s-agent.service",
		schema.DistributionRKE2: "rke2-server.service rke2-agent.service",
	} {
		topology := withForms(schema.ModeStaticPod, schema.RouteFormSystemd)
		topology.Spec.Cluster.Distribution = d
		unit := file(t, rendered(t, topology), "regions/cloud/node/systemd/kustomize-hybrid-routes.service")
		if !bytes.Contains(unit, []byte("\nBefore="+want+"\n")) {
			t.Errorf("%q: not before %s:\n%s", d, want, unit)
		}
	}
}

func routesDaemon(t *testing.T, topology *schema.Topology) *appsv1.DaemonSet {
	t.Helper()
	return find[*appsv1.DaemonSet](t, rendered(t, topology), "routes-cloud")
}

func TestRoutesDaemonHasOneRight(t *testing.T) {
	ds := routesDaemon(t, withForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet))
	spec := ds.Spec.Template.Spec
	if *spec.AutomountServiceAccountToken || spec.ServiceAccountName != "" {
		t.Error("it can speak to the API server")
	}
	if !spec.HostNetwork || spec.PriorityClassName != priorityClass || spec.Tolerations[0].Operator != corev1.TolerationOpExists {
		t.Errorf("%+v", spec)
	}
	if len(spec.Containers) != 2 || len(spec.InitContainers) != 0 {
		t.Fatalf("containers: %+v", spec.Containers)
	}
	for _, c := range spec.Containers {
		s := c.SecurityContext
		if s.Privileged != nil || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem ||
			!slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || !slices.Equal(s.Capabilities.Add, []corev1.Capability{"NET_ADMIN"}) {
			t.Errorf("%s: %+v", c.Name, s)
		}
		if c.Lifecycle != nil {
			t.Errorf("%s: something happens when it ends, and an update would cut its node off", c.Name)
		}
	}
}

// matches says whether the affinity lets a pod onto a node.
func matches(a *corev1.Affinity, name string, labels map[string]string) bool {
	holds := func(r corev1.NodeSelectorRequirement, value string) bool {
		return slices.Contains(r.Values, value) == (r.Operator == corev1.NodeSelectorOpIn)
	}
	terms := a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	return slices.ContainsFunc(terms, func(term corev1.NodeSelectorTerm) bool {
		for _, r := range term.MatchExpressions {
			if !holds(r, labels[r.Key]) {
				return false
			}
		}
		for _, r := range term.MatchFields {
			if len(r.Values) != 1 || r.Key != "metadata.name" || !holds(r, name) {
				return false
			}
		}
		return true
	})
}

func TestRoutesDaemonAvoidsGateways(t *testing.T) {
	region := map[string]string{schema.RegionLabel: "cloud"}
	with := func(more ...string) map[string]string {
		labels := map[string]string{schema.RegionLabel: "cloud"}
		for i := 0; i < len(more); i += 2 {
			labels[more[i]] = more[i+1]
		}
		return labels
	}
	for _, c := range []struct {
		mode   schema.GatewayMode
		node   string
		labels map[string]string
		want   bool
	}{
		{schema.ModeDaemonSet, "worker", region, true},
		{schema.ModeDaemonSet, "worker", with("role", "edge"), true}, // not all labels of a gateway
		{schema.ModeDaemonSet, "new-gateway", with("role", "edge", "tailscale", "true"), false},
		{schema.ModeDaemonSet, "cloud-1", region, false}, // by name
		{schema.ModeDaemonSet, "cloud-2", with("role", "edge"), false},
		{schema.ModeDaemonSet, "worker", map[string]string{schema.RegionLabel: "dc"}, false},
		{schema.ModeDaemonSet, "worker", nil, false},
		{schema.ModeStaticPod, "worker", region, true},
		{schema.ModeStaticPod, "worker", with(schema.GatewayLabel, "true"), false},
		{schema.ModeStaticPod, "cloud-2", region, false},
	} {
		ds := routesDaemon(t, withForms(c.mode, schema.RouteFormDaemonSet))
		if got := matches(ds.Spec.Template.Spec.Affinity, c.node, c.labels); got != c.want {
			t.Errorf("%s: node %s with %v: %v", c.mode, c.node, c.labels, got)
		}
	}
}

func TestRoutesDaemonWithOneGatewayHasNoWatch(t *testing.T) {
	topology := withForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet, schema.RouteFormSystemd)
	topology.Spec.Regions[1].Gateways.Nodes = topology.Spec.Regions[1].Gateways.Nodes[:1]
	if n := len(routesDaemon(t, topology).Spec.Template.Spec.Containers); n != 1 {
		t.Errorf("%d containers", n)
	}
	b := rendered(t, topology)
	if scripts := find[*corev1.ConfigMap](t, b, "routes-cloud").Data; len(scripts) != 1 {
		t.Errorf("%d scripts", len(scripts))
	}
	unit := file(t, b, "regions/cloud/node/systemd/kustomize-hybrid-routes.service")
	if bytes.Contains(unit, []byte("watch")) {
		t.Errorf("a watch that does not exist is wanted:\n%s", unit)
	}
}

func TestRoutesDaemonRollsWithItsScripts(t *testing.T) {
	const annotation = schema.Group + "/scripts-hash"
	one := withForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet)
	other := withForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet)
	other.Spec.Regions[0].PodCIDRs = other.Spec.Regions[0].PodCIDRs[:1]
	a := routesDaemon(t, one).Spec.Template.Annotations[annotation]
	if a == "" || a == routesDaemon(t, other).Spec.Template.Annotations[annotation] {
		t.Errorf("a pod with other scripts has the same annotation %q", a)
	}
}

// In a container that is not privileged no line may write the container's own /proc/sys.
func TestRoutesDaemonWritesTheHostsSettings(t *testing.T) {
	b := rendered(t, withForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet))
	for name, script := range find[*corev1.ConfigMap](t, b, "routes-cloud").Data {
		if strings.Contains(strings.ReplaceAll(script, "/host/proc/sys/net", ""), " /proc/sys/net") {
			t.Errorf("%s reads or writes /proc/sys", name)
		}
		for _, shell := range [][]string{{"dash", "-n"}, {"busybox", "sh", "-n"}} {
			needTool(t, shell[0])
			c := exec.Command(shell[0], shell[1:]...)
			c.Stdin = strings.NewReader(script)
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
	}
	if script := find[*corev1.ConfigMap](t, b, "routes-cloud").Data["routes.sh"]; strings.Count(script, "/host/proc/sys/") < 5 {
		t.Error("routes.sh has other paths than this test knows")
	}
}
