package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pod is a pod of the workload, one on each node.
type pod struct{ name, uid, node, address string }

// pods are the workload's, by node.
func (c *checks) pods() (map[string]pod, error) {
	out, err := c.kubectl(`get pods -l app=echo --field-selector status.phase=Running -o jsonpath='{range .items[*]}{.metadata.name} {.metadata.uid} {.spec.nodeName} {.status.podIP}{"\n"}{end}'`)
	if err != nil {
		return nil, err
	}
	all := map[string]pod{}
	for line := range strings.Lines(out) {
		var p pod
		if _, err := fmt.Sscan(line, &p.name, &p.uid, &p.node, &p.address); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		all[p.node] = p
	}
	return all, nil
}

// traffic asks every pod for what every other one answers, by address, by the Service and
// by its name.
func (c *checks) traffic() error {
	err := c.must("a workload on every node", func() (string, error) {
		if err := os.WriteFile(c.file("workload.yaml"), []byte(machineFile("workload.yaml")), 0o644); err != nil {
			return "", err
		}
		if _, err := c.kubectl("apply -f " + c.file("workload.yaml")); err != nil {
			return "", err
		}
		return fmt.Sprintf("%d pods", len(c.hosts)), c.everyPod()
	})
	if err != nil {
		return err
	}
	c.check("pod to pod, from every node to every other", c.everyWay)
	c.check("the Service by address, and by name", func() (string, error) {
		address, err := c.kubectl("get service echo -o jsonpath={.spec.clusterIP}")
		if err != nil {
			return "", err
		}
		return "from every node", c.fromEach("for i in 1 2 3; do timeout 5 wget -qO- http://" + address + "/node && timeout 5 wget -qO- http://echo.default.svc.cluster.local/node || exit 1; done")
	})
	c.check("a pod reaches the API server", func() (string, error) {
		return "from every node", c.fromEach("nc -w 5 kubernetes.default.svc.cluster.local 443 </dev/null")
	})
	c.check("an answer of 1 MB", func() (string, error) {
		if err := c.fromEach("dd if=/dev/zero of=/www/large bs=1M count=1 2>/dev/null"); err != nil {
			return "", err
		}
		pods, err := c.pods()
		if err != nil {
			return "", err
		}
		var script []string
		for _, node := range sorted(pods) {
			script = append(script, fmt.Sprintf("[ $(timeout 10 wget -qO- http://%s:8080/large | wc -c) = 1048576 ]", pods[node].address))
		}
		return "from every node to every other", c.fromEach(strings.Join(script, " && "))
	})
	return nil
}

// everyPod waits until each node's pod runs.
func (c *checks) everyPod() error {
	return await(120*time.Second, "a pod on every node", func() error {
		pods, err := c.pods()
		if err == nil && len(pods) != len(c.hosts) {
			err = fmt.Errorf("they run on %q", sorted(pods))
		}
		return err
	})
}

// fromEach runs a script in every node's pod, through the API server.
func (c *checks) fromEach(script string) error {
	pods, err := c.pods()
	if err != nil {
		return err
	}
	var bad []string
	for _, node := range sorted(pods) {
		if _, err := c.desk("kubectl exec -i "+pods[node].name+" -- sh -c '"+script+"'", ""); err != nil {
			bad = append(bad, node+": "+err.Error())
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("%s", strings.Join(bad, "; "))
	}
	return nil
}

// everyWay is every pod to every other pod, and to its own.
func (c *checks) everyWay() (string, error) {
	pods, err := c.pods()
	if err != nil {
		return "", err
	}
	var targets []string
	for _, node := range sorted(pods) {
		targets = append(targets, node+"="+pods[node].address)
	}
	script := "for t in " + strings.Join(targets, " ") + "; do [ \"$(timeout 3 wget -qO- http://${t#*=}:8080/node)\" = ${t%%=*} ] || echo ${t%%=*}; done"
	var lost []string
	for _, node := range sorted(pods) {
		out, err := c.desk("kubectl exec -i "+pods[node].name+" -- sh -s", script)
		if err != nil {
			return "", err
		}
		for _, to := range regexp.MustCompile(`(?m)^[a-z]+-\d+$`).FindAllString(out, -1) {
			lost = append(lost, node+" to "+to)
		}
	}
	ways := len(pods) * len(pods)
	if len(lost) > 0 {
		return "", fmt.Errorf("%d of %d ways are lost: %s", len(lost), ways, strings.Join(lost, ", "))
	}
	return fmt.Sprintf("%d of %d ways", ways, ways), nil
}

// kubelets asks what only the way from the API server to a kubelet can answer.
func (c *checks) kubelets() error {
	for _, node := range []string{"gpu-1", "gpu-3", "rack-1"} {
		c.check("kubectl logs, exec and port-forward to "+node, func() (string, error) {
			pods, err := c.pods()
			if err != nil {
				return "", err
			}
			p := pods[node]
			if out, err := c.kubectl("logs " + p.name); err != nil || !strings.Contains(out, "echo on "+node+" starts") {
				return "", fmt.Errorf("logs: %q, %v", out, err)
			}
			if out, err := c.kubectl("exec " + p.name + " -- cat /www/node"); err != nil || out != node {
				return "", fmt.Errorf("exec: %q, %v", out, err)
			}
			out, err := c.desk("kubectl port-forward "+p.name+" 18080:8080 >/dev/null & forward=$!; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; timeout 3 busybox wget -qO- http://127.0.0.1:18080/node && break; done; kill $forward", "")
			if err != nil || !strings.Contains(out, node) {
				return "", fmt.Errorf("port-forward: %q, %v", out, err)
			}
			return "all three", nil
		})
	}
	return nil
}

// resource gives a node a GPU that is none, as the API's own documentation does, and has a
// pod ask for it.
func (c *checks) resource() error {
	c.check("a GPU is asked for, and granted once", func() (string, error) {
		if _, err := c.kubectl(`patch node gpu-3 --subresource=status --type=json -p '[{"op":"add","path":"/status/capacity/nvidia.com~1gpu","value":"1"}]'`); err != nil {
			return "", err
		}
		defer c.kubectl("delete pod gpu-a gpu-b --now --wait=false")
		for _, name := range []string{"gpu-a", "gpu-b"} {
			if _, err := c.kubectl("run " + name + ` --image=` + pauseImage + ` --restart=Never --overrides='{"spec":{"containers":[{"name":"c","image":"` + pauseImage + `","command":["sleep","600"],"resources":{"limits":{"nvidia.com/gpu":"1"}}}]}}'`); err != nil {
				return "", err
			}
			if name == "gpu-a" {
				if _, err := c.kubectl("wait --for=condition=Ready pod/gpu-a --timeout=60s"); err != nil {
					return "", err
				}
			}
		}
		out, err := c.kubectl("get pods gpu-a gpu-b -o jsonpath='{range .items[*]}{.spec.nodeName}/{.status.phase} {end}'")
		if err != nil || strings.TrimSpace(out) != "gpu-3/Running /Pending" {
			return "", fmt.Errorf("%q, %v", out, err)
		}
		return "the first runs on gpu-3, the second waits", nil
	})
	return nil
}

// flow is packets from a pod to another, ten in a second.
type flow struct {
	name string
	cmd  *exec.Cmd
	file string
}

// podNamespace is the network namespace of a pod, as the host knows it.
func (h *host) podNamespace(address string) (string, error) {
	out, err := h.sh("for ns in /run/netns/*; do nsenter --net=$ns ip -4 -o address | grep -q ' " + address + "/' && echo $ns && break; done")
	if err == nil && strings.TrimSpace(out) == "" {
		err = fmt.Errorf("%s: no pod has the address %s", h.name, address)
	}
	return strings.TrimSpace(out), err
}

// flows starts packets each way between pairs of nodes' pods.
func (c *checks) flows(pairs ...[2]string) ([]*flow, error) {
	pods, err := c.pods()
	if err != nil {
		return nil, err
	}
	var all []*flow
	for _, p := range pairs {
		for _, way := range [][2]string{p, {p[1], p[0]}} {
			from, to := pods[way[0]], pods[way[1]]
			h := c.host(from.node)
			ns, err := h.podNamespace(from.address)
			if err != nil {
				return nil, err
			}
			f := &flow{name: from.node + " to " + to.node, file: filepath.Join(c.dir, fmt.Sprintf("flow-%s-%s.log", from.node, to.node))}
			log, err := os.Create(f.file)
			if err != nil {
				return nil, err
			}
			f.cmd = h.enter("nsenter", "--net="+ns, "--", "ping", "-n", "-D", "-i", "0.1", to.address)
			f.cmd.Stdout, f.cmd.Stderr = log, log
			if err := f.cmd.Start(); err != nil {
				return nil, err
			}
			all = append(all, f)
		}
	}
	time.Sleep(time.Second)
	return all, nil
}

var answered = regexp.MustCompile(`(?m)^\[(\d+\.\d+)\] \d+ bytes`)

// silence ends the flow and returns the longest time without an answer; one that was
// silent in the end was so until now.
func (f *flow) silence() (time.Duration, error) {
	end := time.Now()
	f.cmd.Process.Kill()
	f.cmd.Wait()
	data, err := os.ReadFile(f.file)
	if err != nil {
		return 0, err
	}
	var at []float64
	for _, m := range answered.FindAllStringSubmatch(string(data), -1) {
		t, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, err
		}
		at = append(at, t)
	}
	if len(at) == 0 {
		return 0, fmt.Errorf("%s: no answer at all: %s", f.name, tail(string(data), 300))
	}
	at = append(at, float64(end.UnixNano())/1e9)
	longest := 0.0
	for i := 1; i < len(at); i++ {
		longest = max(longest, at[i]-at[i-1])
	}
	return time.Duration(longest * float64(time.Second)), nil
}

// longest is the longest silence of all of them.
func longest(flows []*flow) (time.Duration, string, error) {
	var worst time.Duration
	name := ""
	for _, f := range flows {
		s, err := f.silence()
		if err != nil {
			return 0, "", err
		}
		if s >= worst {
			worst, name = s, f.name
		}
	}
	return worst.Round(10 * time.Millisecond), name, nil
}

// state is what must not change while gateways do: the workload's pods, and since when
// each node is Ready.
func (c *checks) state() (string, error) {
	pods, err := c.kubectl(`get pods -l app=echo -o jsonpath='{range .items[*]}{.metadata.uid}{"\n"}{end}'`)
	if err != nil {
		return "", err
	}
	out, err := c.kubectl("get nodes -o json")
	if err != nil {
		return "", err
	}
	var nodes struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct {
				Conditions []struct{ Type, Status, LastTransitionTime string }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &nodes); err != nil {
		return "", err
	}
	lines := strings.Fields(pods)
	for _, n := range nodes.Items {
		for _, k := range n.Status.Conditions {
			if k.Type == "Ready" {
				lines = append(lines, n.Metadata.Name+" "+k.Status+" since "+k.LastTransitionTime)
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

// verifyNamespace is where cluster/verify has its objects.
const verifyNamespace = "kustomize-hybrid-verify"

// verify has the Job of STEPS.md ask every region from every other one, and takes it back.
func (c *checks) verify() error {
	asked := c.titled("Ask each region from each other one")
	table := "the Job has made no table"
	c.check("the table of cluster/verify: no cell has failed", func() (string, error) {
		for _, s := range asked {
			err := c.do(s, s.on, "")
			if out, failed := c.kubectl("-n " + verifyNamespace + " logs job/verify"); failed == nil {
				table = out
			}
			if err != nil {
				return "", fmt.Errorf("%w\n%s", err, table)
			}
		}
		fmt.Println(table)
		return fmt.Sprintf("%d lines", strings.Count(table, "\n")+1), nil
	})
	c.check("cluster/verify is taken back", func() (string, error) {
		for _, s := range asked {
			if err := c.takeBack(s, ""); err != nil {
				return "", err
			}
		}
		if out, err := c.kubectl("get namespace " + verifyNamespace); err == nil {
			return "", fmt.Errorf("it is still there: %s", out)
		}
		return "its namespace is gone", nil
	})
	return nil
}
