package render

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
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
	// tokenFile is the service account's token in authDir.
	tokenFile = "token"
	// deviceAttributes follow a client ID. Without them the device is ephemeral and the
	// tailnet forgets it while the gateway is down, and it waits for somebody to approve
	// it (tailscale 1.102.3, feature/identityfederation/identityfederation.go:
	// parseOptionalAttributes).
	deviceAttributes = "?ephemeral=false&preauthorized=true"
)

// environment is every variable of the tailscale container, in the order in which
// they can refer to each other. containerboot has a default for most of them, and
// the default is wrong for a gateway or differs between versions (tailscale 1.84.3
// and 1.102.3, cmd/containerboot/settings.go), so nothing is left to it but the
// hostname: on the host network that is the node's, by which watch.sh knows its peers.
func (g *gateway) environment() []corev1.EnvVar {
	env := []corev1.EnvVar{hostIP()}
	if g.State == plan.StateSecret {
		env = append(env, nodeName())
	}
	env = append(env, g.identity()...)
	env = append(env, g.routing()...)
	env = append(env, g.stateVariables()...)
	return append(env, g.healthVariables()...)
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
func (g *gateway) identity() []corev1.EnvVar {
	return append(g.credentials(),
		// With true, a restart would ignore changes of TS_EXTRA_ARGS (tailscale 1.84.3,
		// cmd/containerboot/tailscaled.go: tailscaleSet).
		variable("TS_AUTH_ONCE", "false"),
		variable("TS_EXTRA_ARGS", g.extraArgs()),
	)
}

// credentials are files, so that a key or a token is in no manifest and no process
// list (tailscale 1.84.3 and 1.102.3, cmd/tailscale/cli/up.go: getAuthKey, getIDToken).
func (g *gateway) credentials() []corev1.EnvVar {
	auth := &g.plan.Topology.Spec.Tailnet.Auth
	if !g.Federated {
		return []corev1.EnvVar{variable("TS_AUTHKEY", "file:"+authDir+"/authkey")}
	}
	// containerboot refuses a key beside these, and TS_AUDIENCE beside a token, which
	// it would ask a cloud's metadata server for instead (tailscale 1.102.3,
	// cmd/containerboot/settings.go, wif/wif.go).
	return []corev1.EnvVar{
		variable("TS_CLIENT_ID", auth.WorkloadIdentity.ClientID+deviceAttributes),
		variable("TS_ID_TOKEN", "file:"+authDir+"/"+tokenFile),
	}
}

// extraArgs are the flags of `tailscale up` that have no variable. --reset makes
// them the whole truth: without it a flag that is dropped later keeps the gateway
// from starting (tailscale 1.84.3, cmd/tailscale/cli/up.go: checkForAccidentalSettingReverts).
func (g *gateway) extraArgs() string {
	t := &g.plan.Topology.Spec.Tailnet
	args := []string{"--reset"}
	if t.ControlURL != "" {
		args = append(args, "--login-server="+t.ControlURL)
	}
	if g.plan.AdvertiseTag {
		args = append(args, "--advertise-tags="+t.GatewayTag(g.Region.Name))
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
func (g *gateway) routing() []corev1.EnvVar {
	return []corev1.EnvVar{
		variable("TS_ROUTES", joinPrefixes(g.host.Advertise)),
		// --accept-dns: a gateway resolves names as its host does.
		variable("TS_ACCEPT_DNS", "false"),
		// The default, true, forwards nothing in the kernel.
		variable("TS_USERSPACE", "false"),
		variable("PORT", strconv.Itoa(wireGuardPort)),
		variable("TS_DEBUG_FIREWALL_MODE", string(g.plan.Firewall)),
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
func (g *gateway) stateVariables() []corev1.EnvVar {
	env := []corev1.EnvVar{variable("TS_SOCKET", socket), variable("TS_STATE_DIR", stateDir)}
	if g.State == plan.StateSecret {
		return append(env,
			variable("TS_KUBE_SECRET", plan.StateSecretName("$(NODE_NAME)")),
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
func (g *gateway) healthVariables() []corev1.EnvVar {
	return []corev1.EnvVar{
		variable("TS_ENABLE_HEALTH_CHECK", "true"),
		// tailscaled_approved_routes below tailscaled_advertised_routes is the one sign of
		// a policy that does not approve what a gateway advertises.
		variable("TS_ENABLE_METRICS", "true"),
		variable("TS_LOCAL_ADDR_PORT", g.healthAddress()),
	}
}

func (g *gateway) healthAddress() string {
	port := ":" + strconv.Itoa(HealthPort)
	switch {
	case g.Health == plan.HealthLoopback:
		return "127.0.0.1" + port
	case g.HostIPv6:
		return "[$(HOST_IP)]" + port
	}
	return "$(HOST_IP)" + port
}

// envFiles are the same variables for whoever runs the container without a kubelet:
// one file for the region, or one for each host where they differ.
func (g *gateway) envFiles() []File {
	if n := g.host.Node; n != nil {
		return []File{{Path: g.path("gateway/" + n.Name + ".env"), Data: g.envFile(*n)}}
	}
	if g.State != plan.StateSecret {
		return []File{{Path: g.path("gateway/gateway.env"), Data: g.envFile(schema.GatewayNode{})}}
	}
	var files []File
	for _, n := range g.Region.Gateways.Nodes {
		files = append(files, File{Path: g.path("gateway/" + n.Name + ".env"), Data: g.envFile(n)})
	}
	return files
}

func (g *gateway) envFile(n schema.GatewayNode) []byte {
	var b bytes.Buffer
	b.WriteString(g.plan.header())
	for _, v := range g.environment() {
		if v.ValueFrom == nil {
			b.WriteString(v.Name + "=" + strings.ReplaceAll(v.Value, "$(NODE_NAME)", n.Name) + "\n")
		}
	}
	return b.Bytes()
}
