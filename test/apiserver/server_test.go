//go:build apiserver

package apiserver

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// server is a kube-apiserver with its etcd, and a directory with their files.
type server struct {
	dir string
}

// ready is how long a server may take to come up: this machine builds other things meanwhile.
const ready = 3 * time.Minute

// start runs an etcd and an API server until the test ends.
func start(t *testing.T) server {
	t.Helper()
	program, err := filepath.Abs(os.Getenv("KUBERNETES"))
	if err != nil || os.Getenv("KUBERNETES") == "" {
		t.Fatal("KUBERNETES, the path of the program of test/cluster/kubernetes, is not set: run `make apiserver`")
	}
	s := server{t.TempDir()}
	for _, name := range []string{"etcd", "kube-apiserver", "kubectl"} {
		if err := os.Symlink(program, s.file(name)); err != nil {
			t.Fatal(err)
		}
	}
	port := ports(t, 3)
	s.run(t, "etcd", "--data-dir="+s.file("data"), "--listen-client-urls="+at("http", port[0]), "--advertise-client-urls="+at("http", port[0]),
		"--listen-peer-urls="+at("http", port[1]), "--initial-advertise-peer-urls="+at("http", port[1]), "--initial-cluster=default="+at("http", port[1]))
	s.write(t, "tokens", "admin,admin,admin,system:masters\n")
	s.openssl(t, "genrsa", "-out", s.file("accounts.key"), "2048")
	s.run(t, "kube-apiserver", "--etcd-servers="+at("http", port[0]), "--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port[2]),
		"--cert-dir="+s.file("certificates"), "--token-auth-file="+s.file("tokens"), "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/12",
		"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file="+s.file("accounts.key"), "--service-account-signing-key-file="+s.file("accounts.key"),
		// Gateways are privileged, as in clusters of kubeadm's, k3s and all others that people have.
		"--allow-privileged=true",
		// Nobody runs the controller that makes default accounts; pods are not made here anyway.
		"--disable-admission-plugins=ServiceAccount")
	s.write(t, "kubeconfig", fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: here}}]
clusters: [{name: here, cluster: {server: %q, insecure-skip-tls-verify: true}}]
users: [{name: here, user: {token: admin}}]
`, at("https", port[2])))
	for end := time.Now().Add(ready); ; time.Sleep(500 * time.Millisecond) {
		out, err := s.kubectl("", "get", "--raw", "/readyz")
		if err == nil {
			return s
		}
		if time.Now().After(end) {
			t.Fatalf("no API server in %v: %s\n%s", ready, out, s.tail("kube-apiserver.log"))
		}
	}
}

func at(scheme string, port int) string { return fmt.Sprintf("%s://127.0.0.1:%d", scheme, port) }

// ports are free ones.
func ports(t *testing.T, n int) []int {
	t.Helper()
	var free []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // at the end, so that no port is given twice
		free = append(free, l.Addr().(*net.TCPAddr).Port)
	}
	return free
}

func (s server) file(name string) string { return filepath.Join(s.dir, name) }

func (s server) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(s.file(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run starts a program that ends with the test.
func (s server) run(t *testing.T, name string, args ...string) {
	t.Helper()
	log, err := os.Create(s.file(name + ".log"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, s.file(name), args...)
	c.Dir, c.Stdout, c.Stderr = s.dir, log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		c.Wait()
		log.Close()
	})
}

func (s server) openssl(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
}

// kubectl runs kubectl with what is piped to it.
func (s server) kubectl(piped string, args ...string) (string, error) {
	c := exec.Command(s.file("kubectl"), args...)
	c.Env = []string{"KUBECONFIG=" + s.file("kubeconfig"), "HOME=" + s.dir, "PATH=" + os.Getenv("PATH")}
	c.Stdin = strings.NewReader(piped)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.String(), err
}

// tail is the end of a log.
func (s server) tail(name string) string {
	text, _ := os.ReadFile(s.file(name))
	return string(text[max(0, len(text)-3000):])
}
