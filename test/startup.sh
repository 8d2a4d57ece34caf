#!/bin/sh
# What a call of the function costs: the program as a KRM function on the example,
# beside an empty Go program; and `kustomize build` with it, beside a build of the
# same objects without it. Medians of one run; quote the ratios, not the times.
set -eu
: "${GO:=go}"
command -v hyperfine >/dev/null || { echo "hyperfine is missing: apt-get install hyperfine"; exit 1; }
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/empty"
printf 'package main\n\nfunc main() {}\n' >"$work/empty/main.go"
(cd "$work/empty" && $GO mod init empty >/dev/null 2>&1 && $GO build -o ../empty-go .)
{
	printf 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n'
	grep -v '^#' examples/regional-gateway/topology.yaml | sed 's/^/  /'
} >"$work/list.yaml"
PATH=$root/bin:$PATH
export PATH
hyperfine --warmup 5 --runs 50 --export-csv "$work/function.csv" \
	"$work/empty-go <$work/list.yaml" "$root/bin/kustomize-hybrid <$work/list.yaml" >/dev/null
kustomize-hybrid render examples/regional-gateway/topology.yaml -o "$work/tree" >/dev/null
hyperfine -N --warmup 3 --runs 30 --export-csv "$work/build.csv" \
	"$root/bin/kustomize build $work/tree" \
	"$root/bin/kustomize build --enable-alpha-plugins --enable-exec $root/overlays/generator" >/dev/null
# Columns: command, mean, stddev, median, …
report() {
	awk -F, -v what="$1" -v base="$2" 'NR == 2 { b = $4 } NR == 3 { printf "%s: %.1f ms, %.2fx of %s (%.1f ms)\n", what, 1000 * $4, $4 / b, base, 1000 * b }' "$3"
}
report "the function on the example" "an empty Go program" "$work/function.csv"
report "kustomize build with the function" "the same objects as plain files" "$work/build.csv"
