package policyfile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/internal/acltest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
)

// tree is a policy as plain JSON, to break it without knowing what it means.
type tree = map[string]any

func decode(t *testing.T, src []byte) tree {
	t.Helper()
	var v tree
	if err := json.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// mutant is a policy with one thing deleted or widened.
type mutant struct {
	what string
	src  []byte
}

// mutants deletes every member and every element of the policy, one after the other,
// and widens every prefix, port and name.
func mutants(t *testing.T, src []byte) []mutant {
	var list []mutant
	var walk func(path string, get func(root tree) any, set func(root tree, v any))
	emit := func(what string, change func(root tree)) {
		root := decode(t, src)
		change(root)
		out, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, mutant{what, out})
	}
	walk = func(path string, get func(root tree) any, set func(root tree, v any)) {
		switch v := get(decode(t, src)).(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				sub := path + "." + k
				emit("delete "+sub, func(root tree) { delete(get(root).(map[string]any), k) })
				if wide, ok := widened(k); ok && !strings.Contains(path, "hosts") {
					emit("widen the key "+sub, func(root tree) {
						m := get(root).(map[string]any)
						m[wide] = m[k]
						delete(m, k)
					})
				}
				walk(sub, func(root tree) any { return get(root).(map[string]any)[k] },
					func(root tree, x any) { get(root).(map[string]any)[k] = x })
			}
		case []any:
			for i := range v {
				sub := fmt.Sprintf("%s[%d]", path, i)
				emit("delete "+sub, func(root tree) { set(root, slices.Delete(get(root).([]any), i, i+1)) })
				walk(sub, func(root tree) any { return get(root).([]any)[i] },
					func(root tree, x any) { get(root).([]any)[i] = x })
			}
		case string:
			if wide, ok := widenedValue(path, v); ok {
				emit(fmt.Sprintf("widen %s from %s to %s", path, v, wide), func(root tree) { set(root, wide) })
			}
		}
	}
	walk("", func(root tree) any { return map[string]any(root) }, func(tree, any) {})
	return list
}

// widened is the prefix that is one bit shorter.
func widened(s string) (string, bool) {
	p, err := acl.ParsePrefix(s)
	if err != nil || p.Bits() == 0 {
		return "", false
	}
	wide, _ := p.Addr().Prefix(p.Bits() - 1)
	return wide.String(), true
}

// widenedValue is a value that allows more.
func widenedValue(path, v string) (string, bool) {
	last := path[strings.LastIndexByte(path, '.')+1:]
	list, _, _ := strings.Cut(last, "[")
	switch {
	case strings.Contains(path, ".hosts."), list == "ipPool":
		return widened(v)
	case list == "src" && strings.HasPrefix(path, ".tests"):
		return "", false // another question, not a wider one; deleting it is tried
	case list == "src":
		return "*", true
	case list == "dst" && strings.HasPrefix(path, ".acls"):
		host, port, _ := strings.Cut(v, ":")
		if port == "*" {
			return "*:" + port, true
		}
		return host + ":*", true
	case list == "dst":
		return "*", true
	case list == "ip":
		return widerPorts(v)
	case list == "target":
		return "*", v != "*"
	case strings.Contains(path, ".autoApprovers."):
		return "autogroup:tagged", true
	case strings.Contains(path, ".tagOwners."):
		return "autogroup:member", true
	}
	return "", false
}

func widerPorts(v string) (string, bool) {
	proto, port, named := strings.Cut(v, ":")
	switch {
	case v == "*":
		return "", false
	case named && port == "*":
		return "*", true
	}
	return proto + ":*", true
}

// Whatever is deleted from a generated policy, or widened in it, makes a test or a
// check fail.
func TestMutations(t *testing.T) {
	total, killed := 0, 0
	for _, s := range acltest.Samples(t) {
		if strings.HasSuffix(s.Name, ".headscale") && !strings.Contains(s.Name, "region") {
			continue // the examples show what differs there
		}
		src := acl.FromTopology(s.Topology).JSON()
		base := findings(t, s, src)
		for _, m := range mutants(t, src) {
			total++
			if findings(t, s, m.src) != base {
				killed++
				continue
			}
			t.Errorf("%s: nothing notices: %s", s.Name, m.what)
		}
	}
	t.Logf("mutation score: %d of %d (%.1f %%)", killed, total, 100*float64(killed)/float64(total))
}

func findings(t *testing.T, s acltest.Sample, src []byte) string {
	t.Helper()
	f, list := policyfile.Parse("policy.hujson", src)
	if f == nil {
		return acltest.Text(list)
	}
	return acltest.Text(append(list, policyfile.Check(s.Topology, f)...))
}
