package draft

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// router is a subnet router that somebody wrote: one region's.
type router struct {
	object
	field, name string
	// static reports whether a kubelet runs it from a file.
	static   bool
	routes   []netip.Prefix
	selector map[string]string
}

// addRouter keeps a router; several with the same routes are gateways of one region.
func (k *known) addRouter(r router) {
	slices.SortFunc(r.routes, netip.Prefix.Compare)
	r.routes = slices.Compact(r.routes)
	if len(r.routes) > 0 && !slices.ContainsFunc(k.routers, func(o router) bool { return slices.Equal(o.routes, r.routes) }) {
		k.routers = append(k.routers, r)
	}
}

// routesOf reads prefixes as tailscaled does, and says which it refuses (tailscale 1.84.3,
// net/netutil/routes.go: CalcAdvertiseRoutes).
func (k *known) routesOf(o object, field string, list []string) []netip.Prefix {
	var routes []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		switch {
		case err != nil && (strings.Contains(s, "key-") || strings.Contains(s, "@")): // it may be one that stands in the wrong place
			k.err(CodeManifestBroken, o, field, "what stands here is no prefix, so tailscaled refuses all of them and ends").Fix("write a prefix such as 10.0.0.0/16")
			continue
		case err != nil:
			k.err(CodeManifestBroken, o, field, "%q is no prefix, so tailscaled refuses all of them and ends", s).Fix("write a prefix such as 10.0.0.0/16")
			continue
		case p != p.Masked():
			k.err(CodeManifestBroken, o, field, "%s has bits set beyond its length, so tailscaled refuses all of them and ends", p).Fix("write %s", p.Masked())
		}
		routes = append(routes, p.Masked())
	}
	return routes
}

// pod is the pod of a workload, and where it stands.
func pod(o object) (spec map[string]any, path string) {
	path = "spec"
	v := o.dig("spec")
	if o.Kind != "Pod" {
		path, v = "spec.template.spec", o.dig("spec", "template", "spec")
	}
	spec, _ = v.(map[string]any)
	return spec, path
}

// workload reads a gateway that somebody wrote as a pod.
func (k *known) workload(o object) bool {
	spec, path := pod(o)
	if !slices.Contains([]string{"Pod", "DaemonSet", "Deployment", "StatefulSet"}, o.Kind) || spec == nil {
		return false
	}
	for i, c := range decoded.Items(spec, "containers") {
		g := &gateway{object: o, known: k, pod: spec, podPath: path, container: c, path: diag.Index(path+".containers", i), env: map[string]int{}}
		for j, e := range decoded.Items(c, "env") {
			g.env[decoded.Text(e, "name")] = j
		}
		if g.isTailscale() {
			g.read()
			return true
		}
	}
	return false
}

// gateway is a container of containerboot's; the names of its variables are of tailscale 1.84.3,
// cmd/containerboot/settings.go.
type gateway struct {
	object
	known         *known
	pod           map[string]any
	podPath, path string
	container     any
	env           map[string]int
}

// isTailscale: the image may be used for its shell alone.
func (g *gateway) isTailscale() bool {
	for name := range g.env {
		if strings.HasPrefix(name, "TS_") {
			return true
		}
	}
	return strings.Contains(decoded.Text(g.container, "image"), "tailscale/tailscale") && decoded.Dig(g.container, "command") == nil
}

// variable is what a variable says; set reports whether it is there at all.
func (g *gateway) variable(name string) (value, path string, set bool) {
	j, set := g.env[name]
	if !set {
		return "", g.path + ".env", false
	}
	path = diag.Index(g.path+".env", j)
	if value = decoded.Text(decoded.Items(g.container, "env")[j], "value"); value != "" {
		path += ".value"
	}
	return value, path, true
}

func (g *gateway) entry(name string) any {
	if j, ok := g.env[name]; ok {
		return decoded.Items(g.container, "env")[j]
	}
	return nil
}

func (g *gateway) broken(path, format string, args ...any) *diag.Diagnostic {
	return g.known.err(CodeManifestBroken, g.object, path, format, args...)
}

func (g *gateway) fragile(path, format string, args ...any) *diag.Diagnostic {
	return g.known.warn(CodeManifestFragile, g.object, path, format, args...)
}

// read takes what it says, and checks it.
func (g *gateway) read() {
	for _, check := range []func(*gateway){
		(*gateway).routes, (*gateway).image, (*gateway).key, (*gateway).state, (*gateway).arguments, (*gateway).kernel, (*gateway).volumes, (*gateway).tolerations, (*gateway).clamp, (*gateway).firewall,
	} {
		check(g)
	}
}

func (g *gateway) routes() {
	value, path, set := g.variable("TS_ROUTES")
	if args, at, _ := g.variable("TS_EXTRA_ARGS"); !set {
		for _, a := range strings.Fields(args) {
			if routes, ok := strings.CutPrefix(a, "--advertise-routes="); ok {
				value, path, set = routes, at, true
			}
		}
	}
	if strings.Contains(value, " ") {
		g.broken(path, "TS_ROUTES has a blank: tailscaled splits it at commas and reads each part as it stands, so it ends and is started again for ever").
			Fix("write %s", strings.Join(words(value), ","))
	}
	if !set {
		g.fragile(path, "%s has no TS_ROUTES: it advertises nothing", g.ID()).Fix("write the prefixes of its region, with commas and no blanks")
	}
	selector := map[string]string{}
	labels, _ := g.pod["nodeSelector"].(map[string]any)
	for name, v := range labels {
		selector[name], _ = v.(string)
	}
	g.known.addRouter(router{
		object: g.object, field: path, name: g.Name, static: g.Kind == "Pod", selector: selector,
		routes: g.known.routesOf(g.object, path, words(value)),
	})
}

func (g *gateway) image() {
	image := decoded.Text(g.container, "image")
	if v := releaseOf(image); v != "" {
		g.known.tailnet.TailscaleVersion = orFirst(g.known.tailnet.TailscaleVersion, v)
		return
	}
	if !strings.Contains(image, "@") {
		g.fragile(g.path+".image", "%s names no release, so gateways may become others at any restart: what a release can do differs, peers and all", image).
			Fix("write a release, such as :v%s", facts.TailscaleVersions().Read.Value.Newest)
	}
}

// key: what is in a manifest is in git, and in the API server for all who read pods.
func (g *gateway) key() {
	for _, name := range []string{"TS_AUTHKEY", "TS_AUTH_KEY"} {
		value, path, set := g.variable(name)
		ref, _ := decoded.Dig(g.entry(name), "valueFrom", "secretKeyRef").(map[string]any)
		switch {
		case value != "" && !strings.HasPrefix(value, "file:") && !strings.HasPrefix(value, "$("):
			what := "an auth key"
			if strings.HasPrefix(value, "tskey-client-") {
				what = "the secret of an OAuth client, which makes keys of its own,"
			}
			g.known.err(CodeManifestKey, g.object, path, "%s holds %s in clear text: whoever reads the file or the pod can join the tailnet with the gateways' tag", name, what).
				Fix("revoke it, and keep a new one in a Secret or in a file that root alone can read (file:)")
		case set && ref["optional"] == true:
			g.fragile(path, "%s is optional: without the Secret the pod starts, and never joins the tailnet", name).Fix("leave optional out")
		}
	}
}

// state: where the gateway's identity is kept (tailscale 1.84.3, cmd/containerboot/main.go,
// settings.go: TS_KUBE_SECRET is "tailscale" when left out).
func (g *gateway) state() {
	secret, path, set := g.variable("TS_KUBE_SECRET")
	_, _, dir := g.variable("TS_STATE_DIR")
	_, _, host := g.variable("KUBERNETES_SERVICE_HOST")
	text := strings.Join(append(words(decoded.Dig(g.container, "command")), words(decoded.Dig(g.container, "args"))...), " ")
	inCommand := strings.Contains(text, "TS_KUBE_SECRET=")
	switch {
	case g.Kind == "Pod" && (!set || secret != "" || !host):
		g.fragile(path, "a static pod without TS_KUBE_SECRET: \"\" and KUBERNETES_SERVICE_HOST: \"\" starts once: after its node has joined the kubelet tells it of the API server, and before 1.96 containerboot then wants a service account that it has none of").
			Fix("write both, empty, and TS_STATE_DIR with a directory of the host")
	case g.Kind == "DaemonSet" && !inCommand && !dir && (!set || !strings.Contains(secret, "$(")):
		g.broken(path, "all pods of %s keep their state in one Secret (%s), so they are one device that several hosts take from each other", g.ID(), orFirst(secret, "tailscale")).
			Fix("write TS_KUBE_SECRET: tailscale-$(NODE_NAME), with NODE_NAME from spec.nodeName, or TS_STATE_DIR with a directory of the host")
	}
	if strings.Contains(secret, "$(HOST_IP)") || inCommand && strings.Contains(text, "HOST_IP") {
		g.fragile(path, "the state Secret is named after the host's address: a name with the colons of IPv6 is refused, and a host with another address is another device").
			Fix("name it after the node (spec.nodeName)")
	}
	if inCommand {
		g.fragile(g.path+".command", "a shell starts containerboot, and may keep the signal to end from it: it then neither withdraws its routes nor stops in time").
			Fix("leave command out, and set variables under env")
	}
}

// arguments are those of tailscale up (tailscale 1.84.3, cmd/tailscale/cli/up.go).
func (g *gateway) arguments() {
	value, path, _ := g.variable("TS_EXTRA_ARGS")
	args := strings.Fields(value)
	has := func(flag string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return a == flag || strings.HasPrefix(a, flag+"=") })
	}
	if !has("--reset") {
		g.fragile(path, "TS_EXTRA_ARGS lacks --reset: `tailscale up` refuses to start as soon as a flag is left out that was there before").Fix("add --reset, and name every flag")
	}
	if !slices.Contains(args, "--snat-subnet-routes=false") {
		g.fragile(path, "TS_EXTRA_ARGS lacks --snat-subnet-routes=false: packets that come out of the tunnel have the gateway's address, so pods and policies do not see who sent them").Fix("add it; hosts then need routes to the other regions, which are rendered")
	}
	if !slices.Contains(args, "--accept-routes") && !slices.Contains(args, "--accept-routes=true") {
		g.fragile(path, "TS_EXTRA_ARGS lacks --accept-routes: the gateway takes no routes of other regions").Fix("add it")
	} else if all := whole(g.pod); !strings.Contains(all, "ip rule") && !strings.Contains(all, "ip -4 rule") && !strings.Contains(all, ".sh\n") { // what a script does is not known
		g.fragile(path, "the gateway accepts routes, and nothing keeps its own region's prefixes in table main: a second gateway of the region takes them from the first one by the tunnel, and loses its network").
			Fix("what is rendered has such rules, below priority 5210")
	}
	if tag := tagOf(args); tag != "" {
		g.known.tailnet.Tag = orFirst(g.known.tailnet.Tag, tag)
	}
	for _, a := range args {
		flag, said, _ := strings.Cut(a, "=")
		switch url, had := withoutUser(said); {
		case flag == "--login-server":
			g.known.tailnet.ControlURL = orFirst(g.known.tailnet.ControlURL, url)
			if had {
				g.known.err(CodeManifestKey, g.object, path, "--login-server has a user and a password in its URL: whoever reads the file or the pod has them").
					Fix("write the URL without them; a control server is asked for none, and change the password, since it may have been read")
			}
		case (flag == "--auth-key" || flag == "--authkey") && !strings.HasPrefix(said, "file:"):
			g.known.err(CodeManifestKey, g.object, path, "%s holds an auth key in clear text: whoever reads the file or the pod can join the tailnet with the gateways' tag", flag).
				Fix("revoke it, and keep a new one in a Secret or in a file that root alone can read (file:)")
		}
	}
}

func tagOf(args []string) string {
	for _, a := range args {
		if tags, ok := strings.CutPrefix(a, "--advertise-tags="); ok {
			return strings.Split(tags, ",")[0]
		}
	}
	return ""
}

// kernel: a gateway has to forward what its host receives.
func (g *gateway) kernel() {
	if value, path, set := g.variable("TS_USERSPACE"); value != "false" {
		if !set {
			path = g.path + ".env"
		}
		g.broken(path, "TS_USERSPACE is not \"false\": the tunnel is then inside the container, and no host can route through it").Fix("write TS_USERSPACE: \"false\"")
	}
	if g.pod["hostNetwork"] != true {
		g.broken(g.podPath, "%s has no hostNetwork: its routes are the pod's own, and hosts of the region cannot send through it", g.ID()).Fix("write hostNetwork: true")
	}
	security := decoded.Dig(g.container, "securityContext")
	if decoded.Dig(security, "privileged") != true && !slices.Contains(words(decoded.Dig(security, "capabilities", "add")), "NET_ADMIN") {
		g.broken(g.path, "%s is neither privileged nor has it NET_ADMIN: it cannot make the tunnel's device", g.ID()).Fix("write securityContext: {capabilities: {add: [NET_ADMIN, NET_RAW]}}")
	}
}

func (g *gateway) volumes() {
	for i, v := range decoded.Items(g.pod, "volumes") {
		if dir, ok := decoded.Dig(v, "hostPath").(string); ok {
			g.broken(diag.Index(g.podPath+".volumes", i)+".hostPath", "hostPath is text, and takes path and type: the API server refuses it, and a kubelet that reads it from a file only writes that into its log").
				Fix("write hostPath: {path: %s, type: DirectoryOrCreate}", dir)
		}
	}
}

func (g *gateway) tolerations() {
	for i, t := range decoded.Items(g.pod, "tolerations") {
		if decoded.Text(t, "operator") == "" && decoded.Text(t, "value") == "" {
			g.fragile(diag.Index(g.podPath+".tolerations", i), "a toleration without operator and value tolerates a taint without a value alone, and not one that has one").Fix("write operator: Exists")
		}
	}
}

// clamp: a rule towards the tunnel alone leaves the answers large.
func (g *gateway) clamp() {
	all := whole(g.pod)
	if !strings.Contains(all, "TCPMSS") {
		return
	}
	if !strings.Contains(all, "-i tailscale0") || !strings.Contains(all, "ip6tables") {
		g.fragile(g.podPath+".initContainers", "the MSS is clamped in one direction or one family only, so large packets of the other vanish").Fix("what is rendered clamps both, in IPv4 and IPv6")
	}
	if strings.Contains(all, "-A FORWARD") && !strings.Contains(all, "-C FORWARD") {
		g.fragile(g.podPath+".initContainers", "the rule is added at every start, and never asked for first: they pile up").Fix("ask with iptables -C, and add it where it is missing")
	}
}

// firewall: in nftables mode before TailscaleByteOrder its marks meet those of others.
func (g *gateway) firewall() {
	value, path, set := g.variable("TS_DEBUG_FIREWALL_MODE")
	version := g.known.tailnet.TailscaleVersion
	args, _, _ := g.variable("TS_EXTRA_ARGS")
	if strings.Contains(args, "--netfilter-mode=off") {
		return // it writes no rules
	}
	if set && value != string(schema.FirewallIPTables) && version != "" && facts.Before(facts.TailscaleByteOrder).Contains(version) {
		g.fragile(path, "TS_DEBUG_FIREWALL_MODE is %s with Tailscale %s: where it chooses nftables it writes mark 0x400, which is also Cilium's, and wipes kube-proxy's", value, version).
			Fix("write %s, or run %s or newer", schema.FirewallIPTables, facts.TailscaleByteOrder)
	}
}

// hasKey reports whether a key of a tailnet stands in a text.
func hasKey(s string) bool { return strings.Contains(s, "tskey-") || strings.Contains(s, "hskey-") }

// whole is every text below a value, for words that may stand in any script of it.
func whole(v any) string {
	switch v := v.(type) {
	case string:
		return v + "\n"
	case []any:
		var b strings.Builder
		for _, e := range v {
			b.WriteString(whole(e))
		}
		return b.String()
	case map[string]any:
		var b strings.Builder
		for _, e := range v {
			b.WriteString(whole(e))
		}
		return b.String()
	}
	return ""
}

// extension reads a subnet router that Talos runs as a service of its host (siderolabs/extensions,
// network/tailscale; talos.dev v1.9, reference: ExtensionServiceConfig). No programs of ours can
// stand beside it.
func (k *known) extension(o object) bool {
	if o.Kind != "ExtensionServiceConfig" || o.text("name") != "tailscale" {
		return false
	}
	r := router{object: o, field: "environment", name: "tailscale", static: true}
	for i, e := range words(o.dig("environment")) {
		name, value, _ := strings.Cut(e, "=")
		at := diag.Index("environment", i)
		switch {
		case name == "TS_ROUTES":
			r.routes = k.routesOf(o, at, words(value))
		case name == "TS_AUTHKEY" && !strings.HasPrefix(value, "file:"):
			k.err(CodeManifestKey, o, at, "TS_AUTHKEY holds an auth key in clear text: whoever reads the machine configuration can join the tailnet with the gateway's tag").
				Fix("revoke it, and keep a new one in a file of the host (file:)")
		}
	}
	k.warn(CodeManifestFragile, o, "", "the host's own tailscaled is a subnet router, which rewrites senders and knows nothing of a second one").
		Fix("let the rendered gateways advertise these prefixes, and take the extension out")
	k.addRouter(r)
	return true
}

// access reads who may do what with Secrets, and Secrets themselves, of which nothing is taken.
func (k *known) access(o object) bool {
	switch o.Kind {
	case "Role", "ClusterRole":
		for i, r := range decoded.Items(o.Content, "rules") {
			verbs := words(decoded.Dig(r, "verbs"))
			reads := slices.Contains(verbs, "get") || slices.Contains(verbs, "list") || slices.Contains(verbs, "*")
			if slices.Contains(words(decoded.Dig(r, "resources")), "secrets") && reads && len(decoded.Items(r, "resourceNames")) == 0 {
				k.warn(CodeManifestFragile, o, diag.Index("rules", i), "%s lets its holders read every Secret of the namespace, the auth key and other gateways' identities among them", o.ID()).
					Fix("name each gateway's own state Secret in resourceNames")
			}
		}
	case "Secret":
		for _, field := range []string{"stringData", "data"} {
			m, _ := o.dig(field).(map[string]any)
			if hasKey(whole(m)) {
				k.err(CodeManifestKey, o, field, "%s holds a key of the tailnet in clear text, in a file", o.ID()).Fix("revoke it, and make the Secret where no file of it stays")
			}
		}
	case "Namespace", "ServiceAccount", "RoleBinding", "ClusterRoleBinding", "Endpoints", "EndpointSlice", "Service", "IngressClass", "CustomResourceDefinition", "PodDisruptionBudget", "ResourceQuota", "ConfigMap":
	default:
		return false
	}
	return true
}

// permissions: pods with the host's network are refused where the namespace does not admit them.
func (k *known) permissions(all []object) {
	for _, r := range k.routers {
		if r.static || r.Kind == "Connector" {
			continue
		}
		namespace := orFirst(r.Namespace, "default")
		i := slices.IndexFunc(all, func(o object) bool { return o.Kind == "Namespace" && o.Name == namespace })
		if i < 0 || all[i].text("metadata", "labels", "pod-security.kubernetes.io/enforce") != "privileged" {
			k.warn(CodeManifestFragile, r.object, "metadata", "nothing here makes namespace %q with pod-security.kubernetes.io/enforce: privileged: where clusters enforce less, pods with the host's network are refused", namespace).
				Fix("write the Namespace, with that label; what is rendered has it")
		}
	}
}
