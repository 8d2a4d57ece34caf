package doctor_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/doctor"
)

// broken is a capture with one thing broken, and what is to be named first.
type broken struct {
	lab, name string
	cluster   string // what is broken among the objects of the cluster
	code      diag.Code
	host      string
	says      string // part of the message
}

// captures are those that the lab makes (make lab-captures), and those about objects of a
// cluster, which are written down by hand as kubectl prints them.
func captures() []broken {
	lab := func(name string, code diag.Code, host, says string) broken {
		return broken{lab: "iptables", name: name, code: code, host: host, says: says}
	}
	cluster := func(name string, code diag.Code, says string) broken {
		return broken{lab: "iptables", cluster: name, code: code, says: says}
	}
	return []broken{
		lab("tailscaled-stopped", doctor.CodeTailscaled, "cloud-1", "tailscaled does not answer"),
		lab("gateway-lost", doctor.CodePeer, "", `gateway "dc-2" is offline`),
		lab("key-expired", doctor.CodeLogin, "cloud-1", "has expired"),
		lab("route-unapproved", doctor.CodeUnapproved, "cloud-1", "10.61.0.0/16 is advertised and not approved"),
		lab("prefix-withdrawn", doctor.CodePrefs, "cloud-1", "does not advertise 10.61.0.0/16"),
		lab("routes-not-accepted", doctor.CodePrefs, "dc-1", "does not accept routes"),
		lab("snat-on", doctor.CodePrefs, "cloud-1", "rewrites sources"),
		lab("netfilter-on", doctor.CodePrefs, "cloud-1", "netfilter mode is on, and off is rendered"),
		lab("rule-gone", doctor.CodeRule, "cloud-2", "rule 5185 is missing"),
		lab("rule-foreign", doctor.CodeRule, "cloud-1", "1000: from all to 10.142.0.0/20 lookup 100"),
		lab("unreachable-gone", doctor.CodeRoute, "cloud-1", "table 5250 lacks unreachable 10.142.0.0/20"),
		lab("next-hop", doctor.CodeRoute, "cloud-2", "to 10.0.0.13, and not to 10.0.0.11, where the primary is"),
		lab("ip-forward-off", doctor.CodeSetting, "cloud-1", "net.ipv4.ip_forward is 0, and not 1"),
		lab("rp-filter-strict", doctor.CodeSetting, "cloud-2", "rp_filter is 1"),
		lab("mss-gone", doctor.CodeFirewall, "cloud-1", "TCPMSS"),
		lab("iptables-drop", doctor.CodeFirewall, "cloud-1", "-A FORWARD -i tailscale0 -j DROP"),
		lab("other-address", doctor.CodeAddress, "cloud-2", "the host has 10.0.0.112"),
		lab("tunnel-mtu", doctor.CodeTunnelMTU, "cloud-1", "MTU 1420"),
		lab("watch-stopped", doctor.CodeWatch, "cloud-2", "looked 40 s ago"),
		lab("other-tables", doctor.CodeFiles, "cloud-1", "own 4 10.62.0.0/16"),
		lab("node-route-gone", doctor.CodeRoute, "cloud-3", "no route of ours to 10.142.0.0/20"),
		lab("node-route-foreign", doctor.CodeRoute, "cloud-3", "10.142.3.0/24"),
		{lab: "nftables", name: "nft-drop", code: doctor.CodeFirewall, host: "cloud-1", says: "chain forward of table inet corp"},
		{lab: "nftables", name: "nft-mss-gone", code: doctor.CodeFirewall, host: "cloud-1", says: "maxseg"},
		cluster("label-missing", "object-differs", "lacks tailscale=true"),
		cluster("region-label-wrong", "object-outside", "is labelled kustomize-hybrid.dev/region: dc"),
		cluster("internal-ip", "object-differs", "InternalIP is 10.0.0.111"),
		cluster("internal-ip-tailnet", "object-differs", "InternalIP is 100.64.0.3"),
		cluster("cilium-ipam", "object-differs", "pods lose their addresses where the mode of a running Cilium changes"),
		cluster("cilium-routing", "object-differs", "routing-mode"),
		cluster("kubeadm-version", "object-differs", "runs Kubernetes 1.31.4"),
		cluster("kubeadm-endpoint", "object-differs", "10.143.0.9:6443"),
	}
}

// archived is what the lab has captured, by path.
func archived(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := unpacked()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var unpacked = sync.OnceValues(func() (map[string][]byte, error) {
	f, err := os.Open("testdata/captures.tar.gz")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files, nil
		}
		if err == nil {
			files[h.Name], err = io.ReadAll(r)
		}
		if err != nil {
			return nil, err
		}
	}
})

// compose is a whole capture: that of the healthy lab and cluster, and over it what is broken.
func compose(t *testing.T, b broken) fstest.MapFS {
	t.Helper()
	all, files := fstest.MapFS{}, archived(t)
	for _, name := range []string{"healthy", b.name} {
		below, found := b.lab+"/"+name+"/", name == ""
		for path, data := range files {
			if rest, ok := strings.CutPrefix(path, below); ok {
				all[rest] = &fstest.MapFile{Data: data}
				found = true
			}
		}
		if !found {
			t.Fatalf("nothing is captured of %s", below)
		}
	}
	if lacks, ok := all["lacks"]; ok {
		for line := range strings.Lines(string(lacks.Data)) {
			delete(all, strings.TrimSpace(line))
		}
		delete(all, "lacks")
	}
	for name, data := range objects(t, b.cluster) {
		all["cluster/"+name] = &fstest.MapFile{Data: data}
	}
	return all
}

// topology is that of a lab.
func topology(t *testing.T, lab string) hybrid.Input {
	t.Helper()
	in, err := hybrid.Read("topology.yaml", archived(t)[lab+"/topology.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func diagnose(t *testing.T, b broken) doctor.Report {
	t.Helper()
	r, list, err := hybrid.Diagnose(topology(t, b.lab), compose(t, b), hybrid.Options{})
	if err != nil || list.Count(diag.Error) > 0 {
		t.Fatal(err, list)
	}
	return r
}

// A capture with one thing broken names that first; two healthy ones are silent.
func TestTheTrueCauseComesFirst(t *testing.T) {
	if n := len(captures()); n < 16 {
		t.Fatalf("%d captures", n)
	}
	var said strings.Builder
	for _, b := range captures() {
		name := strings.Trim(b.lab+"/"+b.name+b.cluster, "/")
		r := diagnose(t, b)
		fmt.Fprintln(&said, name)
		for _, c := range r.Causes {
			fmt.Fprintf(&said, "  %s %s %s:%d follow %d\n", c.Code, c.Host, c.Evidence[0].File, c.Evidence[0].Line, len(c.Consequences))
		}
		switch {
		case len(r.Causes) == 0:
			t.Errorf("%s: nothing is wrong", name)
		case r.Causes[0].Code != b.code || r.Causes[0].Host != b.host || !strings.Contains(r.Causes[0].Message, b.says):
			t.Errorf("%s: first comes\n%s", name, r.Text())
		case len(r.Undecided) > 0:
			t.Errorf("%s: undecided: %q", name, r.Undecided)
		}
		for _, c := range r.Causes {
			if c.Fix == "" || c.Path == "" && c.Rendered.File == "" || len(c.Evidence) == 0 || c.Evidence[0].File == "" {
				t.Errorf("%s: no fix, no place or no evidence: %+v", name, c)
			}
		}
	}
	goldentest.Compare(t, "testdata/causes.txt", said.String())
	for _, lab := range []string{"iptables", "nftables"} {
		if r := diagnose(t, broken{lab: lab}); r.Text() != "" {
			t.Errorf("a healthy lab with %s:\n%s", lab, r.Text())
		}
	}
}

// Where nothing of ours is there, that is one cause, and routes follow from it; where several
// rules are missing, that is one, too.
func TestRulesAreOneCause(t *testing.T) {
	in := topology(t, "iptables")
	flushed := compose(t, broken{lab: "iptables"})
	keep := func(name string, wanted func(line string) bool) {
		lines := slices.DeleteFunc(strings.Split(strings.Trim(string(flushed[name].Data), "[]\n"), ",\n"), func(l string) bool { return !wanted(l) })
		flushed[name] = &fstest.MapFile{Data: []byte("[" + strings.Join(lines, ",\n") + "]\n")}
	}
	const host = "hosts/cloud-2/"
	one := func(says string, follow int) {
		t.Helper()
		r, _, err := hybrid.Diagnose(in, flushed, hybrid.Options{})
		if err != nil || len(r.Causes) != 1 || !strings.Contains(r.Causes[0].Message, says) || len(r.Causes[0].Consequences) != follow {
			t.Errorf("%v\n%s", err, r.Text())
		}
	}
	keep(host+"rules4.json", func(l string) bool { return !strings.Contains(l, `"priority":518`) })
	one("rules 5180, 5185 are missing, such as 5180: from all fwmark 0x80000", 0)
	keep(host+"rules4.json", func(l string) bool {
		return !strings.Contains(l, `"priority":5`) || strings.Contains(l, `"priority":52`) && !strings.Contains(l, `"priority":5205`)
	})
	keep(host+"routes4.json", func(l string) bool { return !strings.Contains(l, `"protocol":"154"`) })
	one("none of gateway-setup.sh's rules is there", 2)
}

// Every code is one that a capture shows.
func TestEveryCodeIsShown(t *testing.T) {
	shown := map[diag.Code]bool{}
	var count func(causes []doctor.Cause)
	count = func(causes []doctor.Cause) {
		for _, c := range causes {
			shown[c.Code] = true
			count(c.Consequences)
		}
	}
	for _, b := range captures() {
		count(diagnose(t, b).Causes)
	}
	for _, code := range doctor.Codes() {
		if !shown[code] {
			t.Errorf("no capture shows %s", code)
		}
	}
	if !slices.IsSorted(doctor.Codes()) {
		t.Error("codes are not in order")
	}
}

// Without a topology hosts are judged by what their own programs say.
func TestWithoutTopology(t *testing.T) {
	for name, code := range map[string]diag.Code{"": "", "rule-gone": doctor.CodeRule, "ip-forward-off": doctor.CodeSetting, "tailscaled-stopped": doctor.CodeTailscaled, "watch-stopped": doctor.CodeWatch} {
		r, _, err := hybrid.Diagnose(hybrid.Input{}, compose(t, broken{lab: "iptables", name: name}), hybrid.Options{})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case code == "" && len(r.Causes) > 0, code != "" && (len(r.Causes) == 0 || r.Causes[0].Code != code):
			t.Errorf("%q:\n%s", name, r.Text())
		}
	}
}

// What is missing is undecided, and never a fault: each file of a healthy capture in turn.
func TestPartialCaptures(t *testing.T) {
	in := topology(t, "iptables")
	healthy := compose(t, broken{lab: "iptables"})
	// One host of each kind stands for the others.
	asked := func(name string) bool {
		return strings.HasPrefix(name, "hosts/cloud-2/") || strings.HasPrefix(name, "hosts/cloud-3/") || strings.HasPrefix(name, "cluster/")
	}
	for name := range healthy {
		if !asked(name) {
			continue
		}
		partial := fstest.MapFS{}
		for n, f := range healthy {
			if n != name {
				partial[n] = f
			}
		}
		r, _, err := hybrid.Diagnose(in, partial, hybrid.Options{})
		if err != nil {
			t.Errorf("without %s: %v", name, err)
		}
		if len(r.Causes) > 0 {
			t.Errorf("without %s:\n%s", name, r.Text())
		}
	}
	// What ends in the middle is like what is missing.
	for name, f := range healthy {
		if !asked(name) || !strings.HasSuffix(name, ".json") || strings.HasSuffix(name, "6.json") || name == "hosts/cloud-3/rules4.json" {
			continue // the rest is no JSON, or for people
		}
		torn := maps.Clone(healthy)
		torn[name] = &fstest.MapFile{Data: f.Data[:len(f.Data)/2]}
		if r, _, err := hybrid.Diagnose(in, torn, hybrid.Options{}); err != nil || len(r.Causes) > 0 || len(r.Undecided) == 0 {
			t.Errorf("half of %s: %v\n%s", name, err, r.Text())
		}
	}
	// So is what ends between two elements, which is no shorter list.
	for _, name := range []string{"hosts/cloud-2/routes4.json", "hosts/cloud-2/rules4.json", "hosts/cloud-3/routes4.json", "hosts/cloud-3/address.json"} {
		data := string(healthy[name].Data)
		for _, end := range []string{data[:strings.Index(data, "},\n{")+1], data[:strings.Index(data, "},\n{")+2], strings.TrimSuffix(data, "]\n")} {
			torn := maps.Clone(healthy)
			torn[name] = &fstest.MapFile{Data: []byte(end)}
			if r, _, err := hybrid.Diagnose(in, torn, hybrid.Options{}); err != nil || len(r.Causes) > 0 || len(r.Undecided) == 0 {
				t.Errorf("%d bytes of %s: %v\n%s", len(end), name, err, r.Text())
			}
		}
	}
	r, _, err := hybrid.Diagnose(in, fstest.MapFS{"format": healthy["format"]}, hybrid.Options{})
	if err != nil || len(r.Causes) > 0 || len(r.Undecided) != 2 {
		t.Errorf("an empty capture: %v %+v", err, r)
	}
}

// What "missing" names is missing, though an older capture's file lies there, over which this one
// was unpacked.
func TestOlderFilesAreNotRead(t *testing.T) {
	in := topology(t, "iptables")
	over := compose(t, broken{lab: "iptables"})
	over["hosts/cloud-1/missing"] = &fstest.MapFile{Data: archived(t)["iptables/tailscaled-stopped/hosts/cloud-1/missing"]}
	r, _, err := hybrid.Diagnose(in, over, hybrid.Options{})
	if err != nil || len(r.Causes) == 0 || r.Causes[0].Code != doctor.CodeTailscaled || r.Causes[0].Host != "cloud-1" {
		t.Errorf("%v\n%s", err, r.Text())
	}
	over = compose(t, broken{lab: "iptables", cluster: "label-missing"})
	over["cluster/missing"] = &fstest.MapFile{Data: []byte("nodes.json: the server does not answer\n")}
	r, _, err = hybrid.Diagnose(in, over, hybrid.Options{})
	if err != nil || len(r.Causes) > 0 || !slices.Contains(r.Undecided, "the cluster: its nodes were not captured (the server does not answer)") {
		t.Errorf("%v\n%s", err, r.Text())
	}
}

// What capture.sh does not write is skipped and said, and does not hang; a name that would be a
// command in a line of shell is nobody's.
func TestForeignFiles(t *testing.T) {
	in := topology(t, "iptables")
	mixed := compose(t, broken{lab: "iptables"})
	for name, f := range map[string]*fstest.MapFile{
		"hosts/notes.txt":               {Data: []byte("x")},
		"hosts/cloud-3;id/routes4.json": {Data: []byte("[]\n")},
		"hosts/cloud-3/old/x":           {Data: []byte("x")},
		"cluster/old.yaml/x":            {Data: []byte("x")},
		"cluster/README":                {Data: []byte("x")},
	} {
		mixed[name] = f
	}
	r, _, err := hybrid.Diagnose(in, mixed, hybrid.Options{})
	want := []string{
		"cluster/old.yaml was not read: it is no regular file, and capture.sh writes no others",
		"hosts/cloud-3/old was not read: it is no regular file, and capture.sh writes no others",
		"hosts/cloud-3;id was not read: no host has such a name",
		"hosts/notes.txt was not read: it is no directory of a host",
	}
	if err != nil || len(r.Causes) > 0 || !slices.Equal(r.Undecided, want) || r.Nothing() != "" {
		t.Errorf("%v\n%s", err, r.Text())
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, compose(t, broken{lab: "iptables"})); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{syscall.Mkfifo(dir+"/hosts/cloud-1/pipe", 0o600), syscall.Mkfifo(dir+"/cluster/pipe.json", 0o600), os.Symlink("nowhere", dir+"/hosts/cloud-1/link"), os.Symlink("nowhere", dir+"/hosts/link")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if r, _, err = hybrid.Diagnose(in, os.DirFS(dir), hybrid.Options{}); err != nil || len(r.Causes) > 0 || len(r.Undecided) != 4 {
		t.Errorf("%v\n%s", err, r.Text())
	}
	if err := os.Remove(dir + "/format"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(dir+"/format", 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := hybrid.Diagnose(in, os.DirFS(dir), hybrid.Options{}); err == nil {
		t.Error("a pipe is a format")
	}
	huge := fstest.MapFS{"format": {Data: make([]byte, 1<<20)}}
	if _, _, err := hybrid.Diagnose(in, huge, hybrid.Options{}); err == nil || len(err.Error()) > 200 {
		t.Errorf("a huge format: %.200v", err)
	}
}

// Where no host is in the topology, or nothing could be judged, no cause is no all-clear.
func TestNothingIsJudged(t *testing.T) {
	in := topology(t, "iptables")
	healthy := compose(t, broken{lab: "iptables"})
	only := func(names ...string) fstest.MapFS {
		some := fstest.MapFS{"format": healthy["format"]}
		for _, n := range names {
			some[n] = healthy[n]
		}
		return some
	}
	stranger := only("cluster/nodes.json")
	stranger["hosts/elsewhere/address.json"] = &fstest.MapFile{Data: []byte(`[{"ifname":"eth0","addr_info":[{"local":"192.0.2.1","prefixlen":24,"scope":"global"}]}]`)}
	refused := only()
	refused["cluster/missing"] = &fstest.MapFile{Data: []byte("nodes.json: refused\npods.json: refused\n")}
	for name, c := range map[string]struct {
		in   hybrid.Input
		dir  fstest.MapFS
		says string
	}{
		"strangers":                 {in, stranger, "another cluster"},
		"nothing":                   {in, only(), "nothing that could be judged"},
		"a refused cluster":         {in, refused, "nothing that could be judged"},
		"objects, and no topology":  {hybrid.Input{}, only("cluster/nodes.json"), "nothing that could be judged"},
		"objects":                   {in, only("cluster/nodes.json"), ""},
		"a host":                    {in, only("hosts/cloud-1/address.json"), ""},
		"a host, and no topology":   {hybrid.Input{}, only("hosts/cloud-1/check"), ""},
		"a name, and nothing of it": {in, only("hosts/cloud-1/host"), "nothing that could be judged"},
	} {
		r, _, err := hybrid.Diagnose(c.in, c.dir, hybrid.Options{})
		if got := r.Nothing(); err != nil || (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: %v %q\n%s", name, err, got, r.Text())
		}
	}
	if r, _, _ := hybrid.Diagnose(in, refused, hybrid.Options{}); !slices.Contains(r.Undecided, "the cluster was asked, and nothing could be had (refused)") {
		t.Errorf("%q", r.Undecided)
	}
}

// What is no capture, or one of another version, is refused.
func TestRefused(t *testing.T) {
	for name, dir := range map[string]fstest.MapFS{
		"no capture":   {"x": {Data: []byte("y")}},
		"another form": {"format": {Data: []byte("kustomize-hybrid capture 2\n")}},
	} {
		if _, _, err := hybrid.Diagnose(topology(t, "iptables"), dir, hybrid.Options{}); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// secretTexts are made up, in the forms of real ones.
func secretTexts() []string {
	return []string{
		"tskey-auth-" + "kAbCdEf1CNTRL-0123456789abcdef", "hskey-" + "auth-abcdefghijkl-0123456789",
		"privkey:" + strings.Repeat("ab", 32), "nlpriv:" + strings.Repeat("cd", 32),
		"eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiJzeXN0ZW0ifQ" + ".c2lnbmF0dXJl", "K10" + strings.Repeat("0a", 32) + "::server:topsecretpart",
		"abcdef." + "0123456789abcdef", "hunter2-hunter2",
	}
}

// A capture that holds secrets, wherever, prints none of them.
func TestNoSecretIsPrinted(t *testing.T) {
	for i, secret := range secretTexts() {
		// As a word, as a password and in a URL.
		spelled := secret
		if secret == "hunter2-hunter2" {
			spelled = `password=` + secret
		}
		dirty := compose(t, broken{lab: "iptables", name: "tailscaled-stopped", cluster: "kubeadm-version"})
		put := func(name, text string) { dirty[name] = &fstest.MapFile{Data: []byte(text)} }
		put("hosts/cloud-1/missing", "status.json: cannot reach tailscaled: "+spelled+"\n")
		put("hosts/cloud-2/check", "missing: firewall iptables filter -A "+spelled+"\nmissing: sysctl net/ipv4/ip_forward "+spelled+"\nmismatched: "+spelled+"\n")
		put("hosts/cloud-2/nft.txt", "table inet corp {\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy drop; comment \""+spelled+"\"\n\t}\n}\n")
		put("hosts/cloud-2/tables", "own 4 "+spelled+"\n")
		put("hosts/cloud-2/status.json", `{"BackendState": "`+strings.ReplaceAll(spelled, `"`, "")+`"}`)
		put("hosts/cloud-3/routes4.json", `[{"dst":"10.142.0.0/20","gateway":"`+spelled+`"}]`)
		put("hosts/"+strings.ReplaceAll(spelled, "/", "")+"/host", "name x\n")
		put("cluster/secret.json", fmt.Sprintf(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"auth"},"stringData":{"TS_AUTHKEY":%q}}`, secret))
		put("cluster/configmap-cilium-config.json", fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cilium-config","namespace":"kube-system"},"data":{"ipam":%q}}`, spelled))
		r, _, err := hybrid.Diagnose(topology(t, "iptables"), dirty, hybrid.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Causes) < 3 {
			t.Errorf("secret %d: only %d causes", i, len(r.Causes))
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		core := strings.TrimPrefix(strings.TrimPrefix(secret, "tskey-"), "hskey-")
		for _, out := range []string{r.Text(), string(data)} {
			if strings.Contains(out, core) {
				t.Errorf("secret %d is printed:\n%s", i, out)
			}
		}
	}
}

// Forms in which secrets stand in what others write, each with the word that may not stay.
func TestFormsOfSecrets(t *testing.T) {
	const word = "5ecre7"
	hex := strings.Repeat("5e", 24)
	for _, text := range []string{
		`env:\n- name: X_SECRET\n  value: ` + word + ` two\n`, `{\"name\":\"API_TOKEN\",\"value\":\"` + word + `\"}`,
		"Authorization: Bearer " + word, `\npassword: two ` + word + `\nnext: 1`, `token: ` + word, `authkey: '` + word + `'`, `\"authkey\": \"` + word + `\"`,
		"postgres://u:pa/" + word + "@h", "redis://:" + word + "@h", `"apiKey": "x\"` + word + `"`, `"joinKey": "` + word + `"`, `"privateKey": "` + word + `"`, `"credentials": "` + word + `"`,
		"joinKey=" + word, "name=tailscale,joinKey=" + word + ",x", "--token 'two " + word + "'", `--token \"two ` + word + `\"`, `"--vpn-auth=name=tailscale,joinKey=` + word + `"`,
		`secret: |\n  two\n  ` + word + `\n`, "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789", "key " + hex, `key\n` + hex,
	} {
		got := doctor.Redact(text)
		for _, bad := range []string{word, hex, "IOSFODNN7", "ghijklmnop"} {
			if strings.Contains(got, bad) {
				t.Errorf("of %s stays\n%s", text, got)
			}
		}
		if again := doctor.Redact(got); again != got {
			t.Errorf("%s is\n%s, and again\n%s", text, got, again)
		}
	}
	for _, text := range []string{`"automountServiceAccountToken": false,`, "nodekey:" + hex, "image@sha256:" + strings.Repeat("0a", 32), `"KeyExpiry": "2026-01-01T00:00:00Z"`, "https://10.0.0.1:6443", "https://10.0.0.1:6443 me@example.com"} {
		if got := doctor.Redact(text); got != text {
			t.Errorf("%s is\n%s", text, got)
		}
	}
}

// What is checked in of the lab says nothing of the machine that it ran on, and holds no secret.
func TestCapturesSayNothingOfTheMachine(t *testing.T) {
	for name, data := range archived(t) {
		text := string(data)
		for _, bad := range []string{"/tmp/", "/root", "/home", "lab-key", "privkey", "nodekey:0", "pid 2"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
		if got := doctor.Redact(text); got != text {
			t.Errorf("%s holds a secret", name)
		}
	}
}
