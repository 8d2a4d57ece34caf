//go:build container

package container

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// One engine for all: it takes longer than what it is asked.
func TestContainer(t *testing.T) {
	engine(t)
	build(t)
	t.Run("function", function)
	t.Run("finding", finding)
	t.Run("step", step)
	t.Run("hook", hook)
	t.Run("sidecar", sidecar)
	t.Run("small", small)
}

func kustomize(t *testing.T, flags ...string) string {
	t.Helper()
	binary := os.Getenv("KUSTOMIZE")
	if binary == "" {
		t.Fatal("KUSTOMIZE, the path of kustomize v5.8.2, is not set: run `make container-test`")
	}
	out, errs, err := try(binary, append([]string{"build"}, flags...)...)
	if err != nil || errs != "" {
		t.Fatalf("%v\n%s", err, errs)
	}
	return out
}

// The function in a container makes what the program on PATH makes, byte for byte, and so does
// `kustomize-hybrid build`.
func function(t *testing.T) {
	t.Setenv("PATH", absolute(t, filepath.Join(root, "bin/image"))+string(os.PathListSeparator)+os.Getenv("PATH"))
	container := kustomize(t, "--enable-alpha-plugins", filepath.Join(root, "overlays/container"))
	program := kustomize(t, "--enable-alpha-plugins", "--enable-exec", filepath.Join(root, "overlays/transformer"))
	if diff := cmp.Diff(program, container); diff != "" || len(container) < 10000 {
		t.Errorf("%d bytes: %s", len(container), diff)
	}
	if diff := cmp.Diff(program, run(t, "kustomize-hybrid", "build", filepath.Join(root, "overlays/transformer"))); diff != "" {
		t.Error(diff)
	}
}

// What cannot work fails the build, and the finding is seen through the container.
func finding(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "overlay")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "overlays/container"))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "topology.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(text), "podCIDRs: [10.142.0.0/20]", "podCIDRs: [10.0.2.0/23]", 1)
	if err := os.WriteFile(file, []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	out, errs, err := try(os.Getenv("KUSTOMIZE"), "build", "--enable-alpha-plugins", dir)
	if err == nil || out != "" || !strings.Contains(errs, "[cidr-overlap]") {
		t.Errorf("%v\n%s\n%s", err, out, errs)
	}
}

func docker(args ...string) []string {
	return append([]string{"run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"}, args...)
}

// As a step of a pipeline, Tekton's or GitHub's: a topology in, a tree out, as the user that
// the directory belongs to.
func step(t *testing.T) {
	work := t.TempDir()
	if err := os.Chmod(work, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "examples/regional-gateway/topology.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "topology.yaml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(work, 1000, 1000); err != nil {
		t.Fatal(err)
	}
	run(t, "docker", docker("--user", "1000:1000", "-v", work+":/work", image, "render", "topology.yaml", "-o", "rendered")...)
	run(t, filepath.Join(root, "bin/image/kustomize-hybrid"), "render", filepath.Join(work, "topology.yaml"), "-o", filepath.Join(work, "rendered"), "--check")
	run(t, "docker", docker("-v", work+":/work:ro", image, "render", "topology.yaml", "-o", "rendered", "--check")...)
}

// As pre-commit's docker_image hook calls it: its entry is the image and a command, files follow.
func hook(t *testing.T) {
	examples := absolute(t, filepath.Join(root, "examples"))
	run(t, "docker", docker("-v", examples+":/src:ro,Z", "--workdir", "/src", "--user", "1000:1000", image, "validate", "regional-gateway/topology.yaml", "talos/topology.yaml")...)
	if _, errs, err := try("docker", docker("-v", examples+":/src:ro,Z", "--workdir", "/src", image, "validate", "no-such-file.yaml")...); err == nil || !strings.Contains(errs, "no-such-file.yaml") {
		t.Errorf("%v %s", err, errs)
	}
}

// As Argo CD's sidecar has it: user 999, whom /etc/passwd does not know, a read-only root, and
// the program found by its name, in the directory of the application.
func sidecar(t *testing.T) {
	app := absolute(t, filepath.Join(root, "overlays/transformer"))
	out := run(t, "docker", docker("--user", "999", "--tmpfs", "/tmp", "-v", app+":/app:ro", "--workdir", "/app", "--entrypoint", "kustomize-hybrid", image, "build", ".")...)
	if diff := cmp.Diff(run(t, filepath.Join(root, "bin/image/kustomize-hybrid"), "build", app), out); diff != "" {
		t.Error(diff)
	}
}

// Nothing is in the image but the program and a user.
func small(t *testing.T) {
	name := strings.TrimSpace(run(t, "docker", "create", "--network", "none", image))
	list := filepath.Join(t.TempDir(), "image.tar")
	run(t, "docker", "export", "--output", list, name)
	files := strings.Fields(run(t, "tar", "-tf", list))
	for _, f := range files {
		switch {
		case strings.HasSuffix(f, "/"), f == "etc/passwd", f == "usr/local/bin/kustomize-hybrid":
		case f == ".dockerenv", f == "dev/console", f == "etc/hostname", f == "etc/hosts", f == "etc/mtab", f == "etc/resolv.conf": // the engine's own
		default:
			t.Errorf("%s is in the image", f)
		}
	}
}
