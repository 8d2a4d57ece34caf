package load

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Topologies are those of the files that hold a topology, by what stands in them: a document whose
// apiVersion and kind are a topology's, or nearly so, and not by their names. Of a package of CUE
// that makes one, all files are taken as soon as one of their directory is among the paths. What
// is no text of ours, or larger than a topology may be, holds none.
func Topologies(paths ...string) ([]string, error) {
	var picked []string
	var failures []error
	for _, path := range paths {
		data, err := beginning(path)
		switch {
		case err != nil:
			failures = append(failures, err)
		case isCUE(path):
			files, err := packageOf(path)
			picked, failures = append(picked, files...), append(failures, err)
		case len(data) <= SizeLimit && slices.ContainsFunc(cut(data), func(p piece) bool { h := headOf(p.text); return h.isTopology() }):
			picked = append(picked, path)
		}
	}
	slices.Sort(picked)
	return slices.Compact(picked), errors.Join(failures...)
}

// isTopology reports whether a document means to be one: head.isObject, the other way round, leaves
// open what has no kind.
func (h head) isTopology() bool {
	group, _, _ := strings.Cut(h.APIVersion, "/")
	near := diag.Nearest(h.Kind, []string{schema.KindTopology}) != ""
	switch {
	case h.isObject():
		return false
	case h.APIVersion == "":
		return h.Kind == schema.KindTopology
	}
	return diag.Nearest(group, []string{schema.Group}) != "" && (h.Kind == "" || near)
}

// beginning is as much of a file as a topology may have, and one byte more.
func beginning(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() || info.Size() > SizeLimit {
		return nil, err
	}
	return readAll(f, path)
}

// What a file of CUE has that makes a topology: the contract's definition, from its package, or the
// kind written out. A definition of a kind has an exclamation mark behind its name.
var cueTopology = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)\b[A-Za-z_]\w*\.#Topology\b|^kind:\s*"Topology"`)
})

// packageOf are the files of CUE beside path that make a topology together, path among them or not;
// none where none does.
func packageOf(path string) ([]string, error) {
	if slices.Contains(strings.Split(filepath.ToSlash(filepath.Dir(path)), "/"), "cue.mod") {
		return nil, nil
	}
	beside, err := filepath.Glob(filepath.Join(escape(filepath.Dir(path)), "*.cue"))
	if err != nil {
		return nil, err
	}
	makes, names := map[string]bool{}, map[string]string{}
	for _, path := range beside {
		data, err := beginning(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		name := "/" + path // a file without a package is alone
		if p := packageName(file{path, data}); p != "" {
			name = p
		}
		names[path] = name
		makes[name] = makes[name] || cueTopology().Match(data)
	}
	return slices.DeleteFunc(beside, func(other string) bool { return !makes[names[other]] || names[other] != names[filepath.Clean(path)] }), nil
}

// escape keeps a directory's name from being a pattern.
func escape(dir string) string {
	return string(regexp.MustCompile(`[\\*?\[]`).ReplaceAllFunc([]byte(dir), func(c []byte) []byte { return bytes.Join([][]byte{{'\\'}, c}, nil) }))
}
