module github.com/kustomize-hybrid/kustomize-hybrid/test/cluster

go 1.26.0
