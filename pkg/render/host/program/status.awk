# Turns `tailscale status --json` into lines:
#   backend STATE
#   self|peer HOSTNAME ONLINE TAILNET_IPS CURRENT_ADDRESS ALLOWED PRIMARY
# with commas between the items of a list and - for nothing. The tailscale image has no
# JSON tool.

# Most lines of a peer say what nobody here asks for: only those that open, close or
# name what is looked for are taken apart.
/^[ \t]*"[A-Za-z]+": [^][{}]*,?$/ && !/^[ \t]*"(BackendState|HostName|Online|CurAddr)":/ { next }
{
	rest = $0
	while (match(rest, /"([^"\\]|\\.)*"|[][{}:,]|[^][{}:," \t\r]+/)) {
		word = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		token(word)
	}
}

function put(field, v) {
	if (field == "HostName" || field == "Online" || field == "CurAddr") got[field] = v
	else if (field == "TailscaleIPs" || field == "AllowedIPs" || field == "PrimaryRoutes")
		got[field] = got[field] (got[field] == "" ? "" : ",") v
}

function shown(field) {
	gsub(/[ \t]/, "-", got[field])
	return got[field] == "" ? "-" : got[field]
}

function scalar(v) {
	if (depth == 1 && key[1] == "BackendState") print "backend " v
	else if (depth == node) put(key[depth], v)
	else if (depth == node + 1 && list[depth]) put(key[node], v)
}

function token(t) {
	if (t == "{" || t == "[") {
		depth++
		list[depth] = (t == "[")
		key[depth] = ""
		value = list[depth]
		if (depth == 2 && key[1] == "Self" || depth == 3 && key[1] == "Peer") {
			node = depth
			split("", got)
		}
	} else if (t == "}" || t == "]") {
		if (depth == node) {
			print (node == 2 ? "self" : "peer"), shown("HostName"), shown("Online"), shown("TailscaleIPs"), shown("CurAddr"), shown("AllowedIPs"), shown("PrimaryRoutes")
			node = 0
		}
		depth--
	} else if (t == ":") value = 1
	else if (t == ",") value = list[depth]
	else {
		gsub(/^"|"$/, "", t)
		if (value) {
			if (t != "null") scalar(t)
		} else key[depth] = t
	}
}
