// Package placement spells kustomize Components for what belongs to one region and for
// what has to be near in each: they patch objects of the cluster's users, so nothing of
// them is part of the build.
//
// Start with Files. docs/placement.md says what each is for, what it costs and what it
// cannot do.
package placement

import (
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Files are the Components of a topology, in placement/; none where all nodes are in one
// region.
func Files(p *plan.Plan) ([]tree.File, error) {
	if len(p.Regions) < 2 {
		return nil, nil
	}
	header := tree.Header(p.Topology.Metadata.Name)
	var files []tree.File
	for _, c := range components(p) {
		made, err := c.files(header)
		if err != nil {
			return nil, err
		}
		files = append(files, made...)
	}
	return files, nil
}

func components(p *plan.Plan) []component {
	var list []component
	for i := range p.Regions {
		list = append(list, stayIn(p.Regions[i].Region.Name))
	}
	list = append(list, gpu(), storage(), dns(p))
	if near(p) {
		list = append(list, component{name: "near", why: "Services prefer endpoints in the zone of the client.",
			patches: []patch{{target: tree.Target{Kind: "Service"}, object: preferClose("any")}}})
	}
	return list
}

// component is one directory.
type component struct {
	name    string
	why     string
	patches []patch
	objects []object
}

// patch is a strategic merge patch of every object of the build that the target names. It
// has a file of its own where kubectl is to read it, too.
type patch struct {
	file   string
	target tree.Target
	object any
}

// object is added to the build.
type object struct {
	file  string
	value any
}

func (c component) files(header string) ([]tree.File, error) {
	dir := "placement/" + c.name + "/"
	var files []tree.File
	add := func(name, header string, v any) error {
		data, err := tree.Documents(header, v)
		files = append(files, tree.File{Path: dir + name, Data: data})
		return err
	}
	var resources []string
	for _, o := range c.objects {
		resources = append(resources, o.file)
		if err := add(o.file, header, o.value); err != nil {
			return nil, err
		}
	}
	var patches []tree.Patch
	for _, p := range c.patches {
		if p.file == "" {
			text, err := tree.YAML(p.object)
			if err != nil {
				return nil, err
			}
			patches = append(patches, tree.Patch{Text: string(text), Target: p.target})
			continue
		}
		patches = append(patches, tree.Patch{Path: p.file, Target: p.target})
		if err := add(p.file, header, p.object); err != nil {
			return nil, err
		}
	}
	err := add("kustomization.yaml", header+"# "+c.why+"\n", tree.Component(resources, patches))
	return files, err
}

// workloads are the kinds that make pods from a template at .spec.template.
const workloads = "DaemonSet|Deployment|StatefulSet"

// stayIn uses a node selector and not an affinity: it stands beside the affinity that an
// object brings, and both must hold. nodeSelectorTerms have no merge key, so a patch of
// them takes the object's own away (kubernetes v1.33.1, k8s.io/api core/v1 NodeSelector).
func stayIn(region string) component {
	return component{name: "stay-in-" + region, why: "Pods of this build run on nodes of region " + region + " alone.", patches: []patch{{
		target: tree.Target{Kind: workloads},
		object: workload{APIVersion: "apps/v1", Kind: "DaemonSet", Metadata: named{"any"},
			Spec: workloadSpec{Template: template{podSpec{NodeSelector: map[string]string{schema.RegionLabel: region}}}}},
	}}}
}

// gpuTaint is what NVIDIA's device plugin tolerates (NVIDIA/k8s-device-plugin v0.17.1,
// deployments/static/nvidia-device-plugin.yml). gpuLabel is what its GPU feature discovery
// calls nodes with a GPU; where that does not run, docs/placement.md has people set it.
const (
	gpuLabel = "nvidia.com/gpu.present"
	gpuTaint = "nvidia.com/gpu"
)

// gpu has the node selector in the DaemonSet as well as in the RuntimeClass. What a
// RuntimeClass adds is not in the template, by which the DaemonSet controller chooses
// nodes: it would make pods for nodes without a GPU that stay Pending (kubernetes v1.33.1,
// plugin/pkg/admission/runtimeclass and pkg/controller/daemon).
func gpu() component {
	onGPU := map[string]string{gpuLabel: "true"}
	return component{name: "gpu", why: "DaemonSets of this build run on every node with a GPU, whatever its taints, by the runtime class nvidia.",
		objects: []object{{"runtimeclass.yaml", runtimeClass{APIVersion: "node.k8s.io/v1", Kind: "RuntimeClass", Metadata: named{"nvidia"}, Handler: "nvidia",
			Scheduling: scheduling{NodeSelector: onGPU, Tolerations: []toleration{{Key: gpuTaint, Operator: "Exists"}}}}}},
		patches: []patch{{target: tree.Target{Kind: "DaemonSet"},
			object: workload{APIVersion: "apps/v1", Kind: "DaemonSet", Metadata: named{"any"},
				Spec: workloadSpec{Template: template{podSpec{RuntimeClassName: "nvidia", NodeSelector: onGPU, Tolerations: []toleration{{Operator: "Exists"}}}}}}}}}
}

// storage has no topologies: their keys are the driver's and their values the cloud's.
func storage() component {
	return component{name: "storage", why: "A volume is made where its pod can run, and not before.", patches: []patch{{
		target: tree.Target{Kind: "StorageClass"},
		object: storageClass{APIVersion: "storage.k8s.io/v1", Kind: "StorageClass", Metadata: named{"any"}, VolumeBindingMode: "WaitForFirstConsumer"},
	}}}
}

// dnsLabel finds CoreDNS and its Service (kubernetes v1.33.1,
// cmd/kubeadm/app/phases/addons/dns/manifests.go).
const dnsLabel = "k8s-app=kube-dns"

// dns has two replicas in each region, so that one may go. matchLabelKeys keeps the pods
// of the old template from being counted during a roll-out.
func dns(p *plan.Plan) component {
	replicas := 2 * len(p.Regions)
	c := component{name: "dns", why: "CoreDNS runs in every region.", patches: []patch{{
		file: "deployment.yaml", target: tree.Target{Kind: "Deployment", LabelSelector: dnsLabel},
		object: workload{APIVersion: "apps/v1", Kind: "Deployment", Metadata: named{"coredns"}, Spec: workloadSpec{
			Replicas: &replicas,
			Template: template{podSpec{
				Tolerations: dnsTolerations(p),
				Spread: []spread{{MaxSkew: 1, TopologyKey: schema.RegionLabel, WhenUnsatisfiable: "DoNotSchedule", NodeTaintsPolicy: "Honor",
					LabelSelector: labelSelector{map[string]string{"k8s-app": "kube-dns"}}, MatchLabelKeys: []string{"pod-template-hash"}}},
			}},
		}},
	}}}
	if near(p) {
		c.why = "CoreDNS runs in every region, and answers there."
		c.patches = append(c.patches, patch{file: "service.yaml", target: tree.Target{Kind: "Service", LabelSelector: dnsLabel}, object: preferClose("kube-dns")})
	}
	return c
}

// dnsTolerations are those of kubeadm's CoreDNS, because the list is replaced and not
// merged, and those that its pods need on nodes which the topology knows.
func dnsTolerations(p *plan.Plan) []toleration {
	keys := []string{"CriticalAddonsOnly", "node-role.kubernetes.io/control-plane", gpuTaint}
	for i := range p.Regions {
		for _, n := range p.Regions[i].Region.Nodes {
			for _, t := range n.Taints {
				keys = append(keys, t.Key)
			}
		}
	}
	slices.Sort(keys)
	var list []toleration
	for _, key := range slices.Compact(keys) {
		list = append(list, toleration{Key: key, Operator: "Exists"})
	}
	return list
}

// near reports whether the API server keeps trafficDistribution.
func near(p *plan.Plan) bool {
	return facts.TrafficDistribution().Contains(p.Topology.Spec.Cluster.KubernetesVersion)
}

func preferClose(name string) service {
	return service{APIVersion: "v1", Kind: "Service", Metadata: named{name}, Spec: serviceSpec{TrafficDistribution: "PreferClose"}}
}
