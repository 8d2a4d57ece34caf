package cluster

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// NodeObjects is the file with the region's Node objects; nothing where it has none. It is
// not among the objects of the build, and the objects lack the labels that those have:
// what deletes or prunes the build's objects must not find a Node, whose pods go with it.
func NodeObjects(p *plan.Plan, r *plan.Region) ([]tree.File, error) {
	nodes := r.NodeObjects()
	if len(nodes) == 0 {
		return nil, nil
	}
	objects := make([]any, len(nodes))
	for i := range nodes {
		objects[i] = nodeObject(&nodes[i])
	}
	path := plan.NodesPath(r.Region.Name)
	data, err := tree.Documents(tree.Header(p.Topology.Metadata.Name)+`#
# The Node objects of region `+r.Region.Name+`: nobody else gives its nodes blocks of pods' addresses that lie in
# the region. Before the nodes join:
#
#   kubectl create -f `+path+`
#
# Create, and never apply: it leaves alone what exists, and apply would take the taints of others away.
# Not in kustomization.yaml, and nothing for GitOps: what prunes a Node takes its pods along, and its
# kubelet registers it again only when it is restarted. Until a node joins, its Node is NotReady.
# Blocks never change. For another one: drain the node, delete its Node, create it anew from this file, and
# restart the node.
`, objects...)
	return []tree.File{{Path: path, Data: data}}, err
}

// nodeObject has both podCIDR and podCIDRs, as the API server keeps them (kubernetes
// v1.33.1, pkg/apis/core/v1/conversion.go: the first of the one is the other).
func nodeObject(n *plan.NodeObject) *kube.Node {
	o := &kube.Node{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "Node"},
		ObjectMeta: kube.ObjectMeta{Name: n.Name, Labels: n.Labels},
		Spec:       kube.NodeSpec{ProviderID: n.ProviderID},
	}
	for _, b := range n.PodCIDRs {
		o.Spec.PodCIDRs = append(o.Spec.PodCIDRs, b.String())
	}
	if len(o.Spec.PodCIDRs) > 0 {
		o.Spec.PodCIDR = o.Spec.PodCIDRs[0]
	}
	for _, t := range n.Taints {
		o.Spec.Taints = append(o.Spec.Taints, kube.Taint{Key: t.Key, Value: t.Value, Effect: string(t.Effect)})
	}
	return o
}
