#!/bin/sh
# Routes and firewall rules in Google Cloud: what hosts of a region send to other regions goes to
# its gateways. From anywhere `gcloud` is signed in.
#
#   gcp.sh apply|follow|remove|check|print TABLES [GATEWAY]
#
# Names tell what is ours. A route belongs to the network and names an instance; the
# lowest priority number wins, and a route whose instance does not run is left out, so
# that the next one takes over. Equal numbers share the flows between the gateways.
set -u

# shellcheck disable=SC2034 # lib.sh reads them
PROVIDER=gcp TITLE='Google Cloud' CLI=gcloud
case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$DIR/lib.sh"

# prepare reads what the functions below need of the tables.
prepare() {
	PROJECT=$(setting project)
	NETWORK=$(setting network)
}

cli() { $DO gcloud --project "$PROJECT" --quiet compute "$@"; }

existing_routes() {
	found=$(ask routes list --filter "name~\"^$OWNER-\" AND network~\"/$NETWORK\$\"" \
		--format 'value(name, destRange, nextHopInstance.scope(zones), priority)') || exit 1
	printf '%s\n' "$found" | awk -F '\t' '
		NF == 4 { sub("/instances/", "/", $3); print "ours route", $1, $2 "," $3 "," $4, "-" }'
}

existing_others() {
	found=$(ask firewall-rules list --filter "name~\"^$OWNER-\" AND network~\"/$NETWORK\$\"" --format \
		'value(name, direction, allowed[].map().firewall_rule().list(), sourceRanges.list(), destinationRanges.list(), disabled)') || exit 1
	printf '%s\n' "$found" | awk -F '\t' '
		'"$SORTED_LIST"'
		NF == 6 {
			value = $2 ";" $3 ";" sorted($4) ";" sorted($5)
			print "ours rule", $1, value ($6 == "True" ? ";disabled" : ""), "-"
		}'
	found=$(ask instances list --format 'value(name, zone.basename(), canIpForward)' \
		--filter "name=($(targets | tr '\n' ' '))") || exit 1
	printf '%s\n' "$found" | awk -F '\t' '
		NF == 3 { print "theirs forwarding", $2 "/" $1, ($3 == "True" ? "on" : "off"), "-" }'
}

# ranked prints the gateways as "PRIORITY TARGET ZONE IPV4 IPV6", the active one first.
ranked() {
	{
		active
		gateways | awk -v active="$ACTIVE" '$1 != active'
	} | awk -v spread="$(setting spread)" '{ print (spread == "yes" ? 1000 : 999 + NR), $2, $3, $4, $5 }'
}

wanted_others() {
	need_targets 'instance'
	gateways | while read -r _ target zone _; do echo "forwarding $zone/$target on"; done
	rules | while read -r name direction protocol port peers hosts; do
		allowed=$protocol
		[ "$port" = - ] || allowed=$protocol:$port
		# Outgoing traffic cannot be told by its source here and by its destination.
		if [ "$direction" = in ]; then
			echo "rule $name INGRESS;$allowed;$peers;$hosts"
		else
			echo "rule $name EGRESS;$allowed;;$peers"
		fi
	done
}

wanted_routes() {
	routes | while read -r family name destination; do
		ranked | awk -v family="$family" -v name="$name" -v destination="$destination" '
			$(family / 2 + 2) != "-" { print "route", name "-" NR, destination "," $3 "/" $2 "," $1 }'
	done
}

# make_rule VERB NAME VALUE
make_rule() {
	verb=$1
	name=$2
	IFS=';' read -r direction allowed sources destinations <<END
$3
END
	set -- --allow "$allowed"
	[ "$verb" = create ] || set -- "$@" --no-disabled
	[ "$verb" = update ] || set -- "$@" --network "$NETWORK" --direction "$direction"
	[ -z "$sources" ] || set -- "$@" --source-ranges "$sources"
	[ -z "$destinations" ] || set -- "$@" --destination-ranges "$destinations"
	run firewall-rules "$verb" "$name" "$@" --description 'Written by kustomize-hybrid'
}

create() {
	case $1 in
	route)
		IFS=,/ read -r address length zone instance priority <<END
$3
END
		run routes create "$2" --network "$NETWORK" --destination-range "$address/$length" \
			--next-hop-instance "$instance" --next-hop-instance-zone "$zone" --priority "$priority" \
			--description 'Written by kustomize-hybrid'
		;;
	rule) make_rule create "$2" "$3" ;;
	forwarding) die "there is no instance ${2#*/} in zone ${2%/*} of project $PROJECT" ;;
	esac
}

# A route cannot be changed. Meanwhile the one of the next priority carries the traffic.
change() {
	case $1 in
	route)
		delete "$@"
		create "$@"
		;;
	rule) make_rule update "$2" "$3" ;;
	esac
}

# move deletes the routes that win in one call: with two gateways those of the other one, which
# are there already, carry the traffic from then on. The rest takes a call for each.
move() {
	first=$(echo "$todo" | awk '$1 == "change" && $3 ~ /-1$/ { print $3 }')
	# shellcheck disable=SC2086 # names without spaces
	[ -z "$first" ] || run routes delete $first
	moved=$todo
	todo=$(echo "$moved" | awk '
		$1 == "change" && $3 ~ /-1$/ { sub(/^change/, "create"); print; next }
		{ later[++n] = $0 }
		END { for (i = 1; i <= n; i++) print later[i] }')
	carry_out
	todo=$moved
}

# A destination has a route to each gateway: what is left tells that there was another one.
restored() { echo "$have" | grep -q "^ours route ${1%-*}-"; }

delete() {
	case $1 in
	route) run routes delete "$2" ;;
	rule) run firewall-rules delete "$2" ;;
	esac
}

conflict() {
	echo "instance ${2#*/} in zone ${2%/*} may not forward packets: it was made without --can-ip-forward, and turning that on restarts it (gcloud compute instances export, set canIpForward: true, then update-from-file --most-disruptive-allowed-action RESTART)"
}

main "$@"
