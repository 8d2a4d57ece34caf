#!/bin/sh
# Keeps a node's routes to the gateways that are well, for ever: a service on nodes
# that are not gateways. Once a second it asks each gateway's health port over the LAN
# and has the routes.sh beside it take out those that do not answer: the kernel notices
# a dead host, but not a live host whose tunnel is dead.
#
#   watch.sh
#
# It writes only what routes.sh writes, and STATE_DIR (/run/kustomize-hybrid).
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

# The region's gateways: name, IPv4 and IPv6 InternalIP.
gateways() {
	cat <<'EOF'
cloud-1 10.0.0.11 fd00:10::11
cloud-2 10.0.0.12 fd00:10::12
EOF
}

# Where each gateway answers: its first InternalIP, which is the HOST_IP it binds.
health_addresses() {
	cat <<'EOF'
cloud-1 10.0.0.11:9002
cloud-2 10.0.0.12:9002
EOF
}

STATE=${STATE_DIR:-/run/kustomize-hybrid}/node
ROUTES=$(dirname "$0")/routes.sh

say() { echo "watch.sh: $*" >&2; }

# fetcher prints what this host can ask with. GNU wget tries twenty times unless told
# not to; busybox has no such flag and tries once.
fetcher() {
	if command -v curl >/dev/null; then
		echo 'curl -fs -o /dev/null -m 1'
	elif command -v wget >/dev/null && ! wget --help 2>&1 | grep -qi busybox; then
		echo 'wget -q -T 1 -t 1 -O /dev/null'
	elif command -v wget >/dev/null; then
		echo 'wget -q -T 1 -O /dev/null'
	elif command -v busybox >/dev/null && busybox wget --help >/dev/null 2>&1; then
		echo 'busybox wget -q -T 1 -O /dev/null'
	fi
}

# unwell prints the names of the gateways that do not answer, asked all at once.
unwell() {
	health_addresses | {
		while read -r name address; do
			# shellcheck disable=SC2086 # a command and its flags
			$FETCH "http://$address/healthz" </dev/null >/dev/null 2>&1 || echo "$name" &
		done
		wait
	} | sort
}

FETCH=$(fetcher)
if [ -z "$FETCH" ]; then
	say 'none of curl, wget and busybox is installed: cannot ask the gateways how they are'
	exit 1
fi
if [ ! -x "$ROUTES" ]; then
	say "$ROUTES is missing: the two belong together"
	exit 1
fi
mkdir -p "$STATE"
rm -f "$STATE/unwell"
"$ROUTES" apply || say 'some routes could not be set'
all=$(gateways | awk '{ print $1 }' | sort)
now=''
while :; do
	out=$(unwell)
	# When none answers, it may be the question that does not get through: then the
	# routes stay, and the kernel still leaves out hosts that are gone.
	if [ "$out" = "$all" ]; then
		if [ "$now" != all ]; then say 'no gateway answers: keeping all of them'; fi
		out=''
		now=all
	elif [ "$out" != "$now" ]; then
		say "gateways that do not answer: ${out:-none}" | tr '\n' ' '
		now=$out
	fi
	if [ "$out" != "$(cat "$STATE/unwell" 2>/dev/null)" ]; then
		printf '%s\n' "$out" >"$STATE/unwell"
		"$ROUTES" apply
	fi
	sleep 1
done
