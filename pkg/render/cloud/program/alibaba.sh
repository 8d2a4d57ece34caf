#!/bin/sh
# Routes and firewall rules in Alibaba Cloud: what hosts of a region send to other regions goes to
# its gateways. From anywhere `aliyun` is signed in.
#
#   alibaba.sh apply|follow|remove|check|print TABLES [GATEWAY]
#
# Names of routes and descriptions of rules tell what is ours. A destination has one
# next hop in a table (several are for router interfaces only): all routes lead to one
# gateway. Instances forward without being told.
set -u

# shellcheck disable=SC2034 # lib.sh reads them
PROVIDER=alibaba TITLE='Alibaba Cloud' CLI=aliyun
case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$DIR/lib.sh"

# prepare reads what the functions below need of the tables.
prepare() {
	REGION=$(setting region)
	GROUP=$(setting securityGroup)
}

cli() { $DO aliyun "$@"; }

# rows drops the two lines above a table, and the blanks in it.
rows() { printf '%s\n' "$1" | sed -e 1,2d -e 's/ *| */	/g' -e 's/ *$//'; }

# entries TABLE prints "ID NAME DESTINATION HOP" of each route, a page after the other.
entries() {
	token=
	while :; do
		set -- "$1" vpc DescribeRouteEntryList --RegionId "$REGION" --RouteTableId "$1" --RouteEntryType Custom --MaxResult 100
		[ -z "$token" ] || set -- "$@" --NextToken "$token"
		table=$1
		shift
		page=$(ask "$@" --output 'cols=RouteEntryId,RouteEntryName,DestinationCidrBlock,NextHops.NextHop[0].NextHopId' \
			'rows=RouteEntrys.RouteEntry[]') || exit 1
		rows "$page"
		page=$(ask "$@" --output cols=NextToken 'rows=[@]') || exit 1
		token=$(rows "$page")
		case $token in '' | '<nil>') return ;; esac
		set -- "$table"
	done
}

# permissions ingress|egress prints the rules of one direction.
permissions() {
	page=$(ask ecs DescribeSecurityGroupAttribute --RegionId "$REGION" --SecurityGroupId "$GROUP" --Direction "$1" \
		--output 'cols=SecurityGroupRuleId,IpProtocol,PortRange,SourceCidrIp,Ipv6SourceCidrIp,DestCidrIp,Ipv6DestCidrIp,Policy,Description' \
		'rows=Permissions.Permission[]') || exit 1
	rows "$page" | awk -F '\t' -v key="$GROUP/${1%gress}" -v owner="$OWNER" '
		NF != 9 || $8 != "Accept" { next }
		{
			peer = ""
			for (i = 4; i <= 7; i++) if ($i != "" && $i != "<nil>") peer = $i
			split($3, port, "/")
			ports = tolower($2) "/" (port[1] == "-1" ? "-" : port[1] == port[2] ? port[1] : port[1] "-" port[2])
			if (peer != "") print ($9 == owner ? "ours" : "theirs"), "rule", key "/" ports "/" peer, "-", $1
		}'
}

existing_routes() {
	for one in $(tables); do
		found=$(entries "$one") || exit 1
		printf '%s\n' "$found" | awk -F '\t' -v table="$one" -v owner="$OWNER-" '
			NF == 4 { print (index($2, owner) == 1 ? "ours" : "theirs"), "route", table "/" $3, $4, $1 "," $2 }'
	done
}

existing_others() {
	[ -n "$GROUP" ] || return 0
	for direction in ingress egress; do
		found=$(permissions "$direction") || exit 1
		printf '%s\n' "$found"
	done
}

wanted_others() {
	if [ -n "$GROUP" ]; then
		rules | while read -r _ direction protocol port peers _; do
			way=in
			[ "$direction" = in ] || way=e
			for peer in $(list "$peers"); do echo "rule $GROUP/$way/$protocol/$port/$peer -"; done
		done
	fi
}

wanted_routes() {
	need_targets 'instance'
	need_tables
	target=$(active | cut -d ' ' -f 2)
	for one in $(tables); do
		routes | while read -r _ _ destination; do echo "route $one/$destination $target"; done
	done
}

# A table takes one change at a time: wait_for TABLE NAME EXPRESSION VALUE waits until the
# last one is done.
wait_for() {
	run vpc DescribeRouteEntryList --RegionId "$REGION" --RouteTableId "$1" --RouteEntryName "$2" --waiter "expr=$3" "to=$4" interval=2
}

name_of() { routes | awk -v destination="$1" '$3 == destination { print $2 }'; }

create() {
	case $1 in
	route)
		name=$(name_of "${2#*/}")
		run vpc CreateRouteEntry --RegionId "$REGION" --RouteTableId "${2%%/*}" --DestinationCidrBlock "${2#*/}" \
			--NextHopType Instance --NextHopId "$3" --RouteEntryName "$name" --Description 'Written by kustomize-hybrid'
		wait_for "${2%%/*}" "$name" 'RouteEntrys.RouteEntry[0].Status' Available
		;;
	rule) permit Authorize "$2" ;;
	esac
}

# permit VERB KEY
permit() {
	IFS=/ read -r _ way protocol port address length <<END
$2
END
	case $way,$address in
	in,*:*) set -- "$1" '' Ipv6SourceCidrIp ;;
	in,*) set -- "$1" '' SourceCidrIp ;;
	*:*) set -- "$1" Egress Ipv6DestCidrIp ;;
	*) set -- "$1" Egress DestCidrIp ;;
	esac
	[ "$port" != - ] || port=-1
	run ecs "$1SecurityGroup$2" --RegionId "$REGION" --SecurityGroupId "$GROUP" \
		--Permissions.1.IpProtocol "$(echo "$protocol" | tr '[:lower:]' '[:upper:]')" --Permissions.1.PortRange "$port/$port" \
		"--Permissions.1.$3" "$address/$length" --Permissions.1.Description "$OWNER"
}

# There is no replacing the next hop: for a second or two the destination has none.
change() {
	delete "$@"
	create "$@"
}

# What a change has deleted and not made again looks like what nobody ever made: where there
# are others of ours, it is made.
restored() { echo "$have" | grep -q '^ours route '; }

delete() {
	case $1 in
	route)
		run vpc DeleteRouteEntry --RegionId "$REGION" --RouteEntryId "${4%%,*}"
		wait_for "${2%%/*}" "${4#*,}" 'to_string(length(RouteEntrys.RouteEntry))' 0
		;;
	rule)
		way=
		case $2 in */e/*) way=Egress ;; esac
		run ecs "RevokeSecurityGroup$way" --RegionId "$REGION" --SecurityGroupId "$GROUP" --SecurityGroupRuleId.1 "$4"
		;;
	esac
}

conflict() { echo "${2#*/} in ${2%%/*} leads to $3 already, by a route that is not ours: remove that first"; }

main "$@"
