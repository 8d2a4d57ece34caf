package cloud_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/provider"
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

// Whoever may have a network has a program, which calls the provider and its command line
// what facts call them, and reads the tables that are made here.
func TestPrograms(t *testing.T) {
	topologies := sample.Clouds()
	for _, p := range provider.All() {
		if !p.Network.IsKnown() {
			continue
		}
		topology := topologies[p.Name]
		if topology == nil {
			t.Errorf("no sample has a network of %s", p.Title)
			continue
		}
		made := cloud.Programs(plan.New(topology).ByName())
		if len(made) == 2 && !made[0].Executable {
			slices.Reverse(made) // the program first
		}
		if len(made) != 2 || made[0].Path != "cloud/"+p.Name+".sh" || !made[0].Executable || made[1].Path != "cloud/lib.sh" || made[1].Executable {
			t.Fatalf("%s: %+v", p.Name, made)
		}
		title := p.Title
		if strings.Contains(title, " ") {
			title = "'" + title + "'"
		}
		if want := "\nPROVIDER=" + p.Name + " TITLE=" + title + " CLI=" + p.Network.Value.CLI + "\n"; !strings.Contains(string(made[0].Data), want) {
			t.Errorf("%s lacks %q", made[0].Path, want)
		}
		if want := "\nprovider " + p.Name + "\nregion cloud\n"; !strings.Contains(string(files(topology)[0].Data), want) {
			t.Errorf("the tables of %s lack %q", p.Name, want)
		}
	}
}

func TestNoProgramsWithoutACloud(t *testing.T) {
	if made := cloud.Programs(plan.New(sample.Cases()["dual"])); len(made) > 0 {
		t.Errorf("%+v", made)
	}
}

// Where every gateway sends by itself, Google Cloud's routes have one priority.
func TestCloudSpread(t *testing.T) {
	topology := sample.Clouds()["gcp"]
	topology.Spec.Regions[1].Gateways.HA.Strategy = "supersets"
	made := files(topology)
	if !strings.Contains(string(made[0].Data), "\nsetting spread yes\n") || !strings.Contains(string(made[1].Data), "priority    = 1000\n") {
		t.Errorf("routes are not spread:\n%s", made[0].Data)
	}
}

// Routes that follow the primary have units in the place of a module, which would take them
// back: they run the provider's program, and name its command line and what that may do.
func TestUnits(t *testing.T) {
	for name, topology := range sample.Clouds() {
		topology.Spec.Regions[1].Network.Failover = schema.FailoverWatch
		var paths []string
		text := ""
		for _, f := range files(topology) {
			paths = append(paths, strings.TrimPrefix(f.Path, "regions/cloud/cloud/"))
			text += string(f.Data)
		}
		const unit = "systemd/kustomize-hybrid-follow"
		if want := []string{"tables", unit + ".path", unit + ".service", unit + ".timer"}; !slices.Equal(paths, want) {
			t.Errorf("%s: %q", name, paths)
		}
		n := provider.Of(name).Network.Value
		for _, want := range []string{
			"\nsetting primaryOf 10.0.0.0/22\n", "\nPathChanged=/run/kustomize-hybrid/watch/memory\n",
			"\nExecStart=/etc/kustomize-hybrid/cloud/" + name + ".sh follow /etc/kustomize-hybrid/cloud/tables\n",
			"\n# The host needs " + n.CLI + ", signed in: " + n.SignIn.Value + ".\n# It may do no more than " + n.Moves.Value + ".\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
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
