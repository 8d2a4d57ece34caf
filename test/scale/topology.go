//go:build scale

package main

import (
	"fmt"
	"net/netip"
	"strings"
)

// Region i has nodes in 10.0.0.0/9 and pods in 10.128.0.0/9, both with a gap to its
// neighbours, so that no two prefixes can be joined: a fleet that grew by itself.
func nodePrefix(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 7), byte(i << 1), 0}), 24)
}

func podPrefix(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 128 + byte(i>>5), byte(i << 3), 0}), 22)
}

// gatewayAddress is the InternalIP of the first region's first gateway.
func gatewayAddress() netip.Addr { return host(nodePrefix(0), 11) }

// host is the n-th address of a prefix.
func host(p netip.Prefix, n byte) netip.Addr {
	b := p.Addr().As4()
	b[3] += n
	return netip.AddrFrom4(b)
}

func regionName(i int) string { return fmt.Sprintf("region-%04d", i) }

const topologyHead = `apiVersion: kustomize-hybrid.dev/v1alpha1
kind: Topology
metadata: {name: fleet}
spec:
  cluster:
    kubernetesVersion: 1.33.1
    serviceCIDRs: [172.20.0.0/16]
    apiServer: {addresses: [%s]}
  tailnet: {tailscaleVersion: 1.84.3, tag: "tag:k8s"}
  regions:
`

// fleet is a topology of regions in mode daemonSet; the first has two gateways.
func fleet(regions int) string {
	var b strings.Builder
	fmt.Fprintf(&b, topologyHead, host(nodePrefix(0), 5))
	for i := range regions {
		fmt.Fprintf(&b, "    - name: %s\n      provider: bare-metal\n      nodeCIDRs: [%s]\n      podCIDRs: [%s]\n", regionName(i), nodePrefix(i), podPrefix(i))
		fmt.Fprintf(&b, "      cni: {type: cilium, version: 1.17.4}\n      gateways:\n        mode: daemonSet\n        nodeSelector: {kustomize-hybrid.dev/region: %s}\n        nodes:\n", regionName(i))
		fmt.Fprintf(&b, "          - {name: gw-%04d-1, internalIP: %s}\n", i, host(nodePrefix(i), 11))
		if i == 0 {
			fmt.Fprintf(&b, "          - {name: gw-%04d-2, internalIP: %s}\n", i, host(nodePrefix(i), 12))
		}
	}
	return b.String()
}

// perNode is a topology of two regions, in one of which every host is a gateway.
func perNode(hosts int) string {
	var b strings.Builder
	fmt.Fprintf(&b, topologyHead, "10.0.0.5")
	b.WriteString("    - name: cloud\n      provider: bare-metal\n      nodeCIDRs: [10.64.0.0/22]\n      podCIDRs: [10.65.0.0/16]\n" +
		"      cni: {type: cilium, version: 1.17.4, ipam: kubernetes}\n      gateways: {mode: staticPod, nodes: [{name: gw-1, internalIP: 10.64.0.11}]}\n" +
		"    - name: dc\n      provider: bare-metal\n      nodeCIDRs: [10.0.0.0/18]\n      podCIDRs: [10.128.0.0/11]\n" +
		"      cni: {type: cilium, version: 1.17.4, ipam: kubernetes}\n      gateways:\n        mode: perNode\n        nodes:\n")
	for i := range hosts {
		address := netip.AddrFrom4([4]byte{10, 0, byte((i + 10) >> 8), byte(i + 10)})
		pods := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 128 + byte(i>>8), byte(i), 0}), 24)
		router := ""
		if i == 0 {
			router = ", nodeRouter: true"
		}
		fmt.Fprintf(&b, "          - {name: n%05d, internalIP: %s, podCIDRs: [%s]%s}\n", i, address, pods, router)
	}
	return b.String()
}
