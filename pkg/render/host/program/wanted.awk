# What gateway-setup.sh wants on a gateway. After numbers.awk. Reads tables, the lines of
# host.awk and of features.awk, and `tool COMMAND FAMILY` for each iptables to be written.
# Prints, in the words of iproute2, ethtool and iptables,
#   rule FAMILY PRIORITY: SELECTOR lookup TABLE
#   route FAMILY TABLE unreachable|blackhole PREFIX
#   sysctl PATH VALUE [ALSO]                     ALSO will do as well
#   offload CARD/FEATURE on|off
#   firewall COMMAND TABLE -A|-I CHAIN ...       jumps first, each first in its chain
# and for nft, where no tool is named, what nft.awk translates:
#   filter FAMILY TABLE HOOK RULE

$1 == "setting" { setting[$2] = $3 }
$1 == "own" { own[++owns] = $3; own_family[owns] = $2 }
$1 == "local" { locals++; family[locals] = $2; table[locals] = $3; prefix[locals] = $4; sends[$2] }
$1 == "remote" { remote[$2, ++remotes[$2]] = $3 }
$1 == "source" { source[$2, ++sources[$2]] = $3 }
$1 == "buried" { buried[$2, ++burieds[$2]] = $3 }
$1 == "transit" { transit[$2, ++transits[$2]] = $3 }
$1 == "spoofed" { spoofed[$2, ++spoofs[$2]] = $3 }
$1 == "address" {
	families[++n] = $2
	card[$2] = $4 == "-" ? "" : $4
	node_table[$2] = $5 == "-" ? "" : $5
	if (card[$2] != "") device[$2, ++devices[$2]] = card[$2]
}
$1 == "tunnel" { for (i = 4; i <= 6; i += 2) device[i, ++devices[i]] = "tailscale0" }
$1 == "offload" { offload[++offloads] = $2 }
$1 == "tool" { tool[++tools] = $2; tool_family[tools] = $3 }

END {
	# Where no gateway hands packets to another and none needs a source, tailscaled's
	# table 52 carries all.
	ours = setting["relay"] == "yes" || setting["sourceRoute"] == "yes"
	for (i = 1; i <= n; i++) rules(families[i])
	for (i = 1; i <= n; i++) routes(families[i])
	sysctls()
	for (i = 1; i <= offloads; i++) print "offload " offload[i] " " OFFLOAD[substr(offload[i], index(offload[i], "/") + 1)]
	for (i = 1; i <= tools; i++) iptables(tool[i], tool_family[i])
	if (!tools) for (i = 1; i <= n; i++) filters(families[i])
}

function rule(f, priority, selector, target) { print "rule " f " " priority ": from " selector " lookup " target }

function rules(f,   i) {
	# tailscaled's own packets (its bypass mark) must not reach a peer's LAN address
	# through another gateway: that would be a tunnel inside a tunnel. The mark counts
	# whole: what Cilium puts into its overlay, and what its DNS proxy asks, is UDP from
	# this host, too, and carries an identity in the same bits.
	if (remotes[f]) rule(f, NO_NESTING, "all fwmark " BYPASS " iif lo ipproto udp", UNREACHABLE)
	# tailscaled offers every address of its host to its peers, and the plugin's own,
	# which pods' prefixes hold, among them (tailscale 1.84.3, net/netmon/state.go:
	# LocalAddresses). In one overlay each such address answers, also to a gateway of the
	# same region: the tunnel would lie in the overlay, and the overlay in the tunnel.
	# Table UNREACHABLE cannot hold pods, since 5196 and 5199 look there, too.
	if (burieds[f]) rule(f, NO_BURYING, "all fwmark " BYPASS " iif lo ipproto udp", BURIED)
	# A standby accepts its own region's prefixes from the tailnet, and tailscaled's
	# rule 5270 comes before main: without this its LAN would lie behind the tunnel.
	for (i = 1; i <= owns; i++) if (own_family[i] == f) rule(f, HOME, "all to " own[i], "main")
	if (ours) sends_rules(f)
	# What this host itself sends has no source yet when its route is looked up: the
	# node prefix's table gives it the InternalIP instead of a tailnet address.
	if (setting["sourceRoute"] == "yes" && remotes[f] && node_table[f] != "") {
		rule(f, HOST, "all", node_table[f])
		rule(f, CLOSED_HOST, "all", UNREACHABLE)
	}
	# Where one overlay carries the pods of all regions, the plugin has a route to each
	# pod in main, and table 52, which comes before that, has the regions' pods, too:
	# gateways advertise them for what their own pods send to nodes. A default route is
	# not the plugin's.
	if (setting["overlay"] == "yes") rule(f, OVERLAY, "all", "main suppress_prefixlength 0")
	# Cilium keeps an identity in the bits of tailscaled's bypass mark (an ingress
	# proxy's is 8, a pod's may end in 08), and rule 5210 then sends the packet out by
	# the default route. What is remote is decided by 5195 to 5199 before that; this is
	# for the rest, tailnet addresses above all.
	if (setting["cni"] == "cilium") print "rule " f " " MARKED ": not from all fwmark " BYPASS " lookup 52"
}

# sends_rules: peers take a packet only from the primary of its source prefix, and the
# primaries of two prefixes may differ: one table for each source prefix. It holds the
# watch's routes and nothing else, so that what is not remote falls through; what is
# remote and has no way there must not, neither to another prefix's way (5198) nor to
# the default route.
function sends_rules(f,   i) {
	for (i = 1; i <= locals; i++) {
		if (family[i] != f || !transits[f]) continue
		rule(f, WAY, prefix[i], table[i])
		if (remotes[f]) rule(f, CLOSED, prefix[i], UNREACHABLE)
		if (sources[f]) rule(f, CLOSED_TAILNET, prefix[i], TAILNET)
	}
}

# A table holds what is remote and nothing else: a rule that looks there and finds
# nothing goes on to the next, however many regions there are.
function routes(f,   i) {
	for (i = 1; i <= remotes[f]; i++) print "route " f " " UNREACHABLE " unreachable " remote[f, i]
	for (i = 1; i <= burieds[f]; i++) print "route " f " " BURIED " unreachable " buried[f, i]
	for (i = 1; ours && i <= sources[f]; i++) print "route " f " " TAILNET " unreachable " source[f, i]
	for (i = 1; setting["relay"] == "yes" && i <= transits[f]; i++) print "route " f " " REFUSED " blackhole " transit[f, i]
}

function sysctls(   i) {
	print "sysctl net/ipv4/ip_forward 1"
	# That writes all devices', and the device by which a packet comes in decides: one of
	# them may have been turned off again.
	for (i = 1; i <= devices[4]; i++) print "sysctl net/ipv4/conf/" device[4, i] "/forwarding 1"
	# A gateway that hands a packet on over the LAN it came from would tell the node
	# to go there directly, past the failover. The kernel takes the larger of the two.
	print "sysctl net/ipv4/conf/all/send_redirects 0"
	if (card[4] != "") print "sysctl net/ipv4/conf/" card[4] "/send_redirects 0"
	# While the primary changes, a packet may come in by another way than its answer
	# takes; strict filtering drops it. The kernel takes the larger of all and the
	# device's, and Cilium's agent writes 0 to all at its start: so neither may be 1.
	print "sysctl net/ipv4/conf/all/rp_filter 2 0"
	for (i = 1; i <= devices[4]; i++) print "sysctl net/ipv4/conf/" device[4, i] "/rp_filter 2 0"
	if (6 in sends) {
		# Once it forwards, the kernel ignores router advertisements, and with them
		# loses its default route, unless told otherwise.
		if (card[6] != "") print "sysctl net/ipv6/conf/" card[6] "/accept_ra 2 0"
		print "sysctl net/ipv6/conf/all/forwarding 1"
		for (i = 1; i <= devices[6]; i++) print "sysctl net/ipv6/conf/" device[6, i] "/forwarding 1"
	}
}

# filters prints what goes through, what does not, and how large a segment may be.
function filters(f) {
	m = 0
	collect(f)
	for (line = 1; line <= m; line++) print "filter " f " " lines[line]
}

function iptables(command, f) {
	m = 0
	collect(f)
	split("", seen)
	for (line = 1; line <= m; line++) {
		split(lines[line], word, " ")
		chain = word[1] " -I " word[2] " -j KUSTOMIZE-HYBRID-" word[2]
		if (word[2] !~ /^(TO|FROM)$/ && !seen[chain]++) print "firewall " command " " chain
	}
	for (line = 1; line <= m; line++) {
		match(lines[line], /^[^ ]+ [^ ]+ /)
		split(lines[line], word, " ")
		print "firewall " command " " word[1] " -A KUSTOMIZE-HYBRID-" word[2] " " substr(lines[line], RLENGTH + 1)
	}
}

function add(text) { lines[++m] = text }

# collect gathers table, hook and rule, in the words of `iptables -S`.
function collect(f,   i) {
	# The tunnel carries 1280 bytes and its far end sends no "too big" where ICMP is
	# filtered. -o serves this region's SYNs, -i makes it safe whatever the far end does.
	add("mangle FORWARD -o tailscale0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu")
	add("mangle FORWARD -i tailscale0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu")
	if (setting["netfilter"] == "off") {
		# With --netfilter-mode=off nobody else drops tailnet addresses that do not come
		# out of the tunnel. ChromeOS uses 100.115.92.0/23 for itself, and a host's own
		# packets to itself arrive on lo.
		if (spoofs[f]) {
			add("filter INPUT -i lo -j RETURN")
			if (f == 4) add("filter INPUT -s 100.115.92.0/23 -j RETURN")
			if (f == 4) add("filter FORWARD -s 100.115.92.0/23 -j RETURN")
		}
		for (i = 1; i <= spoofs[f]; i++) {
			add("filter INPUT -s " full(spoofed[f, i]) " ! -i tailscale0 -j DROP")
			add("filter FORWARD -s " full(spoofed[f, i]) " ! -i tailscale0 -j DROP")
		}
		# Nobody else accepts these where a policy says drop (Docker, ufw, firewalld).
		add("filter INPUT -i tailscale0 -j ACCEPT")
		add("filter INPUT -p udp -m udp --dport " WIREGUARD " -j ACCEPT")
		if ("peerRelay" in setting) add("filter INPUT -p udp -m udp --dport " setting["peerRelay"] " -j ACCEPT")
	}
	if (setting["netfilter"] == "on" && setting["relay"] == "yes")
		# What follows accepts before tailscaled's own chain would drop these.
		for (i = 1; i <= spoofs[f]; i++) add("filter FORWARD -s " full(spoofed[f, i]) " ! -i tailscale0 -j DROP")
	if (setting["netfilter"] == "off" || setting["relay"] == "yes") {
		add("filter FORWARD -i tailscale0 -j ACCEPT")
		add("filter FORWARD -o tailscale0 -j ACCEPT")
	}
	if (setting["relay"] == "yes") relayed(f)
}

# relayed: from the LAN to the LAN. A standby sees one direction only, which connection
# tracking calls invalid (kube-proxy drops that) and policies do not expect. iptables
# has no sets: the lists stand in chains of their own, which nothing walks that goes
# through the tunnel.
function relayed(f,   i) {
	if (transits[f]) {
		add("filter FORWARD ! -o tailscale0 -j KUSTOMIZE-HYBRID-TO")
		add("filter FORWARD ! -i tailscale0 -j KUSTOMIZE-HYBRID-FROM")
	}
	for (i = 1; i <= transits[f]; i++) add("filter TO -d " full(transit[f, i]) " -j ACCEPT")
	for (i = 1; i <= transits[f]; i++) add("filter FROM -s " full(transit[f, i]) " -j ACCEPT")
	# IPv6 has no send_redirects: see there.
	if (f == 6) add("filter OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 137 -j DROP")
}

# full spells a single address as iptables does.
function full(p) { return p ~ /\// ? p : p (p ~ /:/ ? "/128" : "/32") }
