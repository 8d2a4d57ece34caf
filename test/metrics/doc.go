// Package metrics holds the alerts and the dashboard of overlays/components against Prometheus: its own
// parser reads them, its own engine says when each fires, and the metrics and labels that they ask for
// are those of tailscaled's source, at both versions that the lab runs.
//
// It is a module of its own so that the generator does not depend on Prometheus.
package metrics
