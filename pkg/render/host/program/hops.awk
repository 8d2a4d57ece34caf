# Which gateways this host can hand packets to. Neighbours on the LAN; where one is not
# there is no hop, since handing over would take the router that sent us the packet. Where
# the network delivers by its own route table, every way is by its router, which looks
# the destination up again. Reads
#   setting handOver router     of the tables, where the network does that
#   ask GATEWAY FAMILY ADDRESS  for each other gateway, and what `ip route get ADDRESS` prints
# Prints
#   hop GATEWAY FAMILY ADDRESS DEVICE

$1 == "setting" && $2 == "handOver" { router = $3 == "router" }
$1 == "ask" {
	asked = $2 " " $3 " " $4
	next
}
asked != "" {
	split(asked, word, " ")
	via = word[3]
	device = ""
	for (i = 1; i < NF; i++) {
		if ($i == "via") via = $(i + 1)
		if ($i == "dev" && $(i + 1) != "lo") device = $(i + 1)
	}
	if (device != "" && (router || via == word[3])) print "hop " word[1] " " word[2] " " via " " device
	asked = "" # the first line says it
}
