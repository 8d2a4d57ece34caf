
# --- what all clouds share ---
#
# existing prints what is there, "ours|theirs KIND KEY VALUE ID", and wanted what should
# be, "KIND KEY VALUE". The same thing by somebody else is as good as ours, and stays.

# ask CLI-ARGUMENTS reads; run CLI-ARGUMENTS changes something. Both stop this script
# where the command fails.
ask() {
	cli "$@" </dev/null || die "$PROGRAM $1 $2 failed; nothing was done"
}

run() {
	if [ "$VERB" = print ]; then DO=show; else DO=quietly; fi
	cli "$@" </dev/null || die "$PROGRAM $1 $2 failed; what was done before it stays, and apply goes on from there"
	DO=
}

quietly() { "$@" >/dev/null; }

show() {
	line=
	for word; do
		case $word in
		'' | *[!A-Za-z0-9_./:=+@,-]*) line="$line '$word'" ;;
		*) line="$line $word" ;;
		esac
	done
	echo "${line# }"
}

# targets prints what routes call the gateways; active prints the gateway to use.
targets() { gateways | awk '$2 != "-" { print $2 }'; }

active() { gateways | awk -v name="$ACTIVE" '$1 == name'; }

list() { echo "$1" | tr ',' ' '; }

need_targets() {
	missing=$(gateways | awk '$2 == "-" { printf " %s", $1 }')
	[ -z "$missing" ] || die "the topology does not give the $1 of$missing"
}

need_tables() {
	tables | grep -q . || die 'the topology names no route tables (network.*.routeTables)'
}

# differences reads $have and $want: first the routes that are too many, then what is
# missing or differs, in the order of wanted, then what else is too much.
differences() {
	{
		printf '%s\n' "$have" | sed 's/^/have /'
		printf '%s\n' "$want" | sed 's/^/want /'
	} | awk '
		$1 == "have" && NF == 6 {
			key = $3 " " $4
			if (!(key in value)) order[++n] = key
			owner[key] = $2
			value[key] = $5
			id[key] = $6
		}
		$1 == "want" && NF >= 4 {
			key = $2 " " $3
			wanted[key] = 1
			if (!(key in value)) make[++m] = "create " key " " $4 " -"
			else if (value[key] == $4) next
			else if (owner[key] == "ours") make[++m] = "change " key " " $4 " " id[key]
			else make[++m] = "conflict " key " " value[key] " -"
		}
		function surplus(routes,   i) {
			for (i = 1; i <= n; i++)
				if (owner[order[i]] == "ours" && !(order[i] in wanted) && (order[i] ~ /^route /) == routes)
					print "delete", order[i], value[order[i]], id[order[i]]
		}
		END {
			surplus(1)
			for (i = 1; i <= m; i++) print make[i]
			surplus(0)
		}'
}

conflicts() {
	echo "$todo" | while read -r action kind key value _; do
		[ "$action" != conflict ] || conflict "$kind" "$key" "$value"
	done
}

look() {
	have=$(existing) || exit 1
	todo=$(differences) || exit 1
}

# follow carries $todo out, one line after the other.
follow() {
	while read -r action kind key value id; do
		[ -z "$action" ] || "$action" "$kind" "$key" "$value" "$id"
	done <<END
$todo
END
}

check() {
	look
	echo "$todo" | while read -r action kind key value _; do
		case $action in
		create) echo "missing: $kind $key $value" ;;
		change) echo "differs: $kind $key should be $value" ;;
		delete) echo "too much: $kind $key $value" ;;
		conflict) echo "in the way: $(conflict "$kind" "$key" "$value")" ;;
		esac
	done
	[ -z "$todo" ]
}

apply() {
	look
	found=$(conflicts)
	[ -z "$found" ] || die "$found"
	follow
	[ "$VERB" = print ] || check || die 'not everything is as it should be'
}

remove() {
	want=
	look
	follow
}

case $VERB in
apply | remove | check | print) ;;
*)
	say 'usage: routes.sh apply|remove|check|print [GATEWAY]'
	exit 2
	;;
esac
command -v "$PROGRAM" >/dev/null || die "the command line of $(setting title), $PROGRAM, is not installed"
if [ -z "$(active)" ]; then
	say "$ACTIVE is no gateway of region $(setting region-name): it has" "$(gateways | awk '{ print $1 }' | tr '\n' ' ')"
	exit 2
fi
if [ "$VERB" != remove ]; then want=$(wanted) || exit 1; fi
case $VERB in
print) apply ;;
*) "$VERB" ;;
esac
