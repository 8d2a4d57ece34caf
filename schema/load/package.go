//go:build !lean

package load

import (
	"path/filepath"
	"slices"

	"cuelang.org/go/cue/parser"
)

// cuePackages gather the .cue files of a run: those with one package clause in one
// directory are one topology, as cue itself takes them; one without a clause stands
// alone.
type cuePackages []*cuePackage

type cuePackage struct {
	dir, name string
	files     []file
	doc       *Document
}

// add adds a file. With the first one of a package it returns the package's document,
// which load fills in.
func (all *cuePackages) add(f file) *Document {
	dir, name := filepath.Dir(f.name), packageName(f)
	if name != "" {
		i := slices.IndexFunc(*all, func(p *cuePackage) bool { return p.dir == dir && p.name == name })
		if i >= 0 {
			(*all)[i].files = append((*all)[i].files, f)
			return nil
		}
	}
	doc := new(Document)
	*all = append(*all, &cuePackage{dir, name, []file{f}, doc})
	return doc
}

// addCUE gives a file of CUE to its package.
func (in *Input) addCUE(f file, packages *cuePackages) error {
	if len(f.data) > SizeLimit {
		return tooLarge(f.name, SizeLimit, "a topology")
	}
	if doc := packages.add(f); doc != nil {
		in.Documents = append(in.Documents, doc)
	}
	return nil
}

// load reads the packages, now that all their files are there.
func (all cuePackages) load() {
	for _, p := range all {
		*p.doc = *document(parseCUE(p.files))
	}
}

// packageName is the name in a file's package clause; "" where there is none. What does
// not parse is reported when all of it is parsed.
func packageName(f file) string {
	parsed, err := parser.ParseFile(f.name, f.data, parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return parsed.PackageName()
}
