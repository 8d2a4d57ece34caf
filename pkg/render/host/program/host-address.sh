#!/bin/sh
# Gives a host the internalIP that no network gives it: a host that has one public address
# and nothing else has no address that its kubelet could register. Before the kubelet
# starts, as root.
#
#   host-address.sh apply|remove|check|print
#
# apply    makes the device kh0 with the host's addresses; twice is the same as once
# remove   takes the device away
# check    names every line that is missing or too many, and every file that does not
#          belong to the others, and exits 1 if there is one
# print    prints what apply would do, and does nothing; where iproute2 is not installed,
#          what it would do on a host that has none of it
#
# kh0 is connected to nothing: what is sent to its address arrives on this host, and
# nothing ever leaves by it. It is a dummy device, or a bridge without ports where the
# kernel has none of those. Its MTU is the tunnel's, since plugins take theirs from the
# device of the node's address (k3s, pkg/agent/flannel/flannel.go: ExternalInterface).
#
# An address that another device has already is left there. The program touches only a
# device kh0 with the alias kustomize-hybrid, and refuses one without.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source=lib.sh
. "$DIR/lib.sh"

DEVICE=kh0
ALIAS=kustomize-hybrid

# device prints what iproute2 says of kh0, on one line; nothing where there is none.
device() { ip -o -details link show dev "$DEVICE" 2>/dev/null; }

# alien reports whether kh0 is somebody else's.
alien() {
	link=$(device)
	case $link in
	'' | *" alias $ALIAS"*) return 1 ;;
	esac
}

refuse_alien() {
	if alien; then die "there is a device $DEVICE that this program has not made: rename it, or remove it"; fi
}

# addresses prints "DEVICE ADDRESS/LENGTH" for each address of this host.
addresses() { ip -o address show 2>/dev/null | awk '$3 == "inet" || $3 == "inet6" { print $2, $4 }'; }

# made prints MADE as iproute2 spells it, an ADDRESS/LENGTH a line.
made() { lines "$MADE" | awk '{ print $2 ($1 == 4 ? "/32" : "/128") }'; }

# elsewhere prints those of them whose address another device has, whatever its length.
elsewhere() {
	{
		addresses
		echo --
		made
	} | awk -v device="$DEVICE" '
		$1 == "--" { second = 1; next }
		!second { sub("/.*", "", $2); if ($1 != device) taken[$2]; next }
		{ address = $1; sub("/.*", "", address); if (address in taken) print }'
}

# wanted prints "device MTU" and a line "address ADDRESS/LENGTH" for each that is ours to
# make, and actual the same of what is there.
wanted() {
	list=$(without "$(made)" "$(elsewhere)")
	[ -n "$list" ] || return 0
	echo "device $TUNNEL_MTU"
	lines "$list" | sed 's/^/address /'
}

actual() {
	link=$(device)
	[ -n "$link" ] || return 0
	lines "$link" | awk '
		NR == 1 {
			up = $3 ~ /[<,]UP[,>]/
			for (i = 4; i < NF; i++) if ($i == "mtu") mtu = $(i + 1)
			print "device " (up ? mtu : "down")
		}'
	addresses | awk -v device="$DEVICE" '$1 == device && $2 !~ /^fe80:/ { print "address " $2 }'
}

# compare leaves in $want what should be, in $have what is, and in $wrong how they differ.
compare() {
	want=$(wanted)
	have=$(actual)
	wrong=$(
		without "$want" "$have" | sed 's/^/missing: /'
		without "$have" "$want" | sed 's/^/extra: /'
	)
}

# make_device: modprobe is no matter of ours: the kernel loads what `ip link add` asks for.
make_device() {
	if [ "$VERB" = print ]; then
		echo "ip link add $DEVICE type dummy || ip link add $DEVICE type bridge"
	else
		ip link add "$DEVICE" type dummy 2>/dev/null || ip link add "$DEVICE" type bridge ||
			die "the kernel makes neither a dummy device nor a bridge"
	fi
	run ip link set "$DEVICE" alias "$ALIAS"
}

# mend adds before it deletes. Nobody else can have an address that leads nowhere, so
# IPv6 need not ask: on a bridge without ports the question would never be answered.
mend() {
	if [ -z "$want" ]; then
		[ -z "$have" ] || run ip link del "$DEVICE"
		return 0
	fi
	[ -n "$have" ] || make_device
	case $have in
	"device $TUNNEL_MTU"*) ;;
	*) run ip link set "$DEVICE" mtu "$TUNNEL_MTU" up ;;
	esac
	lines "$wrong" | sed -n 's/^missing: address //p' | while read -r address; do
		case $address in
		*:*) run ip address add "$address" dev "$DEVICE" nodad ;;
		*) run ip address add "$address" dev "$DEVICE" ;;
		esac
	done
	lines "$wrong" | sed -n 's/^extra: address //p' | while read -r address; do
		run ip address del "$address" dev "$DEVICE"
	done
}

say_elsewhere() {
	elsewhere | while read -r address; do say "$address is on another device of this host already: it stays there"; done
}

apply() {
	refuse_alien
	say_elsewhere
	compare
	[ -n "$wrong" ] || return 0
	mend
	compare
	[ -z "$wrong" ] || {
		lines "$wrong"
		die 'not everything could be applied'
	}
}

check() {
	refuse_alien
	mismatched=$(mismatched_parts)
	compare
	lines "$mismatched"
	lines "$wrong"
	[ -z "$mismatched$wrong" ]
}

remove() {
	link=$(device)
	if [ -n "$link" ] && ! alien; then ip link del "$DEVICE"; fi
}

case $VERB,$# in
apply,1 | remove,1 | check,1 | print,1) ;;
*)
	say 'usage: host-address.sh apply|remove|check|print'
	exit 2
	;;
esac
[ "$VERB" = print ] || command -v ip >/dev/null || die 'iproute2 is not installed'
if [ "$VERB" = remove ]; then
	remove
	exit
fi
read_tables
[ -n "$MADE" ] || die "$TABLES names no address to make: the network of region $REGION gives its hosts theirs"
case $VERB in
apply) apply ;;
print)
	refuse_alien
	compare
	mend
	;;
check) check ;;
esac
