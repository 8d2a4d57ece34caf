# Says what a number or a name is for. After numbers.awk. Reads tables and
#   explain WORD                a priority, a table, a chain, an nft chain or table, a
#                               kernel setting (dots or slashes), a route protocol, or
#                               an offload, with its card or without
# Prints one line for each word, or nothing for what is not ours.

$1 == "region" { region = $2 }
$1 == "setting" { setting[$2] = $3 }
$1 == "local" {
	prefix[$3] = $4
	if ($3 > last) last = $3
}
$1 == "explain" { word[++words] = $2 }

END {
	for (i = 1; i <= words; i++) {
		if (word[i] ~ /^[0-9]+$/) number(word[i] + 0)
		else name(word[i])
	}
}

function number(n) {
	if (n == MUTE) print "Rule 5175, the watch's: drops this gateway's answers to health checks from the LAN (port " HEALTH "), so that nodes leave it. There while its tunnel leads nowhere, or while it has withdrawn its routes; the kubelet asks from this host and is answered."
	else if (n == NO_NESTING) print "Rule 5180: what tailscaled itself sends (exactly its mark, UDP) must not reach a peer's address in another region by a route to that region: that would be a tunnel inside a tunnel. Looks in table " UNREACHABLE "."
	else if (n == NO_BURYING) print "Rule 5181: what tailscaled itself sends (exactly its mark, UDP) must not reach a pod's prefix, in which a peer's network plugin has an address: one overlay carries the pods of all regions, and the tunnel would lie in the overlay that it carries. Looks in table " BURIED "."
	else if (n == HOME) print "Rule 5185: to the region's own prefixes by the main table. A standby accepts them from the tailnet, and tailscaled's rule 5270 comes before main: without this its LAN would lie behind the tunnel."
	else if (n == REFUSE) print "Rule 5190, the watch's: drops what comes from the LAN for another region, for two seconds after this gateway has lost its role, and while tailscaled is down or cut off: two gateways that take each other for the primary would send a packet to and fro. Looks in table " REFUSED "."
	else if (n == WAY) print "Rule 5195: what comes from a prefix of this region goes to others by the primary of that prefix, since peers take it from nobody else: one table for each prefix, which the watch fills. What is not remote finds nothing there and goes on."
	else if (n == CLOSED) print "Rule 5196: what comes from a prefix of this region for another one, and has no way in the prefix's table, is refused: it must not leave by the default route. Looks in table " UNREACHABLE "."
	else if (n == CLOSED_TAILNET) print "Rule 5197: the same as 5196, for tailnet addresses of remote gateways. Looks in table " TAILNET "."
	else if (n == HOST) print "Rule 5198: what this host sends itself has no source yet when its route is looked up; the node prefix's table gives it the InternalIP instead of a tailnet address."
	else if (n == CLOSED_HOST) print "Rule 5199: the same as 5196, for what this host sends itself. Looks in table " UNREACHABLE "."
	else if (n == OVERLAY) print "Rule 5204: one overlay carries the pods of all regions, and the network plugin has a route to each of them in the main table. tailscaled's table 52, which comes before that, would take them out of the overlay. Default routes are left for later."
	else if (n == MARKED) print "Rule 5205: Cilium keeps an identity in the bits of tailscaled's bypass mark, and rule 5210 would send such a packet out by the default route: what does not carry exactly that mark goes to tailscaled's table 52 first."
	else if (n == BURIED) print "Table 5249: pods of every region, this one included, as unreachable, where one overlay carries them all. Rule 5181 looks there, and no other."
	else if (n == UNREACHABLE) print "Table 5250: everything that other regions advertise, as unreachable. Rules 5180, 5196 and 5199 look there; what is not remote goes on to the next rule."
	else if (n == TAILNET) print "Table 5251: tailnet addresses that remote gateways send from, as unreachable. Rule 5197 looks there."
	else if (n == REFUSED) print "Table 5252: everything that gateways carry for this region, as blackholes. Rule 5190 looks there, while it exists."
	else if (n in prefix) print "Table " n ": the way to other regions for what comes from " prefix[n] ". The watch writes it: dev tailscale0 where this gateway is the primary of that prefix, and otherwise the primary's address on the LAN. Rule 5195 looks there" (setting["sourceRoute"] == "yes" ? ", and for the node prefix rule 5198." : ".")
	else if (n == PROTOCOL) print "Protocol 154: the routes that gateway-setup.sh and gateway-watch.sh wrote, in whatever table."
}

function name(word) {
	gsub(/\./, "/", word)
	sub(/^\/?proc\/sys\//, "", word)
	sub(/^KUSTOMIZE-HYBRID-/, "", word)
	if (word == "FORWARD" || word == "forward") print "Chain " chain(word) ": what goes through this gateway. Clamps the MSS (mangle), drops tailnet addresses that do not come out of the tunnel, and with iptables accepts what goes through the tunnel, or to another gateway, before somebody's policy drops it."
	else if (word == "INPUT" || word == "input") print "Chain " chain(word) ": what is for this host. Drops tailnet addresses that do not come out of the tunnel; with iptables accepts the tunnel and tailscaled's port " WIREGUARD "."
	else if (word == "OUTPUT" || word == "output") print "Chain " chain(word) ": drops IPv6 redirects, which have no kernel setting: a gateway that hands a packet on over the LAN it came from would tell the node to go there directly, past the failover."
	else if (word == "TO" || word == "FROM") print "Chain KUSTOMIZE-HYBRID-" word ": accepts what is handed on from the LAN to the LAN, " (word == "TO" ? "to" : "from") " another region. A standby sees one direction only, which connection tracking calls invalid. Packets of the tunnel do not walk it; nft needs no such list."
	else if (word == "mss") print "Chain mss: clamps the MSS of what goes through tailscale0 either way: the tunnel carries 1280 bytes, and where ICMP is filtered no sender would learn of it."
	else if (word == "kustomize_hybrid") print "Table inet kustomize_hybrid: all that gateway-setup.sh has in nft. It only drops and clamps: an accept in it would not undo a drop elsewhere."
	else if (word == "net/ipv4/ip_forward" || word ~ /^net\/ipv[46]\/conf\/.*\/forwarding$/) print word ": a gateway forwards. The first of a family writes all devices', and the device by which a packet comes in decides."
	else if (word ~ /^net\/ipv4\/conf\/.*\/send_redirects$/) print word ": a gateway that hands a packet on over the LAN it came from would tell the node to go there directly, past the failover. The kernel takes the larger of all/ and the card's."
	else if (word ~ /^net\/ipv4\/conf\/.*\/rp_filter$/) print word ": while the primary changes, a packet may come in by another way than its answer takes, and strict filtering (1) drops it. The kernel takes the larger of all/ and the device's. 2 is loose; Cilium's agent writes 0 to all/, which will do."
	else if (word ~ /^net\/ipv6\/conf\/.*\/accept_ra$/) print word ": once it forwards, the kernel ignores router advertisements, and with them loses its default route, unless this is 2."
	else if (word ~ /(^|\/)rx-udp-gro-forwarding$/) print word ": a card joins UDP packets of one flow that are not for this host, and the tunnel takes them many at a time. It costs throughput where it is off, and nothing else."
	else if (word ~ /(^|\/)rx-gro-list$/) print word ": a card that joins packets to lists does so in place of rx-udp-gro-forwarding, and the tunnel takes lists one packet at a time. It costs throughput where it is on, and nothing else."
}

function chain(word) { return word ~ /^[A-Z]/ ? "KUSTOMIZE-HYBRID-" word : word }
