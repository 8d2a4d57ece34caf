package cluster

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// nodeCriticalPriority is the value of system-node-critical (kubernetes v1.33.1,
// pkg/apis/scheduling/types.go: SystemCriticalPriority + 1000). Nobody fills it in for
// a static pod, and at a node's shutdown the kubelet would stop it among the first.
const nodeCriticalPriority = 2_000_001_000

func (g *gateway) staticPod() *kube.Pod {
	meta := g.podMeta()
	meta.Name, meta.Namespace = g.objectName(), schema.Namespace
	spec := g.gatewayPod(g.staticVolumes())
	spec.Priority = new(int32(nodeCriticalPriority))
	spec.NodeSelector = nil // it runs where its file lies
	return &kube.Pod{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: meta,
		Spec:       spec,
	}
}

// StaticPod is the one document that the kubelet reads from a file, for a gateway host or
// for each of the region's.
func StaticPod(p *plan.Plan, r *plan.Region, h *plan.Host, runs host.Gateway) (tree.File, error) {
	g := &gateway{naming{p, r, r.Region}, h, runs}
	data, err := tree.Documents(g.staticPodNote(), g.staticPod())
	return tree.File{Path: tree.InRegion(r.Region.Name, "gateway/"+host.Dir(h)+"static-pod.yaml"), Data: data}, err
}

// staticPodNote tells an operator what the host needs before the kubelet reads the
// file: a kubelet says of what is missing only in its log.
func (g *gateway) staticPodNote() string {
	where := "where the kubelet's staticPodPath points"
	if d := facts.Distribution(g.all.Topology.Spec.Cluster.Distribution).StaticPods; d.IsKnown() {
		where = d.Value + "/, or wherever the kubelet's staticPodPath points"
	}
	step := "3"
	if len(g.host.Made) > 0 {
		step = "4"
	}
	tables := tree.InRegion(g.region.Name, "gateway/"+host.Dir(g.host)+host.Tables)
	return tree.Header(g.all.Topology.Metadata.Name) + `#
# A gateway of region ` + g.region.Name + `, on: ` + strings.Join(g.plan.Names(g.host), ", ") + `
# On ` + eachHost(g.host) + `, in this order:
#   1. host/*, ` + host.FleetTables + ` and ` + tables + ` of this tree to ` + host.ProgramDir + `/,
#      with their modes
#   2. the auth key to ` + g.all.Topology.Spec.Tailnet.Auth.HostDir + `/authkey (directory 0700, file 0400, root's)
` + g.addressNote() + `#   ` + step + `. this file to ` + where + `
# A kubelet with --cloud-provider=external also needs --node-ip, or it cannot tell HOST_IP.
# The cluster shows the pod once it has the namespace ` + schema.Namespace + ` (cluster/namespace.yaml);
# the gateway runs without. Never apply this file with kubectl: it would be an ordinary pod.
`
}

// addressNote is the step in which a host gets an address that its kubelet can register.
func (g *gateway) addressNote() string {
	if len(g.host.Made) == 0 {
		return ""
	}
	return `#   3. ` + tree.InRegion(g.region.Name, "gateway/systemd/*") + ` to /etc/systemd/system/, then, before the kubelet starts,
#      systemctl enable --now ` + host.AddressService + `; the kubelet runs with --node-ip=` + g.host.NodeIP() + `
`
}

func eachHost(h *plan.Host) string {
	if h.Node != nil {
		return "this host and no other"
	}
	return "each of these hosts"
}
