package main

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// gentle does something to gateways under traffic: no pod is evicted, no node is not Ready,
// and no way is silent for longer than limit.
func (c *checks) gentle(name string, limit time.Duration, pairs [][2]string, f func() error) {
	c.check(name, func() (string, error) {
		before, err := c.state()
		if err != nil {
			return "", err
		}
		flows, err := c.flows(pairs...)
		if err != nil {
			return "", err
		}
		failed := f()
		time.Sleep(5 * time.Second)
		worst, where, err := longest(flows)
		if failed != nil {
			return "", failed
		}
		if err != nil {
			return "", err
		}
		after, err := c.state()
		if err != nil {
			return "", err
		}
		if before != after {
			return "", fmt.Errorf("pods or nodes have changed; before:\n%s\nafter:\n%s", before, after)
		}
		numbers := fmt.Sprintf("longest silence %s, from %s; no pod and no node has changed", worst, where)
		if worst > limit {
			return "", fmt.Errorf("%s, at most %s", numbers, limit)
		}
		return numbers, nil
	})
}

func (c *checks) outages() error {
	c.gentle("rolling restart of the cloud's gateways", 5*time.Second, [][2]string{{"cp-1", "gpu-3"}, {"cp-1", "rack-1"}}, func() error {
		_, err := c.kubectl("-n tailscale rollout restart daemonset/gateway-cloud")
		if err == nil {
			_, err = c.kubectl("-n tailscale rollout status --timeout=5m daemonset/gateway-cloud")
		}
		return err
	})
	c.gentle("the primary of the GPU site is stopped, and started again", 5*time.Second, [][2]string{{"cp-1", "gpu-3"}}, func() error {
		name, err := c.primary("10.162.0.0/16")
		if err != nil {
			return err
		}
		h := c.host(name)
		if _, err := h.sh("systemctl stop kustomize-hybrid-gateway.service"); err != nil {
			return err
		}
		time.Sleep(5 * time.Second)
		if _, err := h.sh("systemctl start kustomize-hybrid-gateway.service"); err != nil {
			return err
		}
		return c.online(name)
	})
	c.reboot("the rack's only host reboots", "rack-1")
	c.reboot("both hosts of the GPU site reboot at once", "gpu-1", "gpu-2")
	c.reboot("every gateway reboots at once", "edge-1", "edge-2", "gpu-1", "gpu-2", "rack-1")
	return nil
}

// primary is the gateway that has a route.
func (c *checks) primary(route string) (string, error) {
	devices, err := c.devices()
	if err != nil {
		return "", err
	}
	for name, all := range devices {
		for _, d := range all {
			for _, r := range d.PrimaryRoutes {
				if r == route {
					return name, nil
				}
			}
		}
	}
	return "", fmt.Errorf("no gateway has %s", route)
}

// online waits until the control server has gateways back, each as the device that it was.
func (c *checks) online(names ...string) error {
	return await(120*time.Second, "gateways "+strings.Join(names, ", "), func() error {
		devices, err := c.devices()
		if err != nil {
			return err
		}
		for _, name := range names {
			if len(devices[name]) != 1 {
				return fmt.Errorf("%s is %d devices", name, len(devices[name]))
			}
			if !devices[name][0].Online {
				return fmt.Errorf("%s is offline", name)
			}
		}
		return nil
	})
}

// reboot has hosts lose power and come back, and waits until everything works by itself.
func (c *checks) reboot(what string, names ...string) {
	c.check(what, func() (string, error) {
		for _, name := range names {
			c.host(name).off()
		}
		start := time.Now()
		for _, name := range names {
			if err := c.host(name).on(); err != nil {
				return "", err
			}
		}
		// Until a while has passed, the control server and the API server believe that nobody
		// was away: the hosts themselves are asked, and their leases.
		for _, name := range names {
			if err := c.healthy(name); err != nil {
				return "", err
			}
		}
		tunnel := time.Since(start)
		for _, name := range names {
			if err := c.renewed(name, start); err != nil {
				return "", err
			}
		}
		nodes := time.Since(start)
		err := await(180*time.Second, "every way", func() error {
			if err := c.everyPod(); err != nil {
				return err
			}
			_, err := c.everyWay()
			return err
		})
		if err == nil {
			err = errors.Join(c.online(names...), c.ready(names...))
		}
		return fmt.Sprintf("tunnels after %.1f s, nodes report after %.1f s, every way after %.1f s", tunnel.Seconds(), nodes.Seconds(), time.Since(start).Seconds()), err
	})
}

// healthy waits until a gateway says that its tunnel is up.
func (c *checks) healthy(name string) error {
	h := c.host(name)
	return await(180*time.Second, name+" to be well", func() error {
		_, err := h.sh("curl -sf -m 2 http://127.0.0.1:9002/healthz || curl -sf -m 2 http://" + h.address() + ":9002/healthz")
		return err
	})
}

// renewed waits until a kubelet has told the API server that it is there.
func (c *checks) renewed(name string, since time.Time) error {
	return await(180*time.Second, name+" to report", func() error {
		out, err := c.kubectl("-n kube-node-lease get lease " + name + " -o jsonpath={.spec.renewTime}")
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339Nano, out)
		if err == nil && at.Before(since) {
			err = errNotYet
		}
		return err
	})
}
