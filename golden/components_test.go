package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

const components = "../overlays/components"

// overlays are the directories of overlays that are built as they stand; the others hold
// Components, and what people copy for a tool.
func overlays(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(names(t, "../overlays"), func(name string) bool {
		_, err := os.Stat(filepath.Join("../overlays", name, "kustomization.yaml"))
		return err != nil || name == "container" // which needs a container engine: test/container
	})
}

// component builds the main example's tree with one of the Components.
func component(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "components"), os.DirFS(components)); err != nil {
		t.Fatal(err)
	}
	if _, stderr, err := program(t, renderArgs(mainExample, filepath.Join(dir, "rendered"))...); err != nil || stderr != "" {
		t.Fatalf("%v\n%s", err, stderr)
	}
	write(t, filepath.Join(dir, "kustomization.yaml"),
		fmt.Sprintf("sortOptions: {order: fifo}\nresources: [rendered]\ncomponents: [components/%s]\n", name))
	got, stderr, err := program(t, "build", dir)
	if err != nil || stderr != "" {
		t.Fatalf("%s: %v\n%s", name, err, stderr)
	}
	return got
}

// With names of one's own the gateways still find their states, and may write them.
func TestNamesAgree(t *testing.T) {
	states := map[string]bool{}
	var role rbacv1.Role
	var gateways appsv1.DaemonSet
	for _, document := range strings.Split(component(t, "names"), "---\n") {
		var object struct {
			Kind     string
			Metadata struct{ Name string }
		}
		read(t, document, &object)
		switch object.Kind {
		case "Secret":
			states[object.Metadata.Name] = true
		case "Role":
			read(t, document, &role)
		case "DaemonSet":
			read(t, document, &gateways)
		}
	}
	prefix := ""
	for _, e := range gateways.Spec.Template.Spec.Containers[0].Env {
		if e.Name == "TS_KUBE_SECRET" {
			prefix = strings.TrimSuffix(e.Value, "$(NODE_NAME)")
		}
	}
	for _, node := range []string{"edge-1", "edge-2"} {
		if name := prefix + node; !states[name] || !slices.Contains(role.Rules[0].ResourceNames, name) {
			t.Errorf("the gateway on %s wants %s; there are %v, and it may write %v", node, name, states, role.Rules[0].ResourceNames)
		}
	}
}

func read(t *testing.T, document string, object any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(document), object); err != nil {
		t.Fatal(err)
	}
}

// Kubernetes' own types know every field of what a build with a Component prints, but for the
// kinds of other operators, which test/crds holds against their definitions.
func TestComponentsAreKubernetes(t *testing.T) {
	for _, name := range names(t, components) {
		for _, document := range strings.Split(component(t, name), "---\n") {
			if !strings.Contains(document, "apiVersion: external-secrets.io/") && !strings.Contains(document, "apiVersion: bitnami.com/") && !strings.Contains(document, "apiVersion: monitoring.coreos.com/") {
				decodeStrictly(t, name, document)
			}
		}
	}
}
