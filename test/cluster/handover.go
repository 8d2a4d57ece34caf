package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// handovers move the cloud's gateways from pods to services of their hosts and back, and
// from static pods to the DaemonSet, as docs/handover.md says: one at a time, the standby
// first. The state has to lie on the hosts for that, which is another identity once.
func (c *checks) handovers() error {
	if err := c.must("the cloud's gateways keep their state on their hosts", func() (string, error) {
		if err := c.again("        mode: daemonSet\n        nodeSelector: {tailscale: \"true\"}\n", "        mode: daemonSet\n        state: host\n        nodeSelector: {tailscale: \"true\"}\n"); err != nil {
			return "", err
		}
		if _, err := c.kubectl("-n tailscale rollout status --timeout=5m daemonset/gateway-cloud"); err != nil {
			return "", err
		}
		return "applied", c.works()
	}); err != nil {
		return err
	}
	c.moved("DaemonSet to services of the host", "daemonSet\n        state: host\n        nodeSelector: {tailscale: \"true\"}", "host", func(h *host) error {
		if err := c.unlabel(h); err != nil {
			return err
		}
		if err := c.installTailscale(h); err != nil {
			return err
		}
		if _, err := h.sh("systemctl disable --now tailscaled.service 2>&1"); err != nil {
			return err
		}
		return c.install(h)
	})
	c.moved("services of the host to DaemonSet", "host", "daemonSet\n        state: host\n        nodeSelector: {tailscale: \"true\"}", func(h *host) error {
		if _, err := h.sh("systemctl disable --now kustomize-hybrid-health.socket kustomize-hybrid-gateway.service 2>&1"); err != nil {
			return err
		}
		_, err := c.kubectl("label node " + h.name + " tailscale=true")
		return err
	})
	c.moved("DaemonSet to static pod", "daemonSet\n        state: host\n        nodeSelector: {tailscale: \"true\"}", "staticPod", func(h *host) error {
		if err := c.unlabel(h); err != nil {
			return err
		}
		return c.install(h)
	})
	c.moved("static pod to DaemonSet", "staticPod", "daemonSet\n        state: host\n        nodeSelector: {tailscale: \"true\"}", func(h *host) error {
		if _, err := c.kubectl("label node " + h.name + " tailscale=true"); err != nil {
			return err
		}
		time.Sleep(2 * time.Second)
		if out, err := c.kubectl("-n tailscale get pods --field-selector status.phase=Pending -o name"); err != nil || out == "" {
			return fmt.Errorf("the DaemonSet's pod does not wait for the ports: %q, %v", out, err)
		}
		_, err := h.sh("mv /etc/kubernetes/manifests/kustomize-hybrid-gateway.yaml .")
		return err
	})
	return nil
}

// again renders the topology with a change, and applies what is the cluster's.
func (c *checks) again(old, new string) error {
	data, err := os.ReadFile(c.file("topology.yaml"))
	if err != nil {
		return err
	}
	changed := strings.Replace(string(data), old, new, 1)
	if changed == string(data) {
		return fmt.Errorf("the topology has no %q", old)
	}
	if err := os.WriteFile(c.file("topology.yaml"), []byte(changed), 0o644); err != nil {
		return err
	}
	if _, err := c.desk("kustomize-hybrid render $TOPOLOGY -o .", ""); err != nil {
		return err
	}
	_, err = c.kubectl("apply -k .")
	return err
}

// works waits until every way between the workload's pods carries.
func (c *checks) works() error {
	return await(90*time.Second, "every way", func() error { _, err := c.everyWay(); return err })
}

// unlabel takes a node from the DaemonSet and waits until its pod is gone.
func (c *checks) unlabel(h *host) error {
	if _, err := c.kubectl("label node " + h.name + " tailscale-"); err != nil {
		return err
	}
	return await(90*time.Second, "the pod to end", func() error {
		out, err := c.kubectl("-n tailscale get pods -o name --field-selector spec.nodeName=" + h.name)
		if err == nil && out != "" {
			err = fmt.Errorf("%s", out)
		}
		return err
	})
}

// install brings a gateway's host its bundle, key included.
func (c *checks) install(h *host) error {
	if _, err := h.sh("install -d -m 700 /etc/kustomize-hybrid/auth && (umask 377 && rm -f /etc/kustomize-hybrid/auth/authkey && printf '%s' " + strings.TrimSpace(authKey) + " >/etc/kustomize-hybrid/auth/authkey)"); err != nil {
		return err
	}
	if _, err := c.desk("kustomize-hybrid bundle $TOPOLOGY --host "+h.name+" -o - | ssh root@"+h.name+" 'rm -rf kustomize-hybrid && mkdir -p kustomize-hybrid && tar -xf - -C kustomize-hybrid'", ""); err != nil {
		return err
	}
	_, err := h.sh("kustomize-hybrid/install.sh apply")
	return err
}

// moved hands the cloud's gateways over, the standby first, and compares the devices.
func (c *checks) moved(name, from, to string, f func(h *host) error) {
	c.check("hand-over: "+name, func() (string, error) {
		first, err := c.primary("10.161.0.0/16")
		if err != nil {
			return "", err
		}
		hosts := []string{"edge-1", "edge-2"}
		if first == "edge-1" {
			slices.Reverse(hosts)
		}
		if err := c.again("mode: "+from+"\n", "mode: "+to+"\n"); err != nil {
			return "", err
		}
		flows, err := c.flows([2]string{"cp-1", "gpu-3"})
		if err != nil {
			return "", err
		}
		for _, h := range hosts {
			before, err := c.device(h)
			if err != nil {
				return "", err
			}
			if err := f(c.host(h)); err != nil {
				return "", err
			}
			var after device
			if err := await(90*time.Second, h+" to be back", func() error {
				if after, err = c.device(h); err == nil && !after.Online {
					err = errNotYet
				}
				return err
			}); err != nil {
				return "", err
			}
			if before.Address != after.Address || before.NodeKey != after.NodeKey {
				return "", fmt.Errorf("%s was %s, and is another device %s", h, before.Address, after.Address)
			}
			time.Sleep(15 * time.Second) // as the page says: the control server may take so long to move the primary
		}
		if strings.HasPrefix(to, "daemonSet") {
			if _, err := c.kubectl("-n tailscale rollout status --timeout=2m daemonset/gateway-cloud"); err != nil {
				return "", err
			}
		}
		worst, where, err := longest(flows)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("the same devices; longest silence %s, from %s", worst, where), c.works()
	})
}

// device is the newest device of a hostname.
func (c *checks) device(name string) (device, error) {
	devices, err := c.devices()
	if err != nil {
		return device{}, err
	}
	all := devices[name]
	if len(all) == 0 {
		return device{}, fmt.Errorf("no device is called %s", name)
	}
	return all[len(all)-1], nil
}
