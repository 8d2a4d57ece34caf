package bundle_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/bundle"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// shells are those that hosts have as sh.
func shells(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{"sh": {"sh"}}
	for name, words := range map[string][]string{"dash": {"dash"}, "busybox": {"busybox", "sh"}} {
		if _, err := exec.LookPath(words[0]); err == nil {
			all[name] = words
		}
	}
	return all
}

// host is a host's disk, mounted somewhere, with a bundle beside it.
type host struct {
	t         *testing.T
	shell     []string
	root, dir string
}

func newHost(t *testing.T, shell []string) *host {
	h := &host{t: t, shell: shell, root: t.TempDir()}
	for _, dir := range []string{"etc/systemd/system", "var/lib", "etc/kubernetes/manifests"} {
		if err := os.MkdirAll(filepath.Join(h.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// unpack puts a bundle beside the host.
func (h *host) unpack(files []tree.File, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	h.dir = h.t.TempDir()
	for _, f := range files {
		mode := fs.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		h.write(filepath.Join(h.dir, f.Path), f.Data, mode)
	}
}

func (h *host) write(name string, data []byte, mode fs.FileMode) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(name, data, mode); err != nil {
		h.t.Fatal(err)
	}
}

// run runs install.sh of the bundle, or of the copy that stays on the host.
func (h *host) run(program string, args ...string) (string, int) {
	h.t.Helper()
	words := slices.Concat(h.shell, []string{program}, args)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append(os.Environ(), "ROOT="+h.root)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		h.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (h *host) install(verb ...string) (string, int) {
	return h.run(filepath.Join(h.dir, bundle.Program), verb...)
}

// want fails unless install.sh says exactly this.
func (h *host) want(said string, code int, verb ...string) {
	h.t.Helper()
	if got, gotCode := h.install(verb...); got != said || gotCode != code {
		h.t.Errorf("%q: exit code %d, want %d; it says %q, want %q", verb, gotCode, code, got, said)
	}
}

// has lists the host's files, without those of others.
func (h *host) has() []string {
	h.t.Helper()
	var list []string
	err := filepath.WalkDir(h.root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, strings.TrimPrefix(p, h.root))
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

const key = "/etc/kustomize-hybrid/auth/authkey"

func TestInstall(t *testing.T) {
	p := plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd))
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, shell)
			h.unpack(bundle.Gateway(p, "cloud-1"))
			before := h.has()
			h.want("install.sh: the auth key is missing: put it into "+key+" (directory 0700, file 0400, root's) and run this again\n", 1, "apply")
			if got := h.has(); !slices.Equal(got, before) {
				t.Errorf("it refuses, and has written %q", got)
			}
			h.write(h.root+key, []byte("tskey-client-x"), 0o600)
			unapproved := "install.sh: " + key + " holds an OAuth client's secret without &preauthorized=true: where the tailnet approves devices, this gateway waits until somebody does\n"
			forgotten := "install.sh: " + key + " holds an OAuth client's secret without ?ephemeral=false&preauthorized=true: the tailnet would forget this gateway while it is down\n"
			h.want(unapproved+forgotten, 1, "apply")
			h.write(h.root+key, []byte("tskey-client-x?preauthorized=true&ephemeral=falsely\n"), 0o600)
			h.want(forgotten, 1, "apply")
			h.write(h.root+key, []byte("x"), 0o400)
			h.want("", 0, "apply")
			h.want("", 0, "check")
			first := h.has()
			h.want("", 0, "apply")
			if got := h.has(); !slices.Equal(got, first) {
				t.Errorf("twice is not once: %q and %q", first, got)
			}
			for _, file := range []string{
				"/etc/kustomize-hybrid/host/gateway-setup.sh", "/etc/kustomize-hybrid/host/tables", "/etc/kustomize-hybrid/host/fleet.tables",
				"/etc/systemd/system/kustomize-hybrid-setup.service", "/etc/kubernetes/manifests/kustomize-hybrid-gateway.yaml",
			} {
				if !slices.Contains(first, file) {
					t.Errorf("%s is missing in %q", file, first)
				}
			}
			if name == "sh" {
				h.breaks()
			}
			// What undoes it is on the host, whatever becomes of the bundle.
			if out, code := h.run(h.root+"/var/lib/kustomize-hybrid/installed/install.sh", "remove", "--purge"); code != 0 || out != "" {
				t.Errorf("remove: exit code %d: %s", code, out)
			}
			if got := h.has(); !slices.Equal(got, before) {
				t.Errorf("it leaves %q", got)
			}
		})
	}
}

// A gateway whose routes follow the primary brings what moves them: also where a DaemonSet
// brings everything else.
func TestFollowers(t *testing.T) {
	for _, mode := range []schema.GatewayMode{schema.ModeStaticPod, schema.ModeDaemonSet} {
		topology := sample.Clouds()["aws"]
		r := &topology.Spec.Regions[1]
		r.Gateways.Mode, r.Network.Failover = mode, schema.FailoverWatch
		h := newHost(t, []string{"sh"})
		h.unpack(bundle.Gateway(plan.New(topology), "cloud-1"))
		before := h.has()
		h.write(h.root+key, []byte("x"), 0o400)
		h.want("", 0, "apply")
		h.want("", 0, "check")
		got := h.has()
		const unit = "/etc/systemd/system/kustomize-hybrid-follow"
		for _, file := range []string{"lib.sh", "aws.sh", "tables"} {
			if !slices.Contains(got, "/etc/kustomize-hybrid/cloud/"+file) {
				t.Errorf("%s: %s is missing in %q", mode, file, got)
			}
		}
		for _, suffix := range []string{".path", ".timer", ".service"} {
			if !slices.Contains(got, unit+suffix) {
				t.Errorf("%s: %s is missing in %q", mode, suffix, got)
			}
		}
		if out, code := h.run(h.root+"/var/lib/kustomize-hybrid/installed/install.sh", "remove", "--purge"); code != 0 || out != "" {
			t.Errorf("remove: exit code %d: %s", code, out)
		}
		if left := slices.DeleteFunc(h.has(), func(f string) bool { return f == key }); !slices.Equal(left, before) {
			t.Errorf("%s: it leaves %q", mode, left)
		}
	}
}

// breaks takes single things away, which check has to name and apply to mend.
func (h *host) breaks() {
	tables, program, pod := "/etc/kustomize-hybrid/host/tables", "/etc/kustomize-hybrid/host/gateway-setup.sh", "/etc/kubernetes/manifests/kustomize-hybrid-gateway.yaml"
	for said, do := range map[string]func() error{
		"missing: " + tables + "\n":         func() error { return os.Remove(h.root + tables) },
		"differs: " + tables + "\n":         func() error { return os.WriteFile(h.root+tables, []byte("x"), 0o644) },
		"not executable: " + program + "\n": func() error { return os.Chmod(h.root+program, 0o644) },
		"missing: " + pod + "\n":            func() error { return os.Remove(h.root + pod) },
		"differs: " + pod + "\n":            func() error { return os.WriteFile(h.root+pod, []byte("x"), 0o600) },
	} {
		if err := do(); err != nil {
			h.t.Fatal(err)
		}
		h.want(said, 1, "check")
		h.want("", 0, "apply")
		h.want("", 0, "check")
	}
}

// A host whose topology has changed loses what it had and does not have now, and nothing
// that somebody else put there.
func TestInstallAfterAChange(t *testing.T) {
	h := newHost(t, []string{"sh"})
	h.write(h.root+key, []byte("x"), 0o400)
	p := plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd, schema.RouteFormNetworkd))
	h.unpack(bundle.Gateway(p, "cloud-1"))
	h.want("", 0, "apply")
	const gone, foreign = "/etc/systemd/networkd.conf.d/kustomize-hybrid.conf", "/etc/systemd/system/other.service"
	h.write(h.root+foreign, []byte("x"), 0o644)
	if !slices.Contains(h.has(), gone) {
		t.Fatalf("%s was never there", gone)
	}
	h.unpack(bundle.Gateway(plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd)), "cloud-1"))
	h.want("extra: "+gone+"\n", 1, "check")
	h.want("", 0, "apply")
	if has := h.has(); slices.Contains(has, gone) || !slices.Contains(has, foreign) {
		t.Errorf("it leaves %q", has)
	}
	h.want("", 0, "remove")
	if has := h.has(); !slices.Equal(has, []string{key, foreign}) {
		t.Errorf("remove leaves %q", has)
	}
}

// What is for another host is put nowhere, and takes nothing away; an older bundle of the
// same host takes back what a newer one has brought.
func TestBundleOfAnotherHost(t *testing.T) {
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, shell)
			h.write(h.root+key, []byte("x"), 0o400)
			older := plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd))
			newer := plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd, schema.RouteFormNetworkd))
			h.unpack(bundle.Gateway(newer, "cloud-1"))
			h.want("", 0, "apply")
			before := h.has()
			for who, other := range map[string]func() ([]tree.File, error){
				"gateway cloud-2":       func() ([]tree.File, error) { return bundle.Gateway(newer, "cloud-2") },
				"nodes of region cloud": func() ([]tree.File, error) { return bundle.Node(newer, "cloud") },
			} {
				h.unpack(other())
				refusal := "install.sh: this host has what is for gateway cloud-1, and this is for " + who + ": run " + h.root + "/var/lib/kustomize-hybrid/installed/install.sh remove first, if that is to go\n"
				h.want(refusal, 1, "apply")
				h.want(refusal, 1, "remove")
				if has := h.has(); !slices.Equal(has, before) {
					t.Errorf("%s changes the host: %q", who, has)
				}
			}
			h.unpack(bundle.Gateway(older, "cloud-1"))
			h.want("", 0, "remove")
			if has := h.has(); !slices.Equal(has, []string{key}) {
				t.Errorf("remove leaves %q", has)
			}
		})
	}
}

// A key that others may read is named.
func TestKeyThatOthersRead(t *testing.T) {
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, shell)
			h.write(h.root+key, []byte("x"), 0o644)
			h.unpack(bundle.Gateway(plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd)), "cloud-1"))
			h.want("", 0, "apply")
			h.want("others may read it: "+key+"\n", 1, "check")
		})
	}
}

func TestUsage(t *testing.T) {
	h := newHost(t, []string{"sh"})
	h.unpack(bundle.Node(plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd)), "cloud"))
	for _, args := range [][]string{nil, {"install"}, {"apply", "now"}, {"remove", "--all"}, {"check", ""}} {
		h.want("install.sh: usage: install.sh apply|check|status|remove [--purge]\n", 2, args...)
	}
	h.want("", 0, "apply")
	h.want("nodes of region cloud that are not gateways: never on cloud-1, cloud-2\n", 0, "status")
}

func TestWhoHasNoBundle(t *testing.T) {
	daemonSet := plan.New(sample.WithForms(schema.ModeDaemonSet, schema.RouteFormSystemd))
	perNode := sample.WithForms(schema.ModePerNode)
	talos := sample.WithForms(schema.ModeStaticPod)
	talos.Spec.Cluster.Distribution = schema.DistributionTalos
	for _, c := range []struct {
		files func(*plan.Plan, string) ([]tree.File, error)
		plan  *plan.Plan
		name  string
		why   string
	}{
		{bundle.Gateway, daemonSet, "nobody", "no region has a gateway of that name"},
		{bundle.Gateway, daemonSet, "cloud-1", "a DaemonSet brings all that it needs"},
		{bundle.Gateway, plan.New(talos), "cloud-1", "it takes one machine configuration"},
		{bundle.Node, plan.New(talos), "cloud", "it takes one machine configuration"},
		{bundle.Node, plan.New(perNode), "cloud", "every host of the region is a gateway"},
		{bundle.Node, daemonSet, "nowhere", "no region has that name"},
	} {
		files, err := c.files(c.plan, c.name)
		var refusal *bundle.Refusal
		if !errors.As(err, &refusal) || refusal.Why != c.why || len(files) > 0 {
			t.Errorf("%s: %v, want %q", c.name, err, c.why)
		}
	}
}

// An OAuth client's secret with all that it takes is installed, and named; one by which the
// gateway may have to wait is installed, too: only the tailnet knows whether it has to.
func TestInstallWithAClientSecret(t *testing.T) {
	p := plan.New(sample.WithForms(schema.ModeStaticPod, schema.RouteFormSystemd))
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, shell)
			h.unpack(bundle.Gateway(p, "cloud-1"))
			const further = "install.sh: " + key + " holds an OAuth client's secret, which makes further keys: a key of its own would do\n"
			h.write(h.root+key, []byte("tskey-client-x?ephemeral=false&preauthorized=true\n"), 0o600)
			h.want(further, 0, "apply")
			h.write(h.root+key, []byte("tskey-client-x?preauthorized=false&ephemeral=0"), 0o600)
			h.want("install.sh: "+key+" holds an OAuth client's secret without &preauthorized=true: where the tailnet approves devices, this gateway waits until somebody does\n"+further, 0, "apply")
		})
	}
}
