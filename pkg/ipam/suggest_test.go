package ipam_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func ExampleSuggest() {
	free, err := ipam.Suggest(topologytest.Published(), ipam.Request{Role: claim.RolePod, Bits: 20, Count: 2})
	fmt.Println(free, err)
	// Output: [10.0.16.0/20 10.142.16.0/20] <nil>
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		what    string
		request ipam.Request
		want    string // prefixes, or part of the error
	}{
		{"best fit beside the /24 that is taken", ipam.Request{Bits: 24}, "[10.143.1.0/24]"},
		{"a pool comes from the tailnet's block", ipam.Request{Role: claim.RolePool, Bits: 16}, "[100.101.0.0/16]"},
		{"within", ipam.Request{Bits: 24, Within: netip.MustParsePrefix("10.0.0.0/21")}, "[10.0.4.0/24]"},
		{"within Docker's pools, which was asked for", ipam.Request{Bits: 24, Within: netip.MustParsePrefix("192.168.0.0/16")}, "[192.168.0.0/24]"},
		{"but not in Docker's bridge", ipam.Request{Bits: 24, Within: netip.MustParsePrefix("172.17.0.0/16")}, "nothing is free in 172.17.0.0/16"},
		{"full", ipam.Request{Bits: 21, Within: netip.MustParsePrefix("10.0.0.0/21")}, "no /21 is free in 10.0.0.0/21: the largest free block is a /22"},
		{"too wide for its place", ipam.Request{Bits: 8, Within: netip.MustParsePrefix("10.0.0.0/21")}, "no prefix of length 8 lies inside 10.0.0.0/21"},
		{"IPv6 without a site", ipam.Request{Bits: 64}, "does not use a unique local IPv6 prefix yet"},
		{"IPv6 within", ipam.Request{Bits: 64, Within: netip.MustParsePrefix("fd00:1:2::/48")}, "[fd00:1:2::/64]"},
		{"no length", ipam.Request{Bits: 129}, "cannot have length 129"},
	} {
		got, err := ipam.Suggest(topologytest.Published(), c.request)
		if s := fmt.Sprint(got); err == nil && s != c.want {
			t.Errorf("%s: %s, want %s", c.what, s, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
	}
}

// What a leaving region has is taken until it is gone.
func TestLeavingRegionsAddressesAreTaken(t *testing.T) {
	topology := topologytest.Published()
	request := ipam.Request{Bits: 16, Within: topology.Spec.Regions[0].PodCIDRs[0]}
	if got, err := ipam.Suggest(topology, request); err == nil {
		t.Errorf("%s is a region's", got)
	}
	topology.Spec.Leaving, topology.Spec.Regions = topology.Spec.Regions[:1], topology.Spec.Regions[1:]
	if got, err := ipam.Suggest(topology, request); err == nil {
		t.Errorf("%s is a leaving region's", got)
	}
	topology.Spec.Leaving = nil
	if _, err := ipam.Suggest(topology, request); err != nil {
		t.Error(err)
	}
}

// TestSuggestionsValidate: whatever is suggested can be put in without a finding.
func TestSuggestionsValidate(t *testing.T) {
	topology := topologytest.Published()
	for _, bits := range []int{16, 18, 20, 22, 24} {
		r := topologytest.Region(fmt.Sprintf("r%d", bits), "bare-metal", "10.0.0.0/22", "10.61.0.0/16")
		for _, field := range []struct {
			list *[]netip.Prefix
			bits int
		}{{&r.PodCIDRs, bits}, {&r.NodeCIDRs, bits + 4}} {
			free, err := ipam.Suggest(topology, ipam.Request{Role: claim.RolePod, Bits: field.bits})
			if err != nil {
				t.Fatal(err)
			}
			*field.list = free
			// What is not a region's yet is kept for it.
			topology.Spec.ReservedCIDRs = append(topology.Spec.ReservedCIDRs, schema.ReservedCIDR{Prefix: free[0]})
		}
		topology.Spec.ReservedCIDRs = nil
		topology.Spec.Regions = append(topology.Spec.Regions, r)
		for _, d := range validate.Topology(topology) {
			if d.Severity != diag.Info {
				t.Errorf("/%d: %v", bits, d)
			}
		}
	}
}

// TestInsertionsMoveNothing inserts 1,000 regions in random places; every allocation
// made before stays where it was, with the lock file and without it.
func TestInsertionsMoveNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	topology, lock := topologytest.Published(), &ipam.Lock{Allocations: map[string][]netip.Prefix{}}
	given := map[string]netip.Prefix{}
	for i := range 1000 {
		name := fmt.Sprintf("region-%d", r.IntN(1e9))
		bits := 22 + r.IntN(7)
		free, err := lock.Suggest(topology, name+"/pod", ipam.Request{Role: claim.RolePod, Bits: bits})
		if err != nil {
			t.Fatal(err)
		}
		given[name] = free[0]
		if r.IntN(2) == 0 { // half of them stay promises in the lock file
			at := r.IntN(len(topology.Spec.Regions) + 1)
			topology.Spec.Regions = slices.Insert(topology.Spec.Regions, at, schema.Region{Name: name, PodCIDRs: free})
		}
		if i%100 != 99 {
			continue
		}
		data, err := lock.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		var list diag.List
		if lock, list = ipam.ReadLock("lock", data); len(list) > 0 {
			t.Fatal(list)
		}
		checkGiven(t, topology, lock, given)
	}
}

func checkGiven(t *testing.T, topology *schema.Topology, lock *ipam.Lock, given map[string]netip.Prefix) {
	t.Helper()
	for _, reg := range topology.Spec.Regions {
		if p, ok := given[reg.Name]; ok && reg.PodCIDRs[0] != p {
			t.Fatalf("%s moved from %s to %s", reg.Name, p, reg.PodCIDRs[0])
		}
	}
	all := make([]netip.Prefix, 0, len(given))
	for name, p := range given {
		if got := lock.Allocations[name+"/pod"]; len(got) != 1 || got[0] != p {
			t.Fatalf("%s has %v in the lock, had %s", name, got, p)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, netip.Prefix.Compare)
	for i := range all[1:] {
		if all[i].Overlaps(all[i+1]) {
			t.Fatalf("%s overlaps %s", all[i], all[i+1])
		}
	}
}

// TestLockKeepsItsPromise: what was suggested and not used is suggested again.
func TestLockKeepsItsPromise(t *testing.T) {
	lock, list := ipam.ReadLock("lock", nil)
	if len(list) > 0 {
		t.Fatal(list)
	}
	topology := topologytest.Published()
	request := ipam.Request{Role: claim.RolePod, Bits: 20}
	first, _ := lock.Suggest(topology, "gpu-dc/pod", request)
	again, _ := lock.Suggest(topology, "gpu-dc/pod", request)
	other, _ := lock.Suggest(topology, "gcp-us/pod", request)
	if !slices.Equal(first, again) || first[0] == other[0] {
		t.Errorf("%v, %v, %v", first, again, other)
	}
	topology.Spec.Regions[1].PodCIDRs = append(topology.Spec.Regions[1].PodCIDRs, first...)
	next, _ := lock.Suggest(topology, "gpu-dc/pod", request)
	if next[0] == first[0] || next[0] == other[0] || len(lock.Allocations["gpu-dc/pod"]) != 2 {
		t.Errorf("%v after %v: %v", next, first, lock.Allocations)
	}
}
