// Package facts holds what other parties keep and do: providers of networks, network
// plugins, distributions, control servers, and the components that every gateway has.
// Each stands in a file of its own, each datum with its source, or with the reason why
// nothing is known.
//
// Start with Provider, Plugin and Distribution: code asks them and never compares a name.
// A decision is not taken here.
package facts

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/plugin"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Provider is who runs a region's network. One that is not written down has reasons in
// the place of facts. Callers leave it alone, and what is below it: it is everybody's.
func Provider(name string) *provider.Provider { return provider.Of(name) }

// Providers lists those that are written down, in the alphabet of their names.
func Providers() []provider.Provider { return provider.All() }

// WithController is the provider whose cloud controller manager has that name, if any.
func WithController(name schema.CloudController) (*provider.Provider, bool) {
	return provider.WithController(name)
}

// Plugin is a network plugin. A type that is not written down is that of any other one.
// Callers leave it alone, and what is below it: it is everybody's.
func Plugin(t schema.CNIType) *plugin.Plugin { return plugin.Of(t) }

// Plugins lists all of them, in the alphabet of their types.
func Plugins() []plugin.Plugin { return plugin.All() }

// FirstPlugin is the plugin for somebody who has none yet.
func FirstPlugin() plugin.Plugin { return plugin.First() }

// FirstProvider is the provider for somebody who names none: nobody's cloud.
func FirstProvider() provider.Provider { return *provider.Of(schema.ProviderBareMetal) }

// Distribution is what installed a cluster; the empty name is kubeadm's.
func Distribution(name schema.Distribution) distribution.Distribution { return distribution.Of(name) }

// Distributions lists all of them, in the alphabet of their names.
func Distributions() []distribution.Distribution { return distribution.All() }

// Component is a program, or a standard, that keeps something wherever a cluster is.
type Component struct {
	// Title is how messages call it.
	Title string
	// Ranges are what it keeps.
	Ranges fact.Datum[[]fact.Range]
	// Marks are the parts of the firewall mark that it uses; see Plugin.Marks.
	Marks fact.Datum[[]fact.Mark]
}
