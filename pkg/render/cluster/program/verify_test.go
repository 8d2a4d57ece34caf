package program

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
)

// twoRegionsOfPods are a cloud with a gateway and another node, and a host elsewhere.
func twoRegionsOfPods() []pod {
	return []pod{
		{name: "gateway-cloud-1", region: "cloud", role: "gateway", node: "edge-1", address: "127.0.0.11"},
		{name: "node-cloud-1", region: "cloud", role: "node", node: "worker-1", address: "127.0.0.12"},
		{name: "gateway-gpu-1", region: "gpu", role: "gateway", node: "gpu-1", address: "127.0.0.21"},
	}
}

// resolver has the image know the names of two Services, which have the addresses of pods
// here: a resolver of its own would need a port of this host's.
func resolver(t *testing.T, image string) {
	t.Helper()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	script(t, filepath.Join(image, "nslookup"), `case $2 in
answer-cloud.verify-test.svc.example.org) address=127.0.0.12 ;;
answer-gpu.verify-test.svc.example.org) address=127.0.0.21 ;;
*) printf '** server can'"'"'t find %s: NXDOMAIN\n\n' "$2"; exit 1 ;;
esac
printf 'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\t%s\nAddress: %s\n\n' "$2" "$address"
`)
	if err := os.Remove(filepath.Join(image, "wget")); err != nil {
		t.Fatal(err)
	}
	script(t, filepath.Join(image, "wget"), `for last; do :; done
at=$(echo "$last" | sed -e 's/answer-cloud[^:]*/127.0.0.12/' -e 's/answer-gpu[^:]*/127.0.0.21/')
[ "$at" = "$last" ] || set -- -q -Y off -O - "$at"
exec `+busybox+` wget "$@"
`)
}

// probed is what a pod of the world says until it is done, in order.
func probed(t *testing.T, w *world, env ...string) []string {
	t.Helper()
	image := image(t)
	resolver(t, image)
	cmd := command(t, image, program(t, w.tables(twoRegions)), "probe", slices.Concat(w.environment(t), []string{"POD=gateway-gpu-1", "REGION=gpu", "ADDRESSES=127.0.0.21", "STARTED=2"}, env)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer stop(cmd)
	var lines []string
	for s := bufio.NewScanner(out); s.Scan(); {
		if s.Text() == "done" {
			slices.Sort(lines)
			if errs.Len() > 0 {
				t.Errorf("it says\n%s", &errs)
			}
			return lines
		}
		lines = append(lines, strings.NewReplacer(fmt.Sprint(w.port), "8080", fmt.Sprint(w.kubelet), "10250", w.api.Listener.Addr().String(), "api:443").Replace(s.Text()))
	}
	t.Fatalf("it ended\n%s\n%s", strings.Join(lines, "\n"), &errs)
	return nil
}

// failures are the cells that failed, without who asked.
func failures(lines []string) []string {
	var list []string
	for _, line := range lines {
		if rest, _ := strings.CutPrefix(line, "cell gpu gateway-gpu-1 "); strings.Contains(rest, " FAIL ") {
			list = append(list, rest)
		}
	}
	return list
}

func TestProbe(t *testing.T) {
	w := newWorld(t, twoRegionsOfPods()...)
	w.services = map[string]string{"cloud": "127.0.0.12", "gpu": "127.0.0.21"}
	want := []string{
		"cell gpu gateway-gpu-1 - API - - ok https://api:443",
		"cell gpu gateway-gpu-1 IPv4 DNS cloud - ok http://answer-cloud.verify-test.svc.example.org:8080/",
		"cell gpu gateway-gpu-1 IPv4 DNS gpu - ok http://answer-gpu.verify-test.svc.example.org:8080/",
		"cell gpu gateway-gpu-1 IPv4 LARGE cloud gateway-cloud-1 ok 262144 bytes",
		"cell gpu gateway-gpu-1 IPv4 LARGE cloud node-cloud-1 ok 262144 bytes",
		"cell gpu gateway-gpu-1 IPv4 LARGE gpu gateway-gpu-1 ok 262144 bytes",
		"cell gpu gateway-gpu-1 IPv4 NODE cloud gateway-cloud-1 ok node edge-1 at 127.0.0.11:10250",
		"cell gpu gateway-gpu-1 IPv4 NODE cloud node-cloud-1 ok node worker-1 at 127.0.0.12:10250",
		"cell gpu gateway-gpu-1 IPv4 NODE gpu gateway-gpu-1 ok node gpu-1 at 127.0.0.21:10250",
		"cell gpu gateway-gpu-1 IPv4 POD cloud gateway-cloud-1 ok http://127.0.0.11:8080/",
		"cell gpu gateway-gpu-1 IPv4 POD cloud node-cloud-1 ok http://127.0.0.12:8080/",
		"cell gpu gateway-gpu-1 IPv4 POD gpu gateway-gpu-1 ok http://127.0.0.21:8080/",
		"cell gpu gateway-gpu-1 IPv4 SERVICE cloud - ok http://127.0.0.12:8080/",
		"cell gpu gateway-gpu-1 IPv4 SERVICE gpu - ok http://127.0.0.21:8080/",
	}
	if diff := cmp.Diff(want, probed(t, w)); diff != "" {
		t.Error(diff)
	}
}

// Each fault fails the cells that it concerns, and no other.
func TestProbeFindsFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(w *world)
		want   []string
	}{
		{"a pod is cut off", func(w *world) { w.pods[0].silent = true }, []string{
			"IPv4 LARGE cloud gateway-cloud-1 FAIL http://127.0.0.11:8080/large: 0 of 262144 bytes within 2 s",
			"IPv4 POD cloud gateway-cloud-1 FAIL http://127.0.0.11:8080/: no answer within 2 s",
		}},
		{"full packets vanish", func(w *world) { w.pods[0].noLarge = true }, []string{
			"IPv4 LARGE cloud gateway-cloud-1 FAIL http://127.0.0.11:8080/large: 0 of 262144 bytes within 2 s",
		}},
		{"full packets need ICMP", func(w *world) { w.pods[1].learned = "1280" }, []string{
			"IPv4 LARGE cloud node-cloud-1 FAIL http://127.0.0.12:8080/large arrived after ICMP had told pod node-cloud-1 to send packets of 1280 bytes to 127.0.0.21",
		}},
		{"another pod has the address", func(w *world) { w.pods[0].answers = "stranger cloud" }, []string{
			"IPv4 POD cloud gateway-cloud-1 FAIL http://127.0.0.11:8080/ was answered by another: 'stranger cloud'",
		}},
		{"a node is guarded", func(w *world) { w.kubelets["127.0.0.12"].Close() }, []string{
			"IPv4 NODE cloud node-cloud-1 FAIL node worker-1 does not answer at 127.0.0.12:10250",
		}},
		{"the API server refuses", func(w *world) { w.forbidden = true }, []string{
			"- API - - FAIL https://api:443: wget: server returned error: HTTP/1.1 403 Forbidden",
		}},
		{"a Service leads nowhere", func(w *world) { w.services["cloud"] = "127.0.0.99" }, []string{
			"IPv4 DNS cloud - FAIL answer-cloud.verify-test.svc.example.org is '127.0.0.12' by DNS, and the Service has 127.0.0.99",
			"IPv4 SERVICE cloud - FAIL http://127.0.0.99:8080/: wget: can't connect to remote host (127.0.0.99): Connection refused",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, twoRegionsOfPods()...)
			w.services = map[string]string{"cloud": "127.0.0.12", "gpu": "127.0.0.21"}
			c.change(w)
			if diff := cmp.Diff(c.want, failures(probed(t, w))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// collected is what the Job of the world prints, and how it ends.
func collected(t *testing.T, w *world, tables string) (string, int) {
	t.Helper()
	cmd := command(t, image(t), program(t, w.tables(tables)), "collect", append(w.environment(t), "STARTED=1", "ASKED=2")...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// says is the log of a pod that has asked two regions and found everything.
func says(region, name string, failed ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "cell %s %s - API - - ok https://10.96.0.1:443\n", region, name)
	for _, to := range []string{"cloud gateway-cloud-1", "cloud node-cloud-1", "gpu gateway-gpu-1"} {
		for _, kind := range []string{"POD", "NODE", "LARGE"} {
			fmt.Fprintf(&b, "cell %s %s IPv4 %s %s ok it\n", region, name, kind, to)
		}
	}
	for _, to := range []string{"cloud", "gpu"} {
		for _, kind := range []string{"SERVICE", "DNS"} {
			fmt.Fprintf(&b, "cell %s %s IPv4 %s %s - ok it\n", region, name, kind, to)
		}
	}
	for _, f := range failed {
		fmt.Fprintf(&b, "cell %s %s %s\n", region, name, f)
	}
	return b.String() + "done\n"
}

func TestCollect(t *testing.T) {
	everything := func(t *testing.T) *world {
		w := newWorld(t, twoRegionsOfPods()...)
		for i := range w.pods {
			w.pods[i].log = says(w.pods[i].region, w.pods[i].name)
		}
		return w
	}
	well, code := collected(t, everything(t), twoRegions)
	if code != 0 {
		t.Errorf("it ends with %d where everything is well", code)
	}
	goldentest.Compare(t, "testdata/well.txt", well)
	for _, c := range []struct {
		golden string
		code   int
		change func(w *world)
	}{
		{"failed", 1, func(w *world) {
			w.pods[0].log = says("cloud", "gateway-cloud-1",
				"IPv4 POD gpu gateway-gpu-1 FAIL http://10.1.0.2:8080/: no answer within 5 s",
				"IPv4 LARGE gpu gateway-gpu-1 FAIL http://10.1.0.2:8080/large: 0 of 262144 bytes within 15 s",
				"IPv4 POD cloud node-cloud-1 FAIL http://10.0.0.2:8080/ was answered by another: 'stranger cloud'")
			w.pods[2].silent = true
		}},
		{"no-log", 1, func(w *world) { w.noLog = []string{"gateway-gpu-1"} }},
		{"no-node", 0, func(w *world) {
			w.pods[1] = pod{name: "node-cloud-1", region: "cloud", role: "node", state: "Unschedulable"}
		}},
		{"no-gateway", 1, func(w *world) {
			w.pods[2] = pod{name: "gateway-gpu-1", region: "gpu", role: "gateway", state: "Unschedulable"}
		}},
		{"not-done", 1, func(w *world) { w.pods[2].log = "" }},
		{"no-api", 2, func(w *world) { w.forbidden = true }},
	} {
		t.Run(c.golden, func(t *testing.T) {
			t.Parallel()
			w := everything(t)
			c.change(w)
			got, code := collected(t, w, twoRegions)
			if code != c.code {
				t.Errorf("it ends with %d, want %d", code, c.code)
			}
			goldentest.Compare(t, filepath.Join("testdata", c.golden+".txt"), other(well, got))
		})
	}
}

// other are the lines of got that well lacks: rows say which regions they are about.
func other(well, got string) string {
	var b strings.Builder
	for line := range strings.Lines(got) {
		if !strings.Contains(well, line) {
			b.WriteString(line)
		}
	}
	return b.String()
}

// A cell is asked in the families that both regions have; a pod that lacks one is a fault.
func TestFamilies(t *testing.T) {
	const tables = Format + `
namespace verify-test
port 8080
kubelet 10250
services IPv4 IPv6
families a pods IPv4 IPv6
families a nodes IPv4
service a answer-a
pods a gateway 1
families b pods IPv6
families b nodes IPv4 IPv6
service b answer-b
pods b gateway 1
there a gateway gateway-a-1 n1 ready
there b gateway gateway-b-1 n2 ready
cell a gateway-a-1 IPv6 POD b gateway-b-1 FAIL the pod has no IPv6 address, only 10.1.0.2
`
	cmd := exec.Command(filepath.Join(image(t), "awk"), "-f", "judge.awk")
	cmd.Stdin = strings.NewReader(tables)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("cells that nobody asked are no failure")
	}
	goldentest.Compare(t, "testdata/families.txt", string(out))
}
