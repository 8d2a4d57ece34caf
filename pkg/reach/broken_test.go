package reach

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// twoSites is a cloud with two gateways beside a LAN, which walk whole.
func twoSites() combination {
	return combination{provider: "aws", plugin: schema.CNICilium, ipam: schema.IPAMMultiPool, tunnel: schema.TunnelVXLAN, mode: schema.ModeStaticPod, peer: sameCNI, gateways: two}
}

// TestBrokenFilesAreFound: whatever is taken out of the rendered files, the walk ends
// there, and names the hop and the file.
func TestBrokenFilesAreFound(t *testing.T) {
	lans := combination{provider: "bare-metal", plugin: schema.CNICilium, mode: schema.ModeStaticPod, peer: sameCNI, gateways: two}
	perNode := combination{provider: "bare-metal", plugin: schema.CNIFlannel, mode: schema.ModePerNode, peer: sameCNI, gateways: two}
	calico := combination{provider: "bare-metal", plugin: schema.CNICalico, tunnel: schema.TunnelVXLAN, mode: schema.ModeDaemonSet, peer: otherCNI, gateways: one}
	services := combination{provider: "bare-metal", plugin: schema.CNIFlannel, mode: schema.ModePerNode, runner: schema.RunnerHost, peer: sameCNI, gateways: two}
	lone := combination{provider: "acme", plugin: schema.CNIFlannel, tunnel: schema.TunnelNone, mode: schema.ModePerNode, peer: sameCNI, gateways: rented}
	for _, test := range []struct {
		name        string
		of          combination
		file        string
		old, new    string // a regular expression, and what takes its place
		loses, says string
	}{
		{"a route of the cloud", twoSites(), "regions/one/cloud/tables", `(?m)^route .* 10\.12\.0\.0/22\n`, "", "one-plain-21 does not reach two-1", "regions/one/cloud/tables"},
		{"a permission to forward", twoSites(), "regions/one/cloud/tables", `(?m)^gateway one-1 .*\n`, "", "the network of aws", "regions/one/cloud/tables"},
		{"the overlay's rule", twoSites(), "regions/one/gateway/tables", `(?m)^setting overlay yes\n`, "", "one-1 does not reach pod@two-1", policyPath},
		{"the region's own prefix", lans, "regions/one/gateway/tables", `(?m)^own 4 10\.8\.0\.0/22\n`, "", "one-2 does not reach one-1", policyPath},
		{"a table for pods", lans, "regions/one/gateway/tables", `(?m)^local 4 \d+ 10\.72\.0\.0/16 .*\n`, "", "pod@one-1 does not reach two-1", "regions/one/gateway/static-pod.yaml"},
		{"the source of a gateway's own", lans, "regions/one/gateway/tables", `setting sourceRoute yes`, "setting sourceRoute no", "drops 100.80.8.11", policyPath},
		{"the fleet's prefix", lans, "fleet.tables", `(?m)^prefix 4 10\.12\.0\.0/22\n`, "", "one-1 does not reach two-1", policyPath},
		{"a node's gateways", lans, "regions/one/node/tables", `(?m)^gateway .*\n`, "", "one-plain-21 does not reach two-1", "regions/one/node/tables"},
		{"what a gateway advertises", lans, "regions/two/gateway/static-pod.yaml", `10\.12\.0\.0/22,`, "", "two-1", policyPath},
		{"an approval", lans, policyPath, `"10\.76\.0\.0/16": .*\n`, "\"10.99.0.0/16\": []\n", "pod@two-1", policyPath},
		{"a grant", lans, policyPath, `"tcp:10250"`, `"tcp:10251"`, "packet filter", policyPath},
		{"the port of the overlay", twoSites(), policyPath, `"udp:8472"`, `"udp:8473"`, "packet filter", policyPath},
		{"what keeps its address", twoSites(), ciliumPath, `(?s)nonMasqueradeCIDRs:.*?masqLinkLocal`, "nonMasqueradeCIDRs:\n    - 10.0.0.0/8\n    masqLinkLocal", "pod@one-plain-21", ciliumPath},
		{"the tunnel of the plugin", twoSites(), ciliumPath, `routingMode: tunnel`, "routingMode: native", "pod@", ciliumPath},
		{"routes between neighbours", lans, "regions/one/cni/cilium.yaml", `auto-direct-node-routes: "true"`, `auto-direct-node-routes: "false"`, "pod@one", ciliumPath},
		{"the pool of a region", lans, "regions/one/cni/cilium.yaml", `10\.72\.0\.0/16`, "10.73.0.0/16", "gets addresses", "regions/one/cni/cilium.yaml"},
		{"an exempt pool", calico, calicoPath, `cidr: "?10\.76\.0\.0/16"?`, "cidr: 10.79.0.0/16", "pod@one-1", policyPath},
		{"a host's own block", perNode, "regions/one/gateway/one-2/tables", `(?m)^local 4 \d+ 10\.72\.2\.0/24 .*\n`, "", "pod@one-2 does not reach two-1", "regions/one/gateway/one-1/static-pod.yaml"},
		{"a host's advertised block", perNode, "regions/one/gateway/one-3/static-pod.yaml", `10\.72\.3\.0/24`, "10.72.9.0/24", "pod@one-3 does not reach two-1", "regions/one/gateway/one-3/static-pod.yaml"},
		{"the node router's prefix", perNode, "regions/one/gateway/one-1/static-pod.yaml", `10\.8\.0\.0/22,`, "", "one-1 does not reach two-1", "regions/one/gateway/one-1/tables"},
		{"what a service of a host advertises", services, "regions/one/gateway/one-3.env", `10\.72\.3\.0/24`, "10.72.9.0/24", "pod@one-3 does not reach two-1", "regions/one/gateway/one-3.env"},
		{"the address of a rented host", lone, "regions/one/gateway/one-2/static-pod.yaml", `10\.8\.1\.12/32,`, "", "one-1 does not reach one-2", policyPath},
		{"the way to another rented host", lone, "regions/one/gateway/one-1/tables", `(?m)^remote 4 10\.8\.1\.0/24\n`, "", "one-1 does not reach one-2", policyPath},
	} {
		t.Run(test.name, func(t *testing.T) {
			topology := test.of.topology()
			f, err := rendered(topology)
			if err != nil {
				t.Fatal(err)
			}
			if v := walked(t, topology, f); v.lost != nil {
				t.Fatalf("lost before anything was broken: %s", v.lost)
			}
			broken := regexp.MustCompile(test.old).ReplaceAllString(f[test.file], test.new)
			if broken == f[test.file] {
				t.Fatalf("%s has no %s:\n%s", test.file, test.old, f[test.file])
			}
			f[test.file] = broken
			v := walked(t, topology, f)
			if v.lost == nil {
				t.Fatalf("%s is broken, and everybody reaches everybody", test.file)
			}
			if text := v.lost.String(); !strings.Contains(text, test.loses) || test.says != v.lost.at.File {
				t.Errorf("want %q in %q, got %s", test.loses, test.says, text)
			}
			t.Logf("%s", v.lost)
		})
	}
}

func walked(t *testing.T, topology *schema.Topology, f Files) verdict {
	t.Helper()
	w, err := newWorld(topology, f)
	if err != nil {
		t.Fatal(err)
	}
	v, err := w.verdict(nil, notes(topology))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestUnreadableFilesAreErrors: a file of another form is not taken for one without
// routes.
func TestUnreadableFilesAreErrors(t *testing.T) {
	topology := twoSites().topology()
	whole, err := rendered(topology)
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"regions/one/gateway/tables":          "kustomize-hybrid tables 1\nway 4 10.0.0.0/8\n",
		"regions/one/cloud/tables":            "route 4 name 10.0.0.0\ngateway one-1 eni zone nowhere -\n",
		"regions/two/gateway/static-pod.yaml": "kind: Pod\n",
		"fleet.tables":                        "prefix 4 ten\n",
		policyPath:                            "[]",
		ciliumPath:                            "routingMode: [",
	} {
		f := Files{}
		for p, data := range whole {
			f[p] = data
		}
		f[path] = text
		if _, err := newWorld(topology, f); err == nil {
			t.Errorf("%s: %q is read", path, text)
		}
	}
}
