package render

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const (
	// wireGuardPort is Tailscale's usual port (tailscale 1.84.3,
	// cmd/tailscaled/tailscaled.go: defaultPort); unset, every start would pick another.
	wireGuardPort = 41641
	// socketDir is where the CLI looks for tailscaled (tailscale 1.84.3, paths/paths.go),
	// shared by the containers of a gateway.
	socketDir = "/var/run/tailscale"
	socket    = socketDir + "/tailscaled.sock"
	// stateDir is where tailscaled keeps what it must find again.
	stateDir = "/var/lib/tailscale"
	// authDir holds the auth key, in a container; on a static pod's host it is
	// Tailnet.Auth.HostDir.
	authDir = "/etc/kustomize-hybrid/auth"
)

// environment is every variable of the tailscale container, in the order in which
// they can refer to each other. containerboot has a default for most of them, and
// the default is wrong for a gateway or differs between versions (tailscale 1.84.3
// and 1.102.3, cmd/containerboot/settings.go), so nothing is left to it.
func (p *Plan) environment(r *RegionPlan) []corev1.EnvVar {
	env := []corev1.EnvVar{hostIP()}
	if r.State == StateSecret {
		env = append(env, nodeName())
	}
	env = append(env, p.identity()...)
	env = append(env, p.routing(r)...)
	env = append(env, stateVariables(r)...)
	return append(env, healthVariables(r)...)
}

// hostIP is the one variable that only the kubelet knows.
func hostIP() corev1.EnvVar { return fieldVariable("HOST_IP", "status.hostIP") }

func nodeName() corev1.EnvVar { return fieldVariable("NODE_NAME", "spec.nodeName") }

func fieldVariable(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: path},
	}}
}

func variable(name, value string) corev1.EnvVar { return corev1.EnvVar{Name: name, Value: value} }

// identity is how the gateway joins the tailnet.
func (p *Plan) identity() []corev1.EnvVar {
	return []corev1.EnvVar{
		// A file, so that the key is in no manifest and no process list (tailscale
		// 1.84.3, cmd/tailscale/cli/up.go: getAuthKey).
		variable("TS_AUTHKEY", "file:"+authDir+"/authkey"),
		// With true, a restart would ignore changes of TS_EXTRA_ARGS (tailscale 1.84.3,
		// cmd/containerboot/tailscaled.go: tailscaleSet).
		variable("TS_AUTH_ONCE", "false"),
		variable("TS_EXTRA_ARGS", p.extraArgs()),
	}
}

// extraArgs are the flags of `tailscale up` that have no variable. --reset makes
// them the whole truth: without it a flag that is dropped later keeps the gateway
// from starting (tailscale 1.84.3, cmd/tailscale/cli/up.go: checkForAccidentalSettingReverts).
func (p *Plan) extraArgs() string {
	t := &p.Topology.Spec.Tailnet
	args := []string{"--reset"}
	if t.ControlURL != "" {
		args = append(args, "--login-server="+t.ControlURL)
	}
	if p.AdvertiseTag {
		args = append(args, "--advertise-tags="+t.Tag)
	}
	args = append(args,
		"--accept-routes=true",
		// Pods keep their addresses end to end.
		"--snat-subnet-routes=false",
		// On, it drops what the LAN opens towards the tunnel.
		"--stateful-filtering=false",
		"--netfilter-mode="+string(t.NetfilterMode),
	)
	return strings.Join(args, " ")
}

// routing is what the gateway does with packets.
func (p *Plan) routing(r *RegionPlan) []corev1.EnvVar {
	return []corev1.EnvVar{
		variable("TS_ROUTES", joinPrefixes(r.Advertise)),
		// --accept-dns: a gateway resolves names as its host does.
		variable("TS_ACCEPT_DNS", "false"),
		// The default, true, forwards nothing in the kernel.
		variable("TS_USERSPACE", "false"),
		variable("PORT", strconv.Itoa(wireGuardPort)),
		variable("TS_DEBUG_FIREWALL_MODE", string(p.Firewall)),
		// An idle peer that is trimmed forgets its session: a gateway that is primary
		// again would be deaf for 14 s (measured in namespaces with tailscaled 1.84.3,
		// wgengine/userspace.go; versions without trimming ignore it).
		variable("TS_DEBUG_TRIM_WIREGUARD", "false"),
	}
}

// joinPrefixes separates with nothing but commas: containerboot and tailscale trim
// no blanks, and one is fatal (tailscale 1.84.3, cmd/containerboot/forwarding.go).
func joinPrefixes(prefixes []netip.Prefix) string {
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		texts[i] = p.String()
	}
	return strings.Join(texts, ",")
}

// stateVariables say where the gateway's identity is kept.
func stateVariables(r *RegionPlan) []corev1.EnvVar {
	env := []corev1.EnvVar{variable("TS_SOCKET", socket), variable("TS_STATE_DIR", stateDir)}
	if r.State == StateSecret {
		return append(env,
			variable("TS_KUBE_SECRET", stateSecretName("$(NODE_NAME)")),
			// A pod on the host network with the host's resolver cannot look up
			// kubernetes.default.svc (tailscale 1.84.3, ipn/store/kubestore/store_kube.go).
			variable("TS_KUBERNETES_READ_API_SERVER_ADDRESS_FROM_ENV", "true"),
		)
	}
	return append(env,
		variable("TS_KUBE_SECRET", ""),
		// The kubelet gives every container the API server's address once it knows
		// services, and before 1.96 containerboot then insists on a service account: a
		// static pod would come up once and never again (tailscale#8188). What the pod
		// itself says wins over the kubelet (kubernetes v1.33.1, pkg/kubelet/kubelet_pods.go).
		variable("KUBERNETES_SERVICE_HOST", ""),
	)
}

// healthVariables put /healthz and /metrics where those who ask can reach them, and
// nobody else: the default is every address of the host.
func healthVariables(r *RegionPlan) []corev1.EnvVar {
	return []corev1.EnvVar{
		variable("TS_ENABLE_HEALTH_CHECK", "true"),
		// tailscaled_approved_routes below tailscaled_advertised_routes is the one sign of
		// a policy that does not approve what a gateway advertises.
		variable("TS_ENABLE_METRICS", "true"),
		variable("TS_LOCAL_ADDR_PORT", healthAddress(r)),
	}
}

func healthAddress(r *RegionPlan) string {
	port := ":" + strconv.Itoa(HealthPort)
	switch {
	case r.Health == HealthLoopback:
		return "127.0.0.1" + port
	case r.HostIPv6:
		return "[$(HOST_IP)]" + port
	}
	return "$(HOST_IP)" + port
}

// envFiles are the same variables for whoever runs the container without a kubelet:
// one file for the region, or one for each host where they differ.
func (p *Plan) envFiles(r *RegionPlan) []File {
	dir := "regions/" + r.Region.Name + "/gateway/"
	if r.State != StateSecret {
		return []File{{Path: dir + "gateway.env", Data: p.envFile(r, schema.GatewayNode{})}}
	}
	var files []File
	for _, n := range r.Region.Gateways.Nodes {
		files = append(files, File{Path: dir + n.Name + ".env", Data: p.envFile(r, n)})
	}
	return files
}

func (p *Plan) envFile(r *RegionPlan, n schema.GatewayNode) []byte {
	var b bytes.Buffer
	for _, v := range p.environment(r) {
		if v.ValueFrom == nil {
			b.WriteString(v.Name + "=" + strings.ReplaceAll(v.Value, "$(NODE_NAME)", n.Name) + "\n")
		}
	}
	return b.Bytes()
}
