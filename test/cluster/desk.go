package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The desk is where the user sits: the tree lies there, kubectl reaches the cloud's network,
// and ssh leads to the hosts.

// setDesk puts the desk's programs in place.
func (w *world) setDesk() error {
	bin := w.file("bin")
	for _, dir := range []string{bin, w.file("tree")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for name, target := range map[string]string{"kubectl": filepath.Join(w.programs, "kubernetes"), "static-pods": filepath.Join(w.programs, "kubernetes"), "kustomize-hybrid": w.tool} {
		if err := os.Symlink(target, filepath.Join(bin, name)); err != nil {
			return err
		}
	}
	// ssh finds the process whose namespaces are the machine's.
	script := `#!/bin/sh
host=${1#root@}
shift
exec nsenter -t "$(cat "` + w.dir + `/$host/pid")" -m -u -n -p -i -C -- sh -c "cd /root && $*"
`
	return os.WriteFile(filepath.Join(bin, "ssh"), []byte(script), 0o755)
}

// desk runs a script where the tree is, with what is typed to it.
func (w *world) desk(script, typed string) (string, error) {
	c := exec.Command("nsenter", "--net=/run/netns/"+namespace("cp-1"), "--", "sh", "-ec", script)
	c.Dir = w.file("tree")
	c.Env = []string{"PATH=" + w.file("bin") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + w.dir,
		"KUBECONFIG=" + w.file("admin.conf"), "TOPOLOGY=" + w.file("topology.yaml"), "POLICY=" + w.file("policy.hujson")}
	c.Stdin = strings.NewReader(typed)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	if err != nil {
		err = fmt.Errorf("desk: %s: %w: %s", firstLine(script), err, tail(out.String(), 1500))
	}
	return out.String(), err
}

func (w *world) kubectl(args string) (string, error) {
	out, err := w.desk("kubectl "+args, "")
	return strings.TrimSpace(out), err
}
