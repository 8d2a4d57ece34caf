# Finds out which offloads of the host's cards can be as they should. After numbers.awk.
# Reads
#   refused CARD                a card that did not do what it was told
#   card CARD                   and what `ethtool -k CARD` prints
# Prints, for a card that has what is wanted or can be told,
#   offload CARD/FEATURE on|off     as it is now
# and otherwise
#   note TEXT
# One without the other is of no use: the list comes before the forwarding in the kernel
# (net/ipv4/udp_offload.c, udp_gro_receive).

$1 == "refused" { refused[$2] }
$1 == "card" {
	judge()
	card = $2
	split("", now)
	split("", stuck)
}
NF > 1 && sub(/:$/, "", $1) && $1 in OFFLOAD {
	now[$1] = $2
	# "[fixed]", or "[requested on]" where something under the card does not let it.
	if ($2 != OFFLOAD[$1] && NF > 2) stuck[$1]
}
END { judge() }

function judge(   i, can) {
	if (card == "" || judged[card]++) return
	can = !(card in refused)
	for (i = 1; i <= OFFLOADS; i++) {
		if (OFFLOAD_NAME[i] in stuck) can = 0
		# A kernel that lacks the list does not prefer it either.
		if (!(OFFLOAD_NAME[i] in now) && OFFLOAD[OFFLOAD_NAME[i]] == "on") can = 0
	}
	if (!can) {
		print "note " card " does not take UDP offloads: UDP from it enters the tunnel packet by packet, which costs throughput and nothing else"
		return
	}
	for (i = 1; i <= OFFLOADS; i++) if (OFFLOAD_NAME[i] in now) print "offload " card "/" OFFLOAD_NAME[i] " " now[OFFLOAD_NAME[i]]
}
