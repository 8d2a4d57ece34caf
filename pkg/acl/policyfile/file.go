// Package policyfile reads and edits a tailnet policy file that people write: JSON with
// comments and trailing commas. It says what is wrong with the file and where, merges
// what a topology needs into it and takes that out again, and keeps everything else to
// the byte.
//
// Start with Parse; then Check compares the file with a topology, Lint looks at the file
// alone, and Merge and Remove return its new text. FromTopology is a new file. Nothing
// here touches the file system or the network.
package policyfile

import (
	"bytes"
	"sort"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/tailscale/hujson"
)

// File is a policy file that has been read.
type File struct {
	// Name is what findings call the file.
	Name string
	// Policy is what the file says.
	Policy *acl.Policy

	src   []byte
	root  hujson.Value // never changed: merges share it
	plain bool         // root is what src says, with nothing taken out of it before
	lines []int        // where each line starts
	// at makes where each path of the file was written, "grants[2].src[0]", and what is
	// wrong with the types there. Most files are never asked.
	at func() (map[string]int, diag.List)
}

// Parse reads a policy file: JSON, or JSON with comments and trailing commas. It
// returns every finding about the file's form, located; the File is nil only when
// nothing of it could be read. It reports comments that start with "#" and a file
// without its outer braces, and reads them all the same.
func Parse(name string, src []byte) (*File, diag.List) {
	f := &File{Name: name, src: src}
	f.index(src)
	list := f.parse(src)
	if f.root.Value == nil {
		return nil, list
	}
	f.at = sync.OnceValues(f.paths)
	quick := &decoder{file: f}
	if f.Policy = quick.policy(); len(quick.list) > 0 {
		_, found := f.at()
		list = append(list, found...)
	}
	f.Locate(list)
	list.Sort()
	return f, list
}

// paths reads the values once more, for where they stand.
func (f *File) paths() (map[string]int, diag.List) {
	d := &decoder{file: f, at: map[string]int{}}
	d.policy()
	return d.at, d.list
}

func (f *File) index(src []byte) {
	f.lines = make([]int, 1, 2+bytes.Count(src, []byte("\n")))
	for at := lineEnd(src, 0); at < len(src); at = lineEnd(src, at+1) {
		f.lines = append(f.lines, at+1)
	}
}

// Locate fills in the position of each finding, and of each related place, that has
// none yet: where its path was written, or the file alone for what stands nowhere in
// it. Paths of a topology, which begin with "spec", are left to others.
func (f *File) Locate(list diag.List) {
	for _, d := range list {
		d.Pos = f.locate(d.Path, d.Pos)
		for i := range d.Related {
			d.Related[i].Pos = f.locate(d.Related[i].Path, d.Related[i].Pos)
		}
	}
}

func (f *File) locate(path string, known diag.Position) diag.Position {
	if known.IsValid() || path == "spec" || strings.HasPrefix(path, "spec.") {
		return known
	}
	if offset, ok := f.offset(path); ok {
		return f.position(offset)
	}
	return diag.Position{File: f.Name}
}

// offset finds the path, or the nearest one above it that stands in the file.
func (f *File) offset(path string) (int, bool) {
	if path == "" {
		return 0, false
	}
	all, _ := f.at()
	for path != "" {
		if at, ok := all[path]; ok {
			return at, true
		}
		cut := strings.LastIndexAny(path, ".[")
		if strings.HasSuffix(path, `"]`) {
			cut = strings.LastIndex(path, `["`)
		}
		if cut < 0 {
			return 0, false
		}
		path = path[:cut]
	}
	return 0, false
}

// position counts columns in characters, from 1.
func (f *File) position(offset int) diag.Position {
	line := sort.SearchInts(f.lines, offset+1)
	start := f.lines[line-1]
	column := len([]rune(string(f.src[start:min(offset, len(f.src))]))) + 1
	return diag.Position{File: f.Name, Line: line, Column: column}
}

// Bytes is the file as it was read.
func (f *File) Bytes() []byte { return bytes.Clone(f.src) }
