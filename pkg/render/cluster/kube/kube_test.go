package kube

import (
	"bytes"
	"reflect"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// Each type, with every field filled in and with none, is what Kubernetes' own type of the
// name reads and writes: no field that it lacks, none in another order or of another form.
func TestTypesAreKubernetesOwn(t *testing.T) {
	for _, pair := range [][2]any{
		{&ConfigMap{}, &corev1.ConfigMap{}}, {&DaemonSet{}, &appsv1.DaemonSet{}}, {&Deployment{}, &appsv1.Deployment{}}, {&Job{}, &batchv1.Job{}},
		{&Namespace{}, &corev1.Namespace{}}, {&Node{}, &corev1.Node{}}, {&Pod{}, &corev1.Pod{}}, {&PodDisruptionBudget{}, &policyv1.PodDisruptionBudget{}},
		{&ResourceQuota{}, &corev1.ResourceQuota{}}, {&Role{}, &rbacv1.Role{}}, {&RoleBinding{}, &rbacv1.RoleBinding{}}, {&Secret{}, &corev1.Secret{}},
		{&Service{}, &corev1.Service{}}, {&ServiceAccount{}, &corev1.ServiceAccount{}},
	} {
		ours, theirs := pair[0], pair[1]
		t.Run(reflect.TypeOf(ours).Elem().Name(), func(t *testing.T) {
			same(t, ours, theirs)
			fill(reflect.ValueOf(ours).Elem(), "")
			same(t, ours, theirs)
		})
	}
}

// same compares what the gate makes of both, after theirs has read ours.
func same(t *testing.T, ours, theirs any) {
	t.Helper()
	written, err := tree.YAML(ours)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(written, theirs); err != nil {
		t.Fatalf("%v in:\n%s", err, written)
	}
	again, err := tree.YAML(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written, again) {
		t.Errorf("ours:\n%s\ntheirs:\n%s", written, again)
	}
}

// fill puts something into every field; what is a quantity by its place gets one.
func fill(v reflect.Value, name string) {
	switch v.Interface().(type) {
	case intstr.IntOrString:
		v.Set(reflect.ValueOf(intstr.FromInt32(7)))
		return
	case ResourceList:
		v.Set(reflect.ValueOf(ResourceList{ResourceCPU: "100m", ResourceMemory: "128Mi", ResourcePods: "10k"}))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), name)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"a": "b", "c": "d"}).Convert(v.Type()))
	case reflect.String:
		v.SetString("a " + name)
	case reflect.Bool:
		v.SetBool(true)
	default:
		v.SetInt(5)
	}
}
