package doctor_test

import (
	"fmt"
	"testing/fstest"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/doctor"
)

// A capture of a host whose tailscaled is gone, without a topology.
func Example() {
	capture, err := doctor.Read(fstest.MapFS{
		"format":               {Data: []byte("kustomize-hybrid capture 1\n")},
		"hosts/edge-1/missing": {Data: []byte("status.json: failed to connect to local tailscaled\n")},
		"hosts/edge-1/tables":  {Data: []byte("gateway edge-1 10.0.0.11 - 10.0.0.11:9002\n")},
		"hosts/edge-1/check":   {},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	report := doctor.Diagnose(capture, doctor.Wanted{})
	fmt.Println(report.Causes[0].Code, report.Causes[0].Evidence[0].Line)
	fmt.Println(report.Causes[0].Fix)
	// Output:
	// live-tailscaled 1
	// ssh root@edge-1 systemctl restart kustomize-hybrid-tailscaled kustomize-hybrid-gateway
}
