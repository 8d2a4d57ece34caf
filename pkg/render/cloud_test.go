package render

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// cloudTopology is a region "cloud" of each kind with two dual-stack gateways, and a
// data centre.
func cloudTopology(provider string, network schema.Network) *schema.Topology {
	t := scriptTopology(
		scriptRegion("dc", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"),
		scriptRegion("cloud", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"))
	addIPv6(&t.Spec.Regions[0], "fd00:143::/64", "fd00:142::/56")
	addIPv6(&t.Spec.Regions[1], "fd00:10::/64", "fd00:61::/56")
	r := &t.Spec.Regions[1]
	r.Provider, r.Network = provider, network
	r.Network.EgressFiltered = true
	for i := range r.Gateways.Nodes {
		n := &r.Gateways.Nodes[i]
		n.Zone = "zone-a"
		switch provider {
		case schema.ProviderAWS, schema.ProviderAzure:
			n.NetworkInterface = "eni-0a1b2c3d4e5f6071" + string(rune('1'+i))
		case schema.ProviderAlibaba:
			n.Instance = "i-" + n.Name
		}
	}
	return t
}

func cloudTopologies() map[string]*schema.Topology {
	return map[string]*schema.Topology{
		"aws": cloudTopology(schema.ProviderAWS, schema.Network{AWS: schema.AWSNetwork{
			Region: "eu-central-1", RouteTables: []string{"rtb-2", "rtb-1"}, SecurityGroup: "sg-1"}}),
		"gcp": cloudTopology(schema.ProviderGCP, schema.Network{GCP: schema.GCPNetwork{Project: "ai-prod-4711", Name: "k8s"}}),
		"azure": cloudTopology(schema.ProviderAzure, schema.Network{Azure: schema.AzureNetwork{
			ResourceGroup: "ai-weu", RouteTables: []string{"nodes"}, SecurityGroup: "nodes"}}),
		"alibaba": cloudTopology(schema.ProviderAlibaba, schema.Network{Alibaba: schema.AlibabaNetwork{
			Region: "eu-central-1", RouteTables: []string{"vtb-1"}, SecurityGroup: "sg-1"}}),
	}
}

func TestCloudScriptsParse(t *testing.T) {
	for name, topology := range cloudTopologies() {
		t.Run(name, func(t *testing.T) {
			file := cloudScriptFile(t, topology)
			for _, shell := range [][]string{{"dash", "-n"}, {"busybox", "sh", "-n"}, {"shellcheck", "--shell=sh", "--norc"}} {
				needTool(t, shell[0])
				if out, err := exec.Command(shell[0], append(shell[1:], file)...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", shell[0], err, out)
				}
			}
		})
	}
}

func cloudScriptFile(t *testing.T, topology *schema.Topology) string {
	t.Helper()
	p := NewPlan(topology)
	file := filepath.Join(t.TempDir(), "routes.sh")
	updateTree(t, filepath.Dir(file), map[string][]byte{"routes.sh": p.cloudScript(&p.Regions[0])})
	return file
}

// What the plan decides for each cloud.
func TestCloudPlan(t *testing.T) {
	for name, topology := range cloudTopologies() {
		p := NewPlan(topology)
		c := p.Regions[0].Cloud
		if c == nil || c.Cloud != name || len(c.Routes()) != 4 || len(c.Gateways) != 2 || len(c.Rules()) != 14 {
			t.Fatalf("%s: %+v", name, c)
		}
		if c.Standbys != (name == "gcp") || c.Spread {
			t.Errorf("%s: standbys %v, spread %v", name, c.Standbys, c.Spread)
		}
		for _, r := range c.Rules() {
			for _, peer := range append(r.Peers, r.Hosts...) {
				if peer.Addr().Is6() != strings.HasSuffix(r.Name, "-6") {
					t.Errorf("%s: %s mixes families: %s", name, r.Name, peer)
				}
			}
		}
		if other := p.Regions[1].Cloud; other != nil {
			t.Errorf("%s: the data centre has a cloud: %+v", name, other)
		}
	}
}

// Where every gateway sends by itself, Google Cloud's routes have one priority.
func TestCloudSpread(t *testing.T) {
	topology := cloudTopologies()["gcp"]
	topology.Spec.Regions[1].Gateways.HA.Strategy = "supersets"
	p := NewPlan(topology)
	r := &p.Regions[0]
	if !r.Cloud.Spread || !strings.Contains(string(p.cloudScript(r)), "\nspread yes\n") || !strings.Contains(string(p.terraform(r)), "priority    = 1000\n") {
		t.Errorf("spread is %v", r.Cloud.Spread)
	}
}

// Another provider's network, which validate refuses, renders nothing.
func TestCloudOfAnotherProvider(t *testing.T) {
	topology := cloudTopologies()["aws"]
	topology.Spec.Regions[1].Provider = schema.ProviderGCP
	p := NewPlan(topology)
	if p.Regions[0].Cloud != nil || p.cloudScript(&p.Regions[0]) != nil || p.terraform(&p.Regions[0]) != nil {
		t.Error("a region of Google Cloud has routes of AWS")
	}
}

// The snippets are what nft takes inside a chain of the user's.
func TestHostFirewallNFTables(t *testing.T) {
	topology := scriptCases()["single"]
	topology.Spec.Regions[1].Network = schema.Network{HostFirewall: schema.HostFirewallNFTables, EgressFiltered: true}
	p := NewPlan(topology)
	files := p.hostFirewall(&p.Regions[0])
	if len(files) != 2 {
		t.Fatalf("%d files", len(files))
	}
	for i, want := range [][]string{{"udp dport 41641 accept"}, {"udp dport 41641 accept", "udp dport 3478 accept", "tcp dport 443 accept", "tcp dport 80 accept"}} {
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
	needTool(t, "nft")
	dir := t.TempDir()
	for _, f := range files {
		ruleset := "table inet t {\n chain c {\n  type filter hook " + strings.TrimSuffix(filepath.Base(f.Path), ".nft") +
			" priority 0; policy drop;\n" + string(f.Data) + " }\n}\n"
		updateTree(t, dir, map[string][]byte{"rules.nft": []byte(ruleset)})
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
	topology := scriptCases()["single"]
	topology.Spec.Regions[1].Network = schema.Network{HostFirewall: schema.HostFirewallUFW, EgressFiltered: true}
	p := NewPlan(topology)
	dir := t.TempDir()
	updateTree(t, dir, map[string][]byte{
		"ufw.sh": p.hostFirewall(&p.Regions[0])[0].Data, "bin/ufw": []byte(ufwStandIn), "state/rules": []byte("ufw allow 443/tcp\nufw allow out 80/tcp\n")})
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
