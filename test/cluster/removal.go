package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// removal takes the GPU site away as STEPS.md says, looks for what is left, and adds it again.
func (c *checks) removal() error {
	site := []string{"gpu-1", "gpu-2", "gpu-3"}
	whole, err := os.ReadFile(c.file("topology.yaml"))
	if err != nil {
		return err
	}
	c.check("a bundle of other hosts is refused", c.strangers)
	c.check("a region is removed by its steps", func() (string, error) {
		if err := c.leaving("gpu"); err != nil {
			return "", err
		}
		steps := c.leaveSteps()
		for _, s := range steps {
			if s.on == "each other node of gpu" {
				// One that has lost our programs takes the other way of which the step speaks.
				if _, err := c.host("gpu-3").sh("rm -r /var/lib/kustomize-hybrid /etc/kustomize-hybrid/host/*.sh"); err != nil {
					return "", err
				}
				s = c.without(s, "/var/lib/kustomize-hybrid/installed/install.sh ")
				s.run = append(s.run, "kustomize-hybrid bundle $TOPOLOGY --nodes-of gpu -o - | ssh root@HOST 'mkdir -p leaving && tar -xf - -C leaving && leaving/install.sh remove --purge'")
			}
			on := strings.Replace(s.on, "each other node of gpu", "gpu-3", 1)
			if err := c.do(s, on, ""); err != nil {
				return "", fmt.Errorf("step %q: %w", s.title, err)
			}
		}
		if err := c.everybodyElse(); err != nil {
			return "", err
		}
		if out, err := c.kubectl("get all,secrets,configmaps,nodes -A -o name"); err != nil || strings.Contains(out, "gpu-") {
			return "", fmt.Errorf("left in the cluster: %q, %v", out, err)
		}
		return fmt.Sprintf("%d steps; nothing of ours is left on its hosts, nor in the cluster", len(steps)), c.left(site...)
	})
	c.check("and added again", func() (string, error) {
		if err := c.render(string(whole)); err != nil {
			return "", err
		}
		if err := c.everybodyElse(); err != nil {
			return "", err
		}
		for _, name := range site {
			if _, err := c.joinAgain(name); err != nil {
				return "", err
			}
		}
		if err := c.everyPod(); err != nil {
			return "", err
		}
		return "every way carries", c.works()
	})
	return nil
}

// render writes the topology, renders it, and reads the steps.
func (c *checks) render(topology string) error {
	if err := os.WriteFile(c.file("topology.yaml"), []byte(topology), 0o644); err != nil {
		return err
	}
	if _, err := c.desk("kustomize-hybrid render $TOPOLOGY -o .", ""); err != nil {
		return err
	}
	var err error
	c.steps, err = readSteps(filepath.Join(c.file("tree"), "STEPS.md"))
	return err
}

// leaving moves a region to those that leave, and renders that.
func (c *checks) leaving(region string) error {
	data, err := os.ReadFile(c.file("topology.yaml"))
	if err != nil {
		return err
	}
	block := regexp.MustCompile(`(?m)^    - name: ` + region + `\n(?:      .*\n)*`).FindString(string(data))
	if block == "" {
		return fmt.Errorf("the topology has no region %s", region)
	}
	return c.render(strings.Replace(string(data), block, "", 1) + "  leaving:\n" + block)
}

// leaveSteps are those with which STEPS.md begins where a region leaves.
func (c *checks) leaveSteps() []*step {
	end := slices.IndexFunc(c.steps, func(s *step) bool { return s.title == "Put the policy in force" })
	return c.steps[:end]
}

// everybodyElse does what STEPS.md says of the tailnet, the cluster, and hosts of regions
// that stay.
func (c *checks) everybodyElse() error {
	for _, s := range c.titled("Put the policy in force|Apply everything else") {
		if err := c.do(s, "", ""); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(c.file("policy.hujson"))
	if err != nil {
		return err
	}
	if err := c.putPolicy(data); err != nil {
		return err
	}
	for _, host := range []struct{ title, name string }{{"Install gateway rack-1", "rack-1"}, {"Install every other node of region cloud", "cp-1"}} {
		for _, s := range c.titled(host.title) {
			if err := c.do(s, host.name, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave takes back what was done on hosts, the last first, and fails where something of ours
// is left on one.
func (c *checks) leave(names ...string) error {
	for _, name := range slices.Backward(names) {
		for _, s := range slices.Backward(c.stepsOf(name)) {
			if err := c.takeBack(s, name); err != nil {
				return err
			}
		}
	}
	return c.left(names...)
}

// left fails where something of ours is left on a host.
func (c *checks) left(names ...string) error {
	left := ""
	for _, name := range names {
		out, err := c.host(name).sh(remains)
		if err != nil {
			return err
		}
		files, err := c.host(name).files()
		if err != nil {
			return err
		}
		out += files
		if out = strings.TrimSpace(out); out != "" {
			left += name + ":\n" + out + "\n"
		}
	}
	if left != "" {
		return fmt.Errorf("left on hosts:\n%s", left)
	}
	return nil
}

// remains prints what of ours is in the kernel and in systemd of a host.
const remains = `ip rule | grep -e '^5[12][0-9][0-9]:' -e 'lookup 52'; ip route show table all proto 154; ip link show tailscale0 2>/dev/null
nft list tables 2>/dev/null | grep -i kustomize; iptables-save 2>/dev/null | grep -i kustomize
systemctl list-units --all --no-legend --plain '*kustomize*'; true`

// files are those of ours that a host's disk still has, apart from what the user unpacked
// and from logs.
func (h *host) files() (string, error) {
	disk := filepath.Join(h.dir, "disk")
	return run("find", disk, "-name", "*kustomize-hybrid*", "!", "-type", "c", "!", "-path", disk+"/var/log/*", "!", "-path", disk+"/root/*",
		// Of units that a reboot ended; a real host's systemd-tmpfiles removes it at the next one.
		"!", "-path", disk+"/var/tmp/systemd-private-*")
}

// stepsOf are the steps that are done on a host.
func (c *checks) stepsOf(name string) []*step {
	h := c.host(name)
	return slices.DeleteFunc(slices.Clone(c.steps), func(s *step) bool {
		others := s.on == "each node of "+h.site.name+" that is not a gateway" || s.on == "each other node of "+h.site.name
		return s.on != name && !(others && !c.gateway(name)) || strings.HasPrefix(s.title, "Ask")
	})
}

// takeBack runs what takes a step back.
func (c *checks) takeBack(s *step, on string) error {
	if len(s.undo) == 0 {
		return nil
	}
	words, err := c.words(on)
	if err != nil {
		return err
	}
	for _, part := range c.parts(s.undo, on) {
		if err := c.command(part, on, words, ""); err != nil {
			return fmt.Errorf("taking back %q: %w", s.title, err)
		}
	}
	return nil
}

// questions are the steps that ask gateways whether they are well.
func (c *checks) questions() error {
	c.check("every gateway is asked as STEPS.md says", func() (string, error) {
		asked := c.titled("Ask gateway .*|Ask the gateways of region .*")
		for _, s := range asked {
			if err := c.do(s, s.on, ""); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d steps", len(asked)), nil
	})
	return nil
}

// end takes everything back as STEPS.md says: the sites by what undoes each of their steps,
// the cloud as a region that leaves, and the cluster's part. Of the cloud the nodes stay,
// since without them there is no cluster to ask.
func (c *checks) end() error {
	c.check("everything is taken back", func() (string, error) {
		if err := c.leave("gpu-1", "gpu-2", "gpu-3", "rack-1"); err != nil {
			return "", err
		}
		cluster := c.titled("Make the namespace|Give the DaemonSets their key|Label the nodes that are there already|Set up the network plugin|Apply everything else")
		// Of its first time in the cluster, before the hand-overs, there are Secrets, too.
		if err := c.again("        state: host\n", ""); err != nil {
			return "", err
		}
		if err := c.again("spec:\n", "spec:\n  suppressions: [{code: leaving-api-server, reason: the servers stay}]\n"); err != nil {
			return "", err
		}
		if err := c.leaving("cloud"); err != nil {
			return "", err
		}
		for _, s := range c.leaveSteps() {
			switch s.title {
			case "Delete the DaemonSets of cloud":
				if err := c.do(s, "", ""); err != nil {
					return "", err
				}
				if out, err := c.kubectl("-n tailscale get pods,secrets -o name"); err != nil || strings.Contains(out, "edge-") || strings.Contains(out, "pod/gateway-cloud") {
					return "", fmt.Errorf("after %q: %q, %v", s.title, out, err)
				}
			case "Take back what is on each other node of cloud":
				if err := c.do(s, "cp-1", ""); err != nil {
					return "", err
				}
			}
		}
		for _, s := range slices.Backward(cluster) {
			if err := c.takeBack(s, ""); err != nil {
				return "", err
			}
		}
		out, err := c.kubectl("get namespaces,clusterroles,clusterrolebindings,priorityclasses -l app.kubernetes.io/managed-by=kustomize-hybrid -o name")
		if err != nil || strings.Contains(out, "/") {
			return "", fmt.Errorf("left in the cluster: %q, %v", out, err)
		}
		return "nothing is left", c.left("cp-1")
	})
	return nil
}

// strangers: what is for plain nodes does nothing on a gateway, whether the gateway's own
// bundle is known there or its address alone.
func (c *checks) strangers() (string, error) {
	const bring = "kustomize-hybrid bundle $TOPOLOGY --nodes-of gpu -o - | ssh root@gpu-1 'mkdir -p nodes && tar -xf - -C nodes && nodes/install.sh apply'"
	if out, err := c.desk(bring, ""); err == nil || !strings.Contains(out, "this host has what is for gateway gpu-1") {
		return "", fmt.Errorf("it says %q, %v", out, err)
	}
	const kept = "/var/lib/kustomize-hybrid/installed"
	if _, err := c.host("gpu-1").sh("mv " + kept + " /root/kept"); err != nil {
		return "", err
	}
	out, failed := c.desk(bring, "")
	if _, err := c.host("gpu-1").sh("mv /root/kept " + kept + " && kustomize-hybrid/install.sh check"); err != nil {
		return "", err
	}
	if failed == nil || !strings.Contains(out, "this host has the address 10.24.0.11, which is a gateway's") {
		return "", fmt.Errorf("it says %q, %v", out, failed)
	}
	return "and leaves the gateway as it is", nil
}
