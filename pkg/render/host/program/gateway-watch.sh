#!/bin/sh
# Follows the primary on a gateway host, for ever: a sidecar of the tailscale
# container, or a service on the host.
#
#   HOST_IP=<the node's InternalIP> TS_SOCKET=<tailscaled's socket> gateway-watch.sh
#
# All gateways of a region advertise the same prefixes; the control server makes one
# of them the primary of each prefix, and peers take packets from a source only from
# the primary of its prefix. So the primary sends into the tunnel, and every other
# gateway hands what it has to the primary over the LAN.
#
# It writes only routes with protocol 154 in tables from 5253 on, ip rules with priority
# 5190 (no transit for now) and 5175 (no answer to health checks), and runs the
# gateway-setup.sh beside it once a minute, when somebody deletes one of its rules and
# when tailscaled starts, because other programs write the same kernel settings, rules
# and chains. It has tailscaled relay tunnels of others where the tables say so.
# `gateway-setup.sh status` says in words what it has decided, and why.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

case $0 in
*/*) DIR=${0%/*} ;;
*) DIR=. ;;
esac
# shellcheck source=lib.sh
. "$DIR/lib.sh"

SOCKET=${TS_SOCKET:-/var/run/tailscale/tailscaled.sock}
RUN=$STATE_DIR/watch
HOLD=${HOLD:-2} # seconds without transit after losing the role
SETUP=$DIR/gateway-setup.sh
PROBE_ROUNDS=3 # failed rounds until a primary calls itself cut off

# --- what tailscaled says ---

# ask_tailscaled sets STATUS to lines of status.awk. One that does not answer in time is
# busy, not gone, and keeps its role for a while. One that is gone refuses at once, or,
# where the CLI sees a process of that name, is waited for; without its device it
# carries nothing either way.
ask_tailscaled() {
	if ! ip link show dev tailscale0 >/dev/null 2>&1; then
		BUSY=0
		STATUS=''
		return
	fi
	timeout 5 tailscale --socket="$SOCKET" status --json >"$RUN/json" 2>/dev/null
	case $? in
	124 | 143) BUSY=$((BUSY + 1)) ;;
	*) BUSY=0 ;;
	esac
	if [ "$BUSY" -eq 0 ] || [ "$BUSY" -gt 3 ]; then STATUS=$(awk -f "$DIR/status.awk" <"$RUN/json"); fi
}

# keep_port has tailscaled relay tunnels of others at the port of the tables, or at none.
# tailscale up has no flag for it, and one with --reset and a key, as at each start, turns
# it off (tailscale 1.86.0 and 1.102.3, cmd/tailscale/cli/set.go, up.go: updatePrefs).
keep_port() {
	case $NEWLINE$STATUS in *"${NEWLINE}backend Running"*) ;; *) return 0 ;; esac
	prefs=$(timeout 5 tailscale --socket="$SOCKET" debug prefs 2>/dev/null) || return 0
	port=$(lines "$prefs" | sed -n 's/^[[:space:]]*"RelayServerPort": \([0-9]*\).*/\1/p')
	[ "$port" != "$PEER_RELAY" ] || return 0
	if timeout 5 tailscale --socket="$SOCKET" set --relay-server-port="$PEER_RELAY"; then
		say "relays tunnels of others at ${PEER_RELAY:+UDP }${PEER_RELAY:-no port}"
	fi
}

# --- what follows from it ---

# look reads the tables anew, and what the host says about them. Tables that cannot be
# read leave it with those it has.
look() {
	load_tables || say "$FAULT"
	FACTS=$(facts)
}

facts() {
	lines "$SMALL"
	echo "host $HOST_IP"
	{
		lines "$SMALL"
		echo "host $HOST_IP"
		for f in $(families); do echo "family $f"; done
		ip -o address show
	} | awk -f "$DIR/prefix.awk" -f "$DIR/host.awk"
	{
		lines "$SMALL"
		ask_hops
	} | awk -f "$DIR/hops.awk"
}

# ask_hops asks the kernel for the way to each other gateway.
ask_hops() {
	lines "$GATEWAYS" | while read -r name four six _; do
		for address in "$four" "$six"; do
			case $address in - | "$HOST_IP") continue ;; esac
			f=$(family_of "$address")
			echo "ask $name $f $address"
			ip -"$f" route get "$address" 2>/dev/null
		done
	done
}

# poll decides, and enforces what has changed; all of it when told to, since tailscaled
# takes routes along when its device goes.
poll() {
	clock
	ask_tailscaled
	decided=$({
		lines "$FACTS"
		lines "$MEMORY"
		lines "$STATUS"
		echo "now $NOW"
		echo "holds $((HOLD * 100))"
		if [ -e "$RUN/cut" ]; then echo cut; fi
	} | awk -f "$DIR/prefix.awk" -f "$DIR/decide.awk")
	case $decided in
	'wake '* | *"${NEWLINE}wake "*) ;;
	*)
		say 'awk failed: everything stays as it is'
		return
		;;
	esac
	was=$WANTED
	sort_out
	if [ "$WANTED" != "$was" ] || [ "$1" = all ]; then enforce; fi
	if [ -n "$PEER_RELAY" ] || [ "$1" = all ]; then keep_port; fi
	echo "$NOW" 1<>"$RUN/alive" # in place: whoever reads it meanwhile finds a number
	wake
}

# sort_out gives each line of decide.awk its place.
sort_out() {
	WANTED=''
	memory=''
	remotes=''
	while read -r word rest; do
		case $word in
		way | refuse | mute) WANTED=$WANTED$word\ $rest$NEWLINE ;;
		memory) memory=$memory${memory:+$NEWLINE}$rest ;;
		remote) remotes=$remotes$rest$NEWLINE ;;
		wake) NEXT=$rest ;;
		say) say "$rest" ;;
		esac
	done <<EOF
$decided
EOF
	if [ "$memory" != "$MEMORY" ]; then keep memory "$memory$NEWLINE"; fi
	MEMORY=$memory
	if [ "$remotes" != "$REMOTES" ]; then keep remote "$remotes"; fi
	REMOTES=$remotes
}

# keep FILE TEXT replaces a file that others read.
keep() {
	printf %s "$2" >"$RUN/$1.new"
	mv -f "$RUN/$1.new" "$RUN/$1"
}

# enforce makes WANTED so: what refuses comes first and goes last.
enforce() {
	batch=$({
		printf '%s\n' "$PARSED" "$WANTED"
		for f in $(families); do
			echo "family $f"
			ip -"$f" route show table all proto "$GATEWAY_PROTOCOL" 2>/dev/null
			ip -"$f" rule show 2>/dev/null
		done
	} | awk -f "$DIR/numbers.awk" -f "$DIR/enforce.awk")
	[ -n "$batch" ] || return 0
	for f in $(families); do
		printf '%s\n' "$batch" | sed -n "s/^$f //p" | ip -"$f" -force -batch - 2>&1 | grep -v '^Command failed' >&2
	done
}

# wake has the main loop look again when the next hold ends, on time.
wake() {
	if [ "$NEXT" -eq 0 ] || [ "$NEXT" -eq "$WAKE" ]; then return; fi
	WAKE=$NEXT
	left=$((NEXT - NOW + 1))
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

# --- is the primary cut off from the other regions? ---

# answers reports whether another region answers below all policies: the first in line
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
				clock
				echo "$NOW" >"$RUN/cut"
				echo changed >&3
			fi
		fi
	done
}

# --- when to look ---

# listen says so when tailscaled rewrites its table 52 or its device comes or goes:
# sooner than the next tick, and without asking for it. A hundred routes are one change.
# Of rules and routes, only the loss of gateway-setup.sh's own counts. A tailscaled that
# keeps chains puts them first when it starts, before gateway-setup.sh's.
listen() {
	while read -r line; do
		case $line in
		*' table 52 '* | *' table 52') mark changed ;;
		*tailscale0:*)
			mark changed
			mark mend
			;;
		Deleted*518[015]:* | Deleted*519[5-9]:* | Deleted*520[45]:* | Deleted*' table 5249 '* | Deleted*' table 525'[0-2]' '*) mark mend ;;
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

# passed_over reports whether packets meet somebody's rule before ours. kube-proxy puts its
# own first when it starts on a new node, and drops what a standby relays: of a connection
# that it sees in one direction, connection tracking says that it is invalid (kubernetes
# v1.33.1, pkg/proxy/iptables/proxier.go). Where nft was chosen, nothing of iptables was there.
passed_over() {
	[ "${FIREWALL:-}" != nft ] || return 1
	tools=$(
		if grep -qs . /proc/net/ip_tables_names; then echo iptables-legacy; fi
		if command -v iptables-nft >/dev/null; then echo iptables-nft; else echo iptables; fi
	)
	for f in $(families); do
		for tool in $tools; do
			case $("$(twin "$tool" "$f")" -w 1 -S FORWARD 1 2>/dev/null) in
			'' | *' -j KUSTOMIZE-HYBRID-FORWARD') ;;
			*) return 0 ;;
			esac
		done
	done
	return 1
}

# mend restores what gateway-setup.sh made, one run at a time: on a host that is too
# busy for it they would only pile up. A run that is under way may have looked before
# something was lost, so that the next tick asks again.
mend() {
	# busybox's kill -0 takes an empty word for a process that is there.
	if [ -n "$SETUP_JOB" ] && kill -0 "$SETUP_JOB" 2>/dev/null; then return; fi
	MEND=no
	[ -x "$SETUP" ] || return 0
	"$SETUP" apply &
	SETUP_JOB=$!
}

# stop leaves the routes as they are, but answers health checks as tailscaled does.
stop() {
	trap - EXIT
	# shellcheck disable=SC2086 # several process ids
	kill $JOBS 2>/dev/null
	WANTED=$(printf '%s\n' "$WANTED" | grep -v '^mute ')
	enforce
	exit 0
}

[ -n "${HOST_IP:-}" ] || {
	say 'HOST_IP is not set: the InternalIP of this host'
	exit 2
}
read_tables
rm -rf "$RUN"
mkdir -p "$RUN"
: >"$RUN/remote"
FRACTIONS=yes
sleep 0.01 2>/dev/null || FRACTIONS=no
SETUP_JOB=''
MEND=no
BUSY=0
STATUS=''
WANTED=''
MEMORY=''
REMOTES=''
WAKE=0
NEXT=0
mkfifo "$RUN/events" "$RUN/kernel"
exec 3<>"$RUN/events" # both ways: it never ends
listen <"$RUN/kernel" &
JOBS=$!
ip monitor route link rule >"$RUN/kernel" 2>/dev/null &
JOBS="$JOBS $!"
ticks &
JOBS="$JOBS $!"
if [ "$RELAY" = yes ]; then
	probe &
	JOBS="$JOBS $!"
fi
trap stop EXIT TERM INT
clock
LOOKED=$NOW
ORDERED=0
look
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
		MEND=yes
		;;
	*)
		if [ $((NOW - LOOKED)) -ge 6000 ]; then
			LOOKED=$NOW
			look
			MEND=yes
			poll all
		else
			poll changes
			# Somebody who puts himself first again and again is not to keep this host busy.
			if [ $((NOW - ORDERED)) -ge 2000 ] && passed_over; then
				ORDERED=$NOW
				MEND=yes
			fi
		fi
		;;
	esac
	[ "$MEND" = no ] || mend
done
