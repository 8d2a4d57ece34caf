#!/usr/bin/env bash
# Plays somebody who has Go, make and git and nothing else: clones this commit, runs the
# README's first command, has a topology of their own made of answers, then takes every example, has it rendered, and asks for the steps
# and the bundle of each of its hosts, by the names that the shell's completion offers.
# Fails where a command of the README fails, where a gateway has no step that a shell can
# read, or where a host has neither a bundle nor a reason why.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "newcomer: $*" >&2
	exit 1
}

git clone -q . "$work/clone"
cd "$work/clone"
first=$(grep -m 1 -x 'make run.*' README.md) || fail 'the README begins with no command'
first=${first%%#*}
echo "== $first"
$first
[ -s out/STEPS.md ] || fail "$first leaves no out/STEPS.md"
echo "newcomer: ${SECONDS}s from the clone to a rendered tree"
echo '== init, validate, render, steps'
test/path.sh
export PATH=$PWD/bin:$PATH

# offered FLAG COMMAND FILE prints what completion offers for a flag.
offered() { kustomize-hybrid __complete "$2" "$3" "$1" '' 2>/dev/null | sed '/^:/d'; }

# bundled NAME FLAG VALUE FILE asks for a bundle, and takes a reason for an answer.
bundled() {
	local about
	if about=$(kustomize-hybrid bundle "$4" "$2" "$3" -o "$work/bundle" 2>&1); then
		sh -n "$work/bundle/install.sh" || fail "$1: install.sh of $3 is no script"
		rm -r "$work/bundle"
	elif [[ $about != *' has no bundle: '* ]]; then
		fail "$1: $about"
	fi
	about=${about#kustomize-hybrid: }
	echo "  $3: ${about%%$'\n'*}"
}

hosts=0
for topology in examples/*/topology.yaml; do
	name=$(basename "$(dirname "$topology")")
	echo "== $name"
	kustomize-hybrid validate "$topology"
	kustomize-hybrid render "$topology" -o "$work/$name" >/dev/null
	gateways=$(offered --host steps "$topology")
	[ -n "$gateways" ] || fail "$name: completion offers no host"
	for host in $gateways; do
		kustomize-hybrid steps "$topology" --host "$host" >"$work/steps"
		count=$(grep -c '^### ' "$work/steps") || fail "$name: nothing is done on $host"
		awk '/^```/ { inside = !inside; next } inside' "$work/steps" | sh -n || fail "$name: the steps of $host are no shell commands"
		grep '^### ' "$work/steps" | while read -r step; do
			grep -qxF "$step" "$work/$name/STEPS.md" || fail "$name: STEPS.md has no '$step'"
		done
		echo "  $host: $count steps"
		bundled "$name" --host "$host" "$topology"
		hosts=$((hosts + 1))
	done
	for region in $(offered --nodes-of bundle "$topology"); do bundled "$name" --nodes-of "$region" "$topology"; done
done
echo "newcomer: $hosts hosts"
