package load

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/contract"
)

// generated is how many regions the two engines judge.
const generated = 50_000

// The table and CUE's evaluator say the same of good regions and of broken ones: whether, and
// at which path.
func TestEnginesAgree(t *testing.T) {
	bases := regionsOf(t, "testdata/maximal.yaml", "../../examples/regional-gateway/topology.yaml", "../../examples/per-node/topology.yaml",
		"../../examples/talos/topology.yaml", "../../examples/rented-hosts/topology.yaml")
	n := generated
	if testing.Short() {
		n /= 20
	}
	const workers = 2
	var good, broken atomic.Int64
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			e := newEvaluator()
			for i := w; i < n && !t.Failed(); i += workers {
				if i%(workers*contextLife) == w {
					e = newEvaluator()
				}
				r := rand.New(rand.NewPCG(uint64(i), 0))
				region := clone(bases[i%len(bases)])
				faults := breakUp(region, r)
				if refused := compareEngines(t, e, region, faults, i); refused {
					broken.Add(1)
				} else {
					good.Add(1)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d good regions and %d broken ones", good.Load(), broken.Load())
	if good.Load() < int64(n/20) || broken.Load() < int64(n/2) {
		t.Error("that is not what this test was written for")
	}
}

// A document that CUE refuses and the table does not is a failure, with its place.
func TestEvaluate(t *testing.T) {
	data, err := os.ReadFile("testdata/maximal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	in, err := Bytes("t.yaml", data)
	if err != nil || in.Documents[0].Evaluate() != nil {
		t.Fatal(err, in.Documents[0].Evaluate())
	}
	doc := in.Documents[0]
	_, n := yamlnode.Child(doc.src.root, "spec")
	_, n = yamlnode.Child(n, "tailnet")
	_, n = yamlnode.Child(n, "tag")
	n.Value = "no tag"
	if err := doc.Evaluate(); err == nil || !strings.HasPrefix(err.Error(), "t.yaml:22:") || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), `must be "tag:" followed by a letter`) {
		t.Error(err)
	}
}

// compareEngines asks both. Of one fault both name the same place; of several, CUE hides some
// behind others, and what it says is in what the table says.
func compareEngines(t *testing.T, e *evaluator, region *yaml.Node, faults, seed int) (refused bool) {
	list := judgeRegion(region)
	list = slices.DeleteFunc(list, func(d *diag.Diagnostic) bool { return d.Code == HostBits })
	var ours, theirs []string
	for _, d := range list {
		ours = append(ours, d.Path)
	}
	for _, o := range e.judge("Region", region, nil) {
		theirs = append(theirs, o.path)
	}
	goAlone := len(theirs) == 0 && !slices.ContainsFunc(list, func(d *diag.Diagnostic) bool { return d.Code != BadPrefix && d.Code != BadAddress })
	switch {
	case goAlone: // the canonical text of addresses, which CUE has no words for
	case (len(ours) == 0) != (len(theirs) == 0):
		t.Errorf("seed %d: the table refuses %q, and CUE %q, in\n%s", seed, ours, theirs, yaml.NewRNode(region).MustString())
	case faults == 1 && len(ours) > 0 && !slices.ContainsFunc(ours, func(p string) bool { return slices.Contains(theirs, p) }):
		t.Errorf("seed %d: the table refuses %q, and CUE %q, in\n%s", seed, ours, theirs, yaml.NewRNode(region).MustString())
	default:
		for _, p := range theirs {
			if !slices.ContainsFunc(ours, func(o string) bool { return strings.HasPrefix(p, o) || strings.HasPrefix(o, p) }) {
				t.Errorf("seed %d: CUE refuses %s, and the table only %q, in\n%s", seed, p, ours, yaml.NewRNode(region).MustString())
			}
		}
	}
	return len(ours) > 0
}

func judgeRegion(n *yaml.Node) diag.List {
	r := newReader(&source{root: n}, nil)
	r.kind = schema.KindTopology
	r.value(n, reflect.ValueOf(new(schema.Region)).Elem(), nil)
	region, _ := contract.Of(schema.KindTopology).At([]string{"spec", "regions", "0"})
	judge{r}.value(n, region, nil, nil)
	return r.findings
}

func regionsOf(t *testing.T, files ...string) []*yaml.Node {
	t.Helper()
	var all []*yaml.Node
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		_, spec := yamlnode.Child(yaml.MustParse(string(data)).YNode(), "spec")
		_, regions := yamlnode.Child(spec, "regions")
		all = append(all, regions.Content...)
	}
	return all
}

func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		c.Content[i] = clone(n.Content[i])
	}
	return &c
}

// breakUp changes up to three things of a region, and returns how many.
func breakUp(region *yaml.Node, r *rand.Rand) int {
	faults := r.IntN(4)
	if faults == 2 {
		faults = 1 // one fault says the most
	}
	for range faults {
		var nodes []*yaml.Node
		var walk func(n *yaml.Node)
		walk = func(n *yaml.Node) {
			nodes = append(nodes, n)
			for i, c := range n.Content {
				if n.Kind == yaml.SequenceNode || i%2 == 1 {
					walk(c)
				}
			}
		}
		walk(region)
		changeNode(nodes[r.IntN(len(nodes))], r)
	}
	return faults
}

func changeNode(n *yaml.Node, r *rand.Rand) {
	scalar := func(tag string, values ...string) {
		*n = yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: values[r.IntN(len(values))]}
	}
	switch r.IntN(9) {
	case 0:
		*n = yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	case 1:
		*n = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	case 2:
		scalar("!!int", "0", "-1", "1", "16", "30", "31", "575", "576", "9216", "9217", "65535", "65536", "4294967295", "4294967296")
	case 3:
		scalar("!!bool", "true", "false")
	case 4:
		scalar("!!str", "", " ", "x", "x y", "A", "a-", "-a", "a.b", "tag:k8s", "tag:", "10.0.0.0/8", "10.0.0.0", "10.0.0.5", "fd00::/64", "::1",
			"1.2.3", "1.2", "v1.2.3", "rtb-0a1b2c3d", "sg-", "a/b", "eth0+", strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 254))
	case 5:
		scalar("!!str", "staticPod", "perNode", "host", "daemonSet", "none", "vxlan", "cilium", "calico", "single", "relay", "auto", "NoSchedule")
	case 6:
		if n.Kind == yaml.MappingNode && len(n.Content) > 1 {
			i := 2 * r.IntN(len(n.Content)/2)
			n.Content = slices.Delete(n.Content, i, i+2)
		}
	case 7:
		if n.Kind == yaml.MappingNode {
			n.Content = append(n.Content, yaml.NewStringRNode(fmt.Sprintf("zz%d", r.IntN(3))).YNode(), yaml.NewStringRNode("x").YNode())
		}
	case 8:
		if text := []byte(n.Value); n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && len(text) > 2 {
			i := r.IntN(len(text) - 1)
			text[i], text[i+1] = text[i+1], text[i]
			n.Value = string(text)
		}
	}
}
