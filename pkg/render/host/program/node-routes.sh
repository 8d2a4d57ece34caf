#!/bin/sh
# Routes on a node that is not a gateway: the other regions' nodes and pods, by this
# region's gateways. Before the kubelet starts, as root.
#
#   node-routes.sh apply|remove|check|print|status
#   node-routes.sh explain ADDRESS|SETTING
#
# apply    sets routes and kernel settings; twice is the same as once
# remove   takes all of it back
# check    names every line that is missing or too many, and every file that does not
#          belong to the others, and exits 1 if there is one
# print    prints what apply would do, and does nothing; where iproute2 is not installed,
#          what it would do on a host that has none of it
# status   says in words which routes there are, and how the gateways are
# explain  says where packets to an address go, and what a kernel setting is for
#
# It touches only routes with protocol 153 and the kernel settings it lists, whose old
# values it keeps in STATE_DIR (/run/kustomize-hybrid). It refuses to run on a gateway:
# there, a route to another region outside the tunnel is a tunnel inside a tunnel. And it
# refuses files that do not belong together: prefixes that another file of the fleet
# takes in may be the region's own.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source=lib.sh
. "$DIR/lib.sh"

STATE=$STATE_DIR/node

refuse_mismatch() {
	mismatched=$(mismatched_parts)
	if [ -n "$mismatched" ]; then
		lines "$mismatched" >&2
		die 'these files do not belong together: nothing was done'
	fi
}

refuse_on_gateway() {
	mine=$(ip -o address show 2>/dev/null | awk '{ sub("/.*", "", $4); print $4 }')
	while read -r _ four six _; do
		for address in "$four" "$six"; do
			case $NEWLINE$mine$NEWLINE in
			*"$NEWLINE$address$NEWLINE"*)
				die "$address is an address of this host: it is a gateway, which keeps its routes itself"
				;;
			esac
		done
	done <<EOF
$GATEWAYS
EOF
}

# --- routes: "route FAMILY PREFIX HOP..." ---

# unwell prints the gateways that node-watch.sh has found unwell, and since when.
unwell() {
	if [ -f "$STATE/unwell" ]; then sed 's/^/unwell /' "$STATE/unwell"; fi
}

# wanted_routes leads to all gateways but those: the watch takes them out until they are
# back.
wanted_routes() {
	{
		for family in $FAMILIES; do echo "family $family"; done
		unwell
		lines "$PARSED"
	} | awk -f "$DIR/node-wanted.awk"
}

# actual_routes reads ours only: the same prefix by somebody else is not taken over.
actual_routes() {
	for family in $FAMILIES; do
		echo "family $family mtu $TUNNEL_MTU"
		ip -"$family" route show protocol "$NODE_PROTOCOL" 2>/dev/null
	done | awk -f "$DIR/node-actual.awk"
}

# set_routes has ip do all of it at once, family by family.
set_routes() {
	todo=$({
		echo "words proto $NODE_PROTOCOL mtu $TUNNEL_MTU"
		lines "$want" | sed 's/^/want /'
		lines "$have" | sed 's/^/have /'
	} | awk -f "$DIR/node-commands.awk")
	for family in $FAMILIES; do
		commands=$(lines "$todo" | sed -n "s/^$family //p")
		if [ -z "$commands" ]; then
			continue
		elif [ "$VERB" = print ]; then
			lines "$commands" | sed "s/^/ip -$family /"
		else
			lines "$commands" | ip -"$family" -force -batch -
		fi
	done
}

# --- kernel settings: path below /proc/sys, value ---

sysctls() {
	# By address and port, so that one pair of hosts uses all gateways but no
	# connection changes its gateway on the way.
	echo 'net/ipv4/fib_multipath_hash_policy 1'
	# A gateway whose host is gone does not answer ARP: the kernel then leaves it out.
	echo 'net/ipv4/fib_multipath_use_neigh 1'
	case $FAMILIES in
	*6) if lines "$PARSED" | grep -q '^transit 6 '; then echo 'net/ipv6/fib_multipath_hash_policy 1'; fi ;;
	esac
}

explain_setting() {
	case $1 in
	net/ipv[46]/fib_multipath_hash_policy)
		echo "$1 is 1: a connection's addresses and ports choose its gateway. One pair of hosts uses all gateways, and no connection changes its gateway on the way."
		;;
	net/ipv4/fib_multipath_use_neigh)
		echo "$1 is 1: the kernel leaves out a gateway that does not answer ARP, because its host is gone."
		;;
	*) die "$1 is not a setting of this program: it sets $(lines "$SYSCTLS" | awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $1 }')" ;;
	esac
}

# --- the verbs ---

# look reads what the other functions need of tables and kernel.
look() {
	read_tables
	FAMILIES=$(families)
	SYSCTLS=$(sysctls)
}

# compare leaves in $want what should be, in $have what is, and in $wrong how they differ.
compare() {
	want=$(
		wanted_routes
		lines "$SYSCTLS" | wanted_sysctls
	)
	have=$(
		actual_routes
		lines "$SYSCTLS" | actual_sysctls
	)
	wrong=
	if [ "$want" != "$have" ]; then
		wrong=$(
			without "$want" "$have" | sed 's/^/missing: /'
			without "$have" "$want" | sed 's/^/extra: /'
		)
	fi
}

# mend does what compare has found to be wrong, or only prints it when VERB is print.
mend() {
	if [ "$VERB" != print ]; then lines "$SYSCTLS" | save_sysctls; fi
	lines "$wrong" | sed -n 's/^missing: sysctl //p' | while read -r path value; do
		write_sysctl "$path" "$value"
	done
	set_routes
}

apply() {
	compare
	[ -n "$wrong" ] || return 0
	mend
	compare
	[ -n "$wrong" ] || return 0
	lines "$wrong"
	lines "$wrong" | sed -n 's/^missing: route [46] \([^ ]*\) .*/\1/p' | while read -r prefix; do
		say "$prefix: not set; where another route to it exists, remove that first"
	done
	die 'not everything could be applied'
}

# check names first what is wrong with the files: all else follows from them.
check() {
	mismatched=$(mismatched_parts)
	compare
	lines "$mismatched"
	lines "$wrong"
	[ -z "$mismatched$wrong" ]
}

remove() {
	for family in $(families); do ip -"$family" route flush protocol "$NODE_PROTOCOL"; done
	restore_sysctls
	rm -f "$STATE/unwell" "$STATE/asked"
	rmdir "$STATE" "$STATE_DIR" 2>/dev/null
	return 0
}

status() {
	clock
	{
		echo "now $NOW"
		unwell
		if [ -f "$STATE/asked" ]; then sed 's/^/asked /' "$STATE/asked"; fi
		wanted_routes | sed 's/^/want /'
		actual_routes | sed 's/^/have /'
		lines "$PARSED"
	} | awk -f "$DIR/node-status.awk"
}

# explain ADDRESS|SETTING
explain() {
	case $1 in
	*[./]fib_*) explain_setting "$(echo "$1" | tr . /)" ;;
	*)
		{
			echo "address $1"
			unwell
			lines "$PARSED"
		} | awk -f "$DIR/node-explain.awk"
		;;
	esac
}

case $VERB,$# in
apply,1 | remove,1 | check,1 | print,1 | status,1 | explain,2) ;;
*)
	say 'usage: node-routes.sh apply|remove|check|print|status, or explain ADDRESS|SETTING'
	exit 2
	;;
esac
case $VERB in
print | explain) ;;
*) command -v ip >/dev/null || die 'iproute2 is not installed' ;;
esac
[ "$VERB" = remove ] || look
case $VERB in
apply)
	refuse_mismatch
	refuse_on_gateway
	apply
	;;
print)
	refuse_on_gateway
	compare
	mend
	;;
remove) remove ;;
check) check ;;
status) status ;;
explain) explain "$2" ;;
esac
