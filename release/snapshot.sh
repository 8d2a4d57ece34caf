#!/bin/sh
# Two snapshots of the commit by GoReleaser, in clones at two places, into DIR/1 and DIR/2:
#
#   release/snapshot.sh GORELEASER DIR [OS/ARCH]     all that are released, when the last is left out
#
# A snapshot has the archives, packages, checksums and SBOMs of a release, and a version made of the
# commit. It publishes nothing; the provenance and the image are the workflow's, not GoReleaser's.
set -eu
goreleaser=$(realpath "$1")
rm -rf "${2:?}"
mkdir -p "$2"
dir=$(realpath "$2")
cd "$(dirname "$0")/.."
commit=$(git rev-parse HEAD)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
config=.goreleaser.yaml
if [ $# -gt 2 ]; then
	config=$work/one.yaml # beside the clones, which stay clean: Go writes down whether they are
	sed "s|^    goos: .*|    goos: [${3%/*}]|; s|^    goarch: .*|    goarch: [${3#*/}]|" .goreleaser.yaml >"$config"
fi
for i in 1 2; do
	git clone --quiet --no-hardlinks . "$work/$i"
	git -C "$work/$i" checkout --quiet "$commit"
	(cd "$work/$i" && "$goreleaser" release --snapshot --clean --config "$config")
	mv "$work/$i/dist" "$dir/$i"
done
