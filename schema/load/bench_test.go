//go:build unix

package load_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Regions must cost what they cost one by one: a growing figure for a region means
// that something looks at all of them for each. Compare processor time on a busy
// machine:
//
//	go test ./schema/load -run '^$' -bench Load -benchtime 3x
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		data := []byte(generate(n))
		b.Run(fmt.Sprintf("regions=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			start := processorTime(b)
			for b.Loop() {
				if in, err := load.Bytes("topology.yaml", data); err != nil || len(in.Documents[0].Findings) > 0 {
					b.Fatal(err)
				}
			}
			each := float64(b.N) * float64(n)
			b.ReportMetric(float64(b.Elapsed().Microseconds())/each, "us/region")
			b.ReportMetric(float64((processorTime(b)-start).Microseconds())/each, "cpu-us/region")
		})
	}
}

// processorTime is what the process has used, collecting garbage included.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// generate writes a topology of n regions with two gateways each.
func generate(n int) string {
	var t strings.Builder
	t.WriteString(`apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata: {name: many}
spec:
  cluster: {kubernetesVersion: 1.33.1, serviceCIDRs: [10.96.0.0/12], apiServer: {addresses: [10.0.0.5], port: 6443}}
  tailnet: {tailscaleVersion: 1.84.3, tag: tag:k8s}
  regions:
`)
	for i := range n {
		node := fmt.Sprintf("172.%d.%d", i>>8, i&255)
		fmt.Fprintf(&t, `    - name: region-%d
      provider: gcp
      nodeCIDRs: [%s.0/24]
      podCIDRs: ["fd00:1:%x::/64"]
      cni: {type: cilium, version: 1.17.4}
      gateways:
        mode: daemonSet
        nodeSelector: {tailscale: "true"}
        nodes:
          - {name: edge-%d-1, internalIP: %s.11}
          - {name: edge-%d-2, internalIP: %s.12}
`, i, node, i+1, i, node, i, node)
	}
	return t.String()
}
