package crds_test

import (
	"bytes"
	"encoding/json"
	"errors"
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

func load(t *testing.T, name string) crds.Set {
	t.Helper()
	set, err := crds.Load(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestReadmittedPolicies: Cilium's schema, and Calico's for its global policies, take
// every policy that package readmit has edited, and the ones it did not need to edit.
func TestReadmittedPolicies(t *testing.T) {
	set, calico := load(t, "cilium-1.17.4"), load(t, "calico-v3.32.1")
	files, _ := filepath.Glob("../../pkg/readmit/testdata/policies/*.txtar")
	edited := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := map[string][]byte{}
		for _, f := range archive.Files {
			parts[f.Name] = f.Data
		}
		document := parts["before.yaml"]
		if after, ok := parts["after.yaml"]; ok {
			document = after
			edited++
		}
		objects, err := objectsOf(document)
		for _, o := range objects {
			version, _ := o["apiVersion"].(string)
			switch {
			case strings.HasPrefix(version, "cilium.io/"):
				err = errors.Join(err, set.Check(o))
			case strings.HasSuffix(version, "projectcalico.org/v3") && (o["kind"] == "GlobalNetworkPolicy" || o["kind"] == "GlobalNetworkSet"):
				err = errors.Join(err, calico.Check(o))
			}
		}
		refused := bytes.Contains(parts["findings.txt"], []byte("["+string(readmit.CodeMalformed)+"]"))
		if refused != (err != nil) {
			t.Errorf("%s: found malformed is %v, and the schema says: %v", file, refused, err)
		}
	}
	if edited < 20 {
		t.Errorf("only %d policies were edited", edited)
	}
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
	for version, dir := range map[schema.Version]string{"1.17.4": "cilium-1.17.4", "1.18.0": "cilium-1.18.0", "1.20.2": "cilium-1.20.2"} {
		topology := &schema.Topology{}
		topology.Spec.Tailnet.GatewaySource = schema.SourceTailnetIP
		topology.Spec.Tailnet.IPPool = []netip.Prefix{netip.MustParsePrefix("100.80.0.0/16")}
		topology.Spec.Regions = []schema.Region{{
			Name:      "a",
			NodeCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/22")},
			CNI:       schema.CNI{Type: schema.CNICilium, Version: version},
		}}
		document, err := json.Marshal(readmit.Group(plan.New(topology)))
		if err != nil {
			t.Fatal(err)
		}
		if err := load(t, dir).CheckYAML(document); err != nil {
			t.Errorf("%s: %s: %v", version, document, err)
		}
	}
}

// TestStrict: the checker refuses what it is there to refuse.
func TestStrict(t *testing.T) {
	set := load(t, "cilium-1.17.4")
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
