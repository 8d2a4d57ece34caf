package validate_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

type change func(*schema.Topology)

// Settings that tests are made of. cni and what follows it change every
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

// situation is what a case of a known issue states: changes of the published network, by
// the names that a condition has for them.
type situation struct {
	Tailscale     schema.Version        `json:"tailscale"`
	Kubernetes    schema.Version        `json:"kubernetes"`
	NetfilterMode schema.NetfilterMode  `json:"netfilterMode"`
	FirewallMode  schema.FirewallMode   `json:"firewallMode"`
	GatewaySource schema.GatewaySource  `json:"gatewaySource"`
	Control       schema.ControlServer  `json:"control"`
	Operator      bool                  `json:"operator"`
	CNI           schema.CNIType        `json:"cni"`
	CNIVersion    schema.Version        `json:"cniVersion"`
	DataPlane     schema.DataPlane      `json:"dataPlane"`
	HostRouting   schema.HostRouting    `json:"hostRouting"`
	IPAM          schema.IPAM           `json:"ipam"`
	Tunnel        schema.TunnelProtocol `json:"tunnel"`
	L7Proxy       bool                  `json:"l7Proxy"`
	Provider      string                `json:"provider"`
	GatewayMode   schema.GatewayMode    `json:"gatewayMode"`
	HAStrategy    schema.HAStrategy     `json:"haStrategy"`
}

func (s *situation) topology() *schema.Topology {
	t := published()
	set(&t.Spec.Tailnet.TailscaleVersion, s.Tailscale)
	set(&t.Spec.Cluster.KubernetesVersion, s.Kubernetes)
	set(&t.Spec.Tailnet.NetfilterMode, s.NetfilterMode)
	set(&t.Spec.Tailnet.FirewallMode, s.FirewallMode)
	set(&t.Spec.Tailnet.GatewaySource, s.GatewaySource)
	set(&t.Spec.Tailnet.Control, s.Control)
	set(&t.Spec.Tailnet.Operator, s.Operator)
	for i := range t.Spec.Regions {
		r := &t.Spec.Regions[i]
		set(&r.CNI.Type, s.CNI)
		set(&r.CNI.Version, s.CNIVersion)
		set(&r.CNI.DataPlane, s.DataPlane)
		set(&r.CNI.HostRouting, s.HostRouting)
		set(&r.CNI.IPAM, s.IPAM)
		set(&r.CNI.Tunnel, s.Tunnel)
		set(&r.CNI.L7Proxy, s.L7Proxy)
		set(&r.Provider, s.Provider)
		set(&r.Gateways.Mode, s.GatewayMode)
		set(&r.Gateways.HA.Strategy, s.HAStrategy)
	}
	return t
}

func set[T comparable](field *T, value T) {
	var none T
	if value != none {
		*field = value
	}
}

func withChanges(changes []change) *schema.Topology {
	t := published()
	for _, c := range changes {
		c(t)
	}
	return t
}

// TestKnownIssues: for each known issue the list states a situation that has it and a
// neighbour, one version or setting away, that does not.
func TestKnownIssues(t *testing.T) {
	data, err := os.ReadFile("../facts/known.json")
	if err != nil {
		t.Fatal(err)
	}
	var stated []struct {
		Code            string
		Case, Neighbour json.RawMessage
	}
	if err := json.Unmarshal(data, &stated); err != nil {
		t.Fatal(err)
	}
	for i, issue := range facts.KnownIssues() {
		if stated[i].Code != issue.Code {
			t.Fatalf("%s stands where %s is", stated[i].Code, issue.Code)
		}
		d := reported(situationOf(t, issue.Code, stated[i].Case), issue.Code)
		if d == nil {
			t.Errorf("%s is not found where it is", issue.Code)
		} else if d.Severity.String() != issue.Severity || d.Remedy != issue.Mitigation || !strings.Contains(d.Message, issue.Symptom) {
			t.Errorf("%s is found as %+v", issue.Code, d)
		}
		if d := reported(situationOf(t, issue.Code, stated[i].Neighbour), issue.Code); d != nil {
			t.Errorf("%s is found in its neighbour: %v", issue.Code, d)
		}
	}
}

func situationOf(t *testing.T, code string, data json.RawMessage) *schema.Topology {
	t.Helper()
	var s situation
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		t.Fatalf("%s has no case, or no neighbour: %v", code, err)
	}
	return s.topology()
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
	topology.Spec.Regions[0].Provider = "gcp"
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
