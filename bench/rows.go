package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/bench/peers"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
)

// overlaps: every pair, and a table to ask later, from text, beside parsing, sorting and one
// sweep; and beside two loops.
func (b *bench) overlaps() {
	sizes := []int{1_000, 100_000}
	if !b.short {
		sizes = append(sizes, 1_000_000)
	}
	for _, n := range sizes {
		text := prefixes(n)
		var ours, floor int
		times := within(b.turns(7, 3),
			func() { ours = tree(text) },
			func() { floor = sweep(text) })
		if ours != floor {
			must(fmt.Errorf("the tree finds %d overlaps and the sweep %d", ours, floor))
		}
		target := 2.0
		if n < 100_000 {
			target = 2.5
		}
		b.atMost(fmt.Sprintf("overlap of %d prefixes beside a sweep", n), times[0]/times[1], target, "x", "%.0f and %.0f ns a prefix", times[0]*1e9/float64(n), times[1]*1e9/float64(n))
	}
	// Two loops over a tenth take a hundredth of the time.
	const n, part = 100_000, 10
	text := prefixes(n)
	times := []float64{within(b.turns(7, 5), func() { tree(text) })[0], within(1, func() { loops(text[:n/part]) })[0]}
	b.atLeast("overlap of 100000 prefixes beside two loops", times[1]*part*part/times[0], 1000, "x", "loops over %d, times %d", n/part, part*part)
}

func tree(text []string) int {
	claims := make([]claim.Claim, len(text))
	for i, s := range text {
		p, err := netip.ParsePrefix(s)
		must(err)
		claims[i] = claim.Claim{Prefix: p, Role: claim.RolePod, Region: int32(i)}
	}
	n := 0
	t := claim.NewTree(claims)
	for range t.Pairs() {
		n++
	}
	if _, ok := t.Lookup(claims[0].Prefix.Addr()); !ok {
		must(fmt.Errorf("%s is not in the table", claims[0].Prefix))
	}
	return n
}

func sweep(text []string) int {
	all := parsed(text)
	slices.SortFunc(all, netip.Prefix.Compare)
	var open []netip.Prefix
	n := 0
	for _, p := range all {
		for len(open) > 0 && !open[len(open)-1].Overlaps(p) {
			open = open[:len(open)-1]
		}
		n += len(open)
		open = append(open, p)
	}
	return n
}

func loops(text []string) int {
	all := parsed(text)
	n := 0
	for i, p := range all {
		for _, q := range all[:i] {
			if p.Overlaps(q) {
				n++
			}
		}
	}
	return n
}

func parsed(text []string) []netip.Prefix {
	all := make([]netip.Prefix, len(text))
	for i, s := range text {
		p, err := netip.ParsePrefix(s)
		must(err)
		all[i] = p
	}
	return all
}

// start: what a call costs over an empty process, and a build with the function beside one with
// a program in C that prints the same.
func (b *bench) start() {
	one := b.file("one/topology.yaml", fleet(1, true))
	input := b.file("one/list.yaml", list(fleet(1, true)))
	small := b.installed("lean/kustomize-hybrid")
	empty := &process{name: "empty", argv: []string{b.installed("bench/empty")}}
	whole := &process{name: "function, whole program", stdin: input, argv: []string{b.installed("kustomize-hybrid")}}
	lean := &process{name: "function", stdin: input, argv: []string{small}}
	check := &process{name: "validate", argv: []string{small, "validate", one}}
	must(interleaved(b.turns(41, 15), empty, whole, lean, check))
	over := func(p *process) float64 { return 1000 * (median(p.wall) - median(empty.wall)) }
	if !b.short {
		b.atMost("function of one region over an empty process, lean", over(lean), 6, " ms", "the whole program: %.1f ms", over(whole))
		b.atMost("validate of one region over an empty process, lean", over(check), 5, " ms", "an empty process: %.1f ms", 1000*median(empty.wall))
	}

	ours, theirs := b.build("ours", b.program("lean/kustomize-hybrid")), b.build("theirs", b.program("bench/print"))
	printed, err := lean.output()
	must(err)
	must(os.WriteFile(filepath.Join(theirs.dir, "function.out"), printed, 0o666))
	must(interleaved(b.turns(21, 7), ours, theirs))
	b.atMost("kustomize build with the function beside one in C", median(ours.wall)/median(theirs.wall), 1.3, "x", "%.0f and %.0f ms", 1000*median(ours.wall), 1000*median(theirs.wall))
}

// installed is a copy of a program, as who installs it has one. What the linker has just written
// lies in the page cache page by page, and each that is touched costs a fault of its own: a
// millisecond of a call, until the machine starts anew.
func (b *bench) installed(name string) string {
	path := b.file(filepath.Join("installed", name), nil)
	must(copyFile(path, b.program(name)))
	must(os.Chmod(path, 0o755))
	return path
}

// build is kustomize with a program for its only generator.
func (b *bench) build(name, program string) *process {
	topology := strings.Replace(string(fleet(1, true)), "metadata: {name: fleet}", `metadata:
  name: fleet
  annotations:
    config.kubernetes.io/local-config: "true"
    config.kubernetes.io/function: |
      exec: {path: ./function}`, 1)
	dir := filepath.Dir(b.file(name+"/topology.yaml", []byte(topology)))
	b.file(name+"/kustomization.yaml", []byte("generators: [topology.yaml]\n"))
	must(copyFile(filepath.Join(dir, "function"), program))
	return &process{name: "kustomize build, " + name, dir: dir, argv: []string{b.program("kustomize"), "build", "--enable-alpha-plugins", "--enable-exec", "."}}
}

// peers: the function validates 1,000 regions and prints their objects; helm, jsonnet and cue
// print 12 objects a region, and cue holds regions against a schema.
func (b *bench) peers() {
	n := b.turns(1000, 250)
	dir := filepath.Join(b.work, "peers")
	must(fs.WalkDir(peers.Files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := peers.Files.ReadFile(path)
		b.file("peers/"+path, data)
		return err
	}))
	type region struct {
		Name    string `json:"name"`
		Nodes   string `json:"nodes"`
		Pods    string `json:"pods"`
		Gateway string `json:"gateway"`
	}
	values := map[string][]region{}
	for i := range n {
		values["regions"] = append(values["regions"], region{fmt.Sprintf("region-%d", i), fmt.Sprintf("10.%d.%d.0/24", i>>7, i<<1&255), fmt.Sprintf("10.%d.%d.0/24", i>>7, i<<1&255|1), fmt.Sprintf("10.%d.%d.11", i>>7, i<<1&255)})
	}
	data, err := json.Marshal(values)
	must(err)
	b.file("peers/regions.json", data)
	b.file("peers/chart/values.yaml", data)
	function := &process{name: "function", stdin: b.file("peers/list.yaml", list(fleet(n, true))), argv: []string{b.program("lean/kustomize-hybrid")}}
	helm := &process{name: "helm", dir: dir, argv: []string{b.program("bench/helm"), "template", "chart"}}
	jsonnet := &process{name: "jsonnet", dir: dir, argv: []string{b.program("bench/jsonnet"), "-y", "regions.jsonnet"}}
	cue := &process{name: "cue", dir: dir, argv: []string{b.program("bench/cue"), "export", "regions.cue", "regions.json", "-e", "objects", "--out", "json"}}
	if !b.short {
		b.sameObjects(helm, jsonnet, cue)
	}
	must(interleaved(b.turns(5, 3), function, helm, jsonnet, cue))
	for _, p := range []struct {
		*process
		target float64
	}{{helm, 2}, {jsonnet, 5}, {cue, 6}} {
		b.atLeast(fmt.Sprintf("validate and render of %d regions beside %s", n, p.name), median(p.cpu)/median(function.cpu), p.target, "x", "processor time %.2f and %.2f s, peak %.0f and %.0f MiB", median(function.cpu), median(p.cpu), b.peak(function), b.peak(p.process))
	}
}

// sameObjects checks that the peers do the same work.
func (b *bench) sameObjects(all ...*process) {
	var first map[string]any
	for _, p := range all {
		out, err := p.output()
		must(err)
		objects := map[string]any{}
		add := func(o map[string]any) {
			m := o["metadata"].(map[string]any)
			objects[fmt.Sprint(o["kind"], m["namespace"], m["name"])] = o
		}
		var whole []map[string]any
		if json.Unmarshal(out, &whole) == nil {
			for _, o := range whole {
				add(o)
			}
		} else {
			for doc := range bytes.SplitSeq(out, []byte("\n---\n")) {
				var o map[string]any
				must(yaml.Unmarshal(slices.Concat(bytes.TrimPrefix(doc, []byte("---\n")), []byte("\n")), &o))
				if len(o) > 0 {
					add(o)
				}
			}
		}
		if first == nil {
			first = objects
		}
		if len(objects) != len(first) {
			must(fmt.Errorf("%s renders %d objects, and %s %d", p.name, len(objects), all[0].name, len(first)))
		}
		for name, o := range objects {
			if !reflect.DeepEqual(o, first[name]) {
				must(fmt.Errorf("%s renders %s as\n%v\nand %s as\n%v", p.name, name, o, all[0].name, first[name]))
			}
		}
	}
}

// fleets: what growing costs.
func (b *bench) fleets() {
	check := func(n int) *process {
		return &process{name: fmt.Sprintf("validate %d", n), argv: []string{b.program("lean/kustomize-hybrid"), "validate", b.file(fmt.Sprintf("fleet/%d.yaml", n), fleet(n, false))}}
	}
	most := b.turns(10_000, 3000)
	hundred, thousand, ten := check(100), check(1000), check(most)
	one := check(1)
	must(interleaved(b.turns(7, 5), one, hundred, thousand, ten))
	// The target is of whole processes. Without what one costs before it has read anything,
	// growth is more, and stands beside it.
	growth := func(work string, small, large *process, factor float64) {
		start := median(one.cpu)
		rest := math.Log((median(large.cpu)-start)/(median(small.cpu)-start)) / math.Log(factor)
		b.growth(work, median(large.cpu)/median(small.cpu), factor, 1.05, "%.3f and %.2f s; %.2f without the start", median(small.cpu), median(large.cpu), rest)
	}
	growth(fmt.Sprintf("growth of validate, 100 to %d regions", most), hundred, ten, float64(most)/100)
	render := func(n int) *process {
		return &process{name: fmt.Sprintf("render %d", n), stdin: b.file(fmt.Sprintf("fleet/%d.list", n), list(fleet(n, true))), argv: []string{b.program("lean/kustomize-hybrid")}}
	}
	few, many := render(100), render(1000)
	must(interleaved(b.turns(7, 5), few, many))
	growth("growth of the function, 100 to 1000 regions", few, many, 10)
	if b.short {
		return
	}
	b.atMost("validate of 1000 regions, processor time", median(thousand.cpu), 0.08, " s", "peak %.0f MiB", b.peak(thousand))
	b.atMost("validate of 1000 regions, peak", b.peak(thousand), 50, " MiB", "resident")
	b.atMost("validate of 10000 regions, processor time", median(ten.cpu), 0.9, " s", "peak %.0f MiB", b.peak(ten))
	b.atMost("validate of 10000 regions, peak", b.peak(ten), 250, " MiB", "resident")
	merge := &process{name: "acl merge", argv: []string{b.program("kustomize-hybrid"), "acl", "merge", b.file("acl/topology.yaml", fleet(2, false)), "--into", b.file("acl/policy.hujson", policyFile())}}
	must(interleaved(7, merge))
	b.atMost("acl merge into a file of a megabyte", median(merge.cpu), 0.15, " s", "processor time; wall %.2f s", median(merge.wall))
}

// library: a topology that a program has built.
func (b *bench) library() {
	if b.short {
		return
	}
	in, err := hybrid.Read("fleet.yaml", fleet(1000, false))
	must(err)
	t := in.Documents[0].Topology
	times := within(9,
		func() { validate.Run(validate.Input{Topology: t}) },
		func() { acl.FromTopology(t).JSON() })
	b.atMost("library: validate of 1000 regions", 1000*times[0], 10, " ms", "processor time")
	b.atMost("policy of 1000 regions", 1000*times[1], 150, " ms", "processor time")
}
