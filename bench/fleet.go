package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
)

// fleet is a topology of regions that stand together, in YAML. With daemons, each region has one
// gateway in a DaemonSet, or else two in static pods.
func fleet(regions int, daemons bool) []byte {
	var b bytes.Buffer
	b.WriteString(`apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata: {name: fleet}
spec:
  cluster: {kubernetesVersion: 1.33.1, serviceCIDRs: [172.16.0.0/16], apiServer: {addresses: [10.0.0.5]}}
  tailnet: {tailscaleVersion: 1.84.3, tag: tag:k8s}
  suppressions: [{code: gateway-never-starts, reason: the API server has another way}]
  regions:
`)
	for i := range regions {
		nodes, pods := fmt.Sprintf("10.%d.%d", i>>7, i<<1&255), fmt.Sprintf("10.%d.%d", i>>7, i<<1&255|1)
		fmt.Fprintf(&b, "    - name: region-%d\n      provider: bare-metal\n      nodeCIDRs: [%s.0/25, %s.128/25]\n      podCIDRs: [%s.0/24]\n      cni: {type: calico, version: 3.30.7}\n", i, nodes, nodes, pods)
		if daemons {
			fmt.Fprintf(&b, "      gateways: {mode: daemonSet, nodeSelector: {kustomize-hybrid.dev/region: region-%d}, nodes: [{name: gw-%d, internalIP: %s.11}]}\n", i, i, nodes)
			continue
		}
		fmt.Fprintf(&b, "      gateways: {mode: staticPod, nodes: [{name: gw-%d-a, internalIP: %s.11}, {name: gw-%d-b, internalIP: %s.12}]}\n", i, nodes, i, nodes)
	}
	return b.Bytes()
}

// prefixes are n of them, half of each family, of any order; one in a thousand is there twice.
func prefixes(n int) []string {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	all := make([]string, n)
	for i := range all {
		k := uint32(i / 2)
		if i%2 == 0 {
			all[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(k >> 11), byte(k >> 3), byte(k << 5)}), 27+r.IntN(6)).Masked().String()
		} else {
			all[i] = netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 3: byte(k >> 16), 4: byte(k >> 8), 5: byte(k)}), 48+r.IntN(81)).Masked().String()
		}
		if i%1000 == 999 {
			all[i] = all[i-2]
		}
	}
	r.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// list is what kustomize hands to the function for a topology.
func list(topology []byte) []byte {
	var b bytes.Buffer
	b.WriteString("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n")
	for line := range bytes.Lines(topology) {
		b.WriteString("  ")
		b.Write(line)
	}
	return b.Bytes()
}

// policyFile is the policy of a tailnet with many hosts, of about a megabyte.
func policyFile() []byte {
	var b bytes.Buffer
	b.WriteString("{\n\t// Names of machines.\n\t\"hosts\": {\n")
	for i := range 12_000 {
		fmt.Fprintf(&b, "\t\t\"machine-%05d\": \"100.%d.%d.%d\", // the room of machine %d\n", i, 64+i>>16, i>>8&255, i&255, i)
	}
	b.WriteString("\t},\n\t\"grants\": [\n")
	for i := range 4_000 {
		fmt.Fprintf(&b, "\t\t{\"src\": [\"machine-%05d\"], \"dst\": [\"machine-%05d\"], \"ip\": [\"tcp:%d\"]},\n", i, i+1, 1000+i)
	}
	b.WriteString("\t],\n}\n")
	return b.Bytes()
}
