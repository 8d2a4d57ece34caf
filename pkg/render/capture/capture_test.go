package capture_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/capture"
)

// The secrets that stand-ins print wherever real programs may; made up, in the forms of real
// ones. Each has the word in it that no capture may hold.
const (
	word    = "5ecre7"
	authKey = "tskey-" + "auth-k" + word + "CNTRL-" + word
	nodeKey = "privkey:" + word + "00112233"
	jwt     = "eyJhbGciOiJSUzI1NiJ9" + ".eyJ" + word + "c3Vi" + "." + word
	k3s     = "K10" + "00112233445566778899aabbccddeeff" + "::server:" + word
	join    = "abcdef." + word + "0123456789"
	login   = "https://login.tailscale.com/a/" + word
)

// standIns are the programs that capture.sh asks, by name.
func standIns() map[string]string {
	pods := `{
    "apiVersion": "v1",
    "items": [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": "{\"env\":[{\"name\":\"X\",\"value\":\"` + word + `\"}]}\n"
                },
                "name": "gateway"
            },
            "spec": {
                "containers": [
                    {
                        "args": [
                            "--auth-key=` + word + `",
                            "--token ` + word + `"
                        ],
                        "env": [
                            {
                                "name": "TS_AUTHKEY",
                                "value": "` + word + `"
                            },
                            {
                                "name": "TS_ROUTES",
                                "value": "10.0.0.0/22"
                            },
                            {
                                "name": "DATABASE",
                                "value": "postgres://me:` + word + `@db"
                            }
                        ],
                        "image": "registry/` + authKey + `",
                        "name": "tailscale"
                    }
                ]
            }
        }
    ],
    "kind": "List"
}`
	nodes := `{
    "apiVersion": "v1",
    "items": [
        {
            "kind": "Node",
            "metadata": {
                "annotations": {
                    "k3s.io/node-args": "[\"server\",\"--token\",\"` + k3s + `\"]",
                    "k3s.io/node-env": "{\"K3S_TOKEN\":\"` + word + `\"}"
                }
            }
        }
    ],
    "kind": "List"
}`
	status := `{
  "Version": "1.84.3",
  "BackendState": "NeedsLogin",
  "AuthURL": "` + login + `",
  "Self": {
    "HostName": "edge-1",
    "UserID": 1,
    "CapMap": {
      "x": [
        "` + word + `"
      ]
    },
    "AllowedIPs": [
      "10.0.0.0/22"
    ],
    "Online": true,
    "Extra": "` + word + `"
  },
  "Health": [
    "to log in, visit ` + login + `"
  ],
  "Peer": {
    "nodekey:1": {
      "HostName": "gpu-1",
      "Online": false,
      "Secret": "` + word + `"
    }
  },
  "User": {
    "1": {
      "LoginName": "` + word + `@example.com"
    }
  }
}`
	prefs := `{
	"ControlURL": "https://u:` + word + `@control",
	"RouteAll": true,
	"AdvertiseRoutes": [
		"10.0.0.0/22",
		"10.61.0.0/16"
	],
	"NoSNAT": true,
	"Config": {
		"PrivateNodeKey": "` + nodeKey + `",
		"UserProfile": {
			"LoginName": "` + word + `"
		}
	}
}`
	say := func(text string) string { return "cat <<'EOF'\n" + text + "\nEOF\n" }
	return map[string]string{
		"tailscale": "case $* in\n*status*)\n" + say(status) + ";;\n*)\n" + say(prefs) + ";;\nesac\n",
		"kubectl":   "case $* in\n*secret*) echo 'a Secret was asked for' >&2; exit 9 ;;\n*nodes*)\n" + say(nodes) + ";;\n*)\n" + say(pods) + ";;\nesac\n",
		"ip":        "echo '[{\"priority\":0,\"src\":\"all\"},{\"priority\":1,\"src\":\"all\",\"table\":\"main\"}]'\n",
		"nft":       say("table inet x {\n\tcomment \"" + jwt + "\"\n}"),
		"hostname":  "echo edge-1\n",
		// The tables say that this is a node; its program says what it must not.
		"iptables-nft-save": say("# Generated on a day\n*filter\n-A FORWARD -m comment --comment \"password=" + word + "\"\nCOMMIT"),
	}
}

// run runs capture.sh under a shell with nothing but stand-ins and the system's tools.
func run(t *testing.T, shell []string, args ...string) (stdout []byte, err error) {
	t.Helper()
	return runWith(t, nil, nil, shell, args...)
}

// runWith is run with other stand-ins for some, and with more in the environment.
func runWith(t *testing.T, others map[string]string, environ []string, shell []string, args ...string) (stdout []byte, err error) {
	t.Helper()
	bin, programs := t.TempDir(), t.TempDir()
	all := standIns()
	maps.Copy(all, others)
	for name, text := range all {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"tables":         "kustomize-hybrid tables 1\nregion x\n",
		"fleet.tables":   "kustomize-hybrid fleet 1\n",
		"node-routes.sh": "echo missing: route 4 10.0.0.0/8 " + join + "\nexit 1\n",
	} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(shell[0], slices.Concat(shell[1:], []string{"-s", "--"}, args)...)
	cmd.Stdin = bytes.NewReader(capture.File().Data)
	cmd.Env = []string{"PATH=" + bin + ":/usr/sbin:/usr/bin:/sbin:/bin", "TABLES=" + programs + "/tables", "TMPDIR=" + t.TempDir(), "LC_ALL=C"}
	cmd.Env = append(cmd.Env, environ...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stdout, err = cmd.Output()
	if err != nil {
		err = errors.New(err.Error() + ": " + errs.String())
	}
	return stdout, err
}

// shells are those that are here; sh always is.
func shells() [][]string {
	all := [][]string{{"sh"}}
	for _, more := range [][]string{{"dash"}, {"busybox", "sh"}, {"bash", "--posix"}} {
		if _, err := exec.LookPath(more[0]); err == nil {
			all = append(all, more)
		}
	}
	return all
}

// What is captured of a host and of a cluster holds no secret, whatever the programs say that
// are asked; no Secret is asked for; what is trimmed is still JSON, and has what is read.
func TestSecretsAreLeftOut(t *testing.T) {
	for _, shell := range shells() {
		dir := t.TempDir()
		for _, verb := range []string{"host", "cluster"} {
			if out, err := run(t, shell, verb, dir); err != nil || len(out) > 0 {
				t.Fatalf("%s %s: %v %s", shell, verb, err, out)
			}
		}
		var names []string
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			name, _ := filepath.Rel(dir, path)
			names = append(names, name)
			if strings.Contains(string(data), word) {
				t.Errorf("%s: %s holds a secret:\n%s", shell, name, data)
			}
			if strings.Contains(string(data), "a Secret was asked for") {
				t.Errorf("%s: %s", shell, data)
			}
			if strings.HasSuffix(name, ".json") && !json.Valid(data) {
				t.Errorf("%s: %s is no JSON:\n%s", shell, name, data)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"format", "hosts/edge-1/status.json", "hosts/edge-1/prefs.json", "hosts/edge-1/check", "hosts/edge-1/rules4.json", "hosts/edge-1/tables", "cluster/nodes.json", "cluster/pods.json"} {
			if !slices.Contains(names, want) {
				t.Errorf("%s: no %s in %q", shell, want, names)
			}
		}
		for name, want := range map[string]string{
			"hosts/edge-1/status.json": `"HostName": "gpu-1"`, "hosts/edge-1/prefs.json": `"10.61.0.0/16"`,
			"cluster/pods.json": `"value": "10.0.0.0/22"`, "hosts/edge-1/check": "missing: route 4 10.0.0.0/8 (left out)",
			"hosts/edge-1/rules4.json": "},\n{\"priority\":1",
		} {
			data, _ := os.ReadFile(filepath.Join(dir, name))
			if !strings.Contains(string(data), want) {
				t.Errorf("%s: %s has no %s:\n%s", shell, name, want, data)
			}
		}
	}
}

// Secrets in objects of the cluster, in the forms in which others write them there.
func TestSecretsOfObjects(t *testing.T) {
	hex := strings.Repeat("5e", 24)
	forms := []string{
		"env:\n- name: X_SECRET\n  value: " + word + " two\n- name: PLAIN\n  value: kept-1\n", `[{"name":"API_TOKEN","value":"` + word + `"}]`,
		"headers:\n  Authorization: Bearer " + word + "\n", "a: kept-2\npassword: two " + word + "\nb: kept-3\n", "token: " + word, "authkey: '" + word + "'", `{"authkey": "` + word + `"}`,
		"postgres://u:pa/" + word + "@h", "redis://:" + word + "@h", `{"apiKey": "` + word + `", "automountToken": false}`, "joinKey=" + word, "name=tailscale,joinKey=" + word,
		"run --token 'two " + word + "' kept-4", `run --token "two ` + word + `" kept-5`, "secret: |\n  two\n  " + word + "\n", "key " + hex, "key\n" + hex,
		"AKIA" + "5EC0E7" + "FODNN7EXAMPLE", "ghp_" + word + "abcdefghijklmnopqrstuvwxyz",
	}
	type object = map[string]any
	data := object{"apiKey": `x"` + word, "joinKey": word, "privateKey": word, "credentials": word, "kept": "kept-6", "image": "x@sha256:" + strings.Repeat("0a", 32)}
	for i, form := range forms {
		data["f"+strconv.Itoa(i)] = form
	}
	pod := object{
		"metadata": object{"annotations": object{"kapp.k14s.io/original": `{"a":"` + word + `"}`, "objectset.rio.cattle.io/applied": "H4sI" + word, "kubernetes.io/config.mirror": "kept-7"}},
		"spec": object{"automountServiceAccountToken": false, "containers": []any{object{
			"env":           []any{object{"name": "TS_ROUTES", "value": "kept-8"}},
			"livenessProbe": object{"httpGet": object{"httpHeaders": []any{object{"name": "X", "value": word}, object{"name": "PORT", "value": word}}, "path": "/kept-9"}},
		}}},
	}
	args, err := json.Marshal([]string{"server", "--cluster-cidr", "10.42.0.0/16", "--vpn-auth", "name=tailscale,joinKey=" + hex, "--disable-network-policy", "--node-label", word, "--flannel-backend=none", "-t", word})
	if err != nil {
		t.Fatal(err)
	}
	node := object{"metadata": object{"annotations": object{"k3s.io/node-args": string(args), "other": word}}, "status": object{}}
	all := map[string]object{"nodes": {"items": []any{node}}, "pods": {"items": []any{pod}}, "configmap": {"data": data}}
	script := "case $* in\n"
	for _, name := range []string{"nodes", "pods", "configmap"} {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "    ")
		if err := enc.Encode(all[name]); err != nil {
			t.Fatal(err)
		}
		script += "*" + name + "*) cat <<'EOF'\n" + text.String() + "EOF\n;;\n"
	}
	script += "*) echo '{}' ;;\nesac\n"
	for _, shell := range shells() {
		dir := t.TempDir()
		if _, err := runWith(t, map[string]string{"kubectl": script}, nil, shell, "cluster", dir); err != nil {
			t.Fatal(err)
		}
		var got string
		for _, name := range []string{"nodes", "pods", "configmap-cilium-config"} {
			text, err := os.ReadFile(filepath.Join(dir, "cluster", name+".json"))
			if err != nil || !json.Valid(text) {
				t.Errorf("%s: %v %s", shell, err, text)
			}
			got += string(text)
		}
		for _, line := range strings.Split(got, "\n") {
			for _, bad := range []string{word, hex, "FODNN7"} {
				if strings.Contains(line, bad) {
					t.Errorf("%s: a secret stays in %s", shell, line)
				}
			}
		}
		for i := 1; i <= 9; i++ {
			if want := "kept-" + strconv.Itoa(i); !strings.Contains(got, want) {
				t.Errorf("%s: %s is left out of\n%s", shell, want, got)
			}
		}
		for _, want := range []string{`"automountServiceAccountToken": false`, "sha256:0a0a", `"[\"server\",\"--cluster-cidr\",\"10.42.0.0/16\",\"--disable-network-policy\",\"--flannel-backend=none\"]"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", shell, want, got)
			}
		}
	}
}

// What a second run into a directory cannot have is missing there, whatever the first run wrote;
// files of others stay. Each file of a host is there or named in "missing".
func TestSecondRun(t *testing.T) {
	for _, shell := range shells() {
		dir := t.TempDir()
		read := func(name string) string {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Errorf("%s: %v", shell, err)
			}
			return string(data)
		}
		for _, verb := range []string{"host", "cluster"} {
			if _, err := run(t, shell, verb, dir); err != nil {
				t.Fatal(err)
			}
		}
		if text := read("cluster/missing"); text != "" {
			t.Errorf("%s: missing: %s", shell, text)
		}
		for _, file := range strings.Fields("host address.json rules4.json rules6.json routes4.json routes6.json sysctl nft.txt iptables-nft-save iptables-legacy-save status.json prefs.json watch processes distribution tables fleet.tables status check") {
			if _, err := os.Stat(filepath.Join(dir, "hosts/edge-1", file)); (err == nil) == strings.Contains("\n"+read("hosts/edge-1/missing"), "\n"+file+": ") {
				t.Errorf("%s: %s is neither there nor missing, or both", shell, file)
			}
		}
		for _, name := range []string{"hosts/edge-1/notes", "cluster/notes.yaml"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		broken := map[string]string{
			"tailscale": "echo 'failed to connect to local tailscaled' >&2\nexit 1\n",
			"kubectl":   "case $* in\n*nodes*) echo 'the server does not answer' >&2; exit 1 ;;\nesac\n" + standIns()["kubectl"],
		}
		for _, verb := range []string{"host", "cluster"} {
			if _, err := runWith(t, broken, nil, shell, verb, dir); err != nil {
				t.Fatal(err)
			}
		}
		for _, gone := range []string{"hosts/edge-1/status.json", "hosts/edge-1/prefs.json", "cluster/nodes.json"} {
			if _, err := os.Stat(filepath.Join(dir, gone)); err == nil {
				t.Errorf("%s: %s is still the first run's", shell, gone)
			}
			if !strings.Contains(read(filepath.Dir(gone)+"/missing"), filepath.Base(gone)+": ") {
				t.Errorf("%s: %s is not said to be missing", shell, gone)
			}
		}
		for _, kept := range []string{"hosts/edge-1/notes", "cluster/notes.yaml", "cluster/pods.json", "hosts/edge-1/tables"} {
			read(kept)
		}
	}
}

// Where nothing of a cluster could be had, that is a failure, and the reason is the last line
// of kubectl's; half of what it prints before it fails is missing, and not taken for all.
func TestClusterThatCannotBeHad(t *testing.T) {
	none := "echo 'E1127 memcache.go:265] first try' >&2\necho 'E1127 memcache.go:265] second try' >&2\necho 'The connection to the server was refused' >&2\nexit 1\n"
	half := "case $* in\n*pods*) echo '{'; echo '    \"items\": ['; echo 'it broke off' >&2; exit 1 ;;\nesac\necho '{}'\n"
	for _, shell := range shells() {
		for _, to := range []string{t.TempDir(), "-"} {
			out, err := runWith(t, map[string]string{"kubectl": none}, nil, shell, "cluster", to)
			if err == nil || !strings.Contains(err.Error(), "exit status 1: capture.sh: nothing of the cluster could be had: The connection to the server was refused") {
				t.Errorf("%s: %v", shell, err)
			}
			if to == "-" {
				if !strings.Contains(string(out), "nodes.json: The connection to the server was refused\n") {
					t.Errorf("%s: the archive does not say why: %q", shell, out)
				}
			} else if text, err := os.ReadFile(filepath.Join(to, "cluster/missing")); err != nil || !strings.HasPrefix(string(text), "nodes.json: The connection to the server was refused\n") {
				t.Errorf("%s: %v %s", shell, err, text)
			}
		}
		dir := t.TempDir()
		if _, err := runWith(t, map[string]string{"kubectl": half}, nil, shell, "cluster", dir); err != nil {
			t.Errorf("%s: %v", shell, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "cluster/missing")); err != nil || string(text) != "pods.json: it broke off\n" {
			t.Errorf("%s: %v %s", shell, err, text)
		}
		if _, err := os.Stat(filepath.Join(dir, "cluster/pods.json")); err == nil {
			t.Errorf("%s: half of the pods are kept", shell)
		}
	}
}

// A name that is none writes nothing, and nothing elsewhere.
func TestNameOfHost(t *testing.T) {
	for _, shell := range shells() {
		for _, name := range []string{"../../evil", "..", "a/b", "a;id", "a b", "-x", "x."} {
			dir := t.TempDir()
			if _, err := runWith(t, nil, []string{"HOST_NAME=" + name}, shell, "host", filepath.Join(dir, "a/b")); err == nil || !strings.Contains(err.Error(), "no host has the name") {
				t.Errorf("%s: %q: %v", shell, name, err)
			}
			if all, err := filepath.Glob(dir + "/*/*/hosts"); err != nil || len(all) > 0 {
				t.Errorf("%s: %q: %v %q", shell, name, err, all)
			}
			if all, err := filepath.Glob(dir + "/*"); err != nil || len(all) != 1 {
				t.Errorf("%s: %q: %v %q", shell, name, err, all)
			}
		}
	}
}

// With - it is a tar archive, for who asks over ssh or kubectl exec.
func TestArchive(t *testing.T) {
	for _, shell := range shells() {
		out, err := run(t, shell, "host", "-")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for r := tar.NewReader(bytes.NewReader(out)); ; {
			h, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", shell, err)
			}
			names = append(names, filepath.Clean(h.Name))
		}
		if !slices.Contains(names, "format") || !slices.Contains(names, "hosts/edge-1/status.json") {
			t.Errorf("%s: %q", shell, names)
		}
	}
}

// What it is not asked for it refuses.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"host"}, {"everything", "dir"}, {"host", ""}, {"host", "dir", "more"}} {
		if _, err := run(t, []string{"sh"}, args...); err == nil || !strings.Contains(err.Error(), "usage: capture.sh host|cluster DIR") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
