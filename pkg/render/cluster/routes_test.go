package cluster_test

import (
	"bytes"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func routesDaemon(t *testing.T, topology *schema.Topology) *appsv1.DaemonSet {
	t.Helper()
	return find[*appsv1.DaemonSet](t, rendered(t, topology), "routes-cloud")
}

func TestRoutesDaemonHasOneRight(t *testing.T) {
	ds := routesDaemon(t, sample.WithForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet))
	spec := ds.Spec.Template.Spec
	if *spec.AutomountServiceAccountToken || spec.ServiceAccountName != "" {
		t.Error("it can speak to the API server")
	}
	if !spec.HostNetwork || spec.PriorityClassName != "system-node-critical" || spec.Tolerations[0].Operator != corev1.TolerationOpExists {
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
		ds := routesDaemon(t, sample.WithForms(c.mode, schema.RouteFormDaemonSet))
		if got := matches(ds.Spec.Template.Spec.Affinity, c.node, c.labels); got != c.want {
			t.Errorf("%s: node %s with %v: %v", c.mode, c.node, c.labels, got)
		}
	}
}

func TestRoutesDaemonWithOneGatewayHasNoWatch(t *testing.T) {
	topology := sample.WithForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet, schema.RouteFormSystemd)
	topology.Spec.Regions[1].Gateways.Nodes = topology.Spec.Regions[1].Gateways.Nodes[:1]
	if n := len(routesDaemon(t, topology).Spec.Template.Spec.Containers); n != 1 {
		t.Errorf("%d containers", n)
	}
	b := rendered(t, topology)
	unit := file(t, b, "regions/cloud/node/systemd/kustomize-hybrid-routes.service")
	if bytes.Contains(unit, []byte("watch")) {
		t.Errorf("a watch that does not exist is wanted:\n%s", unit)
	}
}

func TestRoutesDaemonRollsWithItsScripts(t *testing.T) {
	const annotation = schema.Group + "/scripts-hash"
	one := sample.WithForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet)
	other := sample.WithForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet)
	other.Spec.Regions[0].PodCIDRs = other.Spec.Regions[0].PodCIDRs[:1]
	a := routesDaemon(t, one).Spec.Template.Annotations[annotation]
	if a == "" || a == routesDaemon(t, other).Spec.Template.Annotations[annotation] {
		t.Errorf("a pod with other scripts has the same annotation %q", a)
	}
}

// In a container that is not privileged nothing can write its own /proc/sys: programs
// are told where the host's is, and it is mounted there.
func TestRoutesDaemonWritesTheHostsSettings(t *testing.T) {
	spec := routesDaemon(t, sample.WithForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet)).Spec.Template.Spec
	for _, c := range spec.Containers {
		if !slices.Contains(c.Env, corev1.EnvVar{Name: "PROC_SYS", Value: "/host/proc/sys"}) {
			t.Errorf("%s: %v", c.Name, c.Env)
		}
		if !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == "/host/proc/sys/net" && !m.ReadOnly }) {
			t.Errorf("%s: %v", c.Name, c.VolumeMounts)
		}
	}
}

// The pods find programs, fleet and tables in one directory, and all of them exist.
func TestRoutesDaemonMountsItsPrograms(t *testing.T) {
	b := rendered(t, sample.WithForms(schema.ModeStaticPod, schema.RouteFormDaemonSet))
	var names []string
	for _, v := range find[*appsv1.DaemonSet](t, b, "routes-cloud").Spec.Template.Spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			for name := range find[*corev1.ConfigMap](t, b, s.ConfigMap.Name).Data {
				names = append(names, name)
			}
		}
	}
	for _, want := range []string{"node-routes.sh", "node-watch.sh", "lib.sh", "tables", "fleet.tables"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %q", want, names)
		}
	}
}
