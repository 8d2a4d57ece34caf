package change

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Tree is what is known of a rendered tree's files, by path.
type Tree map[string]Sum

// Sum tells files apart: all of one, and the templates of the pods in it, whose change ends
// the pods.
type Sum struct{ All, Pods [sha256.Size]byte }

// TreeOf sums files up, or returns their first error.
func TreeOf(files iter.Seq2[tree.File, error]) (Tree, error) {
	t := Tree{}
	for f, err := range files {
		if err != nil {
			return nil, err
		}
		t.Add(f)
	}
	return t, nil
}

// Add sums one file up.
func (t Tree) Add(f tree.File) {
	t[f.Path] = Sum{sha256.Sum256(f.Data), sha256.Sum256(templates(f.Data))}
}

// TreeIn sums up files of a directory; those that it no longer has are left out.
func TreeIn(dir fs.FS, paths []string) (Tree, error) {
	t := Tree{}
	for _, path := range paths {
		data, err := fs.ReadFile(dir, path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		t.Add(tree.File{Path: path, Data: data})
	}
	return t, nil
}

// templates are the pod templates of the DaemonSets in a file that this program rendered:
// a part of their spec.
func templates(data []byte) []byte {
	var all []byte
	for document := range bytes.SplitSeq(data, []byte("\n---\n")) {
		if !bytes.Contains(document, []byte("\nkind: DaemonSet\n")) {
			continue
		}
		_, rest, _ := bytes.Cut(document, []byte("\n  template:\n"))
		for line := range bytes.Lines(rest) {
			if !bytes.HasPrefix(line, []byte("   ")) {
				break // the next field of the spec
			}
			all = append(all, line...)
		}
	}
	return all
}

// changed are the paths that differ, sorted.
func changed(before, after Tree) []string {
	var list []string
	for p, s := range after {
		if old, ok := before[p]; !ok || old.All != s.All {
			list = append(list, p)
		}
	}
	for p := range before {
		if _, ok := after[p]; !ok {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list
}

// toHost is for whom a file is: a gateway by its name, or the other nodes of a region. Both
// are empty where it is for all hosts, and ok is false where it goes to none.
func toHost(path string) (region, part string, ok bool) {
	switch {
	case strings.HasPrefix(path, "host/"), path == "fleet.tables":
		return "", "", true
	case !strings.HasPrefix(path, "regions/"):
		return "", "", false
	}
	region, rest, _ := strings.Cut(strings.TrimPrefix(path, "regions/"), "/")
	kind, file, _ := strings.Cut(rest, "/")
	switch kind {
	case "node":
		return region, "", true
	case "gateway":
		return region, file, true
	}
	return "", "", false
}

// forGateway reports whether a file below a region's gateway/ is this gateway's: it has
// another one's name where it is not.
func forGateway(file string, name string, all []string) bool {
	first, _, _ := strings.Cut(file, "/")
	first = strings.TrimSuffix(first, ".env")
	return first == name || !slices.Contains(all, first)
}

// takesFiles reports whether a gateway's host gets files by hand. A DaemonSet brings its own.
func takesFiles(r *plan.Region) bool {
	return r.Region.Gateways.Mode != schema.ModeDaemonSet || r.Follows()
}

// hostFiles are the files that hosts have, each with its sum, so that another content is
// another file.
func hostFiles(p *plan.Plan, t Tree, paths []string) facets {
	f := facets{}
	for _, path := range paths {
		sum, there := t[path]
		region, part, ok := toHost(path)
		if !there || !ok {
			continue
		}
		name := path[strings.LastIndexByte(path, '/')+1:] + "\x00" + string(sum.All[:])
		for i := range p.Regions {
			r := &p.Regions[i]
			if region != "" && region != r.Region.Name {
				continue
			}
			if takesFiles(r) && (region == "" || part != "") {
				for _, g := range r.GatewayNames() {
					if part == "" || forGateway(part, g, r.GatewayNames()) {
						f.add("gateway "+g, name)
					}
				}
			}
			if r.HostRoutes() && part == "" {
				f.add("other nodes of "+r.Region.Name, name)
			}
		}
	}
	return f
}

// hosts say who gets new files. Contents are not told, only names.
func hosts(before, after *plan.Plan, was, is Tree) []Change {
	paths := changed(was, is)
	list := differences(Hosts, hostFiles(before, was, paths), hostFiles(after, is, paths))
	for i := range list {
		c := &list[i]
		c.Gained, c.Lost = names(c.Gained), names(c.Lost)
		if c.Op == Altered {
			c.Lost = without(c.Lost, c.Gained)
		}
	}
	return together(list)
}

func names(files []string) []string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i], _, _ = strings.Cut(f, "\x00")
	}
	slices.Sort(list)
	return slices.Compact(list)
}
