package policyfile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
)

// Each field of a file goes where it belongs, whatever the case of its name, and by the names that
// older files have for it.
func TestDecoded(t *testing.T) {
	for text, want := range map[string]acl.Policy{
		`{"TagOwners": {"tag:a": ["b"]}}`:                      {TagOwners: []acl.Assignment{{Key: "tag:a", Values: []string{"b"}}}},
		`{"Groups": {"group:a": []}}`:                          {Groups: []acl.Assignment{{Key: "group:a", Values: []string{}}}},
		`{"Hosts": {"b": "10.0.0.2", "a": "10.0.0.1"}}`:        {Hosts: []acl.Host{{Name: "b", Address: "10.0.0.2"}, {Name: "a", Address: "10.0.0.1"}}},
		`{"AutoApprovers": {"Routes": {"10.0.0.0/8": ["a"]}}}`: {Routes: []acl.Assignment{{Key: "10.0.0.0/8", Values: []string{"a"}}}},
		`{"autoApprovers": {"ExitNode": ["a"]}}`:               {ExitNode: []string{"a"}},
		`{"autoApprovers": {"services": {"svc:a": ["b"]}}}`:    {},
		`{"Grants": [{"Src": ["a"], "Dst": ["b"], "IP": ["c"], "Via": ["d"], "SrcPosture": ["e"], "App": {"g": [], "f": []}}, {}]}`: {HasRules: true, Grants: []acl.Grant{
			{Src: []string{"a"}, Dst: []string{"b"}, IP: []string{"c"}, Via: []string{"d"}, SrcPosture: []string{"e"}, App: []string{"g", "f"}}, {},
		}},
		`{"ACLs": [{"Action": "a", "Proto": "b", "Src": ["c"], "Dst": ["d"], "SrcPosture": ["e"]}, {"Users": ["f"], "Ports": ["g"]}]}`: {HasRules: true, ACLs: []acl.ACL{
			{Action: "a", Proto: "b", Src: []string{"c"}, Dst: []string{"d"}, SrcPosture: []string{"e"}}, {Src: []string{"f"}, Dst: []string{"g"}},
		}},
		`{"grants": []}`: {HasRules: true, Grants: []acl.Grant{}},
		`{"acls": []}`:   {HasRules: true, ACLs: []acl.ACL{}},
		`{"NodeAttrs": [{"Target": ["a"], "Attr": ["b"], "IPPool": ["c"], "other": 1}]}`: {NodeAttrs: []acl.NodeAttr{{Target: []string{"a"}, Attr: []string{"b"}, IPPool: []string{"c"}}}},
		`{"Tests": [{"Src": "a", "Proto": "b", "Accept": ["c"], "Deny": ["d"], "other": 1}, {"User": "e", "Allow": ["f"]}]}`: {Tests: []acl.Test{
			{Src: "a", Proto: "b", Accept: []string{"c"}, Deny: []string{"d"}}, {Src: "e", Accept: []string{"f"}},
		}},
		`{"IPSets": {"ipset:a": ["b"]}}`:     {IPSets: []acl.Assignment{{Key: "ipset:a", Values: []string{"b"}}}},
		`{"Postures": {"posture:a": ["b"]}}`: {Postures: []acl.Assignment{{Key: "posture:a", Values: []string{"b"}}}},
		`{"DefaultSrcPosture": ["a"]}`:       {DefaultSrcPosture: []string{"a"}},
		`{"SSH": [{"Action": "a", "Src": ["b"], "Dst": ["c"], "Users": ["d"], "CheckPeriod": "e", "AcceptEnv": ["f"], "other": 1}]}`: {SSH: []acl.SSH{
			{Action: "a", Src: []string{"b"}, Dst: []string{"c"}, Users: []string{"d"}, CheckPeriod: "e", AcceptEnv: []string{"f"}},
		}},
		`{"SSHTests": [{"Src": "a", "Dst": ["b"], "Accept": ["c"], "Deny": ["d"], "Check": ["e"], "other": 1}]}`: {SSHTests: []acl.SSHTest{
			{Src: "a", Dst: []string{"b"}, Accept: []string{"c"}, Deny: []string{"d"}, Check: []string{"e"}},
		}},
		`{"RandomizeClientPort": true}`:  {RandomizeClientPort: true},
		`{"randomizeClientPort": false}`: {},
		`{"groups": null, "hosts": null, "grants": null, "tests": null, "defaultSrcPosture": null, "randomizeClientPort": null}`: {HasRules: true},
	} {
		f, list := policyfile.Parse("p", []byte(text))
		if f == nil || len(list) > 0 {
			t.Errorf("%s: %v", text, list)
			continue
		}
		f.Policy.SectionNames = nil
		if got, want := fmt.Sprintf("%#v", *f.Policy), fmt.Sprintf("%#v", want); got != want {
			t.Errorf("%s\n is %s\nwant %s", text, got, want)
		}
	}
}

// What cannot be read is said where it stands, and what nobody here knows, too.
func TestUndecodable(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                                    `: error: the file holds a list instead of an object [policy-syntax]; begin with { and name the sections inside 1:1`,
		`{"groups": []}`:                        `groups: error: a list stands where an object belongs [policy-type]; write an object 1:12`,
		`{"grants": {}}`:                        `grants: error: an object stands where a list belongs [policy-type]; write a list 1:12`,
		`{"grants": [1]}`:                       `grants[0]: error: a number stands where an object belongs [policy-type]; write an object 1:13`,
		`{"grants": [{"src": "a"}]}`:            `grants[0].src: error: a string stands where a list belongs [policy-type]; write a list 1:21`,
		`{"tests": [{"src": ["a"]}]}`:           `tests[0].src: error: a list stands where a string belongs [policy-type]; write a string 1:20`,
		`{"hosts": {"a": true}}`:                `hosts.a: error: true or false stands where a string belongs [policy-type]; write a string 1:17`,
		`{"randomizeClientPort": "yes"}`:        `randomizeClientPort: error: a string stands where true or false belongs [policy-type]; write true or false 1:25`,
		`{"grants": [{"source": ["a"]}]}`:       `grants[0].source: warning: kustomize-hybrid does not know the field "source" of this grant, and judges the rule without it [policy-rule-form]; correct the name if it is misspelt: src, dst, ip, app, via and srcPosture are documented 1:14`,
		`{"acls": [{"source": ["a"]}]}`:         `acls[0].source: warning: kustomize-hybrid does not know the field "source" of this access rule, and judges the rule without it [policy-rule-form]; correct the name if it is misspelt: action, proto, src, dst and srcPosture are documented 1:12`,
		`{"autoApprovers": {"route": {}}}`:      `autoApprovers.route: warning: kustomize-hybrid does not know that autoApprovers approve "route", and leaves it alone [policy-unknown-section]; correct the name if it is misspelt: routes, exitNode and services are documented 1:20`,
		`{"ACLS": [{"Src": "a"}]}`:              `acls[0].src: error: a string stands where a list belongs [policy-type]; write a list 1:19`,
		`{"HOSTS": []}`:                         `hosts: error: a list stands where an object belongs [policy-type]; write an object 1:11`,
		`{"AutoApprovers": {"Routes": []}}`:     `autoApprovers.Routes: error: a list stands where an object belongs [policy-type]; write an object 1:30`,
		`"groups": []`:                          `: error: the file has members, but not the braces that enclose them [policy-fragment]; put { before the first member and } after the last, or use ` + "`acl merge`" + ` to put the fragment's content into the whole file 1:1` + "\n" + `groups: error: a list stands where an object belongs [policy-type]; write an object 1:11`,
		"{\"groups\": []} # why":                `groups: error: a list stands where an object belongs [policy-type]; write an object 1:12` + "\n" + `: error: # does not start a comment in a policy file [policy-hash-comment]; write // instead of # 1:16`,
		`{"hosts": {"a": "x", "a": "y"}}`:       `hosts.a: error: "a" appears twice in the same object, and only the last one counts [policy-duplicate-name]; merge the two 1:22; the first one is here 1:12`,
		"{\n \"groups\": {},\n \"groups\": {}}": `groups: error: "groups" appears twice in the same object, and only the last one counts [policy-duplicate-name]; merge the two 3:2; the first one is here 2:2`,
	} {
		_, list := policyfile.Parse("p", []byte(text))
		var got []string
		for _, d := range list {
			s := fmt.Sprintf("%s: %s: %s [%s]; %s %d:%d", d.Path, d.Severity, d.Message, d.Code, d.Remedy, d.Pos.Line, d.Pos.Column)
			for _, r := range d.Related {
				s += fmt.Sprintf("; %s %d:%d", r.Message, r.Pos.Line, r.Pos.Column)
			}
			got = append(got, s)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s:\n%s\nwant\n%s", text, strings.Join(got, "\n"), want)
		}
	}
}
