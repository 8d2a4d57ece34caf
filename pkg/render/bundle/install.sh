#!/bin/sh
# Puts what one host needs in place, says whether it is, and takes it back. As root, on the
# host that the file "host" beside this one is about.
#
#   install.sh apply|check|status|remove [--purge]
#
# apply    copies the files, enables the units, and gives the kubelet its static pod last;
#          twice is the same as once. Files that an earlier apply brought and this one does
#          not have are deleted
# check    names what is missing, differs or does not run, and exits 1 if there is something
# status   says what runs, and what the gateway says of itself
# remove   ends the gateway, takes back rules, routes, tables and units, and deletes the
#          files. The host's identity in the tailnet and its auth key stay; --purge deletes
#          them, too, and the rules of a tailscaled that was killed
#
# A copy of this program stays in /var/lib/kustomize-hybrid/installed, so that a host can be
# cleaned up when the topology no longer knows it. These may be set from outside:
#
#   MANIFESTS  the kubelet's directory for static pods, if not the distribution's own
#   ROOT       a prefix of every path, for a host that is mounted somewhere; no unit is
#              started then, and no program run
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

PROGRAM=${0##*/}
case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
ROOT=${ROOT:-}
KEPT=$ROOT/var/lib/kustomize-hybrid/installed
HOST=$DIR/host
VERB=${1:-}

say() { echo "$PROGRAM: $*" >&2; }

die() {
	say "$*"
	exit 1
}

# told NAME prints what the file "host" says of NAME, a line each.
told() { sed -n "s|^$1 ||p" "$HOST"; }

# live reports whether ROOT is this host's own.
live() { [ -z "$ROOT" ]; }

# units are those to enable. Without systemd nobody would start them.
units() { told unit; }

need_systemd() {
	[ -z "$(units)" ] || ! live || [ -d /run/systemd/system ] ||
		die 'this host does not run systemd, and the programs need somebody who starts them'
}

# pod_file is where the kubelet reads the static pod; empty where there is none.
pod_file() {
	pod=$(told pod)
	[ -n "$pod" ] || return 0
	manifests=${MANIFESTS:-$(told pods)}
	[ -n "$manifests" ] || die "nobody knows where this kubelet reads static pods: set MANIFESTS to its staticPodPath"
	echo "$ROOT$manifests/$pod"
}

# put MODE FROM TO copies a file, so that TO is the old one or the new one at any time.
# A kubelet passes over names that begin with a dot.
put() {
	[ -f "$3" ] && cmp -s "$2" "$3" && chmod "$1" "$3" && return
	new=${3%/*}/.kustomize-hybrid.new
	if ! { mkdir -p "${3%/*}" && cp "$2" "$new" && chmod "$1" "$new" && mv -f "$new" "$3"; }; then
		die "$3 cannot be written"
	fi
}

# files prints "MODE PATH" for each file.
files() { told file; }

# there PROGRAM is where the host has a program; where it has lost it, where the bundle has it.
there() {
	if [ -x "$1" ]; then
		echo "$1"
	elif [ -x "$DIR/root$1" ]; then
		echo "$DIR/root$1"
	fi
}

# programs NAME... prints the paths of those of them that this host is to have. A gateway
# has all programs, and keeps no routes of a node.
programs() {
	for name in "$@"; do
		if [ "$name" = node-routes ] && [ -n "$(told address)" ]; then continue; fi
		files | sed -n "s,^755 \\(/.*/$name\\.sh\\)\$,\\1,p"
	done
}

# left are the files that an earlier apply brought and this one does not have.
left() {
	[ -f "$KEPT/host" ] || return 0
	sed -n 's/^file [0-7]* //p' "$KEPT/host" | while read -r path; do
		files | grep -qxF -e "644 $path" -e "755 $path" || echo "$path"
	done
}

# old_units are the units that an earlier apply enabled and this one does not have.
old_units() {
	[ -f "$KEPT/host" ] || return 0
	sed -n 's/^unit //p' "$KEPT/host" | while read -r unit; do
		units | grep -qxF "$unit" || echo "$unit"
	done
}

# installed_for is whom the bundle is for that this host has; empty where it has none.
installed_for() { [ ! -f "$KEPT/host" ] || sed -n 's|^for ||p' "$KEPT/host"; }

# same_host refuses to meddle with what another bundle has put in place.
same_host() {
	has=$(installed_for)
	if [ -n "$has" ] && [ "$has" != "$(told for)" ]; then
		die "this host has what is for $has, and this is for $(told for): run $KEPT/install.sh remove first, if that is to go"
	fi
}

# right_host keeps what is one host's off another.
right_host() {
	same_host
	if live && command -v ip >/dev/null; then
		told never | while read -r gateway; do
			[ -z "$(ip -o address show to "$gateway" 2>/dev/null)" ] || die "this host has the address $gateway, which is a gateway's: this is for $(told about)"
		done || exit 1
	fi
	address=$(told address)
	if [ -z "$address" ] || ! live || ! command -v ip >/dev/null; then return 0; fi
	if units | grep -q address; then return 0; fi # the host is about to make it
	[ -n "$(ip -o address show to "$address" 2>/dev/null)" ] ||
		die "this host does not have the address $address: this is for $(told about)"
}

apply() {
	if grep -qx leaving "$HOST"; then die "the region of $(told about) is leaving: $PROGRAM remove takes it back"; fi
	right_host
	need_systemd
	pod=$(pod_file) || exit 1
	key=$(told key)
	if [ -n "$key" ] && [ ! -s "$ROOT$key" ]; then
		die "the auth key is missing: put it into $key (directory 0700, file 0400, root's) and run this again"
	fi
	if [ -n "$key" ]; then client_secret "$ROOT$key"; fi
	old_units | while read -r unit; do if live; then systemctl disable --now "$unit"; fi; done
	files | while read -r mode path; do put "$mode" "$DIR/root$path" "$ROOT$path" || exit 1; done || exit 1
	left | while read -r path; do rm -f "$ROOT$path"; done
	if live && [ -n "$(units)" ]; then
		systemctl daemon-reload || exit 1
		units | while read -r unit; do
			systemctl reset-failed "$unit" 2>/dev/null # or an earlier failure would be taken for one of now
			systemctl enable "$unit" && systemctl reload-or-restart --no-block "$unit" || exit 1
		done || die 'a unit cannot be started: systemctl status says why'
		units | while read -r unit; do comes_up "$unit" || exit 1; done || exit 1
	fi
	[ -z "$pod" ] || put 600 "$DIR/$(told pod)" "$pod"
	keep
}

# client_secret refuses an OAuth client's secret by which the tailnet would forget this host
# whenever it is down, and names one by which it waits for an approval, where the tailnet
# wants those (tailscale 1.84.3, cmd/tailscale/cli/up.go: resolveAuthKey; the words are
# those of Go's strconv.ParseBool).
client_secret() {
	grep -q '^tskey-client-' "$1" || return 0
	grep -Eq '[?&]preauthorized=(1|t|T|true|True|TRUE)(&|$)' "$1" ||
		say "${1#"$ROOT"} holds an OAuth client's secret without &preauthorized=true: where the tailnet approves devices, this gateway waits until somebody does"
	grep -Eq '[?&]ephemeral=(0|f|F|false|False|FALSE)(&|$)' "$1" ||
		die "${1#"$ROOT"} holds an OAuth client's secret without ?ephemeral=false&preauthorized=true: the tailnet would forget this gateway while it is down"
	say "${1#"$ROOT"} holds an OAuth client's secret, which makes further keys: a key of its own would do"
}

# comes_up waits for a unit. A gateway's waits for its tailnet.
comes_up() {
	tries=90
	until systemctl is-active --quiet "$1"; do
		if systemctl is-failed --quiet "$1"; then die "$1 has failed: journalctl -u $1"; fi
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || die "$1 has not come up within 90 s, and goes on trying: journalctl -u $1"
		sleep 1
	done
}

# keep leaves on the host what undoes it.
keep() {
	mkdir -p "$KEPT" || exit 1
	put 755 "$0" "$KEPT/install.sh"
	put 644 "$HOST" "$KEPT/host"
	[ -z "$(told pod)" ] || echo "${MANIFESTS:-$(told pods)}" >"$KEPT/manifests"
}

# differs prints what is not in place.
differs() {
	files | while read -r mode path; do
		if [ ! -f "$ROOT$path" ]; then
			echo "missing: $path"
		elif [ -d "$DIR/root" ] && ! cmp -s "$DIR/root$path" "$ROOT$path"; then
			echo "differs: $path"
		elif [ "$mode" = 755 ] && [ ! -x "$ROOT$path" ]; then
			echo "not executable: $path"
		fi
	done
	left | while read -r path; do if [ -e "$ROOT$path" ]; then echo "extra: $path"; fi; done
	pod=$(pod_file) || exit 1
	if [ -n "$pod" ] && [ ! -f "$pod" ]; then echo "missing: ${pod#"$ROOT"}"; fi
	if [ -n "$pod" ] && [ -d "$DIR/root" ] && [ -f "$pod" ] && ! cmp -s "$DIR/$(told pod)" "$pod"; then echo "differs: ${pod#"$ROOT"}"; fi
	key=$(told key)
	if [ -n "$key" ] && [ ! -s "$ROOT$key" ]; then echo "missing: $key"; fi
	if [ -n "$key" ] && [ -n "$(find "$ROOT$key" -perm /077 2>/dev/null)" ]; then echo "others may read it: $key"; fi
	live || return 0
	units | while read -r unit; do
		systemctl is-enabled --quiet "$unit" || echo "not enabled: $unit"
		systemctl is-active --quiet "$unit" || echo "does not run: $unit"
	done
	program_says check
	# A gateway of services also has flags that somebody may have changed.
	if units | grep -q gateway; then "$(programs gateway-host)" check; fi
}

# program_says VERB asks the programs that this host has; check prints what is wrong alone.
program_says() {
	for program in $(programs gateway-setup node-routes); do
		HOST_IP=$(told address) FIREWALL=${FIREWALL:-$(told firewall)} "$program" "$1" 2>&1 || [ "$1" = status ] || echo "$program $1 finds that"
	done
}

check() {
	wrong=$(differs) || exit 1
	[ -z "$wrong" ] && return
	echo "$wrong"
	exit 1
}

status() {
	told about
	live || return 0
	units | while read -r unit; do echo "$unit: $(systemctl is-active "$unit")"; done
	program_says status
}

# gone waits until the gateway that a manifest brought has ended: what it stands on must
# not be taken away before.
gone() {
	tries=60
	while [ -e /sys/class/net/tailscale0 ] && [ "$tries" -gt 0 ]; do
		sleep 1
		tries=$((tries - 1))
	done
	[ ! -e /sys/class/net/tailscale0 ] || die 'tailscale0 is still there after a minute: end the gateway, and run this again'
}

# killed takes away the rules of a tailscaled that was killed, as a static pod's is by
# `kubeadm reset`: nobody else would (tailscale 1.84.3, wgengine/router/router_linux.go).
killed() {
	if pidof tailscaled >/dev/null 2>&1 || ip link show dev tailscale0 >/dev/null 2>&1; then return 0; fi
	for f in 4 6; do
		for priority in 5210 5230 5250; do ip -"$f" rule del priority "$priority" fwmark 0x80000/0xff0000 2>/dev/null; done
		ip -"$f" rule del priority 5270 table 52 2>/dev/null
	done
	return 0
}

remove() {
	same_host
	if [ -f "$KEPT/host" ]; then HOST=$KEPT/host; fi # what was put in place, which may be of another day
	if [ -f "$KEPT/manifests" ]; then MANIFESTS=${MANIFESTS:-$(cat "$KEPT/manifests")}; fi
	pod=$(pod_file) || exit 1
	if [ -n "$pod" ]; then rm -f "$pod"; fi
	if live; then
		units | sed '1!G;h;$!d' | while read -r unit; do systemctl disable --now "$unit" 2>/dev/null; done
		# What they have brought ends a little later, and would set up again what is taken back.
		files | sed -n 's|^[0-7]* /etc/systemd/system/\([^@]*\)$|\1|p' | while read -r unit; do systemctl stop "$unit" 2>/dev/null; done
		if [ -n "$(told key)" ]; then gone; fi
		for program in $(programs gateway-setup node-routes host-address); do
			program=$(there "$program")
			if [ -z "$program" ]; then
				say "the programs are gone that take back rules and routes: install.sh of a new bundle brings them along; what is in the kernel goes with the next boot"
				continue
			fi
			HOST_IP=$(told address) FIREWALL=${FIREWALL:-$(told firewall)} "$program" remove || die "$program could not take everything back"
		done
		if [ "${1:-}" = --purge ] && [ -n "$(told key)" ]; then killed; fi
	fi
	files | while read -r mode path; do
		rm -f "$ROOT$path"
		rmdir -p "$ROOT${path%/*}" 2>/dev/null
	done
	if live && [ -n "$(units)" ]; then
		systemctl daemon-reload
		# Of a unit that could not end as it should, systemd remembers that.
		files | sed -n 's|^[0-7]* /etc/systemd/system/\([^@]*\)$|\1|p' | while read -r unit; do systemctl reset-failed "$unit" 2>/dev/null; done
	fi
	if [ "${1:-}" = --purge ]; then
		key=$(told key)
		if [ -n "$key" ]; then
			rm -f "$ROOT$key"
			rmdir -p "$ROOT${key%/*}" 2>/dev/null
		fi
		rm -rf "$ROOT/var/lib/kustomize-hybrid"
	fi
	rm -rf "$KEPT"
	if live; then rm -rf /run/kustomize-hybrid; fi
	return 0
}

case $VERB in
apply | check | status) [ $# -eq 1 ] || VERB=usage ;;
remove) [ $# -eq 1 ] || { [ $# -eq 2 ] && [ "$2" = --purge ]; } || VERB=usage ;;
esac
case $VERB in
apply | check | status | remove) ;;
*)
	say 'usage: install.sh apply|check|status|remove [--purge]'
	exit 2
	;;
esac
[ -f "$HOST" ] || die "$HOST is missing: this program belongs to a bundle"
"$VERB" "${2:-}"
