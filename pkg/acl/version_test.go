package acl_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// What a version of Headscale does not have is said before it refuses it, and the policy does
// without what only guards it.
func TestControlVersion(t *testing.T) {
	for _, c := range []struct {
		control schema.ControlServer
		version schema.Version
		form    schema.PolicyForm
		found   string
		tests   bool
	}{
		{schema.ControlHeadscale, "", schema.FormGrants, "", true},
		{schema.ControlHeadscale, "0.29.2", schema.FormGrants, "", true},
		{schema.ControlHeadscale, "0.28.0", schema.FormGrants, "Headscale 0.28.0 has no grants", false},
		{schema.ControlHeadscale, "0.28.0", schema.FormACLs, "", false},
		{schema.ControlTailscale, "0.28.0", schema.FormGrants, "Tailscale has no versions", true},
	} {
		topology := acltest.Published()
		topology.Spec.Tailnet.Control, topology.Spec.Tailnet.ControlVersion, topology.Spec.Tailnet.Policy.Form = c.control, c.version, c.form
		if found := acltest.Text(acl.CheckTopology(topology)); (c.found == "") != (found == "") || !strings.Contains(found, c.found) {
			t.Errorf("%+v: %s", c, found)
		}
		if has := len(acl.FromTopology(topology).Tests) > 0; has != c.tests {
			t.Errorf("%+v: tests: %v", c, has)
		}
	}
	topology := acltest.Named(t, "alibaba")
	topology.Spec.Tailnet.Control, topology.Spec.Tailnet.ControlVersion, topology.Spec.Tailnet.IPPool = schema.ControlHeadscale, "0.28.0", nil
	topology.Spec.Tailnet.Policy.Form = schema.FormACLs
	if found := acltest.Text(acl.CheckTopology(topology)); !strings.Contains(found, "Headscale 0.28.0 has no node attributes") {
		t.Error(found)
	}
	if list := acl.FromTopology(topology).NodeAttrs; len(list) > 0 {
		t.Errorf("%+v", list)
	}
}

// A policy that names a group is no whole file.
func TestCheckAlone(t *testing.T) {
	topology := acltest.Named(t, "tags")
	if found := acltest.Text(acl.CheckAlone(topology)); !strings.Contains(found, "spec.tailnet.policy.tagOwners[0]: error: the policy alone does not define group:ops") {
		t.Error(found)
	}
	topology.Spec.Tailnet.Policy.TagOwners = []string{"group:ops@example.com", "ana@example.com"}
	if list := acl.CheckAlone(topology); len(list) > 0 {
		t.Error(acltest.Text(list))
	}
}
