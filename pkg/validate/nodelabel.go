package validate

import (
	"maps"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// nodeLabels finds labels of gateways that no kubelet can give its own node.
func nodeLabels(t *schema.Topology) diag.List {
	var list diag.List
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		for _, label := range slices.Sorted(maps.Keys(r.Gateways.NodeSelector)) {
			if restricted(label) {
				path := diag.Field(diag.Index("spec.regions", i)+".gateways.nodeSelector", label)
				list.Warnf(CodeNodeLabel, path, "label %q selects the gateways of region %q, and a kubelet may not give it to its own node", label, r.Name).
					Fix("choose a label outside kubernetes.io, such as example.com/gateway, or have an administrator set it")
			}
		}
	}
	return list
}

// restricted reports whether NodeRestriction keeps a kubelet from setting the label
// (k8s.io/kubelet v0.33.1, pkg/apis/well_known_labels.go).
func restricted(label string) bool {
	domain, name, ok := strings.Cut(label, "/")
	if !ok || !inDomain(domain, "kubernetes.io") && !inDomain(domain, "k8s.io") {
		return false
	}
	if inDomain(domain, "kubelet.kubernetes.io") || inDomain(domain, "node.kubernetes.io") {
		return false
	}
	return !slices.Contains([]string{
		"kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "kubernetes.io/instance-type",
		"beta.kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type",
		"topology.kubernetes.io/zone", "topology.kubernetes.io/region",
		"failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
	}, domain+"/"+name)
}

func inDomain(name, domain string) bool {
	return name == domain || strings.HasSuffix(name, "."+domain)
}
