#!/bin/sh
# Asks whether regions reach each other, from pods in all of them, and prints one table.
#
#   verify.sh serve     answers the other pods, for ever
#   verify.sh reply     answers one request, on standard input and output
#   verify.sh probe     asks every pod and Service of the tables, prints a line for each answer
#   verify.sh collect   reads these lines from all pods' logs and prints the table: 1 where a cell failed
#
# It needs what busybox has in Alpine and in Debian alike, and no rights on its node. It writes
# into the directory that it runs in, and nowhere else.
#
# Written by kustomize-hybrid: change the topology, not this file.
set -u

FORMAT='kustomize-hybrid verify 1'
DIR=${0%/*}
: "${TABLES:=$DIR/tables}" "${ACCOUNT:=/var/run/secrets/kubernetes.io/serviceaccount}" "${RESOLV:=/etc/resolv.conf}"
# Seconds: what an answer may take, and a large one; what pods may take to start, and all of them to be asked; what
# Services may take to reach every node; between two looks.
: "${PATIENCE:=5}" "${LARGE_PATIENCE:=15}" "${STARTED:=240}" "${ASKED:=540}" "${SETTLE:=10}" "${LOOK:=3}"
# What a pod is told by its manifest.
: "${POD:=}" "${REGION:=}" "${ADDRESSES:=}"
# Enough for windows of full packets, and little for every pair of pods.
SIZE=262144
CR=$(printf '\r')

die() {
	echo "verify.sh: $*" >&2
	exit 2
}

# table WORD prints what the tables say of it, a line each, without the word.
table() { sed -n "s/^$1 //p" "$TABLES"; }

read_tables() {
	[ -r "$TABLES" ] || die "there are no tables in $TABLES"
	read -r first <"$TABLES"
	[ "$first" = "$FORMAT" ] || die "$TABLES begins with '$first', and this program reads '$FORMAT'"
	PORT=$(table port)
	KUBELET=$(table kubelet)
	NAMESPACE=$(table namespace)
}

# == who answers ==

# serve needs no web server, because Alpine's busybox has none. With -ll, nc takes one connection after
# the other, and answers each in a process of its own.
serve() { exec nc -ll -p "$PORT" -e /bin/sh "$0" reply; }

# reply reads the whole request: a connection that is closed with something unread is reset.
reply() {
	read -r _ path _
	while read -r line && [ -n "${line%"$CR"}" ]; do :; done
	case $path in
	/) answer "$POD $REGION" ;;
	/large)
		head_of "$SIZE"
		head -c "$SIZE" /dev/zero | tr '\0' x
		;;
	/learned/*) answer "$(learned "${path#/learned/}")" ;;
	*) printf 'HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' ;;
	esac
}

head_of() { printf 'HTTP/1.0 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' "$1"; }

answer() {
	head_of "${#1}"
	printf '%s' "$1"
}

# learned ADDRESS prints how large packets to it may be, where this pod has been told by ICMP: the kernel keeps it with
# the route, for a time.
learned() {
	case $1 in *[!0-9a-fA-F:.]*) return ;; esac
	ip route get "$1" 2>/dev/null | tr '\n' ' ' | sed -n '/ expires /s/.* mtu \([0-9]*\).*/\1/p'
}

# == what the API server says ==

# api PATH asks the API server at its Service. wget checks the certificate against the authorities of the image, where
# it checks one; the cluster's own is mounted in their place. An IPv6 address is nothing that it can check.
api() {
	host=$KUBERNETES_SERVICE_HOST
	case $host in *:*) host=kubernetes.default.svc ;; esac
	timeout "$LARGE_PATIENCE" wget -q -Y off -O - --header "Authorization: Bearer $(cat "$ACCOUNT/token")" \
		"https://$host:$KUBERNETES_SERVICE_PORT$1"
}

# in_namespace PATH is the same for what belongs to this namespace.
in_namespace() { api "/api/v1/namespaces/$NAMESPACE/$1"; }

list_pods() {
	in_namespace 'pods?pretty=true&labelSelector=kustomize-hybrid.dev%2Frole' >pods.json 2>pods.err &&
		grep -q '"kind": "PodList"' pods.json && awk -f "$DIR/pods.awk" pods.json >pods.new && mv pods.new pods.list
}

list_services() {
	in_namespace 'services?pretty=true&labelSelector=kustomize-hybrid.dev%2Fregion' >services.json 2>/dev/null &&
		awk -f "$DIR/services.awk" services.json >services.list
}

# awaited prints the regions and roles that lack a pod which may still start.
awaited() {
	table pods | while read -r region role count; do
		there=$(awk -v region="$region" -v role="$role" '
			$2 == region && $3 == role && ($5 == "ready" || $5 == "unschedulable") { n++ } END { print n + 0 }' pods.list)
		[ "$there" -ge "$count" ] || echo "$region $role"
	done
}

# == who asks ==

family() { case $1 in *:*) echo IPv6 ;; *) echo IPv4 ;; esac; }

# of FAMILY LIST prints the addresses of a list with commas that are of the family.
of() {
	for a in $(echo "$2" | tr ',' ' '); do
		[ "$a" = - ] || [ "$(family "$a")" != "$1" ] || echo "$a"
	done
}

in_url() { case $1 in *:*) echo "[$1]" ;; *) echo "$1" ;; esac; }

# families REGION WHAT prints those that a region has for its pods, or its nodes.
families() { table families | awk -v region="$1" -v what="$2" '$1 == region && $2 == what { for (i = 3; i <= NF; i++) print $i }'; }

# common REGION WHAT prints the families in which this pod can ask for that.
common() {
	for f in $(families "$REGION" pods); do
		families "$1" "$2" | grep -x "$f"
	done
}

# fetch SECONDS URL prints the answer, or why there is none.
fetch() {
	out=$(timeout "$1" wget -q -Y off -O - "$2" 2>&1)
	code=$?
	[ "$code" -lt 124 ] || out="no answer within $1 s"
	printf '%s' "$out"
	return "$code"
}

# said FAMILY KIND REGION POD VERDICT DETAIL prints an answer for the one who collects.
said() { printf 'cell %s %s %s %s %s %s %s %s\n' "$REGION" "$POD" "$1" "$2" "$3" "$4" "$5" "$(printf '%s' "$6" | tr '\r\n' '  ')"; }

# same FAMILY KIND REGION POD URL WANTED asks three times, each from another port: where one of two ways is dead, one
# question alone may take the other. Who answers must be who was asked, and no namesake elsewhere.
same() {
	for _ in 1 2 3; do
		if ! got=$(fetch "$PATIENCE" "$5"); then
			said "$1" "$2" "$3" "$4" FAIL "$5: $got"
			return
		fi
		case $got in
		*"$6") ;;
		*)
			said "$1" "$2" "$3" "$4" FAIL "$5 was answered by another: '$got'"
			return
			;;
		esac
	done
	said "$1" "$2" "$3" "$4" ok "$5"
}

# probe_pod NAME REGION NODE ADDRESSES HOSTS asks a pod and its node.
probe_pod() {
	for f in $(common "$2" pods); do
		to=$(of "$f" "$4" | head -n 1)
		if [ -z "$to" ]; then
			said "$f" POD "$2" "$1" FAIL "the pod has no $f address, only $4"
			continue
		fi
		same "$f" POD "$2" "$1" "http://$(in_url "$to"):$PORT/" "$1 $2"
		probe_large "$f" "$2" "$1" "http://$(in_url "$to"):$PORT"
	done
	for f in $(common "$2" nodes); do
		to=$(of "$f" "$5" | head -n 1)
		if [ -z "$to" ]; then
			said "$f" NODE "$2" "$1" FAIL "node $3 has no $f address, only $5"
		elif timeout "$((PATIENCE + 1))" nc -w "$PATIENCE" "$to" "$KUBELET" </dev/null >/dev/null 2>&1; then
			said "$f" NODE "$2" "$1" ok "node $3 at $to:$KUBELET"
		else
			said "$f" NODE "$2" "$1" FAIL "node $3 does not answer at $to:$KUBELET"
		fi
	done
}

# probe_large FAMILY REGION POD URL has full packets sent. They must arrive, and without a message by ICMP that tells
# the sender to make them smaller: where ICMP is dropped, such a connection hangs.
probe_large() {
	got=$(timeout "$LARGE_PATIENCE" wget -q -Y off -O - "$4/large" 2>/dev/null | wc -c)
	if [ "$got" -ne "$SIZE" ]; then
		said "$1" LARGE "$2" "$3" FAIL "$4/large: $((got)) of $SIZE bytes within $LARGE_PATIENCE s"
		return
	fi
	me=$(of "$1" "$ADDRESSES" | head -n 1)
	learned=$(fetch "$PATIENCE" "$4/learned/$me") || learned=
	case $learned in
	'' | *[!0-9]*) said "$1" LARGE "$2" "$3" ok "$((got)) bytes" ;;
	*) said "$1" LARGE "$2" "$3" FAIL "$4/large arrived after ICMP had told pod $3 to send packets of $learned bytes to $me" ;;
	esac
}

# probe_service REGION ADDRESSES asks the region's Service, by its address and by its name.
probe_service() {
	name=$(table service | sed -n "s/^$1 //p").$NAMESPACE.svc.$DOMAIN
	for f in $(table services); do
		common "$1" pods | grep -qx "$f" || continue
		to=$(of "$f" "$2" | head -n 1)
		if [ -n "$to" ]; then
			same "$f" SERVICE "$1" - "http://$(in_url "$to"):$PORT/" " $1"
		elif [ "$2" != - ]; then
			said "$f" SERVICE "$1" - FAIL "the Service has no $f address, only $2"
		fi
		probe_name "$f" "$1" "$name" "$to"
	done
}

# probe_name FAMILY REGION NAME ADDRESS: the name must be that address, where the address is known. What is fetched by
# the name goes to the family that the image's resolver prefers.
probe_name() {
	type=a
	[ "$1" = IPv4 ] || type=aaaa
	if ! found=$(timeout "$((PATIENCE * 2))" nslookup -type=$type "$3" 2>&1); then
		said "$1" DNS "$2" - FAIL "$3: $(echo "$found" | grep . | tail -n 1)"
		return
	fi
	found=$(echo "$found" | awk '/^Name:/ { name = 1 } name && /^Address/ { print $NF; exit }')
	if [ -z "$found" ] || [ -n "$4" ] && [ "$found" != "$4" ]; then
		said "$1" DNS "$2" - FAIL "$3 is '$found' by DNS, and the Service has ${4:-no known address}"
		return
	fi
	same "$1" DNS "$2" - "http://$3:$PORT/" " $2"
}

# in_turn starts what follows it beside what runs, twenty at a time, each with a file of its own.
in_turn() {
	started=$((started + 1))
	"$@" >"answer.$started" 2>&1 &
	[ $((started % 20)) -ne 0 ] || wait
}

# others prints the pods, beginning with the one after this: all ask at the same time, and nc lets no more than three
# connections wait.
others() { awk -v me="$POD" '{ line[NR] = $0; if ($1 == me) at = NR } END { for (i = 0; i < NR; i++) print line[(at + i) % NR + 1] }' pods.list; }

# ask prints what a pod has found. It begins when all are there, or will not be.
ask() {
	DOMAIN=$(sed -n 's/^search .*svc\.\([^ ]*\).*/\1/p' "$RESOLV" | head -n 1)
	: "${DOMAIN:=cluster.local}"
	: >pods.list
	end=$(($(date +%s) + STARTED))
	until list_pods && [ -z "$(awaited)" ] || [ "$(date +%s)" -ge "$end" ]; do sleep "$LOOK"; done
	sleep "$SETTLE"
	list_services || : >services.list
	at=https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT
	if [ -s pods.list ]; then
		said - API - - ok "$at"
	else
		said - API - - FAIL "$at: $(tail -n 1 pods.err)"
	fi
	others >turn.list
	while read -r name region _ node state addresses hosts; do
		[ "$state" != ready ] || in_turn probe_pod "$name" "$region" "$node" "$addresses" "$hosts"
	done <turn.list
	for region in $(table families | cut -d ' ' -f 1 | sort -u); do
		to=$(awk -v region="$region" '$1 == region { print $2 }' services.list)
		in_turn probe_service "$region" "${to:--}"
	done
	wait
	cat answer.*
	rm -f answer.*
}

# probe stays after it has asked, because a log is read from a container that is there.
probe() {
	ask
	echo 'done'
	while :; do sleep 3600; done
}

# == who collects ==

# read_log NAME keeps what the pod has said so far, or why that is not to be had.
read_log() { in_namespace "pods/$1/log?container=probe" >"new.$1" 2>"err.$1" && mv "new.$1" "log.$1"; }

# read_logs reads those of all pods that are ready, and prints the pods that have not said everything.
read_logs() {
	while read -r name _ _ _ state _; do
		[ "$state" != ready ] || in_turn read_log "$name"
	done <pods.list
	wait
	while read -r name _ _ _ state _; do
		[ "$state" != ready ] || grep -qsx 'done' "log.$name" || echo "$name"
	done <pods.list
}

# by_api NAME REGION NODE says what the API server itself reached: the pod's log through its kubelet, and the pod.
by_api() {
	if [ -e "log.$1" ]; then
		said - LOGS "$2" "$1" ok "its log"
	else
		said - LOGS "$2" "$1" FAIL "the log of pod $1 on node $3: $(tail -n 1 "err.$1")"
	fi
	# Below what wget may have to say first.
	got=$(in_namespace "pods/http:$1:$PORT/proxy/" 2>&1 | tail -n 1)
	if [ "$got" = "$1 $2" ]; then
		said - WEBHOOK "$2" "$1" ok "an answer"
	else
		said - WEBHOOK "$2" "$1" FAIL "pod $1 on node $3: $got"
	fi
}

collect() {
	REGION=-
	POD=-
	: >pods.list
	begin=$(date +%s)
	while :; do
		waited=$(($(date +%s) - begin))
		if list_pods && [ -z "$(read_logs)" ]; then
			if [ -z "$(awaited)" ] || [ "$waited" -ge "$STARTED" ]; then
				break
			fi
		fi
		[ "$waited" -lt "$ASKED" ] || break
		sleep "$LOOK"
	done
	[ -s pods.list ] || die "the API server does not list the pods of $NAMESPACE: $(tail -n 1 pods.err)"
	while read -r name region _ node state _; do
		[ "$state" != ready ] || in_turn by_api "$name" "$region" "$node"
	done <pods.list
	wait
	{
		cat "$TABLES"
		while read -r name region role node state _; do
			echo "there $region $role $name $node $state"
		done <pods.list
		cat log.* answer.*
	} >all 2>/dev/null
	awk -f "$DIR/judge.awk" all
}

read_tables
started=0
case ${1:-} in
serve | reply | probe | collect) "$1" ;;
*) die 'one of serve, reply, probe, collect' ;;
esac
