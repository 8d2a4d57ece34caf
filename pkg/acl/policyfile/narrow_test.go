package policyfile_test

import (
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const everythingAllowed = "{\n\t\"tagOwners\": {\"tag:lan\": []},\n\t\"autoApprovers\": {\"routes\": {\"192.168.7.0/24\": [\"tag:lan\"], \"10.0.0.0/8\": [\"tag:lan\"], \"0.0.0.0/0\": [\"tag:lan\"]}},\n" +
	"\t\"acls\": [{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [\"*:*\"]}],\n}\n"

// What is narrowed keeps the routes that the file approves for others, but for those of the
// regions and of exit nodes.
func TestNarrowKeepsOtherRoutes(t *testing.T) {
	topology := acltest.Published()
	text, list := policyfile.Narrow(topology, acltest.Parsed(t, []byte(everythingAllowed)))
	if list.Count(diag.Error) > 0 {
		t.Fatal(acltest.Text(list))
	}
	const want = `"src": [/* narrowed by kustomize-hybrid ai-cluster from "*" */ "autogroup:member", "autogroup:tagged", "192.168.7.0/24" /* end of what kustomize-hybrid ai-cluster narrowed */]`
	if !strings.Contains(string(text), want) {
		t.Errorf("%s", text)
	}
	if found := acltest.Text(list); strings.Count(found, "[policy-narrowed]") != 1 {
		t.Error(found)
	}
	// The next merge says nothing of it, and one for a topology that allows everything undoes it.
	_, list = policyfile.Merge(topology, acltest.Parsed(t, text))
	if found := acltest.Text(list); strings.Contains(found, "policy-narrowed") || list.Count(diag.Error) > 0 {
		t.Error(found)
	}
	topology.Spec.Tailnet.Policy.Access = schema.AccessAllowAll
	wide, _ := policyfile.Merge(topology, acltest.Parsed(t, text))
	if !strings.Contains(string(wide), `"src": ["*"]`) {
		t.Errorf("%s", wide)
	}
}

// What cannot be narrowed is said, with what to do by hand.
func TestNotNarrowed(t *testing.T) {
	for _, c := range []struct{ policy, remedy string }{
		{`{"acls": [{"action": "accept", "src": ["10.0.0.0/8"], "dst": ["*:*"]}]}`, "take the regions' prefixes out of its sources"},
		{`{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*", "autogroup:self:*"]}]}`, "take the regions' prefixes out of its sources"},
	} {
		text, list := policyfile.Narrow(acltest.Published(), acltest.Parsed(t, []byte(c.policy)))
		if found := acltest.Text(list); string(text) != c.policy || !strings.Contains(found, c.remedy) || !strings.Contains(found, "acls[0] allows what the topology's tests deny, 12 times") {
			t.Errorf("%s:\n%s\n%s", c.policy, found, text)
		}
		for _, d := range list {
			if d.Path == "acls[0]" && d.Pos.String() != "policy.hujson:1:11" {
				t.Errorf("%s stands at %s", d.Path, d.Pos)
			}
		}
	}
}

// A mark of something narrowed that has lost its end is not guessed at.
func TestNarrowedMarkIsDamaged(t *testing.T) {
	topology := acltest.Published()
	text, _ := policyfile.Narrow(topology, acltest.Parsed(t, []byte(everythingAllowed)))
	damaged := strings.Replace(string(text), "/* end of what kustomize-hybrid ai-cluster narrowed */", "", 1)
	for what, edit := range map[string]func() ([]byte, diag.List){
		"merge":  func() ([]byte, diag.List) { return policyfile.Merge(topology, acltest.Parsed(t, []byte(damaged))) },
		"remove": func() ([]byte, diag.List) { return policyfile.Remove("ai-cluster", acltest.Parsed(t, []byte(damaged))) },
	} {
		if got, list := edit(); string(got) != damaged || !strings.Contains(acltest.Text(list), "[policy-marks]") {
			t.Errorf("%s: %s\n%s", what, acltest.Text(list), got)
		}
	}
}

// An owner whom the topology names must be among the file's; more are no conflict.
func TestOwners(t *testing.T) {
	for _, c := range []struct {
		named    []string
		file     string
		conflict bool
	}{
		{nil, `["group:sre"]`, false},
		{nil, `[]`, false},
		{[]string{"group:sre"}, `["group:sre", "autogroup:admin"]`, false},
		{[]string{"group:sre", "autogroup:admin"}, `["autogroup:admin", "group:sre"]`, false},
		{[]string{"group:sre"}, `["autogroup:admin"]`, true},
		{[]string{"group:sre"}, `[]`, true},
	} {
		topology := acltest.Published()
		topology.Spec.Tailnet.Policy.TagOwners = c.named
		f := acltest.Parsed(t, []byte(`{"groups": {"group:sre": ["ana@example.com"]}, "tagOwners": {"tag:k8s": `+c.file+`}, "grants": []}`))
		_, list := policyfile.Merge(topology, f)
		if found := acltest.Text(list); strings.Contains(found, "[policy-conflict]") != c.conflict {
			t.Errorf("%v, file %s: %s", c.named, c.file, found)
		} else if c.conflict && !strings.Contains(found, "leave spec.tailnet.policy.tagOwners out") {
			t.Error(found)
		}
	}
}

// Who else has a route approved is the file's business, and a wider approver is enough.
func TestRoutesOfTheFile(t *testing.T) {
	for routes, conflict := range map[string]bool{
		`{}`: false, `{"10.0.0.0/22": ["tag:k8s"]}`: false, `{"10.0.0.0/22": ["tag:lan", "tag:k8s"]}`: false, `{"10.0.0.0/22": ["tag:lan"]}`: true, `{"10.0.0.0/22": []}`: true,
		`{"10.0.0.0/22": ["tag:lan"], "10.0.0.0/8": ["tag:k8s"]}`: false, `{"10.0.0.0/22": ["tag:lan"], "10.0.0.0/8": ["autogroup:tagged"]}`: false,
		`{"10.0.0.0/22": ["tag:lan"], "10.0.0.0/23": ["tag:k8s"]}`: true, `{"10.0.0.0/22": ["tag:lan"], "11.0.0.0/8": ["tag:k8s"]}`: true,
	} {
		f := acltest.Parsed(t, []byte(`{"tagOwners": {"tag:lan": []}, "autoApprovers": {"routes": `+routes+`}, "grants": []}`))
		_, list := policyfile.Merge(acltest.Published(), f)
		if found := acltest.Text(list); strings.Contains(found, "[policy-conflict]") != conflict || conflict && !strings.Contains(found, `add ["tag:k8s"] to the approvers of 10.0.0.0/22 in the file`) {
			t.Errorf("%s: %s", routes, found)
		}
	}
}

// A merge says what it brings, not what was wrong with the file before, nor what the topology
// suppresses.
func TestMergeSaysWhatIsNew(t *testing.T) {
	f := acltest.Parsed(t, []byte(`{"tagOwners": {"tag:lan": []}, "grants": [{"src": [], "dst": ["tag:lan"], "ip": ["*"]}, {"src": ["tag:lan"], "dst": ["*"], "ip": ["*"]}, {"src": ["*"], "dst": ["svc:web"], "ip": ["*"]}]}`))
	if found := acltest.Text(policyfile.Lint(f.Policy, schema.ControlTailscale)); !strings.Contains(found, "[policy-rule-empty]") {
		t.Fatal(found)
	}
	topology := acltest.Published()
	_, list := policyfile.Merge(topology, f)
	if found := acltest.Text(list); strings.Contains(found, "[policy-rule-empty]") || !strings.Contains(found, "[policy-selector]") {
		t.Error(found)
	}
	topology.Spec.Suppressions = []schema.Suppression{{Code: "policy-selector", Reason: "known"}}
	_, list = policyfile.Merge(topology, f)
	if found := acltest.Text(list); strings.Contains(found, "[policy-selector]") {
		t.Error(found)
	}
}
