# Which gateways are neighbours on the LAN. Where one is not there is no hop: handing
# over would take the router that sent us the packet. Reads for each other gateway
#   ask GATEWAY FAMILY ADDRESS
# and what `ip route get ADDRESS` prints; prints
#   hop GATEWAY FAMILY ADDRESS DEVICE

$1 == "ask" {
	asked = $2 " " $3 " " $4
	next
}
asked != "" {
	if (!/ via /) for (i = 1; i < NF; i++) if ($i == "dev" && $(i + 1) != "lo") print "hop " asked " " $(i + 1)
	asked = "" # the first line says it
}
