package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// format is the first line of a capture.
const format = "kustomize-hybrid capture 1"

// sizeLimit is how large a file of a capture may be: a host with 100,000 routes has less.
const sizeLimit = 64 << 20

// Capture is what capture.sh wrote.
type Capture struct {
	Hosts []*Host
	// Cluster are the files with objects of the cluster, in order of name.
	Cluster []File
	// Missing is what the cluster's part lacks, by file, and why.
	Missing map[string]string
}

// Host is what was written down about one host.
type Host struct {
	Name  string
	files map[string]*File
	// missing is what could not be had, by file.
	missing map[string]Evidence
}

// File is a file of a capture.
type File struct {
	Name string // from the top of the capture
	Data []byte
}

// Read reads a capture. It is an error where there is none, where it is of another format, or
// where a file of it is too large to have been written by capture.sh.
func Read(dir fs.FS) (*Capture, error) {
	first, err := fs.ReadFile(dir, "format")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("it has no file \"format\", which capture.sh writes: this is no capture")
	case err != nil:
		return nil, err
	case strings.TrimSpace(string(first)) != format:
		return nil, fmt.Errorf("its format is %q, and this program reads %q: capture.sh and this program are of different versions", strings.TrimSpace(string(first)), format)
	}
	c := &Capture{Missing: map[string]string{}}
	names, err := children(dir, "hosts")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		h, err := readHost(dir, name)
		if err != nil {
			return nil, err
		}
		c.Hosts = append(c.Hosts, h)
	}
	names, err = children(dir, "cluster")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := readFile(dir, path.Join("cluster", name))
		switch {
		case err != nil:
			return nil, err
		case name == "missing":
			for line := range strings.Lines(string(f.Data)) {
				file, why, _ := strings.Cut(strings.TrimSpace(line), ": ")
				c.Missing[file] = why
			}
		case strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".yaml"):
			c.Cluster = append(c.Cluster, *f)
		}
	}
	// A file that stands in "missing" is an older capture's, over which this one was unpacked.
	c.Cluster = slices.DeleteFunc(c.Cluster, func(f File) bool {
		_, lacks := c.Missing[path.Base(f.Name)]
		return lacks
	})
	return c, nil
}

// children are the names in a directory, sorted; none where it is not there.
func children(dir fs.FS, name string) ([]string, error) {
	entries, err := fs.ReadDir(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func readFile(dir fs.FS, name string) (*File, error) {
	info, err := fs.Stat(dir, name)
	if err == nil && info.Size() > sizeLimit {
		err = fmt.Errorf("%s has %d bytes, and no file of a capture has more than %d", name, info.Size(), sizeLimit)
	}
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(dir, name)
	return &File{name, data}, err
}

func readHost(dir fs.FS, name string) (*Host, error) {
	h := &Host{Name: name, files: map[string]*File{}, missing: map[string]Evidence{}}
	at := path.Join("hosts", name)
	names, err := children(dir, at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	for _, n := range names {
		if h.files[n], err = readFile(dir, path.Join(at, n)); err != nil {
			return nil, err
		}
	}
	for line, text := range h.lines("missing") {
		file, _, _ := strings.Cut(text, ": ")
		h.missing[file] = h.evidence("missing", line+1)
		// A file of that name is an older capture's, over which this one was unpacked.
		if file != "missing" {
			delete(h.files, file)
		}
	}
	return h, nil
}

func (h *Host) has(name string) bool { return h.files[name] != nil }

// lines are those of a file; none where it is not there.
func (h *Host) lines(name string) []string {
	f := h.files[name]
	if f == nil || len(f.Data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(f.Data), "\n"), "\n")
}

// evidence is a line of a file, or for 0 the file.
func (h *Host) evidence(name string, line int) Evidence {
	e := Evidence{File: path.Join("hosts", h.Name, name), Line: line}
	if all := h.lines(name); line > 0 && line <= len(all) {
		e.Text = strings.Trim(all[line-1], " \t,[]")
	}
	return e
}

// find is the first line of a file that holds the text, or the file.
func (h *Host) find(name, text string) Evidence {
	i := slices.IndexFunc(h.lines(name), func(l string) bool { return strings.Contains(l, text) })
	return h.evidence(name, i+1)
}

// element is one of a JSON array, and the line on which it ends.
type element[T any] struct {
	value T
	line  int
}

// elements reads a file that is a JSON array. It is an error where it is none.
func elements[T any](h *Host, name string) ([]element[T], error) {
	f := h.files[name]
	if f == nil {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(f.Data))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil, fmt.Errorf("%s is no list of JSON", f.Name)
	}
	var all []element[T]
	line, before := 1, 0
	for dec.More() {
		var e element[T]
		if err := dec.Decode(&e.value); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		end := int(dec.InputOffset())
		line += bytes.Count(f.Data[before:end], []byte("\n"))
		before = end
		e.line = line
		all = append(all, e)
	}
	// One that was cut between two elements is not a shorter list.
	if t, err := dec.Token(); err != nil || t != json.Delim(']') {
		return nil, fmt.Errorf("%s ends before its list does", f.Name)
	}
	return all, nil
}
