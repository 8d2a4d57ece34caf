#!/bin/sh
# Routes and firewall rules in Azure: what hosts of a region send to other regions goes to
# its gateways. From anywhere `az` is signed in.
#
#   azure.sh apply|follow|remove|check|print TABLES [GATEWAY]
#
# Names tell what is ours. A prefix has one next hop in a table: all routes lead to one
# gateway, by its address. A network card forwards nothing that is not its own until it
# is told to; a tag of the card keeps that we told it.
set -u

# shellcheck disable=SC2034 # lib.sh reads them
PROVIDER=azure TITLE=Azure CLI=az
case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$DIR/lib.sh"

# prepare reads what the functions below need of the tables.
prepare() {
	RESOURCES=$(setting resourceGroup)
	GROUP=$(setting securityGroup)
}

cli() { $DO az "$@"; }

existing_routes() {
	for table in $(tables); do
		found=$(ask network route-table route list --resource-group "$RESOURCES" --route-table-name "$table" --output tsv \
			--query "[?starts_with(name, '$OWNER-')].[name, addressPrefix, nextHopType, nextHopIpAddress]") || exit 1
		printf '%s\n' "$found" | awk -F '\t' -v table="$table" '
			NF == 4 { print "ours route", table "/" $1, $2 "," $3 "," $4, "-" }'
	done
}

existing_others() {
	if [ -n "$GROUP" ]; then
		found=$(ask network nsg rule list --resource-group "$RESOURCES" --nsg-name "$GROUP" --output tsv \
			--query "[?starts_with(name, '$OWNER-')].[name, direction, access, protocol, join(',', destinationPortRanges || [destinationPortRange]), join(',', sourceAddressPrefixes || [sourceAddressPrefix]), join(',', destinationAddressPrefixes || [destinationAddressPrefix]), priority]") || exit 1
		printf '%s\n' "$found" | awk -F '\t' -v group="$GROUP" '
			'"$SORTED_LIST"'
			NF == 8 { print "ours rule", group "/" $1, $2 ";" $3 ";" $4 ";" $5 ";" sorted($6) ";" sorted($7) ";" $8, "-" }'
	fi
	found=$(ask network nic list --resource-group "$RESOURCES" --output tsv \
		--query "[].[name, enableIPForwarding || enableIpForwarding, tags.\"$OWNER\" || '-']") || exit 1
	printf '%s\n' "$found" | awk -F '\t' -v targets=" $(targets | tr '\n' ' ')" '
		NF != 3 { next }
		{ state = tolower($2) == "true" ? "on" : "off" }
		$3 != "-" { print "ours forwarding", $1, state, "-"; next }
		state == "on" && index(targets, " " $1 " ") { print "theirs forwarding", $1, "on -" }'
}

wanted_others() {
	need_targets 'networkInterface'
	for card in $(targets); do echo "forwarding $card on"; done
	if [ -n "$GROUP" ]; then
		# Priorities are 100 to 4096, each once in a direction; ours are near the end, so
		# that rules of others come first.
		rules | awk -v group="$GROUP" '{
			port = $4 == "-" ? "*" : $4
			protocol = $3 == "all" ? "*" : toupper(substr($3, 1, 1)) substr($3, 2)
			from = $2 == "in" ? $5 : $6
			to = $2 == "in" ? $6 : $5
			print "rule", group "/" $1, ($2 == "in" ? "Inbound" : "Outbound") ";Allow;" protocol ";" port ";" from ";" to ";" 3900 + rank[$2]++
		}'
	fi
}

wanted_routes() {
	need_tables
	active | while read -r _ _ _ four six; do
		for table in $(tables); do
			routes | awk -v table="$table" -v four="$four" -v six="$six" '
				{ hop = $1 == 4 ? four : six }
				hop != "-" { print "route", table "/" $2, $3 ",VirtualAppliance," hop }'
		done
	done
}

# tag_card OPERATION CARD
tag_card() {
	card=$(ask network nic show --resource-group "$RESOURCES" --name "$2" --query id --output tsv) || exit 1
	run tag update --resource-id "$card" --operation "$1" --tags "$OWNER=ip-forwarding-was-off"
}

forward() { run network nic update --resource-group "$RESOURCES" --name "$1" --ip-forwarding "$2"; }

create() {
	case $1 in
	route)
		run network route-table route create --resource-group "$RESOURCES" --route-table-name "${2%%/*}" --name "${2#*/}" \
			--address-prefix "${3%%,*}" --next-hop-type VirtualAppliance --next-hop-ip-address "${3##*,}"
		;;
	rule) make_rule "${2#*/}" "$3" ;;
	forwarding)
		tag_card Merge "$2"
		forward "$2" true
		;;
	esac
}

# make_rule NAME VALUE
make_rule() {
	name=$1
	IFS=';' read -r direction _ protocol port from to priority <<END
$2
END
	set -f # a * is no pattern
	# shellcheck disable=SC2046 # prefixes are words of their own
	run network nsg rule create --resource-group "$RESOURCES" --nsg-name "$GROUP" --name "$name" --priority "$priority" \
		--direction "$direction" --access Allow --protocol "$protocol" \
		--source-address-prefixes $(list "$from") --source-port-ranges '*' \
		--destination-address-prefixes $(list "$to") --destination-port-ranges "$port" \
		--description 'Written by kustomize-hybrid'
	set +f
}

# create replaces what is there.
change() {
	case $1 in
	forwarding) forward "$2" true ;;
	*) create "$@" ;;
	esac
}

delete() {
	case $1 in
	route) run network route-table route delete --resource-group "$RESOURCES" --route-table-name "${2%%/*}" --name "${2#*/}" ;;
	rule) run network nsg rule delete --resource-group "$RESOURCES" --nsg-name "${2%%/*}" --name "${2#*/}" ;;
	forwarding)
		forward "$2" false
		tag_card Delete "$2"
		;;
	esac
}

conflict() { echo "$1 $2 is there already and is not ours"; }

main "$@"
