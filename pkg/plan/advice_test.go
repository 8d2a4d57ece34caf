package plan_test

import (
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
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
		want    plan.StrategyAdvice
	}{
		"old receivers": {changes{static}, plan.StrategyAdvice{schema.HARelay, plan.AnyVersion, plan.SupersetsTooOld}},
		"a DaemonSet":   {changes{newer}, plan.StrategyAdvice{schema.HARelay, plan.AnyVersion, plan.SupersetsNotInMode}},
		"supersets":     {changes{newer, static}, plan.StrategyAdvice{schema.HARelay, plan.AnyVersion, plan.SupersetsPossible}},
		"chosen":        {changes{newer, static, chosen(schema.HASupersets)}, plan.StrategyAdvice{schema.HARelay, plan.AnyVersion, plan.SupersetsPossible}},
		"no room": {changes{newer, static, func(s *schema.Spec) {
			s.Regions[0].PodCIDRs[0] = s.Regions[1].PodCIDRs[0]
		}}, plan.StrategyAdvice{schema.HARelay, plan.AnyVersion, plan.SupersetsNoRoom}},
		"one gateway": {changes{newer, static, func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes = s.Regions[0].Gateways.Nodes[:1]
		}}, plan.StrategyAdvice{schema.HASingle, plan.OneGateway, plan.SupersetsPossible}},
		"one by a table": {changes{gcp, func(s *schema.Spec) {
			s.Regions[0].Gateways.Nodes = s.Regions[0].Gateways.Nodes[:1]
		}}, plan.StrategyAdvice{schema.HASingle, plan.OneByTable, plan.SupersetsTooOld}},
		"none known": {changes{func(s *schema.Spec) { s.Regions[0].Gateways.Nodes = nil }},
			plan.StrategyAdvice{schema.HASingle, plan.OneGateway, plan.SupersetsTooOld}},
		"perNode": {changes{newer, gcp, func(s *schema.Spec) { s.Regions[0].Gateways.Mode = schema.ModePerNode }},
			plan.StrategyAdvice{schema.HARelay, plan.OwnPods, plan.SupersetsNotInMode}},
		"perNode without a LAN": {changes{newer, func(s *schema.Spec) {
			s.Regions[0].Gateways.Mode, s.Regions[0].HostAddress = schema.ModePerNode, schema.HostAddressMade
		}}, plan.StrategyAdvice{schema.HASingle, plan.EachItsOwn, plan.SupersetsNotInMode}},
		"a table": {changes{gcp, static}, plan.StrategyAdvice{schema.HASingle, plan.TableNeedsOne, plan.SupersetsTooOld}},
		"a table whose routes follow": {changes{gcp, static, func(s *schema.Spec) {
			s.Regions[0].Network.Failover = schema.FailoverWatch
		}}, plan.StrategyAdvice{schema.HARelay, plan.TableFollows, plan.SupersetsTooOld}},
		"a table and supersets": {changes{gcp, static, newer}, plan.StrategyAdvice{schema.HASupersets, plan.TableNeedsNone, plan.SupersetsPossible}},
		"a table nobody named":  {changes{func(s *schema.Spec) { s.Regions[0].Provider = schema.ProviderGCP }}, plan.StrategyAdvice{schema.HARelay, plan.AnyVersion, plan.SupersetsTooOld}},
	}
	for name, test := range tests {
		topology := twoRegions(
			region("a", "10.0.0.0/22", "10.61.0.0/16", "10.0.0.11", "10.0.0.12"),
			region("b", "10.143.0.0/24", "10.142.0.0/20", "10.143.0.11"))
		for _, change := range test.changes {
			change(&topology.Spec)
		}
		if got := plan.New(topology).Regions[0].Advice(); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}
