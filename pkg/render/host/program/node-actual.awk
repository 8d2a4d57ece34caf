# Reads `ip route show` and prints "route FAMILY PREFIX HOP...", the hops in the order of
# their bytes, as node-wanted.awk has them. A line "family FAMILY mtu MTU" comes before
# the routes of that family; a route with another MTU is printed with words that no wanted
# one has.
function flush_route(   i, j, swap, line) {
	if (prefix == "") return
	for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++)
		if (hop[j] "" < hop[i] "") { swap = hop[i]; hop[i] = hop[j]; hop[j] = swap }
	line = "route " family " " prefix
	for (i = 1; i <= n; i++) line = line " " hop[i]
	print line (size == mtu ? "" : " without mtu " mtu)
	prefix = ""
}

$1 == "family" { flush_route(); family = $2; mtu = $4; next }
/^[^ \t]/ { flush_route(); prefix = $1; n = 0; size = "" }
{
	for (i = 1; i < NF; i++) {
		if ($i == "via") hop[++n] = $(i + 1)
		if ($i == "mtu") size = $(i + 1)
	}
}
END { flush_route() }
