#!/bin/sh
# Runs every fuzz target of the module, one after another, for FUZZTIME each.
set -eu
: "${GO:=go}" "${FUZZTIME:=10s}"
found=0
for dir in $($GO list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' ./...); do
	for target in $(grep -rhoE '^func Fuzz[A-Za-z0-9_]*' "$dir" --include='*_test.go' --exclude-dir=testdata -s --max-count=100 | sed 's/^func //' | sort -u); do
		# A package below dir lists its own targets.
		grep -lE "^func $target\(" "$dir"/*_test.go >/dev/null 2>&1 || continue
		found=$((found + 1))
		echo "$target in ${dir##*/} for $FUZZTIME"
		(cd "$dir" && $GO test -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" .)
	done
done
[ "$found" -gt 0 ] || { echo "no fuzz target was found"; exit 1; }
echo "$found fuzz targets"
