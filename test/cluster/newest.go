package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// newestVersion is that of test/cluster/newest.
const newestVersion = "1.37.2"

// server is an API server that is asked whether it takes objects, and the program with its
// kubelet's reading of static pods.
type server struct {
	version    string
	kubeconfig string
	staticPods string
}

func (c *checks) ownServer() server {
	return server{kubernetesVersion, c.file("admin.conf"), c.file("bin/static-pods")}
}

// kubectl asks this server.
func (s server) kubectl(c *checks, args string) (string, error) {
	out, err := c.desk("KUBECONFIG="+s.kubeconfig+" kubectl "+args, "")
	return strings.TrimSpace(out), err
}

// newestServer starts the newest API server beside the cluster's own, with that one's keys
// and its etcd, where it keeps its objects apart. It has no controllers: no namespace has an
// account, so pods are not asked for one.
func (c *checks) newestServer() (server, func(), error) {
	dir := c.file("newest")
	s := server{newestVersion, filepath.Join(dir, "super-admin.conf"), filepath.Join(dir, "static-pods")}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return s, nil, err
	}
	for _, name := range []string{"kube-apiserver", "static-pods"} {
		if err := os.Symlink(filepath.Join(c.programs, "newest"), filepath.Join(dir, name)); err != nil {
			return s, nil, err
		}
	}
	if _, err := c.desk("ssh root@cp-1 'tar -C /etc/kubernetes -c pki super-admin.conf' | tar -C "+dir+" -x && sed -i s/:6443/:7443/ "+s.kubeconfig, ""); err != nil {
		return s, nil, err
	}
	pki := filepath.Join(dir, "pki") + "/"
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return s, nil, err
	}
	server := exec.Command("nsenter", "--net=/run/netns/"+namespace("cp-1"), "--", filepath.Join(dir, "kube-apiserver"),
		"--secure-port=7443", "--allow-privileged=true", "--authorization-mode=Node,RBAC", "--disable-admission-plugins=ServiceAccount",
		"--etcd-servers=https://127.0.0.1:2379", "--etcd-prefix=/newest", "--etcd-cafile="+pki+"etcd/ca.crt",
		"--etcd-certfile="+pki+"apiserver-etcd-client.crt", "--etcd-keyfile="+pki+"apiserver-etcd-client.key",
		"--client-ca-file="+pki+"ca.crt", "--tls-cert-file="+pki+"apiserver.crt", "--tls-private-key-file="+pki+"apiserver.key",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file="+pki+"sa.pub", "--service-account-signing-key-file="+pki+"sa.key",
		"--service-cluster-ip-range=10.96.0.0/16")
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		return s, nil, err
	}
	stop := func() {
		server.Process.Kill()
		server.Wait()
		log.Close()
	}
	err = await(90*time.Second, "the newest API server", func() error {
		out, err := s.kubectl(c, "version")
		if err == nil && !strings.Contains(out, "Server Version: v"+newestVersion) {
			err = errors.New(out)
		}
		return err
	})
	if err == nil {
		_, err = s.kubectl(c, "create namespace tailscale")
	}
	if err != nil {
		stop()
		return s, nil, fmt.Errorf("%w; see %s", err, log.Name())
	}
	return s, stop, nil
}

// newest has the newest API server, and its kubelet's code, take what the examples have.
func (c *checks) newest() error {
	var s server
	stop := func() {}
	if err := c.must("the newest API server", func() (string, error) {
		var err error
		s, stop, err = c.newestServer()
		return "v" + newestVersion, err
	}); err != nil {
		return err
	}
	defer stop()
	if err := c.takesExamples(s); err != nil {
		return err
	}
	c.check("Node objects come and go by the commands of the examples' STEPS.md", func() (string, error) { return c.nodeObjects(s) })
	return nil
}

// nodeObjects are made and deleted where there are no controllers, no kubelets and no nodes
// of that name.
func (c *checks) nodeObjects(s server) (string, error) {
	files, _ := filepath.Glob(c.file("examples/*/STEPS.md"))
	done := 0
	for _, file := range files {
		dir := filepath.Dir(file)
		steps, err := readSteps(file)
		if err != nil {
			return "", err
		}
		for _, st := range steps {
			if !strings.HasPrefix(st.title, "Make the Node objects of region ") {
				continue
			}
			for _, lines := range [][]string{st.run, st.works, st.undo} {
				if _, err := c.desk("cd "+dir+"; export KUBECONFIG="+s.kubeconfig+"\n"+strings.Join(lines, "\n"), ""); err != nil {
					return "", err
				}
				c.record("examples/"+filepath.Base(dir)+"/topology.yaml", lines)
			}
			done++
		}
	}
	if done == 0 {
		return "", errors.New("no example has any")
	}
	return fmt.Sprintf("%d steps", done), nil
}
