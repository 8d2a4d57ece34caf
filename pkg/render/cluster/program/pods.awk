# Prints a line for each Pod of a list that the API server has indented: name, region, role, node, state, addresses,
# addresses of the node; "-" for what is not there. A field is told by its depth, which is two blanks for each level.
function value() {
	sub(/^[^:]*: "?/, "")
	sub(/"?,?$/, "")
	return $0
}
function or_none(s) { return s == "" ? "-" : s }
function more(list) { return (list == "" ? "" : list ",") value() }

/^    \{/ { name = region = role = node = phase = state = addresses = hosts = host = type = list = "" }
/^        "name": / { name = value() }
/^          "kustomize-hybrid.dev\/region": / && region == "" { region = value() }
/^          "kustomize-hybrid.dev\/role": / && role == "" { role = value() }
/^        "nodeName": / { node = value() }
/^        "phase": / { phase = value() }
/^        "hostIP": / { host = value() }
/^        "[A-Za-z]*": \[/ { list = $1 }
/^        \]/ { list = "" }
/^            "ip": / && list ~ /podIPs/ { addresses = more(addresses) }
/^            "ip": / && list ~ /hostIPs/ { hosts = more(hosts) }
/^            "type": / && list ~ /conditions/ { type = value() }
/^            "status": "True"/ && type == "Ready" { state = "ready" }
/^            "reason": "Unschedulable"/ && type == "PodScheduled" { state = "unschedulable" }
/^    \}/ && name != "" {
	print name, or_none(region), or_none(role), or_none(node), state == "" ? or_none(phase) : state, or_none(addresses), or_none(hosts == "" ? host : hosts)
}
