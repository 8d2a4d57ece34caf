package diag_test

import (
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

func TestNearest(t *testing.T) {
	words := []string{"daemonSet", "staticPod", "podCIDRs", "nodeCIDRs", "on", "off"}
	for text, want := range map[string]string{
		"deamonSet": "daemonSet", "daemonset": "daemonSet", "staticPods": "staticPod", "podCIDR": "podCIDRs",
		"nodeCDIRs": "nodeCIDRs", "perNode": "", "": "", "no": "on", "something else": "",
	} {
		if got := diag.Nearest(text, words); got != want {
			t.Errorf("%q is near %q, not %q", text, got, want)
		}
	}
}
