package sample

import (
	"bytes"
	"fmt"
	"strings"
)

// Slow is an input that is small and asks for much work: what it costs stands in
// docs/performance.md, and benchmarks measure it.
type Slow struct {
	// Name says what there is much of.
	Name string
	// File is the name of the file, by whose extension it is read.
	File string
	// Command are the arguments in front of the file.
	Command []string
	Data    []byte
}

// SlowInputs are inputs of each kind that somebody has found to be slow once.
func SlowInputs() []Slow {
	validate := []string{"validate"}
	const full = 8<<20 - 4096
	return []Slow{
		{"800 marks, one mask", "marks-800.yaml", validate, twoRegions("", marks(800))},
		{"1,000 marks, 50 regions", "marks-1000.yaml", validate, regions(50, marks(1000))},
		{"5,000 marks, 50 regions", "marks-5000.yaml", validate, regions(50, marks(5000))},
		{"80,000 labels", "labels-80000.yaml", validate, twoRegions(labels(80_000), "")},
		{"300,000 labels", "labels-300000.yaml", validate, twoRegions(labels(300_000), "")},
		{"2.6 million lines `a:`", "a.yaml", validate, repeated("a:\n", full)},
		{"8 MB of `kind: Topology`", "kinds.yaml", validate, repeated("kind: Topology\n", full)},
		{"600,000 documents", "documents.yaml", validate, repeated("--- a\n", 600_000*6)},
		{"4 million elements", "elements.yaml", validate, append([]byte("spec: ["), repeated("1,", full)...)},
		{"500,000 unknown fields", "unknown.yaml", validate, numbered("x%d: 1\n", 500_000)},
		{"500,000 anchors", "anchors.yaml", validate, numbered("- &a%d 1\n", 500_000)},
		{"4,000 known issues", "issues.yaml", validate, twoRegions("", knownIssues(4000))},
		{"10,000 suppressions", "suppressions.yaml", validate, twoRegions("", suppressions(10_000))},
		{"3,000 regions, one prefix", "overlaps.yaml", validate, overlapping(3000)},
		{"3,000 flows", "flows.yaml", []string{"acl", "print"}, flows(3000)},
		{"CUE: a sum of 100,000 terms", "sum.cue", validate, []byte(cueHead + "x: " + strings.Repeat("1+", 100_000) + "1\n")},
	}
}

const cueHead = "apiVersion: \"kustomize-hybrid.dev/v1alpha1\"\nkind: \"Topology\"\n"

// twoRegions is a topology that stands, with more in its metadata and in its spec.
func twoRegions(metadata, spec string) []byte { return topology(metadata, spec, 2) }

func regions(n int, spec string) []byte { return topology("", spec, n) }

func topology(metadata, spec string, n int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata:
  name: slow
%sspec:
  cluster: {kubernetesVersion: 1.33.1, serviceCIDRs: [172.16.0.0/16], apiServer: {addresses: [10.0.0.5]}}
  tailnet: {tailscaleVersion: 1.84.3, tag: tag:k8s}
%s  regions:
`, metadata, spec)
	for i := range n {
		region(&b, i, fmt.Sprintf("10.%d.%d", i>>7, i<<1&255), fmt.Sprintf("10.%d.%d.0/24", i>>7, i<<1&255|1))
	}
	return b.Bytes()
}

func region(b *bytes.Buffer, i int, nodes, pods string) {
	fmt.Fprintf(b, `    - name: region-%d
      provider: bare-metal
      nodeCIDRs: [%s.0/24]
      podCIDRs: [%s]
      cni: {type: calico, version: 3.30.7}
      gateways: {mode: staticPod, nodes: [{name: gw-%d, internalIP: %s.11}]}
`, i, nodes, pods, i, nodes)
}

func overlapping(n int) []byte {
	var b bytes.Buffer
	b.Write(topology("", "", 0))
	for i := range n {
		region(&b, i, fmt.Sprintf("172.%d.%d", 20+i>>8, i&255), "10.0.0.0/8")
	}
	return b.Bytes()
}

func marks(n int) string {
	return list("marks", n, "    - {owner: program %d, mask: 0xff00, value: 0x100}\n")
}

func labels(n int) string {
	return "  labels:\n" + string(numbered("    k%d: v\n", n))
}

func suppressions(n int) string {
	return list("suppressions", n, "    - {code: mark-collision, path: \"spec.regions[%d]\", reason: accepted}\n")
}

func knownIssues(n int) string {
	return list("knownIssues", n, "    - {code: issue-%d, title: It fails, severity: warning, when: [{cni: [calico]}], symptom: nothing works, cause: it does, mitigation: stop it, evidence: [seen]}\n")
}

// flows are between fifty regions.
func flows(n int) []byte {
	t := string(topology("", "", 50))
	policy := "policy: {flows: [\n" + string(numbered("    {name: flow %d, sources: pods, targets: nodes, ports: [\"tcp:9100\"]},\n", n)) + "    ]}}\n"
	return []byte(strings.Replace(t, "tag: tag:k8s}\n", "tag: tag:k8s, "+policy, 1))
}

func list(name string, n int, element string) string {
	return "  " + name + ":\n" + string(numbered(element, n))
}

func numbered(format string, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.Bytes()
}

func repeated(s string, size int) []byte { return bytes.Repeat([]byte(s), size/len(s)) }
