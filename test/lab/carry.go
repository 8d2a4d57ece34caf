package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/change"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

var (
	bundleOf  = regexp.MustCompile(`^kustomize-hybrid bundle \$TOPOLOGY --host (\S+) `)
	bundleFor = regexp.MustCompile(`^kustomize-hybrid bundle \$TOPOLOGY --nodes-of (\S+) `)
	unlabel   = regexp.MustCompile(`^kubectl label node (\S+) .*-$`)
	tagOf     = regexp.MustCompile(`^At the control server, (give|take) (?:the devices of (.*) )?the tag (\S+?)(?:, too| off the devices of (.*))$`)
)

// do does what an action says: its commands decide, and where it has none its title.
func (r *carrier) do(a change.Action) error {
	first := ""
	if len(a.Run) > 0 {
		first = a.Run[0]
	}
	switch {
	case strings.HasPrefix(first, "TOPOLOGY="), // rendered already
		strings.HasPrefix(a.Title, "Make a key "), strings.Contains(first, "create secret"), strings.HasPrefix(first, "install -d -m 700 "),
		strings.HasPrefix(first, "kubectl label --overwrite node "), strings.HasPrefix(a.Title, "Join "), first == "kubectl apply -f cluster/namespace.yaml":
		return nil // the lab has no API server, and every host its key
	case strings.HasPrefix(first, "kustomize-hybrid acl merge "):
		return r.push()
	case bundleOf.MatchString(first):
		return r.installGateway(r.host(bundleOf.FindStringSubmatch(first)[1]))
	case bundleFor.MatchString(first):
		return r.installNodes(bundleFor.FindStringSubmatch(first)[1])
	case first == "kubectl apply -k .":
		return r.applyObjects()
	case strings.HasSuffix(first, "/cni/by-hand.txt"):
		return r.renumber()
	case strings.HasPrefix(a.Title, "See that nothing uses "):
		return r.vacate()
	case first == steps.Removed:
		return r.takeBack(r.host(a.On))
	case unlabel.MatchString(first):
		return r.takeBack(r.host(unlabel.FindStringSubmatch(first)[1]))
	case first == "kustomize-hybrid steps $TOPOLOGY --phase leave":
		return r.leave()
	case tagOf.MatchString(a.Title):
		m := tagOf.FindStringSubmatch(a.Title)
		return r.retag(strings.Split(m[2]+m[4], ", "), m[3], m[1] == "give")
	}
	return fmt.Errorf("the lab does not know how to do this: %q", a.Run)
}

// push puts the phase's policy in force.
func (r *carrier) push() error {
	i := slices.IndexFunc(r.files, func(f tree.File) bool { return f.Path == "tailnet/policy.json" })
	p, err := parsePolicy(r.files[i].Data)
	if err != nil {
		return err
	}
	r.ctl.set(func() { r.ctl.policy = p })
	time.Sleep(time.Second)
	return nil
}

// retag is what an administrator does to devices.
func (r *carrier) retag(hosts []string, tag string, give bool) error {
	r.ctl.set(func() {
		for _, n := range r.ctl.nodes {
			if !slices.Contains(hosts, n.Hostinfo.Hostname()) {
				continue
			}
			n.tags = slices.DeleteFunc(slices.Clone(n.tags), func(t string) bool { return t == tag })
			if give {
				n.tags = append(n.tags, tag)
			}
		}
	})
	time.Sleep(time.Second)
	return nil
}

// lay puts the phase's files on a host as install.sh does, each the old one or the new one at
// any time, and takes away those that the phase does not have.
func (r *carrier) lay(h *host) error {
	dir := filepath.Join(h.dir, "etc/kustomize-hybrid")
	laid := map[string]bool{}
	for _, f := range r.files {
		name := h.place(f.Path)
		if name == "" {
			continue
		}
		path := filepath.Join(dir, name)
		laid[path] = true
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, f.Data) {
			continue
		}
		mode := os.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path+".new", f.Data, mode); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	for _, sub := range []string{"host", "gateway", "node"} {
		filepath.Walk(filepath.Join(dir, sub), func(path string, info os.FileInfo, err error) error {
			if err == nil && !info.IsDir() && !laid[path] {
				os.Remove(path)
			}
			return nil
		})
	}
	return nil
}

// manifestChanges reports whether a static pod's manifest is another one.
func (r *carrier) manifestChanges(h *host) bool {
	for _, path := range []string{tree.InRegion(h.site.name, "gateway/static-pod.yaml"), tree.InRegion(h.site.name, "gateway/"+h.name()+"/static-pod.yaml")} {
		if r.was[path] != r.is[path] {
			return true
		}
	}
	return false
}

// runs reports whether the host has a gateway already.
func (h *host) runs() bool {
	return h.parts["containerboot"] != nil && h.parts["containerboot"].running()
}

// installGateway is install.sh on the host of a static pod: files, the unit of the setup, and
// the manifest last, whose change the kubelet sees.
func (r *carrier) installGateway(h *host) error {
	if err := r.lay(h); err != nil {
		return err
	}
	if err := h.setup("apply"); err != nil {
		return err
	}
	if h.runs() && !r.manifestChanges(h) {
		return nil
	}
	return r.restart(h)
}

// applyObjects is kubectl apply: ConfigMaps reach the pods that run, and DaemonSets whose pods
// are to be others roll, one pod at a time. The controller keeps no order: here the primary
// comes first.
func (r *carrier) applyObjects() error {
	for i := range r.topo.Spec.Regions {
		region := &r.topo.Spec.Regions[i]
		if region.Gateways.Mode != schema.ModeDaemonSet {
			continue
		}
		path := tree.ClusterPath("gateway-" + region.Name)
		for _, n := range region.Gateways.Nodes {
			if err := r.lay(r.host(n.Name)); err != nil {
				return err
			}
		}
		for _, n := range region.Gateways.Nodes {
			if h := r.host(n.Name); !h.runs() || r.was[path].Pods != r.is[path].Pods {
				if err := r.restart(h); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

const (
	// settles is the time until the next gateway follows, in which the control server has to
	// have moved the primary: the lab's does so at once.
	settles = 4 * time.Second
	// minReady is the same on a DaemonSet, as its minReadySeconds have it.
	minReady = 15 * time.Second
	// preStop is how long the sidecar outlives the gateway.
	preStop = 10 * time.Second
)

// restart is the kubelet's: the old pod ends as its preStop says, and the new one begins.
func (r *carrier) restart(h *host) error {
	if h.runs() {
		r.restarted = append(r.restarted, h.name())
		r.drain(h)
	}
	image, err := r.imageOf(string(r.topo.Spec.Tailnet.TailscaleVersion))
	if err != nil {
		return err
	}
	h.image = image
	if err := h.start(); err != nil {
		return err
	}
	if err := r.await(60*time.Second, h.name()+" to be ready", func() bool { return r.online(h.name()) }); err != nil {
		return err
	}
	if h.site.mode == schema.ModeDaemonSet {
		time.Sleep(minReady)
	} else {
		time.Sleep(settles)
	}
	return nil
}

// drain ends a gateway's pod.
func (r *carrier) drain(h *host) {
	start := time.Now()
	h.drain()
	for h.kill("tailscaled") > 0 {
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(time.Until(start.Add(preStop)))
	h.parts["watch"].stop(syscall.SIGTERM)
}

func (r *carrier) imageOf(version string) (string, error) {
	if dir := r.versions[version]; dir != "" {
		return dir, nil
	}
	dir := filepath.Join(r.dir, "image-"+version)
	if err := r.makeImage(dir, schema.Version(version), r.pass.firewall); err != nil {
		return "", err
	}
	r.versions[version] = dir
	return dir, nil
}

// installNodes is install.sh on the region's other nodes.
func (r *carrier) installNodes(region string) error {
	for _, h := range r.hosts {
		if h.site.name != region || h.gateway() {
			continue
		}
		if err := r.lay(h); err != nil {
			return err
		}
		if p := h.parts["watch"]; p != nil {
			p.stop(syscall.SIGTERM)
		}
		if err := h.start(); err != nil {
			return err
		}
	}
	return nil
}

// takeBack is install.sh remove on a host, or the end of a DaemonSet's pod there, and the end of
// its device.
func (r *carrier) takeBack(h *host) error {
	if !h.gateway() {
		if p := h.parts["watch"]; p != nil {
			p.stop(syscall.SIGTERM)
		}
		_, err := h.sh(program("node-routes.sh") + " remove")
		return err
	}
	r.drain(h)
	if err := h.setup("remove"); err != nil {
		return err
	}
	r.ctl.forget(h.name())
	return nil
}

// leave does the steps of regions that leave, in their order.
func (r *carrier) leave() error {
	for _, s := range steps.List(plan.New(r.topo)) {
		if s.Phase != steps.Leave {
			continue
		}
		switch {
		case s.NodesOf != "":
			for _, h := range r.hosts {
				if h.site.name == s.NodesOf && !h.gateway() {
					if err := r.takeBack(h); err != nil {
						return err
					}
				}
			}
		case strings.HasPrefix(s.Title, "Delete the DaemonSets of "):
			region := strings.TrimPrefix(s.Title, "Delete the DaemonSets of ")
			for _, h := range r.hosts {
				if h.site.name == region && h.gateway() {
					if err := r.takeBack(h); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// renumber gives pods of regions that have new prefixes addresses of them, too: the plugin's
// work.
func (r *carrier) renumber() error {
	for region, format := range r.scene.moved {
		if slices.Contains(r.pods[region], format) {
			continue
		}
		for _, h := range r.hosts {
			if h.site.name != region {
				continue
			}
			net := fmt.Sprintf(format, h.number)
			if err := batch(h.ns, "address add "+net+"1/24 dev pod0"); err != nil {
				return err
			}
			if err := batch(h.podNS, "address add "+net+"10/24 dev eth0"); err != nil {
				return err
			}
			for _, o := range r.hosts {
				if o != h && o.site.name == region {
					if err := batch(o.ns, "route add "+net+"0/24 via "+h.lan(4)); err != nil {
						return err
					}
				}
			}
		}
		r.pods[region] = append(r.pods[region], format)
	}
	return nil
}

// vacate: pods whose addresses go are no more, when others have taken their place.
func (r *carrier) vacate() error {
	for _, h := range r.hosts {
		kept := r.podsOf(h)
		for _, format := range r.pods[h.site.name] {
			address := fmt.Sprintf(format, h.number) + "10"
			if has(r.topo, h) && !slices.Contains(kept, address) {
				if err := batch(h.podNS, "address del "+address+"/24 dev eth0"); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
