#!/bin/sh
# Prepares a gateway host: rules, tables, firewall and kernel settings that make a
# Tailscale subnet router carry a whole region. Runs on every gateway before the
# tailscale container: as its init container, or by hand as root.
#
#   HOST_IP=<the node's InternalIP> setup.sh apply|remove|check|print
#
# apply   brings the host into this state; twice is the same as once
# remove  takes all of it back, kernel settings included
# check   names every line that is missing or too many, and exits 1 if there is one
# print   prints what apply would do, and does nothing
#
# It touches only rules with priorities 5180, 5185, 5195, 5196 and 5205 (and the
# watch's 5175 and 5190), routing tables from 5253 on, firewall chains called
# KUSTOMIZE-HYBRID-* or the nft table inet kustomize_hybrid, and the kernel settings
# it lists, whose old values it keeps in STATE_DIR (/run/kustomize-hybrid).
# FIREWALL=iptables or FIREWALL=nft overrides its choice of firewall.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

# The decisions.
settings() {
	cat <<'EOF'
netfilter off
relay yes
sourceRoute yes
cni cilium
EOF
}

# The region's own prefixes, which must never lie behind the tunnel: family, prefix.
guarded_prefixes() {
	cat <<'EOF'
4 10.0.0.0/22
4 10.61.0.0/16
6 fd00:10::/64
6 fd00:61::/56
EOF
}

# What this host sends from: family, the table for what comes from it, prefix, role.
local_prefixes() {
	cat <<'EOF'
4 5253 10.0.0.0/22 node
4 5254 10.61.0.0/16 pod
6 5255 fd00:10::/64 node
6 5256 fd00:61::/56 pod
EOF
}

# What the other regions advertise: family, prefix.
remote_prefixes() {
	cat <<'EOF'
4 10.142.0.0/20
4 10.143.0.0/24
EOF
}

# What gateways carry for this region: remote prefixes, and the addresses of the
# tailnet where remote gateways use them as their source. Family, prefix.
transit_prefixes() {
	cat <<'EOF'
4 10.142.0.0/20
4 10.143.0.0/24
EOF
}

# Tailnet addresses that nobody but the tunnel may use as a source: family, prefix.
spoofed_prefixes() {
	cat <<'EOF'
4 100.64.0.0/10
6 fd7a:115c:a1e0::/48
EOF
}

# The region's gateways: name, IPv4 and IPv6 InternalIP.
gateways() {
	cat <<'EOF'
cloud-1 10.0.0.11 fd00:10::11
cloud-2 10.0.0.12 fd00:10::12
EOF
}

STATE=${STATE_DIR:-/run/kustomize-hybrid}/gateway
UNREACHABLE='unreachable default metric 4278198272'
CHAIN=KUSTOMIZE-HYBRID
NFT_TABLE='inet kustomize_hybrid'
VERB=${1:-}

say() { echo "setup.sh: $*" >&2; }

die() {
	say "$*"
	exit 1
}

# run does it, or only prints it.
run() {
	if [ "$VERB" = print ]; then
		echo "$*"
	else
		"$@"
	fi
}

setting() { settings | awk -v key="$1" '$1 == key { print $2 }'; }

# lines prints a list of lines, or nothing for none.
lines() { [ -z "$1" ] || printf '%s\n' "$1"; }

# without LINES OTHER prints the lines that OTHER lacks. Neither is an argument of a
# program: those are limited to 128 KiB.
without() {
	{
		printf '%s\n' "$2"
		echo --
		printf '%s\n' "$1"
	} | awk '
		!second && $0 == "--" { second = 1; next }
		!second { known[$0]; next }
		$0 != "" && !($0 in known)'
}

family_of() {
	case $1 in
	*:*) echo 6 ;;
	*) echo 4 ;;
	esac
}

# own FAMILY prints this host's InternalIP: HOST_IP, its twin in the table of
# gateways, or the host's address in one of the region's node prefixes.
own() {
	if [ "$(family_of "$HOST_IP")" = "$1" ]; then
		echo "$HOST_IP"
		return
	fi
	twin=$(gateways | awk -v host="$HOST_IP" -v column=$(($1 / 2)) '$2 == host || $3 == host { print $column }')
	case $twin in
	'' | -) own_in_node_prefixes "$1" ;;
	*) echo "$twin" ;;
	esac
}

own_in_node_prefixes() {
	lines "$LOCAL" | while read -r family _ prefix role; do
		if [ "$family $role" = "$1 node" ]; then
			ip -"$1" -o address show to "$prefix" scope global
		fi
	done | awk 'NR == 1 { sub("/.*", "", $4); print $4 }'
}

# device ADDRESS prints the device that carries it: the LAN's.
device() {
	[ -z "$1" ] || ip -o address show to "$1" | awk 'NR == 1 { print $2 }'
}

# node_table FAMILY ADDRESS prints the table of the node prefix that it lies in.
node_table() {
	[ -n "$2" ] || return 0
	lines "$LOCAL" | while read -r family table prefix role; do
		if [ "$family $role" = "$1 node" ] &&
			ip -"$1" -o address show to "$prefix" | grep -qF " $2/"; then
			echo "$table"
			break
		fi
	done
}

# look reads the tables and the host, once.
look() {
	GUARDED=$(guarded_prefixes)
	LOCAL=$(local_prefixes)
	REMOTE=$(remote_prefixes)
	TRANSIT=$(transit_prefixes)
	SPOOFED=$(spoofed_prefixes)
	NETFILTER=$(setting netfilter)
	RELAY=$(setting relay)
	SOURCE_ROUTE=$(setting sourceRoute)
	CNI=$(setting cni)
	FAMILIES=4
	if [ -d /proc/sys/net/ipv6 ]; then FAMILIES='4 6'; fi
	own4=$(own 4)
	own6=$(own 6)
	LAN4=$(device "$own4")
	LAN6=$(device "$own6")
	NODE_TABLE4=$(node_table 4 "$own4")
	NODE_TABLE6=$(node_table 6 "$own6")
	OUR_TABLES=no
	if [ "$RELAY$SOURCE_ROUTE" != nono ]; then OUR_TABLES=yes; fi
}

# --- ip rules, in the words of `ip rule show` ---

rules() {
	# tailscaled's own packets (its bypass mark) must not reach a peer's LAN address
	# through another gateway: that would be a tunnel inside a tunnel.
	lines "$REMOTE" | while read -r family remote; do
		echo "rule $family 5180: from all to $remote fwmark 0x80000/0xff0000 iif lo ipproto udp unreachable"
	done
	# A standby accepts its own region's prefixes from the tailnet, and tailscaled's
	# rule 5270 comes before main: without this its LAN would lie behind the tunnel.
	lines "$GUARDED" | while read -r family prefix; do
		echo "rule $family 5185: from all to $prefix lookup main"
	done
	# Peers take a packet only from the primary of its source prefix, and the
	# primaries of two prefixes may differ: one table for each source prefix.
	if [ "$OUR_TABLES" = yes ]; then
		lines "$LOCAL" | while read -r family table prefix _; do
			lines "$TRANSIT" | while read -r other transit; do
				[ "$family" != "$other" ] || echo "rule $family 5195: from $prefix to $transit lookup $table"
			done
		done
	fi
	# What this host itself sends has no source yet when its route is looked up: the
	# node prefix's table gives it the InternalIP instead of a tailnet address.
	if [ "$SOURCE_ROUTE" = yes ]; then
		lines "$REMOTE" | while read -r family remote; do
			table=$NODE_TABLE4
			[ "$family" = 4 ] || table=$NODE_TABLE6
			[ -z "$table" ] || echo "rule $family 5196: from all to $remote lookup $table"
		done
	fi
	# Cilium keeps an identity in the bits of tailscaled's bypass mark (an ingress
	# proxy's is 8, a pod's may end in 08), and rule 5210 then sends the packet out by
	# the default route. Remote prefixes are decided by 5195 and 5196 before that;
	# this is for what those do not list, tailnet addresses above all. Plain 0x80000
	# is tailscaled itself and does not match.
	if [ "$CNI" = cilium ]; then
		for f in $FAMILIES; do
			for magic in 9 a b f; do
				echo "rule $f 5205: from all fwmark 0x80${magic}00/0xff0f00 lookup 52"
			done
		done
	fi
}

actual_rules() {
	for f in $FAMILIES; do
		ip -"$f" rule show | awk -v family="$f" '
			$1 ~ /^(5180|5185|5195|5196|5205):$/ { $1 = $1; print "rule " family " " $0 }'
	done
}

# batch reads "FAMILY COMMAND" and has ip run the commands, or only prints them.
batch() {
	todo=$(cat)
	for f in $FAMILIES; do
		commands=$(lines "$todo" | sed -n "s/^$f //p")
		if [ -z "$commands" ]; then
			continue
		elif [ "$VERB" = print ]; then
			lines "$commands" | sed "s/^/ip -$f /"
		else
			lines "$commands" | ip -"$f" -force -batch -
		fi
	done
}

# --- routes: a table without routes must not fall through to the default route ---

routes() {
	if [ "$OUR_TABLES" = yes ]; then
		lines "$LOCAL" | while read -r family table _; do
			echo "route $family $table $UNREACHABLE"
		done
	fi
}

actual_routes() {
	for f in $FAMILIES; do
		ip -"$f" route show table all type unreachable | awk -v family="$f" '
			$2 != "default" { next }
			{
				table = metric = ""
				for (i = 3; i < NF; i++) {
					if ($i == "table") table = $(i + 1)
					if ($i == "metric") metric = $(i + 1)
				}
			}
			table >= 5253 && table < 5400 && !seen[table]++ {
				print "route " family " " table " unreachable default metric " metric
			}'
	done
}

# --- kernel settings: path below /proc/sys, value, values that will do as well ---

sysctls() {
	echo 'net/ipv4/ip_forward 1'
	# A gateway that hands a packet on over the LAN it came from would tell the node
	# to go there directly, past the failover. The kernel takes the larger of the two.
	echo 'net/ipv4/conf/all/send_redirects 0'
	[ -z "$LAN4" ] || echo "net/ipv4/conf/$LAN4/send_redirects 0"
	# While the primary changes, a packet may come in by another way than its answer
	# takes; strict filtering drops it. Cilium's agent writes 0 at its start.
	echo 'net/ipv4/conf/all/rp_filter 2 0'
	if lines "$LOCAL" | grep -q '^6 '; then
		# Once it forwards, the kernel ignores router advertisements, and with them
		# loses its default route, unless told otherwise.
		[ -z "$LAN6" ] || echo "net/ipv6/conf/$LAN6/accept_ra 2 0"
		echo 'net/ipv6/conf/all/forwarding 1'
	fi
}

# Writing ip_forward and forwarding changes these as well: they are put back, too.
side_effects() {
	for path in /proc/sys/net/ipv4/conf/*/forwarding /proc/sys/net/ipv4/conf/*/accept_redirects /proc/sys/net/ipv6/conf/*/forwarding; do
		if [ -f "$path" ]; then echo "${path#/proc/sys/}"; fi
	done
}

actual_sysctls() {
	sysctls | while read -r path value also; do
		now=$(cat "/proc/sys/$path" 2>/dev/null)
		if [ -n "$also" ] && [ "$now" = "$also" ]; then now=$value; fi
		echo "sysctl $path $now"
	done
}

wanted_sysctls() { sysctls | awk '{ print "sysctl " $1 " " $2 }'; }

# save_sysctls keeps the first value ever seen of each setting, before it is changed.
save_sysctls() {
	mkdir -p "$STATE"
	touch "$STATE/sysctl"
	{
		sysctls | awk '{ print $1 }'
		side_effects
	} | (cd /proc/sys && xargs grep -H .) 2>/dev/null | sed 's/:/ /' | awk -v saved="$STATE/sysctl" '
		BEGIN { while ((getline line <saved) > 0) { split(line, word, " "); known[word[1]] } }
		!($1 in known)' >"$STATE/sysctl.new"
	cat "$STATE/sysctl.new" >>"$STATE/sysctl"
	rm -f "$STATE/sysctl.new"
}

write_sysctl() {
	if [ "$VERB" = print ]; then
		echo "echo $2 >/proc/sys/$1"
	else
		echo "$2" >"/proc/sys/$1"
	fi
}

restore_sysctls() {
	if [ ! -f "$STATE/sysctl" ]; then
		say "no saved kernel settings in $STATE: they stay as they are"
		return
	fi
	while read -r path value; do
		if [ -w "/proc/sys/$path" ] && [ "$(cat "/proc/sys/$path")" != "$value" ]; then
			echo "$value" >"/proc/sys/$path"
		fi
	done <"$STATE/sysctl"
	rm -f "$STATE/sysctl"
}

# --- firewall: what goes through, what does not, and how large a segment may be ---

# chain_lines FAMILY prints table, hook and rule, in the words of `iptables -S`.
chain_lines() {
	# The tunnel carries 1280 bytes and its far end sends no "too big" where ICMP is
	# filtered. -o serves this region's SYNs, -i makes it safe whatever the far end does.
	echo 'mangle FORWARD -o tailscale0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'
	echo 'mangle FORWARD -i tailscale0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu'
	if [ "$NETFILTER" = off ]; then
		# With --netfilter-mode=off nobody else drops tailnet addresses that do not come
		# out of the tunnel. ChromeOS uses 100.115.92.0/23 for itself, and a host's own
		# packets to itself arrive on lo.
		if lines "$SPOOFED" | grep -q "^$1 "; then
			echo 'filter INPUT -i lo -j RETURN'
			if [ "$1" = 4 ]; then
				echo 'filter INPUT -s 100.115.92.0/23 -j RETURN'
				echo 'filter FORWARD -s 100.115.92.0/23 -j RETURN'
			fi
		fi
		lines "$SPOOFED" | while read -r family prefix; do
			if [ "$family" = "$1" ]; then
				echo "filter INPUT -s $prefix ! -i tailscale0 -j DROP"
				echo "filter FORWARD -s $prefix ! -i tailscale0 -j DROP"
			fi
		done
		# Nobody else accepts these where a policy says drop (Docker, ufw, firewalld).
		echo 'filter INPUT -i tailscale0 -j ACCEPT'
		echo 'filter INPUT -p udp -m udp --dport 41641 -j ACCEPT'
		echo 'filter FORWARD -i tailscale0 -j ACCEPT'
		echo 'filter FORWARD -o tailscale0 -j ACCEPT'
	fi
	if [ "$RELAY" = yes ]; then
		# What follows accepts before tailscaled's own chain would drop these.
		if [ "$NETFILTER" = on ]; then
			lines "$SPOOFED" | while read -r family prefix; do
				[ "$family" != "$1" ] || echo "filter FORWARD -s $prefix ! -i tailscale0 -j DROP"
			done
		fi
		# From the LAN to the LAN: a standby sees one direction only, which connection
		# tracking calls invalid (kube-proxy drops that) and policies do not expect.
		lines "$TRANSIT" | while read -r family transit; do
			if [ "$family" = "$1" ]; then
				echo "filter FORWARD -d $transit -j ACCEPT"
				echo "filter FORWARD -s $transit -j ACCEPT"
			fi
		done
		# IPv6 has no send_redirects: see there.
		if [ "$1" = 6 ]; then
			echo 'filter OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 137 -j DROP'
		fi
	fi
}

# nft_table prints the same for nft. An accept here does not undo a drop elsewhere.
nft_table() {
	echo "table $NFT_TABLE {"
	nft_chain mangle FORWARD 'chain mss { type filter hook forward priority mangle; policy accept;'
	nft_chain filter FORWARD 'chain forward { type filter hook forward priority filter; policy accept;'
	nft_chain filter INPUT 'chain input { type filter hook input priority filter; policy accept;'
	nft_chain filter OUTPUT 'chain output { type filter hook output priority filter; policy accept;'
	echo '}'
}

# nft_chain TABLE HOOK HEAD: the lines of both families, translated and each once.
nft_chain() {
	echo "$3"
	for f in $FAMILIES; do
		chain_lines "$f" | awk -v table="$1" -v hook="$2" -v family="$f" '
			$1 != table || $2 != hook { next }
			{
				out = ""; not = ""
				for (i = 3; i <= NF; i++) {
					if ($i == "!") { not = "!= "; continue }
					if ($i == "-i") out = out "iifname " not "\"" $(++i) "\" "
					else if ($i == "-o") out = out "oifname " not "\"" $(++i) "\" "
					else if ($i == "-s") out = out (family == 4 ? "ip" : "ip6") " saddr " not $(++i) " "
					else if ($i == "-d") out = out (family == 4 ? "ip" : "ip6") " daddr " not $(++i) " "
					else if ($i == "--dport") out = out "udp dport " $(++i) " "
					else if ($i == "--icmpv6-type") out = out "icmpv6 type nd-redirect " (++i ? "" : "")
					else if ($i == "--tcp-flags") { out = out "tcp flags & (syn | rst) == syn "; i += 2 }
					else if ($i == "TCPMSS") out = out "tcp option maxseg size set rt mtu "
					else if ($i ~ /^(ACCEPT|DROP|RETURN)$/) out = out tolower($i)
					not = ""
				}
				print out
			}'
	done | awk '!seen[$0]++'
	echo '}'
}

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

# iptables_managed says whether somebody keeps the host's FORWARD chain with
# iptables: only a jump from that chain gets past its policy and its drops.
iptables_managed() {
	grep -qs . /proc/net/ip_tables_names || nft list chain ip filter FORWARD >/dev/null 2>&1
}

# firewall prints "nft", or the iptables commands to use.
firewall() {
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
	*) say "FIREWALL is iptables or nft, not $FIREWALL" ;;
	esac
}

# twin TOOL FAMILY prints the command for that family.
twin() {
	if [ "$2" = 6 ]; then echo "ip6${1#ip}"; else echo "$1"; fi
}

hooks() { printf '%s\n' 'mangle FORWARD' 'filter FORWARD' 'filter INPUT' 'filter OUTPUT'; }

# iptables_lines TOOL FAMILY prints what is wanted: jumps first, each first in its chain.
iptables_lines() {
	chain_lines "$2" | awk -v tool="$(twin "$1" "$2")" -v chain="$CHAIN" '
		!jump[$1, $2]++ { print "firewall " tool " " $1 " -I " $2 " -j " chain "-" $2 }
		{ table = $1; hook = $2; $1 = $2 = ""; sub("^ *", ""); print "firewall " tool " " table " -A " chain "-" hook " " $0 }'
}

# listed_iptables TOOL FAMILY prints what is there, as this iptables spells it: our own
# chains, and who is first in those they hang in.
listed_iptables() {
	tool=$(twin "$1" "$2")
	for table in mangle filter; do
		"$tool" -w 5 -t "$table" -S 2>/dev/null | awk -v tool="$tool" -v table="$table" -v chain="$CHAIN-" '
			$1 != "-A" { next }
			index($2, chain) == 1 { print "firewall " tool " " table " " $0; next }
			!first[$2]++ && $0 == "-A " $2 " -j " chain $2 { $1 = "-I"; print "firewall " tool " " table " " $0 }'
	done
}

# actual_iptables TOOL FAMILY prints the wanted lines that are there, and counts others.
# Versions spell some rules differently: what is not found as it is wanted is asked for,
# but for a jump, which has to be the first and not just anywhere.
actual_iptables() {
	wanted=$(iptables_lines "$1" "$2")
	listed=$(listed_iptables "$1" "$2")
	missing=$(without "$wanted" "$listed" | while read -r line; do
		case $line in
		*' -A '*) there "$line" || echo "$line" ;;
		*) echo "$line" ;;
		esac
	done)
	without "$wanted" "$missing"
	{
		lines "$wanted"
		echo --
		lines "$listed"
	} | awk '
		$0 == "--" { second = 1; next }
		$4 != "-A" { next }
		!second { more[$2 " " $3 " " $5]--; next }
		++more[$2 " " $3 " " $5] == 1 { chain[++n] = $2 " " $3 " " $5 }
		END { for (i = 1; i <= n; i++) if (more[chain[i]] > 0 && !said[chain[i]]++) print "firewall " chain[i] ": " more[chain[i]] " more lines" }'
}

# there "firewall TOOL TABLE -A CHAIN RULE" asks iptables itself.
there() {
	# shellcheck disable=SC2086 # a rule is several words
	set -- $1
	asked=$2
	table=$3
	shift 4
	"$asked" -w 5 -t "$table" -C "$@" 2>/dev/null
}

# apply_iptables writes our chains anew, each table in one go, and puts the jumps first.
apply_iptables() {
	tool=$(twin "$1" "$2")
	wanted=$(iptables_lines "$1" "$2")
	if [ "$wanted" = "$(actual_iptables "$1" "$2")" ]; then return; fi
	note_new_chains "$tool"
	if [ "$VERB" = print ]; then
		echo "$tool-restore --noflush <<EOF"
		restore_lines "$wanted"
		echo EOF
	else
		restore_lines "$wanted" | "$tool-restore" -w 5 --noflush
	fi
	lines "$wanted" | while read -r _ _ table verb hook _ chain; do
		[ "$verb" = -I ] || continue
		[ "$VERB" = print ] || "$tool" -w 5 -t "$table" -D "$hook" -j "$chain" 2>/dev/null
		run "$tool" -w 5 -t "$table" -I "$hook" -j "$chain"
	done
}

# restore_lines WANTED prints our chains in the words of iptables-save.
restore_lines() {
	lines "$1" | awk '
		$4 != "-A" { next }
		$3 != table { if (table != "") print "COMMIT"; table = $3; print "*" table }
		!seen[$3, $5]++ { print ":" $5 " - [0:0]" }
		{ line = $0; sub(/^firewall [^ ]* [^ ]* /, "", line); print line }
		END { if (table != "") print "COMMIT" }'
}

# note_new_chains remembers which of iptables' own chains did not exist before us:
# over nf_tables they are made by the first rule and stay when it goes. Only nft can
# tell; where it is missing the empty chains stay, and do nothing.
note_new_chains() {
	[ "$VERB" = apply ] && nft_works || return 0
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

remove_iptables() {
	tool=$(twin "$1" "$2")
	hooks | while read -r table hook; do
		"$tool" -w 5 -t "$table" -S "$CHAIN-$hook" >/dev/null 2>&1 || continue
		"$tool" -w 5 -t "$table" -D "$hook" -j "$CHAIN-$hook" 2>/dev/null
		"$tool" -w 5 -t "$table" -F "$CHAIN-$hook"
		"$tool" -w 5 -t "$table" -X "$CHAIN-$hook"
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

# nft_lines prints the table named in the arguments' command, one line a rule, in the
# spelling of this host's nft.
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

apply_nft() {
	[ "$(wanted_nft)" != "$(actual_nft)" ] || return 0
	if [ "$VERB" = print ]; then
		nft_table
		return
	fi
	{
		echo "table $NFT_TABLE"
		echo "delete table $NFT_TABLE"
		nft_table
	} | nft -f -
	nft list chains 2>/dev/null | awk '
		$1 == "table" { table = $2 " " $3 }
		/hook forward/ && /policy drop/ { print "setup.sh: " table " drops what it does not know: it has to accept tailscale0 itself" }' >&2
}

wanted_firewall() {
	for tool in $(firewall); do
		if [ "$tool" = nft ]; then
			wanted_nft
		else
			for f in $FAMILIES; do iptables_lines "$tool" "$f"; done
		fi
	done
}

actual_firewall() {
	for tool in $(firewall); do
		if [ "$tool" = nft ]; then
			actual_nft
		else
			for f in $FAMILIES; do actual_iptables "$tool" "$f"; done
		fi
	done
}

apply_firewall() {
	tools=$(firewall)
	[ -n "$tools" ] || die 'neither iptables nor nft works here: install one of them'
	for tool in $tools; do
		if [ "$tool" = nft ]; then
			apply_nft
		else
			for f in $FAMILIES; do apply_iptables "$tool" "$f"; done
		fi
	done
}

remove_firewall() {
	for tool in $(iptables_tools); do
		for f in $FAMILIES; do remove_iptables "$tool" "$f"; done
	done
	remove_new_chains
	if nft_works; then
		# shellcheck disable=SC2086 # family and name
		nft delete table $NFT_TABLE 2>/dev/null
	fi
}

# --- the four verbs ---

wanted() {
	rules
	routes
	wanted_sysctls
	wanted_firewall
}

actual() {
	actual_rules
	actual_routes
	actual_sysctls
	actual_firewall
}

check() {
	want=$(wanted)
	have=$(actual)
	missing=$(without "$want" "$have")
	extra=$(without "$have" "$want")
	[ -z "$missing" ] || printf '%s\n' "$missing" | sed 's/^/missing: /'
	[ -z "$extra" ] || printf '%s\n' "$extra" | sed 's/^/extra: /'
	[ -z "$missing$extra" ]
}

# apply adds before it deletes, so that nothing falls through in between.
apply() {
	[ "$VERB" = print ] || save_sysctls
	want=$(rules)
	have=$(actual_rules)
	want_routes=$(routes)
	have_routes=$(actual_routes)
	{
		without "$want_routes" "$have_routes" | sed 's/^route \([46]\) \([0-9]*\) \(.*\)/\1 route replace \3 table \2/'
		without "$want" "$have" | sed 's/^rule \([46]\) \([0-9]*\):/\1 rule add priority \2/'
		without "$have" "$want" | sed 's/^rule \([46]\) \([0-9]*\):/\1 rule del priority \2/'
		without "$have_routes" "$want_routes" | sed 's/^route \([46]\) \([0-9]*\) .*/\1 route flush table \2/'
	} | batch
	without "$(wanted_sysctls)" "$(actual_sysctls)" | while read -r _ path value; do
		write_sysctl "$path" "$value"
	done
	apply_firewall
}

remove() {
	{
		actual_rules | sed 's/^rule \([46]\) \([0-9]*\):/\1 rule del priority \2/'
		{
			actual_routes
			routes
		} | sed 's/^route \([46]\) \([0-9]*\) .*/\1 route flush table \2/'
	} | batch 2>/dev/null
	# The watch's.
	for f in $FAMILIES; do
		for priority in 5175 5190; do
			while ip -"$f" rule del priority "$priority" 2>/dev/null; do :; done
		done
	done
	remove_firewall
	restore_sysctls
	rmdir "$STATE" "${STATE%/*}" 2>/dev/null
	return 0
}

case $VERB in
apply | remove | check | print) ;;
*)
	say 'usage: HOST_IP=<InternalIP of this host> setup.sh apply|remove|check|print'
	exit 2
	;;
esac
[ -n "${HOST_IP:-}" ] || die 'HOST_IP is not set: the InternalIP of this host'
command -v ip >/dev/null || die 'iproute2 is not installed'
if [ "$VERB" != remove ] && ! ip -o address show to "$HOST_IP" 2>/dev/null | grep -q .; then
	die "HOST_IP $HOST_IP is no address of this host"
fi
look
case $VERB in
apply)
	# The watch asks twice a minute, and nearly always nothing is to be done.
	if ! check >/dev/null; then
		apply
		check || die 'not everything could be applied'
	fi
	;;
print) apply ;;
remove) remove ;;
check) check ;;
esac
