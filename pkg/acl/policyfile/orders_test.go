package policyfile_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"math/rand"
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// anyTopology is one of up to three regions whose prefixes nobody else has who takes
// another block. Of two of them some have the same tag, and the older form of rules.
func anyTopology(r *rand.Rand, name string, block byte) *schema.Topology {
	t := acltest.Regions(1 + r.Intn(3))
	t.Metadata.Name = name
	t.Spec.Cluster.APIServer.Addresses = []netip.Addr{netip.AddrFrom4([4]byte{10, block, 0, 5})}
	if r.Intn(3) > 0 {
		t.Spec.Tailnet.Tag = "tag:" + name
	}
	p := &t.Spec.Tailnet.Policy
	p.TagPerRegion = r.Intn(2) == 0
	if r.Intn(3) == 0 {
		p.Access = schema.AccessAllowAll
	}
	if r.Intn(4) == 0 {
		p.Form = schema.FormACLs
	}
	if r.Intn(4) == 0 {
		p.Flows = []schema.Flow{{Name: "node ports", Sources: "nodes", Targets: "nodes", Ports: []string{"tcp:30000-32767"}}}
	}
	for i := range t.Spec.Regions {
		reg := &t.Spec.Regions[i]
		reg.Name = fmt.Sprintf("%s-%d", name, i)
		reg.NodeCIDRs = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, block, byte(i), 0}), 24)}
		reg.PodCIDRs = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, block + 1, byte(i) * 16, 0}), 20)}
		reg.Gateways.Nodes = []schema.GatewayNode{{Name: reg.Name + "-gw", InternalIP: reg.NodeCIDRs[0].Addr().Next()}}
	}
	return t
}

// orders are all orders of n things.
func orders(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, o := range orders(n - 1) {
		for at := range n {
			order := append(append(append([]int{}, o[:at]...), n-1), o[at:]...)
			all = append(all, order)
		}
	}
	return all
}

// changed merges topologies into a file or takes them out of it, one after the other. It
// returns the file as it was where one of them is refused.
func changed(src []byte, order []int, change func(which int, f *policyfile.File) ([]byte, diag.List)) ([]byte, error) {
	text := src
	for _, which := range order {
		f, list := policyfile.Parse("p", text)
		if f == nil || list.Count(diag.Error) > 0 {
			return nil, fmt.Errorf("not a policy file: %v\n%s", list, text)
		}
		next, list := change(which, f)
		if list.Count(diag.Error) > 0 {
			return src, nil
		}
		text = next
	}
	return text, nil
}

// restored adds the topologies in each order, takes them out in each order, and returns how
// many of those ways there were, or the first of them that does not restore the bytes.
func restored(src []byte, all []*schema.Topology) (ways int, err error) {
	for _, in := range orders(len(all)) {
		merged, err := changed(src, in, func(which int, f *policyfile.File) ([]byte, diag.List) {
			return policyfile.Narrow(all[which], f)
		})
		if err != nil {
			return ways, err
		}
		if bytes.Equal(merged, src) {
			continue // refused, or nothing was to be added
		}
		for _, out := range orders(len(all)) {
			var open error
			left := len(out)
			back, err := changed(merged, out, func(which int, f *policyfile.File) ([]byte, diag.List) {
				if left--; !f.Policy.HasRules && open == nil {
					open = fmt.Errorf("added as %v, removed as %v: everybody may do everything while %d are left:\n%s", in, out, left+1, f.Bytes())
				}
				return policyfile.Remove(all[which].Metadata.Name, f)
			})
			if err := cmp.Or(err, open); err != nil {
				return ways, err
			}
			if !bytes.Equal(back, src) {
				return ways, fmt.Errorf("added as %v, removed as %v:\n%q\nbecame\n%q", in, out, src, back)
			}
			ways++
		}
	}
	return ways, nil
}

// pairs is how many files two topologies share; `make callers` asks for a thousand.
var pairs = flag.Int("pairs", 100, "policy files with all orders of two topologies")

// Whoever shares a policy file, and in whatever order they come and go: when all have gone
// it has the bytes that it had.
func TestTopologiesComeAndGoInAnyOrder(t *testing.T) {
	for _, c := range []struct{ topologies, files, ways int }{{2, *pairs, 3 * *pairs}, {3, *pairs / 25, *pairs}} {
		ways := 0
		for seed := range int64(c.files) {
			r := rand.New(rand.NewSource(seed))
			src := (&scribbler{Rand: r, wide: true}).policy()
			var all []*schema.Topology
			for i := range c.topologies {
				all = append(all, anyTopology(r, string(rune('a'+i)), byte(20+10*i)))
			}
			n, err := restored(src, all)
			if ways += n; err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		t.Logf("%d files, %d topologies in each: %d ways", c.files, c.topologies, ways)
		if ways < c.ways {
			t.Errorf("%d ways: the rest is refused", ways)
		}
	}
}
