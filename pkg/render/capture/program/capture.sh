#!/bin/sh
# Writes down how a gateway, a node or a cluster is, for `kustomize-hybrid doctor`.
#
#   capture.sh host DIR         this host, into DIR/hosts/NAME
#   capture.sh cluster DIR      what kubectl shows, into DIR/cluster
#   capture.sh host|cluster -   the same as a tar archive on standard output
#
# It only reads, and asks nobody but this host's kernel, its tailscaled and, for cluster,
# the API server. What is not to be had here is named in a file "missing". On a host it wants
# root; where a gateway is a pod, its container "watch" is the place to run it:
#
#   ssh root@HOST sh -s -- host - <capture.sh | tar -x -C DIR
#   kubectl -n tailscale exec -i POD -c watch -- sh -s -- host - <capture.sh | tar -x -C DIR
#
# Secrets are left out here, and not later: no Secret is asked for, of what tailscaled says
# only the fields that are read are kept (not its keys, nor who logged in), of what pods are
# told only the variables of a gateway that hold none, of annotations only those that are read,
# and what looks like a key, a token or a password, in the forms that scrub knows, is left out
# wherever it stands. It cannot know all forms: read what it wrote before you hand it on. It
# names hosts, addresses and versions, too.
#
# NAME is the host's name; HOST_NAME overrides it. HOST_IP is its InternalIP where the tables
# do not tell. TS_SOCKET, TABLES, STATE_DIR and PROC_SYS are as for gateway-setup.sh.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

PROGRAM=capture.sh
STATE_DIR=${STATE_DIR:-/run/kustomize-hybrid}
PROC_SYS=${PROC_SYS:-/proc/sys}
NAMESPACE=tailscale

say() { echo "$PROGRAM: $*" >&2; }

die() {
	say "$*"
	exit 1
}

# --- leaving out ---

# WORDS are what a field, a variable or a flag that holds a secret has in its name. No sed but
# some ignores case.
WORDS='([Pp][Aa][Ss][Ss]([Ww][Oo][Rr][Dd]|[Ww][Dd]|[Pp][Hh][Rr][Aa][Ss][Ee])|[Tt][Oo][Kk][Ee][Nn]|[Ss][Ee][Cc][Rr][Ee][Tt]|[Cc][Rr][Ee][Dd][Ee][Nn][Tt][Ii][Aa][Ll]|([Aa][Uu][Tt][Hh]|[Jj][Oo][Ii][Nn]|[Aa][Pp][Ii]|[Pp][Rr][Ii][Vv][Aa][Tt][Ee]|[Aa][Cc][Cc][Ee][Ss][Ss])[-_]?[Kk][Ee][Yy])'
# NAMED is the rest of such a name, and CHARS a value up to the end of its line or its quotes,
# within a string of JSON, too.
NAMED='[A-Za-z0-9_.-]*'
CHARS='([^"\]|\\[^n"])+'

# scrub leaves out what looks like a secret: keys of a tailnet and of its devices, tokens of
# bootstrap, of k3s, of GitHub and of AWS, JSON web tokens, private keys, long numbers in hex
# (Headscale's keys) unless a colon says what they are, passwords in addresses, and the value of
# every field, variable, line or flag whose name says that it is one.
scrub() {
	sed -E \
		-e 's/-----BEGIN [A-Z ]*PRIVATE KEY-----[^"]*/(left out)/' \
		-e 's/(tskey|hskey)-[A-Za-z0-9_-]+/(left out)/g' \
		-e 's/(privkey|nlpriv|discopriv):[0-9A-Za-z]+/(left out)/g' \
		-e 's/eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)?/(left out)/g' \
		-e 's/K10[0-9a-f]{32,}::[^" \]*/(left out)/g' \
		-e 's/(^|[^a-z0-9.])[a-z0-9]{6}\.[a-z0-9]{16}([^a-z0-9.]|$)/\1(left out)\2/g' \
		-e 's/(gh[pousr]|github_pat)_[A-Za-z0-9_]{16,}/(left out)/g' \
		-e 's/(AKIA|ASIA)[0-9A-Z]{12,}/(left out)/g' \
		-e 's/(^|[^0-9A-Za-z:]|\\n)[0-9a-fA-F]{48,}/\1(left out)/g' \
		-e 's#(https?://[^" ]*/a/)[0-9A-Za-z]+#\1(left out)#g' \
		-e 's#://[^/@:" \]*:[^" \]+@#://(left out)@#g' \
		-e 's#([Bb]earer|[Aa]uthorization[^A-Za-z]+[A-Za-z]+) +[A-Za-z0-9._~+/=-]+#\1 (left out)#g' \
		-e 's/("[^"]*'"$WORDS"'[^"]*": *)"([^"\]|\\.)*"/\1"(left out)"/g' \
		-e 's/('"$WORDS$NAMED"'(\\+")?: *)[|>][-+0-9]*\\n([^"\]|\\.)*/\1(left out)/g' \
		-e 's/(name(\\+")?: *(\\+"|'"'"')?'"$NAMED$WORDS$NAMED"'(\\+"|'"'"')?[, ]*(\\n)?[ ,]*(\\+")?value(\\+")?: *)((\\+")?'"$CHARS"')/\1(left out)/g' \
		-e 's/(--?[A-Za-z-]*'"$WORDS$NAMED"'\\?",? *\\?")[^"\]+/\1(left out)/g' \
		-e 's/(--?[A-Za-z-]*'"$WORDS$NAMED"'(=| +))('"'[^']*'"'|\\"[^"\]*\\"|"[^",\][^"\]*"|\(left out\)|[^" \]+)/\1(left out)/g' \
		-e 's/('"$WORDS$NAMED"'(\\+")?: *(\\+")?)'"$CHARS"'/\1(left out)/g' \
		-e 's/('"$WORDS$NAMED"'=)('"'[^']*'"'|\\"[^"\]*\\"|\(left out\)|[^" \]+)/\1(left out)/g'
}

# REASON is the line of what a command says that tells why it prints nothing, for sed.
REASON=1p

# keep FILE COMMAND... writes down what the command prints, whatever it exits with. Where it
# prints nothing on standard output, "missing" has what it says instead.
keep() {
	kept=$1
	shift
	"$@" >"$WORK/out" 2>"$WORK/err" </dev/null
	if [ -s "$WORK/out" ]; then
		scrub <"$WORK/out" >"$AT/$kept"
	else
		missing "$kept" "$(sed '/^[[:space:]]*$/d' "$WORK/err" | sed -n "$REASON" | scrub)"
	fi
}

# missing FILE WHY
missing() { echo "$1: ${2:-nothing was printed}" >>"$AT/missing"; }

# begin FILE... empties a directory of what an earlier run wrote there, and of nothing else: what
# cannot be had now must not be answered by what was so then. "missing" is always there, since
# another capture may be unpacked over this one.
begin() {
	mkdir -p "$AT" || die "cannot write $AT"
	for kept in "$@"; do rm -f "$AT/$kept"; done
	: >"$AT/missing" || die "cannot write $AT"
}

# rest WHY FILE... names those that were neither had nor named yet.
rest() {
	why=$1
	shift
	for kept in "$@"; do
		[ -e "$AT/$kept" ] || grep -qs "^$kept: " "$AT/missing" || missing "$kept" "$why"
	done
}

# trim TOP NODE keeps these fields of JSON as Go indents it: TOP at the top, NODE in "Self" and
# in each "Peer". Deeper ones stay where theirs do.
trim() {
	awk -v top="$1" -v node="$2" '
	function known(list, word) { return index(" " list " ", " " word " ") }
	function allowed() {
		if (depth == 1) return known(top, key)
		if (depth == 2 && parent[1] == "Self" || depth == 3 && parent[1] == "Peer") return known(node, key)
		return 1
	}
	# A comma before what was left out at the end is one too many.
	function put(line, closes) {
		if (closes) sub(/,$/, "", held)
		if (n++) print held
		held = line
	}
	{
		text = $0
		sub(/^[ \t]+/, "", text)
		closes = text ~ /^[]}]/
		opens = text ~ /[{[]$/
		if (closes) depth--
		if (skipped && depth > skipped - 1) {
			if (closes && depth == skipped) skipped = 0
			if (opens) depth++
			next
		}
		key = ""
		if (match(text, /^"[^"]*":/)) key = substr(text, 2, RLENGTH - 3)
		if (!closes && key != "" && !allowed()) {
			if (opens) skipped = depth++
			next
		}
		put($0, closes)
		if (opens) parent[depth++] = key
	}
	END { if (n) print held }'
}

# --- a host ---

# json ARGUMENT... has ip print JSON, a line for each thing, so that findings can name one.
json() {
	ip -j "$@" | sed 's/},{"\(ifname\|ifindex\|priority\|dst\|type\)"/},\
{"\1"/g'
}

tailscaled_status() {
	tailscale_cli status --json | trim 'Version TUN BackendState HaveNodeKey TailscaleIPs Self Peer Health' \
		'HostName DNSName TailscaleIPs AllowedIPs PrimaryRoutes Tags Online Expired KeyExpiry'
}

tailscaled_prefs() {
	tailscale_cli debug prefs | trim 'ControlURL RouteAll CorpDNS RunSSH ShieldsUp WantRunning LoggedOut AdvertiseTags Hostname AdvertiseRoutes NoSNAT NoStatefulFiltering NetfilterMode RelayServerPort' ''
}

tailscale_cli() {
	if [ -n "${TS_SOCKET:-}" ]; then
		timeout 10 tailscale --socket="$TS_SOCKET" "$@"
	else
		timeout 10 tailscale "$@"
	fi
}

# settings are the kernel's that decide about packets, "PATH VALUE": of all devices but those
# of pods.
settings() {
	(
		cd "$PROC_SYS" || exit
		for path in net/ipv4/ip_forward net/ipv4/fib_multipath_hash_policy net/ipv4/fib_multipath_use_neigh net/ipv6/fib_multipath_hash_policy \
			net/ipv4/conf/*/forwarding net/ipv4/conf/*/rp_filter net/ipv4/conf/*/send_redirects \
			net/ipv6/conf/*/forwarding net/ipv6/conf/*/accept_ra; do
			case $path in */lxc*/* | */cali*/* | */veth*/* | */'*'/*) continue ;; esac
			if [ -r "$path" ]; then echo "$path $(cat "$path")"; fi
		done
	)
}

# distribution is what k3s and RKE2 were told about networks, and nothing else of it.
distribution() {
	grep -Es '^(node-ip|node-external-ip|cluster-cidr|service-cidr|flannel-backend|disable-network-policy|disable-kube-proxy|egress-selector-mode|cni|server|advertise-address|https-listen-port|node-name):' \
		/etc/rancher/k3s/config.yaml /etc/rancher/rke2/config.yaml /etc/rancher/k3s/config.yaml.d/*.yaml /etc/rancher/rke2/config.yaml.d/*.yaml
}

# saved TOOL prints what it does, without the time.
saved() { "$1" | grep -v '^#'; }

# processes are the names of those that matter here, each once.
processes() {
	cat /proc/[0-9]*/comm 2>/dev/null | grep -E '^(tailscaled|containerboot|kubelet|k3s.*|rke2.*|cilium-agent|calico-node|flanneld|kube-proxy|dockerd|firewalld|ufw)$' | sort -u
}

# programs prints the directory with the tables and the programs of this host.
programs() {
	for dir in "${TABLES:+${TABLES%/*}}" /etc/kustomize-hybrid/host /var/lib/kustomize-hybrid/host /opt/kustomize-hybrid/host; do
		if [ -n "$dir" ] && [ -r "$dir/tables" ]; then
			echo "$dir"
			return
		fi
	done
}

# own_gateway prints "NAME HOST_IP" where the tables name this host among the gateways: by its
# addresses, or, where it has lost that one, by its name.
own_gateway() {
	{
		ip -o address show
		echo --
		cat "$1/tables"
	} | awk -v name="$name" '
		$0 == "--" { second = 1; next }
		!second { sub("/.*", "", $4); mine[$4]; next }
		$1 == "gateway" && $2 == name { named = $2 " " ($3 == "-" ? $4 : $3) }
		$1 == "gateway" && ($3 in mine) { found = $2 " " $3; exit }
		$1 == "gateway" && ($4 in mine) && found == "" { found = $2 " " $4 }
		END { if (found named != "") print (found != "" ? found : named) }'
}

# watched prints what the watch keeps, and the time on the same clock.
watched() {
	read -r up _ </proc/uptime
	echo "now ${up%.*}${up#*.}"
	for file in watch/alive watch/cut node/unwell node/asked; do
		[ ! -s "$STATE_DIR/$file" ] || sed "s|^|$file |" "$STATE_DIR/$file"
	done
	[ ! -s "$STATE_DIR/watch/memory" ] || cat "$STATE_DIR/watch/memory"
}

# HOST_FILES are all that a host's directory may have, but "missing".
HOST_FILES='host address.json rules4.json rules6.json routes4.json routes6.json sysctl nft.txt iptables-nft-save ip6tables-nft-save
	iptables-legacy-save status.json prefs.json watch processes distribution tables fleet.tables status check'

# capture_host: what it does not ask for on this host is missing, too.
capture_host() {
	command -v ip >/dev/null || die 'iproute2 is not installed: nothing can be said of this host'
	name=${HOST_NAME:-$(hostname)}
	case $name in
	'' | *[!A-Za-z0-9._-]* | [!A-Za-z0-9]* | *[!A-Za-z0-9]) die "no host has the name \"$name\": HOST_NAME overrides it" ;;
	esac
	AT=$OUT/hosts/$name
	# shellcheck disable=SC2086 # a word is a file
	begin $HOST_FILES
	host_files
	# shellcheck disable=SC2086
	rest 'this host has none' $HOST_FILES
}

host_files() {
	{
		echo "name $name"
		echo "kernel $(uname -r)"
	} | scrub >"$AT/host"
	keep address.json json address show
	for f in 4 6; do
		[ "$f" = 4 ] || [ -d "$PROC_SYS/net/ipv6" ] || continue
		keep "rules$f.json" json -"$f" rule show
		keep "routes$f.json" json -"$f" route show table all
	done
	keep sysctl settings
	keep nft.txt nft -s list ruleset
	for tool in iptables-nft-save ip6tables-nft-save; do keep "$tool" saved "$tool"; done
	# Asking the legacy ones would load their tables.
	if grep -qs . /proc/net/ip_tables_names; then keep iptables-legacy-save saved iptables-legacy-save; fi
	keep status.json tailscaled_status
	keep prefs.json tailscaled_prefs
	keep watch watched
	keep processes processes
	keep distribution distribution
	dir=$(programs)
	if [ -z "$dir" ]; then
		rest 'no tables of kustomize-hybrid are here' tables fleet.tables status check
		return
	fi
	keep tables cat "$dir/tables"
	keep fleet.tables cat "$dir/fleet.tables"
	gateway=$(own_gateway "$dir")
	export TABLES="$dir/tables" FLEET="$dir/fleet.tables"
	# What a gateway is told has tables of its own; what another node is told has none.
	if grep -q '^local ' "$dir/tables"; then
		[ -n "${HOST_IP:-}" ] || export HOST_IP="${gateway##* }"
		keep status sh "$dir/gateway-setup.sh" status
		programs_check gateway-setup.sh
	else
		keep status sh "$dir/node-routes.sh" status
		programs_check node-routes.sh
	fi
}

# programs_check PROGRAM writes down what it finds to be wrong. A file without a line in it
# says that nothing is.
programs_check() {
	[ -r "$dir/$1" ] || {
		missing check "$dir has no $1"
		return
	}
	sh "$dir/$1" check >"$WORK/out" 2>"$WORK/err" </dev/null
	if [ -s "$WORK/err" ] && ! [ -s "$WORK/out" ]; then
		missing check "$(sed -n '1p' "$WORK/err" | scrub)"
		return
	fi
	scrub <"$WORK/out" >"$AT/check"
}

# --- a cluster ---

# ANNOTATIONS are the only ones whose values are kept: in others, tools keep whole objects.
# Of the arguments with which a server of k3s or RKE2 runs, ARGUMENTS are kept.
ANNOTATIONS='kubernetes.io/config.mirror k3s.io/node-args rke2.io/node-args'
ARGUMENTS='cluster-cidr service-cidr flannel-backend cni disable-network-policy disable-kube-proxy'

# variables leaves out the values of all environment variables but those that decide about
# a gateway's packets, all headers of probes, all arguments and commands, and all annotations but
# those that are read.
variables() {
	awk -v annotations="$ANNOTATIONS" -v arguments="$ARGUMENTS" '
	function known(list, word) { return index(" " list " ", " " word " ") }
	# node_args keeps of a list of JSON within a string the words whose flags are known.
	function node_args(line,   at, name, rest, n, i, all, text, keeps) {
		at = index(line, ": \"[\\\"")
		rest = substr(line, at + 6)
		if (!at || !sub(/\\"\]",?$/, "", rest)) { sub(/: ".*"/, ": \"(left out)\"", line); return line }
		n = split(rest, all, /\\",\\"/)
		text = all[1] == "server" ? "server" : "agent"
		for (i = 2; i <= n; i++) {
			if (all[i] ~ /^-/) {
				name = all[i]
				sub(/^-+/, "", name)
				sub(/=.*/, "", name)
				keeps = known(arguments, name)
			}
			if (keeps) text = text "\\\",\\\"" all[i]
			# A flag has one value.
			if (all[i] !~ /^-/) keeps = 0
		}
		return substr(line, 1, at + 5) text "\\\"]\"" (line ~ /,$/ ? "," : "")
	}
	/"(args|command)": \[$/ { match($0, /^ */); list = RLENGTH + 1 }
	list && match($0, /^ *\]/) && RLENGTH == list { list = 0 }
	list && /^ *".*",?$/ && !/\[$/ { sub(/".*"/, "\"(left out)\"") }
	annotated && match($0, /^ *\}/) && RLENGTH == annotated { annotated = 0 }
	annotated && match($0, /^ *"[^"]*": "/) {
		key = $0
		sub(/^ *"/, "", key)
		sub(/": ".*/, "", key)
		if (!known(annotations, key)) sub(/: ".*"/, ": \"(left out)\"")
		else if (key ~ /node-args$/) $0 = node_args($0)
	}
	/"annotations": \{$/ { match($0, /^ */); annotated = RLENGTH + 1 }
	/"(env|httpHeaders)": \[$/ { match($0, /^ */); env = RLENGTH + 1; keeps = 0; headers = /httpHeaders/ }
	env && match($0, /^ *\]/) && RLENGTH == env { env = 0 }
	env && /"name":/ { keeps = !headers && /"(TS_ROUTES|TS_EXTRA_ARGS|TS_USERSPACE|TS_SOCKET|TS_STATE_DIR|TS_ACCEPT_DNS|TS_LOCAL_ADDR_PORT|TS_ENABLE_HEALTH_CHECK|TS_DEBUG_TRIM_WIREGUARD|TS_DEBUG_FIREWALL_MODE|HOST_IP|FIREWALL|PORT)",?$/ }
	env && !keeps && /"value":/ { sub(/: ".*"/, ": \"(left out)\"") }
	{ print }'
}

# get KINDS... asks the API server for objects. Where kubectl fails, what it has printed by then
# may be half of them: that is none.
get() {
	kubectl --request-timeout=20s get -o json "$@" >"$WORK/objects" || return
	variables <"$WORK/objects"
}

# CONFIGS are those of the plugins, of kubeadm and of kube-proxy; others are nobody's business.
CONFIGS='cilium-config ip-masq-agent calico-config kubeadm-config kube-proxy'
KINDS='servicecidrs.networking.k8s.io ciliumnodes.cilium.io ciliumpodippools.cilium.io ciliumnodeconfigs.cilium.io
	ippools.crd.projectcalico.org felixconfigurations.crd.projectcalico.org installations.operator.tigera.io connectors.tailscale.com'

capture_cluster() {
	command -v kubectl >/dev/null || die 'kubectl is not installed'
	AT=$OUT/cluster
	set -- nodes.json pods.json daemonsets.json endpointslices.json
	for name in $CONFIGS; do set -- "$@" "configmap-$name.json"; done
	for kind in $KINDS; do set -- "$@" "$kind.json"; done
	begin "$@"
	# kubectl tries several times, and says last why it gives up.
	REASON=\$p
	keep nodes.json get nodes
	keep pods.json get pods -n "$NAMESPACE"
	keep daemonsets.json get daemonsets -n "$NAMESPACE"
	for name in $CONFIGS; do keep "configmap-$name.json" get configmap -n kube-system "$name"; done
	keep endpointslices.json get endpointslices -n default -l kubernetes.io/service-name=kubernetes
	for kind in $KINDS; do keep "$kind.json" get "$kind" -A; done
	for kept in "$@"; do [ ! -e "$AT/$kept" ] || return 0; done
	say "nothing of the cluster could be had: $(sed -n 's/^nodes.json: //p' "$AT/missing")"
	had=1
}

case ${1:-},${2:+there},$# in
host,there,2 | cluster,there,2) ;;
*)
	say 'usage: capture.sh host|cluster DIR, or - for a tar archive on standard output'
	exit 2
	;;
esac
WORK=$(mktemp -d) || die 'no directory for temporary files'
trap 'rm -rf "$WORK"' EXIT
umask 077
OUT=$2
[ "$OUT" != - ] || OUT=$WORK/tree
mkdir -p "$OUT" || die "cannot write $OUT"
[ -s "$OUT/format" ] || echo 'kustomize-hybrid capture 1' >"$OUT/format"
had=0
case $1 in
host) capture_host ;;
cluster) capture_cluster ;;
esac
[ "$2" != - ] || tar -c -C "$OUT" -f - . || exit
[ "$had" = 0 ]
