package crds_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/test/crds"
)

// minors are those that definitions are kept of, the oldest first.
func minors(t *testing.T, program string) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/definitions/" + program + "-*.yaml.gz")
	if err != nil || len(files) < 5 {
		t.Fatal("no definitions of", program, err)
	}
	var all []string
	for _, f := range files { // whose order is theirs, since every minor has two digits
		all = append(all, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), program+"-"), ".yaml.gz"))
	}
	return all
}

var sets = map[string]crds.Set{}

// load reads the definitions of a minor once: "cilium-1.17".
func load(t *testing.T, name string) crds.Set {
	t.Helper()
	if sets[name] == nil {
		set, err := crds.Load("testdata/definitions/" + name + ".yaml.gz")
		if err != nil {
			t.Fatal(err)
		}
		sets[name] = set
	}
	return sets[name]
}

// TestReadmittedPolicies: Cilium's schema, and Calico's for its global policies, take
// every policy that package readmit has edited, and the ones it did not need to edit; and
// that of every minor takes what was edited where it takes what stood there.
func TestReadmittedPolicies(t *testing.T) {
	files, _ := filepath.Glob("../../pkg/readmit/testdata/policies/*.txtar")
	edited, taken := 0, map[string]int{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := map[string][]byte{}
		for _, f := range archive.Files {
			parts[f.Name] = f.Data
		}
		before, err := objectsOf(parts["before.yaml"])
		after := before
		if data, ok := parts["after.yaml"]; ok {
			after, err = objectsOf(data)
			edited++
		}
		err = errors.Join(err, refusedPolicy(t, "cilium-1.17", "calico-3.32", after))
		refused := bytes.Contains(parts["findings.txt"], []byte("["+string(readmit.CodeMalformed)+"]"))
		if refused != (err != nil) {
			t.Errorf("%s: found malformed is %v, and the schema says: %v", file, refused, err)
		}
		for _, program := range []string{"cilium", "calico"} {
			for _, minor := range minors(t, program) {
				name := program + "-" + minor
				if refusedPolicy(t, name, name, before) != nil {
					continue
				}
				taken[name]++
				if err := refusedPolicy(t, name, name, after); err != nil {
					t.Errorf("%s: %s took the policy before it was edited, and says now: %v", file, name, err)
				}
			}
		}
	}
	if edited < 20 {
		t.Errorf("only %d policies were edited", edited)
	}
	for name, n := range taken {
		if n < 20 {
			t.Errorf("%s takes only %d policies as they stand", name, n)
		}
	}
}

// refusedPolicy is what Cilium's definitions say against its policies, and Calico's against
// its global ones.
func refusedPolicy(t *testing.T, cilium, calico string, objects []map[string]any) (err error) {
	for _, o := range objects {
		version, _ := o["apiVersion"].(string)
		switch {
		case strings.HasPrefix(version, "cilium.io/") && strings.HasPrefix(cilium, "cilium"):
			err = errors.Join(err, load(t, cilium).Check(o))
		case strings.HasSuffix(version, "projectcalico.org/v3") && (o["kind"] == "GlobalNetworkPolicy" || o["kind"] == "GlobalNetworkSet") && strings.HasPrefix(calico, "calico"):
			err = errors.Join(err, load(t, calico).Check(stored(t, calico, o)))
		}
	}
	return err
}

// stored is an object of projectcalico.org/v3 as a Calico takes it that has no such definition:
// its API server stores it in the other group.
func stored(t *testing.T, calico string, object map[string]any) map[string]any {
	version, _ := object["apiVersion"].(string)
	if version != "projectcalico.org/v3" || load(t, calico).Serves(object) {
		return object
	}
	object = maps.Clone(object)
	object["apiVersion"] = "crd.projectcalico.org/v1"
	return object
}

// objectsOf reads the objects of a stream, Lists opened.
func objectsOf(stream []byte) ([]map[string]any, error) {
	var all []map[string]any
	for _, document := range bytes.Split(stream, []byte("\n---\n")) {
		var o map[string]any
		if err := yaml.UnmarshalStrict(document, &o); err != nil {
			return all, err
		}
		all = append(all, opened(o)...)
	}
	return all, nil
}

func opened(o map[string]any) []map[string]any {
	items, ok := o["items"].([]any)
	if !ok {
		return []map[string]any{o}
	}
	var all []map[string]any
	for _, i := range items {
		if o, ok := i.(map[string]any); ok {
			all = append(all, opened(o)...)
		}
	}
	return all
}

// TestCIDRGroup: each version of the group is taken by the Cilium it is for.
func TestCIDRGroup(t *testing.T) {
	for _, minor := range minors(t, "cilium") {
		topology := &schema.Topology{}
		topology.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
		topology.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.80.0.0/16")}
		topology.Spec.Regions = []schema.Region{{
			Name:      "a",
			NodeCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/22")},
			CNI:       schema.CNI{Type: schema.CNICilium, Version: schema.Version(minor + ".0")},
		}}
		document, err := json.Marshal(readmit.Group(plan.New(topology)))
		if err != nil {
			t.Fatal(err)
		}
		if err := load(t, "cilium-"+minor).CheckYAML(document); err != nil {
			t.Errorf("%s: %s: %v", minor, document, err)
		}
	}
}

// TestStrict: the checker refuses what it is there to refuse.
func TestStrict(t *testing.T) {
	set := load(t, "cilium-1.17")
	for _, document := range []string{
		`{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: a}, spec: {endpointSelector: {}, ingress: [{fromEntity: [all]}]}}`,
		`{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: a}, spec: {endpointSelector: {}, ingress: [{fromEntities: [node]}]}}`,
		`{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: a}, spec: {endpointSelector: {}, ingress: [{fromCIDRSet: [{cidr: 10.0.0.0/8, cidrGroupRef: a}]}]}}`,
		`{apiVersion: cilium.io/v2, kind: CiliumCIDRGroup, metadata: {name: a}, spec: {externalCIDRs: []}}`,
	} {
		if err := set.CheckYAML([]byte(document)); err == nil {
			t.Errorf("accepted: %s", document)
		}
	}
}
