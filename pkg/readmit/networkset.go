package readmit

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// NetworkSetFor returns the GlobalNetworkSet of the gateways where policies among items refer
// to it by its label and it is not among them as it should be; else nil. Its version is
// theirs, since not every installation takes both of Calico's.
func NetworkSetFor(p *plan.Plan, items []*yaml.RNode) *yaml.RNode {
	nets := NetworkSet(p)
	if nets == nil {
		return nil
	}
	var unread diag.List // Policies has said what cannot be read
	among := survey(readObjects(items, &unread))
	i := slices.IndexFunc(among.policies, refersToGateways)
	if i < 0 {
		return nil
	}
	version := among.policies[i].APIVersion
	for _, s := range among.sets {
		if s.Kind == "GlobalNetworkSet" && s.Name == GroupName {
			if slices.Equal(s.nets, nets) && s.labels[NetworkSetLabel] == "true" {
				return nil
			}
			version = s.APIVersion
		}
	}
	listed := sequence()
	for _, n := range nets {
		listed.Content = append(listed.Content, scalar(n.String()))
	}
	labels := mapping(scalar(NetworkSetLabel), scalar("true"))
	return yaml.NewRNode(mapping(
		scalar("apiVersion"), scalar(version),
		scalar("kind"), scalar("GlobalNetworkSet"),
		scalar("metadata"), mapping(scalar("name"), scalar(GroupName), scalar("labels"), labels),
		scalar("spec"), mapping(scalar("nets"), listed),
	))
}

// refersToGateways reports whether a policy of Calico's has the selector that finds the set.
func refersToGateways(p policy) bool {
	found := false
	walk(p.doc, func(key string, n *yaml.Node) {
		found = found || key == "selector" && text(n) == gatewaySelector
	})
	return found && p.in == calico
}
