#!/bin/sh
# The manual page and the completions, by the program itself, into release/pages.
set -eu
cd "$(dirname "$0")/.."
mkdir -p release/pages
CGO_ENABLED=0 go build -trimpath -o release/pages/program ./cmd/kustomize-hybrid
release/pages/program man >release/pages/kustomize-hybrid.1
for shell in bash zsh fish; do
	release/pages/program completion "$shell" >"release/pages/kustomize-hybrid.$shell"
done
rm release/pages/program
