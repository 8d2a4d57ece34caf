package provider

import "github.com/kustomize-hybrid/kustomize-hybrid/schema"

// OnPremises is a data centre of the user's own.
func (providers) OnPremises() Provider { return ownNetwork(schema.ProviderOnPremises, "on-premises") }
