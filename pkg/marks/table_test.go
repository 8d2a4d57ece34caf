package marks_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/marks"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func Example() {
	p := plan.New(topologytest.Published())
	for _, u := range marks.Of(p, 0) {
		fmt.Println(&u)
	}
	// Output:
	// kube-proxy (masquerade, mask 0x4000)
	// kube-proxy (drop, mask 0x8000)
	// tailscale 1.84.3 (its own packets, to table main, mask 0xff0000)
	// cilium 1.17.4 (what the packet is (magic), mask 0xf00)
	// cilium 1.17.4 (identity, bits 0 to 15, mask 0xffff0000)
	// cilium 1.17.4 (identity, bits 16 to 23, or cluster, mask 0xff)
}

// TestTable is what the report shows of the published network, as it is and with
// Tailscale's own rules on.
func TestTable(t *testing.T) {
	report, err := os.ReadFile("../../golden/examples/regional-gateway.txt")
	if err != nil {
		t.Fatal(err)
	}
	published := topologytest.Published()
	for i := range published.Spec.Regions {
		published.Spec.Regions[i].CNI.Version = "1.18.2"
	}
	if table := marks.Table(plan.New(published)); !strings.Contains(string(report), table) {
		t.Errorf("the report of examples/regional-gateway shows another table than\n%s", table)
	}
	on := topologytest.Published()
	on.Spec.Tailnet.NetfilterMode, on.Spec.Tailnet.FirewallMode = schema.NetfilterOn, schema.FirewallNFTables
	on.Spec.Regions[1].CNI = schema.CNI{Type: schema.CNICalico, Version: "3.30.7"}
	on.Spec.Marks = []schema.Mark{{Owner: "istio", Mask: 0xffff, Value: 0x1337}}
	goldentest.Compare(t, "testdata/marks-netfilter-on.md", marks.Table(plan.New(on)))
}
