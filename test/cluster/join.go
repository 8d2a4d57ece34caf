package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// authKey is what the lab's control server takes for one: anything.
const authKey = "tskey-auth-test\n"

// all runs everything, in the order of STEPS.md.
func (c *checks) all() error {
	for _, part := range []func() error{c.cloud, c.tree, c.firstSteps, c.hostsAndJoins, c.questions, c.verify, c.traffic, c.kubelets, c.resource, c.webhook, c.objects, c.newest, c.outages, c.handovers, c.removal, c.end} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// cloud is the cluster that is there before anything of ours: kubeadm's control plane and
// the nodes that will be the cloud's gateways.
func (c *checks) cloud() error {
	return c.must("a cluster of kubeadm's in the cloud", func() (string, error) {
		if err := c.build(); err != nil {
			return "", err
		}
		if err := c.makeHosts(); err != nil {
			return "", err
		}
		if err := c.setDesk(); err != nil {
			return "", err
		}
		for _, name := range []string{"cp-1", "edge-1", "edge-2"} {
			if err := c.provide(c.host(name)); err != nil {
				return "", err
			}
		}
		server := c.host("cp-1")
		if _, err := server.sh("printf 'KUBELET_EXTRA_ARGS=--node-ip=" + server.address() + "\\n' >/etc/default/kubelet; " +
			"cat >kubeadm.yaml <<'END'\n" + machineFile("kubeadm.yaml") + "END\nkubeadm init --config kubeadm.yaml --ignore-preflight-errors=all"); err != nil {
			return "", err
		}
		config, err := server.sh("cat /etc/kubernetes/admin.conf")
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(c.file("admin.conf"), []byte(config), 0o600); err != nil {
			return "", err
		}
		words, err := c.words("")
		if err != nil {
			return "", err
		}
		for _, name := range []string{"edge-1", "edge-2"} {
			h := c.host(name)
			if _, err := h.sh("printf 'KUBELET_EXTRA_ARGS=--node-ip=" + h.address() + "\\n' >/etc/default/kubelet; " +
				"kubeadm join " + apiServer + ":6443 --token " + words["TOKEN"] + " --discovery-token-ca-cert-hash sha256:" + words["HASH"] +
				" --node-name " + name); err != nil {
				return "", err
			}
		}
		return "3 nodes", c.ready("cp-1", "edge-1", "edge-2")
	})
}

// provide is a host with an operating system, a running container runtime and the images
// that it would pull.
func (c *checks) provide(h *host) error {
	if err := h.on(); err != nil {
		return err
	}
	if _, err := h.sh("systemctl enable --now containerd.service 2>&1 && systemctl enable --now kubelet.service 2>&1"); err != nil {
		return err
	}
	for _, name := range []string{"kubernetes.tar", "coredns.tar", "tailscale.tar"} {
		if err := await(30*time.Second, "containerd", func() error {
			return h.feed(c.file(name), "ctr -n k8s.io images import -")
		}); err != nil {
			return err
		}
	}
	return nil
}

// words are what a reader fills in on a host.
func (c *checks) words(host string) (map[string]string, error) {
	out, err := c.host("cp-1").sh("kubeadm token create --print-join-command")
	if err != nil {
		return nil, err
	}
	found := regexp.MustCompile(`--token (\S+) --discovery-token-ca-cert-hash sha256:(\S+)`).FindStringSubmatch(out)
	if found == nil {
		return nil, fmt.Errorf("no token in %q", out)
	}
	words := map[string]string{"TOKEN": found[1], "HASH": found[2]}
	if host != "" {
		words["HOST"], words["NAME"], words["ADDRESS"] = host, host, c.host(host).address()
	}
	return words, nil
}

// ready waits until nodes are.
func (c *checks) ready(names ...string) error {
	return await(120*time.Second, "Ready nodes "+strings.Join(names, ", "), func() error {
		out, err := c.kubectl("get nodes --no-headers")
		if err != nil {
			return err
		}
		for _, name := range names {
			if !regexp.MustCompile(`(?m)^` + name + `\s+Ready\b`).MatchString(out) {
				return fmt.Errorf("%s", out)
			}
		}
		return nil
	})
}

// tree renders the topology, and reads the steps that come with it.
func (c *checks) tree() error {
	return c.must("the tree and its STEPS.md", func() (string, error) {
		data, err := os.ReadFile(c.topology)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(c.file("topology.yaml"), data, 0o644); err != nil {
			return "", err
		}
		if _, err := run(c.tool, "render", c.file("topology.yaml"), "-o", c.file("tree")); err != nil {
			return "", err
		}
		c.steps, err = readSteps(filepath.Join(c.file("tree"), "STEPS.md"))
		return fmt.Sprintf("%d steps", len(c.steps)), err
	})
}

// titled are the steps whose title matches.
func (c *checks) titled(pattern string) []*step {
	re := regexp.MustCompile("^(" + pattern + ")$")
	return slices.DeleteFunc(slices.Clone(c.steps), func(s *step) bool { return !re.MatchString(s.title) })
}

// do runs the commands of one step, as its reader would: on is the host where it says so.
// Commands of our own program run where the tree is.
func (c *checks) do(s *step, on, typed string) error {
	words := map[string]string{}
	if on != "" {
		var err error
		if words, err = c.words(on); err != nil {
			return err
		}
	}
	for _, part := range c.parts(s.run, on) {
		if err := c.command(part, on, words, typed); err != nil {
			return err
		}
	}
	if len(s.works) == 0 {
		return nil
	}
	return await(90*time.Second, "what step "+s.title+" says that works", func() error {
		for _, part := range c.parts(s.works, on) {
			if err := c.command(part, on, words, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// part is lines that run in one place.
type part struct {
	lines []string
	desk  bool
}

// parts splits commands of a host from those of the desk, which are each one line long.
func (c *checks) parts(lines []string, on string) []part {
	if on == "" {
		return []part{{lines, true}}
	}
	var all []part
	for _, line := range lines {
		desk := strings.HasPrefix(line, "kustomize-hybrid ") || strings.HasPrefix(line, "kubectl ")
		if n := len(all); n > 0 && all[n-1].desk == desk {
			all[n-1].lines = append(all[n-1].lines, line)
		} else {
			all = append(all, part{[]string{line}, desk})
		}
	}
	return all
}

// own is the topology of the cluster itself, among those whose commands are recorded.
const own = ""

// record remembers commands by the words of the STEPS.md of a topology.
func (c *checks) record(topology string, lines []string) {
	if block := strings.Join(lines, "\n"); !slices.Contains(c.ran[topology], block) {
		c.ran[topology] = append(c.ran[topology], block)
	}
}

// recorded is all of it: the cluster's own first, the others each below a line that names
// the topology.
func (c *checks) recorded() string {
	var b strings.Builder
	for _, topology := range slices.Sorted(maps.Keys(c.ran)) {
		if topology != own {
			b.WriteString("== " + topology + "\n")
		}
		b.WriteString(strings.Join(c.ran[topology], "\n") + "\n")
	}
	return b.String()
}

// command runs what has to be run in one place.
func (c *checks) command(p part, on string, words map[string]string, typed string) error {
	c.record(own, p.lines)
	script := filled(p.lines, words)
	if p.desk {
		_, err := c.desk(script, typed)
		return err
	}
	h := c.host(on)
	cmd := h.enter("sh", "-ec", "cd /root\n"+script)
	cmd.Stdin = strings.NewReader(typed)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %s: %w: %s", on, firstLine(script), err, tail(string(out), 1500))
	}
	return err
}

// firstSteps are those of the tailnet and of the cluster.
func (c *checks) firstSteps() error {
	if err := c.must("policy and keys", func() (string, error) {
		file := c.file("policy.hujson")
		if err := os.WriteFile(file, []byte("// The tailnet's own policy.\n{\"grants\": []}\n"), 0o644); err != nil {
			return "", err
		}
		for _, s := range c.titled("Put the policy in force|Make a key .*") {
			if err := c.do(s, "", ""); err != nil {
				return "", err
			}
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		return "merged and put in force", c.putPolicy(data)
	}); err != nil {
		return err
	}
	return c.must("the steps of the cluster", func() (string, error) {
		for _, s := range c.titled("Make the namespace|Give the DaemonSets their key|Label the nodes that are there already|Set up the network plugin|Apply everything else") {
			typed := ""
			if strings.Contains(s.title, "key") {
				typed = strings.TrimSpace(authKey)
			}
			if strings.HasPrefix(s.title, "Label") {
				s = c.labelled(s)
			}
			if err := c.do(s, "", typed); err != nil {
				return "", err
			}
		}
		return "the cloud's gateways run", nil
	})
}

// labelled fills in which node the line for every other node is about.
func (c *checks) labelled(s *step) *step {
	t := *s
	t.run = nil
	for _, line := range s.run {
		t.run = append(t.run, regexp.MustCompile(`\bNODE\b`).ReplaceAllString(line, "cp-1"))
	}
	c.record(own, s.run)
	return &t
}

// hostsAndJoins makes nodes of bare machines, in the order of STEPS.md.
func (c *checks) hostsAndJoins() error {
	for _, h := range []struct{ name, what string }{
		{"cp-1", "the cloud's plain node has its routes"},
		{"gpu-1", "a bare machine is a node, with its gateway as services"},
		{"gpu-2", "the second of them"},
		{"gpu-3", "a plain node behind them"},
		{"rack-1", "a bare machine is a node, with its gateway as a static pod that a lone kubelet starts"},
	} {
		if err := c.must(h.what, func() (string, error) { return c.join(h.name) }); err != nil {
			return err
		}
	}
	return nil
}

// join makes a node of a bare machine.
func (c *checks) join(name string) (string, error) {
	if name != "cp-1" {
		if err := c.provide(c.host(name)); err != nil {
			return "", err
		}
	}
	return c.joinAgain(name)
}

// joinAgain does every step that is on a host, or on each host of its kind.
func (c *checks) joinAgain(name string) (string, error) {
	steps := c.stepsOf(name)
	if len(steps) == 0 {
		return "", fmt.Errorf("STEPS.md has no step for it")
	}
	for _, s := range steps {
		if strings.HasPrefix(s.title, "Install Tailscale") {
			if err := c.installTailscale(c.host(name)); err != nil {
				return "", err
			}
			s = c.without(s, "apt-get ")
		}
		typed := ""
		if strings.Contains(s.title, "its key") {
			typed = authKey
		}
		if err := c.do(s, name, typed); err != nil {
			return "", fmt.Errorf("step %q: %w", s.title, err)
		}
	}
	return fmt.Sprintf("%d steps", len(steps)), c.ready(name)
}

// gateway reports whether STEPS.md names the host as one.
func (c *checks) gateway(name string) bool {
	return slices.ContainsFunc(c.steps, func(s *step) bool { return s.on == name })
}

// without is the step without the commands that need the world outside.
func (c *checks) without(s *step, prefix string) *step {
	t := *s
	t.run = slices.DeleteFunc(slices.Clone(s.run), func(line string) bool { return strings.HasPrefix(line, prefix) })
	return &t
}

// installTailscale puts on the host what Tailscale's package does, which cannot be had here.
func (c *checks) installTailscale(h *host) error {
	for _, name := range []string{"tailscaled", "tailscale"} {
		dir := map[string]string{"tailscaled": "/usr/sbin/", "tailscale": "/usr/bin/"}[name]
		if _, err := h.sh("install -m 755 " + filepath.Join("/opt/programs", "v"+tailscaleVersion, name) + " " + dir); err != nil {
			return err
		}
	}
	if err := h.feed(c.file("certificate.pem"), "cat >>/etc/ssl/certs/ca-certificates.crt"); err != nil {
		return err
	}
	_, err := h.sh("cat >/usr/local/lib/systemd/system/tailscaled.service <<'END'\n" + machineFile("tailscaled.service") +
		"END\nsystemctl daemon-reload && systemctl enable --now tailscaled.service 2>&1")
	return err
}
