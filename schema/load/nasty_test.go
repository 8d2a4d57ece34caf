package load_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// Each input gets the findings that are listed, and no others.
func TestNastyInput(t *testing.T) {
	head := "apiVersion: kustomize-hybrid.dev/v1alpha1\nkind: Topology\n"
	topology := readExample(t)
	for _, c := range []struct {
		name, file, input string
		want              string
	}{
		{"nothing", "t.yaml", "", "t.yaml:1:1 empty-input"},
		{"comments only", "t.yaml", "# nothing\n\n", "t.yaml:1:1 empty-input"},
		{"separators only", "t.yaml", "---\n---\n", "t.yaml:1:1 empty-input"},
		{"null", "t.yaml", "null\n", "t.yaml:1:1 wrong-type"},
		{"a word", "t.yaml", "hello\n", "t.yaml:1:1 wrong-type"},
		{"a list", "t.yaml", "- a\n- b\n", "t.yaml:1:1 wrong-type"},
		{"two documents", "t.yaml", topology + "---\n" + topology, "t.yaml:47:1 several-documents"},
		{"a document and a broken one", "t.yaml", topology + "---\n{", "t.yaml:41:1 not-yaml"},
		{"a separator behind it", "t.yaml", topology + "---\n", ""},
		{"a separator before it", "t.yaml", "---\n" + topology, ""},
		{"BOM", "t.yaml", "\ufeff" + topology, ""},
		{"BOM and a fault", "t.yaml", "\ufeff{kind: Topology, kind: Topology, apiVersion: kustomize-hybrid.dev/v1alpha1, metadata: {name: a}, spec: 5}", "t.yaml:1:18 duplicate-field,t.yaml:1:104 wrong-type"},
		{"CRLF", "t.yaml", strings.ReplaceAll(edit(t, topology, "10.0.0.0/22", "10.0.0.1/22"), "\n", "\r\n"), "t.yaml:23:19 host-bits"},
		{"UTF-16", "t.yaml", "\xff\xfek\x00i\x00", "t.yaml:1:1 not-text"},
		{"NUL", "t.yaml", "kind: Topology\nspec: a\x00b", "t.yaml:2:8 not-text"},
		{"garbage", "t.yaml", "\x7fELF\x02\x01\x01", "t.yaml:1:1 not-text"},
		{"latin-1", "t.yaml", "# Z\xfcrich", "t.yaml:1:4 not-text"},
		{"control characters", "t.yaml", "kind: \x1b[31m", "t.yaml:1:7 not-text"},
		{"broken", "t.yaml", "kind: [Topology\nspec: a", "t.yaml:2:1 not-yaml"},
		{"tab", "t.yaml", "spec:\n\tcluster: a", "t.yaml:2:2 not-yaml"},
		{"unknown anchor", "t.yaml", "spec: *a", "t.yaml:1:7 not-yaml"},
		{"JSON with tabs", "t.json", "{\n\t\"apiVersion\":\t\"kustomize-hybrid.dev/v1alpha1\", \"kind\": \"Topology\",\n\t\"metadata\": {\"name\": \"a\\tb\"}, \"spec\": null}", "t.json:3:23 bad-value,t.json:3:40 wrong-type"},
		{"deep", "t.yaml", head + "metadata: {name: a}\nspec: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), "t.yaml:4:7 wrong-type,t.yaml:4:71 too-deep"},
		{"very deep", "t.yaml", strings.Repeat("[", 1<<20), "t.yaml:1:1 too-many"},
		{"very deep in blocks", "t.yaml", strings.Repeat("- ", 1<<19), "t.yaml:1:1 not-yaml"},
		{"very deep in keys", "t.yaml", strings.Repeat("? ", 1<<19), "t.yaml:1:1 not-yaml"},
		{"alias in itself", "t.yaml", head + "metadata: {name: a}\nspec: &a {cluster: *a, tailnet: 5, regions: 5}", "t.yaml:4:20 alias-expansion,t.yaml:4:33 wrong-type,t.yaml:4:45 wrong-type"},
		{"alias bomb", "t.yaml", head + "metadata: {name: a}\nx: &x [1,1,1,1,1,1,1,1,1,1]\n" + bomb(9) + "spec: *x9\n", "t.yaml:4:1 unknown-field,t.yaml:5:1 unknown-field,t.yaml:6:1 unknown-field,t.yaml:7:1 unknown-field,t.yaml:8:1 unknown-field,t.yaml:8:38 alias-expansion,t.yaml:9:1 unknown-field,t.yaml:10:1 unknown-field,t.yaml:11:1 unknown-field,t.yaml:12:1 unknown-field,t.yaml:13:1 unknown-field"},
		{"aliases", "t.yaml", edit(t, topology, "cni: {type", "cni: &cni {type", "cni: {type: cilium, version: 1.17.4}", "cni: *cni"), ""},
		{"merge keys", "t.yaml", edit(t, topology, "cni: {type", "cni: &cni {type", "cni: {type: cilium, version: 1.17.4}", "cni: {<<: *cni, version: 1.18.0}"), ""},
		{"merge of a list", "t.yaml", edit(t, topology, "cni: {type", "cni: &cni {type", "cni: {type: cilium, version: 1.17.4}", "cni: {<<: [*cni, {version: 1.18.0}]}"), ""},
		{"merge of text", "t.yaml", edit(t, topology, "cni: {type: cilium, version: 1.17.4}", "cni: {<<: cilium, type: cilium}"), "t.yaml:25:17 wrong-type"},
		{"duplicate", "t.yaml", edit(t, topology, "provider: gcp", "provider: gcp\n      provider: aws"), "t.yaml:23:7 duplicate-field"},
		{"duplicate in another spelling", "t.yaml", edit(t, topology, "provider: gcp", "provider: gcp\n      \"provider\": gcp"), "t.yaml:23:7 duplicate-field"},
		{"a list as a key", "t.yaml", edit(t, topology, "provider: gcp", "provider: gcp\n      ? [a, b]\n      : c"), "t.yaml:23:9 wrong-type"},
		{"a number as a key", "t.yaml", edit(t, topology, "tailscale: \"true\"", "5: \"true\""), "t.yaml:28:23 bad-value,t.yaml:28:24 wrong-type"},
		{"a tag", "t.yaml", edit(t, topology, "provider: gcp", "provider: !!binary Z2Nw"), "t.yaml:22:17 wrong-type"},
		{"a float for a version", "t.yaml", edit(t, topology, "kubernetesVersion: 1.33.1", "kubernetesVersion: 1.33"), "t.yaml:14:24 wrong-type"},
		{"a date for a name", "t.yaml", edit(t, topology, "name: gcp-us", "name: 2026-01-01"), "t.yaml:21:13 wrong-type"},
		{"a number for a label", "t.yaml", edit(t, topology, "tailscale: \"true\"", "tailscale: true"), "t.yaml:28:35 wrong-type"},
		{"yes for true", "t.yaml", edit(t, topology, "internalIP: 10.0.0.11", "internalIP: 10.0.0.11, underNAT: yes"), "t.yaml:30:61 wrong-type"},
		{"text for a number", "t.yaml", edit(t, topology, "port: 6443", "port: \"6443\""), "t.yaml:16:46 wrong-type"},
		{"octal", "t.yaml", edit(t, topology, "port: 6443", "port: 06443"), "t.yaml:16:46 wrong-type"},
		{"huge", "t.yaml", edit(t, topology, "port: 6443", "port: 99999999999999999999"), "t.yaml:16:46 wrong-type"},
		{"out of range", "t.yaml", edit(t, topology, "port: 6443", "port: 0"), "t.yaml:16:46 bad-value"},
		{"no value", "t.yaml", edit(t, topology, "port: 6443", "port: "), "t.yaml:16:46 wrong-type"},
		{"bits in hexadecimal", "t.yaml", edit(t, topology, "  regions:", "  marks: [{owner: a, mask: 0xff00, value: 255}]\n  regions:"), ""},
		{"a list for a mapping", "t.yaml", edit(t, topology, "cni: {type: cilium, version: 1.17.4}", "cni: [cilium]"), "t.yaml:25:12 wrong-type"},
		{"no regions", "t.yaml", topology[:strings.Index(topology, "  regions:")], "t.yaml:13:3 missing-field"},
		{"an empty list of regions", "t.yaml", topology[:strings.Index(topology, "  regions:")] + "  regions: []", "t.yaml:20:12 bad-value"},
		{"a region that is null", "t.yaml", topology[:strings.Index(topology, "  regions:")] + "  regions: [null]", "t.yaml:20:13 wrong-type"},
		{"two faults in one region", "t.yaml", edit(t, topology, "      podCIDRs: [10.61.0.0/16]\n", "", "        nodeSelector: {tailscale: \"true\"}\n", "", "mode: daemonSet", "mode: dæmonSet"), "t.yaml:21:7 missing-field,t.yaml:26:9 missing-field,t.yaml:26:15 bad-value"},
		{"CUE that does not parse", "t.cue", "a: {", "t.cue:1:5 not-cue"},
		{"CUE that conflicts", "t.cue", "a: 1\na: 2\nb: 3 & \"x\"", "t.cue:1:4 not-cue,t.cue:3:4 not-cue"},
		{"CUE that imports", "t.cue", "import \"example.com/x\"\na: x", "t.cue:1:8 not-cue"},
		{"CUE that goes in circles", "t.cue", "a: {b: a}", "t.cue:1:5 not-cue"},
		{"CUE that is empty", "t.cue", "package a\n", "t.cue:1:1 empty-input"},
		{"CUE that is binary", "t.cue", "a: \"\x00\"", "t.cue:1:5 not-text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc := read(t, c.file, c.input)
			if got := places(doc.Findings); got != c.want {
				t.Errorf("got\n%s\nwant %s\n%s", got, c.want, text(doc.Findings))
			}
		})
	}
}

// bomb is lines of anchors, each ten times the one before.
func bomb(lines int) string {
	var b strings.Builder
	for i := 1; i <= lines; i++ {
		before := fmt.Sprintf("*x%d,", i-1)
		if i == 1 {
			before = "*x,"
		}
		fmt.Fprintf(&b, "x%d: &x%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(before, 10), ","))
	}
	return b.String()
}

// places is where the findings are and what they are.
func places(list diag.List) string {
	all := make([]string, len(list))
	for i, d := range list {
		all[i] = d.Pos.String() + " " + string(d.Code)
	}
	return strings.Join(all, ",")
}
