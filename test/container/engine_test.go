//go:build container

package container

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	root  = "../.."
	image = "ghcr.io/kustomize-hybrid/kustomize-hybrid:latest"
)

// engine starts a Docker engine of this test's own, which touches no rule and no card of the
// host: no bridge, no firewall, no forwarding. DOCKER_HOST names it from then on.
func engine(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("dockerd needs root")
	}
	dir, err := os.MkdirTemp("", "khd") // short: the path of a socket has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	socket := "unix://" + filepath.Join(dir, "docker.sock")
	daemon := exec.Command("dockerd", "--host", socket, "--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"),
		"--pidfile", filepath.Join(dir, "pid"), "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false")
	daemon.Stdout, daemon.Stderr = log, log
	if err := daemon.Start(); err != nil {
		t.Fatalf("dockerd does not start: %v (apt-get install docker.io)", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.Wait() }()
	t.Cleanup(func() {
		_ = daemon.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			_ = daemon.Process.Kill()
			t.Error("dockerd does not end")
		}
		_ = exec.Command("umount", filepath.Join(dir, "exec/netns/default")).Run() // it stays behind
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("DOCKER_HOST", socket)
	t.Setenv("DOCKER_BUILDKIT", "0") // the builder that needs no further program
	for range 240 {
		if exec.Command("docker", "info").Run() == nil {
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("dockerd ended: %v\n%s", err, logged(log.Name()))
		case <-time.After(500 * time.Millisecond):
		}
	}
	t.Fatalf("dockerd does not answer\n%s", logged(log.Name()))
}

func logged(file string) []byte {
	text, _ := os.ReadFile(file)
	return text[max(0, len(text)-3000):]
}

// build makes the image from what `make container` would give it.
func build(t *testing.T) {
	t.Helper()
	run(t, "docker", "build", "--network", "none", "--tag", image, filepath.Join(root, "bin/image"))
}

// run returns what a program prints, and fails with all of it.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, errs, err := try(program, args...)
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", program, args, err, out, errs)
	}
	return out
}

func try(program string, args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
