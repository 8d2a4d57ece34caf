package host_test

import (
	"net/netip"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// firewallFiles are the rules for the gateways' own firewall in region "cloud".
func firewallFiles(t *testing.T, topology *schema.Topology) []tree.File {
	t.Helper()
	var files []tree.File
	for _, f := range rendered(t, topology) {
		if path.Dir(f.Path) == "regions/cloud/gateway" && (path.Ext(f.Path) == ".nft" || path.Base(f.Path) == "ufw.sh") {
			files = append(files, f)
		}
	}
	return files
}

// The snippets are what nft takes inside a chain of the user's.
func TestHostFirewallNFTables(t *testing.T) {
	topology := sample.Cases()["single"]
	topology.Spec.Regions[1].Network = schema.Network{HostFirewall: schema.HostFirewallNFTables, EgressFiltered: true}
	topology.Spec.Regions[1].Gateways.PeerRelay = 40001
	topology.Spec.Regions[0].Gateways.PeerRelay, topology.Spec.Regions[0].Gateways.Nodes[0].PublicIP = 40000, netip.MustParseAddr("203.0.113.7")
	files := firewallFiles(t, topology)
	if len(files) != 2 {
		t.Fatalf("%d files", len(files))
	}
	for i, want := range [][]string{{"udp dport 41641 accept", "udp dport 40001 accept"}, {"udp dport 41641 accept", "udp dport 3478 accept", "tcp dport 443 accept", "tcp dport 80 accept", "udp dport 40000 accept"}} {
		var rules []string
		for line := range strings.Lines(string(files[i].Data)) {
			if rule, _, ok := strings.Cut(line, " comment"); ok {
				rules = append(rules, rule)
			}
		}
		if strings.Join(rules, ";") != strings.Join(want, ";") {
			t.Errorf("%s: %q", files[i].Path, rules)
		}
	}
	sample.NeedTool(t, "nft")
	dir := t.TempDir()
	for _, f := range files {
		ruleset := "table inet t {\n chain c {\n  type filter hook " + strings.TrimSuffix(filepath.Base(f.Path), ".nft") +
			" priority 0; policy drop;\n" + string(f.Data) + " }\n}\n"
		writeFiles(t, dir, map[string][]byte{"rules.nft": []byte(ruleset)})
		if out, err := exec.Command("nft", "--check", "--file", filepath.Join(dir, "rules.nft")).CombinedOutput(); err != nil {
			if strings.Contains(string(out), "ermission denied") || strings.Contains(string(out), "not permitted") {
				t.Skip("nft needs more rights than this test has")
			}
			t.Errorf("%s: %v\n%s", f.Path, err, out)
		}
	}
}

// ufwStandIn keeps rules as ufw 0.36.2 shows them (ufw show added), and writes down what
// changes them.
const ufwStandIn = `#!/bin/sh
case "$1 $2" in
"show added")
	echo "Added user rules (see 'ufw status' for running firewall):"
	cat "$STANDIN/rules"
	exit
	;;
delete*)
	shift
	grep -v "^ufw $*" "$STANDIN/rules" >"$STANDIN/rest"
	mv "$STANDIN/rest" "$STANDIN/rules"
	set -- delete "$@"
	;;
*) echo "ufw ${*% comment *} comment 'kustomize-hybrid'" | sed "s/ comment kustomize-hybrid//" >>"$STANDIN/rules" ;;
esac
echo "ufw $*" >>"$STANDIN/calls"
`

func TestUFW(t *testing.T) {
	topology := sample.Cases()["single"]
	topology.Spec.Regions[1].Network = schema.Network{HostFirewall: schema.HostFirewallUFW, EgressFiltered: true}
	dir := t.TempDir()
	writeFiles(t, dir, map[string][]byte{
		"ufw.sh": firewallFiles(t, topology)[0].Data, "bin/ufw": []byte(ufwStandIn), "state/rules": []byte("ufw allow 443/tcp\nufw allow out 80/tcp\n")})
	run := func(verb string) (string, bool) {
		t.Helper()
		cmd := exec.Command("sh", filepath.Join(dir, "ufw.sh"), verb)
		cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "STANDIN="+filepath.Join(dir, "state"))
		out, err := cmd.CombinedOutput()
		return string(out), err == nil
	}
	rules := func() string {
		text, err := os.ReadFile(filepath.Join(dir, "state/rules"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := rules()
	missing := "missing: allow 41641/udp\nmissing: allow out 41641/udp\nmissing: allow out 3478/udp\nmissing: allow out 443/tcp\n"
	if out, ok := run("check"); ok || out != missing {
		t.Errorf("check before: %v %s", ok, out)
	}
	if out, ok := run("print"); !ok || strings.Count(out, "\n") != 4 || rules() != before {
		t.Errorf("print: %v %s", ok, out)
	}
	for range 2 {
		if out, ok := run("apply"); !ok || out != "" || strings.Count(rules(), "comment 'kustomize-hybrid'") != 4 {
			t.Errorf("apply: %v %s\n%s", ok, out, rules())
		}
	}
	if out, ok := run("check"); !ok || out != "" {
		t.Errorf("check after: %v %s", ok, out)
	}
	for range 2 {
		if out, ok := run("remove"); !ok || out != "" || rules() != before {
			t.Errorf("remove: %v %s\n%s", ok, out, rules())
		}
	}
}

// writeFiles writes programs and what they read.
func writeFiles(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for path, data := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
