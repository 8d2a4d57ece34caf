package cluster

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"

// literal is on whatever holds a dollar sign: what a controller puts in the place of ${…}
// would leave a script that no shell reads.
func literal() map[string]string {
	return map[string]string{facts.FluxSubstitute: facts.Disabled}
}

// kept is on gateways' states, and on the namespace, whose end would be theirs. A gateway
// without its state is a new device: a new address, and routes that nobody has approved.
func kept() map[string]string {
	return map[string]string{facts.FluxPrune: facts.Disabled, facts.ArgoSyncOptions: facts.ArgoKeep}
}
