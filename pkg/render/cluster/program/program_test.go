// Debian's busybox speaks TLS 1.2 without signature_algorithms, which Go's servers refuse
// since 1.25 unless told; Alpine's has OpenSSL speak for it.
//
//go:debug tlssha1=1

package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
)

func TestProgramReads(t *testing.T) {
	for _, reader := range [][]string{{"dash", "-n"}, {"busybox", "sh", "-n"}, {"shellcheck", "--norc"}} {
		t.Run(reader[0], func(t *testing.T) {
			sample.NeedTool(t, reader[0])
			if out, err := exec.Command(reader[0], append(reader[1:], Verify)...).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	for _, f := range Files() {
		if f.Name == Verify && !bytes.Contains(f.Data, []byte("\nFORMAT='"+Format+"'\n")) {
			t.Errorf("%s does not read %q", Verify, Format)
		}
	}
}

// image is a directory with busybox's applets, as the image has them, and stand-ins for
// what needs a port of its own.
func image(t *testing.T) string {
	t.Helper()
	sample.NeedTool(t, "busybox")
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, applet := range strings.Fields("awk cat cut date grep head mv nc rm sed sh sleep sort tail timeout tr wc wget") {
		if err := os.Symlink(busybox, filepath.Join(dir, applet)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func script(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// program is verify.sh with its parts and these tables, in a directory to run it in.
func program(t *testing.T, tables string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range Files() {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tables"), []byte(tables), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// command runs busybox's shell and nothing of this host's.
func command(t *testing.T, image, dir, verb string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(filepath.Join(image, "sh"), filepath.Join(dir, Verify), verb)
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = append([]string{"PATH=" + image, "LOOK=1", "SETTLE=0", "PATIENCE=2", "LARGE_PATIENCE=2"}, env...)
	return cmd
}

// stop ends a command that goes on for ever, with all that it has started.
func stop(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
}

// freePort is one that nobody listens on, below those that the kernel gives to connections
// (32768 and more): one of these may be taken again before somebody listens. Tests that run
// beside each other get different ones.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		if _, given := givenPorts.LoadOrStore(port, true); given {
			continue
		}
		if l, err := net.Listen("tcp", fmt.Sprintf(":%d", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// givenPorts are those that a test has.
var givenPorts sync.Map

func get(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}

// A pod answers several at once, over both families, and says who it is.
func TestServe(t *testing.T) {
	port := freePort(t)
	image := image(t)
	script(t, filepath.Join(image, "ip"), `case $3 in
10.0.0.9) printf '10.0.0.9 via 10.1.0.1 dev eth0 src 10.1.0.2 uid 0 \n    cache expires 597sec mtu 1280 \n' ;;
10.0.0.8) printf '10.0.0.8 via 10.1.0.1 dev eth0 mtu 1230 src 10.1.0.2 uid 0 \n    cache \n' ;;
esac
`)
	cmd := command(t, image, program(t, fmt.Sprintf("%s\nport %d\n", Format, port)), "serve", "POD=pod-1", "REGION=gpu-dc")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(cmd) })
	at := fmt.Sprintf("http://127.0.0.1:%d", port)
	for range 50 {
		if !strings.Contains(get(at+"/"), "refused") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	var all sync.WaitGroup
	// busybox's nc listens with a backlog of 2: more at once would wait for the kernel's next try.
	atOnce := make(chan struct{}, 3)
	for range 8 {
		for path, want := range map[string]string{
			"/":                  "200 pod-1 gpu-dc",
			"/large":             "200 " + strings.Repeat("x", 262144),
			"/learned/10.0.0.9":  "200 1280",
			"/learned/10.0.0.8":  "200 ", // the MTU of the route itself, which nobody told it
			"/learned/10.0.0.7":  "200 ",
			"/learned/$(reboot)": "200 ",
			"/other":             "404 ",
		} {
			all.Go(func() {
				atOnce <- struct{}{}
				defer func() { <-atOnce }()
				if got := get(at + path); got != want {
					t.Errorf("%s: got %.80q, want %.80q", path, got, want)
				}
			})
		}
	}
	all.Wait()
	if got := get(fmt.Sprintf("http://[::1]:%d/", port)); got != "200 pod-1 gpu-dc" {
		t.Errorf("over IPv6: %q", got)
	}
	if out.Len() > 0 {
		t.Errorf("it printed\n%s", &out)
	}
}

// pod is one of a world: an HTTP server at an address of its own.
type pod struct {
	name, region, role, node, address string
	// state is "ready" when empty.
	state string
	// answers is what it says instead of its name, noLarge that full packets vanish, silent
	// that nothing answers, learned what ICMP has told it.
	answers, learned string
	noLarge, silent  bool
	log              string
}

// world is a cluster of made-up pods on the loopback device, and its API server.
type world struct {
	pods          []pod
	port, kubelet int
	api           *httptest.Server
	requests      []string
	mu            sync.Mutex
	forbidden     bool     // for everything
	noLog         []string // pods whose log is not to be had
	services      map[string]string
	kubelets      map[string]net.Listener // by address of the node
}

func newWorld(t *testing.T, pods ...pod) *world {
	t.Helper()
	w := &world{pods: pods, port: freePort(t), kubelet: freePort(t), services: map[string]string{}, kubelets: map[string]net.Listener{}}
	for i := range pods {
		w.serve(t, &w.pods[i])
	}
	w.api = httptest.NewTLSServer(http.HandlerFunc(w.answer))
	t.Cleanup(w.api.Close)
	return w
}

func listen(t *testing.T, address string, port int, h http.Handler) {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, fmt.Sprint(port)))
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
}

func (w *world) serve(t *testing.T, p *pod) {
	t.Helper()
	if p.state != "" {
		return
	}
	listen(t, p.address, w.port, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case p.silent, p.noLarge && r.URL.Path == "/large":
			<-r.Context().Done()
		case r.URL.Path == "/large":
			io.WriteString(rw, strings.Repeat("x", 262144))
		case strings.HasPrefix(r.URL.Path, "/learned/"):
			io.WriteString(rw, p.learned)
		case p.answers != "":
			io.WriteString(rw, p.answers)
		default:
			io.WriteString(rw, p.name+" "+p.region)
		}
	}))
	l, err := net.Listen("tcp", net.JoinHostPort(p.address, fmt.Sprint(w.kubelet)))
	if err != nil {
		t.Fatal(err)
	}
	w.kubelets[p.address] = l
	t.Cleanup(func() { l.Close() })
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			// As a TLS server does whose client says nothing and goes.
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}()
}

func (w *world) answer(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = append(w.requests, r.URL.Path)
	const base = "/api/v1/namespaces/verify-test/"
	switch what, ok := strings.CutPrefix(r.URL.Path, base); {
	case !ok || r.Header.Get("Authorization") != "Bearer sesame" || w.forbidden:
		http.Error(rw, "no", http.StatusForbidden)
	case what == "pods" && r.URL.Query().Get("labelSelector") == "kustomize-hybrid.dev/role":
		pretty(rw, r, w.podList())
	case what == "services" && r.URL.Query().Get("labelSelector") == "kustomize-hybrid.dev/region":
		pretty(rw, r, w.serviceList())
	default:
		w.ofPod(rw, r, what)
	}
}

func (w *world) ofPod(rw http.ResponseWriter, r *http.Request, what string) {
	for _, p := range w.pods {
		switch {
		case what == "pods/"+p.name+"/log" && r.URL.Query().Get("container") == "probe":
			for _, name := range w.noLog {
				if name == p.name {
					http.Error(rw, "no kubelet", http.StatusBadGateway)
					return
				}
			}
			io.WriteString(rw, p.log)
			return
		case what == fmt.Sprintf("pods/http:%s:%d/proxy/", p.name, w.port):
			if p.silent {
				http.Error(rw, "no pod", http.StatusServiceUnavailable)
				return
			}
			io.WriteString(rw, p.name+" "+p.region)
			return
		}
	}
	http.NotFound(rw, r)
}

// pretty writes as the API server does (kubernetes v1.33.1, apimachinery,
// pkg/runtime/serializer/json/json.go: doEncode).
func pretty(rw http.ResponseWriter, r *http.Request, v any) {
	data, err := json.Marshal(v)
	if r.URL.Query().Get("pretty") == "true" {
		data, err = json.MarshalIndent(v, "", "  ")
	}
	if err != nil {
		panic(err)
	}
	rw.Write(data)
}

func (w *world) podList() *corev1.PodList {
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}}
	for _, p := range w.pods {
		o := corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Name: p.name, Namespace: "verify-test",
				Labels:          map[string]string{"kustomize-hybrid.dev/region": p.region, "kustomize-hybrid.dev/role": p.role, "app": "x"},
				Annotations:     map[string]string{"last": "{\n  \"metadata\": {\n        \"name\": \"other\"\n}}"},
				OwnerReferences: []metav1.OwnerReference{{Name: "owner", Kind: "ReplicaSet"}},
				ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "m", Subresource: "status", FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{"f:kustomize-hybrid.dev/region":{}}}}`)}},
			},
			Spec: corev1.PodSpec{
				NodeName: p.node, Containers: []corev1.Container{{Name: "serve", Env: []corev1.EnvVar{{Name: "REGION", Value: "x"}}}},
				Volumes: []corev1.Volume{{Name: "verify"}},
			},
			Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{
				{Type: corev1.PodReadyToStartContainers, Status: corev1.ConditionTrue},
				{Type: corev1.PodReady, Status: corev1.ConditionTrue}, {Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
			}},
		}
		if p.state == "" {
			o.Status.HostIP, o.Status.PodIP = p.address, p.address
			for _, a := range strings.Split(p.address, ",") {
				o.Status.PodIPs = append(o.Status.PodIPs, corev1.PodIP{IP: a})
				o.Status.HostIPs = append(o.Status.HostIPs, corev1.HostIP{IP: a})
			}
		} else {
			o.Status.Phase, o.Spec.NodeName = corev1.PodPending, ""
			o.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: p.state, Message: `a "message"`}}
		}
		list.Items = append(list.Items, o)
	}
	return list
}

func (w *world) serviceList() *corev1.ServiceList {
	list := &corev1.ServiceList{TypeMeta: metav1.TypeMeta{Kind: "ServiceList", APIVersion: "v1"}}
	for region, address := range w.services {
		list.Items = append(list.Items, corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: "answer-" + region, Labels: map[string]string{"kustomize-hybrid.dev/region": region}},
			Spec: corev1.ServiceSpec{
				Selector:  map[string]string{"kustomize-hybrid.dev/region": region},
				ClusterIP: address, ClusterIPs: []string{address}, IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
			},
		})
	}
	return list
}

// environment is what a pod of the world has.
func (w *world) environment(t *testing.T) []string {
	t.Helper()
	account := t.TempDir()
	if err := os.WriteFile(filepath.Join(account, "token"), []byte("sesame"), 0o600); err != nil {
		t.Fatal(err)
	}
	resolv := filepath.Join(account, "resolv.conf")
	if err := os.WriteFile(resolv, []byte("search verify-test.svc.example.org svc.example.org example.org\nnameserver 10.96.0.10\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(w.api.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return []string{"ACCOUNT=" + account, "RESOLV=" + resolv, "KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port}
}

func (w *world) tables(regions string) string {
	return fmt.Sprintf("%s\nnamespace verify-test\nport %d\nkubelet %d\nservices IPv4\n%s", Format, w.port, w.kubelet, regions)
}

const twoRegions = `families cloud pods IPv4
families cloud nodes IPv4
service cloud answer-cloud
pods cloud gateway 1
pods cloud node 1
families gpu pods IPv4
families gpu nodes IPv4
service gpu answer-gpu
pods gpu gateway 1
`
