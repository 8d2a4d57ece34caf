package gitops_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/argoproj/argo-cd/v3/cmpserver"
	"github.com/argoproj/argo-cd/v3/cmpserver/apiclient"
	"github.com/argoproj/argo-cd/v3/cmpserver/plugin"
	"github.com/argoproj/argo-cd/v3/util/cmp"
	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// sidecar starts Argo CD's own plugin server with the configuration that people copy, and
// returns who asks it, as the repository server does.
func sidecar(t *testing.T) apiclient.ConfigManagementPluginServiceClient {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("ARGOCD_CMP_WORKDIR", filepath.Join(dir, "work"))
	config, err := plugin.ReadPluginConfig(root + "/overlays/gitops/argocd-plugin")
	if err != nil {
		t.Fatal(err)
	}
	server, err := cmpserver.NewServer(plugin.CMPServerInitConstants{PluginConfig: *config})
	if err != nil {
		t.Fatal(err)
	}
	serve, err := server.CreateGRPC()
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "plugin.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = serve.Serve(listener) }()
	t.Cleanup(serve.Stop)
	conn, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return apiclient.NewConfigManagementPluginServiceClient(conn)
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// generate has the sidecar make the manifests of a directory of a repository.
func generate(t *testing.T, client apiclient.ConfigManagementPluginServiceClient, repository, app string) ([]string, error) {
	t.Helper()
	stream, err := client.GenerateManifest(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmp.SendRepoStream(stream.Context(), filepath.Join(repository, app), repository, stream, nil, nil); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.CloseAndRecv()
	return answer.GetManifests(), err
}

func detect(t *testing.T, client apiclient.ConfigManagementPluginServiceClient, repository, app string) bool {
	t.Helper()
	stream, err := client.MatchRepository(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmp.SendRepoStream(stream.Context(), filepath.Join(repository, app), repository, stream, nil, nil); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetIsSupported()
}

// The sidecar finds the directories that are its own, and makes the objects that a build makes.
func TestSidecar(t *testing.T) {
	client := sidecar(t)
	for _, overlay := range []string{"transformer", "generator"} {
		dir := repository(t, overlay)
		if !detect(t, client, dir, "network") {
			t.Errorf("%s is not found", overlay)
		}
		got, err := generate(t, client, dir, "network")
		if err != nil {
			t.Fatal(err)
		}
		want := objects(t, split(built(t, filepath.Join(dir, "network")))...)
		if diff := gocmp.Diff(want, objects(t, got...)); diff != "" {
			t.Errorf("%s: %s", overlay, diff)
		}
	}
	other := t.TempDir()
	writeFile(t, filepath.Join(other, "network", "kustomization.yaml"), "resources: []\n", 0o644)
	if detect(t, client, other, "network") {
		t.Error("a directory without a topology is taken")
	}
}

// Every example is generated as its tree is built, since a topology is all that it needs.
func TestSidecarMakesEveryExample(t *testing.T) {
	client := sidecar(t)
	examples, err := filepath.Glob(root + "/examples/*/topology.yaml")
	if err != nil || len(examples) < 5 {
		t.Fatal(examples, err)
	}
	for _, example := range examples {
		dir := repository(t, "transformer")
		text, err := os.ReadFile(example)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, "network/topology.yaml"), string(text), 0o644)
		writeFile(t, filepath.Join(dir, "network/kustomization.yaml"), "sortOptions: {order: fifo}\nresources: [topology.yaml]\ntransformers: [transform.yaml]\n", 0o644)
		got, err := generate(t, client, dir, "network")
		if err != nil {
			t.Fatalf("%s: %v", example, err)
		}
		tree := filepath.Join(t.TempDir(), "tree")
		run(t, "kustomize-hybrid", "render", example, "-o", tree)
		if diff := gocmp.Diff(objects(t, split(built(t, tree))...), objects(t, got...)); diff != "" {
			t.Errorf("%s: %s", example, diff)
		}
	}
}

// A topology that cannot work fails, and its findings are in the message that Argo CD shows.
func TestSidecarSaysWhy(t *testing.T) {
	dir := repository(t, "transformer")
	file := filepath.Join(dir, "network/topology.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, file, strings.Replace(string(text), "podCIDRs: [10.142.0.0/20]", "podCIDRs: [10.0.2.0/23]", 1), 0o644)
	got, err := generate(t, sidecar(t), dir, "network")
	if err == nil || len(got) > 0 || !strings.Contains(err.Error(), "[cidr-overlap]") {
		t.Errorf("%d objects, %v", len(got), err)
	}
}

// A program that the repository brings does not run.
func TestSidecarRunsNoProgramOfTheRepository(t *testing.T) {
	dir := repository(t, "transformer")
	proof := filepath.Join(t.TempDir(), "ran")
	writeFile(t, filepath.Join(dir, "network/evil.sh"), "#!/bin/sh\ntouch "+proof+"\ncat\n", 0o755)
	transform := filepath.Join(dir, "network/transform.yaml")
	text, err := os.ReadFile(transform)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, transform, strings.Replace(string(text), "path: kustomize-hybrid", "path: ./evil.sh", 1), 0o644)
	if _, err := generate(t, sidecar(t), dir, "network"); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(proof); err == nil {
		t.Error("the repository's program has run")
	}
}
