package program

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// serviceHost is a gateway host and its tools.
type serviceHost struct {
	t                 *testing.T
	shell             []string
	dir, bin          string // the programs' and the tools'
	told, preferences string // files: what tailscale was called with, and what it says of its settings
}

const hostSettings = `# comment
TS_VERSION=1.84.3
TS_AUTHKEY=file:/proc/uptime
TS_EXTRA_ARGS=--reset --accept-routes=true --netfilter-mode=off
TS_ROUTES=10.0.0.0/22,10.61.0.0/16
TS_ACCEPT_DNS=false
TS_SOCKET=/run/tailscaled.sock
TS_STATE_DIR=/state
PORT=41641
`

// goodPreferences are tailscaled's as `tailscale debug prefs` prints them (1.84.3).
const goodPreferences = `{
	"RouteAll": true,
	"ExitNodeID": "",
	"ExitNodeIP": "",
	"CorpDNS": false,
	"WantRunning": true,
	"ShieldsUp": false,
	"AdvertiseRoutes": [
		"10.61.0.0/16",
		"10.0.0.0/22"
	],
	"NoSNAT": true,
	"NoStatefulFiltering": true,
	"NetfilterMode": 0
}
`

func newServiceHost(t *testing.T, shell string) *serviceHost {
	t.Helper()
	root := t.TempDir()
	h := &serviceHost{
		t: t, shell: needTool(t, shell), dir: install(t, "relay"), bin: filepath.Join(root, "bin"),
		told: filepath.Join(root, "told"), preferences: filepath.Join(root, "prefs"),
	}
	if err := os.MkdirAll(h.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(h.dir, "gateway.env"), hostSettings)
	write(t, h.preferences, goodPreferences)
	h.tailscale("1.84.3")
	h.program(h.bin, "pidof", "exit 1")
	h.program(h.bin, "sleep", "exit 0")
	h.program(h.bin, "ip", `case $* in
'-o address show to 10.0.0.12') echo '2: eth0 inet 10.0.0.12/22' ;;
esac`)
	for _, name := range []string{"gateway-setup.sh", "gateway-watch.sh"} {
		h.program(h.dir, name, "echo "+name+" $* HOST_IP=$HOST_IP TS_SOCKET=$TS_SOCKET >>"+h.told)
	}
	return h
}

func (h *serviceHost) program(dir, name, script string) {
	h.t.Helper()
	path := filepath.Join(dir, name)
	write(h.t, path, "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(path, 0o755); err != nil {
		h.t.Fatal(err)
	}
}

func (h *serviceHost) tailscale(version string) {
	h.t.Helper()
	h.program(h.bin, "tailscale", `case $* in
*version) echo `+version+`; echo '  go version' ;;
*'debug prefs') cat `+h.preferences+` ;;
*status*) ;;
*' ip') [ ! -e `+h.told+`.down ] ;;
*) echo "$*" >>`+h.told+` ;;
esac`)
}

// run returns what was said, and with which calls of others, and whether it went well.
func (h *serviceHost) run(input, verb string) (said, told string, ok bool) {
	h.t.Helper()
	os.Remove(h.told)
	c := exec.Command(h.shell[0], append(h.shell[1:], filepath.Join(h.dir, "gateway-host.sh"), verb)...)
	c.Env = []string{"PATH=" + h.bin + ":" + os.Getenv("PATH"), "STATE_DIR=" + h.t.TempDir()}
	c.Stdin = strings.NewReader(input)
	out, err := c.CombinedOutput()
	data, _ := os.ReadFile(h.told)
	return string(out), string(data), err == nil
}

func eachServiceHost(t *testing.T, test func(t *testing.T, h *serviceHost)) {
	for _, shell := range shells {
		t.Run(shell, func(t *testing.T) { test(t, newServiceHost(t, shell)) })
	}
}

func TestHostKnowsWhichGatewayItIs(t *testing.T) {
	eachServiceHost(t, func(t *testing.T, h *serviceHost) {
		if said, told, ok := h.run("", "setup"); !ok || !strings.HasPrefix(told, "gateway-setup.sh apply HOST_IP=10.0.0.12 ") {
			t.Errorf("setup: %t, %q\n%s", ok, told, said)
		}
		if said, told, ok := h.run("", "watch"); !ok || told != "gateway-watch.sh HOST_IP=10.0.0.12 TS_SOCKET=/run/tailscaled.sock\n" {
			t.Errorf("watch: %t, %q\n%s", ok, told, said)
		}
		h.program(h.bin, "ip", "exit 0")
		if said, told, ok := h.run("", "setup"); ok || told != "" || !strings.Contains(said, "this host has the address of no gateway") {
			t.Errorf("another host: %t, %q, %s", ok, told, said)
		}
	})
}

// What another program does to a device meanwhile may fail the rules once, and a host whose
// gateway does not start may be out of reach.
func TestHostSetsUpAgain(t *testing.T) {
	eachServiceHost(t, func(t *testing.T, h *serviceHost) {
		h.program(h.dir, "gateway-setup.sh", "echo tried >>"+h.told+"\n[ $(grep -c . "+h.told+") -gt 2 ]")
		if said, told, ok := h.run("", "setup"); !ok || told != "tried\ntried\ntried\n" {
			t.Errorf("it works at the third time: %t, %q\n%s", ok, told, said)
		}
		h.program(h.dir, "gateway-setup.sh", "echo tried >>"+h.told+"\nexit 1")
		if said, told, ok := h.run("", "setup"); ok || strings.Count(told, "tried") != 4 {
			t.Errorf("it never works: %t, %q\n%s", ok, told, said)
		}
	})
}

func TestHostGoesUpAndDown(t *testing.T) {
	eachServiceHost(t, func(t *testing.T, h *serviceHost) {
		// Any file that can be read will do for a key.
		const up = "--socket=/run/tailscaled.sock up --reset --accept-routes=true --netfilter-mode=off --accept-dns=false --advertise-routes=10.0.0.0/22,10.61.0.0/16"
		if said, told, ok := h.run("", "up"); !ok || told != up+" --auth-key=file:/proc/uptime\n" {
			t.Errorf("up: %t, %q\n%s", ok, told, said)
		}
		settings := filepath.Join(h.dir, "gateway.env")
		write(t, settings, strings.Replace(hostSettings, "/proc/uptime", "/nowhere", 1))
		if said, told, ok := h.run("", "up"); !ok || told != up+"\n" {
			t.Errorf("up without a key: %t, %q\n%s", ok, told, said)
		}
		if said, told, ok := h.run("", "down"); !ok || told != "--socket=/run/tailscaled.sock set --advertise-routes=\n" {
			t.Errorf("down: %t, %q\n%s", ok, told, said)
		}
	})
}

func TestHostAnswersNodes(t *testing.T) {
	eachServiceHost(t, func(t *testing.T, h *serviceHost) {
		const question = "GET /healthz HTTP/1.1\r\nHost: 10.0.0.12:9002\r\n\r\n"
		for _, c := range []struct {
			name, question, want string
			down                 bool
		}{
			{"well", question, "HTTP/1.0 200 ", false},
			{"down", question, "HTTP/1.0 503 ", true},
			{"something else", strings.Replace(question, "healthz", "metrics", 1), "HTTP/1.0 404 ", false},
		} {
			os.Remove(h.told + ".down")
			if c.down {
				write(t, h.told+".down", "")
			}
			if said, _, ok := h.run(c.question, "health"); !ok || !strings.HasPrefix(said, c.want) || !strings.HasSuffix(said, "\r\n\r\n") {
				t.Errorf("%s: %t, %q", c.name, ok, said)
			}
		}
	})
}

func TestHostChecksTailscaled(t *testing.T) {
	eachServiceHost(t, func(t *testing.T, h *serviceHost) {
		if said, _, ok := h.run("", "check"); !ok || said != "" {
			t.Errorf("as it should be: %t, %s", ok, said)
		}
		for old, want := range map[string][2]string{
			`"RouteAll": true`:            {`"RouteAll": false`, "differs: --accept-routes is off\n"},
			`"CorpDNS": false`:            {`"CorpDNS": true`, "differs: --accept-dns is on\n"},
			`"ShieldsUp": false`:          {`"ShieldsUp": true`, "differs: --shields-up is on\n"},
			`"WantRunning": true`:         {`"WantRunning": false`, "differs: tailscaled is told to be down\n"},
			`"NoSNAT": true`:              {`"NoSNAT": false`, "differs: --snat-subnet-routes is on\n"},
			`"NoStatefulFiltering": true`: {`"NoStatefulFiltering": false`, "differs: --stateful-filtering is on\n"},
			`"NetfilterMode": 0`:          {`"NetfilterMode": 2`, "differs: --netfilter-mode is not off\n"},
			`"WantRunning": true,`:        {`"WantRunning": true, "x": 0,` + "\n" + `"RelayServerPort": 40000,`, "differs: --relay-server-port is 40000\n"},
			`"ExitNodeID": ""`:            {`"ExitNodeID": "nABC"`, "differs: --exit-node is set\n"},
			`"10.61.0.0/16"`:              {`"10.62.0.0/16"`, "extra: route 10.62.0.0/16\nmissing: route 10.61.0.0/16\n"},
		} {
			write(t, h.preferences, strings.Replace(goodPreferences, old, want[0], 1))
			if said, _, ok := h.run("", "check"); ok || said != want[1] {
				t.Errorf("%s: %t, %q, want %q", want[0], ok, said, want[1])
			}
		}
		write(t, h.preferences, goodPreferences)
		h.tailscale("1.84.2-t1")
		if said, _, ok := h.run("", "check"); ok || said != "differs: this is Tailscale 1.84.2-t1, and the topology says 1.84.3\n" {
			t.Errorf("another version: %t, %s", ok, said)
		}
	})
}
