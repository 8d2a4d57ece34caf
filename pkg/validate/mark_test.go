package validate_test

import (
	"math"
	"math/bits"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func TestMarkCollisions(t *testing.T) {
	mark := func(m schema.Mark) change {
		return func(t *schema.Topology) { t.Spec.Marks = append(t.Spec.Marks, m) }
	}
	mask := func(m uint32) change { return plugin(func(c *schema.CNI) { c.MarkMask = m }) }
	calico := cni(schema.CNICalico, "3.30.7")
	for _, c := range []struct {
		name    string
		changes []change
		code    diag.Code
		path    string
	}{
		{"nothing", nil, "", ""},
		{"netfilter on", []change{netfilterOn("")}, "", ""},
		{"user and tailscale", []change{mark(schema.Mark{Owner: "shaper", Mask: 0x100000, Value: 0x100000})}, validate.CodeMarkCollision, "spec.marks[0]"},
		{"user and kube-proxy", []change{mark(schema.Mark{Owner: "shaper", Mask: 0x4000})}, validate.CodeMarkCollision, "spec.marks[0]"},
		{"user and cilium", []change{mark(schema.Mark{Owner: "istio", Mask: 0xffff, Value: 0x1337})}, validate.CodeMarkCollision, "spec.marks[0]"},
		{"user and user", []change{mark(schema.Mark{Owner: "a", Mask: 0x2000}), mark(schema.Mark{Owner: "b", Mask: 0x3000})}, validate.CodeMarkCollision, "spec.marks[1]"},
		{"free bits", []change{mark(schema.Mark{Owner: "shaper", Mask: 0x1000, Value: 0x1000})}, "", ""},
		{"elsewhere", []change{calico, mark(schema.Mark{Owner: "shaper", Mask: 0x100, Regions: []string{"gpu-dc"}})}, "", ""},
		{"calico", []change{calico}, "", ""},
		{"calico, netfilter on", []change{calico, netfilterOn("")}, "", ""},
		{"canal", []change{cni("canal", "3.30.2")}, "", ""},
		{"canal, as it comes", []change{cni("canal", "3.30.2"), mask(0xffff0000)}, validate.CodeMarkCollision, "spec.regions[0].cni"},
		{"canal, few bits", []change{cni("canal", "3.30.2"), mask(0xf000000)}, validate.CodeCalicoMask, "spec.regions[0].cni.markMask"},
		{"calico's default mask", []change{calico, mask(0xffff0000)}, validate.CodeMarkCollision, "spec.regions[0].cni"},
		{"calico, kube-proxy", []change{calico, mask(0xff00c000)}, validate.CodeMarkCollision, "spec.regions[0].cni"},
		{"calico, few bits", []change{calico, mask(0xf000000)}, validate.CodeCalicoMask, "spec.regions[0].cni.markMask"},
		{"calico, bit 31", []change{calico, mask(0xff000000)}, "", ""},
		{"calico, bit 31, kubernetes 1.36", []change{calico, mask(0xff000000), kubernetes("1.36.0")}, validate.CodeCalicoMask, "spec.regions[0].cni.markMask"},
		{"calico ebpf", []change{calico, dataPlane(schema.DataPlaneEBPF)}, "", ""},
		{"calico ebpf, netfilter on", []change{calico, dataPlane(schema.DataPlaneEBPF), netfilterOn("")}, "", ""},
		{"calico ebpf, bits missing", []change{calico, dataPlane(schema.DataPlaneEBPF), mask(0xff000000)}, validate.CodeCalicoMask, "spec.regions[0].cni.markMask"},
		{"calico ebpf, default mask", []change{calico, dataPlane(schema.DataPlaneEBPF), mask(0xffff0000)}, validate.CodeMarkCollision, "spec.regions[0].cni"},
		{"kube-router", []change{cni(schema.CNIKubeRouter, "2.5.0")}, "", ""},
		{"kube-router, netfilter on", []change{cni(schema.CNIKubeRouter, "2.5.0"), netfilterOn("")}, "", ""},
	} {
		found := false
		for _, d := range validate.Topology(withChanges(c.changes)) {
			if d.Code != validate.CodeMarkCollision && d.Code != validate.CodeCalicoMask {
				continue
			}
			if d.Code == c.code && strings.HasPrefix(d.Path, c.path) {
				found = true
			} else if c.code == "" {
				t.Errorf("%s: %v", c.name, d)
			}
		}
		if c.code != "" && !found {
			t.Errorf("%s: no %s at %s", c.name, c.code, c.path)
		}
	}
}

// TestCalicoMasks: whatever the versions, the mask that is chosen for Calico leaves
// Tailscale and kube-proxy theirs, and suffices for Felix.
func TestCalicoMasks(t *testing.T) {
	for _, ts := range []schema.Version{"1.58.2", "1.84.3", "1.98.0", "1.102.3"} {
		for _, v := range []schema.Version{"", "3.27.0", "3.29.3", "3.30.7", "3.32.1", "3.33.0"} {
			for _, d := range []schema.DataPlane{"", schema.DataPlaneIPTables, schema.DataPlaneNFTables, schema.DataPlaneEBPF} {
				for _, on := range []change{netfilterOn(""), netfilterOn(schema.FirewallNFTables), tailscale(ts)} {
					topology := withChanges([]change{cni(schema.CNICalico, v), dataPlane(d), on, tailscale(ts)})
					calicoMaskLaws(t, plan.New(topology).Topology.Spec.Regions[0].CNI)
				}
			}
		}
	}
}

func calicoMaskLaws(t *testing.T, c schema.CNI) {
	t.Helper()
	taken := uint32(0xff0000 | 0xc000)
	if c.DataPlane == schema.DataPlaneEBPF {
		taken = 0x0f0000 | 0xc000 // bits 20 to 23 are not Calico's to choose
		if c.MarkMask&0x1ff00000 != 0x1ff00000 || bits.OnesCount32(c.MarkMask&^0x1ff00000) < 4 {
			t.Errorf("%s %s: mask %#x does not do", c.DataPlane, c.Version, c.MarkMask)
		}
	}
	if c.MarkMask&taken != 0 || bits.OnesCount32(c.MarkMask) < 8 || c.MarkMask > math.MaxInt32 {
		t.Errorf("%s %s: mask %#x", c.DataPlane, c.Version, c.MarkMask)
	}
}

// Of many marks on the same bits each is reported once, beside the first: pairs would be
// quadratic.
func TestManyMarksCollideOnceEach(t *testing.T) {
	topology := withChanges(nil)
	for i := range 256 {
		topology.Spec.Marks = append(topology.Spec.Marks, schema.Mark{Owner: "shaper", Mask: 0x3000, Value: uint32(i & 1)})
	}
	n := 0
	for _, d := range validate.Topology(topology) {
		if d.Code == validate.CodeMarkCollision {
			n++
		}
	}
	if n != 255 {
		t.Errorf("%d findings about 256 marks on the same bits", n)
	}
}
