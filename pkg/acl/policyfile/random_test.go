package policyfile_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/tailscale/hujson"
)

// scribbler writes a policy file with blanks and comments in every place where HuJSON
// allows them, and trailing commas here and there.
type scribbler struct {
	*rand.Rand
	b bytes.Buffer
	// wide has a rule that allows everything among the grants that may stand there.
	wide bool
}

func (s *scribbler) gap() {
	gaps := []string{
		"", "", " ", "\n", "\n\t", "\n  ", "\r\n    ", " // c\n", "\n\t// a, \"b\": [\n", "/* c */", " /* >>> */ ", "\n/*\n*/\n", "\t", "\n\n",
		" // <<< not ours\n", "//\n", "/**/",
	}
	s.b.WriteString(gaps[s.Intn(len(gaps))])
}

// list writes the parts between brackets.
func (s *scribbler) list(open, close string, parts []func()) {
	s.b.WriteString(open)
	s.gap()
	for i, part := range parts {
		part()
		s.gap()
		if i < len(parts)-1 || s.Intn(3) == 0 {
			s.b.WriteByte(',')
			s.gap()
		}
	}
	s.b.WriteString(close)
}

func (s *scribbler) text(v string) func() { return func() { s.b.Write(hujson.String(v)) } }

func (s *scribbler) texts(values ...string) func() {
	var parts []func()
	for _, v := range values {
		parts = append(parts, s.text(v))
	}
	return func() { s.list("[", "]", parts) }
}

func (s *scribbler) member(name string, value func()) func() {
	return func() {
		s.text(name)()
		s.gap()
		s.b.WriteByte(':')
		s.gap()
		value()
	}
}

func (s *scribbler) object(parts ...func()) func() { return func() { s.list("{", "}", parts) } }
func (s *scribbler) array(parts ...func()) func()  { return func() { s.list("[", "]", parts) } }

// some is a random part of the parts, in random order.
func (s *scribbler) some(parts ...func()) []func() {
	s.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	return parts[:s.Intn(len(parts)+1)]
}

func (s *scribbler) policy() []byte {
	grant := s.object(s.member("src", s.texts("autogroup:member")), s.member("dst", s.texts("autogroup:internet")), s.member("ip", s.texts("*")))
	rule := s.object(s.member("action", s.text("accept")), s.member("src", s.texts("ana@example.com")), s.member("dst", s.texts("172.16.0.1:22")))
	grants := []func(){grant, grant}
	if s.wide {
		grants = append(grants, s.object(s.member("src", s.texts("*")), s.member("dst", s.texts("*")), s.member("ip", s.texts("*"))))
	}
	sections := s.some(
		s.member("groups", s.object(s.some(s.member("group:a", s.texts("ana@example.com")), s.member("group:b", s.texts()))...)),
		s.member("tagOwners", s.object(s.some(s.member("tag:web", s.texts("autogroup:admin")), s.member("tag:k8s", s.texts("autogroup:admin")))...)),
		s.member("hosts", s.object(s.some(s.member("web", s.text("172.16.0.1")), s.member("k8s-gpu-pods", s.text("10.1.16.0/20")))...)),
		s.member("autoApprovers", s.object(s.some(s.member("exitNode", s.texts("ana@example.com")), s.member("routes", s.object(s.some(s.member("172.16.0.0/12", s.texts("ana@example.com")))...)))...)),
		s.member("grants", s.array(s.some(grants...)...)),
		s.member("acls", s.array(s.some(rule)...)),
		s.member("nodeAttrs", s.array(s.some(s.object(s.member("target", s.texts("autogroup:member")), s.member("attr", s.texts("funnel"))))...)),
		s.member("tests", s.array(s.some(s.object(s.member("src", s.text("ana@example.com")), s.member("deny", s.texts("10.0.0.5:22"))))...)),
		s.member("ssh", s.array()),
	)
	s.gap()
	s.object(sections...)()
	s.gap()
	return s.b.Bytes()
}

// lawful merges the topology into the file and takes it out again, and says which law
// is broken.
func lawful(topology *schema.Topology, src []byte) error {
	f, list := policyfile.Parse("p", src)
	if f == nil || list.Count(diag.Error) > 0 {
		return fmt.Errorf("not a policy file: %v", list)
	}
	after, found := policyfile.Merge(topology, f)
	if found.Count(diag.Error) > 0 {
		if !bytes.Equal(after, src) {
			return fmt.Errorf("changed in spite of errors:\n%s", after)
		}
		if !f.Policy.HasRules || strings.Contains(string(src), "grants") {
			return fmt.Errorf("nothing stands in the way: %v", found)
		}
		return nil
	}
	merged, list := policyfile.Parse("p", after)
	if merged == nil || list.Count(diag.Error) > 0 {
		return fmt.Errorf("the result is not a policy file: %v\n%s", list, after)
	}
	if again, _ := policyfile.Merge(topology, merged); !bytes.Equal(again, after) {
		return fmt.Errorf("a second merge changes the file from\n%s\nto\n%s", after, again)
	}
	if back, _ := policyfile.Remove(topology.Metadata.Name, merged); !bytes.Equal(back, src) {
		return fmt.Errorf("merged:\n%s\nand removed: %q", after, back)
	}
	if !subsequence(src, outside(after, topology.Metadata.Name)) {
		return fmt.Errorf("what is not ours changed:\n%s", after)
	}
	return nil
}

// The laws of merging hold however the file is written.
func TestMergeAnyLayout(t *testing.T) {
	topology := acltest.Named(t, "pair")
	for seed := range int64(400) {
		src := (&scribbler{Rand: rand.New(rand.NewSource(seed))}).policy()
		if err := lawful(topology, src); err != nil {
			t.Fatalf("seed %d: %v\nfile: %q", seed, err, src)
		}
	}
}

func FuzzMergeAnyLayout(f *testing.F) {
	f.Add(int64(1))
	topology := acltest.Named(f, "pair")
	f.Fuzz(func(t *testing.T, seed int64) {
		src := (&scribbler{Rand: rand.New(rand.NewSource(seed))}).policy()
		if err := lawful(topology, src); err != nil {
			t.Fatalf("%v\nfile: %q", err, src)
		}
	})
}
