#!/bin/sh
# Builds a snapshot of the commit twice and compares the checksums: snapshot.sh GORELEASER
set -eu
goreleaser=$(realpath "$1")
cd "$(dirname "$0")/.."
for i in 1 2; do
	"$goreleaser" release --snapshot --clean --skip sbom,publish
	cp dist/SHA256SUMS "bin/SHA256SUMS.$i"
done
cmp bin/SHA256SUMS.1 bin/SHA256SUMS.2
echo "two snapshots, the same bytes: $(wc -l <bin/SHA256SUMS.1) files"
