# Says in words how a gateway is. After numbers.awk. Reads tables and
#   host HOST_IP
#   now TIME                     hundredths of a second since the host started
#   alive TIME                   when the watch last looked; missing where it never did
#   cut TIME                     since when no other region has answered
#   target, hold                 what decide.awk keeps: see there
#   applied TIME COUNT           the first gateway-setup.sh apply, and its lines
#   mended TIME COUNT            the last one that found something to do, and then
#   line TEXT                    a few of what it found
#   rules FAMILY                 and what `ip rule show` prints

$1 == "region" { region = $2 }
$1 == "setting" { setting[$2] = $3 }
$1 == "gateway" { gateway[$3] = gateway[$4] = $2 }
$1 == "host" { host = $2 }
$1 == "now" { now = $2 }
$1 == "alive" { alive = $2 }
$1 == "cut" { cut = $2 }
$1 == "target" { target[++targets] = $0 }
$1 == "hold" { if ($4 > until) until = $4 }
$1 == "applied" || $1 == "mended" { done[$1] = since($2) " ago, " $3 ($3 == 1 ? " line" : " lines") }
$1 == "line" { found[++lines] = substr($0, 6) }
$1 == (MUTE ":") { muted = 1 }
$1 == (REFUSE ":") { refused = refused (refused == "" ? "" : ", ") $3 }

END {
	print "region " region ", " ((host in gateway) ? "gateway " gateway[host] " (" host ")" : "a gateway that the tables do not name (" host ")")
	if (setting["relay"] != "yes" && setting["sourceRoute"] != "yes") print "no watch is needed: tailscaled's own table carries everything"
	else watched()
	if ("applied" in done) print "set up " done["applied"]
	else print "not set up: gateway-setup.sh apply has not run here"
	if ("mended" in done) print "last mended " done["mended"] ", such as:"
	for (i = 1; i <= lines; i++) print "  " found[i]
}

function watched(   i) {
	if (alive == "") {
		print "the watch has not looked yet: is gateway-watch.sh running?"
		return
	}
	print "the watch looked " since(alive) " ago" (now - alive > 3000 ? ": it does not run any more, and what follows may be old" : "")
	for (i = 1; i <= targets; i++) print carrier(target[i])
	if (cut != "") print "cut off for " since(cut) ": no other region answers"
	print refused == "" ? "transit is not refused" : "transit from the LAN is refused for what comes from " refused (until > now ? ", for " seconds(until - now) " more" : "")
	print muted ? "health checks from the LAN are not answered, so that nodes leave this gateway" : "health checks are answered as tailscaled does"
}

# carrier LINE: target FAMILY TABLE PREFIX self|GATEWAY|none SINCE WHY
function carrier(line,   w, who) {
	split(line, w, " ")
	if (w[5] == "none") who = "nobody carries it, and it is refused"
	else if (w[5] == "self") who = "this gateway is the primary"
	else if (w[7] == "told") who = w[5] " is the primary, and gets it by the LAN"
	else who = "handed to " w[5] " by the LAN"
	return w[4] ": " who ", for " since(w[6]) ": " because(w[7]) (w[5] == "none" ? "; no other gateway is a neighbour on the LAN" : "")
}

function because(why) {
	if (why == "told") return "the control server says so"
	if (why == "alone") return "the control server names nobody, and no other gateway in sight has it"
	if (why == "hidden") return "the control server names nobody that this gateway may see, and it is the next in order"
	if (why == "withdrawn") return "this gateway has no routes, withdrawn or not approved"
	if (why == "stopped") return "tailscaled does not run here"
	if (why == "cut") return "no other region answers here"
	return why
}

function since(time) { return seconds(now - time) }

# seconds TIME puts hundredths of a second into words.
function seconds(time,   s) {
	s = int(time / 100)
	if (s < 120) return s " s"
	if (s < 7200) return int(s / 60) " min"
	if (s < 172800) return int(s / 3600) " h"
	return int(s / 86400) " days"
}
