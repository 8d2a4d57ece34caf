package plugin

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// AzureCNI is Azure/azure-container-networking.
func (plugins) AzureCNI() Plugin {
	p := fromProviderOnly(schema.CNIAzure, "Azure CNI", schema.ProviderAzure, "azure-aks-docs concepts-network-cni-overview.md")
	p.Signs = fact.Known(Signs{Objects: []string{"DaemonSet/kube-system/azure-cns"}}, "Azure/azure-container-networking, cns/azure-cns.yaml (commit cbd7560cf, August 2026)")
	p.ByHand = fact.Known([]string{
		"Azure CNI: {masqAgent}",
		"Route tables need an entry for each remote prefix: Azure drops 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10 outside the virtual network otherwise.",
	}, "azure-aks-docs, ip-masq-agent; Azure virtual network traffic routing")
	return p
}
