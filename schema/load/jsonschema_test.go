package load_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/ast/astutil"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/encoding/jsonschema"
	"cuelang.org/go/encoding/yaml"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const jsonSchemaFile = "../topology.schema.json"

// The JSON Schema for editors is generated from the contract.
func TestJSONSchemaIsCurrent(t *testing.T) {
	want := generateJSONSchema(t)
	if goldentest.Update() {
		goldentest.Save(t, jsonSchemaFile, string(want))
		return // what is embedded is that of the last build
	}
	if !bytes.Equal(schema.JSONSchema(), want) {
		t.Errorf("%s is not what the contract says; run make golden", jsonSchemaFile)
	}
}

func TestJSONSchemaJudges(t *testing.T) {
	topology := readExample(t)
	ctx := cuecontext.New()
	file, err := jsonschema.Extract(ctx.CompileString(readFile(t, jsonSchemaFile)), &jsonschema.Config{StrictFeatures: true})
	if err != nil {
		t.Fatal(err)
	}
	rules := ctx.BuildFile(file)
	if err := rules.Err(); err != nil {
		t.Fatal(err)
	}
	judge := func(text string) error {
		doc, err := yaml.Extract("topology.yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		return ctx.BuildFile(doc).Unify(rules).Validate(cue.Concrete(true))
	}
	for _, text := range []string{topology, readFile(t, "testdata/maximal.yaml")} {
		if err := judge(text); err != nil {
			t.Errorf("a good topology is refused: %v", err)
		}
	}
	for name, oldnew := range map[string][]string{
		"unknown field":          {"provider: gcp", "provider: gcp\n      podCIDR: 10.0.0.0/8"},
		"unknown word":           {"mode: daemonSet", "mode: deamonSet"},
		"missing field":          {"name: gcp-us\n      provider", "provider"},
		"empty list":             {"nodeCIDRs: [10.0.0.0/22]", "nodeCIDRs: []"},
		"no prefix":              {"nodeCIDRs: [10.0.0.0/22]", "nodeCIDRs: [10.0.0.0]"},
		"no address":             {"internalIP: 10.0.0.11", "internalIP: edge-1"},
		"wrong type":             {"port: 6443", "port: \"6443\""},
		"out of range":           {"port: 6443", "port: 66443"},
		"no version":             {"1.33.1", "v1.33.1"},
		"daemonSet, no labels":   {"nodeSelector: {tailscale: \"true\"}", "ha: {}"},
		"daemonSet, zero labels": {"nodeSelector: {tailscale: \"true\"}", "nodeSelector: {}"},
		"staticPod with labels":  {"mode: staticPod", "mode: staticPod\n        nodeSelector: {a: b}"},
	} {
		if err := judge(edit(t, topology, oldnew...)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// generateJSONSchema turns the contract without its conditions into JSON Schema, and
// puts the conditions back: the generator of CUE drops everything about a definition
// that has one.
func generateJSONSchema(t *testing.T) []byte {
	t.Helper()
	f, err := parser.ParseFile("topology.cue", schema.CUE(), parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		if field, ok := d.(*ast.Field); ok {
			if s, ok := field.Value.(*ast.StructLit); ok {
				s.Elts = withoutConditions(s.Elts)
			}
		}
	}
	// An import that only a condition needed is an error now.
	//lint:ignore SA1019 there is one file, so nothing to do together
	if err := astutil.Sanitize(f); err != nil {
		t.Fatal(err)
	}
	ctx := cuecontext.New()
	contract := ctx.BuildFile(f)
	if err := contract.Err(); err != nil {
		t.Fatal(err)
	}
	expr, err := jsonschema.Generate(contract.LookupPath(cue.ParsePath("#Topology")), nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := ctx.BuildExpr(expr).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	plain(root)
	finishJSONSchema(root)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func withoutConditions(decls []ast.Decl) []ast.Decl {
	var kept []ast.Decl
	for _, d := range decls {
		if _, ok := d.(*ast.Comprehension); !ok {
			kept = append(kept, d)
		}
	}
	return kept
}

// finishJSONSchema adds what the generator does not know.
func finishJSONSchema(root map[string]any) {
	// Editors understand draft 7 best.
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["$id"] = schema.JSONSchemaID
	root["title"] = "Topology of kustomize-hybrid"
	defs := root["$defs"].(map[string]any)
	// Editors want to hear of a slip at once; what is exactly right, validate knows.
	defs["IPCIDR"] = map[string]any{"type": "string", "pattern": "^[0-9a-f.:]+/(0|[1-9][0-9]{0,2})$"}
	defs["IP"] = map[string]any{"type": "string", "pattern": "^[0-9a-f.:]*[.:][0-9a-f.:]*$"}
	// A reader that is strict refuses a format that it has not been taught.
	date := defs["Date"].(map[string]any)
	delete(date, "format")
	date["pattern"] = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
	mode := func(word string) map[string]any {
		return map[string]any{"required": []any{"mode"}, "properties": map[string]any{"mode": map[string]any{"const": word}}}
	}
	gateways := defs["Gateways"].(map[string]any)
	gateways["allOf"] = []any{
		map[string]any{"if": mode("daemonSet"), "then": map[string]any{
			"required": []any{"nodeSelector"}, "properties": map[string]any{"nodeSelector": map[string]any{"type": "object", "minProperties": 1}},
		}},
		map[string]any{"if": mode("staticPod"), "then": map[string]any{"not": map[string]any{"required": []any{"nodeSelector"}}}},
		map[string]any{"if": mode("perNode"), "then": map[string]any{"not": map[string]any{"required": []any{"nodeSelector"}}}},
		map[string]any{"if": mode("host"), "then": map[string]any{"not": map[string]any{"required": []any{"nodeSelector"}}}},
	}
	for _, def := range defs {
		properties, _ := def.(map[string]any)["properties"].(map[string]any)
		for _, field := range properties {
			spoken(defs, field.(map[string]any))
		}
	}
}

// What comments say of a field, in the words that the contract keeps to.
var (
	leftOut = regexp.MustCompile(`(?:^|[.;] )(\S+) when left out[.]`)
	suchAs  = regexp.MustCompile(`such as (\[[^\]]*\]|\{[^}]*\}|"[^"]*"|[^\s,;)]+)`)
)

// spoken adds the default and the examples that a field's comment names: those that the field
// takes, for "such as the subnets" is no example.
func spoken(defs, field map[string]any) {
	text, _ := field["description"].(string)
	if m := leftOut.FindStringSubmatch(text); m != nil {
		if v, ok := valueOf(defs, field, m[1]); ok {
			field["default"] = v
		}
	}
	var examples []any
	for _, m := range suchAs.FindAllStringSubmatch(text, -1) {
		if v, ok := valueOf(defs, field, strings.TrimRight(m[1], ".:")); ok {
			examples = append(examples, v)
		}
	}
	if len(examples) > 0 {
		field["examples"] = examples
	}
}

// valueOf is the value that words mean for a field. ok is false where it takes no such value; free
// text has to be quoted.
func valueOf(defs, field map[string]any, words string) (v any, ok bool) {
	for field["$ref"] != nil {
		name := strings.TrimPrefix(field["$ref"].(string), "#/$defs/")
		if field = defs[name].(map[string]any); name == "Text" && !strings.HasPrefix(words, `"`) {
			return nil, false
		}
	}
	if err := kyaml.Unmarshal([]byte(words), &v); err != nil {
		return nil, false
	}
	switch v := v.(type) {
	case []any:
		items, isList := field["items"].(map[string]any)
		for _, e := range v {
			if _, ok = valueOf(defs, items, fmt.Sprint(e)); !isList || !ok {
				return nil, false
			}
		}
		return v, isList && len(v) > 0
	case string:
		if items, isList := field["items"].(map[string]any); isList {
			_, ok := valueOf(defs, items, v)
			return []any{v}, ok
		}
		return v, field["type"] == "string" && takes(field, v)
	case map[string]any:
		return v, field["type"] == "object"
	case bool:
		return v, field["type"] == "boolean"
	case int:
		return v, field["type"] == "integer"
	}
	return nil, false
}

// takes reports whether a rule of text lets a word pass.
func takes(field map[string]any, word string) bool {
	if enum, ok := field["enum"].([]any); ok {
		return slices.Contains(enum, any(word))
	}
	all, _ := field["allOf"].([]any)
	for _, rule := range append(all, field) {
		if pattern, ok := rule.(map[string]any)["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(word) {
			return false
		}
	}
	return true
}

// Most of what may be left out has its default in words, and most of what is given an example: an
// editor shows both. Each is one that the contract takes (TestJSONSchemaJudges reads the maximal
// document; here each value is held against its own field).
func TestJSONSchemaSaysDefaultsAndExamples(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(schema.JSONSchema(), &root); err != nil {
		t.Fatal(err)
	}
	if root["$id"] != schema.JSONSchemaID {
		t.Errorf("its name is %v", root["$id"])
	}
	defs := root["$defs"].(map[string]any)
	fields, defaults, examples := 0, 0, 0
	for name, def := range defs {
		properties, _ := def.(map[string]any)["properties"].(map[string]any)
		for key, f := range properties {
			field := f.(map[string]any)
			fields++
			if field["description"] == nil {
				t.Errorf("%s.%s is not described", name, key)
			}
			if field["default"] != nil {
				defaults++
			}
			if field["examples"] != nil {
				examples++
			}
		}
	}
	t.Logf("%d fields, %d defaults, %d with examples", fields, defaults, examples)
	if defaults < 29 || examples < 70 {
		t.Errorf("of %d fields %d have a default and %d an example", fields, defaults, examples)
	}
	for path, want := range map[string]string{
		"APIServer.port default": "6443", "Tailnet.gatewaySource default": "internalIP", "Tailnet.ipPool default": "[100.64.0.0/10]",
		"Tailnet.tag examples": "[tag:k8s]", "Region.nodeCIDRs examples": "[[10.0.0.0/22]]", "Tailnet.netfilterMode default": "off",
		"Gateways.nodeSelector examples": "[map[tailscale:true]]",
	} {
		where, what, _ := strings.Cut(path, " ")
		def, key, _ := strings.Cut(where, ".")
		field := defs[def].(map[string]any)["properties"].(map[string]any)[key].(map[string]any)
		if got := fmt.Sprint(field[what]); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// plain simplifies what error() and CUE's numbers leave behind: anyOf [X, false] is
// X, constants are an enum, and of "number" and "integer" the latter is enough.
func plain(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			plain(e)
		}
	case map[string]any:
		for _, e := range v {
			plain(e)
		}
		plainObject(v)
	}
}

func plainObject(v map[string]any) {
	if options, ok := v["anyOf"].([]any); ok && options[len(options)-1] == false {
		delete(v, "anyOf")
		if words, ok := constants(options[:len(options)-1]); ok {
			v["type"], v["enum"] = "string", words
		} else {
			merge(v, options[0].(map[string]any))
		}
	}
	if all, ok := v["allOf"].([]any); ok && len(all) == 2 {
		if first, ok := all[0].(map[string]any); ok && len(first) == 1 && first["type"] == "number" {
			delete(v, "allOf")
			merge(v, all[1].(map[string]any))
		}
	}
	// Strict readers want the type beside every rule for one.
	if v["pattern"] != nil && v["type"] == nil {
		v["type"] = "string"
	}
	if text, ok := v["description"].(string); ok {
		v["description"] = strings.Join(strings.Fields(text), " ")
	}
	// A list that must not be empty has its elements' rule once.
	if v["prefixItems"] != nil && v["items"] != nil {
		delete(v, "prefixItems")
	}
}

func constants(options []any) ([]any, bool) {
	var words []any
	for _, o := range options {
		m, ok := o.(map[string]any)
		if !ok || len(m) != 1 || m["const"] == nil {
			return nil, false
		}
		words = append(words, m["const"])
	}
	return words, true
}

func merge(into, from map[string]any) {
	for k, v := range from {
		into[k] = v
	}
}
