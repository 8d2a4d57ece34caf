# Prints what turns the routes that a node has into those that it should have: "FAMILY
# COMMAND", the words of ip after its family. It reads
#
#   words WORD...                     what stands in each of our routes
#   want route FAMILY PREFIX HOP...
#   have route FAMILY PREFIX HOP...
#
# and skips what is not a route.
#
# What is missing is added before anything is deleted. A prefix that is not ours yet is
# added and never replaced: where somebody else has a route to it, that fails.
function hops(line,   word, count, i, list) {
	count = split(line, word, " ")
	if (count == 5) return " via " word[5]
	for (i = 5; i <= count; i++) list = list " nexthop via " word[i]
	return list
}

$1 == "words" { words = $0; sub(/^words/, "", words); selector = " " $2 " " $3; next }
$2 != "route" { next }
{ route = $0; sub(/^[^ ]* /, "", route); key = $3 " " $4 }
$1 == "want" { want[++wants] = route; wanted[key] }
$1 == "have" { have[++haves] = key; exact[route]; ours[key] }

END {
	for (i = 1; i <= wants; i++) {
		if (want[i] in exact) continue
		split(want[i], word, " ")
		print word[2] " route " ((word[2] " " word[3]) in ours ? "replace " : "add ") word[3] words hops("want " want[i])
	}
	for (i = 1; i <= haves; i++) {
		if (have[i] in wanted) continue
		split(have[i], word, " ")
		print word[1] " route del " word[2] selector
	}
}
