package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
)

// FuzzResourceList gives the function what kustomize might: it does not panic, says why it fails,
// and prints nothing or a ResourceList.
func FuzzResourceList(f *testing.F) {
	topology, err := os.ReadFile("../../examples/regional-gateway/topology.yaml")
	if err != nil {
		f.Fatal(err)
	}
	indented := strings.TrimSpace(strings.ReplaceAll("\n"+string(topology), "\n", "\n  "))
	const head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
	const ours = "functionConfig: {apiVersion: kustomize-hybrid.dev/v1alpha1, kind: "
	for _, list := range []string{
		"", "a: [", "null", "[]", head, head + "items: []\n", head + "items: null\nfunctionConfig: null\n", head + "functionConfig: 1\nitems: {}\n", head + "functionConfig: []\n",
		head + "functionConfig:\n  " + indented + "\nitems: []\n",
		head + ours + "Transform, metadata: {name: x}}\nitems:\n- " + indented + "\n",
		head + ours + "Validate, metadata: {name: x}, spec: {strict: true, today: \"2027-01-01\"}}\nitems:\n- " + indented + "\n",
		head + ours + "Transform, metadata: {name: x}, spec: {topology: y}}\nitems:\n- " + indented + "\n- {apiVersion: v1, kind: List, items: []}\n- 1\n- null\n",
		head + "functionConfig: {apiVersion: kustomize-hybrid.dev/v1alpha1, kind: Transform, metadata: [x]}\nitems:\n- " + indented + "\n",
		head + ours + "Other}\nitems: [{}]\n", head + ours + "Validate, spec: 7, metadata: []}\nitems: [[]]\nresults: 7\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\nkind: [Topology]\n",
	} {
		f.Add([]byte(list))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		var out, errs bytes.Buffer
		code := run([]string{}, bytes.NewReader(list), &out, &errs)
		switch {
		case strings.Contains(errs.String(), "a fault of this program"):
			t.Fatal(errs.String())
		case code != exitClean && code != exitFindings && code != exitFailure:
			t.Fatalf("exit %d", code)
		case code != exitClean && errs.Len() == 0:
			t.Fatal("nothing is said")
		case out.Len() == 0:
			return
		}
		if _, err := kio.FromBytes(out.Bytes()); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
	})
}
