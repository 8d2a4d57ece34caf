# Compares what decide.awk decided with what the kernel has. After numbers.awk. Reads
#   transit FAMILY PREFIX       of the tables
#   way, refuse, mute           lines of decide.awk; others it ignores
#   family 4|6                  and what `ip route show table all proto 154` and
#                               `ip rule show` print for it
# Prints FAMILY and a command for `ip -batch`, in this order: what refuses comes first
# and goes last. Only what has changed is there, one command for each remote prefix.

function out(f, command) { print f " " command }

$1 == "transit" {
	transit[$2, ++transits[$2]] = $3
	is_transit[$2, $3]
	next
}
$1 == "way" {
	words = $4
	for (i = 5; i <= NF; i++) words = words " " $i
	way[$2, $3] = words
	table_family[++tables] = $2
	table[tables] = $3
	next
}
$1 == "refuse" { want($2, REFUSE ": from " $3 " iif " $4 " lookup " REFUSED) }
$1 == "mute" { want($2, MUTE ": from " $3 " ipproto tcp sport " HEALTH " blackhole") }
$1 == "family" { family = $2 }
!family { next }
$1 == (MUTE ":") || $1 == (REFUSE ":") {
	$1 = $1
	has_rule[family, $0]
	rule_family[++rules] = family
	rule[rules] = $0
}
/ table / && $1 != "unreachable" && $1 != "blackhole" { route() }

function want(f, text) {
	wanted_family[++wanted] = f
	wanted_rule[wanted] = text
	is_wanted[f, text]
}

# route remembers one of the watch's: table, prefix and way.
function route(   i, t, words) {
	for (i = 2; i < NF; i++) {
		if ($i == "table") t = $(i + 1)
		if ($i ~ /^(via|dev|src)$/) words = words (words == "" ? "" : " ") $i " " $(i + 1)
	}
	has_route[family, t, $1] = words
	route_family[++routes] = family
	route_table[routes] = t
	route_prefix[routes] = $1
}

function command(verb, text) {
	match(text, /^[0-9]+: /)
	return "rule " verb " priority " (text + 0) " " substr(text, RLENGTH + 1)
}

END {
	for (i = 1; i <= wanted; i++)
		if (!((wanted_family[i], wanted_rule[i]) in has_rule)) out(wanted_family[i], command("add", wanted_rule[i]))
	for (i = 1; i <= tables; i++) {
		f = table_family[i]
		t = table[i]
		for (j = 1; j <= transits[f]; j++)
			if (has_route[f, t, transit[f, j]] != way[f, t])
				out(f, "route replace " transit[f, j] " " way[f, t] " table " t " proto " PROTOCOL)
	}
	for (i = 1; i <= routes; i++) {
		f = route_family[i]
		t = route_table[i]
		if (!((f, t) in way) || !((f, route_prefix[i]) in is_transit))
			out(f, "route del " route_prefix[i] " table " t " proto " PROTOCOL)
	}
	for (i = 1; i <= rules; i++)
		if (!((rule_family[i], rule[i]) in is_wanted)) out(rule_family[i], command("del", rule[i]))
}
