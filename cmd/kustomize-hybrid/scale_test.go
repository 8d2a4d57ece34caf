package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
)

// fleet writes a topology of n regions that stands: 1,000 of them are 300 kB of YAML.
func fleet(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata: {name: fleet}
spec:
  cluster: {kubernetesVersion: 1.33.1, serviceCIDRs: [172.16.0.0/16], apiServer: {addresses: [10.0.0.5]}}
  tailnet: {tailscaleVersion: 1.84.3, tag: tag:k8s}
  regions:
`)
	for i := range n {
		nodes, pods := fmt.Sprintf("10.%d.%d", i>>7, i<<1&255), fmt.Sprintf("10.%d.%d", i>>7, i<<1&255|1)
		fmt.Fprintf(&b, `    - name: region-%d
      provider: bare-metal
      nodeCIDRs: [%s.0/25, %s.128/25]
      podCIDRs: [%s.0/24]
      cni: {type: calico, version: 3.30.7}
      gateways: {mode: staticPod, nodes: [{name: gw-%d-a, internalIP: %s.11}, {name: gw-%d-b, internalIP: %s.12}]}
`, i, nodes, nodes, pods, i, nodes, i, nodes)
	}
	return b.Bytes()
}

// BenchmarkValidate is the whole command, from the file to silence.
func BenchmarkValidate(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "topology.yaml")
			if err := os.WriteFile(file, fleet(n), 0o666); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var errs bytes.Buffer
				if code := run([]string{"validate", file}, bytes.NewReader(nil), io.Discard, &errs); code != exitClean || errs.Len() > 0 {
					b.Fatalf("exit %d: %s", code, errs.String())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/region")
		})
	}
}

// BenchmarkSlow is what small inputs cost that ask for much work: docs/performance.md has the
// numbers. Programs in CUE that are given up cost their budget, and are not among them.
func BenchmarkSlow(b *testing.B) {
	for _, s := range sample.SlowInputs() {
		b.Run(s.Name, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), s.File)
			if err := os.WriteFile(file, s.Data, 0o666); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if code := run(append(s.Command, file), bytes.NewReader(nil), io.Discard, io.Discard); code > exitFindings {
					b.Fatalf("exit %d", code)
				}
			}
		})
	}
}
