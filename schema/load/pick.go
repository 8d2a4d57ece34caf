package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Topologies are those of the files that hold a topology, by what stands in them: a document whose
// apiVersion and kind are a topology's, or nearly so, and not by their names. Of a package of CUE
// that makes one, all files are taken as soon as one of their directory is among the paths. One that
// is written in UTF-16, or larger than a topology may be, is taken, too: reading it says so. The
// error lists what could not be read, and does not keep the others from being taken.
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
		case slices.ContainsFunc(cut(asUTF8(data)), func(p piece) bool { h := headOf(p.text); return h.isTopology() }):
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

// asUTF8 is text of UTF-16 as it would be read if it were UTF-8, and other text as it is. UTF-16
// without its mark shows by a zero beside the first character, which is ASCII in a topology.
func asUTF8(data []byte) []byte {
	var order binary.ByteOrder
	switch {
	case len(data) < 2:
		return data
	case data[0] == 0xff && data[1] == 0xfe, data[0] != 0 && data[1] == 0:
		order = binary.LittleEndian
	case data[0] == 0xfe && data[1] == 0xff, data[0] == 0 && data[1] != 0:
		order = binary.BigEndian
	default:
		return data
	}
	var units []uint16
	for i := 0; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return []byte(strings.TrimPrefix(string(utf16.Decode(units)), "\ufeff"))
}

// beginning is as much of a file as a topology may have.
func beginning(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, SizeLimit))
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
