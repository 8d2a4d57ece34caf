//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// kustomize runs `kustomize build` and returns what it prints.
func kustomize(t *testing.T, dir string, flags ...string) (stdout, stderr string, err error) {
	t.Helper()
	binary := os.Getenv("KUSTOMIZE")
	if binary == "" {
		t.Fatal("KUSTOMIZE, the path of kustomize v5.8.2, is not set: run `make e2e`")
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(binary, append([]string{"build", dir}, flags...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append(os.Environ(), "PATH="+absolute(t, filepath.Join(root, "bin"))+string(os.PathListSeparator)+os.Getenv("PATH"))
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func functions() []string { return []string{"--enable-alpha-plugins", "--enable-exec"} }

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The binary that people have builds what `kustomize-hybrid build` builds, which
// golden/overlays holds.
func TestOverlays(t *testing.T) {
	for _, name := range directories(t, "overlays") {
		if _, err := os.Stat(filepath.Join(root, "overlays", name, "kustomization.yaml")); err != nil || name == "container" {
			continue // Components, what people copy for a tool, and what needs a container engine
		}
		t.Run(name, func(t *testing.T) {
			got, stderr, err := kustomize(t, filepath.Join(root, "overlays", name), functions()...)
			if err != nil || stderr != "" {
				t.Fatalf("%v\n%s", err, stderr)
			}
			if diff := cmp.Diff(built(t, filepath.Join(root, "overlays", name)), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// directories are the names of those in a directory of the module's.
func directories(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, dir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		t.Fatalf("%s is empty", dir)
	}
	return names
}

// built is what `kustomize-hybrid build` prints for a directory.
func built(t *testing.T, dir string) string {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command(filepath.Join(root, "bin/kustomize-hybrid"), "build", dir)
	cmd.Stderr = &errs
	cmd.Env = append(os.Environ(), "PATH="+absolute(t, filepath.Join(root, "bin"))+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.Output()
	if err != nil || errs.Len() > 0 || len(out) == 0 {
		t.Fatalf("%v\n%s", err, &errs)
	}
	return string(out)
}

// A rendered tree needs no function.
func TestRenderedTrees(t *testing.T) {
	for _, name := range directories(t, "examples") {
		tree := filepath.Join(t.TempDir(), name)
		if code, stderr := render(t, name, tree); code != 0 {
			t.Fatal(stderr)
		}
		out, stderr, err := kustomize(t, tree)
		if err != nil || stderr != "" || !strings.Contains(out, "kind: Namespace\n") {
			t.Errorf("%s: %v\n%s%s", tree, err, stderr, out)
		}
	}
}

// The Components of a tree need no function either: the real kustomize makes of them what
// `kustomize-hybrid build` does, which golden/placement holds.
func TestPlacement(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "golden/testdata/placement"))); err != nil {
		t.Fatal(err)
	}
	if code, stderr := render(t, "regional-gateway", filepath.Join(dir, "rendered")); code != 0 {
		t.Fatal(stderr)
	}
	for _, name := range directories(t, "golden/testdata/placement") {
		got, stderr, err := kustomize(t, filepath.Join(dir, name))
		if err != nil || stderr != "" {
			t.Fatalf("%s: %v\n%s", name, err, stderr)
		}
		if diff := cmp.Diff(built(t, filepath.Join(dir, name)), got); diff != "" {
			t.Error(diff)
		}
	}
}

// So do the Components that people copy; golden/components holds what they make of a tree.
func TestComponents(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "components"), os.DirFS(filepath.Join(root, "overlays/components"))); err != nil {
		t.Fatal(err)
	}
	if code, stderr := render(t, "regional-gateway", filepath.Join(dir, "rendered")); code != 0 {
		t.Fatal(stderr)
	}
	for _, name := range directories(t, "overlays/components") {
		text := "sortOptions: {order: fifo}\nresources: [rendered]\ncomponents: [components/" + name + "]\n"
		if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, stderr, err := kustomize(t, dir)
		if err != nil || stderr != "" {
			t.Fatalf("%s: %v\n%s", name, err, stderr)
		}
		if diff := cmp.Diff(built(t, dir), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What the docs warn of: without --enable-exec kustomize runs nothing and says so to
// nobody (kustomize#4399).
func TestSilentEmptyOutputWithoutExec(t *testing.T) {
	out, stderr, err := kustomize(t, filepath.Join(root, "overlays/generator"), "--enable-alpha-plugins")
	if err != nil || out != "" || stderr != "" {
		t.Errorf("kustomize no longer builds silently to nothing; the docs say it does: %v\n%s%s", err, stderr, out)
	}
	for _, page := range []string{"README.md", "docs/kustomize.md"} {
		if !strings.Contains(read(t, filepath.Join(root, page)), "--enable-exec") {
			t.Errorf("%s does not warn of it", page)
		}
	}
	_, stderr, err = kustomize(t, filepath.Join(root, "overlays/generator"))
	if err == nil || !strings.Contains(stderr, "external plugins disabled") {
		t.Errorf("without any flag: %v\n%s", err, stderr)
	}
}

// broken copies an overlay and misspells a mode in its topology.
func broken(t *testing.T, overlay string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), overlay)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "overlays", overlay))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "topology.yaml")
	text := strings.Replace(read(t, file), "mode: staticPod", "mode: staticpod", 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// kustomize takes an empty output for "delete everything" and shows nothing but
// standard error: each role has to fail, and to say why.
func TestBrokenTopologyFailsTheBuild(t *testing.T) {
	for _, overlay := range []string{"transformer", "generator", "validator"} {
		t.Run(overlay, func(t *testing.T) {
			out, stderr, err := kustomize(t, broken(t, overlay), functions()...)
			if err == nil || out != "" {
				t.Errorf("the build went on: %v\n%s", err, out)
			}
			const want = `spec.regions[1].gateways.mode: error: `
			if !strings.Contains(stderr, want) || !strings.Contains(stderr, "\nError: couldn't execute function: exit status 1") {
				t.Errorf("standard error says\n%s", stderr)
			}
		})
	}
}

// A second transformer finds the objects of the first; a validator in the same build
// sees them and must not be taken for one that changes them (kustomize#5036).
func TestRolesTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "overlay")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "overlays/transformer"))); err != nil {
		t.Fatal(err)
	}
	add := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	add("validate.yaml", read(t, filepath.Join(root, "overlays/validator/validate.yaml")))
	add("again.yaml", strings.Replace(read(t, filepath.Join(dir, "transform.yaml")), "name: hybrid", "name: again", 1))
	add("kustomization.yaml", strings.Replace(read(t, filepath.Join(dir, "kustomization.yaml")),
		"  - transform.yaml\n", "  - transform.yaml\n  - again.yaml\nvalidators:\n  - validate.yaml\n", 1))
	got, stderr, err := kustomize(t, dir, functions()...)
	if err != nil || stderr != "" {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if diff := cmp.Diff(built(t, filepath.Join(root, "overlays/transformer")), got); diff != "" {
		t.Error(diff)
	}
}

// Where a build has no resources, kustomize hands functions their own configuration
// as the only item.
func TestNothingToTransform(t *testing.T) {
	dir := t.TempDir()
	for file, text := range map[string]string{
		"transform.yaml":     read(t, filepath.Join(root, "overlays/transformer/transform.yaml")),
		"kustomization.yaml": "transformers: [transform.yaml]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, stderr, err := kustomize(t, dir, functions()...)
	if err == nil || !strings.Contains(stderr, "there is no Topology among the resources") {
		t.Errorf("%v\n%s", err, stderr)
	}
}

// On a full disk and on a read-only one the old tree stays, and one line says why.
func TestRenderOntoFullOrReadOnlyDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("this test mounts a small disk: it needs root")
	}
	for _, c := range []struct{ name, remount, want string }{
		{"full", "", "no space left on device"},
		{"read-only", "remount,ro", "read-only file system"},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := t.TempDir()
			mount(t, "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk)
			defer func() {
				if out, err := exec.Command("umount", disk).CombinedOutput(); err != nil {
					t.Errorf("umount: %v %s", err, out)
				}
			}()
			out := filepath.Join(disk, "out")
			if code, stderr := render(t, "regional-gateway", out); code != 0 {
				t.Fatal(stderr)
			}
			before := snapshot(t, out)
			fill(t, disk, c.name == "full")
			if c.remount != "" {
				mount(t, "-o", c.remount, disk)
			}
			code, stderr := render(t, "three-regions", out, "--forget", "gcp-us", "--forget", "gpu-dc")
			if code != 3 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d: %s", code, stderr)
			}
			if diff := cmp.Diff(before, snapshot(t, out)); diff != "" {
				t.Errorf("the old tree changed:\n%s", diff)
			}
		})
	}
}

// fill leaves no room on the disk.
func fill(t *testing.T, disk string, really bool) {
	t.Helper()
	if !really {
		return
	}
	file, err := os.Create(filepath.Join(disk, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for {
		if _, err := file.Write(make([]byte, 4096)); err != nil {
			return
		}
	}
}

func mount(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		t.Fatalf("mount %q: %v %s", args, err, out)
	}
}

func render(t *testing.T, example, out string, flags ...string) (code int, stderr string) {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command(filepath.Join(root, "bin/kustomize-hybrid"), append([]string{"render", filepath.Join(root, "examples", example, "topology.yaml"), "-o", out}, flags...)...)
	cmd.Stderr = &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), errs.String()
}

func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[name] = read(t, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
