#!/bin/sh
# The share of statements that `make test` runs, by package: a statement counts as soon as the tests
# of any package run it. Packages that hold nothing but tests, or helpers of tests, are left out.
# GO says which go, COVER_FLAGS adds flags of `go test`.
set -eu
cd "$(dirname "$0")/.."
mkdir -p bin
# shellcheck disable=SC2086 # flags are several words
${GO:-go} test ${COVER_FLAGS:-} -coverpkg=./... -coverprofile=bin/cover.out ./... >bin/cover.log || {
	cat bin/cover.log
	exit 1
}
module=$(${GO:-go} list -m)
# A block stands in the profile once for each test binary that links its package.
awk -v module="$module" '
NR > 1 {
	block = $1
	statements[block] = $2
	if ($3 > 0) ran[block] = 1
}
END {
	for (block in statements) {
		name = block
		sub(/\/[^\/]*$/, "", name)
		name = name == module ? "." : substr(name, length(module) + 2)
		all[name] += statements[block]
		total += statements[block]
		if (block in ran) {
			hit[name] += statements[block]
			totalhit += statements[block]
		}
	}
	for (name in all)
		if (name !~ /test$/ && name !~ /^test\//)
			printf "%-40s %6d of %6d  %5.1f %%\n", name, hit[name], all[name], 100 * hit[name] / all[name] | "sort"
	close("sort")
	printf "%-40s %6d of %6d  %5.1f %%\n", "all", totalhit, total, 100 * totalhit / total
}' bin/cover.out
