package facts

// Annotations by which an object tells a GitOps controller to leave it alone.
const (
	// FluxSubstitute keeps Flux's postBuild substitution out of an object, with the value
	// Disabled: it takes every ${…} for a variable of its own, those of shell scripts, too
	// (fluxcd/pkg kustomize v1.41.0, kustomize_varsub.go).
	FluxSubstitute = "kustomize.toolkit.fluxcd.io/substitute"
	// FluxPrune keeps Flux from deleting an object that its source no longer has, or together
	// with its Kustomization, with the value Disabled (kustomize-controller v1.10.1,
	// docs/spec/v1/kustomizations.md: "Garbage collection").
	FluxPrune = "kustomize.toolkit.fluxcd.io/prune"
	Disabled  = "disabled"
	// ArgoSyncOptions with ArgoKeep is the same for Argo CD: the first word is about an object
	// that left the source, the second about an Application that is deleted (argo-cd v3.5.7,
	// docs/user-guide/sync-options.md).
	ArgoSyncOptions = "argocd.argoproj.io/sync-options"
	ArgoKeep        = "Prune=false,Delete=false"
)
