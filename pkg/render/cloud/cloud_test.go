package cloud_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cloud"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// files are those of region "cloud".
func files(t *schema.Topology) []tree.File {
	p := plan.New(t).ByName()
	return cloud.Files(p, &p.Regions[0])
}

func TestCloudScriptsParse(t *testing.T) {
	for name, topology := range sample.Clouds() {
		t.Run(name, func(t *testing.T) {
			file := cloudScriptFile(t, topology)
			for _, shell := range [][]string{{"dash", "-n"}, {"busybox", "sh", "-n"}, {"shellcheck", "--shell=sh", "--norc"}} {
				sample.NeedTool(t, shell[0])
				if out, err := exec.Command(shell[0], append(shell[1:], file)...).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", shell[0], err, out)
				}
			}
		})
	}
}

func cloudScriptFile(t *testing.T, topology *schema.Topology) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "routes.sh")
	if err := os.WriteFile(file, files(topology)[0].Data, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// Where every gateway sends by itself, Google Cloud's routes have one priority.
func TestCloudSpread(t *testing.T) {
	topology := sample.Clouds()["gcp"]
	topology.Spec.Regions[1].Gateways.HA.Strategy = "supersets"
	made := files(topology)
	if !strings.Contains(string(made[0].Data), "\nspread yes\n") || !strings.Contains(string(made[1].Data), "priority    = 1000\n") {
		t.Errorf("routes are not spread:\n%s", made[0].Data)
	}
}

// Another provider's network, which validate refuses, renders nothing.
func TestCloudOfAnotherProvider(t *testing.T) {
	topology := sample.Clouds()["aws"]
	topology.Spec.Regions[1].Provider = schema.ProviderGCP
	if len(files(topology)) > 0 {
		t.Error("a region of Google Cloud has routes of AWS")
	}
}
