# The logic is in `go test`; these are the names people type.
GO ?= go

.PHONY: build test golden netns

build:
	$(GO) build -trimpath -o bin/kustomize-hybrid ./cmd/kustomize-hybrid

test:
	$(GO) test ./...

# Rewrites every golden file and scripted conversation; read the diff.
golden:
	UPDATE_GOLDEN=1 $(GO) test ./...

# The host scripts on this kernel, in network namespaces: root, iproute2, nft, iptables.
netns:
	$(GO) test -tags netns -count=1 -run 'Setup|Routes|Watch' ./pkg/render
