package render

import (
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestStrategyAdvice(t *testing.T) {
	gcp := func(s *schema.Spec) {
		s.Regions[0].Provider, s.Regions[0].Network.GCP = schema.ProviderGCP, schema.GCPNetwork{Project: "p", Name: "n"}
	}
	newer := func(s *schema.Spec) { s.Tailnet.TailscaleVersion = "1.98.0" }
	static := func(s *schema.Spec) { s.Regions[0].Gateways.Mode = schema.ModeStaticPod }
	chosen := func(h schema.HAStrategy) func(*schema.Spec) {
		return func(s *schema.Spec) { s.Regions[0].Gateways.HA.Strategy = h }
	}
	type changes = []func(*schema.Spec)
	tests := map[string]struct {
		changes changes
		want    StrategyAdvice
	}{
		"old receivers": {changes{static}, StrategyAdvice{schema.HARelay, AnyVersion, SupersetsTooOld}},
		"a DaemonSet":   {changes{newer}, StrategyAdvice{schema.HARelay, AnyVersion, SupersetsNotInMode}},
		"supersets":     {changes{newer, static}, StrategyAdvice{schema.HARelay, AnyVersion, SupersetsPossible}},
		"chosen":        {changes{newer, static, chosen(schema.HASupersets)}, StrategyAdvice{schema.HARelay, AnyVersion, SupersetsPossible}},
		"no room": {changes{newer, static, func(s *schema.Spec) {
			s.Regions[0].PodCIDRs[0] = s.Regions[1].PodCIDRs[0]
		}}, StrategyAdvice{schema.HARelay, AnyVersion, SupersetsNoRoom}},
		"one gateway": {changes{newer, static, func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes = s.Regions[0].Gateways.Nodes[:1]
		}}, StrategyAdvice{schema.HASingle, OneGateway, SupersetsPossible}},
		"one by a table": {changes{gcp, func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes = s.Regions[0].Gateways.Nodes[:1]
		}}, StrategyAdvice{schema.HASingle, OneByTable, SupersetsTooOld}},
		"none known": {changes{func(s *schema.Spec) { s.Regions[0].Gateways.Nodes = nil }},
			StrategyAdvice{schema.HASingle, OneGateway, SupersetsTooOld}},
		"perNode": {changes{newer, gcp, func(s *schema.Spec) { s.Regions[0].Gateways.Mode = schema.ModePerNode }},
			StrategyAdvice{schema.HARelay, OwnPods, SupersetsNotInMode}},
		"a table":               {changes{gcp, static}, StrategyAdvice{schema.HASingle, TableNeedsOne, SupersetsTooOld}},
		"a table and supersets": {changes{gcp, static, newer}, StrategyAdvice{schema.HASupersets, TableNeedsNone, SupersetsPossible}},
		"a table nobody named":  {changes{func(s *schema.Spec) { s.Regions[0].Provider = schema.ProviderGCP }}, StrategyAdvice{schema.HARelay, AnyVersion, SupersetsTooOld}},
	}
	for name, test := range tests {
		topology := scriptTopology(
			scriptRegion("a", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"),
			scriptRegion("b", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"))
		for _, change := range test.changes {
			change(&topology.Spec)
		}
		if got := NewPlan(topology).Regions[0].Advice; got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}
