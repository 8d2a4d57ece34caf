package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// format is the first line of a capture.
const format = "kustomize-hybrid capture 1"

// sizeLimit is how large a file of a capture may be: a host with 100,000 routes has less.
const sizeLimit = 64 << 20

// formatLimit is that of the file "format".
const formatLimit = 1 << 10

// Capture is what capture.sh wrote.
type Capture struct {
	Hosts []*Host
	// Cluster are the files with objects of the cluster, in order of name.
	Cluster []File
	// Missing is what the cluster's part lacks, by file, and why.
	Missing map[string]string
	// Skipped are sentences about what capture.sh has not written, and nobody read.
	Skipped []string
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
// where a file of it is too large to have been written by capture.sh. What capture.sh writes
// nowhere, such as a pipe or a file among the hosts, is skipped.
func Read(dir fs.FS) (*Capture, error) {
	c := &Capture{Missing: map[string]string{}}
	first, err := c.read(dir, "format", formatLimit)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("it has no file \"format\", which capture.sh writes: this is no capture")
	case err != nil:
		return nil, err
	case first == nil:
		return nil, errors.New("its \"format\" is no regular file: this is no capture")
	}
	if has := strings.TrimSpace(string(first.Data)); has != format {
		return nil, fmt.Errorf("its format is %q, and this program reads %q: capture.sh and this program are of different versions", has, format)
	}
	if err := c.readHosts(dir); err != nil {
		return nil, err
	}
	return c, c.readCluster(dir)
}

func (c *Capture) readCluster(dir fs.FS) error {
	entries, err := children(dir, "cluster")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != "missing" && !strings.HasSuffix(e.Name(), ".json") && !strings.HasSuffix(e.Name(), ".yaml") {
			continue
		}
		f, err := c.read(dir, path.Join("cluster", e.Name()), sizeLimit)
		switch {
		case err != nil:
			return err
		case f == nil:
		case e.Name() == "missing":
			for line := range strings.Lines(string(f.Data)) {
				file, why, _ := strings.Cut(strings.TrimSpace(line), ": ")
				c.Missing[file] = why
			}
		default:
			c.Cluster = append(c.Cluster, *f)
		}
	}
	// A file that stands in "missing" is an older capture's, over which this one was unpacked.
	c.Cluster = slices.DeleteFunc(c.Cluster, func(f File) bool {
		_, lacks := c.Missing[path.Base(f.Name)]
		return lacks
	})
	return nil
}

// children are what is in a directory, by name; nothing where it is not there.
func children(dir fs.FS, name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

func (c *Capture) skip(name, why string) {
	c.Skipped = append(c.Skipped, fmt.Sprintf("%s was not read: %s", name, why))
}

// read reads a regular file of at most so many bytes; nil where it is something else, which
// might never end, and where a link leads nowhere.
func (c *Capture) read(dir fs.FS, name string, limit int64) (*File, error) {
	info, err := fs.Stat(dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && name != "format":
		c.skip(name, "it is a link that leads nowhere")
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		c.skip(name, "it is no regular file, and capture.sh writes no others")
		return nil, nil
	}
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s has more than %d bytes, and what capture.sh writes there has less", name, limit)
	}
	return &File{name, data}, err
}

// hostName is what a host may be called: it stands in command lines.
var hostName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$`)
})

func (c *Capture) readHosts(dir fs.FS) error {
	entries, err := children(dir, "hosts")
	if err != nil {
		return err
	}
	for _, e := range entries {
		at := path.Join("hosts", e.Name())
		switch {
		case !e.IsDir():
			c.skip(at, "it is no directory of a host")
			continue
		case !hostName().MatchString(e.Name()):
			c.skip(at, "no host has such a name")
			continue
		}
		h, err := c.readHost(dir, e.Name())
		if err != nil {
			return err
		}
		c.Hosts = append(c.Hosts, h)
	}
	return nil
}

func (c *Capture) readHost(dir fs.FS, name string) (*Host, error) {
	h := &Host{Name: name, files: map[string]*File{}, missing: map[string]Evidence{}}
	at := path.Join("hosts", name)
	entries, err := children(dir, at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	for _, e := range entries {
		f, err := c.read(dir, path.Join(at, e.Name()), sizeLimit)
		if err != nil {
			return nil, err
		}
		if f != nil {
			h.files[e.Name()] = f
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
