#!/bin/sh
# Runs every fuzz target of the module, one after another, for FUZZTIME each: a time (10s) or a
# number of runs (2000x). With a time, go test sometimes fails with "context deadline exceeded" where
# nothing is wrong (golang/go issue 75804), so what must not fail by chance counts runs.
set -eu
: "${GO:=go}" "${FUZZTIME:=10s}"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
# shellcheck disable=SC2016 # a Go template
$GO list -f '{{$dir := .Dir}}{{range .TestGoFiles}}{{$dir}}/{{.}}
{{end}}{{range .XTestGoFiles}}{{$dir}}/{{.}}
{{end}}' ./... | while read -r file; do
	if [ -n "$file" ]; then
		sed -n "s|^func \(Fuzz[A-Za-z0-9_]*\)(.*|${file%/*} \1|p" "$file"
	fi
done >"$list"
[ -s "$list" ] || {
	echo "no fuzz target was found"
	exit 1
}
while read -r dir target; do
	echo "$target in ${dir##*/} for $FUZZTIME"
	(cd "$dir" && $GO test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 100x . </dev/null)
done <"$list"
