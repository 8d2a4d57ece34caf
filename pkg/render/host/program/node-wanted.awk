# Prints the routes that a node should have, "route FAMILY PREFIX HOP...", the hops in
# the order of their bytes. It reads, in any order:
#
#   family FAMILY             one that the kernel has
#   unwell NAME SINCE         a gateway that does not answer
#   gateway NAME IPv4|- IPv6|- HEALTH
#   transit FAMILY PREFIX     what the gateways carry for this node
#
# and skips what else is in a host's tables.
$1 == "family" { known[$2] }
$1 == "unwell" { out[$2] }
$1 == "gateway" { name[++gateways] = $2; address[gateways, 4] = $3; address[gateways, 6] = $4 }
$1 == "transit" { family[++n] = $2; prefix[n] = $3 }

# hops FAMILY are the addresses of the gateways that are well, a blank before each.
function hops(f,   i, j, count, hop, swap, list) {
	for (i = 1; i <= gateways; i++)
		if (!(name[i] in out) && address[i, f] != "-") hop[++count] = address[i, f]
	for (i = 1; i < count; i++) for (j = i + 1; j <= count; j++)
		if (hop[j] "" < hop[i] "") { swap = hop[i]; hop[i] = hop[j]; hop[j] = swap }
	for (i = 1; i <= count; i++) list = list " " hop[i]
	return list
}

END {
	for (f in known) via[f] = hops(f)
	for (i = 1; i <= n; i++)
		if (via[family[i]] != "") print "route " family[i] " " prefix[i] via[family[i]]
}
