# The logic is in `go test`; these are the names people type.
GO ?= go

.PHONY: build test golden

build:
	$(GO) build -trimpath -o bin/kustomize-hybrid ./cmd/kustomize-hybrid

test:
	$(GO) test ./...

# Rewrites every golden file and scripted conversation; read the diff.
golden:
	UPDATE_GOLDEN=1 $(GO) test ./...
