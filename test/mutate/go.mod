module github.com/kustomize-hybrid/kustomize-hybrid/test/mutate

go 1.26.0
