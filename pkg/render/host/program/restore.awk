# Turns `firewall COMMAND TABLE -A CHAIN RULE` lines of wanted.awk, those of one command,
# into the words of iptables-save: our chains, each table in one go. A chain is declared,
# which empties it, before any rule can jump to it.

$4 == "-A" {
	if (!(($3, $5) in known)) {
		known[$3, $5]
		if (!($3 in head)) order[++tables] = $3
		head[$3] = head[$3] ":" $5 " - [0:0]\n"
	}
	line = $0
	sub(/^firewall [^ ]* [^ ]* /, "", line)
	body[$3, ++count[$3]] = line
}

END {
	for (i = 1; i <= tables; i++) {
		table = order[i]
		printf "*%s\n%s", table, head[table]
		for (j = 1; j <= count[table]; j++) print body[table, j]
		print "COMMIT"
	}
}
