package cluster_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// verified are the objects of cluster/verify, read strictly, by kind and name.
func verified(t *testing.T, topology *schema.Topology) map[string]any {
	t.Helper()
	files, err := cluster.Verify(plan.New(topology).ByName())
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	objects := map[string]any{}
	for document := range bytes.SplitSeq(files[1].Data, []byte("\n---\n")) {
		var head struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		if err := yaml.Unmarshal(document, &head); err != nil {
			t.Fatal(err)
		}
		var o any
		switch head.Kind {
		case "Namespace":
			o = &corev1.Namespace{}
		case "ConfigMap":
			o = &corev1.ConfigMap{}
		case "ServiceAccount":
			o = &corev1.ServiceAccount{}
		case "Service":
			o = &corev1.Service{}
		case "Role":
			o = &rbacv1.Role{}
		case "RoleBinding":
			o = &rbacv1.RoleBinding{}
		case "Deployment":
			o = &appsv1.Deployment{}
		case "Job":
			o = &batchv1.Job{}
		default:
			t.Fatalf("what is a %q?", head.Kind)
		}
		if err := yaml.UnmarshalStrict(document, o); err != nil {
			t.Fatal(err)
		}
		if head.Kind != "Namespace" && head.Metadata.Namespace != plan.VerifyNamespace {
			t.Errorf("%s %s is in namespace %q", head.Kind, head.Metadata.Name, head.Metadata.Namespace)
		}
		objects[head.Kind+"/"+head.Metadata.Name] = o
	}
	return objects
}

// Every pod fits into a namespace that admits no pod with a right on its node, and comes to
// nodes with any taint.
func TestVerifyPodsHaveNoRights(t *testing.T) {
	objects := verified(t, sample.Published(t, nil))
	var specs []corev1.PodSpec
	for _, o := range objects {
		switch o := o.(type) {
		case *appsv1.Deployment:
			specs = append(specs, o.Spec.Template.Spec)
		case *batchv1.Job:
			specs = append(specs, o.Spec.Template.Spec)
		}
	}
	if len(specs) != 5 {
		t.Errorf("%d kinds of pods, want two for each region and a Job", len(specs))
	}
	for _, s := range specs {
		if s.HostNetwork || !*s.SecurityContext.RunAsNonRoot || s.SecurityContext.SeccompProfile == nil || s.Tolerations[0] != (corev1.Toleration{Operator: corev1.TolerationOpExists}) {
			t.Errorf("%+v", s)
		}
		for _, c := range s.Containers {
			if want := plan.New(sample.Published(t, nil)).Topology.Spec.Tailnet.Image; c.Image != want {
				t.Errorf("image %s", c.Image)
			}
			if *c.SecurityContext.AllowPrivilegeEscalation || !slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) || !*c.SecurityContext.ReadOnlyRootFilesystem {
				t.Errorf("%+v", c.SecurityContext)
			}
		}
	}
	if ns := objects["Namespace/"+plan.VerifyNamespace].(*corev1.Namespace); ns.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Errorf("%+v", ns.Labels)
	}
	if job := objects["Job/verify"].(*batchv1.Job); *job.Spec.BackoffLimit != 0 || job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		t.Errorf("%+v", job.Spec)
	}
}

// What the program asks the API server is what its accounts may ask: verify.sh's
// in_namespace is the only one that does.
func TestVerifyAccounts(t *testing.T) {
	objects := verified(t, sample.Published(t, nil))
	for name, want := range map[string][]string{
		"probe":   {"list pods", "list services"},
		"collect": {"list pods", "get pods/log", "get pods/proxy"},
	} {
		var got []string
		for _, r := range objects["Role/"+name].(*rbacv1.Role).Rules {
			got = append(got, strings.Join(r.Verbs, " ")+" "+strings.Join(r.Resources, " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s may %q, want %q", name, got, want)
		}
	}
}

// Which pods there are follows from the gateways, and a Service's name has at most 63
// characters.
func TestVerifyFollowsTheTopology(t *testing.T) {
	long := strings.Repeat("a", 63)
	objects := verified(t, sample.Published(t, func(t *schema.Topology) { t.Spec.Regions[1].Name = long }))
	for name, replicas := range map[string]int32{"gateway-gcp-us": 2, "node-gcp-us": 1, "gateway-" + long: 1, "node-" + long: 1} {
		if d, ok := objects["Deployment/"+name].(*appsv1.Deployment); !ok || *d.Spec.Replicas != replicas {
			t.Errorf("%s: %+v", name, d)
		}
	}
	tables := objects["ConfigMap/verify"].(*corev1.ConfigMap).Data["tables"]
	for line := range strings.Lines(tables) {
		if f := strings.Fields(line); f[0] == "service" && (len(f[2]) > 63 || objects["Service/"+f[2]] == nil) {
			t.Errorf("%q", line)
		}
	}
	for name := range verified(t, sample.Apart()) {
		if name == "Deployment/node-cloud" {
			t.Errorf("%s: every host of that region is a gateway", name)
		}
	}
}

// A cluster of both families is asked in both.
func TestVerifyFamilies(t *testing.T) {
	topology := sample.Published(t, func(t *schema.Topology) {
		sample.AddIPv6(&t.Spec.Regions[0], "fd00:10::/64", "fd00:61::/56")
	})
	tables := verified(t, topology)["ConfigMap/verify"].(*corev1.ConfigMap).Data["tables"]
	for _, want := range []string{"\nservices IPv4\n", "\nfamilies gcp-us pods IPv4 IPv6\n", "\nfamilies gcp-us nodes IPv4 IPv6\n", "\nfamilies gpu-dc pods IPv4\n"} {
		if !strings.Contains(tables, want) {
			t.Errorf("%q is not in\n%s", want, tables)
		}
	}
}
