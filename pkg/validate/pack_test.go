package validate

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// TestEveryRange looks at each range of each pack from just below, at its first and
// last address, from just above and from its supernet.
func TestEveryRange(t *testing.T) {
	for _, pack := range claim.Packs() {
		for _, r := range pack.Ranges {
			t.Run(pack.Name+" "+r.Prefix.String(), func(t *testing.T) { testRange(t, pack, r) })
		}
	}
}

func testRange(t *testing.T, pack claim.Pack, r claim.Range) {
	if r.Source == "" || r.Since == "" || r.Reason == "" || r.Severity == 0 {
		t.Errorf("no source, date, reason or severity: %+v", r)
	}
	if r.Prefix != r.Prefix.Masked() || strings.HasSuffix(r.Reason, ".") {
		t.Errorf("host bits, or a reason that ends a sentence: %+v", r)
	}
	if pack.Code == "" || !slices.Contains(Codes(), pack.Code) {
		t.Errorf("code %q", pack.Code)
	}
	last := claim.Last(r.Prefix)
	for _, c := range []struct {
		what   string
		prefix netip.Prefix
		hit    bool
	}{
		{"just below", hostPrefix4or6(r.Prefix.Addr().Prev()), false},
		{"first address", hostPrefix4or6(r.Prefix.Addr()), true},
		{"last address", hostPrefix4or6(last), true},
		{"just above", hostPrefix4or6(last.Next()), false},
		{"itself", r.Prefix, true},
		{"supernet", netip.PrefixFrom(r.Prefix.Addr(), r.Prefix.Bits()-1).Masked(), true},
	} {
		if c.prefix.IsValid() {
			testHit(t, pack, r, c.what, c.prefix, c.hit)
		}
	}
}

// hostPrefix4or6 keeps IPv4-mapped addresses as they are, and the zero address invalid.
func hostPrefix4or6(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

func testHit(t *testing.T, pack claim.Pack, r claim.Range, what string, p netip.Prefix, hit bool) {
	t.Helper()
	if r.Fills != 0 {
		hit = false // a default is in nobody's way while the field is set
	}
	pack.Ranges = []claim.Range{r}
	region, elsewhere := claim.Claim{Prefix: p, Role: claim.RolePod, Region: 0}, claim.Claim{Prefix: p, Role: claim.RolePod, Region: 1}
	table := newReservedTable([]claim.ActivePack{{Pack: pack, Regions: []int32{0}}})
	if got := len(table.find(&region)) > 0; got != (hit && r.Scope != claim.Others) {
		t.Errorf("%s %s in the provider's own region: %v", what, p, got)
	}
	if got := len(table.find(&elsewhere)) > 0; got != (hit && r.Scope != claim.Own) {
		t.Errorf("%s %s in another region: %v", what, p, got)
	}
}

// TestEveryDefaultFillsIn brings each pack in and leaves out what it fills.
func TestEveryDefaultFillsIn(t *testing.T) {
	for _, pack := range claim.Packs() {
		for _, r := range pack.Ranges {
			if r.Fills == 0 {
				continue
			}
			kind, name, _ := strings.Cut(pack.Key, "/")
			topology := &schema.Topology{}
			topology.Spec.Regions = []schema.Region{{Name: "a"}}
			if kind == "cni" {
				topology.Spec.Regions[0].CNI.Type = schema.CNIType(name)
			} else {
				topology.Spec.Cluster.Distribution = schema.Distribution(name)
			}
			is := func(c claim.Claim) bool {
				return c.Prefix == r.Prefix && c.Role == r.Fills && c.Default == pack.Name
			}
			if !slices.ContainsFunc(claim.WithDefaults(topology), is) {
				t.Errorf("%s does not fill in %s with %s", pack.Name, r.Fills, r.Prefix)
			}
			topology.Spec.Cluster.ServiceCIDRs = []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
			topology.Spec.Regions[0].PodCIDRs = []netip.Prefix{netip.MustParsePrefix("10.2.0.0/16")}
			if slices.ContainsFunc(claim.WithDefaults(topology), is) {
				t.Errorf("%s fills in %s though it is set", pack.Name, r.Fills)
			}
		}
	}
}

// TestPacksAreBroughtIn: a pack's key must be one that a topology can have.
func TestPacksAreBroughtIn(t *testing.T) {
	for _, pack := range claim.Packs() {
		kind, name, _ := strings.Cut(pack.Key, "/")
		r := schema.Region{Provider: "bare-metal"}
		topology := &schema.Topology{}
		switch kind {
		case "provider":
			r.Provider, name, _ = strings.Cut(name, "/")
			r.SubnetMode = schema.SubnetMode(name)
		case "cni":
			r.CNI.Type = schema.CNIType(name)
		case "distribution":
			topology.Spec.Cluster.Distribution = schema.Distribution(name)
		}
		topology.Spec.Regions = []schema.Region{r}
		if !slices.ContainsFunc(claim.ActivePacks(topology, claim.Packs()), func(p claim.ActivePack) bool { return p.Name == pack.Name }) {
			t.Errorf("nothing brings in %q (%s)", pack.Name, pack.Key)
		}
	}
}

// TestAutoMode shows when a VPC of Google Cloud is taken to be in auto mode.
func TestAutoMode(t *testing.T) {
	for _, c := range []struct {
		mode     schema.SubnetMode
		nodes    string
		severity diag.Severity // 0: no finding
	}{
		{"", "10.0.0.0/22", 0},
		{"", "10.128.0.0/20", diag.Warning},
		{schema.SubnetModeAuto, "10.0.0.0/22", diag.Error},
		{schema.SubnetModeAuto, "10.128.0.0/20", diag.Error},
		{schema.SubnetModeCustom, "10.128.0.0/20", 0},
	} {
		topology := &schema.Topology{}
		topology.Spec.Cluster.ServiceCIDRs = []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12")}
		topology.Spec.Regions = []schema.Region{
			{Name: "a", Provider: "gcp", SubnetMode: c.mode, NodeCIDRs: []netip.Prefix{netip.MustParsePrefix(c.nodes)}},
			{Name: "b", Provider: "bare-metal", PodCIDRs: []netip.Prefix{netip.MustParsePrefix("10.142.0.0/20")}},
		}
		var got diag.Severity
		for _, d := range reserved(newIndex(topology)) {
			if d.Severity == diag.Info {
				continue
			}
			got = d.Severity
			if d.Path != "spec.regions[1].podCIDRs[0]" {
				t.Errorf("%+v: about %s", c, d.Path)
			}
		}
		if got != c.severity {
			t.Errorf("%+v: severity %v", c, got)
		}
	}
}
