# Functions about addresses and prefixes of both families, for the files that are read
# after this one (awk -f prefix.awk -f ...). It does nothing by itself.

# digits ADDRESS is the address in hexadecimal: 8 or 32 digits.
function digits(address,   part, n, i, tail, m, out) {
	if (address !~ /:/) {
		split(address, part, ".")
		return sprintf("%02x%02x%02x%02x", part[1], part[2], part[3], part[4])
	}
	address = tolower(address)
	tail = ""
	if (i = index(address, "::")) {
		m = split(substr(address, i + 2), part, ":")
		for (n = 1; n <= m; n++) tail = tail group(part[n])
		address = substr(address, 1, i - 1)
	}
	out = ""
	n = split(address, part, ":")
	for (i = 1; i <= n; i++) out = out group(part[i])
	while (length(out) + length(tail) < 32) out = out "0000"
	return out tail
}

function group(word) { return substr("0000" word, length(word) + 1) }

# address_of and bits_of take a prefix apart; a single address is a prefix, too.
function address_of(prefix) {
	sub("/.*", "", prefix)
	return prefix
}

function bits_of(prefix,   slash) {
	slash = index(prefix, "/")
	if (slash) return substr(prefix, slash + 1) + 0
	return prefix ~ /:/ ? 128 : 32
}

# within A B reports whether all addresses of A are in B.
function within(a, b,   bits, nibbles, rest, x, y) {
	if ((a ~ /:/) != (b ~ /:/)) return 0
	bits = bits_of(b)
	if (bits_of(a) < bits) return 0
	x = digits(address_of(a))
	y = digits(address_of(b))
	nibbles = int(bits / 4)
	if (substr(x, 1, nibbles) != substr(y, 1, nibbles)) return 0
	rest = 16 # no power of: busybox may be built without
	for (bits = bits % 4; bits > 0; bits--) rest /= 2
	return int(nibble(x, nibbles + 1) / rest) == int(nibble(y, nibbles + 1) / rest)
}

function nibble(hex, place) { return index("0123456789abcdef", substr(hex, place, 1)) - 1 }

# overlap A B reports whether any address is in both.
function overlap(a, b) { return within(a, b) || within(b, a) }
