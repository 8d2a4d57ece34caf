# Reads a host's tables and then fleet.tables, and prints what they say with what is
# remote worked out, small tables first:
#
#   region NAME · fleet SUM · setting NAME VALUE · own FAMILY PREFIX
#   local FAMILY TABLE PREFIX node|pod PRIMARY · gateway NAME IPv4|- IPv6|- HEALTH
#   spoofed FAMILY PREFIX · made FAMILY ADDRESS
#   source FAMILY PREFIX
#   buried FAMILY PREFIX    pods of all regions, in one overlay
#   remote FAMILY PREFIX    the fleet's prefixes but for "except" lines, and "remote" lines
#   transit FAMILY PREFIX   remote and source
#
# or one line "error TEXT" and nothing else: what it does not know it refuses, since it
# cannot know what to leave out.

function fail(text) {
	failed = "error " text
	exit
}

# keep adds the line to those of its kind, in their order and each once.
function keep(kind, line) {
	if ((kind, line) in kept) return
	kept[kind, line]
	list[kind, ++count[kind]] = line
}

function show(kind,   i) {
	for (i = 1; i <= count[kind]; i++) print kind " " list[kind, i]
}

BEGIN {
	words["region"] = 2
	words["fleet"] = 2
	words["setting"] = 3
	words["own"] = words["spoofed"] = words["made"] = words["source"] = words["buried"] = words["except"] = words["remote"] = 3
	words["local"] = 6
	words["gateway"] = 5
	settings["netfilter"]
	settings["relay"]
	settings["sourceRoute"]
	settings["handOver"]
	settings["overlay"]
	settings["cni"]
	settings["peerRelay"]
}

# The format lines: each file opens with one.
$1 == "kustomize-hybrid" {
	if ($2 != (section == "" ? "tables" : "fleet") || NF != 3) fail("line " NR ": a " $2 " file is not expected here")
	if ($3 != 1) fail("these are " $2 " of format " $3 "; this program knows format 1: programs and tables are of different versions")
	section = $2
	next
}
section == "" { fail("the first line of tables is not \"kustomize-hybrid tables 1\"") }
NF == 0 || /^#/ { next }

section == "fleet" {
	if ($1 != "prefix" || NF != 3) fail("fleet.tables: unknown line: " $0)
	line = $2 " " $3
	if (!(("except", line) in kept)) keep("remote", line)
	next
}
!($1 in words) || NF != words[$1] || $1 == "setting" && !($2 in settings) { fail("tables: unknown line: " $0) }
{
	line = $2
	for (i = 3; i <= NF; i++) line = line " " $i
	keep($1, line)
}

END {
	if (failed == "" && section != "fleet") failed = "error the first line of fleet.tables is not \"kustomize-hybrid fleet 1\""
	if (failed == "" && !(count["region"] && count["fleet"])) failed = "error tables: no region, or no sum of the fleet"
	if (failed != "") {
		print failed
		exit
	}
	for (i = 1; i <= count["remote"]; i++) keep("transit", list["remote", i])
	for (i = 1; i <= count["source"]; i++) keep("transit", list["source", i])
	n = split("region fleet setting own local gateway spoofed made source buried remote transit", kinds, " ")
	for (i = 1; i <= n; i++) show(kinds[i])
}
