#!/bin/sh
# Routes and firewall rules in Hetzner Cloud: what hosts of a region send to other regions goes to
# its gateways. From anywhere `hcloud` is signed in.
#
#   hetzner.sh apply|follow|remove|check|print TABLES [GATEWAY]
#
# A destination has one next hop in a network: all routes lead to one gateway, by its
# address. A route has no name, so labels of the network list the destinations that are
# ours: OWNER/10.20.0.0-16 and so on. Descriptions of rules tell what is ours in a
# firewall. Servers forward without being told.
set -u

# shellcheck disable=SC2034 # lib.sh reads them
PROVIDER=hetzner TITLE=Hetzner CLI=hcloud
case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$DIR/lib.sh"

# prepare reads what the functions below need of the tables.
prepare() {
	NETWORK=$(setting network)
	FIREWALL=$(setting securityGroup)
}

cli() { $DO hcloud "$@"; }

# What somebody else made needs no label of ours, which would make it ours to remove.
# A format must not have a comma: hcloud drops what follows one (cli v1.9.1,
# internal/cmd/output/output.go). So labels are read as Go spells a map.
existing_routes() {
	found=$(ask network describe "$NETWORK" --output \
		'format=label {{.Labels}}{{"\n"}}{{range .Routes}}route {{.Destination}} {{.Gateway}}{{"\n"}}{{end}}') || exit 1
	printf '%s\n' "$found" | awk -v network="$NETWORK" -v owner="$OWNER/" '
		$1 == "label" {
			gsub(/^label map\[|\]$/, "")
			n = split($0, label, " ")
			for (i = 1; i <= n; i++) {
				sub(/:.*/, "", label[i])
				if (index(label[i], owner) != 1) continue
				ours[label[i]] = 1
				print "ours record", network "/" label[i], "-", "-"
			}
		}
		$1 == "route" {
			key = owner $2
			key = substr(key, 1, match(key, /\/[0-9]+$/) - 1) "-" substr(key, RSTART + 1)
			if (!(key in ours)) print "theirs record", network "/" key, "-", "-"
			print ((key in ours) ? "ours" : "theirs"), "route", network "/" $2, $3, $3
		}'
}

existing_others() {
	[ -n "$FIREWALL" ] || return 0
	found=$(ask firewall describe "$FIREWALL" --output \
		'format={{range .Rules}}rule{{"\t"}}{{.Direction}}{{"\t"}}{{.Protocol}}{{"\t"}}{{if .Port}}{{.Port}}{{end}}{{"\t"}}{{range .SourceIPs}}{{.}} {{end}}{{range .DestinationIPs}}{{.}} {{end}}{{"\t"}}{{if .Description}}{{.Description}}{{end}}{{"\n"}}{{end}}') || exit 1
	printf '%s\n' "$found" | awk -F '\t' -v firewall="$FIREWALL" -v owner="$OWNER-" '
		'"$SORTED_LIST"'
		NF == 6 && $1 == "rule" && index($6, owner) == 1 {
			sub(/ $/, "", $5)
			gsub(/ /, ",", $5)
			rule = $2 ";" $3 ";" $4 ";"
			print "ours rule", firewall "/" $6, rule sorted($5), rule $5
		}'
}

wanted_others() {
	if [ -n "$FIREWALL" ]; then
		rules | while read -r name direction protocol port peers _; do
			echo "rule $FIREWALL/$name $direction;$protocol;$port;$peers"
		done
	fi
}

wanted_routes() {
	need_targets 'IPv4 address'
	target=$(active | cut -d ' ' -f 2)
	routes | while read -r _ _ destination; do echo "record $NETWORK/$OWNER/${destination%/*}-${destination#*/} -"; done
	routes | while read -r _ _ destination; do echo "route $NETWORK/$destination $target"; done
}

# edit_rule add-rule|delete-rule KEY VALUE. hcloud deletes the rule that equals what it is told.
edit_rule() {
	IFS=';' read -r direction protocol port peers <<END
$3
END
	peer=source
	[ "$direction" = in ] || peer=destination
	run firewall "$1" "${2%%/*}" --direction "$direction" --protocol "$protocol" --port "$port" "--$peer-ips" "$peers" \
		--description "${2#*/}"
}

create() {
	case $1 in
	route) run network add-route "${2%%/*}" --destination "${2#*/}" --gateway "$3" ;;
	record) run network add-label "${2%%/*}" "${2#*/}=route" ;;
	rule) edit_rule add-rule "$2" "$3" ;;
	esac
}

# There is no replacing a next hop, and no destination may have two: for a moment it has
# none. A rule is told by its name, and goes before the one that follows it.
change() {
	case $1 in
	route) delete route "$2" "$4" ;;
	rule) edit_rule delete-rule "$2" "$4" ;;
	esac
	create "$@"
}

restored() {
	destination=${1#*/}
	echo "$have" | grep -q "^ours record $NETWORK/$OWNER/${destination%/*}-${destination#*/} "
}

delete() {
	case $1 in
	route) run network remove-route "${2%%/*}" --destination "${2#*/}" --gateway "$3" ;;
	record) run network remove-label "${2%%/*}" "${2#*/}" ;;
	rule) edit_rule delete-rule "$2" "$4" ;;
	esac
}

conflict() { echo "${2#*/} in network ${2%%/*} leads to $3 already, by a route that is not ours: remove that first"; }

main "$@"
