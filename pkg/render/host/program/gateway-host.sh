#!/bin/sh
# The gateway as services of its host, around the host's own tailscaled: before a kubelet
# runs, and without one. Units of systemd call it; by hand, as root.
#
#   gateway-host.sh setup|run|up|down|watch|health|check
#
# setup    runs gateway-setup.sh apply for the address that this host has, a few times if
#          it fails
# run      becomes tailscaled
# up       tells tailscaled what it is: tags, routes, flags. It waits until it has joined
# down     withdraws the routes, and waits until peers have seen it: before tailscaled ends
# watch    becomes gateway-watch.sh
# health   answers one HTTP request on its standard input: GET /healthz is well while
#          tailscaled has its tailnet addresses, as containerboot answers it
# check    names every flag of the running tailscaled that differs, a version that is not
#          the topology's, and other tailscaleds of this host, and exits 1 if there is one
#
# Its settings have the names that containerboot's have, and are read from gateway.env
# beside it:
#
#   TS_VERSION     what the topology says Tailscale is
#   TS_AUTHKEY     file:PATH of the auth key
#   TS_EXTRA_ARGS  flags of tailscale up, separated by blanks
#   TS_ROUTES      what it advertises, separated by commas
#   TS_ACCEPT_DNS, TS_SOCKET, TS_STATE_DIR, PORT, and TS_DEBUG_* for tailscaled itself
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source=lib.sh
. "$DIR/lib.sh"

SETTINGS=${SETTINGS:-$DIR/gateway.env}
RUN=$STATE_DIR/health
TS_SOCKET='' TS_STATE_DIR='' TS_ROUTES='' TS_EXTRA_ARGS='' TS_AUTHKEY='' TS_ACCEPT_DNS='' TS_VERSION='' PORT=''

# settings reads lines NAME=VALUE; a value is taken as it stands.
settings() {
	[ -r "$SETTINGS" ] || die "$SETTINGS is missing"
	while IFS= read -r line; do
		case $line in
		'#'* | '') ;;
		TS_[A-Z]*=* | PORT=*) export "${line%%=*}=${line#*=}" ;;
		*) die "$SETTINGS: $line: not a setting of this program" ;;
		esac
	done <"$SETTINGS"
}

# own prints the internalIP by which the tables know this host.
own() {
	{
		lines "$MADE" | awk '{ print $2 }'
		lines "$GATEWAYS" | awk '{ print ($2 == "-") ? $3 : $2 }'
	} | while read -r address; do
		if ip -o address show to "$address" 2>/dev/null | grep -q .; then
			echo "$address"
			break
		fi
	done
}

# here sets HOST_IP.
here() {
	read_tables
	HOST_IP=$(own)
	[ -n "$HOST_IP" ] || die 'this host has the address of no gateway in the tables'
	export HOST_IP
}

ts() { tailscale --socket="$TS_SOCKET" "$@"; }

# up_flags prints the flags of tailscale up, a line each. The key is a file: in no list of
# processes.
up_flags() {
	# shellcheck disable=SC2086 # a word each
	printf '%s\n' $TS_EXTRA_ARGS "--accept-dns=$TS_ACCEPT_DNS" "--advertise-routes=$TS_ROUTES"
	# A device that has joined needs no key, and a key that is gone must not keep it out.
	if [ -r "${TS_AUTHKEY#file:}" ]; then echo "--auth-key=$TS_AUTHKEY"; fi
}

# run leaves to tailscaled what containerboot tells it (tailscale 1.84.3,
# cmd/containerboot/tailscaled.go: tailscaledArgs), so that a state directory serves both.
run_tailscaled() {
	mkdir -p "$TS_STATE_DIR" "${TS_SOCKET%/*}"
	chmod 700 "$TS_STATE_DIR"
	version=$(tailscaled --version 2>/dev/null | head -n 1)
	[ -n "$version" ] || die "tailscaled is not installed: install Tailscale $TS_VERSION"
	# A gateway that starts with another version beats one that does not start: its host
	# may be out of reach without it. check names it.
	[ "${version%%-*}" = "$TS_VERSION" ] || say "this is Tailscale $version, and the topology says $TS_VERSION"
	exec tailscaled --statedir="$TS_STATE_DIR" --socket="$TS_SOCKET" --port="$PORT" --tun=tailscale0
}

# up tries again for ever: what refuses a key today, or a control server that cannot be
# reached, may be mended without anybody on this host.
up() {
	until timeout 5 tailscale --socket="$TS_SOCKET" status --json --peers=false >/dev/null 2>&1; do sleep 0.5; done
	set -f
	# shellcheck disable=SC2046 # a word each, and no pattern
	until ts up $(up_flags); do sleep 5; done
}

# down takes 0.7 s until the far side uses another gateway, against 11 s when this one
# just vanishes (measured in namespaces with tailscaled 1.84.3 and headscale).
down() {
	if timeout 5 tailscale --socket="$TS_SOCKET" set --advertise-routes=; then sleep 5; fi
}

# well asks tailscaled once a second at most, however many hosts ask this one.
well() {
	clock
	# In this order: what the shell says of a missing file would be a part of the answer.
	if read -r asked verdict 2>/dev/null <"$RUN" && [ $((NOW - asked)) -lt 100 ] && [ "$NOW" -ge "$asked" ]; then
		[ "$verdict" = well ]
		return
	fi
	verdict=unwell
	if timeout 3 tailscale --socket="$TS_SOCKET" ip >/dev/null 2>&1; then verdict=well; fi
	mkdir -p "$STATE_DIR"
	echo "$NOW $verdict" >"$RUN.$$" && mv "$RUN.$$" "$RUN"
	[ "$verdict" = well ]
}

health() {
	read -r request || exit 0
	# What is left unread would make the kernel reset the connection before the answer.
	while read -r header && [ -n "${header%"$(printf '\r')"}" ]; do :; done
	answer='404 Not Found'
	case $request in
	'GET /healthz '*)
		answer='503 Service Unavailable'
		if well; then answer='200 OK'; fi
		;;
	esac
	printf 'HTTP/1.0 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$answer"
}

# others are tailscaleds on this host's network that are not ours: they want the same
# device, the same port and the same rules.
others() {
	for pid in $(pidof tailscaled 2>/dev/null); do
		[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ] || continue # a pod's own
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -e "--statedir=$TS_STATE_DIR " -e "--statedir=$TS_STATE_DIR" ||
			echo "other: process $pid is a tailscaled with another state: turn off what starts it (tailscaled.service, k3s with vpn-auth)"
	done
}

# differing are settings that somebody has changed with tailscale up or set.
differing() {
	prefs=$(ts debug prefs 2>/dev/null) || {
		echo 'missing: tailscaled does not answer'
		return
	}
	lines "$prefs" | awk -v routes="$TS_ROUTES" -v args=" $TS_EXTRA_ARGS " -v relay="$PEER_RELAY" '
		/"AdvertiseRoutes": null/ { inside = 0 }
		/"AdvertiseRoutes": \[/ { inside = 1; next }
		inside && /\]/ { inside = 0 }
		inside { gsub(/[ \t",]/, ""); have[$0] }
		/"RouteAll": / { accept = /true/ }
		/"NoSNAT": / { nosnat = /true/ }
		/"CorpDNS": / { dns = /true/ }
		/"WantRunning": / { running = /true/ }
		/"ShieldsUp": / { shields = /true/ }
		/"NoStatefulFiltering": / { unfiltered = /true/ }
		/"ExitNodeI[DP]": / { if (!/: "",?$/) exit_node = 1 }
		/"RelayServerPort": / { relays = $2 + 0 }
		/"NetfilterMode": / { chains = $2 + 0 }
		END {
			n = split(routes, want, ",")
			for (i = 1; i <= n; i++) {
				if (!(want[i] in have)) print "missing: route " want[i]
				delete have[want[i]]
			}
			for (r in have) print "extra: route " r
			if (!accept) print "differs: --accept-routes is off"
			if (!nosnat) print "differs: --snat-subnet-routes is on"
			if (dns) print "differs: --accept-dns is on"
			if (!running) print "differs: tailscaled is told to be down"
			if (shields) print "differs: --shields-up is on"
			if (!unfiltered) print "differs: --stateful-filtering is on"
			if (relays "" != relay) print "differs: --relay-server-port is " (relays == "" ? "off" : relays) (relay == "" ? "" : ", and the topology says " relay)
			if (exit_node) print "differs: --exit-node is set"
			if ((chains == 0) != (index(args, " --netfilter-mode=off ") > 0)) print "differs: --netfilter-mode is " (chains == 0 ? "off" : "not off")
		}' | sort
}

check() {
	read_tables
	version=$(ts version 2>/dev/null | head -n 1)
	wrong=$(
		[ "${version%%-*}" = "$TS_VERSION" ] || echo "differs: this is Tailscale ${version:-unknown}, and the topology says $TS_VERSION"
		others
		differing
	)
	lines "$wrong"
	[ -z "$wrong" ]
}

if [ $# -ne 1 ]; then VERB=usage; fi
case $VERB in
setup)
	here
	# The gateway does not start without its rules. Once they have failed because another
	# program changed a device or a chain meanwhile, they work a moment later.
	for pause in 1 2 4; do
		if "$DIR/gateway-setup.sh" apply; then exit 0; fi
		sleep "$pause"
	done
	exec "$DIR/gateway-setup.sh" apply
	;;
watch)
	settings
	here
	exec "$DIR/gateway-watch.sh"
	;;
run)
	settings
	run_tailscaled
	;;
up | down | health | check)
	settings
	"$VERB"
	;;
*)
	say 'usage: gateway-host.sh setup|run|up|down|watch|health|check'
	exit 2
	;;
esac
