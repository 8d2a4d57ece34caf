package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/netip"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const exampleFile = "../../examples/regional-gateway/topology.yaml"

// example is the published two-region network: gcp-us with a DaemonSet beside the API
// server, gpu-dc with a static pod. change may alter it.
func example(t testing.TB, change func(*schema.Topology)) *schema.Topology {
	t.Helper()
	data, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	var topology schema.Topology
	if err := yaml.UnmarshalStrict(data, &topology); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&topology)
	}
	return &topology
}

func rendered(t testing.TB, topology *schema.Topology) *Bundle {
	t.Helper()
	b, err := NewPlan(topology).Render()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// newObject is an empty value of the type that the API server decodes kind into.
func newObject(kind string) metav1.Object {
	switch kind {
	case "Namespace":
		return &corev1.Namespace{}
	case "ResourceQuota":
		return &corev1.ResourceQuota{}
	case "ServiceAccount":
		return &corev1.ServiceAccount{}
	case "Secret":
		return &corev1.Secret{}
	case "ConfigMap":
		return &corev1.ConfigMap{}
	case "Pod":
		return &corev1.Pod{}
	case "Role":
		return &rbacv1.Role{}
	case "RoleBinding":
		return &rbacv1.RoleBinding{}
	case "DaemonSet":
		return &appsv1.DaemonSet{}
	case "PodDisruptionBudget":
		return &policyv1.PodDisruptionBudget{}
	}
	return nil
}

func decode(t testing.TB, data []byte) metav1.Object {
	t.Helper()
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(data, &meta); err != nil {
		t.Fatal(err)
	}
	o := newObject(meta.Kind)
	if o == nil {
		t.Fatalf("no type for %q", meta.Kind)
	}
	if err := yaml.UnmarshalStrict(data, o); err != nil {
		t.Fatalf("%v in:\n%s", err, data)
	}
	return o
}

// find returns the object of T's kind with the name.
func find[T metav1.Object](t testing.TB, b *Bundle, name string) T {
	t.Helper()
	for _, o := range b.Objects {
		if typed, ok := decode(t, o.YAML).(T); ok && typed.GetName() == name {
			return typed
		}
	}
	t.Fatalf("no %T named %q", *new(T), name)
	panic("unreachable")
}

func file(t testing.TB, b *Bundle, path string) []byte {
	t.Helper()
	for _, f := range b.Tree() {
		if f.Path == path {
			return f.Data
		}
	}
	t.Fatalf("no file %s", path)
	return nil
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

func TestObjectsDecodeStrictlyAndHaveValidNames(t *testing.T) {
	long := strings.Repeat("r", 63)
	for name, topology := range map[string]*schema.Topology{
		"example": example(t, nil),
		"longest names": example(t, func(t *schema.Topology) {
			t.Metadata.Name, t.Spec.Regions[0].Name = long, long
			t.Spec.Regions[0].Gateways.Nodes[0].Name = "ip-10-0-0-11.us-east-2.compute.internal"
		}),
	} {
		t.Run(name, func(t *testing.T) {
			b := rendered(t, topology)
			for _, o := range b.Objects {
				checkObject(t, decode(t, o.YAML), o.YAML)
			}
			pod := file(t, b, "regions/gpu-dc/gateway/static-pod.yaml")
			checkObject(t, decode(t, pod), bytes.TrimLeft(pod[bytes.Index(pod, []byte("apiVersion")):], "\n"))
		})
	}
}

func checkObject(t *testing.T, o metav1.Object, data []byte) {
	t.Helper()
	if again, err := toYAML(o); err != nil || !bytes.Equal(again, data) {
		t.Errorf("%s: decoded and rendered again it differs (%v):\n%s", o.GetName(), err, again)
	}
	if problems := validation.IsDNS1123Subdomain(o.GetName()); problems != nil {
		t.Errorf("%s: %v", o.GetName(), problems)
	}
	for name, value := range o.GetLabels() {
		if problems := append(validation.IsQualifiedName(name), validation.IsValidLabelValue(value)...); problems != nil {
			t.Errorf("%s: label %s=%s: %v", o.GetName(), name, value, problems)
		}
	}
	if bytes.Contains(data, []byte("tskey-")) {
		t.Errorf("%s: something that looks like a key", o.GetName())
	}
}

func TestDaemonSetBesideTheAPIServer(t *testing.T) {
	b := rendered(t, example(t, nil))
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
	b := rendered(t, example(t, nil))
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
	b := rendered(t, example(t, func(t *schema.Topology) {
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
	for _, o := range b.Objects {
		if role, ok := decode(t, o.YAML).(*rbacv1.Role); ok && role.Name == "gateway-gpu-dc" {
			t.Error("a role without state to write")
		}
		if pdb, ok := decode(t, o.YAML).(*policyv1.PodDisruptionBudget); ok && pdb.Name == "gateway-gpu-dc" {
			t.Error("a budget of one gateway that lets no node be drained")
		}
	}
}

// The kubelet of 1.34 refuses a static pod that refers to anything in the API server.
func TestStaticPodNeedsNoAPIServer(t *testing.T) {
	pod := decode(t, file(t, rendered(t, example(t, nil)), "regions/gpu-dc/gateway/static-pod.yaml")).(*corev1.Pod)
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
	b := rendered(t, example(t, func(t *schema.Topology) {
		r := t.Spec.Regions[1]
		r.Name, r.Gateways.Mode = "gpu-ds", schema.ModeDaemonSet
		t.Spec.Regions = append(t.Spec.Regions, r)
	}))
	pod := decode(t, file(t, b, "regions/gpu-dc/gateway/static-pod.yaml")).(*corev1.Pod).Spec
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
	b := rendered(t, example(t, nil))
	pod := decode(t, file(t, b, "regions/gpu-dc/gateway/static-pod.yaml")).(*corev1.Pod)
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
	b := rendered(t, example(t, nil))
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

func TestEnvironmentByTopology(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*schema.Topology)
		region string
		want   map[string]string
	}{
		{"Tailscale's chains, old version", func(t *schema.Topology) { t.Spec.Tailnet.NetfilterMode = schema.NetfilterOn }, "gpu-dc",
			map[string]string{"TS_DEBUG_FIREWALL_MODE": "iptables"}},
		{"Tailscale's chains, mark fixed", func(t *schema.Topology) {
			t.Spec.Tailnet.NetfilterMode, t.Spec.Tailnet.TailscaleVersion = schema.NetfilterOn, "1.100.0"
		}, "gpu-dc", map[string]string{"TS_DEBUG_FIREWALL_MODE": "auto"}},
		{"Headscale", func(t *schema.Topology) { t.Spec.Tailnet.ControlURL = "https://headscale.example" }, "gpu-dc", map[string]string{
			"TS_EXTRA_ARGS": "--reset --login-server=https://headscale.example --accept-routes=true --snat-subnet-routes=false --stateful-filtering=false --netfilter-mode=off",
		}},
		{"IPv6 hosts", func(t *schema.Topology) {
			for i := range t.Spec.Regions[0].Gateways.Nodes {
				n := &t.Spec.Regions[0].Gateways.Nodes[i]
				n.InternalIP = schema.TailnetIPv6().Addr().Next()
			}
		}, "gcp-us", map[string]string{"TS_LOCAL_ADDR_PORT": "[$(HOST_IP)]:9002", "TS_KUBE_SECRET": "tailscale-$(NODE_NAME)"}},
		{"IPv6 services", func(t *schema.Topology) {
			t.Spec.Cluster.ServiceCIDRs[0] = schema.TailnetIPv6()
		}, "gcp-us", map[string]string{"TS_KUBE_SECRET": "", "KUBERNETES_SERVICE_HOST": ""}},
		{"a state Secret that would be the auth key's", func(t *schema.Topology) {
			t.Spec.Regions[0].Gateways.Nodes[1].Name = "auth"
		}, "gcp-us", map[string]string{"TS_KUBE_SECRET": ""}},
		{"one gateway", nil, "gpu-dc", map[string]string{"TS_LOCAL_ADDR_PORT": "127.0.0.1:9002"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := NewPlan(example(t, test.change))
			i := slices.IndexFunc(p.Regions, func(r plan.Region) bool { return r.Region.Name == test.region })
			env := variables(corev1.Container{Env: gatewayOf(p, i).environment()})
			for name, want := range test.want {
				if got, set := env[name]; !set || got != want {
					t.Errorf("%s=%q, set %v, want %q", name, got, set, want)
				}
			}
			if strings.ContainsAny(env["TS_ROUTES"], " ") {
				t.Errorf("TS_ROUTES=%q: a blank is fatal", env["TS_ROUTES"])
			}
		})
	}
}

func TestProbesAskWhereHealthIsServed(t *testing.T) {
	b := rendered(t, example(t, nil))
	pod := decode(t, file(t, b, "regions/gpu-dc/gateway/static-pod.yaml")).(*corev1.Pod)
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us")
	for _, test := range []struct {
		spec corev1.PodSpec
		host string
	}{{pod.Spec, "127.0.0.1"}, {ds.Spec.Template.Spec, ""}} {
		c := container(t, test.spec.Containers, "tailscale")
		for _, probe := range []*corev1.Probe{c.StartupProbe, c.LivenessProbe} {
			if probe.HTTPGet.Host != test.host || probe.HTTPGet.Port.IntValue() != HealthPort {
				t.Errorf("probe %+v, want host %q", probe.HTTPGet, test.host)
			}
		}
	}
}

func TestEnvFilesAreTheContainersEnvironment(t *testing.T) {
	b := rendered(t, example(t, nil))
	pod := decode(t, file(t, b, "regions/gpu-dc/gateway/static-pod.yaml")).(*corev1.Pod)
	ds := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us").Spec.Template.Spec
	for path, c := range map[string]corev1.Container{
		"regions/gpu-dc/gateway/gateway.env": container(t, pod.Spec.Containers, "tailscale"),
		"regions/gcp-us/gateway/edge-1.env":  container(t, ds.Containers, "tailscale"),
	} {
		want := b.Header
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

func TestChangedScriptsRollThePods(t *testing.T) {
	hash := func(change func(*schema.Topology)) string {
		p := NewPlan(example(t, change))
		return gatewayOf(p, 0).podMeta().Annotations["kustomize-hybrid.dev/scripts-hash"]
	}
	before := hash(nil)
	after := hash(func(t *schema.Topology) { t.Metadata.Name = "other" })
	if before == after || len(before) != 12 {
		t.Errorf("hash %q, then %q", before, after)
	}
}

// Goldens leave the annotation out: it has to be the sum of the scripts that the pod runs,
// as they stand in the tree.
func TestScriptsHashIsOfTheScripts(t *testing.T) {
	check := func(b *Bundle, annotations map[string]string, dir string, texts ...string) {
		t.Helper()
		for i, name := range texts {
			if strings.HasSuffix(name, ".sh") {
				texts[i] = string(file(t, b, dir+name))
			}
		}
		sum := sha256.Sum256([]byte(strings.Join(texts, "")))
		if got, want := annotations["kustomize-hybrid.dev/scripts-hash"], hex.EncodeToString(sum[:6]); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
	const zero = "\x00" // ends a script
	b := rendered(t, withForms(schema.ModeDaemonSet, schema.RouteFormDaemonSet))
	gateways := find[*appsv1.DaemonSet](t, b, "gateway-cloud").Spec.Template
	check(b, gateways.Annotations, "regions/cloud/gateway/", "setup.sh", zero, "watch.sh")
	routes := find[*appsv1.DaemonSet](t, b, "routes-cloud").Spec.Template
	check(b, routes.Annotations, "regions/cloud/node/", "routes.sh", zero, "watch.sh", zero)
	b = rendered(t, withForms(schema.ModeStaticPod))
	pod := decode(t, file(t, b, "regions/cloud/gateway/static-pod.yaml")).(*corev1.Pod)
	check(b, pod.Annotations, "regions/cloud/gateway/", "setup.sh", zero, "watch.sh")
}

func TestGatewaysThatKeepTheirTailnetAddressesAreAGroup(t *testing.T) {
	b := rendered(t, withTailnetSources(t))
	last := b.Objects[len(b.Objects)-1]
	want := "apiVersion: cilium.io/v2alpha1\nkind: CiliumCIDRGroup\nmetadata:\n  name: hybrid-gateways\n  labels:\n    app.kubernetes.io/managed-by: kustomize-hybrid\n    app.kubernetes.io/part-of: ai-cluster\nspec:\n" +
		"  externalCIDRs:\n  - \"100.80.0.1/32\"\n  - \"100.80.0.2/32\"\n  - \"100.80.0.3/32\"\n"
	if last.Concern != "cilium" || string(last.YAML) != want {
		t.Errorf("%s:\n%s\nwant:\n%s", last.Concern, last.YAML, want)
	}
}

// withTailnetSources is the example with gateways that send from 100.80.0.1 to .3.
func withTailnetSources(t testing.TB) *schema.Topology {
	return example(t, func(t *schema.Topology) {
		t.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
		next := netip.MustParseAddr("100.80.0.0")
		for i := range t.Spec.Regions {
			for j := range t.Spec.Regions[i].Gateways.Nodes {
				next = next.Next()
				t.Spec.Regions[i].Gateways.Nodes[j].TailnetIP = next
			}
		}
	})
}

func TestTreeBuildsWithKustomize(t *testing.T) {
	b := rendered(t, withTailnetSources(t))
	fs := filesys.MakeFsInMemory()
	var want []string
	for _, f := range b.Tree() {
		if err := fs.WriteFile("/tree/"+f.Path, f.Data); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range b.Objects {
		want = append(want, canonical(t, o.YAML))
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as the command line has it
	built, err := krusty.MakeKustomizer(options).Run(fs, "/tree")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range built.Resources() {
		got = append(got, canonical(t, []byte(r.MustYaml())))
	}
	if !slices.Equal(got, want) {
		t.Errorf("kustomize build:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func canonical(t *testing.T, data []byte) string {
	t.Helper()
	text, err := yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryFileSaysWhereItComesFrom(t *testing.T) {
	for _, f := range rendered(t, example(t, nil)).Tree() {
		lines := strings.SplitN(string(f.Data), "\n", 3)
		want := "# generated by kustomize-hybrid from Topology ai-cluster; do not edit"
		if path.Ext(f.Path) == ".json" {
			want = lines[0] // strict JSON has no comments
		}
		if lines[0] != want && (!strings.HasPrefix(lines[0], "#!") || lines[1] != want) {
			t.Errorf("%s begins %q", f.Path, lines[0])
		}
		if strings.Contains(string(f.Data), "tskey-") {
			t.Errorf("%s: something that looks like a key", f.Path)
		}
	}
}

func TestOrderOfRegionsAndProcessorsDoNotMatter(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := rendered(t, example(t, nil)).Tree()
	runtime.GOMAXPROCS(4)
	got := rendered(t, example(t, func(t *schema.Topology) { slices.Reverse(t.Spec.Regions) })).Tree()
	if len(got) != len(want) {
		t.Fatalf("%d files, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].Path != want[i].Path || !bytes.Equal(got[i].Data, want[i].Data) {
			t.Errorf("%s differs", got[i].Path)
		}
	}
	if !slices.IsSortedFunc(got, func(a, b File) int { return strings.Compare(a.Path, b.Path) }) {
		t.Error("the tree is not sorted by path")
	}
}

// FuzzRender: whatever decodes into a Topology, valid or not, is rendered without a
// panic into objects that decode strictly. An input puts one JSON value in the place
// of one value of the example; those that no Topology can hold are skipped.
func FuzzRender(f *testing.F) {
	data, err := json.Marshal(withTailnetSources(f))
	if err != nil {
		f.Fatal(err)
	}
	places := len(valuesOf(decodeAny(f, data)))
	for i := range places {
		for _, value := range []string{`null`, `""`, `[]`, `{}`, `"::/0"`, `"fd00::1"`, `-1`} {
			f.Add(uint(i), value)
		}
	}
	f.Fuzz(func(t *testing.T, place uint, value string) {
		var topology schema.Topology
		changed, ok := replaceValue(decodeAny(t, data), int(place%uint(places)), value)
		if !ok || json.Unmarshal(changed, &topology) != nil {
			t.Skip()
		}
		b := rendered(t, &topology)
		b.Tree()
		for _, o := range b.Objects {
			if o.Concern != "cilium" {
				decode(t, o.YAML)
			}
		}
	})
}

func decodeAny(t testing.TB, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// valuesOf lists a setter for each value inside v, in a stable order.
func valuesOf(v any) (setters []func(any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			setters = append(setters, func(e any) { v[k] = e })
			setters = append(setters, valuesOf(v[k])...)
		}
	case []any:
		for i := range v {
			setters = append(setters, func(e any) { v[i] = e })
			setters = append(setters, valuesOf(v[i])...)
		}
	}
	return setters
}

func replaceValue(v any, place int, text string) ([]byte, bool) {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return nil, false
	}
	valuesOf(v)[place](value)
	data, err := json.Marshal(v)
	return data, err == nil
}

// gatewayOf is the first gateway of the i-th region, with its scripts.
func gatewayOf(p *Plan, i int) *gateway {
	r := &p.Regions[i]
	files := p.hostFiles(r)
	for j := range files {
		files[j].Data = p.headed(files[j].Data)
	}
	return p.gateway(r, &r.Hosts[0], files)
}
