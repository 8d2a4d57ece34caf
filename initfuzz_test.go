package hybrid_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/draft"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Whatever somebody has, Init ends without a panic: what cannot be read is an error, and of the rest it
// makes a topology that can be read again, every error of which it has said. Only a key makes it write
// nothing.
func FuzzInitFrom(f *testing.F) {
	inputs, err := filepath.Glob("testdata/init/*.txtar")
	if err != nil || len(inputs) < fewestInputs {
		f.Fatalf("%d inputs: %v", len(inputs), err)
	}
	for _, input := range inputs {
		a, err := txtar.ParseFile(input)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			if !strings.HasPrefix(file.Name, "want/") {
				f.Add(file.Data)
			}
		}
	}
	for _, routes := range []string{"0.0.0.0/0", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16", "::/0", "10.0.0.1/32", "fd00::/8, 10.0.0.0/30"} {
		f.Add([]byte("apiVersion: tailscale.com/v1alpha1\nkind: Connector\nmetadata: {name: x}\nspec: {subnetRouter: {advertiseRoutes: [" + routes + "]}}\n"))
	}
	f.Add([]byte("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podSubnet: 255.255.255.255/32, serviceSubnet: 0.0.0.0/0}\n"))
	f.Add([]byte("apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {podCIDR: 'fd00::/128'}\nstatus: {addresses: [{type: InternalIP, address: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'}]}\n"))
	f.Fuzz(initFromHolds)
}

func initFromHolds(t *testing.T, data []byte) {
	t.Helper()
	from, err := hybrid.LoadForInit(bytes.NewReader(data), "-")
	if err != nil {
		return
	}
	files, list, err := hybrid.Init(hybrid.InitOptions{From: from})
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if files == nil {
		if !slices.ContainsFunc(list, func(d *diag.Diagnostic) bool { return d.Code == load.KeyInText }) {
			t.Fatalf("nothing is written, and no key is why:\n%v\n%s", list, data)
		}
		return
	}
	text := dataOf(files, draft.TopologyPath)
	in, err := hybrid.Read(draft.TopologyPath, text)
	if err != nil || len(in.Documents) != 1 {
		t.Fatalf("%d topologies: %v\n%s\nof\n%s", len(in.Documents), err, text, data)
	}
	for _, found := range hybrid.Validate(in, hybrid.Options{}) {
		said := func(d *diag.Diagnostic) bool { return d.Code == found.Code && d.Message == found.Message }
		if found.Severity == diag.Error && !slices.ContainsFunc(list, said) {
			t.Fatalf("an error that Init does not say: %v\n%s\nof\n%s", found, text, data)
		}
	}
}
