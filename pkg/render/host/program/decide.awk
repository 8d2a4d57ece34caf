# Decides who carries what for another region: this gateway by its own tunnel, or which
# other gateway by the LAN. After prefix.awk. Reads, in any order,
#   setting, own, local and gateway lines of the tables
#   host HOST_IP
#   now TIME                     hundredths of a second since the host started
#   holds TIME                   how long to refuse transit after losing the role
#   cut                          where no other region answers
#   address FAMILY ADDRESS DEVICE ...        this host's own: host.awk
#   hop GATEWAY FAMILY ADDRESS DEVICE        how to hand over to a gateway: hops.awk
#   backend, self and peer lines             what tailscaled says: status.awk
#   target, hold lines                       what it decided before: see "memory"
# Prints
#   way FAMILY TABLE WORDS...    the way of all that is remote, in the words of ip route
#   refuse FAMILY PREFIX DEVICE  no transit for what comes from PREFIX by DEVICE
#   mute FAMILY HOST_IP          no answer to health checks
#   memory target FAMILY TABLE PREFIX self|GATEWAY|none SINCE WHY
#   memory hold FAMILY TABLE TIME            until when transit is refused
#   remote ADDRESS               a tailnet address to probe: does it answer?
#   wake TIME                    when the next hold ends; 0 for never
#   say TEXT                     what is worth a line in the log
# WHY is one of
#   told      the control server says so
#   alone     it names nobody, and all other gateways are in sight: Headscale does not
#             tell a node of its own role
#   hidden    it names nobody that this gateway is allowed to see
#   withdrawn this gateway has no routes, withdrawn or not approved, and it names nobody
#   stopped   tailscaled does not run
#   cut       no other region answers

function has(list, item) { return index("," list ",", "," item ",") }

function label(name) {
	name = tolower(name)
	gsub(/\./, "-", name)
	return name
}

# gateway_of is the number of the gateway that a peer is, or 0.
function gateway_of(hostname, address) {
	sub(/:[0-9]+$/, "", address)
	gsub(/[][]/, "", address)
	if (label(hostname) in by_name) return by_name[label(hostname)]
	return (address in by_address) ? by_address[address] : 0
}

# primary PREFIX is "self", or the number of the gateway to hand packets to, or 0; it
# sets why.
function primary(prefix,   i, unseen) {
	if (trusted) {
		why = "told"
		if (has(self_primary, prefix)) return "self"
		for (i = 1; i <= peers; i++)
			if (peer_gateway[i] && peer_gateway[i] != me && has(peer_primary[i], prefix)) return peer_gateway[i]
		# Nobody says so. Headscale does not tell a node of its own role; when every
		# other gateway is in sight and none has it, it is ours.
		why = "alone"
		unseen = 0
		for (i = 1; i <= n; i++) if (i != me && !(i in in_sight)) unseen = 1
		if (!unseen && has(self_allowed, prefix)) return "self"
	}
	# The policy hides the primary, or tailscaled is down or cut off: the next in
	# order, so that no two gateways send to each other where there is a third.
	why = !running ? "stopped" : cut ? "cut" : withdrawn ? "withdrawn" : "hidden"
	if (me ? n > 1 : n > 0) return me % n + 1
	return 0
}

# way_to WHO FAMILY is the way in the words of ip route; empty where there is none.
function way_to(who, f) {
	if (who == "self") return "dev tailscale0" (setting["sourceRoute"] == "yes" && address[f] != "" ? " src " address[f] : "")
	return who ? hop[name[who], f] : ""
}

# decide takes the i-th of the local prefixes.
function decide(i,   f, t, who, way, target, refuse, until, since) {
	f = family[i]
	t = table[i]
	who = primary(role_of[i])
	way = way_to(who, f)
	target = who == "self" ? "self" : way == "" ? "none" : name[who]
	# Two gateways that each take the other for the primary would send a packet to and
	# fro until its life is over: no transit until the other has noticed, too.
	refuse = !trusted
	# A router that sent us a packet by its own table would send it to us again. What
	# this host and its pods send is looked up there, and goes to the gateway it names.
	if (setting["handOver"] == "router" && target != "self") refuse = 1
	until = held[f, t]
	# Who has withdrawn its routes does not get them back, and the other one hears of it
	# from the same message: a quarter of the time will do.
	if (was[f, t] == "self" && target != "self" && target != "none")
		until = now + (withdrawn && trusted ? holds / 4 : holds)
	if (target != "self" && until > now) {
		refuse = 1
		print "memory hold", f, t, until
		if (!wake || until < wake) wake = until
	}
	since = was[f, t] == target ? was_since[f, t] : now
	print "memory target", f, t, prefix[i], target, since, why
	if (was[f, t] != target) print "say", prefix[i], target
	if (target == "self") active = 1
	if (way != "") print "way", f, t, way
	# What this host and its pods send is not refused: the other gateway is.
	if (refuse && setting["relay"] == "yes" && device[f] != "") print "refuse", f, prefix[i], device[f]
}

# neighbour I reports whether the peer is of this region: one of its gateways, or a node
# with routes that have to do with our prefixes.
function neighbour(i,   routes, m, j, k) {
	if (peer_gateway[i]) return 1
	m = peer_primary[i] == "-" ? 0 : split(peer_primary[i], routes, ",")
	for (j = 1; j <= m; j++) for (k = 1; k <= ours; k++) if (overlap(routes[j], our[k])) return 1
	return 0
}

# probes: only who sends into the tunnel has to know whether it leads anywhere. The
# primaries of other regions first; but one that is gone must not make us believe that
# we are, so then anybody else of another region. A neighbour would answer by the LAN.
function probes(   pass, i, remotes) {
	for (pass = 1; pass <= 2; pass++)
		for (i = 1; i <= peers && remotes < 4; i++) {
			if (pass == 1 ? peer_primary[i] == "-" : peer_online[i] != "true") continue
			if (neighbour(i) || asked[peer_ip[i]]++) continue
			remotes++
			print "remote", peer_ip[i]
		}
}

$1 == "setting" { setting[$2] = $3 }
$1 == "own" { our[++ours] = $3 }
$1 == "local" {
	locals++
	family[locals] = $2
	table[locals] = $3
	prefix[locals] = $4
	role_of[locals] = $6
	our[++ours] = $4
}
$1 == "gateway" {
	name[++n] = $2
	by_name[label($2)] = n
	if ($3 != "-") by_address[$3] = n
	if ($4 != "-") by_address[$4] = n
}
$1 == "host" { host = $2 }
$1 == "now" { now = $2 }
$1 == "holds" { holds = $2 }
$1 == "cut" { cut = 1 }
$1 == "address" {
	if ($3 != "-") address[$2] = $3
	if ($4 != "-") device[$2] = $4
}
$1 == "hop" { hop[$2, $3] = "via " $4 " dev " $5 }
$1 == "backend" { running = $2 == "Running" }
$1 == "self" {
	self_allowed = $6
	self_primary = $7
}
$1 == "peer" { peer[++peers] = $0 }
$1 == "target" {
	was[$2, $3] = $5
	was_since[$2, $3] = $6
}
$1 == "hold" { held[$2, $3] = $4 }

END {
	me = by_address[host]
	for (i = 1; i <= peers; i++) {
		split(peer[i], word, " ")
		peer_gateway[i] = gateway_of(word[2], word[5])
		if (peer_gateway[i]) in_sight[peer_gateway[i]]
		peer_online[i] = word[3]
		split(word[4], ips, ",")
		peer_ip[i] = ips[1]
		peer_primary[i] = word[7]
	}
	trusted = running && !cut
	withdrawn = 1
	for (i = 1; i <= locals; i++) if (has(self_allowed, role_of[i])) withdrawn = 0
	for (i = 1; i <= locals; i++) decide(i)
	# The nodes of the region ask the health port, and leave a gateway that does not
	# answer: one whose tunnel leads nowhere, or one that withdraws before it stops.
	# containerboot alone would go on saying that all is well. The kubelet asks from this
	# host, where rule 0 comes first, and hears the truth.
	if (!trusted || withdrawn) print "mute", (host ~ /:/ ? 6 : 4), host
	if (active || cut) probes()
	print "wake", wake + 0
}
