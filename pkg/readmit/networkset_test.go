package readmit_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
)

// The set is made where a policy of Calico's refers to it and it is not there as it should be,
// in the version of what is there.
func TestNetworkSetFor(t *testing.T) {
	const (
		refers  = "{apiVersion: crd.projectcalico.org/v1, kind: GlobalNetworkPolicy, metadata: {name: p}, spec: {ingress: [{action: Allow, source: {selector: kustomize-hybrid.dev/gateways == 'true'}}]}}"
		another = "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: q}, spec: {ingress: [{action: Allow, source: {selector: role == 'nodes'}}]}}"
		cilium  = "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: c}, spec: {ingress: [{selector: kustomize-hybrid.dev/gateways == 'true'}]}}"
		nets    = "nets: [100.80.0.1/32, 100.80.0.2/32, 100.80.0.3/32]"
		set     = "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: hybrid-gateways, labels: {kustomize-hybrid.dev/gateways: \"true\"}}, spec: {" + nets + "}}"
	)
	made := func(version string) string {
		return "apiVersion: " + version + `
kind: GlobalNetworkSet
metadata:
  name: hybrid-gateways
  labels:
    kustomize-hybrid.dev/gateways: "true"
spec:
  nets:
  - 100.80.0.1/32
  - 100.80.0.2/32
  - 100.80.0.3/32
`
	}
	policys, sets := made("crd.projectcalico.org/v1"), made("projectcalico.org/v3")
	for _, c := range []struct {
		about, topology string
		objects         []string
		want            string
	}{
		{"nothing", "calico", nil, ""},
		{"no policy that refers to it", "calico", []string{another}, ""},
		{"a policy that refers to it", "calico", []string{refers}, policys},
		{"the second policy refers to it", "calico", []string{another, refers}, policys},
		{"a policy of Cilium's", "calico", []string{cilium}, ""},
		{"a set that is right", "calico", []string{refers, set}, ""},
		{"a set that lacks a gateway", "calico", []string{refers, strings.Replace(set, ", 100.80.0.3/32", "", 1)}, sets},
		{"a set without the label", "calico", []string{refers, strings.Replace(set, `"true"`, `"false"`, 1)}, sets},
		{"a set with another name", "calico", []string{refers, strings.Replace(set, "hybrid-gateways", "others", 1)}, policys},
		{"a set of a namespace", "calico", []string{refers, strings.Replace(set, "Global", "", 1)}, policys},
		{"a policy and gateways as nodes", "internalIP", []string{refers}, ""},
		{"a policy and no region with Calico", "known", []string{refers}, ""},
	} {
		got := ""
		if n := readmit.NetworkSetFor(plan.New(topology(c.topology)), read(t, []byte(strings.Join(c.objects, "\n---\n")))); n != nil {
			text, err := n.String()
			if err != nil {
				t.Fatal(err)
			}
			got = text
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.about, got, c.want)
		}
	}
}
