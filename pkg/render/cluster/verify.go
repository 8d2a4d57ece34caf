package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/kube"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cluster/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const (
	// verifyPort is the pods' own; nothing of the node's is opened.
	verifyPort = 8080
	// verifyDir is where programs and tables are in a pod, and verifyWork what it may write.
	verifyDir  = "/verify"
	verifyWork = "/tmp"
	// roleLabel says which kind of node a pod stands for.
	roleLabel = schema.Group + "/role"
	// authorities is where OpenSSL of the image looks for them (alpine aports,
	// main/busybox/ssl_client.c uses libtls, whose default it is; main/ca-certificates).
	authorities = "/etc/ssl/cert.pem"
	// most pods of one kind in a region: two gateways are a primary and a standby.
	most = 2
)

// The kinds of nodes that a region has.
const (
	onGateway = "gateway"
	onNode    = "node"
)

// Verify is the directory whose objects ask whether the regions reach each other. It is in
// no other kustomization: who applies it takes it away again. Its namespace is its own, and
// admits no pod that wants any right on its node.
func Verify(p *plan.Plan) ([]tree.File, error) {
	v := &verify{p}
	header := tree.Header(p.Topology.Metadata.Name)
	kustomization, err := tree.KustomizationOf(header, plan.VerifyPath, "verify.yaml")
	if err != nil {
		return nil, err
	}
	objects, err := tree.Documents(header+verifyAbout, v.objects()...)
	return []tree.File{kustomization, {Path: plan.VerifyPath + "/verify.yaml", Data: objects}}, err
}

const verifyAbout = `#
# Pods in every region ask each other, and a Job prints one table: which region reaches which, how, and where to
# look if not. It fails where a cell failed.
#
#   kubectl apply -k ` + plan.VerifyPath + `
#   kubectl -n ` + plan.VerifyNamespace + ` wait --for=jsonpath='{.status.ready}'=1 --timeout=10m job/verify
#   kubectl -n ` + plan.VerifyNamespace + ` logs --follow job/verify
#   kubectl delete -k ` + plan.VerifyPath + ` --ignore-not-found
`

type verify struct{ plan *plan.Plan }

func (v *verify) objects() []any {
	objects := []any{v.namespace(), v.configMap()}
	objects = append(objects, v.account("probe", "pods", "services")...)
	objects = append(objects, v.account("collect", "pods", "pods/log", "pods/proxy")...)
	for i := range v.plan.Regions {
		r := &v.plan.Regions[i]
		objects = append(objects, v.service(r))
		for _, role := range roles(r) {
			objects = append(objects, v.deployment(r, role))
		}
	}
	return append(objects, v.job())
}

// roles are the kinds of nodes that the region may have.
func roles(r *plan.Region) []string {
	if plan.EveryNodeIsGateway(r.Region) {
		return []string{onGateway}
	}
	return []string{onGateway, onNode}
}

// pods is how many of a kind the region gets.
func pods(r *plan.Region, role string) int {
	if role == onNode {
		return 1
	}
	return min(most, max(1, len(r.Region.Gateways.Nodes)))
}

// meta has no label of ours that all objects have: the namespace says whose they are.
func (v *verify) meta(name string, labels map[string]string) kube.ObjectMeta {
	return kube.ObjectMeta{Name: name, Namespace: plan.VerifyNamespace, Labels: labels}
}

func (v *verify) namespace() *kube.Namespace {
	labels := Labels(v.plan)
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = "restricted"
	}
	return &kube.Namespace{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: kube.ObjectMeta{Name: plan.VerifyNamespace, Labels: labels},
	}
}

func (v *verify) configMap() *kube.ConfigMap {
	data := map[string]string{"tables": v.tables()}
	for _, f := range program.Files() {
		data[f.Name] = string(f.Data)
	}
	meta := v.meta("verify", nil)
	meta.Annotations = literal()
	return &kube.ConfigMap{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: meta,
		Data:       data,
	}
}

// tables are what the program is told of the topology.
func (v *verify) tables() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nnamespace %s\nport %d\nkubelet %d\nservices%s\n",
		program.Format, plan.VerifyNamespace, verifyPort, facts.KubeletPort, families(v.plan.Topology.Spec.Cluster.ServiceCIDRs))
	for i := range v.plan.Regions {
		r := &v.plan.Regions[i]
		name := r.Region.Name
		fmt.Fprintf(&b, "families %s pods%s\nfamilies %s nodes%s\nservice %s %s\n",
			name, families(r.Region.PodCIDRs), name, families(r.Region.NodeCIDRs), name, serviceName(name))
		for _, role := range roles(r) {
			fmt.Fprintf(&b, "pods %s %s %d\n", name, role, pods(r, role))
		}
	}
	return b.String()
}

// families are those of the prefixes, each with a blank in front.
func families(prefixes []netip.Prefix) string {
	s := ""
	if slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Addr().Is4() }) {
		s += " IPv4"
	}
	if slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		s += " IPv6"
	}
	return s
}

// account is one with a role that reads those resources of its own namespace, and nothing
// else. Only pods and Services are listed; what belongs to one pod is got.
func (v *verify) account(name string, resources ...string) []any {
	var rules []kube.PolicyRule
	for _, r := range resources {
		verb := "list"
		if strings.Contains(r, "/") {
			verb = "get"
		}
		rules = append(rules, kube.PolicyRule{APIGroups: []string{""}, Resources: []string{r}, Verbs: []string{verb}})
	}
	group := kube.RBACVersion
	return []any{
		&kube.ServiceAccount{TypeMeta: kube.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}, ObjectMeta: v.meta(name, nil)},
		&kube.Role{TypeMeta: kube.TypeMeta{APIVersion: group, Kind: "Role"}, ObjectMeta: v.meta(name, nil), Rules: rules},
		&kube.RoleBinding{
			TypeMeta: kube.TypeMeta{APIVersion: group, Kind: "RoleBinding"}, ObjectMeta: v.meta(name, nil),
			RoleRef:  kube.RoleRef{APIGroup: kube.RBACGroup, Kind: "Role", Name: name},
			Subjects: []kube.Subject{{Kind: kube.ServiceAccountKind, Name: name, Namespace: plan.VerifyNamespace}},
		},
	}
}

// serviceName fits into the 63 characters of a DNS label, which a Service's name is.
func serviceName(region string) string {
	name := "answer-" + region
	if len(name) <= 63 {
		return name
	}
	sum := sha256.Sum256([]byte(region))
	return name[:54] + "-" + hex.EncodeToString(sum[:4])
}

func (v *verify) service(r *plan.Region) *kube.Service {
	of := map[string]string{schema.RegionLabel: r.Region.Name}
	return &kube.Service{
		TypeMeta:   kube.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: v.meta(serviceName(r.Region.Name), of),
		Spec: kube.ServiceSpec{
			Selector:       of,
			Ports:          []kube.ServicePort{{Name: "http", Port: verifyPort, TargetPort: intstr.FromString("http"), Protocol: kube.ProtocolTCP}},
			IPFamilyPolicy: new(string(kube.IPFamilyPolicyPreferDualStack)),
		},
	}
}

func (v *verify) deployment(r *plan.Region, role string) *kube.Deployment {
	labels := map[string]string{schema.RegionLabel: r.Region.Name, roleLabel: role}
	spec := v.pod("probe", v.asked(v.container("serve")), v.asked(v.container("probe")))
	spec.Containers[0].Ports = []kube.ContainerPort{{Name: "http", ContainerPort: verifyPort, Protocol: kube.ProtocolTCP}}
	spec.Containers[0].ReadinessProbe = &kube.Probe{
		ProbeHandler:  kube.ProbeHandler{HTTPGet: &kube.HTTPGetAction{Path: "/", Port: intstr.FromString("http")}},
		PeriodSeconds: 5, TimeoutSeconds: 5,
	}
	if role == onGateway {
		spec.NodeSelector = r.NodeLabels()
		maps.Copy(spec.NodeSelector, r.GatewayLabels())
		// A node each: the standby's way is another one.
		spec.TopologySpreadConstraints = []kube.TopologySpreadConstraint{{
			MaxSkew: 1, TopologyKey: kube.LabelHostname, WhenUnsatisfiable: kube.DoNotSchedule,
			LabelSelector: &kube.LabelSelector{MatchLabels: labels},
		}}
	} else {
		spec.Affinity = (&nodeRoutes{all: v.plan, plan: r, region: r.Region}).notGateways()
	}
	return &kube.Deployment{
		TypeMeta: kube.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"}, ObjectMeta: v.meta(role+"-"+r.Region.Name, nil),
		Spec: kube.DeploymentSpec{
			Replicas: new(int32(pods(r, role))),
			Selector: &kube.LabelSelector{MatchLabels: labels},
			Template: kube.PodTemplateSpec{ObjectMeta: kube.ObjectMeta{Labels: labels}, Spec: spec},
		},
	}
}

// job ends with what the table says, and asks nothing twice. Where no API server reaches the
// kubelet that has its log, the table is in the pod's status.
func (v *verify) job() *kube.Job {
	c := v.container("collect")
	c.TerminationMessagePolicy = kube.TerminationMessageFallbackToLogsOnError
	spec := v.pod("collect", c)
	spec.RestartPolicy = kube.RestartPolicyNever
	spec.Affinity = v.nearAPIServer()
	return &kube.Job{
		TypeMeta: kube.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}, ObjectMeta: v.meta("verify", nil),
		Spec: kube.JobSpec{
			BackoffLimit:          new(int32(0)),
			ActiveDeadlineSeconds: new(int64(900)),
			Template:              kube.PodTemplateSpec{Spec: spec},
		},
	}
}

// nearAPIServer has the table made where the API server is reached without a tunnel, if
// there is room.
func (v *verify) nearAPIServer() *kube.Affinity {
	var near []string
	for i := range v.plan.Regions {
		if r := &v.plan.Regions[i]; r.LocalAPIServer {
			near = append(near, r.Region.Name)
		}
	}
	if len(near) == 0 {
		return nil
	}
	return &kube.Affinity{NodeAffinity: &kube.NodeAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []kube.PreferredSchedulingTerm{{
			Weight: 100,
			Preference: kube.NodeSelectorTerm{MatchExpressions: []kube.NodeSelectorRequirement{
				{Key: schema.RegionLabel, Operator: kube.NodeSelectorOpIn, Values: near},
			}},
		}},
	}}
}

// pod has no right on its node, and fits into a namespace that admits nothing else.
func (v *verify) pod(account string, containers ...kube.Container) kube.PodSpec {
	return kube.PodSpec{
		ServiceAccountName:            account,
		Containers:                    containers,
		EnableServiceLinks:            new(false),
		TerminationGracePeriodSeconds: new(int64(2)),
		// Nodes with GPUs keep pods off that want none.
		Tolerations: []kube.Toleration{{Operator: kube.TolerationOpExists}},
		SecurityContext: &kube.PodSecurityContext{
			RunAsNonRoot: new(true), RunAsUser: new(int64(65534)), RunAsGroup: new(int64(65534)),
			SeccompProfile: &kube.SeccompProfile{Type: kube.SeccompProfileTypeRuntimeDefault},
		},
		Volumes: []kube.Volume{
			{Name: "verify", VolumeSource: kube.VolumeSource{ConfigMap: &kube.ConfigMapVolumeSource{
				LocalObjectReference: kube.LocalObjectReference{Name: "verify"},
			}}},
			// Every namespace has it (kubernetes v1.33.1, pkg/controller/certificates/rootcacertpublisher).
			{Name: "authorities", VolumeSource: kube.VolumeSource{ConfigMap: &kube.ConfigMapVolumeSource{
				LocalObjectReference: kube.LocalObjectReference{Name: "kube-root-ca.crt"},
			}}},
			emptyDirVolume("work"),
		},
	}
}

// container has the program do what it is called for. Of a pod's containers, one writes.
func (v *verify) container(verb string) kube.Container {
	return kube.Container{
		Name:       verb,
		Image:      v.plan.Topology.Spec.Tailnet.Image,
		Command:    []string{"/bin/sh", verifyDir + "/" + program.Verify, verb},
		WorkingDir: verifyWork,
		Resources:  requests("5m", "16Mi"),
		VolumeMounts: []kube.VolumeMount{
			mountReadOnly("verify", verifyDir),
			mount("work", verifyWork),
			{Name: "authorities", MountPath: authorities, SubPath: "ca.crt", ReadOnly: true},
		},
		SecurityContext: &kube.SecurityContext{
			Capabilities:             &kube.Capabilities{Drop: []string{"ALL"}},
			ReadOnlyRootFilesystem:   new(true),
			AllowPrivilegeEscalation: new(false),
		},
	}
}

// asked tells a container who its pod is.
func (v *verify) asked(c kube.Container) kube.Container {
	field := func(path string) *kube.EnvVarSource {
		return &kube.EnvVarSource{FieldRef: &kube.ObjectFieldSelector{FieldPath: path}}
	}
	c.Env = []kube.EnvVar{
		{Name: "REGION", ValueFrom: field("metadata.labels['" + schema.RegionLabel + "']")},
		{Name: "POD", ValueFrom: field("metadata.name")},
		{Name: "ADDRESSES", ValueFrom: field("status.podIPs")},
	}
	return c
}
