# Finds out which of the host's addresses are the gateway's. After prefix.awk.
# Reads tables, and
#   host HOST_IP
#   family 4|6                  a line for each that the kernel has
#   off                         where this is not the gateway: nothing is asked of it
#   and what `ip -o address show` and `ip route show default` print
# Prints for each family, with - for nothing,
#   address FAMILY ADDRESS DEVICE TABLE
# where TABLE is that of the node prefix in which the address lies, and, if it is so,
#   here                        HOST_IP is an address of this host
#   tunnel                      tailscale0 is there
#   card DEVICE                 one by which the region's packets come, or the tunnel's: none
#                               does by a device that is made for an address

$1 == "host" { host = $2 }
$1 == "off" { off = 1 }
$1 == "family" { families[++n] = $2 }
$1 == "local" && $5 == "node" { node_family[++nodes] = $2; node_table[nodes] = $3; node_prefix[nodes] = $4 }
$1 == "made" { made[$3] }
$1 == "gateway" { four[++gateways] = $3; six[gateways] = $4 }
/^[0-9]+: tailscale0 / { tunnel = 1 }
# tailscaled's own packets leave by the main table's default route. It may have several
# ways, and a spare beside it.
$1 == "default" || $1 == "nexthop" { for (i = 2; i < NF; i++) if ($i == "dev") uplink[++uplinks] = $(i + 1) }
/^[0-9]+: / && ($3 == "inet" || $3 == "inet6") {
	address = $4
	sub("/.*", "", address)
	has[++addresses] = address
	if (!(address in device)) device[address] = $2
	global[address] = / scope global/
	family[address] = $3 == "inet" ? 4 : 6
}

# own FAMILY is HOST_IP, its twin in the table of gateways, or the host's first address
# in one of the region's node prefixes.
function own(f,   i, j) {
	if ((host ~ /:/ ? 6 : 4) == f) return host
	for (i = 1; i <= gateways; i++) {
		if (four[i] != host && six[i] != host) continue
		if ((f == 4 ? four[i] : six[i]) != "-") return f == 4 ? four[i] : six[i]
	}
	for (i = 1; i <= nodes; i++)
		for (j = 1; j <= addresses; j++)
			if (node_family[i] == f && family[has[j]] == f && global[has[j]] && within(has[j], node_prefix[i])) return has[j]
	return ""
}

function table(f, address,   i) {
	if (address == "" || !off && !(address in device)) return ""
	for (i = 1; i <= nodes; i++)
		if (node_family[i] == f && within(address, node_prefix[i])) return node_table[i]
	return ""
}

function dash(word) { return word == "" ? "-" : word }

function is_card(name) { if (name != "" && name != "tailscale0" && !cards[name]++) card_name[++m] = name }

END {
	if (host in device) print "here"
	for (i = 1; i <= n; i++) {
		f = families[i]
		address = own(f)
		# Off the host nobody knows the card's name.
		card = off && address != "" ? "LAN" : (address in device) ? device[address] : ""
		print "address", f, dash(address), dash(card), dash(table(f, address))
		if (!(address in made)) is_card(card)
	}
	if (tunnel) print "tunnel"
	for (i = 1; i <= uplinks; i++) is_card(uplink[i])
	for (i = 1; i <= m; i++) print "card", card_name[i]
}
