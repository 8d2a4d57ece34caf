# Turns what is missing and what is too many, in the words of wanted.awk, into commands
# for `ip -batch` with the family in front. After numbers.awk. Reads the missing lines, a
# line "--", the lines that are too many. Adds before it deletes, so that nothing falls
# through in between: routes, then the rules that refuse, then those that carry.

$0 == "--" {
	second = 1
	next
}
$1 == "route" { text = second ? del_route() : add_route() }
$1 == "rule" { text = rule(second ? "del" : "add") }
$1 != "route" && $1 != "rule" { next }
{
	if (!second) kind = $1 == "route" ? 1 : carries() ? 4 : 2
	else if ($1 == "route") kind = $5 == "default" ? 3 : 6
	else kind = 5
	command[kind, ++count[kind]] = $2 " " text
}

# carries: by these rules packets leave; a table of an older version, which ends in a
# route that refuses everything, must have lost it by then.
function carries() { return $3 == (WAY ":") || $3 == (HOST ":") }

function rule(verb,   i, text) {
	text = "rule " verb " priority " ($3 + 0)
	for (i = 4; i <= NF; i++) text = text " " $i
	return text
}

function add_route() { return "route replace " $4 " " $5 " table " $3 " proto " PROTOCOL }

function del_route() { return "route del " $4 " " $5 ($5 == "default" ? " metric " $7 " table " $3 : " table " $3 " proto " PROTOCOL) }

END { for (kind = 1; kind <= 6; kind++) for (i = 1; i <= count[kind]; i++) print command[kind, i] }
