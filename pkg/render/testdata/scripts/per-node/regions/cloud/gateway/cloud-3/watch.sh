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
# transit for now) and 5175 (no answer to health checks), and runs the setup.sh beside
# it once a minute, when somebody deletes one of its rules and when tailscaled starts,
# because other programs write the same kernel settings, rules and chains.
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
4 5254 10.61.3.0/24 pod
6 5255 fd00:10::/64 node
6 5256 fd00:61:0:3::/64 pod
EOF
}

# What gateways carry for this region: family, prefix.
transit_prefixes() {
	cat <<'EOF'
4 10.142.1.0/24
4 10.143.0.0/24
6 fd00:142:0:1::/64
6 fd00:143::/64
EOF
}

# The region's gateways, in failover order: name, IPv4 and IPv6 InternalIP.
gateways() {
	cat <<'EOF'
cloud-2 10.0.0.12 fd00:10::12
cloud-3 10.0.0.13 fd00:10::13
EOF
}

SOCKET=${TS_SOCKET:-/var/run/tailscale/tailscaled.sock}
RUN=${STATE_DIR:-/run/kustomize-hybrid}/watch
HOLD=${HOLD:-2}           # seconds without transit after losing the role
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

# status asks tailscaled. One that does not answer in time is busy, not gone, and keeps
# its role for a while. One that is gone refuses at once, or, where the CLI sees a
# process of that name, is waited for; without its device it carries nothing either way.
status() {
	if ! ip link show dev tailscale0 >/dev/null 2>&1; then
		BUSY=0
		: >"$RUN/status"
		return
	fi
	timeout 5 tailscale --socket="$SOCKET" status --json >"$RUN/json" 2>/dev/null
	case $? in
	124 | 143) BUSY=$((BUSY + 1)) ;;
	*) BUSY=0 ;;
	esac
	if [ "$BUSY" -eq 0 ] || [ "$BUSY" -gt 3 ]; then parse <"$RUN/json" >"$RUN/status"; fi
}

# --- what follows from it ---

# plan reads the tables, what it decided before and what parse wrote, prints everything
# that should be:
#   route FAMILY TABLE DESTINATION HOP
#   rule FAMILY PRIORITY: SELECTOR blackhole
# keeps what it decided in RUN/memory, for the next time:
#   target FAMILY TABLE PREFIX self|GATEWAY|none
#   hold FAMILY TABLE TIME
# the tailnet addresses to probe in RUN/remote, and when the next hold ends in RUN/hold.
plan() {
	awk -v host="$HOST_IP" -v now="$NOW" -v hold_time=$((HOLD * 100)) -v cut="$1" -v dir="$RUN" '
	function has(list, item) { return index("," list ",", "," item ",") }
	function label(name) { name = tolower(name); gsub(/\./, "-", name); return name }
	function gateway_of(hostname, address) {
		sub(/:[0-9]+$/, "", address)
		gsub(/[][]/, "", address)
		if (label(hostname) in byname) return byname[label(hostname)]
		return (address in byaddress) ? byaddress[address] : 0
	}
	# primary is "self", or the number of the gateway to hand packets to, or 0.
	function primary(prefix,   i, hidden) {
		if (trusted) {
			if (has(self_primary, prefix)) return "self"
			for (i = 1; i <= peers; i++)
				if (peer_gateway[i] && peer_gateway[i] != me && has(peer_primary[i], prefix)) return peer_gateway[i]
			# Nobody says so. Headscale does not tell a node of its own role; when every
			# other gateway is in sight and none has it, it is ours.
			hidden = 0
			for (i = 1; i <= n; i++) if (i != me && !(i in in_sight)) hidden = 1
			if (!hidden && has(self_allowed, prefix)) return "self"
		}
		# The policy hides the primary, or tailscaled is down or cut off: the next in
		# order, so that no two gateways send to each other where there is a third.
		if (me ? n > 1 : n > 0) return me % n + 1
		return 0
	}
	$1 == "setting" { setting[$2] = $3 }
	$1 == "local" { locals++; lf[locals] = $2; lt[locals] = $3; lp[locals] = $4 }
	$1 == "transit" { transits++; tf[transits] = $2; tp[transits] = $3; is_transit[$3] = 1 }
	$1 == "own" { own[$2] = $3; lan[$2] = $4 }
	$1 == "gateway" {
		name[++n] = $2
		if ($3 == host || $4 == host) me = n
		byname[label($2)] = n
		if ($3 != "-") byaddress[$3] = n
		if ($4 != "-") byaddress[$4] = n
	}
	$1 == "hop" { hop[$2, $3] = "via " $4 " dev " $5 }
	$1 == "target" { was[$2, $3] = $5 }
	$1 == "hold" { held[$2, $3] = $4 }
	$1 == "backend" { running = ($2 == "Running") }
	$1 == "self" { self_allowed = $6; self_primary = $7 }
	$1 == "peer" {
		peer_gateway[++peers] = gateway_of($2, $5)
		if (peer_gateway[peers]) in_sight[peer_gateway[peers]] = 1
		peer_online[peers] = $3
		split($4, ips, ",")
		peer_ip[peers] = ips[1]
		peer_primary[peers] = $7
	}
	END {
		memory = dir "/memory" # it has been read to its end
		remote = dir "/remote"
		printf "" >memory
		printf "" >remote
		trusted = running && !cut
		withdrawn = 1
		for (i = 1; i <= locals; i++) if (has(self_allowed, lp[i])) withdrawn = 0
		for (i = 1; i <= locals; i++) {
			f = lf[i]
			who = primary(lp[i])
			refuse = !trusted
			if (who == "self") way = "dev tailscale0" (setting["sourceRoute"] == "yes" && own[f] != "" ? " src " own[f] : "")
			else way = who ? hop[name[who], f] : ""
			target = who == "self" ? "self" : way == "" ? "none" : name[who]
			# Two gateways that each take the other for the primary would send a packet to
			# and fro until its life is over: no transit until the other has noticed, too.
			until = held[f, lt[i]]
			# Who has withdrawn its routes does not get them back, and the other one hears of
			# it from the same message: a quarter of the time will do.
			if (was[f, lt[i]] == "self" && target != "self" && target != "none")
				until = now + (withdrawn && trusted ? hold_time / 4 : hold_time)
			if (target != "self" && until > now) {
				refuse = 1
				print "hold", f, lt[i], until >memory
				if (!hold || until < hold) hold = until
			}
			print "target", f, lt[i], lp[i], target >memory
			if (was[f, lt[i]] != target) print "watch.sh: " lp[i] " " target >"/dev/stderr"
			if (target == "self") active = 1
			for (j = 1; j <= transits; j++) {
				if (tf[j] != f) continue
				if (way != "") print "route", f, lt[i], tp[j], way
				# What this host and its pods send is not refused: the other gateway is.
				if (refuse && setting["relay"] == "yes" && lan[f] != "")
					print "rule", f, "5190: from", lp[i], "to", tp[j], "iif", lan[f], "blackhole"
			}
		}
		# The nodes of the region ask the health port, and leave a gateway that does not
		# answer: one whose tunnel leads nowhere, or one that withdraws before it stops.
		# containerboot alone would go on saying that all is well. The kubelet asks from
		# this host, where rule 0 comes first, and hears the truth.
		if (!trusted || withdrawn) print "rule", (host ~ /:/ ? 6 : 4), "5175: from", host, "ipproto tcp sport 9002 blackhole"
		# Only who sends into the tunnel has to know whether it leads anywhere. The primaries
		# of other regions first; but one that is gone must not make us believe that we are,
		# so then anybody else of another region.
		for (pass = 1; pass <= 2 && (active || cut); pass++)
			for (i = 1; i <= peers && remotes < 4; i++) {
				useful = pass == 2 && peer_online[i] == "true" && !peer_gateway[i]
				m = split(peer_primary[i], routes, ",")
				for (j = 1; j <= m && pass == 1; j++) if (routes[j] in is_transit) useful = 1
				if (useful && !asked[peer_ip[i]]++) { remotes++; print peer_ip[i] >remote }
			}
		print hold + 0 >(dir "/hold")
	}'
}

# look prints the tables of this file and what the host says about them. Where a
# gateway is no neighbour on the LAN there is no hop: handing over would take the
# router that sent us the packet.
look() {
	settings | sed 's/^/setting /'
	local_prefixes | sed 's/^/local /'
	transit_prefixes | sed 's/^/transit /'
	gateways | sed 's/^/gateway /'
	for f in 4 6; do
		address=$(own "$f")
		[ -z "$address" ] || echo "own $f $address $(device_of "$address")"
		gateways | while read -r name four six; do
			address=$four
			[ "$f" = 4 ] || address=$six
			case $address in - | "$HOST_IP") continue ;; esac
			ip -"$f" route get "$address" 2>/dev/null | awk -v name="$name" -v family="$f" -v address="$address" '
				NR > 1 || / via / { exit }
				{ for (i = 1; i < NF; i++) if ($i == "dev" && $(i + 1) != "lo") print "hop", name, family, address, $(i + 1) }'
		done
	done
}

# kernel prints the routes and rules that are there, as ip does.
kernel() {
	for f in 4 6; do
		echo "family $f"
		ip -"$f" route show table all 2>/dev/null
		ip -"$f" rule show 2>/dev/null
	done
}

# enforce WANTED makes it so: what refuses comes first and goes last.
enforce() {
	{
		printf '%s\n' "$1"
		kernel
	} | awk -v dir="$RUN" '
		function out(f, command) { commands[f] = commands[f] command "\n" }
		BEGIN { printf "" >(dir "/batch4"); printf "" >(dir "/batch6") }
		$1 == "family" { family = $2; next }
		!family { if ($0 != "") { wanted[++n] = $0; is_wanted[$0]; target[$1, $2, $3, $4] } next }
		$1 == "5175:" || $1 == "5190:" { $1 = $1; line = "rule " family " " $0; have[line]; rules[++r] = line }
		$1 == "unreachable" || !/ table / { next }
		{
			table = way = ""
			for (i = 2; i < NF; i++) {
				if ($i == "table") table = $(i + 1)
				if ($i ~ /^(via|dev|src)$/) way = way " " $i " " $(i + 1)
			}
			if (table >= 5253 && table < 5400) {
				line = "route " family " " table " " $1 way
				have[line]
				routes[++m] = line
			}
		}
		END {
			for (pass = 1; pass <= 2; pass++)
				for (i = 1; i <= n; i++) {
					if (wanted[i] in have) continue
					split(wanted[i], word, " ")
					rest = substr(wanted[i], length(word[1] word[2] word[3]) + 4)
					if (pass == 1 && word[1] == "rule") out(word[2], "rule add priority " (word[3] + 0) " " rest)
					if (pass == 2 && word[1] == "route") out(word[2], "route replace " rest " table " word[3])
				}
			for (i = 1; i <= m; i++) {
				split(routes[i], word, " ")
				if (!((word[1], word[2], word[3], word[4]) in target))
					out(word[2], "route del " substr(routes[i], length(word[1] word[2] word[3]) + 4) " table " word[3])
			}
			for (i = 1; i <= r; i++) {
				split(rules[i], word, " ")
				if (!(rules[i] in is_wanted))
					out(word[2], "rule del priority " (word[3] + 0) " " substr(rules[i], length(word[1] word[2] word[3]) + 4))
			}
			for (f in commands) printf "%s", commands[f] >(dir "/batch" f)
		}'
	for f in 4 6; do
		if [ -s "$RUN/batch$f" ]; then ip -"$f" -force -batch "$RUN/batch$f" 2>&1 | grep -v '^Command failed' >&2; fi
	done
}

# poll decides, and enforces what has changed; all of it when told to, since tailscaled
# takes routes along when its device goes.
poll() {
	clock
	status
	cut=0
	if [ -e "$RUN/cut" ]; then cut=1; fi
	wanted=$({
		printf '%s\n' "$TABLES"
		cat "$RUN/memory" "$RUN/status"
	} | plan "$cut")
	if [ "$wanted" != "$WANTED" ] || [ "$1" = all ]; then enforce "$wanted"; fi
	WANTED=$wanted
	wake
}

# wake has the main loop look again when the next hold ends, on time.
wake() {
	read -r hold <"$RUN/hold"
	if [ "$hold" -eq 0 ] || [ "$hold" -eq "$WAKE" ]; then return; fi
	WAKE=$hold
	left=$((hold - NOW + 1))
	if [ "$FRACTIONS" = yes ]; then
		left=$((left / 100)).$((left % 100 / 10))$((left % 10))
	else
		left=$((left / 100 + 1))
	fi
	{
		sleep "$left"
		echo tick >&3
	} &
}

# clock sets NOW to hundredths of a second since the host started.
clock() {
	read -r up _ </proc/uptime
	NOW=${up%.*}${up#*.}
}

# --- is the primary cut off from the other regions? ---

# answers says whether another region answers below all policies: the first in line
# when all is well, any of them when not.
answers() {
	if [ "$1" -eq 0 ] && read -r address <"$RUN/remote" && ask "$address" 1; then return 0; fi
	while read -r address; do
		{ ask "$address" 2 && echo yes; } &
	done <"$RUN/remote" | grep -q yes
}

# ask ADDRESS SECONDS
ask() {
	timeout 3 tailscale --socket="$SOCKET" ping --c 1 --timeout "$2s" --until-direct=false "$1" </dev/null >/dev/null 2>&1
}

# probe marks this gateway cut off after PROBE_ROUNDS failed rounds, until one answers.
# With its uplink gone and its LAN alive, tailscaled still believes in its role.
probe() {
	failed=0
	pause=2
	while sleep "$pause"; do
		if ! [ -s "$RUN/remote" ] || answers "$failed"; then
			failed=0
			pause=2
			if [ -e "$RUN/cut" ]; then
				say 'other regions answer again'
				rm -f "$RUN/cut"
				echo changed >&3
			fi
		else
			failed=$((failed + 1))
			pause=1
			if [ "$failed" -ge "$PROBE_ROUNDS" ] && ! [ -e "$RUN/cut" ]; then
				say 'no other region answers: cut off'
				: >"$RUN/cut"
				echo changed >&3
			fi
		fi
	done
}

# --- when to look ---

# listen says so when tailscaled rewrites its table 52 or its device comes or goes:
# sooner than the next tick, and without asking for it. A hundred routes are one change.
# Of rules, only the loss of setup.sh's own counts. A tailscaled that keeps chains puts
# them first when it starts, before setup.sh's.
listen() {
	while read -r line; do
		case $line in
		*' table 52 '* | *' table 52') mark changed ;;
		*tailscale0:*)
			mark changed
			mark mend
			;;
		Deleted*518[05]:* | Deleted*519[56]:* | Deleted*5205:*) mark mend ;;
		esac
	done
}

mark() {
	if ! [ -s "$RUN/$1" ]; then
		echo 1 >"$RUN/$1"
		echo "$1" >&3
	fi
}

# ticks are for what leaves no trace in the kernel's tables.
ticks() {
	while sleep 3; do echo tick >&3; done
}

# setup mends what setup.sh made, one run at a time: on a host that is too busy for
# it they would only pile up.
setup() {
	# busybox takes no process for one that is there.
	if [ -x "$SETUP" ] && { [ -z "$SETUP_JOB" ] || ! kill -0 "$SETUP_JOB" 2>/dev/null; }; then
		"$SETUP" apply &
		SETUP_JOB=$!
	fi
}

# stop leaves the routes as they are, but answers health checks as tailscaled does.
stop() {
	trap - EXIT
	# shellcheck disable=SC2086 # several process ids
	kill $JOBS 2>/dev/null
	enforce "$(printf '%s\n' "$WANTED" | grep -v ' 5175: ')"
	exit 0
}

[ -n "${HOST_IP:-}" ] || {
	say 'HOST_IP is not set: the InternalIP of this host'
	exit 2
}
rm -rf "$RUN"
mkdir -p "$RUN"
: >"$RUN/status"
: >"$RUN/memory"
FRACTIONS=yes
sleep 0.01 2>/dev/null || FRACTIONS=no
SETUP_JOB=''
BUSY=0
WANTED=''
WAKE=0
mkfifo "$RUN/events" "$RUN/kernel"
exec 3<>"$RUN/events" # both ways: it never ends
listen <"$RUN/kernel" &
JOBS=$!
ip monitor route link rule >"$RUN/kernel" 2>/dev/null &
JOBS="$JOBS $!"
ticks &
JOBS="$JOBS $!"
if [ "$(setting relay)" = yes ]; then
	probe &
	JOBS="$JOBS $!"
fi
trap stop EXIT TERM INT
clock
LOOKED=$NOW
TABLES=$(look)
poll all
while :; do
	read -r event <&3 || event=tick
	case $event in
	changed)
		: >"$RUN/changed"
		poll all
		;;
	mend)
		: >"$RUN/mend"
		setup
		;;
	*)
		if [ $((NOW - LOOKED)) -ge 6000 ]; then
			LOOKED=$NOW
			TABLES=$(look)
			setup
			poll all
		else
			poll changes
		fi
		;;
	esac
done
