#!/bin/sh
# Runs every fuzz target of the module, one after another, for FUZZTIME each.
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
	(cd "$dir" && $GO test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" . </dev/null)
done <"$list"
