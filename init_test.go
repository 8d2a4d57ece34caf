package hybrid_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/examples"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/topologytest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/draft"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// fewestInputs is how many kinds of what people have Init is shown.
const fewestInputs = 16

// What Init makes of what people have: the files of testdata/init, with what comes of them. The
// topology is read in any case, and all that is found of it stands in it as comments, too.
func TestInitFrom(t *testing.T) {
	inputs, err := filepath.Glob("testdata/init/*.txtar")
	if err != nil || len(inputs) < fewestInputs {
		t.Fatalf("%d inputs: %v", len(inputs), err)
	}
	for _, input := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(input), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(input)
			if err != nil {
				t.Fatal(err)
			}
			home := root(t)
			t.Chdir(t.TempDir())
			var paths []string
			kept := &txtar.Archive{Comment: a.Comment}
			was := map[string]string{}
			for _, f := range a.Files {
				if strings.HasPrefix(f.Name, "want/") {
					was[f.Name] = string(f.Data)
					continue
				}
				kept.Files = append(kept.Files, f)
				paths = append(paths, f.Name)
				if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			kept.Files = append(kept.Files, initFrom(t, paths)...)
			t.Chdir(home)
			if goldentest.Update() {
				goldentest.Save(t, input, string(txtar.Format(kept)))
				return
			}
			for _, f := range kept.Files[len(paths):] {
				if diff := cmp.Diff(was[f.Name], string(f.Data)); diff != "" {
					t.Errorf("%s (-want +got)\n%s", f.Name, diff)
				}
			}
		})
	}
}

// root is where this package is.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// initFrom is what the topology says, what of it was proposed, and what was found, a line each, with
// what has to hold of every one of them. testdata/script/init.txtar has whole topologies.
func initFrom(t *testing.T, paths []string) []txtar.File {
	t.Helper()
	from, err := hybrid.LoadForInit(nil, paths...)
	if err != nil {
		t.Fatal(err)
	}
	files, found, err := hybrid.Init(hybrid.InitOptions{From: from})
	if err != nil {
		t.Fatal(err)
	}
	topology := files[0].Data
	in, err := hybrid.Read(draft.TopologyPath, topology)
	if err != nil {
		t.Fatal(err)
	}
	// Comments are broken into lines.
	text := strings.Join(strings.Fields(strings.ReplaceAll(string(topology), "#", "")), " ")
	for _, d := range hybrid.Validate(in, hybrid.Options{}) {
		if !strings.Contains(text, strings.Join(strings.Fields(d.Message), " ")) {
			t.Errorf("no comment says %v", d)
		}
		if !slices.ContainsFunc(found, func(f *diag.Diagnostic) bool { return f.Message == d.Message }) {
			t.Errorf("no finding says %v", d)
		}
	}
	var out bytes.Buffer
	if err := diag.WriteText(&out, found); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"not-a-key", "not-shown", "0123456789abcdef", "bm90LXJlYWQ"} {
		if strings.Contains(out.String()+string(topology), secret) {
			t.Errorf("%s is shown:\n%s", secret, out.String())
		}
	}
	var proposed []string
	var said strings.Builder
	for _, d := range found {
		if !d.Pos.IsValid() || d.Remedy == "" {
			t.Errorf("without a place or a way out: %v", d)
		}
		if d.Code == draft.CodeUnknown {
			proposed = append(proposed, d.Path)
			continue
		}
		said.WriteString(d.Error() + "\n")
	}
	all := brief(in.Documents[0].Topology) + "proposed: " + strings.Join(proposed, " ") + "\n" + said.String()
	return []txtar.File{{Name: "want/all", Data: []byte(all)}}
}

// brief is what a topology says of what was read.
func brief(t *schema.Topology) string {
	var b strings.Builder
	c, n := t.Spec.Cluster, t.Spec.Tailnet
	fmt.Fprintf(&b, "%s %s, controller %q, services %v, pods %v, API server %s%v\n", c.Distribution, c.KubernetesVersion, c.CloudController, c.ServiceCIDRs, c.ClusterCIDRs, c.APIServer.Endpoint, c.APIServer.Addresses)
	fmt.Fprintf(&b, "tailscale %s, %s %s, operator %v\n", n.TailscaleVersion, n.Tag, n.ControlURL, n.Operator)
	for _, r := range t.Spec.Regions {
		fmt.Fprintf(&b, "%s, %s: nodes %v, pods %v, %s %s %s %d, %s %v:", r.Name, r.Provider, r.NodeCIDRs, r.PodCIDRs, r.CNI.Release(), r.CNI.Tunnel, r.CNI.IPAM, r.CNI.MTU, r.Gateways.Mode, r.Gateways.NodeSelector)
		for _, g := range r.Gateways.Nodes {
			fmt.Fprintf(&b, " %s %v %s", g.Name, g.Addresses(), g.Zone)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// What stands in each code's section of docs/checks.md gives what stands below it.
func TestInitChecksPage(t *testing.T) {
	page := file(t, "docs/checks.md")
	for _, code := range draft.Codes() {
		section, ok := docs.Explain(string(code))
		_, rest, _ := strings.Cut(section, "```yml\n")
		given, rest, _ := strings.Cut(rest, "```\n\n```console\n")
		want, _, found := strings.Cut(rest, "```\n")
		if !ok || !found {
			t.Errorf("docs/checks.md shows nothing for %s", code)
			continue
		}
		got := saidOf(t, code, given)
		if !strings.Contains(got, "["+string(code)+"]") {
			t.Errorf("the example does not show %s:\n%s", code, got)
		}
		if got != want && !goldentest.Update() {
			t.Errorf("%s: docs/checks.md says\n%sand it is\n%s", code, want, got)
		}
		page = strings.Replace(page, given+"```\n\n```console\n"+want, given+"```\n\n```console\n"+got, 1)
	}
	if goldentest.Update() {
		goldentest.Save(t, "docs/checks.md", page)
	}
}

// saidOf is what Init finds of the code in a file.
func saidOf(t *testing.T, code diag.Code, text string) string {
	t.Helper()
	given := filepath.Join(t.TempDir(), "given.yaml")
	if err := os.WriteFile(given, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	from, err := hybrid.LoadForInit(nil, given)
	if err != nil {
		t.Fatal(err)
	}
	_, list, err := hybrid.Init(hybrid.InitOptions{From: from})
	if err != nil {
		t.Fatal(err)
	}
	list = slices.DeleteFunc(list, func(d *diag.Diagnostic) bool { return d.Code != code })
	var out bytes.Buffer
	if err := diag.WriteText(&out, list); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(out.String(), given, "given.yaml")
}

// Every provider, plugin and distribution together: what init writes is valid, strictly, or it is
// refused, and the findings say why. Nothing is refused that could be written, and once its
// warnings are accepted what is refused for them alone is written, too.
func TestInitMatrix(t *testing.T) {
	choices := hybrid.InitChoices()
	type verdict struct{ clean, accepted, refused int }
	by := map[string]*verdict{}
	codes := map[string]bool{}
	for _, provider := range choices.Providers {
		for _, plugin := range choices.Plugins {
			v := by[provider+" "+plugin]
			if v == nil {
				v = &verdict{}
				by[provider+" "+plugin] = v
			}
			for _, distribution := range choices.Distributions {
				o := hybrid.InitOptions{Answers: draft.Answers{
					Distribution: schema.Distribution(distribution), Plugin: schema.CNIType(plugin),
					Regions: []draft.Region{{Name: "home", Provider: provider}, {Name: "gpu-dc", Provider: choices.Provider}},
				}}
				about := provider + ", " + plugin + ", " + distribution
				files, list, err := hybrid.Init(o)
				if err != nil {
					t.Fatalf("%s: %v", about, err)
				}
				if files != nil {
					v.clean++
					isClean(t, about, files)
					continue
				}
				if len(list) == 0 {
					t.Errorf("%s: refused without a reason", about)
				}
				for _, d := range list {
					codes[d.Severity.String()+" "+string(d.Code)] = true
					if d.Severity == diag.Warning && !slices.Contains(o.Accept, string(d.Code)) {
						o.Accept = append(o.Accept, string(d.Code))
					}
				}
				files, again, err := hybrid.Init(o)
				switch {
				case err != nil:
					t.Fatalf("%s: %v", about, err)
				case list.Count(diag.Error) == 0 && files == nil:
					t.Errorf("%s: refused although its warnings are accepted: %v", about, again)
				case files != nil:
					v.accepted++
					isClean(t, about, files)
				default:
					v.refused++
				}
			}
		}
	}
	// What is alike stands together.
	alike := map[string][]string{}
	for name, v := range by {
		key := fmt.Sprintf("%d at once, %d once warnings are accepted, %d never", v.clean, v.accepted, v.refused)
		alike[key] = append(alike[key], name)
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(alike)) {
		fmt.Fprintf(&b, "of %d distributions %s: %s\n", len(choices.Distributions), key, strings.Join(slices.Sorted(slices.Values(alike[key])), ", "))
	}
	fmt.Fprintf(&b, "why not: %s\n", strings.Join(slices.Sorted(maps.Keys(codes)), ", "))
	goldentest.Compare(t, "testdata/init-matrix.txt", b.String())
}

// isClean holds what was written against validate --strict.
func isClean(t *testing.T, about string, files []tree.File) {
	t.Helper()
	in, err := hybrid.Read(files[0].Path, files[0].Data)
	if err != nil {
		t.Fatalf("%s: %v", about, err)
	}
	for _, d := range hybrid.Validate(in, hybrid.Options{Strict: true}) {
		t.Errorf("%s: %v", about, d)
	}
}

// What init writes can be built, by kustomize itself, and is a repository's: workflows read only.
func TestInitBuilds(t *testing.T) {
	files, list, err := hybrid.Init(hybrid.InitOptions{Revision: "v1.2.3"})
	if err != nil || len(list) > 0 {
		t.Fatal(list, err)
	}
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f.Path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, f.Data, 0o644)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(f.Data), "{rev}") || bytes.Contains(f.Data, []byte("kustomize-hybrid@")) && !bytes.Contains(f.Data, []byte("@v1.2.3")) {
			t.Errorf("%s does not name the revision", f.Path)
		}
		if strings.HasSuffix(f.Path, "workflows/topology.yaml") && !bytes.Contains(f.Data, []byte("\npermissions: {contents: read}\n")) {
			t.Errorf("%s may do more than read", f.Path)
		}
	}
	var kustomization struct{ Resources, Transformers []string }
	if err := yaml.Unmarshal(dataOf(files, "kustomization.yaml"), &kustomization); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(kustomization.Resources, kustomization.Transformers...) {
		if dataOf(files, name) == nil {
			t.Errorf("kustomization.yaml names %s, which is not written", name)
		}
	}
}

func dataOf(files []tree.File, path string) []byte {
	for _, f := range files {
		if f.Path == path {
			return f.Data
		}
	}
	return nil
}

// A region that answers name is the one of that name that was read, and what they say goes before.
func TestAnswersGoFirst(t *testing.T) {
	from, err := hybrid.LoadForInit(strings.NewReader("apiVersion: v1\nkind: Node\nmetadata: {name: w-1, labels: {topology.kubernetes.io/region: home}}\nstatus: {addresses: [{type: InternalIP, address: 10.0.0.7}]}\n"), "-")
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := hybrid.Init(hybrid.InitOptions{From: from, Answers: draft.Answers{
		Name: "mine", KubernetesVersion: "1.30.2", Regions: []draft.Region{{Name: "home", Provider: "aws", Nodes: topologytest.CIDRs("10.0.0.0/20")}, {Name: "more", Pods: topologytest.CIDRs("10.9.0.0/16")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := hybrid.Read("topology.yaml", files[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	s := in.Documents[0].Topology
	if s.Metadata.Name != "mine" || s.Spec.Cluster.KubernetesVersion != "1.30.2" || len(s.Spec.Regions) != 2 ||
		s.Spec.Regions[0].Provider != "aws" || s.Spec.Regions[0].NodeCIDRs[0].String() != "10.0.0.0/20" ||
		s.Spec.Regions[0].Gateways.Nodes[0].Name != "w-1" || s.Spec.Regions[1].PodCIDRs[0].String() != "10.9.0.0/16" {
		t.Errorf("%s", files[0].Data)
	}
}

// What is rendered has none of the faults that gateways have which people wrote.
func TestInitFindsNothingWrongWithWhatIsRendered(t *testing.T) {
	for _, name := range examples.Names() {
		in, err := hybrid.Load("examples/" + name + "/topology.yaml")
		if err != nil {
			t.Fatal(err)
		}
		files, _, err := hybrid.Render(in, hybrid.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		dir := t.TempDir()
		for f, err := range files {
			if err != nil {
				t.Fatal(err)
			}
			if path.Ext(f.Path) == ".yaml" && (strings.HasPrefix(f.Path, "cluster/") || strings.HasSuffix(f.Path, "static-pod.yaml")) && !strings.Contains(f.Path, "/verify/") {
				to := filepath.Join(dir, strings.ReplaceAll(f.Path, "/", "-"))
				if err := os.WriteFile(to, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
				paths = append(paths, to)
			}
		}
		from, err := hybrid.LoadForInit(nil, paths...)
		if err != nil {
			t.Fatal(err)
		}
		_, list, err := hybrid.Init(hybrid.InitOptions{From: from})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			if strings.HasPrefix(string(d.Code), "manifest-") {
				t.Errorf("%s: %v", name, d)
			}
		}
	}
}
