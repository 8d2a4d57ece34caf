package facts

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Numbers of Kubernetes.
const (
	// APIServerPort is kubeadm's (kubernetes v1.33.1, cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go).
	APIServerPort = 6443
	// KubeletPort is where API servers, metrics-server and Prometheus find a kubelet
	// (kubernetes v1.33.1, pkg/cluster/ports/ports.go).
	KubeletPort = 10250
	// MostServiceBits is how many host bits a service range has at most (kubernetes v1.33.1,
	// cmd/kubeadm/app/constants/constants.go: MaximumBitsForServiceSubnet); how many at least,
	// the distribution says.
	MostServiceBits = 20
	// KubeletSkew is how many minor versions a kubelet may be older than the API server
	// (kubernetes.io/releases/version-skew-policy, read 2026-11: two before 1.25).
	KubeletSkew = 3
	// UninitializedTaint is set by a kubelet that runs with --cloud-provider=external, for a
	// cloud controller manager to take away (kubernetes v1.33.1,
	// staging/src/k8s.io/cloud-provider/api/well_known_taints.go).
	UninitializedTaint = "node.cloudprovider.kubernetes.io/uninitialized"
)

// KubernetesVersions are those whose API servers take every object that is rendered, and keep
// every field of it.
func KubernetesVersions() fact.Versions {
	return fact.Versions{
		From: fact.Known(fact.Floor{Version: "1.27.0", Brings: "matchLabelKeys in topologySpreadConstraints switched on"},
			"kubernetes v1.33.1, pkg/features/kube_features.go: MatchLabelKeysInPodTopologySpread"),
		Read:        fact.Known(fact.Span{Oldest: "1.27.0", Newest: "1.37.2"}, "k8s.io/api v0.27.3 to v0.37.0; kubernetes v1.37.2, which test/cluster/newest builds"),
		OddUnstable: fact.Known(false, "k8s.io/api v0.27.3 to v0.37.0: every minor is released"),
	}
}

// TrafficDistribution is where a Service's field of that name does what it says: alpha in
// 1.30, on by default from 1.31, and for good from 1.33 (kubernetes v1.33.1,
// pkg/features/kube_features.go: ServiceTrafficDistribution).
func TrafficDistribution() schema.VersionRange { return schema.VersionRange{From: "1.31"} }

// KubeProxy is Kubernetes' kube-proxy.
func KubeProxy() Component {
	const source = "kubernetes v1.33.1, pkg/proxy/apis/config/v1alpha1/defaults.go (bit 14), github.com/fwmark/registry (bit 15)"
	mark := func(purpose string, bit uint32) fact.Mark {
		return fact.Mark{
			Purpose: purpose, Mask: fact.Known(bit, source), Value: fact.Known(bit, source),
			BesideBypass: fact.Unknown[fact.Sharing]("they share no bits"),
			BesideTunnel: fact.SharesAlways("tailscale-nft-mark-kube-proxy", "known issue"),
		}
	}
	return Component{
		Title:  "kube-proxy",
		Ranges: fact.Unknown[[]fact.Range]("the ranges are the cluster's: see Distribution"),
		Marks:  fact.Known([]fact.Mark{mark("masquerade", 0x4000), mark("drop", 0x8000)}, source),
	}
}
