package policyfile_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/rogpeppe/go-internal/txtar"
)

// unmerged are the files of testdata/field.txtar into which a topology cannot be merged, and
// what the merge says of that.
func unmerged(topology string) map[string]string {
	if topology == "pair" {
		return map[string]string{"taken-route": `add ["tag:k8s"] to the approvers of 10.0.16.0/20 in the file`}
	}
	return nil
}

// Policy files of others merge, whatever of them only the control server can decide, and
// come back to the byte. What does not merge says what to do.
func TestFieldFilesMerge(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/field.txtar")
	if err != nil || len(archive.Files) < 40 {
		t.Fatalf("%d files, %v", len(archive.Files), err)
	}
	for _, name := range []string{"pair", "regional-gateway"} {
		topology := acltest.Named(t, name)
		plain, narrowed := 0, 0
		for _, f := range archive.Files {
			for _, s := range styles() {
				before := s.asShown(f.Data).write(f.Data)
				how, said := merges(t, topology, f.Name+"/"+s.name, before)
				wayOut, expected := unmerged(name)[f.Name]
				if expected != (how == "") || !strings.Contains(said, wayOut) {
					t.Errorf("%s into %s: %s", name, f.Name, said)
				}
				switch {
				case how == "":
				case s.name != "tabs": // counted once
				case how == "plain":
					plain++
				default:
					narrowed++
				}
			}
		}
		share := 100 * float64(plain+narrowed) / float64(len(archive.Files))
		t.Logf("%s: %d of %d files merge, %d more with --narrow: %.1f %%", name, plain, len(archive.Files), narrowed, share)
		if share < 95 {
			t.Errorf("%.1f %% merge", share)
		}
		if allows := topology.Spec.Tailnet.Policy.Access == schema.AccessAllowAll; allows && narrowed > 0 {
			t.Errorf("with access allowAll %d files want to be narrowed", narrowed)
		} else if !allows && narrowed < 4 {
			t.Errorf("%d files allow everything", narrowed)
		}
	}
}

// merges merges the topology into the file, narrowing it if need be, and takes it out
// again. It tells how, or "" where neither is possible, and what was said.
func merges(t *testing.T, topology *schema.Topology, name string, before []byte) (how, said string) {
	t.Helper()
	how = "plain"
	f, found := policyfile.Parse(name, before)
	if f == nil || found.Count(diag.Error) > 0 {
		t.Errorf("%s is no policy file:\n%s", name, acltest.Text(found))
		return "", ""
	}
	after, list := policyfile.Merge(topology, f)
	for _, d := range list {
		if d.Severity == diag.Error && (d.Remedy == "" || !bytes.Equal(after, before)) {
			t.Errorf("%s: does not say what to do, or changes the file all the same: %s", name, d)
		}
	}
	if list.Count(diag.Error) > 0 {
		how = "narrowed"
		after, list = policyfile.Narrow(topology, f)
	}
	if list.Count(diag.Error) > 0 {
		return "", acltest.Text(list)
	}
	merged, _ := policyfile.Parse(name, after)
	if again, list := policyfile.Merge(topology, merged); !bytes.Equal(again, after) || list.Count(diag.Error) > 0 {
		t.Errorf("%s: a second merge changes the file:\n%s%s", name, acltest.Text(list), again)
	}
	if back, list := policyfile.Remove(topology.Metadata.Name, merged); !bytes.Equal(back, before) {
		t.Errorf("%s: merging and removing gives:\n%s%s", name, acltest.Text(list), back)
	}
	return how, acltest.Text(list)
}

// Each documented section, and each kind of selector, is in some file, and none of them is
// unknown.
func TestFieldFilesHaveEverything(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/field.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	var unknown []string
	for _, f := range archive.Files {
		all += strings.ToLower(string(f.Data))
		_, list := policyfile.Parse(f.Name, f.Data)
		for _, d := range list {
			unknown = append(unknown, d.Path)
		}
	}
	if want := []string{"attrConfig", "Hosts2"}; !slices.Equal(unknown, want) {
		t.Errorf("unknown: %v", unknown)
	}
	for _, name := range []string{
		"acls", "autoApprovers", "defaultSrcPosture", "derpMap", "disableIPv4", "grants", "groups", "hosts", "ipsets", "nodeAttrs", "OneCGNATRoute",
		"postures", "randomizeClientPort", "ssh", "sshTests", "tagOwners", "tests", "srcPosture", "srcPostureAttrs", "via", "app", "ipPool",
		"svc:web", "ipset:all", "user:*@", "group:sre@example.com", "autogroup:owner", "autogroup:shared", "autogroup:danger-all", "exitNode", "services",
	} {
		if !strings.Contains(all, strings.ToLower(`"`+name)) {
			t.Errorf("no file has %s", name)
		}
	}
}
