# shellcheck shell=sh
# shellcheck disable=SC2034
# (The last line: what is set here, the programs read.)
#
# What the programs for clouds share. A program sets PROVIDER, TITLE and CLI, reads this
# file, says what its cloud does in these functions, and ends with main "$@":
#
#   cli WORDS            runs the command line; $DO in front of it says how
#   existing_routes      prints what is there, "ours|theirs KIND KEY VALUE ID": routes,
#   existing_others      and the rest
#   wanted_others        prints what should be, "KIND KEY VALUE": the rest,
#   wanted_routes        and then routes; $have is what is there
#   create, change, delete KIND KEY VALUE ID
#   conflict KIND KEY VALUE   says why it cannot be made
#   move                 does what $todo says for follow, where that is another order
#   restored KEY         tells whether follow makes a route of ours again that is missing:
#                        where a change takes two steps, it may have ended between them
#
# The same thing by somebody else is as good as ours, and stays.
#
# A program finds all that is particular to a region in its tables: a line that says
# their format, then lines that begin with a word:
#
#   provider NAME
#   region NAME
#   setting NAME VALUE       where, and whose
#   table ID                 the route tables, where the provider has several
#   gateway NAME TARGET ZONE IPv4 IPv6       in failover order; TARGET: what a route calls it
#   source CARD PREFIX       what a network card has to be told before it may send from it
#   unguarded CARD           a card that may send from any address, as the topology says
#   route FAMILY NAME DESTINATION            the other regions, and the name of our route
#   rule NAME in|out PROTOCOL PORT PEERS HOSTS   what a firewall lets through: the other
#                                            end and this one, in lists with commas
#
# "-" stands for what is not there.
#
# These may be set from outside: STATE_DIR, where gateway-watch.sh keeps what it has
# decided (/run/kustomize-hybrid), and UPTIME (/proc/uptime).
FORMAT='kustomize-hybrid cloud 1'
STATE_DIR=${STATE_DIR:-/run/kustomize-hybrid}
UPTIME=${UPTIME:-/proc/uptime}
SELF=${0##*/}
VERB=${1:-}
TABLES=${2:-}
DO=

say() { echo "$SELF: $*" >&2; }

die() {
	say "$*"
	exit 1
}

usage() {
	cat >&2 <<END
usage: $SELF apply|follow|remove|check|print TABLES [GATEWAY]

apply   makes everything that is missing; twice is the same as once
follow  moves the routes that apply made to the primary, and touches nothing else. On a
        gateway, without GATEWAY: does so where this host is the primary, and nothing
        where it is not. Elsewhere GATEWAY may be -, for whom \`tailscale status --json\`
        on the standard input names
remove  takes all of it back, and turns settings of the gateways to what they were; stop
        what runs follow first
check   names everything that is missing, differs or is too much, and exits 1 if
        there is anything; it only reads
print   prints the commands of apply; it only reads

TABLES is regions/<region>/cloud/tables of the rendered tree. GATEWAY is the one that
the routes lead to: the region's first when left out. It has to be the tailnet's primary
where a standby cannot hand traffic over.

It touches only what carries our name (the owner in the tables): by name, description or
tag. It stops at the first command that fails; apply goes on from there. Remove before
you change the IDs in the tables: what is in another table or group is not looked for.
END
	exit 2
}

# lines_of WORD prints the lines of the tables that begin with it, without it.
lines_of() { sed -n "s/^$1 //p" "$TABLES"; }

tables() { lines_of table; }

gateways() { lines_of gateway; }

routes() { lines_of route; }

rules() { lines_of rule; }

setting() { lines_of setting | awk -v key="$1" '$1 == key { print $2 }'; }

# read_tables refuses what it does not know.
read_tables() {
	IFS= read -r head 2>/dev/null <"$TABLES" || die "$TABLES cannot be read"
	[ "$head" = "$FORMAT" ] || die "$TABLES begins with '$head', and this program knows '$FORMAT' only"
	[ "$(lines_of provider)" = "$PROVIDER" ] || die "$TABLES is for $(lines_of provider).sh"
	OWNER=$(setting owner)
	ACTIVE=${1:-$(gateways | awk 'NR == 1 { print $1 }')}
}

# A function of awk: the prefixes of a list in the order of their bytes.
SORTED_LIST='function sorted(list,   part, n, i, j, swap, out) {
	n = split(list, part, ",")
	for (i = 1; i <= n; i++) if (part[i] !~ /\//) part[i] = part[i] (part[i] ~ /:/ ? "/128" : "/32")
	for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++)
		if (part[j] "" < part[i] "") { swap = part[i]; part[i] = part[j]; part[j] = swap }
	out = part[1]
	for (i = 2; i <= n; i++) out = out "," part[i]
	return out
}'

# ask CLI-ARGUMENTS reads; run CLI-ARGUMENTS changes something. Both stop this script
# where the command fails.
ask() {
	cli "$@" </dev/null || die "$CLI $1 $2 failed; nothing was done"
}

run() {
	if [ "$VERB" = print ]; then DO=show; else DO=quietly; fi
	cli "$@" </dev/null || die "$CLI $1 $2 failed; what was done before it stays, and apply goes on from there"
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

# look reads what is there before it says what should be: what others made already is as
# good, and is not to be written down as ours.
look() {
	have=$(existing_routes && existing_others) || exit 1
	want=
	if [ "$VERB" != remove ]; then want=$(wanted_others && wanted_routes) || exit 1; fi
	todo=$(differences) || exit 1
}

# carry_out does what $todo says, one line after the other.
carry_out() {
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
	carry_out
	[ "$VERB" = print ] || check || die 'not everything is as it should be'
}

remove() {
	look
	carry_out
}

restored() { return 1; }

move() { carry_out; }

# follow asks about nothing but routes and changes nothing else, so that it is quick and
# needs few permissions. What others made it leaves, and says so.
follow() {
	have=$(existing_routes) || exit 1
	want=$(wanted_routes) || exit 1
	todo=$(differences) || exit 1
	found=$(conflicts)
	todo=$(moves)
	move
	[ -z "$todo" ] || say "the routes of region $(lines_of region) lead to $ACTIVE now: $(echo "$todo" | awk 'END { print NR }') moved"
	[ -z "$found" ] || die "$found"
}

# moves prints the lines of $todo that follow carries out.
moves() {
	echo "$todo" | while read -r action kind key value id; do
		case $action,$kind in
		change,route) ;;
		create,route) restored "$key" || continue ;;
		*) continue ;;
		esac
		echo "$action $kind $key $value $id"
	done
}

# here prints the gateway that this host is, by its address.
here() {
	gateways | while read -r name _ _ four six; do
		for address in "$four" "$six"; do
			[ "$address" = - ] || ! ip -o address show to "$address" | grep -q . || echo "$name"
		done
	done | awk 'NR == 1'
}

# primary_here sets ACTIVE to this host, and ends the program where that is not the
# primary. gateway-watch.sh knows: it asks tailscaled, and takes a gateway that no other
# region answers for none.
primary_here() {
	ACTIVE=$(here)
	[ -n "$ACTIVE" ] || die "this host has the address of no gateway of region $(lines_of region): run it on one, or name the primary behind the tables"
	IFS= read -r looked 2>/dev/null <"$STATE_DIR/watch/alive" || die "gateway-watch.sh has not run on this host: $STATE_DIR/watch/alive cannot be read"
	read -r up _ <"$UPTIME"
	age=$((${up%.*}${up#*.} - looked))
	[ "$age" -le 3000 ] || die "gateway-watch.sh does not run any more: it looked $((age / 100)) s ago"
	role=$(awk -v prefix="$(setting primaryOf)" '$1 == "target" && $4 == prefix { print $5 }' "$STATE_DIR/watch/memory")
	[ -n "$role" ] || die "$STATE_DIR/watch/memory says nothing about $(setting primaryOf): the host and $TABLES have tables of different topologies"
	[ "$role" = self ] || exit 0
}

# primary_told sets ACTIVE to the gateway that is the primary by what tailscaled says, which
# stands on the standard input. Devices of a gateway are called like their nodes.
primary_told() {
	[ -r "$DIR/../host/status.awk" ] || die "host/status.awk of the rendered tree is not there to read what tailscale says"
	ACTIVE=$({
		gateways
		awk -f "$DIR/../host/status.awk"
	} | awk -v prefix="$(setting primaryOf)" '
		function label(name) {
			name = tolower(name)
			gsub(/\./, "-", name)
			return name
		}
		BEGIN { if (prefix !~ /\//) prefix = prefix (prefix ~ /:/ ? "/128" : "/32") }
		NF == 5 { name[label($1)] = $1; next }
		NF == 7 && $3 == "true" && index("," $7 ",", "," prefix ",") && label($2) in name { print name[label($2)]; exit }')
	[ -n "$ACTIVE" ] || die "tailscale names no gateway of region $(lines_of region) as the primary of $(setting primaryOf): either nobody is, or this device may not see them; nothing was done"
}

# main VERB TABLES [GATEWAY]
main() {
	case $VERB,$# in
	apply,[23] | follow,[23] | remove,[23] | check,[23] | print,[23]) ;;
	*) usage ;;
	esac
	read_tables "${3:-}"
	case $VERB,$#,${3:-} in
	follow,2,) primary_here ;;
	follow,3,-) primary_told ;;
	esac
	command -v "$CLI" >/dev/null || die "the command line of $TITLE, $CLI, is not installed"
	if [ -z "$(active)" ]; then
		say "$ACTIVE is not a gateway of region $(lines_of region): it has" "$(gateways | awk '{ print $1 }' | tr '\n' ' ')"
		exit 2
	fi
	prepare
	case $VERB in
	print) apply ;;
	*) "$VERB" ;;
	esac
}
