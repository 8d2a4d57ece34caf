# Reads the tables, which pods there are ("there REGION ROLE POD NODE STATE") and what they have said ("cell FROM POD
# FAMILY KIND TO POD VERDICT DETAIL"), and prints one table, what failed, and where to look next. It ends with 1 where
# anything failed, or was never said.

# worse keeps the worst verdict of a cell, for which several pods speak.
function worse(key, verdict) { if (cell[key] != "FAIL") cell[key] = verdict }

function has(region, what, f) { return index(families[region, what] " ", " " f " ") > 0 }

# show is a cell of the table: "-" where the topology has nothing to ask.
function show(from, to, f, kind, wanted) {
	if (!wanted) return "-"
	if ((from, to, f, kind) in cell) return cell[from, to, f, kind]
	unasked++
	return "?"
}

function row(from, to, f, pod, node, service, dns, large, api, logs, webhook) {
	printf format, from, to, f, pod, node, service, dns, large, api, logs, webhook
}

function pair(from, to, f,   pod, service) {
	if (!has(from, "pods", f) || !has(to, "pods", f) && !has(to, "nodes", f)) return
	pod = has(to, "pods", f)
	service = pod && index(services, " " f " ")
	row(from, to, f, show(from, to, f, "POD", pod), show(from, to, f, "NODE", has(to, "nodes", f)),
		show(from, to, f, "SERVICE", service), show(from, to, f, "DNS", service), show(from, to, f, "LARGE", pod), "-", "-", "-")
}

function table(   i, j, width) {
	width = length("(API server)")
	for (i = 1; i <= n; i++) if (length(regions[i]) > width) width = length(regions[i])
	format = "%-" width "s  %-" width "s  %-6s  %-4s  %-4s  %-7s  %-4s  %-5s  %-4s  %-4s  %s\n"
	row("FROM", "TO", "FAMILY", "POD", "NODE", "SERVICE", "DNS", "LARGE", "API", "LOGS", "WEBHOOK")
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= n; j++) {
			pair(regions[i], regions[j], "IPv4")
			pair(regions[i], regions[j], "IPv6")
		}
		row(regions[i], "(API server)", "-", "-", "-", "-", "-", "-", show(regions[i], "-", "-", "API", 1), "-", "-")
	}
	for (j = 1; j <= n; j++) {
		row("(API server)", regions[j], "-", "-", "-", "-", "-", "-", "-", show("-", regions[j], "-", "LOGS", 1), show("-", regions[j], "-", "WEBHOOK", 1))
	}
}

# pods says which of them are missing.
function pods(   i, l) {
	for (i = 1; i <= lacks; i++) {
		split(lacking[i], l, " ") # region, role, pod, state
		if (l[2] == "node" && l[4] == "unschedulable") {
			print "\nnote: region " l[1] " has no room on a node that is not a gateway, or no such node: none was asked there"
			continue
		}
		bad++
		print "\nFAIL: pod " l[3] " of region " l[1] " is not ready: " l[4]
		print "  look: kubectl -n " namespace " describe pod " l[3] (l[4] == "unschedulable" ? "; its node needs the label kustomize-hybrid.dev/region=" l[1] " and those of a gateway: kubectl get nodes --show-labels" : "")
	}
	for (i = 1; i <= n; i++) {
		if (there[regions[i]] == 0) {
			bad++
			print "\nFAIL: no pod of region " regions[i] " is ready: its cells are not known"
			print "  look: kubectl -n " namespace " get pods,events -o wide"
		}
	}
}

# hint is where to look next.
function hint(kind, from, to, said) {
	if (kind == "POD" && said ~ /answered by another/) return "two pods have one address: compare the pods' ranges of the regions (kustomize-hybrid validate) with what the network plugins give out (kubectl get pods -A -o wide)"
	if (kind == "POD" && said ~ /has no IPv/) return "the network plugin gives one family only: regions/" to "/cni/by-hand.txt"
	if (kind == "POD" && from == to) return "no gateway has a part in this, unless its hosts share no network: the network plugin, regions/" to "/cni/by-hand.txt, and the network between the nodes"
	if (kind == "POD") return "NODE in the same row. If it failed, too, the tunnel: `tailscale status` on a gateway of each region, `install.sh check` on the nodes, `kustomize-hybrid acl check`. If not: routes to pods, masquerading and NetworkPolicies of the network plugin, regions/" to "/cni/by-hand.txt"
	if (kind == "NODE" && said ~ /has no IPv/) return "the kubelet was told one address only: it wants both in --node-ip"
	if (kind == "NODE") return "POD in the same row. If it failed, too, the tunnel: see there. If not, what guards the kubelet's port of that node: its firewall, the cloud's, `kustomize-hybrid acl check`"
	if (kind == "SERVICE") return "POD in the same row. If that is ok: kube-proxy, or what replaces it, on the node of the pod that asks; `kubectl -n " namespace " get endpointslices`"
	if (kind == "DNS") return "SERVICE in the same row. If that is ok: cluster DNS, and where it runs: `kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide`"
	if (kind == "LARGE" && said ~ /ICMP/) return "packets of the pods of " to " are too large for the way, and only a message by ICMP made them smaller, which many networks drop: `cni.mtu` of the topology, and the MTU of the pods' own interface"
	if (kind == "LARGE") return "POD in the same row. If that is ok, full packets vanish on the way: `cni.mtu` of the topology, the MTU of the pods' own interface in " to ", and the clamp of the gateways (`install.sh check`); docs/what-drops-packets.md"
	if (kind == "API" && said ~ / 40[13] /) return "the API server was reached, and refuses the account of the pod: `kubectl auth can-i list pods -n " namespace " --as system:serviceaccount:" namespace ":probe`"
	if (kind == "API") return "the addresses of `kubectl get endpointslices -l kubernetes.io/service-name=kubernetes` must be reached from " from ": `kustomize-hybrid acl check`; kube-proxy on the node"
	if (kind == "LOGS") return "the way from the API servers to port 10250 of that node: its INTERNAL-IP in `kubectl get nodes -o wide` must be the topology's. exec and port-forward take the same way"
	return "the hosts of the API servers need the way to pods that nodes have, or no admission webhook and no aggregated API in " to " is called; a managed control plane has to be told these networks"
}

$1 == "families" {
	if (!($2 in known)) {
		known[$2] = 1
		regions[++n] = $2
	}
	for (i = 4; i <= NF; i++) families[$2, $3] = families[$2, $3] " " $i
}
$1 == "services" { services = " " $2 " " $3 " " }
$1 == "namespace" { namespace = $2 }
$1 == "there" {
	node[$4] = $5
	if ($6 == "ready") there[$2]++
	else lacking[++lacks] = $2 " " $3 " " $4 " " $6
}
$1 == "cell" {
	cells++
	worse($2 SUBSEP $6 SUBSEP $4 SUBSEP $5, $8)
	if ($8 != "FAIL") next
	detail = $0
	for (i = 1; i <= 8; i++) sub(/^[^ ]* /, "", detail)
	fails++
	failed[fails] = "\nFAIL " $5 ": " ($2 == "-" ? "the API server" : $2 " (pod " $3 ", node " node[$3] ")") \
		($6 == "-" ? "" : " to " $6) ($4 == "-" ? "" : " by " $4) ": " detail "\n  look: " hint($5, $2, $6, detail)
}
END {
	table()
	pods()
	for (i = 1; i <= fails; i++) print failed[i]
	if (unasked) print "\n?: " unasked " cells have no answer: see what failed above, LOGS and API first"
	printf "\n%d answers, %d failed\n", cells, fails
	exit fails + unasked + bad > 0
}
