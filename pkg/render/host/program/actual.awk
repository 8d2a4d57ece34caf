# What gateway-setup.sh finds on the host, in the words of wanted.awk. After numbers.awk.
# Reads, each after a line that says what follows,
#   rules FAMILY                `ip rule show`
#   routes FAMILY               `ip route show table all proto 154`
#   old FAMILY                  `ip route show table all type unreachable`
#   firewall COMMAND TABLE      `COMMAND -t TABLE -S`
# What the watch keeps is not among it: its routes lead somewhere, its rules are 5175
# and 5190; with -v all=1 those rules are, too.

$1 == "rules" || $1 == "routes" || $1 == "old" || $1 == "firewall" && NF == 3 {
	what = $1
	family = tool = $2
	table = $3
	split("", first)
	next
}
what == "rules" && is_ours($1 + 0) && $1 ~ /:$/ {
	$1 = $1
	print "rule " family " " $0
}
what == "routes" && ($1 == "unreachable" || $1 == "blackhole") { print "route " family " " word_after("table") " " $1 " " $2 }
# A table of ours once ended in this route, and any rule that comes to it now would
# refuse all that this host sends. Only ours has the metric.
what == "old" && $2 == "default" && word_after("table") + 0 >= FIRST && word_after("metric") == 4278198272 {
	print "route " family " " word_after("table") " unreachable default metric 4278198272"
}
what == "firewall" && $1 == "-A" {
	hook = $2
	if (index(hook, "KUSTOMIZE-HYBRID-") == 1) print "firewall " tool " " table " " $0
	else if (!first[hook]++ && $0 == "-A " hook " -j KUSTOMIZE-HYBRID-" hook) print "firewall " tool " " table " -I " hook " -j KUSTOMIZE-HYBRID-" hook
}

function is_ours(priority) {
	if (priority == MUTE || priority == REFUSE) return all
	return priority == NO_NESTING || priority == NO_BURYING || priority == HOME || priority >= WAY && priority <= CLOSED_HOST || priority == OVERLAY || priority == MARKED
}

function word_after(word,   i) {
	for (i = 2; i < NF; i++) if ($i == word) return $(i + 1)
	return ""
}
