package host

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// environment is every variable of the tailscale container, in the order in which
// they can refer to each other. containerboot has a default for most of them, and
// the default is wrong for a gateway or differs between versions (tailscale 1.84.3
// and 1.102.3, cmd/containerboot/settings.go), so nothing is left to it but the
// hostname: on the host network that is the node's, by which gateway-watch.sh knows its peers.
func environment(p *plan.Plan, r *plan.Region, h *plan.Host) []Variable {
	g := gateway{all: p, plan: r, region: r.Region, host: h}
	if r.Region.Gateways.OnHost() {
		return g.hostEnvironment()
	}
	env := []Variable{HostIP()}
	if g.plan.State == plan.StateSecret {
		env = append(env, nodeName())
	}
	env = append(env, g.identity()...)
	env = append(env, g.routing()...)
	env = append(env, g.stateVariables()...)
	return append(env, g.healthVariables()...)
}

// hostEnvironment is what gateway-host.sh is told: the same names as containerboot's, for
// the same things, and paths of the host. Whoever knows one knows the other.
func (g *gateway) hostEnvironment() []Variable {
	t := &g.all.Topology.Spec.Tailnet
	return append([]Variable{
		variable("TS_VERSION", string(t.TailscaleVersion)),
		variable("TS_AUTHKEY", "file:"+t.Auth.HostDir+"/authkey"),
		variable("TS_EXTRA_ARGS", g.extraArgs()),
	}, append(g.routing(),
		variable("TS_SOCKET", Socket),
		variable("TS_STATE_DIR", HostStateDir),
	)...)
}

// gateway is a gateway host whose environment is spelled.
type gateway struct {
	all    *plan.Plan
	plan   *plan.Region
	region *schema.Region
	host   *plan.Host
}

// HostIP is the one variable of every container that only the kubelet knows.
func HostIP() Variable { return Variable{Name: "HOST_IP", Field: "status.hostIP"} }

func nodeName() Variable { return Variable{Name: "NODE_NAME", Field: "spec.nodeName"} }

func variable(name, value string) Variable { return Variable{Name: name, Value: value} }

// identity is how the gateway joins the tailnet.
func (g *gateway) identity() []Variable {
	return append(g.credentials(),
		// With true, a restart would ignore changes of TS_EXTRA_ARGS (tailscale 1.84.3,
		// cmd/containerboot/tailscaled.go: tailscaleSet).
		variable("TS_AUTH_ONCE", "false"),
		variable("TS_EXTRA_ARGS", g.extraArgs()),
	)
}

// credentials are files, so that a key or a token is in no manifest and no process
// list (tailscale 1.84.3 and 1.102.3, cmd/tailscale/cli/up.go: getAuthKey, getIDToken).
func (g *gateway) credentials() []Variable {
	auth := &g.all.Topology.Spec.Tailnet.Auth
	if !g.plan.Federated {
		return []Variable{variable("TS_AUTHKEY", "file:"+AuthDir+"/authkey")}
	}
	// containerboot refuses a key beside these, and TS_AUDIENCE beside a token, which
	// it would ask a cloud's metadata server for instead (tailscale 1.102.3,
	// cmd/containerboot/settings.go, wif/wif.go).
	return []Variable{
		variable("TS_CLIENT_ID", auth.WorkloadIdentity.ClientID+deviceAttributes),
		variable("TS_ID_TOKEN", "file:"+AuthDir+"/"+TokenFile),
	}
}

// extraArgs are the flags of `tailscale up` that have no variable. --reset makes
// them the whole truth: without it a flag that is dropped later keeps the gateway
// from starting (tailscale 1.84.3, cmd/tailscale/cli/up.go: checkForAccidentalSettingReverts).
func (g *gateway) extraArgs() string {
	t := &g.all.Topology.Spec.Tailnet
	args := []string{"--reset"}
	if t.ControlURL != "" {
		args = append(args, "--login-server="+t.ControlURL)
	}
	if g.all.AdvertiseTag {
		args = append(args, "--advertise-tags="+t.GatewayTag(g.region.Name))
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
func (g *gateway) routing() []Variable {
	env := []Variable{
		variable("TS_ROUTES", joinPrefixes(g.host.Advertise)),
		// --accept-dns: a gateway resolves names as its host does.
		variable("TS_ACCEPT_DNS", "false"),
		// The default, true, forwards nothing in the kernel.
		variable("TS_USERSPACE", "false"),
		variable("PORT", strconv.Itoa(facts.TailscalePort)),
		variable("TS_DEBUG_FIREWALL_MODE", string(g.all.Firewall)),
	}
	if facts.Before(facts.TailscaleNeverTrims).Contains(g.all.Topology.Spec.Tailnet.TailscaleVersion) {
		// An idle peer that is trimmed forgets its session: a gateway that is primary
		// again would be deaf for 14 s (measured in namespaces with tailscaled 1.84.3,
		// wgengine/userspace.go).
		env = append(env, variable("TS_DEBUG_TRIM_WIREGUARD", "false"))
	}
	return env
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
func (g *gateway) stateVariables() []Variable {
	env := []Variable{variable("TS_SOCKET", Socket), variable("TS_STATE_DIR", StateDir)}
	if g.plan.State == plan.StateSecret {
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
func (g *gateway) healthVariables() []Variable {
	return []Variable{
		variable("TS_ENABLE_HEALTH_CHECK", "true"),
		// tailscaled_approved_routes below tailscaled_advertised_routes is the one sign of
		// a policy that does not approve what a gateway advertises.
		variable("TS_ENABLE_METRICS", "true"),
		variable("TS_LOCAL_ADDR_PORT", g.healthAddress()),
	}
}

func (g *gateway) healthAddress() string {
	port := ":" + strconv.Itoa(facts.TailscaleHealthPort)
	switch {
	case g.plan.Health == plan.HealthLoopback:
		return "127.0.0.1" + port
	case g.plan.HostIPv6:
		return "[$(HOST_IP)]" + port
	}
	return "$(HOST_IP)" + port
}

// envFiles are the same variables for whoever runs the container without a kubelet:
// one file for the region, or one for each host where they differ.
func envFiles(header string, r *plan.Region, h *plan.Host, env []Variable) []tree.File {
	file := func(name string, n schema.GatewayNode) tree.File {
		return tree.File{Path: tree.InRegion(r.Region.Name, "gateway/"+name+".env"), Data: envFile(header, env, n)}
	}
	if n := h.Node; n != nil {
		return []tree.File{file(n.Name, *n)}
	}
	if r.State != plan.StateSecret {
		return []tree.File{file("gateway", schema.GatewayNode{})}
	}
	var files []tree.File
	for _, n := range r.Region.Gateways.Nodes {
		files = append(files, file(n.Name, n))
	}
	return files
}

func envFile(header string, env []Variable, n schema.GatewayNode) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for _, v := range env {
		if v.Field == "" {
			b.WriteString(v.Name + "=" + strings.ReplaceAll(v.Value, "$(NODE_NAME)", n.Name) + "\n")
		}
	}
	return b.Bytes()
}
