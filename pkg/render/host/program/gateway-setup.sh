#!/bin/sh
# Prepares a gateway host: rules, tables, firewall and kernel settings that make a
# Tailscale subnet router carry a whole region. Runs on every gateway before the
# tailscale container: as its init container, or by hand as root.
#
#   HOST_IP=<the node's InternalIP> gateway-setup.sh apply|remove|check|print|status
#   gateway-setup.sh explain PRIORITY|TABLE|CHAIN|SETTING
#
# apply    brings the host into this state; twice is the same as once
# remove   takes all of it back, kernel settings included
# check    names every line that is missing or too many, and every file that does not
#          belong to the others, and exits 1 if there is one. A note is advice and no fault
# print    prints what apply would do, and does nothing; on another host than HOST_IP's,
#          what it would do on one where nothing has been done yet. Needs no root
# status   says who is primary for what, since when and why, and what was last mended
# explain  says what a rule, a table, a chain or a kernel setting of ours is for
#
# It touches only rules with priorities 5180, 5181, 5185, 5195 to 5199, 5204 and 5205 (and the
# watch's 5175 and 5190), routes with protocol 154 in tables from 5249 on, firewall
# chains called KUSTOMIZE-HYBRID-* or the nft table inet kustomize_hybrid, and the
# kernel settings it lists, whose old values it keeps in STATE_DIR
# (/run/kustomize-hybrid), and, where ethtool is installed, two offloads of the host's
# cards. FIREWALL=iptables or FIREWALL=nft overrides its choice of firewall.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

case $0 in
*/*) DIR=${0%/*} ;;
*) DIR=. ;;
esac
# shellcheck source=lib.sh
. "$DIR/lib.sh"

STATE=$STATE_DIR/gateway
RUN=$STATE_DIR/watch
CHAIN=KUSTOMIZE-HYBRID
NFT_TABLE='inet kustomize_hybrid'

# awks PROGRAM... runs files of awk, with the numbers before them.
awks() {
	first=$1
	shift
	awk -f "$DIR/numbers.awk" -f "$DIR/$first.awk" "$@"
}

# --- what this host is ---

# look reads the tables and asks the host who it is. It sets FAMILIES, FACTS (lines of
# host.awk), TOOLS (nft, or commands of iptables) and OFF, which is yes where HOST_IP is
# another host's.
look() {
	read_tables
	FAMILIES=$(families)
	OFF=no
	FACTS=$(facts)
	case $FACTS in
	here*) ;;
	*)
		[ "$VERB" = print ] || die "HOST_IP $HOST_IP is not an address of this host"
		say "HOST_IP $HOST_IP is not an address of this host: this is for a gateway where nothing has been done yet, and LAN stands for its card"
		OFF=yes
		FAMILIES='4 6'
		FACTS=$(facts)
		;;
	esac
	TOOLS=$(firewall)
	if [ -z "$TOOLS" ] && [ "$VERB" = print ]; then
		say 'neither iptables nor nft works here, or not for this user: this is for nft'
		TOOLS=nft
	fi
}

facts() {
	{
		lines "$SMALL"
		echo "host $HOST_IP"
		for f in $FAMILIES; do echo "family $f"; done
		if [ "$OFF" = yes ]; then
			echo off
		elif command -v ip >/dev/null; then
			ip -o address show
			for f in $FAMILIES; do ip -"$f" route show default; done
		fi
	} | awk -f "$DIR/prefix.awk" -f "$DIR/host.awk"
}

# --- firewall: iptables or nft ---

iptables_works() { command -v "$1" >/dev/null && "$1" -w 5 -t mangle -S FORWARD >/dev/null 2>&1; }

nft_works() { command -v nft >/dev/null && nft list tables >/dev/null 2>&1; }

# iptables_tools prints the iptables whose tables are in force: the legacy one only
# where it has any (asking it would load them), and the one over nf_tables.
iptables_tools() {
	if grep -qs . /proc/net/ip_tables_names && iptables_works iptables-legacy; then
		echo iptables-legacy
	fi
	if iptables_works iptables-nft; then
		echo iptables-nft
	elif iptables_works iptables && iptables --version | grep -q nf_tables; then
		echo iptables
	fi
}

# iptables_managed reports whether somebody keeps the host's FORWARD chain with
# iptables: only a jump from that chain gets past its policy and its drops.
iptables_managed() {
	grep -qs . /proc/net/ip_tables_names || nft list chain ip filter FORWARD >/dev/null 2>&1
}

# firewall prints "nft", or the iptables commands to use.
firewall() {
	case ${FIREWALL:-} in
	'' | nft | iptables) ;;
	*) say "FIREWALL is iptables or nft, not $FIREWALL" ;;
	esac
	if [ "$OFF" = yes ]; then
		echo "${FIREWALL:-nft}"
		return
	fi
	case ${FIREWALL:-} in
	nft) echo nft ;;
	iptables) iptables_tools ;;
	'')
		if nft_works && ! iptables_managed; then
			echo nft
			return
		fi
		tools=$(iptables_tools)
		if [ -n "$tools" ]; then
			echo "$tools"
		elif nft_works; then
			echo nft
		elif iptables_works iptables; then
			echo iptables
		fi
		;;
	esac
}

# commands prints the firewall commands of both families: nft once.
commands() {
	for tool in $TOOLS; do
		if [ "$tool" = nft ]; then
			echo nft
		else
			for f in $FAMILIES; do twin "$tool" "$f"; done
		fi
	done
}

# nft_table prints our whole table in nft's words.
nft_table() { lines "$FILTERS" | awk -f "$DIR/nft.awk"; }

# nft_lines prints a table as `nft list` shows it, one line a rule with its chain.
nft_lines() {
	awk '$1 == "chain" { chain = $2 } { $1 = $1 } NF && $0 !~ /^[{}]$/ { print "firewall nft " chain ": " $0 }'
}

# wanted_nft asks nft itself how it spells our table, in a network namespace of its own.
wanted_nft() {
	nft_table | unshare -n sh -c "nft -f - && nft -s list table $NFT_TABLE" | nft_lines
}

actual_nft() {
	# shellcheck disable=SC2086 # family and name
	nft -s list table $NFT_TABLE 2>/dev/null | nft_lines
}

# --- offloads of the host's cards: ethtool, for throughput alone ---

# ask_cards sets OFFLOADS, what the cards do now and would do otherwise if they were told,
# and NOTES, why more is not possible here.
ask_cards() {
	OFFLOADS=''
	NOTES=''
	if [ "$OFF" = no ]; then
		linux 6 2 || return 0 # whose tun is the first to take several UDP packets at once
		if ! command -v ethtool >/dev/null; then
			# A pod lacks it where the host, which has it, may have been set up by its unit.
			[ -s "$STATE/offload" ] || NOTES='ethtool is not installed: UDP from the LAN enters the tunnel packet by packet, which costs throughput and nothing else'
			return
		fi
	fi
	asked=$(features | awks features)
	while read -r kind rest; do
		case $kind in
		offload) OFFLOADS=$OFFLOADS${OFFLOADS:+$NEWLINE}$kind\ $rest ;;
		note) NOTES=$NOTES${NOTES:+$NEWLINE}$rest ;;
		esac
	done <<EOF
$asked
EOF
}

# features prints, for features.awk, what ethtool says of each card, or for another host
# what a card does that nobody has told anything.
features() {
	[ ! -f "$STATE/refused" ] || cat "$STATE/refused"
	lines "$FACTS" | while read -r kind card _; do
		[ "$kind" = card ] || continue
		if [ "$OFF" = yes ]; then
			printf '%s\n' "card $card" 'rx-udp-gro-forwarding: off' 'rx-gro-list: off'
			continue
		fi
		# The kernel joins packets where they come in: below a bond, a bridge or a VLAN. Of
		# a bridge's ports that is the hardware, and not the virtual machines'.
		lowest "$card" | while read -r low; do
			[ "$low" = "$card" ] || [ -e "$SYS_NET/$low/device" ] || continue
			echo "card $low"
			ethtool -k "$low" 2>/dev/null
		done
	done
}

# lowest CARD prints the cards below it that have none below them, or itself.
lowest() {
	set -- "$1" "$SYS_NET/$1"/lower_*
	if [ ! -e "$2" ]; then
		echo "$1"
		return
	fi
	shift
	for lower; do lowest "${lower##*/lower_}"; done
}

# linux MAJOR MINOR reports whether the kernel is that one or later.
linux() {
	IFS=. read -r major minor _ <"$PROC_SYS/kernel/osrelease" || return
	[ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "${minor%%[!0-9]*}" -ge "$2" ]; }
}

# change_offloads tells each card once. The kernel remembers what a card was told and
# could not do, and does it later: one that refuses is told what it was.
change_offloads() {
	lines "$MISSING" | awk -F '[ /]' '
		$1 != "offload" { next }
		!($2 in words) { card[++n] = $2 }
		{ words[$2] = words[$2] " " $3 " " $4 }
		END { for (i = 1; i <= n; i++) print card[i] words[card[i]] }' | while read -r card words; do
		if [ "$VERB" = print ]; then
			echo "ethtool -K $card $words"
			continue
		fi
		# shellcheck disable=SC2086 # features, and what they are to be
		if ! ethtool -K "$card" $words >/dev/null 2>&1; then
			echo "refused $card" >>"$STATE/refused"
			restore_offloads "$card/"
		fi
	done
}

# restore_offloads PREFIX puts back what was kept of the names that begin so.
restore_offloads() {
	while read -r name value; do
		case $name in
		"$1"*) ethtool -K "${name%/*}" "${name#*/}" "$value" >/dev/null 2>&1 ;;
		esac
	done <"$STATE/offload"
}

remove_offloads() {
	if [ -s "$STATE/offload" ]; then
		if command -v ethtool >/dev/null; then
			restore_offloads ''
		else
			say "ethtool is not installed: the cards stay as they are, and $STATE/offload says how they were"
			return
		fi
	fi
	rm -f "$STATE/offload" "$STATE/refused"
}

# advise says each note once: the watch has us look again and again.
advise() {
	[ -n "$NOTES" ] || return 0
	mkdir -p "$STATE"
	touch "$STATE/said"
	new=$(without "$NOTES" "$(cat "$STATE/said")")
	[ -n "$new" ] || return 0
	lines "$new" >>"$STATE/said"
	tell_notes "$new"
}

tell_notes() { lines "$1" | sed "s/^/$PROGRAM: note: /" >&2; }

# --- what is wanted, and what is there ---

# wanted prints it; for nft, "filter" lines instead of firewall's.
wanted() {
	{
		lines "$PARSED"
		lines "$FACTS"
		lines "$OFFLOADS"
		for command in $(commands); do
			case $command in
			nft) ;;
			ip6*) echo "tool $command 6" ;;
			*) echo "tool $command 4" ;;
			esac
		done
	} | awks wanted
}

actual() {
	{
		actual_kernel
		for command in $(commands); do
			[ "$command" != nft ] || continue
			for table in mangle filter; do
				echo "firewall $command $table"
				"$command" -w 5 -t "$table" -S 2>/dev/null
			done
		done
	} | awks actual
	lines "$WANT" | sed -n 's/^sysctl //p' | actual_sysctls
	lines "$OFFLOADS"
	[ "$TOOLS" != nft ] || actual_nft
}

actual_kernel() {
	for f in $FAMILIES; do
		echo "rules $f"
		ip -"$f" rule show
		echo "routes $f"
		ip -"$f" route show table all proto "$GATEWAY_PROTOCOL"
		echo "old $f"
		ip -"$f" route show table all type unreachable
	done
}

# compare sets WANT, HAVE, MISSING, EXTRA and NOTES, and FILTERS for nft.
compare() {
	ask_cards
	WANT=$(wanted)
	FILTERS=''
	HAVE=''
	if [ "$TOOLS" = nft ]; then
		FILTERS=$(lines "$WANT" | grep '^filter ')
		WANT=$(lines "$WANT" | grep -v '^filter ')
		[ "$OFF" = yes ] || WANT=$WANT$NEWLINE$(wanted_nft)
	fi
	[ "$OFF" = yes ] || HAVE=$(actual)
	WANT=$(lines "$WANT" | sed 's/^\(sysctl [^ ]* [^ ]*\) .*/\1/')
	MISSING=$(without "$WANT" "$HAVE")
	EXTRA=$(without "$HAVE" "$WANT")
	case $OFF$MISSING in
	no*' -A KUSTOMIZE-HYBRID-'*) ask_iptables ;;
	esac
}

# ask_iptables: versions spell some rules differently. What is not found as it is wanted
# is asked for where its chain holds something else, but for a jump, which has to be the
# first and not just anywhere. Then only the number tells whether the chain holds others.
ask_iptables() {
	respelled=$({
		lines "$EXTRA"
		echo --
		lines "$MISSING"
	} | awk '
		$0 == "--" { second = 1; next }
		$1 != "firewall" || $4 != "-A" { next }
		!second { other[$2, $3, $5]; next }
		($2, $3, $5) in other' | while read -r line; do
		if there "$line"; then echo "$line"; fi
	done)
	[ -n "$respelled" ] || return 0
	MISSING=$(without "$MISSING" "$respelled")
	EXTRA=$({
		lines "$respelled"
		echo --
		lines "$EXTRA"
	} | awk '
		{ chain = $2 " " $3 " " $5 }
		$0 == "--" { second = 1; next }
		!second { more[chain]--; next }
		$1 != "firewall" || !(chain in more) { print; next }
		++more[chain] > 0 { left[chain] }
		END { for (chain in left) print "firewall " chain ": " more[chain] " more lines" }')
}

# there "firewall COMMAND TABLE -A CHAIN RULE" asks iptables itself.
there() {
	# shellcheck disable=SC2086 # a rule is several words
	set -- $1
	asked=$2
	table=$3
	shift 4
	"$asked" -w 5 -t "$table" -C "$@" 2>/dev/null
}

# --- doing ---

# batch reads "FAMILY COMMAND" and has ip run the commands, or only prints them.
batch() {
	todo=$(cat)
	for f in $FAMILIES; do
		if [ "$VERB" = print ]; then
			lines "$todo" | sed -n "s/^$f /ip -$f /p"
		else
			lines "$todo" | sed -n "s/^$f //p" | ip -"$f" -force -batch -
		fi
	done
}

change_kernel() {
	{
		lines "$MISSING"
		echo --
		lines "$EXTRA"
	} | awks change | batch
	lines "$MISSING" | sed -n 's/^sysctl //p' | while read -r path value; do
		write_sysctl "$path" "$value"
	done
}

change_firewall() {
	[ -n "$TOOLS" ] || die 'neither iptables nor nft works here: install one of them'
	for command in $(commands); do
		case "$NEWLINE$MISSING$NEWLINE$EXTRA" in
		*"${NEWLINE}firewall $command "*) ;;
		*) [ "$OFF$command" = yesnft ] || continue ;;
		esac
		if [ "$command" = nft ]; then write_nft; else write_iptables "$command"; fi
	done
}

# write_iptables writes our chains anew, each table in one go, puts the jumps first, and
# takes away chains that an older topology had.
write_iptables() {
	ours=$(lines "$WANT" | grep "^firewall $1 ")
	if [ "$VERB" = print ]; then
		echo "$1-restore --noflush <<EOF"
		lines "$ours" | awk -f "$DIR/restore.awk"
		echo EOF
	else
		note_new_chains "$1"
		lines "$ours" | awk -f "$DIR/restore.awk" | "$1-restore" -w 5 --noflush
	fi
	lines "$ours" | while read -r _ command table verb hook _ chain; do
		[ "$verb" = -I ] || continue
		[ "$VERB" = print ] || "$command" -w 5 -t "$table" -D "$hook" -j "$chain" 2>/dev/null
		run "$command" -w 5 -t "$table" -I "$hook" -j "$chain"
	done
	without "$(chains "$1" "$HAVE")" "$(chains "$1" "$WANT")" | while read -r command table chain; do
		case $chain in
		*-TO | *-FROM) ;; # who jumped to them has been written anew
		*) run "$command" -w 5 -t "$table" -D "${chain#"$CHAIN"-}" -j "$chain" 2>/dev/null ;;
		esac
		run "$command" -w 5 -t "$table" -F "$chain"
		run "$command" -w 5 -t "$table" -X "$chain"
	done
	count=$(lines "$ours" | grep -c -e " -A $CHAIN-TO " -e " -A $CHAIN-FROM ")
	if [ "$count" -gt 64 ]; then
		say "$1 needs $count lines for the other regions' prefixes, which packets from the LAN to the LAN walk; nft needs none"
	fi
}

# chains COMMAND LIST prints "COMMAND TABLE CHAIN" for our chains, those that others
# jump to last.
chains() {
	lines "$2" | awk -v command="$1" '
		$1 == "firewall" && $2 == command && $4 == "-A" && !seen[$3, $5]++ {
			if ($5 ~ /-(TO|FROM)$/) last = last $2 " " $3 " " $5 "\n"
			else print $2 " " $3 " " $5
		}
		END { printf "%s", last }'
}

write_nft() {
	if [ "$VERB" = print ]; then
		nft_table
		return
	fi
	{
		echo "table $NFT_TABLE"
		echo "delete table $NFT_TABLE"
		nft_table
	} | nft -f -
	nft list chains 2>/dev/null | awk -v program="$PROGRAM" '
		$1 == "table" { table = $2 " " $3 }
		/hook forward/ && /policy drop/ { print program ": " table " drops what it does not know: it has to accept tailscale0 itself" }' >&2
}

hooks() { printf '%s\n' 'mangle FORWARD' 'filter FORWARD' 'filter INPUT' 'filter OUTPUT'; }

# note_new_chains remembers which of iptables' own chains did not exist before us:
# over nf_tables they are made by the first rule and stay when it goes. Only nft can
# tell; where it is missing the empty chains stay, and do nothing.
note_new_chains() {
	nft_works || return 0
	mkdir -p "$STATE"
	hooks | while read -r table hook; do
		if ! nft list chain "$(nft_family "$1")" "$table" "$hook" >/dev/null 2>&1 &&
			! grep -qsx "$1 $table $hook" "$STATE/chains"; then
			echo "$1 $table $hook" >>"$STATE/chains"
		fi
	done
}

nft_family() {
	case $1 in
	ip6*) echo ip6 ;;
	*) echo ip ;;
	esac
}

# Writing ip_forward and forwarding changes these as well: they are put back, too.
side_effects() {
	for path in "$PROC_SYS"/net/ipv4/conf/*/forwarding "$PROC_SYS"/net/ipv4/conf/*/accept_redirects "$PROC_SYS"/net/ipv6/conf/*/forwarding; do
		if [ -f "$path" ]; then echo "${path#"$PROC_SYS"/}"; fi
	done
}

# --- the verbs ---

# named prints what is not as it should be.
named() {
	lines "$MISSING" | sed 's/^/missing: /'
	lines "$EXTRA" | sed 's/^/extra: /'
}

check() {
	compare
	parts=$(mismatched_parts)
	named
	lines "$parts"
	lines "$NOTES" | sed 's/^/note: /'
	[ -z "$MISSING$EXTRA$parts" ]
}

# apply adds before it deletes, so that nothing falls through in between. The watch asks
# once a minute, and nearly always nothing is to be done.
apply() {
	parts=$(mismatched_parts)
	[ -z "$parts" ] || lines "$parts" | while read -r line; do say "$line"; done
	compare
	advise
	[ -n "$MISSING$EXTRA" ] || return 0
	kind=mended
	[ -f "$STATE/sysctl" ] || kind=applied
	found=$(named)
	{
		lines "$WANT" | sed -n 's/^sysctl //p'
		side_effects
	} | save_sysctls
	lines "$OFFLOADS" | sed 's/^offload //' | save_first offload
	change_kernel
	change_offloads
	change_firewall
	note "$kind"
	compare
	advise
	named
	[ -z "$MISSING$EXTRA" ] || die 'not everything could be applied'
}

# note KIND remembers for status what apply found to do.
note() {
	clock
	{
		echo "$1 $NOW $(lines "$found" | grep -c .)"
		[ "$1" = applied ] || lines "$found" | sed 's/^/line /;5q'
	} >"$STATE/$1"
}

print_all() {
	compare
	tell_notes "$NOTES"
	change_kernel
	change_offloads
	change_firewall
}

remove() {
	FAMILIES=$(families)
	{
		echo --
		actual_kernel | awks actual -v all=1
	} | awks change | batch 2>/dev/null
	for f in $FAMILIES; do ip -"$f" route flush table all proto "$GATEWAY_PROTOCOL" 2>/dev/null; done
	remove_firewall
	remove_offloads
	restore_sysctls
	rm -f "$STATE/applied" "$STATE/mended" "$STATE/said"
	rmdir "$STATE" "${STATE%/*}" 2>/dev/null
	return 0
}

remove_firewall() {
	for tool in $(iptables_tools); do
		for f in $FAMILIES; do remove_iptables "$(twin "$tool" "$f")"; done
	done
	remove_new_chains
	if nft_works; then
		# shellcheck disable=SC2086 # family and name
		nft delete table $NFT_TABLE 2>/dev/null
	fi
}

remove_iptables() {
	{
		hooks
		echo 'filter TO'
		echo 'filter FROM'
	} | while read -r table hook; do
		"$1" -w 5 -t "$table" -S "$CHAIN-$hook" >/dev/null 2>&1 || continue
		"$1" -w 5 -t "$table" -D "$hook" -j "$CHAIN-$hook" 2>/dev/null
		"$1" -w 5 -t "$table" -F "$CHAIN-$hook"
		"$1" -w 5 -t "$table" -X "$CHAIN-$hook"
	done
}

# remove_new_chains takes away what note_new_chains noted, where it is empty again.
remove_new_chains() {
	[ -f "$STATE/chains" ] || return 0
	while read -r tool table hook; do
		if [ "$("$tool" -w 5 -t "$table" -S "$hook" 2>/dev/null)" = "-P $hook ACCEPT" ]; then
			"$tool" -w 5 -t "$table" -X "$hook" 2>/dev/null
		fi
		family=$(nft_family "$tool")
		if ! nft list table "$family" "$table" 2>/dev/null | grep -q chain; then
			nft delete table "$family" "$table" 2>/dev/null
		fi
	done <"$STATE/chains"
	rm -f "$STATE/chains"
}

# status asks the watch's memory, and the kernel for its rules.
status() {
	read_tables
	clock
	{
		lines "$SMALL"
		echo "host $HOST_IP"
		echo "now $NOW"
		for file in alive cut; do
			[ ! -s "$RUN/$file" ] || sed "s/^/$file /" "$RUN/$file"
		done
		cat "$RUN/memory" "$STATE/applied" "$STATE/mended" 2>/dev/null
		for f in $(families); do
			echo "rules $f"
			ip -"$f" rule show
		done
	} | awks report
}

explain() {
	read_tables
	text=$({
		lines "$SMALL"
		echo "explain $1"
	} | awks explain)
	[ -n "$text" ] || die "nothing of ours is called $1"
	echo "$text"
}

case $VERB in
apply | remove | check | print | status) [ $# -eq 1 ] ;;
explain) [ $# -eq 2 ] ;;
*) false ;;
esac || {
	say 'usage: HOST_IP=<InternalIP of this host> gateway-setup.sh apply|remove|check|print|status, or gateway-setup.sh explain PRIORITY|TABLE|CHAIN|SETTING'
	exit 2
}
if [ "$VERB" = explain ]; then
	explain "$2"
	exit
fi
[ -n "${HOST_IP:-}" ] || die 'HOST_IP is not set: the InternalIP of this host'
[ "$VERB" = print ] || command -v ip >/dev/null || die 'iproute2 is not installed'
case $VERB in
apply)
	look
	apply
	;;
print)
	look
	print_all
	;;
check)
	look
	check
	;;
status) status ;;
remove) remove ;;
esac
