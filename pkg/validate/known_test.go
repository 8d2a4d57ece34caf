package validate_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

type change func(*schema.Topology)

// The settings that the cases below are made of. cni and what follows it change every
// region.
func tailscale(v schema.Version) change {
	return func(t *schema.Topology) { t.Spec.Tailnet.TailscaleVersion = v }
}

func kubernetes(v schema.Version) change {
	return func(t *schema.Topology) { t.Spec.Cluster.KubernetesVersion = v }
}

func netfilterOn(m schema.FirewallMode) change {
	return func(t *schema.Topology) {
		t.Spec.Tailnet.NetfilterMode, t.Spec.Tailnet.FirewallMode = schema.NetfilterOn, m
	}
}

func operator(t *schema.Topology) { t.Spec.Tailnet.Operator = true }

func regions(edit func(*schema.Region)) change {
	return func(t *schema.Topology) {
		for i := range t.Spec.Regions {
			edit(&t.Spec.Regions[i])
		}
	}
}

func cni(kind schema.CNIType, v schema.Version) change {
	return regions(func(r *schema.Region) { r.CNI = schema.CNI{Type: kind, Version: v} })
}

func plugin(edit func(*schema.CNI)) change {
	return regions(func(r *schema.Region) { edit(&r.CNI) })
}

func provider(name string) change { return regions(func(r *schema.Region) { r.Provider = name }) }

func dataPlane(d schema.DataPlane) change { return plugin(func(c *schema.CNI) { c.DataPlane = d }) }

func tunnel(p schema.TunnelProtocol) change { return plugin(func(c *schema.CNI) { c.Tunnel = p }) }

func gatewayMode(m schema.GatewayMode) change {
	return regions(func(r *schema.Region) { r.Gateways.Mode = m })
}

func l7(c *schema.CNI) { c.L7Proxy = true }

func bpf(c *schema.CNI) { c.HostRouting = schema.HostRoutingBPF }

// issueCases: for each known issue a topology that has it and a neighbour, one
// version or setting away, that does not. Both start from the published network.
func issueCases() map[string][2][]change {
	const nft, auto = schema.FirewallNFTables, schema.FirewallAuto
	static := gatewayMode(schema.ModeStaticPod)
	return map[string][2][]change{
		"tailscale-nft-mark-cilium": {
			{netfilterOn(nft), tailscale("1.98.10")}, {netfilterOn(nft), tailscale("1.100.0")},
		},
		"tailscale-nft-mark-kube-proxy": {
			{netfilterOn(auto), cni(schema.CNIFlannel, "0.26.0")}, {netfilterOn(""), cni(schema.CNIFlannel, "0.26.0")},
		},
		"cilium-identity-bypass": {nil, {plugin(bpf)}},
		"cilium-src-valid-mark": {
			{netfilterOn(""), plugin(l7), tailscale("1.98.0")}, {netfilterOn(""), plugin(l7), tailscale("1.96.5")},
		},
		"tailscale-connmark": {
			{netfilterOn(""), tailscale("1.96.0")}, {netfilterOn(""), tailscale("1.94.2")},
		},
		"endpoint-over-cni": {nil, {plugin(func(c *schema.CNI) { c.Type = "none" })}},
		"cgnat-drop-rule": {
			{netfilterOn(""), provider(schema.ProviderAlibaba)}, {netfilterOn(""), provider(schema.ProviderGCP)},
		},
		"cgnat-drop-attribute": {
			{netfilterOn(""), provider(schema.ProviderAlibaba), tailscale("1.98.0")}, {provider(schema.ProviderAlibaba), tailscale("1.98.0")},
		},
		"calico-mark-mask": {
			{cni(schema.CNICalico, "3.30.7")}, {cni(schema.CNICalico, "3.30.7"), dataPlane(schema.DataPlaneEBPF)},
		},
		"calico-ebpf-mark": {
			{cni(schema.CNICalico, "3.30.7"), dataPlane(schema.DataPlaneEBPF), netfilterOn("")},
			{cni(schema.CNICalico, "3.30.7"), dataPlane(schema.DataPlaneEBPF)},
		},
		"calico-mask-int32": {
			{cni(schema.CNICalico, "3.32.1"), kubernetes("1.36.0")}, {cni(schema.CNICalico, "3.32.1"), kubernetes("1.35.9")},
		},
		"felix-foreign-nft": {
			{cni(schema.CNICalico, "3.32.1"), netfilterOn(nft)}, {cni(schema.CNICalico, "3.33.0"), netfilterOn(nft)},
		},
		"kube-router-mark": {
			{cni(schema.CNIKubeRouter, "2.5.0"), netfilterOn("")}, {cni(schema.CNIKubeRouter, "2.5.0")},
		},
		"weave-mark": {
			{cni(schema.CNIWeave, "2.8.1"), netfilterOn("")}, {cni(schema.CNIWeave, "2.8.1")},
		},
		"static-pod-api-references":    {{kubernetes("1.34.0")}, {kubernetes("1.33.9")}},
		"static-pod-mirror-refused":    {{kubernetes("1.33.1")}, {kubernetes("1.33.1"), gatewayMode(schema.ModeDaemonSet)}},
		"containerboot-static-restart": {{tailscale("1.94.2"), static}, {tailscale("1.96.0"), static}},
		"advertise-host-bits":          {{tailscale("1.98.0")}, {tailscale("1.96.5")}},
		"config-file-snat":             {{tailscale("1.96.5")}, {tailscale("1.98.0")}},
		"stateful-filtering":           {{tailscale("1.66.3")}, {tailscale("1.66.4")}},
		"mss-clamp":                    {{tailscale("1.102.3")}, {tailscale("1.102.3"), netfilterOn("")}},
		"trim-wireguard": {nil, {regions(func(r *schema.Region) {
			r.Gateways.HA.Strategy = schema.HASingle
		})}},
		"relay-needs-lan":            {{provider("azure")}, {provider("aws")}},
		"cilium-kubernetes-untested": {{kubernetes("1.33.1")}, {kubernetes("1.32.9")}},
		"cilium-unknown-version":     {{cni(schema.CNICilium, "1.21.0")}, {cni(schema.CNICilium, "1.20.9")}},
		"cilium-devices":             {nil, {cni(schema.CNICalico, "3.30.7")}},
		"cilium-direct-routes":       {nil, {tunnel(schema.TunnelVXLAN)}},
		"cilium-bpf-masquerade-nodeport": {
			{cni(schema.CNICilium, "1.18.5")}, {cni(schema.CNICilium, "1.19.0")},
		},
		"cilium-multi-pool-tunnel": {
			{tunnel(schema.TunnelVXLAN)}, {cni(schema.CNICilium, "1.18.0"), tunnel(schema.TunnelVXLAN)},
		},
		"cilium-multi-pool-preview": {
			{cni(schema.CNICilium, "1.18.0")}, {cni(schema.CNICilium, "1.19.0")},
		},
		"cilium-host-routing-mtu": {{plugin(bpf)}, nil},
		"azure-ipip": {
			{provider(schema.ProviderAzure), tunnel(schema.TunnelIPIP)}, {provider(schema.ProviderAzure), tunnel(schema.TunnelVXLAN)},
		},
		"tailscale-ipip":          {{tunnel(schema.TunnelIPIP)}, {tunnel(schema.TunnelNone)}},
		"operator-host-network":   {{operator}, nil},
		"operator-route-acceptor": {{operator}, {operator, cni(schema.CNICalico, "3.30.7")}},
		"node-ip":                 {nil, {gatewayMode("other")}},
		"foreign-node-deleted":    {{static}, {gatewayMode(schema.ModeDaemonSet)}},
	}
}

func withChanges(changes []change) *schema.Topology {
	t := published()
	for _, c := range changes {
		c(t)
	}
	return t
}

func TestKnownIssues(t *testing.T) {
	cases := issueCases()
	for _, issue := range issues.Known() {
		c, ok := cases[issue.Code]
		if !ok {
			t.Errorf("%s has no case", issue.Code)
			continue
		}
		delete(cases, issue.Code)
		d := reported(withChanges(c[0]), issue.Code)
		if d == nil {
			t.Errorf("%s is not found where it is", issue.Code)
		} else if d.Severity.String() != issue.Severity || d.Remedy != issue.Mitigation || !strings.Contains(d.Message, issue.Symptom) {
			t.Errorf("%s is found as %+v", issue.Code, d)
		}
		if d := reported(withChanges(c[1]), issue.Code); d != nil {
			t.Errorf("%s is found in its neighbour: %v", issue.Code, d)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(cases)) {
		t.Errorf("the case %s is of no known issue", code)
	}
}

// reported looks where the issue belongs: among the findings, or among the notes.
func reported(t *schema.Topology, code string) *diag.Diagnostic {
	for _, d := range slices.Concat(validate.Topology(t), issues.Notes(plan.New(t))) {
		if string(d.Code) == code {
			return d
		}
	}
	return nil
}

func TestIssuesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, i := range issues.Known() {
		if seen[i.Code] {
			t.Errorf("%s is there twice", i.Code)
		}
		seen[i.Code] = true
		for _, text := range []string{i.Code, i.Title, i.Symptom, i.Cause, i.Mitigation} {
			if text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
				t.Errorf("%s says %q", i.Code, text)
			}
		}
		if len(i.Evidence) == 0 || len(i.When) == 0 || !slices.Contains([]string{"error", "warning", "info"}, i.Severity) {
			t.Errorf("%s: evidence %v, when %v, severity %s", i.Code, i.Evidence, i.When, i.Severity)
		}
	}
}

// TestVersionRanges: an unknown version is in no bounded range.
func TestVersionRanges(t *testing.T) {
	topology := published()
	netfilterOn(schema.FirewallNFTables)(topology)
	cni(schema.CNICalico, "")(topology)
	if d := reported(topology, "felix-foreign-nft"); d != nil {
		t.Errorf("Calico without a version is judged: %v", d)
	}
}

func TestIssueOfTheUsersOwn(t *testing.T) {
	topology := published()
	topology.Spec.KnownIssues = []schema.KnownIssue{{
		Code: "acme-driver", Title: "the card's driver drops large packets", Severity: "warning",
		When:    []schema.IssueCondition{{Provider: []string{"bare-metal"}}},
		Symptom: "large answers hang", Cause: "a fault of its offload", Mitigation: "turn the offload off", Evidence: []string{"ticket 7"},
	}}
	d := reported(topology, "acme-driver")
	if d == nil || d.Severity != diag.Warning || d.Path != "spec.regions[1].provider" {
		t.Errorf("got %+v", d)
	}
	topology.Spec.KnownIssues[0].Code = "mss-clamp"
	if d := reported(topology, string(validate.CodeKnownIssue)); d == nil {
		t.Error("a code is used twice and nobody says so")
	}
}

func TestNotesAreNoFindings(t *testing.T) {
	notes := issues.Notes(plan.New(published()))
	if len(notes) < 5 || notes.Count(diag.Info) != len(notes) {
		t.Errorf("%d notes, %d of them info", len(notes), notes.Count(diag.Info))
	}
}
