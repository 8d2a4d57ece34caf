# Translates `filter FAMILY TABLE HOOK RULE` lines of wanted.awk into a table for nft.
# What only accepts is left out: an accept in our table ends our chain, whose policy is
# to accept, and undoes no drop elsewhere. So nothing in it grows with the number of
# regions.

$1 == "filter" && $4 !~ /^(TO|FROM)$/ && !/-j ACCEPT$/ && !/-j KUSTOMIZE-HYBRID-/ {
	chain = $3 == "mangle" ? "mss" : tolower($4)
	line = "\t\t" translated()
	if (!seen[chain, line]++) body[chain] = body[chain] line "\n"
}

function translated(   i, out, not, ip) {
	ip = $2 == 4 ? "ip" : "ip6"
	for (i = 5; i <= NF; i++) {
		if ($i == "!") {
			not = "!= "
			continue
		}
		if ($i == "-i") out = out "iifname " not "\"" $(++i) "\" "
		else if ($i == "-o") out = out "oifname " not "\"" $(++i) "\" "
		else if ($i == "-s") out = out ip " saddr " not $(++i) " "
		else if ($i == "-d") out = out ip " daddr " not $(++i) " "
		else if ($i == "--icmpv6-type") {
			out = out "icmpv6 type nd-redirect "
			i++
		} else if ($i == "--tcp-flags") {
			out = out "tcp flags & (syn | rst) == syn "
			i += 2
		} else if ($i == "TCPMSS") out = out "tcp option maxseg size set rt mtu"
		else if ($i == "DROP" || $i == "RETURN") out = out tolower($i)
		not = ""
	}
	return out
}

END {
	print "table inet kustomize_hybrid {"
	n = split("mss forward input output", chains, " ")
	for (i = 1; i <= n; i++) {
		chain = chains[i]
		if (body[chain] == "") continue
		hook = chain == "mss" ? "forward" : chain
		print "\tchain " chain " {"
		print "\t\ttype filter hook " hook " priority " (chain == "mss" ? "mangle" : "filter") "; policy accept;"
		printf "%s", body[chain]
		print "\t}"
	}
	print "}"
}
