#!/bin/sh
# Routes and firewall rules in AWS: what hosts of a region send to other regions goes to
# its gateways. From anywhere `aws` is signed in.
#
#   aws.sh apply|follow|remove|check|print TABLES [GATEWAY]
#
# A destination has one next hop in a table: all routes lead to one gateway. A route has
# neither name nor tag, so tags of the table list the destinations that are ours:
# OWNER/routes-0, OWNER/routes-1 and so on, each with as many as a tag can hold.
set -u

# shellcheck disable=SC2034 # lib.sh reads them
PROVIDER=aws TITLE=AWS CLI=aws
case $0 in */*) DIR=${0%/*} ;; *) DIR=. ;; esac
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$DIR/lib.sh"

# prepare reads what the functions below need of the tables.
prepare() {
	REGION=$(setting region)
	GROUP=$(setting securityGroup)
}

cli() { $DO aws --region "$REGION" --output text "$@"; }

# records prints "TABLE	KEY	DESTINATION+DESTINATION..." for each tag of ours.
records() {
	for table in $(tables); do
		found=$(ask ec2 describe-tags --filters "Name=resource-id,Values=$table" \
			--query "Tags[?starts_with(Key, '$OWNER/routes-')].[ResourceId, Key, Value]") || exit 1
		printf '%s\n' "$found"
	done
}

# Everything with our tag, and every gateway.
existing_forwarding() {
	tagged=$(ask ec2 describe-network-interfaces --filters "Name=tag-key,Values=$OWNER/source-dest-check" \
		--query 'NetworkInterfaces[].[NetworkInterfaceId, SourceDestCheck]') || exit 1
	all=
	if [ -n "$(targets)" ]; then
		# shellcheck disable=SC2046 # IDs without spaces
		all=$(ask ec2 describe-network-interfaces --network-interface-ids $(targets) \
			--query 'NetworkInterfaces[].[NetworkInterfaceId, SourceDestCheck]') || exit 1
	fi
	{
		printf '%s\n' "$tagged" | sed 's/^/ours	/'
		printf '%s\n' "$all" | sed 's/^/theirs	/'
	} | awk -F '\t' '
		NF < 3 || seen[$2]++ { next }
		$1 == "ours" { print "ours forwarding", $2, ($3 == "True" ? "off" : "on"), "-" }
		$1 == "theirs" && $3 == "False" { print "theirs forwarding", $2, "on -" }'
}

existing_routes() {
	records=$(records) || exit 1
	for table in $(tables); do
		found=$(ask ec2 describe-route-tables --route-table-ids "$table" --query \
			'RouteTables[].Routes[].[DestinationCidrBlock || DestinationIpv6CidrBlock, NetworkInterfaceId]') || exit 1
		{
			printf '%s\n' "$records"
			printf '%s\n' "$found"
		} | awk -F '\t' -v table="$table" '
			NF == 3 && $1 == table { n = split($3, own, "+"); for (i = 1; i <= n; i++) ours[own[i]] = 1 }
			NF == 2 && $1 != "None" {
				print (($1 in ours) ? "ours" : "theirs"), "route", table "/" $1, ($2 == "None" ? "another" : $2), "-"
			}'
	done
	printf '%s\n' "$records" | awk -F '\t' 'NF == 3 { print "ours record", $1 "/" $2, $3, "-" }'
}

existing_others() {
	if [ -n "$GROUP" ]; then
		found=$(ask ec2 describe-security-group-rules --filters "Name=group-id,Values=$GROUP" --query \
			'SecurityGroupRules[].[SecurityGroupRuleId, IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4 || CidrIpv6, Description]') || exit 1
		printf '%s\n' "$found" | awk -F '\t' -v group="$GROUP" -v owner="$OWNER" '
			NF >= 6 && $6 != "None" {
				ports = $3 == "-1" ? "all/-" : $3 "/" ($4 == $5 ? $4 : $4 "-" $5)
				print ($7 == owner ? "ours" : "theirs"), "rule",
					group "/" ($2 == "True" ? "out" : "in") "/" ports "/" $6, "-", $1
			}'
	fi
	existing_forwarding
}

wanted_others() {
	need_targets 'networkInterface'
	for eni in $(targets); do echo "forwarding $eni on"; done
	if [ -n "$GROUP" ]; then
		rules | while read -r _ direction protocol port peers _; do
			for peer in $(list "$peers"); do echo "rule $GROUP/$direction/$protocol/$port/$peer -"; done
		done
	fi
}

wanted_routes() {
	need_targets 'networkInterface'
	need_tables
	target=$(active | cut -d ' ' -f 2)
	for table in $(tables); do
		# What somebody else made is as good, and in no tag: that would make it ours to move
		# and to remove. A tag's value has at most 256 characters.
		{
			printf '%s\n' "$have" | sed -n "s|^theirs route $table/|theirs |p"
			routes
		} | awk -v key="record $table/$OWNER/routes-" '
			$1 == "theirs" { theirs[$2]; next }
			$3 in theirs { next }
			length(value) + length($3) > 250 { print key n++, value; value = "" }
			{ value = value (value == "" ? "" : "+") $3 }
			END { if (value != "") print key n + 0, value }'
		routes | while read -r _ _ destination; do echo "route $table/$destination $target"; done
	done
}

# destination_flag PREFIX
destination_flag() {
	case $1 in
	*:*) echo --destination-ipv6-cidr-block ;;
	*) echo --destination-cidr-block ;;
	esac
}

# permissions KEY spells a rule as the CLI wants it.
permissions() {
	echo "$1" | awk -F / -v owner="$OWNER" '{
		peer = $5 "/" $6
		range = (peer ~ /:/) ? "Ipv6Ranges=[{CidrIpv6=" : "IpRanges=[{CidrIp="
		ports = ($3 == "all") ? "IpProtocol=-1" : "IpProtocol=" $3 ",FromPort=" $4 ",ToPort=" $4
		print ports "," range peer ",Description=" owner "}]"
	}'
}

# direction_of KEY
direction_of() {
	case $1 in
	*/in/*) echo ingress ;;
	*) echo egress ;;
	esac
}

create() {
	case $1 in
	route)
		run ec2 create-route --route-table-id "${2%%/*}" "$(destination_flag "${2#*/}")" "${2#*/}" --network-interface-id "$3"
		;;
	record) run ec2 create-tags --resources "${2%%/*}" --tags "Key=${2#*/},Value=$3" ;;
	rule)
		run ec2 "authorize-security-group-$(direction_of "$2")" --group-id "$GROUP" --ip-permissions "$(permissions "$2")"
		;;
	forwarding)
		run ec2 create-tags --resources "$2" --tags "Key=$OWNER/source-dest-check,Value=was-on"
		run ec2 modify-network-interface-attribute --network-interface-id "$2" --no-source-dest-check
		;;
	esac
}

change() {
	case $1 in
	route)
		run ec2 replace-route --route-table-id "${2%%/*}" "$(destination_flag "${2#*/}")" "${2#*/}" --network-interface-id "$3"
		;;
	record) create "$@" ;;
	forwarding) run ec2 modify-network-interface-attribute --network-interface-id "$2" --no-source-dest-check ;;
	esac
}

delete() {
	case $1 in
	route) run ec2 delete-route --route-table-id "${2%%/*}" "$(destination_flag "${2#*/}")" "${2#*/}" ;;
	record) run ec2 delete-tags --resources "${2%%/*}" --tags "Key=${2#*/}" ;;
	rule)
		run ec2 "revoke-security-group-$(direction_of "$2")" --group-id "$GROUP" --security-group-rule-ids "$4"
		;;
	forwarding)
		run ec2 modify-network-interface-attribute --network-interface-id "$2" --source-dest-check
		run ec2 delete-tags --resources "$2" --tags "Key=$OWNER/source-dest-check"
		;;
	esac
}

# conflict KIND KEY VALUE says why it cannot be made.
conflict() { echo "${2#*/} in ${2%%/*} leads somewhere else already, by a route that is not ours: remove that first"; }

main "$@"
