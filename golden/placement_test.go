package golden

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	"sigs.k8s.io/yaml"
)

const placements = "testdata/placement"

// beside copies the kustomizations next to the rendered main example.
func beside(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(placements)); err != nil {
		t.Fatal(err)
	}
	if _, stderr, err := program(t, renderArgs(mainExample, filepath.Join(dir, "rendered"))...); err != nil || stderr != "" {
		t.Fatalf("%v\n%s", err, stderr)
	}
	return dir
}

// place builds one of the kustomizations, which takes a Component in over objects as
// others ship them.
func place(t *testing.T, name string) string {
	t.Helper()
	got, stderr, err := program(t, "build", filepath.Join(beside(t), name))
	if err != nil || stderr != "" {
		t.Fatalf("%s: %v\n%s", name, err, stderr)
	}
	return got
}

// Kubernetes' own types know every field of what a build with a Component prints.
func TestPlacementIsKubernetes(t *testing.T) {
	for _, name := range names(t, placements) {
		for _, document := range strings.Split(place(t, name), "---\n") {
			decodeStrictly(t, name, document)
		}
	}
}

// Every Component is in a build whose golden shows what it does.
func TestEveryComponentIsPlaced(t *testing.T) {
	taken := map[string]bool{"stay-in-gpu-dc": true} // the same as stay-in-gcp-us, but for the name
	for _, name := range names(t, placements) {
		text, err := os.ReadFile(filepath.Join(placements, name, "kustomization.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`rendered/placement/([^\]\s]+)`).FindAllSubmatch(text, -1) {
			taken[string(m[1])] = true
		}
	}
	for _, name := range names(t, filepath.Join(beside(t), "rendered", "placement")) {
		if !taken[name] {
			t.Errorf("no build takes Component %s in", name)
		}
	}
}

func decodeStrictly(t *testing.T, name, document string) {
	t.Helper()
	var head struct{ Kind string }
	if err := yaml.Unmarshal([]byte(document), &head); err != nil {
		t.Fatal(err)
	}
	into, ok := map[string]any{
		"DaemonSet": &appsv1.DaemonSet{}, "Deployment": &appsv1.Deployment{}, "Service": &corev1.Service{},
		"Namespace": &corev1.Namespace{}, "ResourceQuota": &corev1.ResourceQuota{}, "ServiceAccount": &corev1.ServiceAccount{}, "Secret": &corev1.Secret{},
		"ConfigMap": &corev1.ConfigMap{}, "Role": &rbacv1.Role{}, "RoleBinding": &rbacv1.RoleBinding{}, "PodDisruptionBudget": &policyv1.PodDisruptionBudget{},
		"RuntimeClass": &nodev1.RuntimeClass{}, "StorageClass": &storagev1.StorageClass{},
	}[head.Kind]
	if !ok {
		t.Fatalf("%s: no type for kind %q", name, head.Kind)
	}
	asJSON, err := yaml.YAMLToJSON([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(asJSON))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Errorf("%s: %v\n%s", name, err, document)
	}
}

// The page shows the kustomizations that the goldens build, to the letter.
func TestPlacementPage(t *testing.T) {
	page, err := os.ReadFile("../docs/placement.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names(t, placements) {
		text, err := os.ReadFile(filepath.Join(placements, name, "kustomization.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if name == "csi" || name == "ingress" { // the others differ in one name
			if !strings.Contains(string(page), "```yaml\n"+string(text)+"```") {
				t.Errorf("docs/placement.md does not show %s/kustomization.yaml", name)
			}
			continue
		}
		_, component, _ := strings.Cut(string(text), "components: [../")
		component, _, _ = strings.Cut(component, "]")
		if !strings.Contains(string(page), "`"+component+"`") {
			t.Errorf("docs/placement.md does not name %s", component)
		}
	}
}
