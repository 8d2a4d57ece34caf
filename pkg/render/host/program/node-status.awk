# Says in words which routes a node has and how its gateways are. It reads
#
#   now TIME                          hundredths of a second since the host started
#   asked TIME [none]                 when node-watch.sh last asked; none: nobody answered
#   unwell NAME TIME                  a gateway that is taken out, and since when
#   want|have route FAMILY PREFIX HOP...
#
# and a host's tables.
function plural(n, one) { return n " " one (n == 1 ? "" : "s") }

function since(time,   seconds) {
	seconds = int((now - time) / 100)
	if (seconds < 120) return seconds " s"
	if (seconds < 7200) return int(seconds / 60) " min"
	return int(seconds / 3600) " h"
}

# addresses GATEWAY
function addresses(i) {
	if (six[i] == "-") return four[i]
	return four[i] == "-" ? six[i] : four[i] ", " six[i]
}

$1 == "now" { now = $2 }
$1 == "asked" { asked = $2; silent = $3 == "none" }
$1 == "unwell" { out[$2] = $3 }
$1 == "want" { wants++; wanted[$0] }
$1 == "have" { haves++; line = $0; sub(/^have/, "want", line); if (line in wanted) right++ }
$1 == "region" { region = $2 }
$1 == "transit" { prefixes++ }
$1 == "gateway" { name[++n] = $2; four[n] = $3; six[n] = $4; health[n] = $5 }

END {
	print "region " region ": " prefixes + 0 " prefix" (prefixes == 1 ? "" : "es") " of other regions, " plural(n + 0, "gateway")
	print "routes: " right + 0 " of " wants + 0 " are set" (haves > right ? ", " haves - right " more are not as they should be" : "")
	for (i = 1; i <= n; i++) {
		line = "gateway " name[i] " (" addresses(i) "): "
		if (name[i] in out) print line "taken out of the routes, its health check at " health[i] " has not answered for " since(out[name[i]])
		else print line "in the routes"
	}
	if (n < 2) print "watch: none, there is one gateway only"
	else if (asked == "") print "watch: node-watch.sh does not run, nobody asks the gateways how they are"
	else if (now - asked > 1500) print "watch: node-watch.sh has not asked for " since(asked) ": it does not run"
	else if (silent) print "watch: no gateway answers, and the routes keep all of them: it may be the question that does not get through"
	else print "watch: the gateways were asked " since(asked) " ago"
}
