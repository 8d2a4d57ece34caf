#!/bin/sh
# Routes, allowed addresses and security group rules in OpenStack: what hosts of a region send to
# other regions goes to its gateways. From anywhere `openstack` is signed in.
#
#   openstack.sh apply|follow|remove|check|print TABLES [GATEWAY]
#
# All routes of the router lead to one gateway, by its address. A port lets out only
# what comes from its own address or from one that it is told, so those of gateways are
# told what they forward. Neither a route nor an allowed address has a name: tags of the
# router and of the ports list those that are ours, OWNER_10.20.0.0-16 and so on.
# Descriptions of rules tell what is ours in a security group.
#
# Where the topology says that ports have no such guard, that is checked only: to turn it
# off takes a port's security groups away.
set -u

# shellcheck disable=SC2034 # lib.sh reads them
PROVIDER=openstack TITLE=OpenStack CLI=openstack
case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$DIR/lib.sh"

# prepare reads what the functions below need of the tables.
prepare() {
	ROUTER=$(setting router)
	GROUP=$(setting securityGroup)
}

cli() { $DO openstack "$@"; }

sources() { lines_of source; }

unguarded() { lines_of unguarded; }

# described WORDS asks for something in JSON, and puts each object of it on a line of its own.
described() {
	found=$(ask "$@" --format json --noindent) || exit 1
	printf '%s\n' "$found" | awk '{ gsub(/[{}]/, "\n"); print }'
}

# Functions of awk: the text, and the number or word, that an object has under a key; and
# the tag of a prefix.
# shellcheck disable=SC2016 # the dollars are awk's
OF_JSON='
	function text(key,   found) {
		if (!match($0, "\"" key "\": *\"[^\"]*\"")) return ""
		found = substr($0, RSTART, RLENGTH)
		sub(/^"[^"]*": *"/, "", found)
		sub(/"$/, "", found)
		return found
	}
	function word(key,   found) {
		if (!match($0, "\"" key "\": *[a-z0-9]+")) return ""
		found = substr($0, RSTART, RLENGTH)
		sub(/^"[^"]*": */, "", found)
		return found
	}
	function tag_of(prefix) {
		sub("/", "-", prefix)
		return owner "_" prefix
	}
	# whose is ours or theirs. What somebody else made needs no tag of ours, which would
	# make it ours to remove.
	function whose(thing, prefix) {
		if (tag_of(prefix) in ours) return "ours"
		print "theirs record", thing "/" tag_of(prefix), "-", "-"
		return "theirs"
	}
	# tags_of notes what is ours, and prints it.
	function tags_of(thing,   part, n, i) {
		n = split($0, part, "\"")
		for (i = 1; i <= n; i++) if (index(part[i], owner "_") == 1 && !(part[i] in ours)) {
			ours[part[i]] = 1
			print "ours record", thing "/" part[i], "-", "-"
		}
	}'

existing_routes() {
	objects=$(described router show "$ROUTER" --column routes --column tags) || exit 1
	printf '%s\n' "$objects" | awk -v router="$ROUTER" -v owner="$OWNER" "$OF_JSON"'
		{
			tags_of("router/" router)
			destination = text("destination")
			if (destination == "") next
			if (!(destination in hops)) order[++n] = destination
			hops[destination] = hops[destination] (destination in hops && hops[destination] != "" ? "," : "") text("nexthop")
		}
		END {
			for (i = 1; i <= n; i++)
				print whose("router/" router, order[i]), "route", router "/" order[i], hops[order[i]], hops[order[i]]
		}'
}

existing_others() {
	for port in $(sources | cut -d ' ' -f 1 | awk '!seen[$1]++'); do
		existing_port "$port" || exit 1
	done
	for port in $(unguarded); do
		objects=$(described port show "$port" --column port_security_enabled) || exit 1
		printf '%s\n' "$objects" | awk -v port="$port" "$OF_JSON"'
			word("port_security_enabled") != "" { print "theirs guard", port, (word("port_security_enabled") == "false" ? "off" : "on"), "-" }'
	done
	[ -n "$GROUP" ] || return 0
	objects=$(described security group show "$GROUP" --column rules) || exit 1
	printf '%s\n' "$objects" | awk -v group="$GROUP" -v owner="$OWNER" "$OF_JSON"'
		text("direction") == "" || text("remote_group_id") != "" || text("remote_address_group_id") != "" { next }
		{
			peer = text("remote_ip_prefix")
			if (peer == "") peer = text("ethertype") == "IPv4" ? "0.0.0.0/0" : "::/0"
			protocol = text("protocol") == "" ? "all" : text("protocol")
			port = word("port_range_min")
			if (port == "" || port == "null") port = "-"
			else if (port != word("port_range_max")) port = port "-" word("port_range_max")
			print (text("description") == owner ? "ours" : "theirs"), "rule",
				group "/" (text("direction") == "ingress" ? "in" : "out") "/" protocol "/" port "/" peer, "-", text("id")
		}'
}

# existing_port PORT: one without a guard lets everything out, which is as good as what
# it has to be told. An address with another card than the port's own is nobody's here.
existing_port() {
	objects=$(described port show "$1" --column allowed_address_pairs --column mac_address \
		--column port_security_enabled --column tags) || exit 1
	{
		sources | awk -v port="$1" '$1 == port { print "told", $2 }'
		printf '%s\n' "$objects"
	} | awk -v port="$1" -v owner="$OWNER" "$OF_JSON"'
		$1 == "told" { told[++t] = $2; next }
		{ tags_of("port/" port) }
		text("ip_address") != "" { address[++n] = text("ip_address"); card[n] = text("mac_address"); next }
		text("mac_address") != "" { mac = text("mac_address") }
		word("port_security_enabled") == "false" { open = 1 }
		END {
			for (i = 1; i <= t && open; i++) {
				whose("port/" port, told[i])
				print "theirs pair", port "/" told[i], "-", "-"
			}
			for (i = 1; i <= n; i++) if (card[i] == mac)
				print whose("port/" port, address[i]), "pair", port "/" address[i], "-", mac
		}'
}

wanted_others() {
	need_targets 'networkInterface'
	for port in $(unguarded); do echo "guard $port off"; done
	if [ -n "$GROUP" ]; then
		rules | while read -r _ direction protocol port peers _; do
			for peer in $(list "$peers"); do echo "rule $GROUP/$direction/$protocol/$port/$peer -"; done
		done
	fi
	sources | while read -r port prefix; do
		echo "record port/$port/${OWNER}_${prefix%/*}-${prefix#*/} -"
		echo "pair $port/$prefix -"
	done
}

wanted_routes() {
	active | while read -r _ _ _ four six; do
		routes | while read -r family _ destination; do
			hop=$six
			[ "$family" = 6 ] || hop=$four
			[ "$hop" = - ] || echo "record router/$ROUTER/${OWNER}_${destination%/*}-${destination#*/} -"
		done
		routes | while read -r family _ destination; do
			hop=$six
			[ "$family" = 6 ] || hop=$four
			[ "$hop" = - ] || echo "route $ROUTER/$destination $hop"
		done
	done
}

# tag set|unset KEY, which is router/NAME/TAG or port/NAME/TAG
tag() {
	thing=${2%/*}
	run "${thing%%/*}" "$1" "${thing#*/}" --tag "${2##*/}"
}

create() {
	case $1 in
	route) run router add route "${2%%/*}" --route "destination=${2#*/},gateway=$3" ;;
	record) tag set "$2" ;;
	pair) run port set "${2%%/*}" --allowed-address "ip-address=${2#*/}" ;;
	rule) permit "$2" ;;
	guard) die "there is no port $2" ;;
	esac
}

# permit KEY
permit() {
	IFS=/ read -r group way protocol port address length <<END
$1
END
	case $way in
	in) set -- --ingress ;;
	*) set -- --egress ;;
	esac
	case $address in
	*:*) set -- "$@" --ethertype IPv6 ;;
	*) set -- "$@" --ethertype IPv4 ;;
	esac
	[ "$protocol" != all ] || protocol=any
	set -- "$@" --protocol "$protocol"
	[ "$port" = - ] || set -- "$@" --dst-port "$port"
	run security group rule create "$group" "$@" --remote-ip "$address/$length" --description "$OWNER"
}

# The new next hop comes before the old one goes, so that the destination always has one.
change() {
	kept=
	for hop in $(list "$4"); do [ "$hop" != "$3" ] || kept=yes; done
	[ -n "$kept" ] || create route "$2" "$3"
	for hop in $(list "$4"); do [ "$hop" = "$3" ] || delete route "$2" "$hop"; done
}

delete() {
	case $1 in
	route) for hop in $(list "$3"); do run router remove route "${2%%/*}" --route "destination=${2#*/},gateway=$hop"; done ;;
	record) tag unset "$2" ;;
	pair) run port unset "${2%%/*}" --allowed-address "ip-address=${2#*/},mac-address=$4" ;;
	rule) run security group rule delete "$4" ;;
	esac
}

conflict() {
	case $1 in
	route) echo "${2#*/} on router ${2%%/*} leads to $3 already, by a route that is not ours: remove that first" ;;
	guard) echo "the security of port $2 is on, and the topology says that it is off (portSecurity: disabled): 'openstack port set --no-security-group --disable-port-security $2' turns it off, and takes its security groups away" ;;
	esac
}

main "$@"
