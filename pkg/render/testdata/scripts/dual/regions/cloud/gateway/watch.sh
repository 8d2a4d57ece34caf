#!/bin/sh
# Follows the primary on a gateway host, for ever: a sidecar of the tailscale
# container, or a service on the host.
#
#   HOST_IP=<the node's InternalIP> TS_SOCKET=<tailscaled's socket> watch.sh
#
# All gateways of a region advertise the same prefixes; the control server makes one
# of them the primary of each prefix, and peers take packets from a source only from
# the primary of its prefix. So the primary sends into the tunnel, and every other
# gateway hands what it has to the primary over the LAN.
#
# It writes only the routing tables from 5253 on, ip rules with priority 5190 (no
# transit for now) and 5175 (health checks not answered), and runs the setup.sh beside
# it twice a minute, because other programs write the same kernel settings and chains.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

# The decisions.
settings() {
	cat <<'EOF'
netfilter off
relay yes
sourceRoute yes
cni cilium
EOF
}

# What this region advertises: family, the table for what comes from it, prefix, role.
local_prefixes() {
	cat <<'EOF'
4 5253 10.0.0.0/22 node
4 5254 10.61.0.0/16 pod
6 5255 fd00:10::/64 node
6 5256 fd00:61::/56 pod
EOF
}

# What gateways carry for this region: family, prefix.
transit_prefixes() {
	cat <<'EOF'
4 10.142.0.0/20
4 10.143.0.0/24
6 fd00:142::/56
6 fd00:143::/64
EOF
}

# The region's gateways, in failover order: name, IPv4 and IPv6 InternalIP.
gateways() {
	cat <<'EOF'
cloud-1 10.0.0.11 fd00:10::11
cloud-2 10.0.0.12 fd00:10::12
EOF
}

SOCKET=${TS_SOCKET:-/var/run/tailscale/tailscaled.sock}
RUN=${STATE_DIR:-/run/kustomize-hybrid}/watch
HOLD=${HOLD:-2}           # seconds without transit after losing the role
HEALTH_PORT=9002          # containerboot's TS_LOCAL_ADDR_PORT
SETUP=$(dirname "$0")/setup.sh
PROBE_ROUNDS=3            # failed rounds until a primary calls itself cut off

say() { echo "watch.sh: $*" >&2; }

setting() { settings | awk -v key="$1" '$1 == key { print $2 }'; }

family_of() {
	case $1 in
	*:*) echo 6 ;;
	*) echo 4 ;;
	esac
}

# own FAMILY prints this host's InternalIP of that family, as setup.sh finds it.
own() {
	if [ "$(family_of "$HOST_IP")" = "$1" ]; then
		echo "$HOST_IP"
		return
	fi
	twin=$(gateways | awk -v host="$HOST_IP" -v column=$(($1 / 2)) '$2 == host || $3 == host { print $column }')
	case $twin in
	'' | -)
		local_prefixes | while read -r family _ prefix role; do
			[ "$family $role" != "$1 node" ] || ip -"$1" -o address show to "$prefix" scope global
		done | awk 'NR == 1 { sub("/.*", "", $4); print $4 }'
		;;
	*) echo "$twin" ;;
	esac
}

device_of() { ip -o address show to "$1" | awk 'NR == 1 { print $2 }'; }

# --- what tailscaled says ---

# parse turns `tailscale status --json` into lines:
#   backend STATE
#   self|peer HOSTNAME ONLINE TAILNET_IPS CURRENT_ADDRESS ALLOWED PRIMARY
# with commas between the items of a list and - for nothing. The tailscale image has
# no JSON tool.
parse() {
	awk '
	function put(field, v) {
		if (field == "HostName" || field == "Online" || field == "CurAddr") got[field] = v
		else if (field == "TailscaleIPs" || field == "AllowedIPs" || field == "PrimaryRoutes")
			got[field] = got[field] (got[field] == "" ? "" : ",") v
	}
	function show(field) { gsub(/[ \t]/, "-", got[field]); return got[field] == "" ? "-" : got[field] }
	function scalar(v) {
		if (depth == 1 && key[1] == "BackendState") print "backend " v
		else if (depth == node) put(key[depth], v)
		else if (depth == node + 1 && list[depth]) put(key[node], v)
	}
	function token(t) {
		if (t == "{" || t == "[") {
			depth++
			list[depth] = (t == "[")
			key[depth] = ""
			value = list[depth]
			if (depth == 2 && key[1] == "Self" || depth == 3 && key[1] == "Peer") {
				node = depth
				split("", got)
			}
		} else if (t == "}" || t == "]") {
			if (depth == node) {
				print (node == 2 ? "self" : "peer"), show("HostName"), show("Online"), show("TailscaleIPs"), show("CurAddr"), show("AllowedIPs"), show("PrimaryRoutes")
				node = 0
			}
			depth--
		} else if (t == ":") value = 1
		else if (t == ",") value = list[depth]
		else {
			gsub(/^"|"$/, "", t)
			if (value) { if (t != "null") scalar(t) } else key[depth] = t
		}
	}
	{
		rest = $0
		while (match(rest, /"([^"\\]|\\.)*"|[][{}:,]|[^][{}:," \t\r]+/)) {
			t = substr(rest, RSTART, RLENGTH)
			rest = substr(rest, RSTART + RLENGTH)
			token(t)
		}
	}'
}

status() { timeout 5 tailscale --socket="$SOCKET" status --json 2>/dev/null | parse; }

# primary PREFIX trust|distrust reads what parse wrote and prints "self", or the name of
# the gateway to hand packets to. Distrust looks past tailscaled to the next in order.
primary() {
	{
		gateways | sed 's/^/gateway /'
		cat "$RUN/status"
	} | awk -v prefix="$1" -v trust="$2" -v host="$HOST_IP" '
		function has(list) { return index("," list ",", "," prefix ",") }
		function label(name) { name = tolower(name); gsub(/\./, "-", name); return name }
		$1 == "gateway" {
			n++
			name[n] = $2
			if ($3 == host || $4 == host) me = n
			byname[label($2)] = n
			sub(/\..*/, "", $2)
			if (!(label($2) in byname)) byname[label($2)] = n
			byaddress[$3] = byaddress[$4] = n
		}
		$1 == "backend" { running = ($2 == "Running" && trust == "trust") }
		$1 == "self" { approved = has($6); if (has($7)) found = "self" }
		$1 == "peer" {
			address = $5
			sub(/:[0-9]+$/, "", address)
			gsub(/[][]/, "", address)
			g = byname[label($2)]
			if (!g && address != "-") g = byaddress[address]
			if (g) seen[g] = 1
			if (g && g != me && has($7) && found == "") found = name[g]
		}
		END {
			if (running && found != "") { print found; exit }
			# Nobody says so. Headscale does not tell a node of its own role; when every
			# other gateway is in sight and none has it, it is ours.
			hidden = 0
			for (i = 1; i <= n; i++) if (i != me && !seen[i]) hidden = 1
			if (running && approved && !hidden) { print "self"; exit }
			# The policy hides the primary, or tailscaled is down: the next in order, so
			# that no two hidden gateways send to each other where there is a third.
			if (me ? n > 1 : n > 0) print name[me % n + 1]
		}'
}

# remote_primaries prints a tailnet address of each peer that is primary of a prefix
# we route to, three at most.
remote_primaries() {
	{
		transit_prefixes | sed 's/^/transit /'
		cat "$RUN/status"
	} | awk '
		$1 == "transit" { ours[$3] = 1 }
		$1 == "peer" {
			n = split($7, routes, ",")
			for (i = 1; i <= n; i++)
				if (routes[i] in ours) { sub(/,.*/, "", $4); if (!seen[$4]++ && ++count <= 3) print $4 }
		}'
}

# --- what follows from it ---

# wanted_routes FAMILY TARGET prints routes in the words of table_routes.
wanted_routes() {
	case $2 in
	tunnel) hop='dev tailscale0' ;;
	via\ *) hop=$2 ;;
	*) return ;;
	esac
	source=
	# Without a source of its own, what this host sends would come from its tailnet
	# address, which is no node of the cluster.
	[ "$2 $(setting sourceRoute)" != 'tunnel yes' ] || source=$(own "$1")
	transit_prefixes | while read -r family transit; do
		[ "$family" != "$1" ] || echo "$transit $hop${source:+ src $source}"
	done
}

# table_routes FAMILY TABLE prints the routes that are there, but for the default.
table_routes() {
	ip -"$1" route show table "$2" 2>/dev/null | awk '
		$1 == "unreachable" { next }
		{
			via = dev = src = ""
			for (i = 2; i < NF; i++) {
				if ($i == "via") via = " via " $(i + 1)
				if ($i == "dev") dev = " dev " $(i + 1)
				if ($i == "src") src = " src " $(i + 1)
			}
			print $1 via dev src
		}'
}

# without LINES OTHER prints the lines that OTHER lacks.
without() {
	printf '%s\n' "$1" | OTHER=$2 awk '
		BEGIN { n = split(ENVIRON["OTHER"], other, "\n"); for (i = 1; i <= n; i++) known[other[i]] }
		$0 != "" && !($0 in known)'
}

# route FAMILY TABLE TARGET makes the table say so, in one batch, and only what differs.
route() {
	want=$(wanted_routes "$1" "$3")
	have=$(table_routes "$1" "$2")
	[ "$want" != "$have" ] || return 0
	{
		without "$want" "$have" | sed "s/.*/route replace & table $2/"
		without "$(printf '%s\n' "$have" | cut -d' ' -f1)" "$(printf '%s\n' "$want" | cut -d' ' -f1)" |
			sed "s/.*/route del & table $2/"
	} | ip -"$1" -force -batch - 2>&1 | grep -v '^Command failed' >&2
}

# hop NAME FAMILY prints "via ADDRESS dev DEVICE" for a gateway on the LAN. Where it is
# no neighbour, handing over would take the router that sent us the packet.
hop() {
	address=$(gateways | awk -v name="$1" -v column=$(($2 / 2)) '$1 == name { print $column }')
	case $address in '' | -) return ;; esac
	ip -"$2" route get "$address" 2>/dev/null | awk -v address="$address" '
		NR > 1 { exit }
		/ via / { exit }
		{ for (i = 1; i < NF; i++) if ($i == "dev") print "via " address " dev " $(i + 1) }'
}

# refuse FAMILY PREFIX yes|no: no transit while two gateways may each take the other
# for the primary, which would send a packet to and fro until its life is over. What
# this host and its pods send is not refused: the other gateway refuses it in time.
refuse() {
	lan=$(device_of "$(own "$1")")
	have=$(ip -"$1" rule show priority 5190 | awk -v prefix="$2" '$3 == prefix' | grep -c .)
	if [ "$3" = yes ] && [ "$have" = 0 ]; then
		transit_prefixes | while read -r family transit; do
			[ "$family" != "$1" ] || echo "rule add priority 5190 from $2 to $transit iif $lan blackhole"
		done | ip -"$1" -force -batch -
	elif [ "$3" = no ] && [ "$have" != 0 ]; then
		transit_prefixes | while read -r family transit; do
			[ "$family" != "$1" ] || echo "rule del priority 5190 from $2 to $transit iif $lan"
		done | ip -"$1" -force -batch -
	fi
}

# mute yes|no: the region's nodes ask the health port, and leave a gateway that does
# not answer. tailscaled alone would go on saying that all is well.
mute() {
	f=$(family_of "$HOST_IP")
	have=$(ip -"$f" rule show priority 5175 | grep -c .)
	if [ "$1" = yes ] && [ "$have" = 0 ]; then
		ip -"$f" rule add priority 5175 from "$HOST_IP" ipproto tcp sport "$HEALTH_PORT" blackhole
	elif [ "$1" = no ] && [ "$have" != 0 ]; then
		ip -"$f" rule del priority 5175
	fi
}

# decide FAMILY TABLE PREFIX
decide() {
	no_transit=no
	trust=trust
	if [ "$RUNNING" = no ] || [ -e "$RUN/cut" ]; then
		no_transit=yes
		# What this host and its pods send may still go out by another gateway.
		trust=distrust
	fi
	who=$(primary "$3" "$trust")
	case $who in
	self) target=tunnel ;;
	'') target=none ;;
	*) target=$(hop "$who" "$1") ;;
	esac
	was=$(cat "$RUN/target.$1.$2" 2>/dev/null)
	case $was/$target in
	tunnel/via*) echo $((TICK + HOLD * PER_SECOND)) >"$RUN/hold.$1.$2" ;;
	esac
	hold=$(cat "$RUN/hold.$1.$2" 2>/dev/null)
	if [ "${target%% *}" = via ] && [ "${hold:-0}" -gt "$TICK" ]; then no_transit=yes; fi
	[ "$(setting relay)" = no ] || refuse "$1" "$3" "$no_transit"
	route "$1" "$2" "${target:-none}"
	if [ "$was" != "$target" ]; then
		echo "$target" >"$RUN/target.$1.$2"
		say "$3: ${who:-nobody}${target:+, $target}"
		if [ -z "$target" ]; then say "$3: gateway $who is no neighbour on the LAN: refusing what comes from there"; fi
	fi
}

poll() {
	status >"$RUN/status.new"
	mv "$RUN/status.new" "$RUN/status"
	RUNNING=no
	if grep -qx 'backend Running' "$RUN/status"; then RUNNING=yes; fi
	remote_primaries >"$RUN/remote.new"
	mv "$RUN/remote.new" "$RUN/remote"
	if [ -e "$RUN/cut" ]; then mute yes; else mute no; fi
	while read -r family table prefix _; do
		decide "$family" "$table" "$prefix" </dev/null
	done <"$RUN/local"
}

# --- is the primary cut off from the other regions? ---

# answers says whether one of the remote primaries answers below all policies.
answers() {
	while read -r address; do
		timeout 3 tailscale --socket="$SOCKET" ping --c 1 --timeout 2s --until-direct=false "$address" </dev/null >/dev/null 2>&1 && echo yes &
	done <"$RUN/remote" | grep -q yes
}

# probe marks this gateway cut off after PROBE_ROUNDS failed rounds, until one answers.
# With its uplink gone and its LAN alive, tailscaled still believes in its role.
probe() {
	failed=0
	while sleep 1; do
		if ! [ -s "$RUN/remote" ] || ! grep -qx tunnel "$RUN"/target.* 2>/dev/null && ! [ -e "$RUN/cut" ]; then
			failed=0
		elif answers; then
			failed=0
			if [ -e "$RUN/cut" ]; then
				say 'other regions answer again'
				rm -f "$RUN/cut"
				: >"$RUN/changed"
			fi
		else
			failed=$((failed + 1))
			if [ "$failed" -ge "$PROBE_ROUNDS" ] && ! [ -e "$RUN/cut" ]; then
				say 'no other region answers: cut off'
				: >"$RUN/cut"
				: >"$RUN/changed"
			fi
		fi
	done
}

# --- when to look ---

# listen marks a change when tailscaled rewrites its table 52 or its device comes or
# goes: sooner than the next look, and without asking for it.
listen() {
	while read -r line; do
		case $line in
		*' table 52'* | *tailscale0:*) : >"$RUN/changed" ;;
		esac
	done
}

stop() {
	trap - EXIT
	mute no
	# shellcheck disable=SC2086 # several process ids
	kill $JOBS 2>/dev/null
	exit 0
}

[ -n "${HOST_IP:-}" ] || {
	say 'HOST_IP is not set: the InternalIP of this host'
	exit 2
}
rm -rf "$RUN"
mkdir -p "$RUN"
local_prefixes >"$RUN/local"
PER_SECOND=4
STEP=0.25
sleep 0.01 2>/dev/null || {
	PER_SECOND=1
	STEP=1
}
JOBS=''
TICK=0
trap stop EXIT TERM INT
mkfifo "$RUN/events"
listen <"$RUN/events" &
JOBS=$!
ip monitor route link >"$RUN/events" 2>/dev/null &
JOBS="$JOBS $!"
if [ "$(setting relay)" = yes ]; then
	probe &
	JOBS="$JOBS $!"
fi
while :; do
	if [ $((TICK % PER_SECOND)) -eq 0 ] || [ -e "$RUN/changed" ]; then
		rm -f "$RUN/changed"
		poll
	fi
	if [ $((TICK % (30 * PER_SECOND))) -eq $((15 * PER_SECOND)) ] && [ -x "$SETUP" ]; then
		"$SETUP" apply
	fi
	sleep "$STEP"
	TICK=$((TICK + 1))
done
