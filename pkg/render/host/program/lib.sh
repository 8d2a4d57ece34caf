#!/bin/sh
# What the programs beside this file share. A program sources it, after it has set DIR
# to the directory that both are in:
#
#   case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
#   . "$DIR/lib.sh"
#
# Sourcing runs nothing and touches nothing. These may be set from outside:
#
#   TABLES     what this host is told          (DIR/tables)
#   FLEET      what all regions advertise      (DIR/fleet.tables)
#   STATE_DIR  where programs keep what they must find again (/run/kustomize-hybrid)
#   PROC_SYS   the kernel's settings           (/proc/sys; a container mounts the host's)
#   SYS_NET    its network devices             (/sys/class/net)
#   UPTIME     the seconds since the host started (/proc/uptime)
#
# Written by kustomize-hybrid: change the topology, not this file.
# shellcheck shell=sh
# shellcheck disable=SC2034 # what is set here is used by those who source it

PROGRAM=${0##*/}
TABLES=${TABLES:-$DIR/tables}
FLEET=${FLEET:-$DIR/fleet.tables}
STATE_DIR=${STATE_DIR:-/run/kustomize-hybrid}
PROC_SYS=${PROC_SYS:-/proc/sys}
SYS_NET=${SYS_NET:-/sys/class/net}
UPTIME=${UPTIME:-/proc/uptime}
VERB=${1:-}
NEWLINE='
'

# Which routes are ours: numbers that nobody has in iproute2's rt_protos.
NODE_PROTOCOL=153
GATEWAY_PROTOCOL=154
# The tunnel's MTU. A larger packet is refused by a node, which its sender hears, and
# not at the gateway or behind it; for UDP, too, which no MSS clamp helps.
TUNNEL_MTU=1280

# --- speaking, and doing ---

say() { echo "$PROGRAM: $*" >&2; }

die() {
	say "$*"
	exit 1
}

# run COMMAND... does it, or only prints it when VERB is print.
run() {
	if [ "$VERB" = print ]; then
		echo "$*"
	else
		"$@"
	fi
}

# --- lines ---

# lines LIST prints a list of lines, or nothing for none.
lines() { [ -z "$1" ] || printf '%s\n' "$1"; }

# without LINES OTHER prints the lines that OTHER lacks. Neither is an argument of a
# program: those are limited to 128 KiB.
without() {
	printf '%s\n--\n%s\n' "$2" "$1" | awk -f "$DIR/without.awk"
}

# --- addresses ---

# family_of ADDRESS prints 4 or 6.
family_of() {
	case $1 in
	*:*) echo 6 ;;
	*) echo 4 ;;
	esac
}

# families prints, a line each, the families that this kernel has.
families() {
	echo 4
	if [ -d "$PROC_SYS/net/ipv6" ]; then echo 6; fi
}

# --- time ---

# clock sets NOW to hundredths of a second since the host started.
clock() {
	read -r up _ <"$UPTIME"
	NOW=${up%.*}${up#*.}
}

# --- tables ---

# read_tables reads TABLES and FLEET, and dies where one is missing, has another format
# than this program knows, or a line that it does not know. It sets
#
#   REGION, FLEET_SUM, NETFILTER, RELAY, SOURCE_ROUTE, CNI, PEER_RELAY
#   OWN       the region's advertised prefixes: "FAMILY PREFIX" lines
#   LOCAL     what this host sends from: "FAMILY TABLE PREFIX node|pod PRIMARY"
#   GATEWAYS  the region's, in failover order: "NAME IPv4|- IPv6|- HEALTH"
#   SPOOFED   tailnet addresses that only the tunnel may use as a source: "FAMILY PREFIX"
#   MADE      internalIPs that this host makes itself: "FAMILY ADDRESS"
#   PARSED    all of it, each line with its kind in front, for `table KIND` and for awk
#   SMALL     the same without what is remote, which may be thousands of lines
read_tables() { load_tables || die "$FAULT"; }

# load_tables is read_tables for a program that goes on with what it has read before: on
# failure it sets FAULT and nothing else.
load_tables() {
	for file in "$TABLES" "$FLEET"; do
		if [ ! -r "$file" ]; then
			FAULT="$file is missing"
			return 1
		fi
	done
	parsed=$(cat "$TABLES" "$FLEET" | awk -f "$DIR/tables.awk")
	case $parsed in
	region*) ;;
	error*)
		FAULT=${parsed#error }
		return 1
		;;
	*)
		FAULT="$TABLES cannot be read: awk failed"
		return 1
		;;
	esac
	PARSED=$parsed
	REGION='' FLEET_SUM='' NETFILTER='' RELAY='' SOURCE_ROUTE='' CNI='' PEER_RELAY=''
	OWN='' LOCAL='' GATEWAYS='' SPOOFED='' MADE='' SMALL=''
	while read -r kind rest; do
		case $kind in
		region) REGION=$rest ;;
		fleet) FLEET_SUM=$rest ;;
		setting) set_setting "${rest%% *}" "${rest#* }" ;;
		own) OWN=$OWN${OWN:+$NEWLINE}$rest ;;
		local) LOCAL=$LOCAL${LOCAL:+$NEWLINE}$rest ;;
		gateway) GATEWAYS=$GATEWAYS${GATEWAYS:+$NEWLINE}$rest ;;
		spoofed) SPOOFED=$SPOOFED${SPOOFED:+$NEWLINE}$rest ;;
		made) MADE=$MADE${MADE:+$NEWLINE}$rest ;;
		*) break ;; # what is remote follows
		esac
		SMALL=$SMALL${SMALL:+$NEWLINE}$kind\ $rest
	done <<EOF
$PARSED
EOF
}

set_setting() {
	case $1 in
	netfilter) NETFILTER=$2 ;;
	relay) RELAY=$2 ;;
	sourceRoute) SOURCE_ROUTE=$2 ;;
	cni) CNI=$2 ;;
	peerRelay) PEER_RELAY=$2 ;;
	esac
}

# table KIND prints the lines of one kind, without the kind:
#   remote   what other regions advertise: the fleet without the blocks that take in
#            something of this region's, and what remains of those. "FAMILY PREFIX"
#   source   tailnet addresses of remote gateways, where those send from them
#   transit  both: what gateways carry for this region
table() { lines "$PARSED" | sed -n "s/^$1 //p"; }

# mismatched_parts names, a line each, what does not belong together: programs of
# different versions, tables for another fleet.
mismatched_parts() {
	if ! command -v sha256sum >/dev/null; then
		say 'sha256sum is not installed: cannot tell whether the files belong together'
		return
	fi
	(cd "$DIR" && sha256sum -c SHA256SUMS 2>/dev/null) | sed -n 's/: FAILED.*//p' |
		sed 's/.*/mismatched: & is of another version than SHA256SUMS/'
	sum=$(sha256sum <"$FLEET")
	case $sum in
	"$FLEET_SUM"*) ;;
	*) echo "mismatched: $TABLES is made for another fleet.tables ($FLEET_SUM) than $FLEET" ;;
	esac
}

# --- kernel settings: stdin is "PATH VALUE [ALSO]", PATH below PROC_SYS, ALSO a value
# that will do as well; the programs keep old values in STATE/sysctl. The shell's own
# read takes a byte at a time, and these files are at their end after the first. ---

# current reads paths and prints "PATH VALUE" for those that exist.
current() {
	(cd "$PROC_SYS" && xargs grep -H .) 2>/dev/null | sed 's/:/ /'
}

wanted_sysctls() { awk '{ print "sysctl " $1 " " $2 }'; }

actual_sysctls() {
	asked=$(cat)
	{
		lines "$asked" | awk '{ print $1 }' | current
		echo --
		lines "$asked"
	} | awk '
		$0 == "--" { second = 1; next }
		!second { now[$1] = $2; next }
		{ print "sysctl " $1 " " ($3 != "" && now[$1] == $3 ? $2 : now[$1]) }'
}

# save_sysctls reads paths and keeps what they are, before they are changed.
save_sysctls() { awk '{ print $1 }' | current | save_first sysctl; }

# save_first FILE reads "NAME VALUE" and keeps in STATE/FILE the first value ever seen of
# each name.
save_first() {
	mkdir -p "$STATE"
	touch "$STATE/$1"
	awk -v saved="$STATE/$1" '
		BEGIN { while ((getline line <saved) > 0) { split(line, word, " "); known[word[1]] } }
		!($1 in known)' >"$STATE/$1.new"
	cat "$STATE/$1.new" >>"$STATE/$1"
	rm -f "$STATE/$1.new"
}

# write_sysctl PATH VALUE does it, or only prints it when VERB is print.
write_sysctl() {
	if [ "$VERB" = print ]; then
		echo "echo $2 >/proc/sys/$1"
	else
		echo "$2" >"$PROC_SYS/$1"
	fi
}

# restore_sysctls puts back what save_sysctls kept and is different now; twice, since
# writing one setting of the kernel's may change others.
restore_sysctls() {
	if [ ! -f "$STATE/sysctl" ]; then
		say "no saved kernel settings in $STATE: they stay as they are"
		return
	fi
	kept=$(cat "$STATE/sysctl")
	for _ in 1 2; do
		without "$kept" "$(lines "$kept" | sed 's/ .*//' | current)" | while read -r path value; do
			if [ -w "$PROC_SYS/$path" ]; then echo "$value" >"$PROC_SYS/$path"; fi
		done
	done
	rm -f "$STATE/sysctl"
}

# twin TOOL FAMILY prints the command for that family.
twin() {
	if [ "$2" = 6 ]; then echo "ip6${1#ip}"; else echo "$1"; fi
}
