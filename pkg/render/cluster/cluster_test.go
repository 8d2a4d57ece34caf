package cluster_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// bundle is what runs in the cluster: the objects, and the files of hosts, static pods
// among them.
type bundle struct {
	header  string
	objects []metav1.Object
	files   []tree.File
}

func rendered(t testing.TB, topology *schema.Topology) *bundle {
	t.Helper()
	p := plan.New(topology).ByName()
	b := &bundle{header: tree.Header(topology.Metadata.Name)}
	fleet := host.NewFleet(p)
	b.files = host.CommonFiles(fleet)
	b.add(t, cluster.Common(p, fleet)...)
	for i := range p.Regions {
		b.region(t, p, fleet, &p.Regions[i])
	}
	return b
}

func (b *bundle) add(t testing.TB, concerns ...cluster.Concern) {
	t.Helper()
	for _, c := range concerns {
		for _, o := range c.Objects {
			b.objects = append(b.objects, kubernetes(t, o))
		}
	}
}

// kubernetes is a rendered object as the API server's own type reads it: each field is one
// that the type has, and the type writes the same bytes.
func kubernetes(t testing.TB, o any) metav1.Object {
	t.Helper()
	written, err := tree.YAML(o)
	if err != nil {
		t.Fatal(err)
	}
	typed := map[string]metav1.Object{
		"ConfigMap": &corev1.ConfigMap{}, "DaemonSet": &appsv1.DaemonSet{}, "Namespace": &corev1.Namespace{}, "PodDisruptionBudget": &policyv1.PodDisruptionBudget{},
		"ResourceQuota": &corev1.ResourceQuota{}, "Role": &rbacv1.Role{}, "RoleBinding": &rbacv1.RoleBinding{}, "Secret": &corev1.Secret{}, "ServiceAccount": &corev1.ServiceAccount{},
	}[reflect.TypeOf(o).Elem().Name()]
	if typed == nil {
		t.Fatalf("Kubernetes has no %T here", o)
	}
	if err := yaml.UnmarshalStrict(written, typed); err != nil {
		t.Fatalf("%v in:\n%s", err, written)
	}
	if again, err := tree.YAML(typed); err != nil || !bytes.Equal(again, written) {
		t.Fatalf("Kubernetes' type writes something else (%v):\n%s\nand not:\n%s", err, again, written)
	}
	return typed
}

func (b *bundle) region(t testing.TB, p *plan.Plan, fleet *host.Fleet, r *plan.Region) {
	t.Helper()
	node := fleet.Node(r)
	if r.HasForm(schema.RouteFormDaemonSet) {
		b.add(t, cluster.Routes(p, r, node))
	}
	files, err := host.NodeFiles(fleet, r, node)
	if err != nil {
		t.Fatal(err)
	}
	b.files = append(b.files, files...)
	for j := range r.Hosts {
		h := &r.Hosts[j]
		runs := fleet.Gateway(r, h)
		b.files = append(b.files, host.GatewayFiles(p, r, h, runs)...)
		if r.Region.Gateways.Mode == schema.ModeDaemonSet {
			b.add(t, cluster.Gateways(p, r, runs))
			continue
		}
		pod, err := cluster.StaticPod(p, r, h, runs)
		if err != nil {
			t.Fatal(err)
		}
		b.files = append(b.files, pod)
	}
}

// find returns the object of T's kind with the name.
func find[T metav1.Object](t testing.TB, b *bundle, name string) T {
	t.Helper()
	for _, o := range b.objects {
		if typed, ok := o.(T); ok && typed.GetName() == name {
			return typed
		}
	}
	t.Fatalf("no %T named %q", *new(T), name)
	panic("unreachable")
}

func file(t testing.TB, b *bundle, path string) []byte {
	t.Helper()
	for _, f := range b.files {
		if f.Path == path {
			return f.Data
		}
	}
	t.Fatalf("no file %s", path)
	return nil
}

// staticPod is that of a region whose gateways are all alike.
func staticPod(t testing.TB, b *bundle, region string) *corev1.Pod {
	t.Helper()
	var pod corev1.Pod
	if err := yaml.UnmarshalStrict(file(t, b, "regions/"+region+"/gateway/static-pod.yaml"), &pod); err != nil {
		t.Fatal(err)
	}
	return &pod
}

func container(t testing.TB, containers []corev1.Container, name string) corev1.Container {
	t.Helper()
	for _, c := range containers {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no container %q", name)
	return corev1.Container{}
}

// variables are those with a value, by name.
func variables(c corev1.Container) map[string]string {
	values := map[string]string{}
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			values[v.Name] = v.Value
		}
	}
	return values
}

func TestDaemonSetBesideTheAPIServer(t *testing.T) {
	b := rendered(t, sample.Published(t, nil))
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us")
	spec := ds.Spec.Template.Spec
	env := variables(container(t, spec.Containers, "tailscale"))
	for name, want := range map[string]string{
		"TS_ROUTES":               "10.0.0.0/22,10.61.0.0/16",
		"TS_EXTRA_ARGS":           "--reset --advertise-tags=tag:k8s --accept-routes=true --snat-subnet-routes=false --stateful-filtering=false --netfilter-mode=off",
		"TS_KUBE_SECRET":          "tailscale-$(NODE_NAME)",
		"TS_LOCAL_ADDR_PORT":      "$(HOST_IP):9002",
		"TS_USERSPACE":            "false",
		"PORT":                    "41641",
		"TS_DEBUG_FIREWALL_MODE":  "auto",
		"TS_DEBUG_TRIM_WIREGUARD": "false",
		"TS_KUBERNETES_READ_API_SERVER_ADDRESS_FROM_ENV": "true",
	} {
		if env[name] != want {
			t.Errorf("%s=%q, want %q", name, env[name], want)
		}
	}
	if _, set := env["KUBERNETES_SERVICE_HOST"]; set {
		t.Error("KUBERNETES_SERVICE_HOST hides the API server from a gateway that keeps its state there")
	}
	if !*spec.AutomountServiceAccountToken || spec.ServiceAccountName != "gateway-gcp-us" {
		t.Error("the gateway has no service account to write its state with")
	}
	if len(container(t, spec.Containers, "tailscale").Command) != 0 {
		t.Error("the image's entry point is overridden")
	}
}

func TestRolePinsTheStateSecrets(t *testing.T) {
	b := rendered(t, sample.Published(t, nil))
	role := find[*rbacv1.Role](t, b, "gateway-gcp-us")
	if len(role.Rules) != 1 {
		t.Fatalf("%d rules", len(role.Rules))
	}
	rule := role.Rules[0]
	if !slices.Equal(rule.Verbs, []string{"get", "update", "patch"}) {
		t.Errorf("verbs %v", rule.Verbs)
	}
	if !slices.Equal(rule.ResourceNames, []string{"tailscale-edge-1", "tailscale-edge-2"}) {
		t.Errorf("resourceNames %v", rule.ResourceNames)
	}
	for _, name := range rule.ResourceNames {
		if s := find[*corev1.Secret](t, b, name); len(s.Data)+len(s.StringData) != 0 {
			t.Errorf("Secret %s is not empty", name)
		}
	}
}

func TestDaemonSetFarFromTheAPIServer(t *testing.T) {
	b := rendered(t, sample.Published(t, func(t *schema.Topology) {
		t.Spec.Regions[1].Gateways.Mode = schema.ModeDaemonSet
		t.Spec.Regions[1].Gateways.NodeSelector = map[string]string{"tailscale": "true"}
	}))
	spec := find[*appsv1.DaemonSet](t, b, "gateway-gpu-dc").Spec.Template.Spec
	c := container(t, spec.Containers, "tailscale")
	for _, name := range []string{"TS_KUBE_SECRET", "KUBERNETES_SERVICE_HOST"} {
		if value, set := variables(c)[name]; !set || value != "" {
			t.Errorf("%s=%q, set %v: want it empty", name, value, set)
		}
	}
	account := find[*corev1.ServiceAccount](t, b, "gateway-gpu-dc")
	if *spec.AutomountServiceAccountToken || *account.AutomountServiceAccountToken {
		t.Error("a token is mounted that nothing uses")
	}
	for _, o := range b.objects {
		if role, ok := o.(*rbacv1.Role); ok && role.Name == "gateway-gpu-dc" {
			t.Error("a role without state to write")
		}
		if pdb, ok := o.(*policyv1.PodDisruptionBudget); ok && pdb.Name == "gateway-gpu-dc" {
			t.Error("a budget of one gateway that lets no node be drained")
		}
	}
}

// The kubelet of 1.34 refuses a static pod that refers to anything in the API server.
func TestStaticPodNeedsNoAPIServer(t *testing.T) {
	pod := staticPod(t, rendered(t, sample.Published(t, nil)), "gpu-dc")
	for _, v := range pod.Spec.Volumes {
		if v.Secret != nil || v.ConfigMap != nil || v.PersistentVolumeClaim != nil || v.Projected != nil {
			t.Errorf("volume %s is in the API server", v.Name)
		}
	}
	if pod.Spec.ServiceAccountName != "" || *pod.Spec.AutomountServiceAccountToken {
		t.Error("it has a service account")
	}
	if pod.Spec.NodeSelector != nil {
		t.Error("it selects nodes")
	}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, e := range c.EnvFrom {
			t.Errorf("%s takes variables from %v", c.Name, e)
		}
	}
	env := variables(container(t, pod.Spec.Containers, "tailscale"))
	if value, set := env["KUBERNETES_SERVICE_HOST"]; !set || value != "" {
		t.Error("once its node has joined it would want a service account")
	}
}

func TestStaticPodAndDaemonSetDifferOnlyInWhatTheyRead(t *testing.T) {
	b := rendered(t, sample.Published(t, func(t *schema.Topology) {
		r := t.Spec.Regions[1]
		r.Name, r.Gateways.Mode = "gpu-ds", schema.ModeDaemonSet
		t.Spec.Regions = append(t.Spec.Regions, r)
	}))
	pod := staticPod(t, b, "gpu-dc").Spec
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gpu-ds").Spec.Template.Spec
	for _, name := range []string{"tailscale", "watch"} {
		same(t, container(t, pod.Containers, name), container(t, ds.Containers, name))
	}
	same(t, pod.InitContainers, ds.InitContainers)
	same(t, pod.Tolerations, ds.Tolerations)
}

func same(t *testing.T, a, b any) {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, y) {
		t.Errorf("%s\n%s", x, y)
	}
}

func TestMountsHaveTheirVolumes(t *testing.T) {
	b := rendered(t, sample.Published(t, nil))
	pod := staticPod(t, b, "gpu-dc")
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us")
	for _, spec := range []corev1.PodSpec{pod.Spec, ds.Spec.Template.Spec} {
		unused := map[string]bool{}
		for _, v := range spec.Volumes {
			unused[v.Name] = true
		}
		known := len(unused)
		for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
			for _, m := range c.VolumeMounts {
				unused[m.Name] = false
			}
		}
		if len(unused) != known {
			t.Errorf("a mount without its volume: %v", unused)
		}
		for name, u := range unused {
			if u {
				t.Errorf("volume %s is mounted nowhere", name)
			}
		}
	}
}

// The controller knows no scale of a DaemonSet, so a budget must count what stays.
func TestDisruptionBudgetCountsWhatStays(t *testing.T) {
	b := rendered(t, sample.Published(t, nil))
	pdb := find[*policyv1.PodDisruptionBudget](t, b, "gateway-gcp-us")
	if pdb.Spec.MaxUnavailable != nil || pdb.Spec.MinAvailable.IntValue() != 1 || pdb.Spec.MinAvailable.String() != "1" {
		t.Errorf("%+v", pdb.Spec)
	}
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us")
	same(t, pdb.Spec.Selector, ds.Spec.Selector)
	for name, value := range ds.Spec.Selector.MatchLabels {
		if ds.Spec.Template.Labels[name] != value {
			t.Errorf("the selector %s=%s misses the pods", name, value)
		}
	}
}

func TestProbesAskWhereHealthIsServed(t *testing.T) {
	b := rendered(t, sample.Published(t, nil))
	pod := staticPod(t, b, "gpu-dc")
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us")
	for _, test := range []struct {
		spec corev1.PodSpec
		host string
	}{{pod.Spec, "127.0.0.1"}, {ds.Spec.Template.Spec, ""}} {
		c := container(t, test.spec.Containers, "tailscale")
		for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe} {
			if probe.HTTPGet.Host != test.host || probe.HTTPGet.Port.IntValue() != facts.TailscaleHealthPort {
				t.Errorf("probe %+v, want host %q", probe.HTTPGet, test.host)
			}
		}
	}
}

func TestEnvFilesAreTheContainersEnvironment(t *testing.T) {
	b := rendered(t, sample.Published(t, nil))
	pod := staticPod(t, b, "gpu-dc")
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us").Spec.Template.Spec
	for path, c := range map[string]corev1.Container{
		"regions/gpu-dc/gateway/gateway.env": container(t, pod.Spec.Containers, "tailscale"),
		"regions/gcp-us/gateway/edge-1.env":  container(t, ds.Containers, "tailscale"),
	} {
		want := b.header
		for _, v := range c.Env {
			if v.ValueFrom == nil {
				want += v.Name + "=" + strings.ReplaceAll(v.Value, "$(NODE_NAME)", "edge-1") + "\n"
			}
		}
		if got := string(file(t, b, path)); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", path, got, want)
		}
	}
}

// What pods mount in one directory is what a host has in one: programs, fleet, tables.
func TestProgramsAreMountedOnce(t *testing.T) {
	b := rendered(t, sample.Published(t, nil))
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us")
	mounted := map[string]bool{}
	for _, v := range ds.Spec.Template.Spec.Volumes {
		if v.Name != "programs" {
			continue
		}
		if *v.Projected.DefaultMode != 0o555 {
			t.Errorf("mode %o: programs run each other", *v.Projected.DefaultMode)
		}
		for _, s := range v.Projected.Sources {
			for name, data := range find[*corev1.ConfigMap](t, b, s.ConfigMap.Name).Data {
				if mounted[name] {
					t.Errorf("%s is mounted twice", name)
				}
				mounted[name] = true
				path := map[string]string{"tables": "regions/gcp-us/gateway/tables", "fleet.tables": "fleet.tables"}[name]
				if path == "" {
					path = "host/" + name
				}
				if string(file(t, b, path)) != data {
					t.Errorf("%s is another text in the tree", name)
				}
			}
		}
	}
	for _, f := range append(program.Files(), program.File{Name: "tables"}, program.File{Name: "fleet.tables"}) {
		if !mounted[f.Name] {
			t.Errorf("%s is not mounted", f.Name)
		}
	}
	static := sample.Published(t, func(t *schema.Topology) { t.Spec.Regions = t.Spec.Regions[1:] })
	for _, o := range rendered(t, static).objects {
		if o.GetName() == "programs" || o.GetName() == "fleet" {
			t.Errorf("%s is in a cluster where no pod mounts it", o.GetName())
		}
	}
}

func TestChangedScriptsRollThePods(t *testing.T) {
	hash := func(change func(*schema.Topology)) string {
		b := rendered(t, sample.Published(t, change))
		return find[*appsv1.DaemonSet](t, b, "gateway-gcp-us").Spec.Template.Annotations["kustomize-hybrid.dev/scripts-hash"]
	}
	before := hash(nil)
	after := hash(func(t *schema.Topology) { t.Metadata.Name = "other" })
	if before == after || len(before) != 12 {
		t.Errorf("hash %q, then %q", before, after)
	}
}

// Goldens leave the annotation out: it has to be the sum of what the pod runs, as that
// stands in the tree.
func TestScriptsHashIsOfTheScripts(t *testing.T) {
	const zero = "\x00" // ends a part
	sum := regexp.MustCompile("^[0-9a-f]{64}$")
	check := func(b *bundle, annotations map[string]string, dir string, texts ...string) {
		t.Helper()
		for i, name := range texts {
			if name != zero && !sum.MatchString(name) {
				texts[i] = string(file(t, b, strings.TrimPrefix(dir+name, dir+"/")))
			}
		}
		sum := sha256.Sum256([]byte(strings.Join(texts, "")))
		if got, want := annotations["kustomize-hybrid.dev/scripts-hash"], hex.EncodeToString(sum[:6]); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
	b := rendered(t, sample.WithForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet))
	gateways := find[*appsv1.DaemonSet](t, b, "gateway-cloud").Spec.Template
	check(b, gateways.Annotations, "regions/cloud/gateway/", program.Sum(), zero, "/fleet.tables", zero, "tables", zero)
	routes := find[*appsv1.DaemonSet](t, b, "routes-cloud").Spec.Template
	check(b, routes.Annotations, "regions/cloud/node/", program.Sum(), zero, "/fleet.tables", zero, "tables", zero)
	b = rendered(t, sample.WithForms(schema.ModeStaticPod))
	pod := staticPod(t, b, "cloud")
	check(b, pod.Annotations, "regions/cloud/gateway/", program.Sum(), zero, "/fleet.tables", zero, "tables", zero)
}

// What prunes or deletes by the labels of our objects must find no Node.
func TestNodeObjectsAreNobodysToPrune(t *testing.T) {
	topology := sample.Published(t, func(t *schema.Topology) {
		for i := range t.Spec.Regions {
			t.Spec.Regions[i].CNI.IPAM = schema.IPAMKubernetes
		}
		t.Spec.Regions[1].Nodes = []schema.Node{{Name: "gpu-1", PodCIDRs: t.Spec.Regions[1].PodCIDRs, Taints: []schema.Taint{{Key: "gpu", Value: "h100", Effect: schema.TaintNoExecute}}}}
	})
	p := plan.New(topology)
	if files, err := cluster.NodeObjects(p, &p.Regions[0]); err != nil || files != nil {
		t.Errorf("%v %v", files, err)
	}
	files, err := cluster.NodeObjects(p, &p.Regions[1])
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	var node corev1.Node
	if err := yaml.UnmarshalStrict(files[0].Data, &node); err != nil {
		t.Fatal(err)
	}
	block := topology.Spec.Regions[1].PodCIDRs[0].String()
	if node.Name != "gpu-1" || node.Spec.PodCIDR != block || !slices.Equal(node.Spec.PodCIDRs, []string{block}) ||
		!slices.Equal(node.Spec.Taints, []corev1.Taint{{Key: "gpu", Value: "h100", Effect: corev1.TaintEffectNoExecute}}) {
		t.Errorf("%+v", node)
	}
	for label := range cluster.Labels(p) {
		if _, ok := node.Labels[label]; ok {
			t.Errorf("the Node has label %s, by which objects of ours are found", label)
		}
	}
}

// The port of a peer relay is the host's, as the tunnel's is.
func TestPeerRelayHasItsPort(t *testing.T) {
	ports := func(relay int) (names []string) {
		b := rendered(t, sample.Published(t, func(t *schema.Topology) { t.Spec.Regions[0].Gateways.PeerRelay = relay }))
		for _, o := range b.objects {
			if d, ok := o.(*appsv1.DaemonSet); ok {
				for _, c := range d.Spec.Template.Spec.Containers {
					for _, p := range c.Ports {
						names = append(names, fmt.Sprint(p.Name, " ", p.HostPort, " ", p.Protocol))
					}
				}
			}
		}
		return names
	}
	without := ports(0)
	if with := ports(40000); !slices.Equal(with, append(without, "peer-relay 40000 UDP")) || len(without) != 2 {
		t.Errorf("%q with a relay, %q without", with, without)
	}
}
