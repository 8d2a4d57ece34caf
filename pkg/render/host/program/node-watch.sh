#!/bin/sh
# Keeps a node's routes to the gateways that are well, for ever: a service on nodes
# that are not gateways. Once a second it asks each gateway's health port over the LAN
# and has node-routes.sh take out those that do not answer: the kernel notices a dead
# host, but not a live host whose tunnel is dead.
#
#   node-watch.sh
#
# It writes only what node-routes.sh writes, and STATE_DIR (/run/kustomize-hybrid).
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source=lib.sh
. "$DIR/lib.sh"

STATE=$STATE_DIR/node
ROUTES=$DIR/node-routes.sh

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

# unwell prints the names of the gateways that do not answer, asked all at once. Each
# answers at its first InternalIP, which is the HOST_IP it binds.
unwell() {
	lines "$GATEWAYS" | {
		while read -r name _ _ address; do
			# shellcheck disable=SC2086 # a command and its flags
			$FETCH "http://$address/healthz" </dev/null >/dev/null 2>&1 || echo "$name" &
		done
		wait
	} | sort
}

# take_out NAMES keeps who is unwell, and since when, where node-routes.sh reads it.
take_out() {
	{
		cat "$STATE/unwell" 2>/dev/null
		echo --
		lines "$1"
	} | awk -v now="$NOW" '
		$0 == "--" { second = 1; next }
		!second { since[$1] = $2; next }
		{ print $1, ($1 in since) ? since[$1] : now }' >"$STATE/unwell.new"
	mv "$STATE/unwell.new" "$STATE/unwell"
	"$ROUTES" apply
}

FETCH=$(fetcher)
if [ -z "$FETCH" ]; then
	die 'none of curl, wget and busybox is installed: cannot ask the gateways how they are'
fi
if [ ! -x "$ROUTES" ]; then
	die "$ROUTES is missing: the two belong together"
fi
read_tables
mkdir -p "$STATE"
rm -f "$STATE/unwell"
"$ROUTES" apply || say 'some routes could not be set'
all=$(lines "$GATEWAYS" | cut -d ' ' -f 1 | sort)
said=
taken=
while :; do
	out=$(unwell)
	clock
	asked=$NOW
	# When none answers, it may be the question that does not get through: then the
	# routes stay, and the kernel still leaves out hosts that are gone.
	if [ "$out" = "$all" ]; then
		if [ "$said" != all ]; then say 'no gateway answers: keeping all of them'; fi
		out=
		said=all
		asked="$NOW none"
	elif [ "$out" != "$said" ]; then
		# shellcheck disable=SC2086 # a line each becomes a word each
		say "gateways that do not answer:" ${out:-none}
		said=$out
	fi
	# Where node-routes.sh has removed the directory, nobody asks.
	{ echo "$asked" >"$STATE/asked"; } 2>/dev/null
	if [ "$out" != "$taken" ]; then
		take_out "$out"
		taken=$out
	fi
	sleep 1
done
