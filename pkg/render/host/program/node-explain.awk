# Says in words where a node sends packets to an address. It reads
#
#   address ADDRESS
#   unwell NAME TIME                  a gateway that is taken out
#
# and a host's tables.

# bits TEXT is an address in binary, 32 or 128 digits; empty for what is not one.
function bits(text,   part, n, i, out, head, tail, groups) {
	if (text !~ /:/) {
		if (split(text, part, ".") != 4) return ""
		for (i = 1; i <= 4; i++) {
			if (part[i] !~ /^[0-9]+$/ || part[i] > 255) return ""
			out = out binary(part[i], 8)
		}
		return out
	}
	if (text !~ /^[0-9a-f:]+$/ || split(text, part, "::") > 2) return ""
	n = split(text, part, "::")
	head = groups_of(part[1])
	tail = n == 2 ? groups_of(part[2]) : ""
	for (groups = length(head tail); groups < 128 && n == 2; groups++) head = head "0"
	return length(head tail) == 128 ? head tail : ""
}

function groups_of(text,   part, n, i, j, value, out) {
	n = split(text, part, ":")
	for (i = 1; i <= n; i++) {
		value = 0
		for (j = 1; j <= length(part[i]); j++) value = value * 16 + index("0123456789abcdef", substr(part[i], j, 1)) - 1
		out = out binary(value, 16)
	}
	return out
}

function binary(value, width,   out) {
	value += 0
	while (width-- > 0) { out = value % 2 out; value = int(value / 2) }
	return out
}

# inside PREFIX reports whether the address lies in it.
function inside(prefix,   part) {
	split(prefix, part, "/")
	return substr(bits(part[1]), 1, size(prefix)) == substr(address, 1, size(prefix))
}

function size(prefix,   part) {
	return split(prefix, part, "/") == 1 ? length(address) : part[2] + 0
}

$1 == "address" { asked = $2; address = bits(tolower($2)); family = length(address) == 128 ? 6 : 4; next }
$1 == "unwell" { out[$2]; next }
$1 == "region" { region = $2; next }
$1 == "gateway" { name[++n] = $2; hop[n, 4] = $3; hop[n, 6] = $4; next }
$1 == "source" && $2 == family && inside($3) { source = $3 }
($1 == "own" || $1 == "remote" || $1 == "transit") && $2 == family && inside($3) {
	if (size($3) > longest) { longest = size($3); kind = $1; prefix = $3 }
}

END {
	if (address == "") { print asked " is not an address"; exit 1 }
	if (kind == "") { print asked " is in no prefix of a region: node-routes.sh has no route to it"; exit }
	if (kind == "own") { print asked " is in " prefix ", which this region (" region ") has itself: node-routes.sh has no route to it"; exit }
	for (i = 1; i <= n; i++) {
		if (hop[i, family] == "-") continue
		all = all (all == "" ? "" : ", ") name[i] " (" hop[i, family] ")" (name[i] in out ? ", which does not answer and is left out" : "")
		if (!(name[i] in out)) ways++
	}
	what = source == prefix ? "where gateways of other regions send from" : "which another region advertises"
	if (all == "") print asked " is in " prefix ", " what ": no gateway has an address of its family, so there is no route"
	else print asked " is in " prefix ", " what ": by " all (ways > 1 ? "; each connection keeps to one of them" : "")
}
