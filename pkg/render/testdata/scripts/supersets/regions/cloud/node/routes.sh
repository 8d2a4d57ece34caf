#!/bin/sh
# Routes on a node that is not a gateway: the other regions' nodes and pods, by this
# region's gateways. Before the kubelet starts, as root.
#
#   routes.sh apply|remove|check|print
#
# apply   sets routes and kernel settings; twice is the same as once
# remove  takes all of it back
# check   names every line that is missing or too many, and exits 1 if there is one
# print   prints what apply would do, and does nothing
#
# It touches only routes with protocol 153 and the kernel settings it lists, whose old
# values it keeps in STATE_DIR (/run/kustomize-hybrid). It refuses to run on a gateway:
# there, a route to another region outside the tunnel is a tunnel inside a tunnel.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

# What the gateways carry for this node: family, prefix.
transit_prefixes() {
	cat <<'EOF'
4 10.142.0.0/20
4 10.143.0.0/24
EOF
}

# The region's gateways: name, IPv4 and IPv6 InternalIP.
gateways() {
	cat <<'EOF'
cloud-1 10.0.0.11 fd00:10::11
cloud-2 10.0.0.12 fd00:10::12
EOF
}

# Which of our routes are ours: a number nobody has in iproute2's rt_protos.
PROTOCOL=153
# The tunnel's MTU. A larger packet is refused here, by a router the sender hears, and
# not at the gateway or behind it; for UDP, too, which no MSS clamp helps.
MTU=1280
STATE=${STATE_DIR:-/run/kustomize-hybrid}/node
VERB=${1:-}

say() { echo "routes.sh: $*" >&2; }

die() {
	say "$*"
	exit 1
}

run() {
	if [ "$VERB" = print ]; then
		echo "$*"
	else
		"$@"
	fi
}

# without LINES OTHER prints the lines that OTHER lacks. Neither is an argument of a
# program: those are limited to 128 KiB.
without() {
	{
		printf '%s\n' "$2"
		echo --
		printf '%s\n' "$1"
	} | awk '
		!second && $0 == "--" { second = 1; next }
		!second { known[$0]; next }
		$0 != "" && !($0 in known)'
}

families() {
	echo 4
	if [ -d /proc/sys/net/ipv6 ]; then echo 6; fi
}

# hops FAMILY prints the gateways' addresses, but for those that the watch beside this
# file has found unwell: it takes them out until they are back.
hops() {
	gateways | while read -r name four six; do
		if grep -qsx "$name" "$STATE/unwell"; then continue; fi
		if [ "$1" = 4 ]; then echo "$four"; else echo "$six"; fi
	done | grep -v '^-$'
}

refuse_on_gateway() {
	for address in $(gateways | awk '{ print $2; print $3 }' | grep -v '^-$'); do
		if ip -o address show to "$address" | grep -q .; then
			die "$address is an address of this host: it is a gateway, which keeps its routes itself"
		fi
	done
}

# --- routes: "FAMILY PREFIX HOP..." ---

routes() {
	for f in $(families); do
		via=$(hops "$f" | sort | tr '\n' ' ')
		[ -n "$via" ] || continue
		transit_prefixes | while read -r family transit; do
			[ "$family" != "$f" ] || echo "route $family $transit ${via% }"
		done
	done
}

# actual_routes reads ours only: the same prefix by somebody else is not taken over.
actual_routes() {
	for f in $(families); do
		ip -"$f" route show protocol "$PROTOCOL" | awk -v family="$f" -v mtu="$MTU" '
			function flush_route(   i, j, swap) {
				if (prefix == "") return
				for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++)
					if (hop[j] < hop[i]) { swap = hop[i]; hop[i] = hop[j]; hop[j] = swap }
				line = "route " family " " prefix
				for (i = 1; i <= n; i++) line = line " " hop[i]
				print line (size == mtu ? "" : " without mtu " mtu)
			}
			/^[^ \t]/ { flush_route(); prefix = $1; n = 0; size = "" }
			{
				for (i = 1; i < NF; i++) {
					if ($i == "via") hop[++n] = $(i + 1)
					if ($i == "mtu") size = $(i + 1)
				}
			}
			END { flush_route() }'
	done
}

# set_route FAMILY PREFIX HOP...
set_route() {
	family=$1
	prefix=$2
	shift 2
	words=
	if [ $# -eq 1 ]; then
		words="via $1"
	else
		for address; do words="$words nexthop via $address"; done
	fi
	action=add
	if [ -n "$(ip -"$family" route show "$prefix" protocol "$PROTOCOL")" ]; then action=replace; fi
	# shellcheck disable=SC2086 # next hops are several words
	run ip -"$family" route "$action" "$prefix" proto "$PROTOCOL" mtu "$MTU" $words ||
		say "$prefix: not set; where another route to it exists, remove that first"
}

# --- kernel settings: path below /proc/sys, value ---

sysctls() {
	# By address and port, so that one pair of hosts uses all gateways but no
	# connection changes its gateway on the way.
	echo 'net/ipv4/fib_multipath_hash_policy 1'
	# A gateway whose host is gone does not answer ARP: the kernel then leaves it out.
	echo 'net/ipv4/fib_multipath_use_neigh 1'
	if transit_prefixes | grep -q '^6 '; then
		echo 'net/ipv6/fib_multipath_hash_policy 1'
	fi
}

wanted_sysctls() { sysctls | sed 's/^/sysctl /'; }

actual_sysctls() {
	sysctls | while read -r path _; do
		echo "sysctl $path $(cat "/proc/sys/$path" 2>/dev/null)"
	done
}

save_sysctls() {
	mkdir -p "$STATE"
	sysctls | while read -r path _; do
		if ! grep -qs "^$path " "$STATE/sysctl"; then
			echo "$path $(cat "/proc/sys/$path" 2>/dev/null)" >>"$STATE/sysctl"
		fi
	done
}

write_sysctl() {
	if [ "$VERB" = print ]; then
		echo "echo $2 >/proc/sys/$1"
	else
		echo "$2" >"/proc/sys/$1"
	fi
}

restore_sysctls() {
	if [ ! -f "$STATE/sysctl" ]; then
		say "no saved kernel settings in $STATE: they stay as they are"
		return
	fi
	while read -r path value; do
		if [ -w "/proc/sys/$path" ]; then echo "$value" >"/proc/sys/$path"; fi
	done <"$STATE/sysctl"
	rm -f "$STATE/sysctl"
}

# --- the four verbs ---

check() {
	want=$(
		routes
		wanted_sysctls
	)
	have=$(
		actual_routes
		actual_sysctls
	)
	missing=$(without "$want" "$have")
	extra=$(without "$have" "$want")
	[ -z "$missing" ] || printf '%s\n' "$missing" | sed 's/^/missing: /'
	[ -z "$extra" ] || printf '%s\n' "$extra" | sed 's/^/extra: /'
	[ -z "$missing$extra" ]
}

apply() {
	[ "$VERB" = print ] || save_sysctls
	without "$(wanted_sysctls)" "$(actual_sysctls)" | while read -r _ path value; do
		write_sysctl "$path" "$value"
	done
	want=$(routes)
	have=$(actual_routes)
	# shellcheck disable=SC2086 # next hops are several words
	without "$want" "$have" | while read -r _ family prefix via; do set_route "$family" "$prefix" $via; done
	without "$(printf '%s\n' "$have" | cut -d' ' -f1-3)" "$(printf '%s\n' "$want" | cut -d' ' -f1-3)" |
		while read -r _ family prefix; do
			run ip -"$family" route del "$prefix" proto "$PROTOCOL"
		done
}

remove() {
	for f in $(families); do ip -"$f" route flush protocol "$PROTOCOL"; done
	restore_sysctls
	rm -f "$STATE/unwell"
	rmdir "$STATE" "${STATE%/*}" 2>/dev/null
	return 0
}

case $VERB in
apply | remove | check | print) ;;
*)
	say 'usage: routes.sh apply|remove|check|print'
	exit 2
	;;
esac
command -v ip >/dev/null || die 'iproute2 is not installed'
case $VERB in
apply)
	refuse_on_gateway
	apply
	check || die 'not everything could be applied'
	;;
print)
	refuse_on_gateway
	apply
	;;
remove) remove ;;
check) check ;;
esac
