package steps

import (
	"cmp"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func itoa(n int) string { return strconv.Itoa(n) }

func hostPort(host string, port int) string { return net.JoinHostPort(host, itoa(port)) }

// builder hands over the steps of a plan, phase after phase.
type builder struct {
	p     *plan.Plan
	visit func(*Step)
}

func (b *builder) add(s Step) { b.visit(&s) }

func (b *builder) spec() *schema.Spec { return &b.p.Topology.Spec }

func (b *builder) distribution() distribution.Distribution {
	return facts.Distribution(b.spec().Cluster.Distribution)
}

// regions yields the regions for which want holds.
func (b *builder) regions(want func(r *plan.Region) bool) []*plan.Region {
	var list []*plan.Region
	for i := range b.p.Regions {
		if r := &b.p.Regions[i]; want(r) {
			list = append(list, r)
		}
	}
	return list
}

func onCluster(r *plan.Region) bool { return r.Region.Gateways.Mode == schema.ModeDaemonSet }
func onHosts(r *plan.Region) bool   { return !onCluster(r) }

// tailnet comes first: what a gateway advertises is approved by a policy that is in force
// when it joins.
func (b *builder) tailnet() {
	b.policy()
	b.keys()
}

func (b *builder) policy() {
	s := Step{Phase: Tailnet, Title: "Put the policy in force",
		Why: "A gateway's routes are approved when it joins, by the policy of that moment; without it the gateways join and carry nothing. " +
			"`acl merge` adds what is needed to the policy that you have, and changes nothing else in it.",
		Works: "kustomize-hybrid acl check $TOPOLOGY --policy $POLICY", Shows: "nothing, with exit code 0",
		Undo:  []string{"kustomize-hybrid acl merge $TOPOLOGY --into $POLICY --write --remove"},
		Of:    []string{"tailnet/"},
		Needs: "the tailnet's own policy"}
	s.Run = []string{"kustomize-hybrid acl merge $TOPOLOGY --into $POLICY --write   # a new tailnet takes tailnet/policy.json as it is"}
	if b.spec().Tailnet.Control == schema.ControlHeadscale {
		s.Run = append(s.Run, "headscale policy set --file $POLICY")
	} else {
		s.Why += " Then push it: by hand in the console, or with gitops-pusher or Terraform."
	}
	b.add(s)
}

// keys are one for each set of tags, because a device gets the tags of its key, and for
// each place where it lies: the Secret, or hosts' files.
func (b *builder) keys() {
	type key struct {
		tags string
		kind schema.KeyKind
	}
	holders := map[key][]string{}
	for i := range b.p.Regions {
		r := &b.p.Regions[i]
		if r.Federated {
			continue
		}
		kind := b.spec().Tailnet.Auth.HostKind
		if onCluster(r) {
			kind = b.spec().Tailnet.Auth.SecretKind
		}
		for _, n := range r.Region.Gateways.Nodes {
			k := key{strings.Join(append([]string{b.spec().Tailnet.GatewayTag(r.Region.Name)}, n.Tags...), ","), kind}
			holders[k] = append(holders[k], n.Name)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(holders), func(x, y key) int {
		return cmp.Or(cmp.Compare(x.tags, y.tags), cmp.Compare(x.kind, y.kind))
	}) {
		b.key(k.kind, k.tags, holders[k])
	}
}

// KeyTitle is the title of a step that makes an auth key with tags, a comma between two, for
// hosts or regions.
func KeyTitle(tags string, holders []string) string {
	return "Make a key with " + strings.ReplaceAll(tags, ",", " and ") + ", for " + strings.Join(holders, ", ")
}

// key is how a key of the kind is made.
func (b *builder) key(kind schema.KeyKind, tags string, holders []string) {
	s := Step{Phase: Tailnet, Title: KeyTitle(tags, holders), For: holders, Tags: tags}
	reuse, flag := "Reusable, since a gateway whose state is lost joins once more", " --reusable"
	if kind == schema.KeyOneOff {
		reuse, flag = "One for each of them, and one-off: it is spent when the gateway has joined, and one whose state is lost needs another", ""
	}
	if b.spec().Tailnet.Control == schema.ControlHeadscale {
		s.Why = reuse + "; not ephemeral, or the tailnet forgets the gateway while it is down. It is printed once."
		s.Run = []string{"headscale preauthkeys create --user USER" + flag + " --expiration 24h --tags " + tags}
		s.Works, s.Shows = "headscale preauthkeys list --user USER", "the key with these tags"
		s.Needs = "the control server"
		b.add(s)
		return
	}
	s.Why = "In the console, Settings, Keys. " + reuse + "; not ephemeral, or the tailnet forgets the gateway while it is down; " +
		"pre-approved where the tailnet approves devices; with exactly these tags. It lasts 90 days at most; a device with a tag stays for longer than its key. " +
		"With tailnet lock, sign it before use (`tailscale lock sign KEY`)."
	if kind == schema.KeyOAuthClient {
		s.Why = "In the console, Settings, OAuth clients: with the scope `auth_keys` and exactly these tags. What is kept is its secret followed by `?ephemeral=false&preauthorized=true`: " +
			"without, the tailnet forgets the gateway while it is down, and waits for somebody to approve it. It has no expiry, and each start of a gateway asks api.tailscale.com. " +
			"With tailnet lock, somebody has to sign each new device (`tailscale lock sign nodekey:...`): the key that is made for it is used at once."
	}
	s.Needs = "the tailnet's console"
	b.add(s)
}

// cluster is what the API server gets. Objects come before the gateways' hosts, where it
// is reached without them.
func (b *builder) cluster() {
	b.add(Step{Phase: Cluster, Title: "Make the namespace", Run: []string{"kubectl apply -f cluster/namespace.yaml"},
		Works: "kubectl get namespace " + schema.Namespace, Shows: "Active"})
	daemons := b.regions(onCluster)
	if slices.ContainsFunc(daemons, func(r *plan.Region) bool { return !r.Federated }) {
		name := b.spec().Tailnet.Auth.SecretName
		b.add(Step{Phase: Cluster, Title: "Give the DaemonSets their key",
			Why:   "Without the Secret their pods stay in ContainerCreating. The command waits for the key; end it with Ctrl-D.",
			Run:   []string{"kubectl -n " + schema.Namespace + " create secret generic " + name + " --from-file=authkey=/dev/stdin"},
			Works: "kubectl -n " + schema.Namespace + " get secret " + name, Shows: "1 under DATA",
			Undo: []string{"kubectl -n " + schema.Namespace + " delete secret --ignore-not-found " + name}})
	}
	b.labels()
	b.plugins()
	b.nodeObjects()
	if d := b.distribution(); len(b.p.Remote()) > 0 && d.RemoteNetworks.Value != "" {
		b.add(Step{Phase: Cluster, Title: "Tell the control plane the networks of remote nodes",
			Run: []string{d.RemoteNetworks.Value + plan.RemoteNetworksPath}, Of: []string{plan.RemoteNetworksPath}, Needs: "an account of its provider"})
	}
	s := Step{Phase: Cluster, Title: "Apply everything else", Run: []string{"kubectl apply -k ."}, Of: []string{"kustomization.yaml", "cluster/"},
		Undo: []string{"kubectl delete -k .   # the last: gateways of DaemonSets go, and a namespace waits for pods of nodes that are out of reach"}}
	for _, r := range daemons {
		s.Run = append(s.Run, "kubectl -n "+schema.Namespace+" rollout status --timeout=5m daemonset/gateway-"+r.Region.Name)
	}
	s.Works, s.Shows = "kubectl -n "+schema.Namespace+" get pods -o wide", "a Ready pod for each gateway of a DaemonSet"
	b.add(s)
}

// nodeObjects come before their nodes: a block is given once.
func (b *builder) nodeObjects() {
	for _, r := range b.regions(func(r *plan.Region) bool { return r.Blocks == plan.BlocksByObjects }) {
		file := plan.NodesPath(r.Region.Name)
		b.add(Step{Phase: Cluster, Title: "Make the Node objects of region " + r.Region.Name, For: r.GatewayNames(),
			Why:   "Each says its node's block of pods' addresses, and a kubelet takes the Node that is there. Create them shortly before the nodes join, and never apply or prune them.",
			Run:   []string{"kubectl create -f " + file},
			Works: "kubectl get -f " + file, Shows: "every node, NotReady until it joins",
			Of:   []string{file},
			Undo: []string{"kubectl delete -f " + file + "   # takes the pods of nodes that have joined along"}})
	}
}

// labels are on nodes before anything looks for them. A kubelet that is told them registers
// with them; others get them here.
func (b *builder) labels() {
	var own, place, names []string
	add := func(r *plan.Region, name string, g *schema.GatewayNode, comment string) {
		own = append(own, "kubectl label --overwrite node "+name+" "+spell(r.OwnLabels(g))+comment)
		if where := r.PlaceLabels(g); where != nil {
			place = append(place, "kubectl label node "+name+" "+spell(where)+comment)
		}
	}
	for _, r := range b.regions(onCluster) {
		for i := range r.Region.Gateways.Nodes {
			n := &r.Region.Gateways.Nodes[i]
			add(r, n.Name, n, "")
			names = append(names, n.Name)
		}
		add(r, "NODE", nil, "   # every other node of region "+r.Region.Name)
	}
	run := slices.Concat(own, place)
	why := "The DaemonSets and the network plugin's settings find nodes by these labels."
	if len(place) > 0 {
		why += " The lines without --overwrite say where a node is: where one fails because the node has another region or zone, leave that one, by which volumes may be bound."
	}
	if len(run) > 0 {
		b.add(Step{Phase: Cluster, Title: "Label the nodes that are there already", For: names, Run: run,
			Why:   why,
			Works: "kubectl get nodes -L " + schema.RegionLabel, Shows: "a region for every node"})
	}
}

func spell(labels map[string]string) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, k+"="+labels[k])
	}
	return strings.Join(all, " ")
}

// plugins points to what the network plugin is told: it differs by plugin, and by whether
// it runs already.
func (b *builder) plugins() {
	s := Step{Phase: Cluster, Title: "Set up the network plugin", Needs: "the plugin's own installation",
		Why: "What each region's plugin has to be told, with the values, stands in `regions/*/cni/by-hand.txt`: read it now. Files beside it go to the API server **before** the plugin's agents start; they are in no kustomization, because their kinds come with the plugin. " +
			"On a cluster whose plugin runs already, compare first: what it does now must not be changed under running pods."}
	s.Of = []string{"cni/"}
	for i := range b.p.Regions {
		dir := tree.InRegion(b.p.Regions[i].Region.Name, "cni/")
		s.Run, s.Of = append(s.Run, "cat "+dir+"by-hand.txt"), append(s.Of, dir)
	}
	s.Works, s.Shows = "kubectl get nodes", "Ready nodes once the plugin runs"
	b.add(s)
}

// cloud are the providers' route tables, source checks and firewalls.
func (b *builder) cloud() {
	for _, r := range b.regions(func(r *plan.Region) bool { return r.Cloud != nil }) {
		call := "cloud/" + plan.CloudProgram(r.Cloud.Cloud)
		tables := tree.InRegion(r.Region.Name, "cloud/tables")
		why := "`print` shows what would be done, and does nothing. "
		if r.Cloud.Follows {
			why += "From then on units on the gateways' hosts move them: disable those before `remove`."
		} else {
			why += "Terraform does the same from `" + tree.InRegion(r.Region.Name, "cloud/main.tf") + "`: use one of the two."
		}
		b.add(Step{Phase: Cloud, Title: "Give the network of region " + r.Region.Name + " its routes",
			Why:   why,
			Run:   []string{call + " print " + tables, call + " apply " + tables},
			Works: call + " check " + tables, Shows: "nothing, with exit code 0",
			Undo:  []string{call + " remove " + tables},
			Of:    []string{call, "cloud/lib.sh", tables},
			Needs: "an account of " + r.Region.Provider})
	}
}

// hosts are gateways that no DaemonSet brings, and nodes behind them.
func (b *builder) hosts() {
	for _, r := range b.regions(onHosts) {
		for i := range r.Region.Gateways.Nodes {
			b.gatewayHost(r, &r.Region.Gateways.Nodes[i])
		}
	}
	for _, r := range b.regions(func(r *plan.Region) bool { return r.Cloud != nil && r.Cloud.Follows }) {
		for i := range r.Region.Gateways.Nodes {
			b.follower(r, r.Region.Gateways.Nodes[i].Name)
		}
	}
	for i := range b.p.Regions {
		if r := &b.p.Regions[i]; r.HostRoutes() {
			b.nodeHosts(r)
		}
	}
}

// joins follow all hosts of the region's networks.
func (b *builder) joins() {
	for _, r := range b.regions(onHosts) {
		b.join(r)
	}
}

func (b *builder) gatewayHost(r *plan.Region, n *schema.GatewayNode) {
	if b.p.MachineConfig() {
		b.machineConfig(r, n)
		return
	}
	key := b.spec().Tailnet.Auth.HostDir
	b.add(Step{Phase: Hosts, Title: "Give " + n.Name + " its key", On: n.Name,
		Why:   "The command waits for the key; end it with Ctrl-D.",
		Run:   []string{"install -d -m 700 " + key, "(umask 377 && cat >" + key + "/authkey)"},
		Works: "stat -c '%a %s' " + key + "/authkey", Shows: "400, and more than 0 bytes",
		Undo: []string{"rm -f " + key + "/authkey"}})
	why := "The first command runs where the tree is; `HOST` is how ssh reaches the machine. The kubelet gets its static pod last."
	if r.Region.Gateways.OnHost() {
		version := string(b.spec().Tailnet.TailscaleVersion)
		b.add(Step{Phase: Hosts, Title: "Install Tailscale on " + n.Name, On: n.Name,
			Why: "The package of Tailscale's own repository, which pkgs.tailscale.com says how to add, held at the topology's version, or the two programs of its static build in /usr/local/bin. The package's own service must not run beside the gateway. " +
				"For another version later: `apt-mark unhold tailscale`, and this step again.",
			Run:   []string{"apt-get install -y tailscale=" + version + " && apt-mark hold tailscale", "systemctl disable --now tailscaled.service"},
			Works: "tailscaled --version", Shows: version + " in its first line",
			Needs: "Tailscale's repository"})
		why = "The first command runs where the tree is; `HOST` is how ssh reaches the machine. The gateway is up when the last one ends: with or without a kubelet."
		if r.Region.NodeRoutes.Has(schema.RouteFormCloudInit) {
			why += " A host made with the user data `" + tree.InRegion(r.Region.Name, gatewayDir(r, n)+"cloud-init.yaml") + "` has these files already: there `systemctl enable --now kustomize-hybrid-gateway.service kustomize-hybrid-health.socket` takes the place of both commands, once the key is there."
		}
	}
	b.add(Step{Phase: Hosts, Title: "Install gateway " + n.Name, On: n.Name,
		Why:   why,
		Run:   bundled(n.Name),
		Works: "kustomize-hybrid/install.sh check", Shows: "nothing, with exit code 0",
		Of:   b.installed(r, n),
		Undo: []string{Removed}})
}

// installed are the files of the tree that a gateway's host has: the region's, but for those
// that are another gateway's.
func (b *builder) installed(r *plan.Region, n *schema.GatewayNode) []string {
	dir := tree.InRegion(r.Region.Name, "gateway/")
	own := []string{"host/", "fleet.tables", tree.InRegion(r.Region.Name, gatewayDir(r, n))}
	if gatewayDir(r, n) != "gateway/" {
		return append(own, dir+n.Name+".env")
	}
	return own
}

// Removed takes back what a bundle installed, by the copy that it left on the host.
const Removed = "/var/lib/kustomize-hybrid/installed/install.sh remove --purge"

// follower is a gateway's host that moves the routes once it is the primary. Where a
// DaemonSet brings the gateway, nothing else is installed there.
func (b *builder) follower(r *plan.Region, name string) {
	n := facts.Provider(r.Cloud.Cloud).Network.Value
	s := Step{Phase: Hosts, Title: "Let " + name + " move the routes once it is the primary", On: name,
		Why:   "It needs `" + n.CLI + "`, signed in: " + n.SignIn.Value + ". It may do no more than " + n.Moves.Value + ".",
		Run:   []string{"systemctl start kustomize-hybrid-follow.service"},
		Works: "systemctl is-active kustomize-hybrid-follow.path kustomize-hybrid-follow.timer", Shows: "active, twice",
		Undo:  []string{"systemctl disable --now kustomize-hybrid-follow.path kustomize-hybrid-follow.timer"},
		Needs: "an account of " + r.Region.Provider}
	if !onHosts(r) {
		s.Run = append(bundled(name), s.Run...)
	}
	b.add(s)
}

// bundled brings a gateway's host its files.
func bundled(name string) []string {
	return []string{
		"kustomize-hybrid bundle $TOPOLOGY --host " + name + " -o - | ssh root@HOST 'mkdir -p kustomize-hybrid && tar -xf - -C kustomize-hybrid'",
		"kustomize-hybrid/install.sh apply",
	}
}

// gatewayDir is the directory of the gateway's own files in its region's, with a slash.
func gatewayDir(r *plan.Region, n *schema.GatewayNode) string {
	for i := range r.Hosts {
		if h := &r.Hosts[i]; h.Node != nil && h.Node.Name == n.Name {
			return "gateway/" + n.Name + "/"
		}
	}
	return "gateway/"
}

// machineConfig is the same for hosts that take one machine configuration.
func (b *builder) machineConfig(r *plan.Region, n *schema.GatewayNode) {
	dir := gatewayDir(r, n)
	b.add(Step{Phase: Hosts, Title: "Patch the machine configuration of " + n.Name, For: []string{n.Name},
		Why:   "A patch of your own brings the key: the first lines of the file say how. `talosctl` reboots the host, which writes the files.",
		Run:   []string{"talosctl patch machineconfig --nodes " + n.InternalIP.String() + " --patch @" + tree.InRegion(r.Region.Name, dir+"machine-config.yaml")},
		Works: "talosctl get staticpodstatus --nodes " + n.InternalIP.String(), Shows: "the gateway, ready",
		Of:    []string{tree.InRegion(r.Region.Name, dir+"machine-config.yaml")},
		Needs: "a host of " + b.distribution().Title})
}

func (b *builder) nodeHosts(r *plan.Region) {
	name := r.Region.Name
	if b.p.MachineConfig() {
		if r.HasForm(schema.RouteFormMachineConfig) {
			b.add(Step{Phase: Hosts, Title: "Patch the machine configuration of the other nodes of " + name, NodesOf: name,
				Run:   []string{"talosctl patch machineconfig --nodes ADDRESS --patch @" + tree.InRegion(name, "node/machine-config.yaml")},
				Of:    []string{tree.InRegion(name, "node/")},
				Needs: "a host of " + b.distribution().Title})
		} else if !r.HasForm(schema.RouteFormDaemonSet) {
			b.add(Step{Phase: Hosts, Title: "Other nodes of " + name + ", if there are any, have no routes yet", NodesOf: name,
				Why: "Write `nodeRoutes: {forms: [machineConfig]}` into the region, render again, and patch their machine configurations with `" + tree.InRegion(name, "node/machine-config.yaml") + "`: nothing else brings them routes to the other regions."})
		}
		return
	}
	b.add(Step{Phase: Hosts, Title: "Install every other node of region " + name, On: "each node of " + name + " that is not a gateway", NodesOf: name,
		Why: "They need routes to the other regions before their kubelet looks for the API server. Nodes that come from an image take `node/cloud-init.yaml` instead, where the topology asks for it, and nodes that reach the API server anyway the DaemonSet.",
		Run: []string{
			"kustomize-hybrid bundle $TOPOLOGY --nodes-of " + name + " -o - | ssh root@HOST 'mkdir -p kustomize-hybrid && tar -xf - -C kustomize-hybrid'",
			"kustomize-hybrid/install.sh apply",
		},
		Works: "kustomize-hybrid/install.sh check", Shows: "nothing, with exit code 0",
		Of:   []string{"host/", "fleet.tables", tree.InRegion(name, "node/")},
		Undo: []string{Removed}})
}

// verify asks what has been set up whether it carries packets.
func (b *builder) verify() {
	if len(b.p.Regions) == 0 {
		return
	}
	for _, r := range b.regions(onHosts) {
		for _, n := range r.Region.Gateways.Nodes {
			if !b.p.MachineConfig() {
				b.add(Step{Phase: Verify, Title: "Ask gateway " + n.Name, On: n.Name, Run: []string{"/var/lib/kustomize-hybrid/installed/install.sh status"},
					Works: healthy(r, &n), Shows: "nothing, with exit code 0: the tunnel is up"})
			}
		}
	}
	for _, r := range b.regions(onCluster) {
		b.add(Step{Phase: Verify, Title: "Ask the gateways of region " + r.Region.Name,
			Run:   []string{"kubectl -n " + schema.Namespace + " exec daemonset/gateway-" + r.Region.Name + " -c tailscale -- tailscale status"},
			Works: "kubectl -n " + schema.Namespace + " exec daemonset/gateway-" + r.Region.Name + " -c tailscale -- tailscale status --peers", Shows: "the other regions' gateways, active and direct; relay is slower, and says that no direct way was found"})
	}
	if len(b.p.Regions) > 1 { // a single one has no placement
		b.gpu()
	}
	job := "kubectl -n " + plan.VerifyNamespace
	b.add(Step{Phase: Verify, Title: "Ask each region from each other one",
		Why: "Pods in every region, on gateways and on other nodes, ask the pods, nodes, Services and names of all, and a Job prints one table: docs/verify.md of this project says what its columns mean. " +
			"It takes up to ten minutes, most of them for the images. Below the table stands where to look, for each cell that failed. For another run, take it back first.",
		Run:   []string{"kubectl apply -k " + plan.VerifyPath, job + " wait --for=jsonpath='{.status.ready}'=1 --timeout=10m job/verify", job + " logs --follow job/verify"},
		Works: job + " wait --for=condition=Complete --timeout=30s job/verify", Shows: "that the condition is met: no cell says FAIL or ?",
		Undo: []string{"kubectl delete -k " + plan.VerifyPath + " --ignore-not-found"}})
}

// gpu is a pod that sees one (NVIDIA/k8s-device-plugin v0.17.1, README.md: prerequisites, the
// resource nvidia.com/gpu). Its image is the user's choice, since it must fit the driver.
func (b *builder) gpu() {
	b.add(Step{Phase: Verify, Title: "Ask for a GPU, where hosts have some",
		Why: "A GPU host has NVIDIA's driver and, in its container runtime, the handler `nvidia` (of NVIDIA's container toolkit); neither comes from here. The device plugin is a DaemonSet of NVIDIA's: " +
			"`placement/gpu` is a kustomize Component for its build, with the RuntimeClass, so that it runs on every GPU host whatever its taints (docs/placement.md of this project). IMAGE has `nvidia-smi` and fits the driver, such as one of nvcr.io/nvidia/cuda.",
		Run: []string{"kubectl apply -f placement/gpu/runtimeclass.yaml", "kubectl apply -f - <<'END'",
			"apiVersion: v1", "kind: Pod", "metadata: {name: nvidia-smi}", "spec:", "  restartPolicy: Never", "  runtimeClassName: nvidia", "  containers:",
			"    - {name: nvidia-smi, image: IMAGE, command: [nvidia-smi], resources: {limits: {nvidia.com/gpu: 1}}}", "END"},
		Works: "kubectl wait --for=jsonpath='{.status.phase}'=Succeeded --timeout=5m pod/nvidia-smi && kubectl logs nvidia-smi", Shows: "the table of nvidia-smi",
		Undo:  []string{"kubectl delete pod --ignore-not-found nvidia-smi"},
		Needs: "a GPU"})
}

// later is the second day.
func (b *builder) later() {
	b.add(Step{Phase: Later, Title: "Change the topology",
		Why: "Read what the change does, and in which phases it goes: the first command says it, with exit code 4 where there is one. Then render, and do the steps above again whose files changed, in this order: the policy, the clouds' routes, the hosts, the cluster. New prefixes are approved before they are advertised that way. Gateways restart one at a time.",
		Run: []string{"kustomize-hybrid plan . $TOPOLOGY", "kustomize-hybrid render $TOPOLOGY -o . --check"}})
	b.add(Step{Phase: Later, Title: "Add a region",
		Why: "Describe it (`kustomize-hybrid suggest` finds free prefixes), render, and do what is new above, in this order: the policy first, or the others do not take its routes; then its key, its cloud, its hosts. The other regions' gateways restart for their new tables, one at a time; their other hosts take them last, and need no restart.",
		Run: []string{"kustomize-hybrid validate $TOPOLOGY"}})
	b.add(Step{Phase: Later, Title: "Take a region away",
		Why: "Move it from `spec.regions` to `spec.leaving`, as it stands, and render. STEPS.md then begins with what takes it back: on its hosts, in its cloud, in the cluster. Do not delete it at once: `render` refuses, because nobody would know any more what it had. " +
			"Of a region that stays and loses a gateway, only that host is taken back: drain it, `" + Removed + "` on it, and delete its node, before the topology forgets it.",
		Run: []string{"kustomize-hybrid render $TOPOLOGY -o ."}})
	b.add(Step{Phase: Later, Title: "Upgrade Tailscale, Kubernetes or the network plugin",
		Why: "Change the version in the topology first, and validate: known issues are those of versions. Then render and apply; gateways of a DaemonSet roll one by one; on other gateways' hosts do their steps above again, one host after the other, the standby first, and wait for its check before the next. " +
			"Kubernetes itself and its plugin are upgraded as their own pages say, servers before nodes.",
		Run: []string{"kustomize-hybrid validate $TOPOLOGY"}})
	b.add(Step{Phase: Later, Title: "Change a key",
		Why: "A gateway that has joined keeps its own node key; the auth key is for one that has lost it. Make a new one, put it where the old one was (Secret and files), and revoke the old one. Nothing restarts."})
}
