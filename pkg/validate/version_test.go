package validate_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func headscale(v schema.Version) change {
	return func(t *schema.Topology) {
		t.Spec.Tailnet.Control, t.Spec.Tailnet.ControlVersion = schema.ControlHeadscale, v
	}
}

// TestVersions: both ends of each range, and what lies beyond them.
func TestVersions(t *testing.T) {
	const clean = diag.Code("")
	of := func(kind schema.CNIType) func(schema.Version) change {
		return func(v schema.Version) change { return cni(kind, v) }
	}
	for name, c := range map[string]struct {
		set  func(schema.Version) change
		want map[schema.Version]diag.Code
	}{
		"Kubernetes": {kubernetes, map[schema.Version]diag.Code{
			"0.3.0": validate.CodeVersionOld, "1.26.15": validate.CodeVersionOld, "1.27.0": clean, "1.33.1+k3s1": clean, "1.33.1-eks-1": clean, "1.37.9": clean, "1.34.0-rc.1": validate.CodeVersionUnstable,
			"1.38.0": validate.CodeVersionUnread, "1.133.1": validate.CodeVersionUnread, "2.0.0": validate.CodeVersionUnknown,
		}},
		"Tailscale": {tailscale, map[schema.Version]diag.Code{
			"0.1.0": validate.CodeVersionOld, "1.77.5": validate.CodeVersionOld, "1.78.0": clean, "1.97.0": validate.CodeVersionUnstable, "1.102.9": clean,
			"1.103.0": validate.CodeVersionUnstable, "1.104.0": validate.CodeVersionUnread, "1.980.0": validate.CodeVersionUnread, "2.0.0": validate.CodeVersionUnknown,
		}},
		"Headscale": {headscale, map[schema.Version]diag.Code{
			"0.22.3": validate.CodeVersionUnread, "0.26.0": clean, "0.29.9": clean, "0.30.0": validate.CodeVersionUnread, "1.0.0": validate.CodeVersionUnknown,
		}},
		"Cilium": {of(schema.CNICilium), map[schema.Version]diag.Code{
			"1.1.4": validate.CodeVersionOld, "1.15.19": validate.CodeVersionOld, "1.16.0": clean, "1.20.9": clean, "1.21.0": validate.CodeVersionUnread,
			"2.0.0": validate.CodeVersionUnknown, "": clean,
		}},
		"Calico": {of(schema.CNICalico), map[schema.Version]diag.Code{
			"3.23.5": validate.CodeVersionOld, "3.24.0": clean, "3.32.9": clean, "3.32.0-0.dev": validate.CodeVersionUnstable, "3.33.0": validate.CodeVersionUnread, "4.0.0": validate.CodeVersionUnknown,
		}},
		"Canal": {of("canal"), map[schema.Version]diag.Code{
			"3.23.5": validate.CodeVersionUnread, "3.24.0": clean, "3.33.0": validate.CodeVersionUnread, "4.0.0": validate.CodeVersionUnknown,
		}},
		"Flannel, for which nothing is rendered": {of(schema.CNIFlannel), map[schema.Version]diag.Code{"0.0.1": clean, "99.0.0": clean}},
	} {
		for v, want := range c.want {
			topology := topologytest.Published()
			c.set(v)(topology)
			var got []diag.Code
			for _, d := range validate.Topology(topology) {
				if versionCodes[d.Code] {
					got = append(got, d.Code)
				}
			}
			if wanted := slices.DeleteFunc([]diag.Code{want}, func(c diag.Code) bool { return c == clean }); !slices.Equal(got, wanted) {
				t.Errorf("%s %s: %q, want %q", name, v, got, wanted)
			}
		}
	}
}

var versionCodes = map[diag.Code]bool{
	validate.CodeVersionOld: true, validate.CodeVersionUnknown: true, validate.CodeVersionUnread: true, validate.CodeVersionUnstable: true,
}

// TestVersionOfEachRegion: one that two regions state is reported once, two are reported twice.
func TestVersionOfEachRegion(t *testing.T) {
	topology := topologytest.Published()
	for i, v := range []schema.Version{"1.13.0", "1.15.0"} {
		topology.Spec.Regions[i].CNI.Version = v
	}
	topology.Spec.Regions = append(topology.Spec.Regions, topologytest.Region("more", "bare-metal", "10.144.0.0/24", "10.145.0.0/16", "10.144.0.11"))
	topology.Spec.Regions[2].CNI.Version = "1.15.0"
	var paths []string
	for _, d := range validate.Topology(topology) {
		if d.Code == validate.CodeVersionOld {
			paths = append(paths, d.Path)
		}
	}
	if want := []string{"spec.regions[0].cni.version", "spec.regions[1].cni.version"}; !slices.Equal(paths, want) {
		t.Errorf("%q, want %q", paths, want)
	}
}

// TestRangesHold: what is rendered has been read from its first version on, and the page
// says so.
func TestRangesHold(t *testing.T) {
	all := map[string]fact.Versions{"Kubernetes": facts.KubernetesVersions(), "Tailscale": facts.TailscaleVersions()}
	for _, p := range facts.Plugins() {
		all[p.Title] = p.Versions
	}
	page, err := os.ReadFile("../../docs/checks.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range all {
		if v.From.IsKnown() && !strings.Contains(string(page), "| "+name+" | "+string(v.From.Value.Version)+" |") {
			t.Errorf("docs/checks.md does not say that %s is taken from %s on", name, v.From.Value.Version)
		}
		if newest := name + " " + v.Read.Value.Newest.Minor(); v.Read.IsKnown() && name != "Canal" && !strings.Contains(string(page), newest) {
			t.Errorf("docs/checks.md does not say that %s was read last", newest)
		}
		if v.From.IsKnown() && v.From.Value.Version != v.Read.Value.Oldest || v.Read.Value.Newest.Compare(v.Read.Value.Oldest) < 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
