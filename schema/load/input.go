package load

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const (
	// SizeLimit is the size in bytes of the largest topology that is read, and of the
	// largest file of CUE. A topology of 10,000 regions takes 3 to 5 MB.
	SizeLimit = 8 << 20
	// ObjectsLimit is the size in bytes of the largest file with objects that is read: a
	// dump of ten thousand nodes takes about 100 MB.
	ObjectsLimit = 512 << 20
)

// Input is what the sources of one run hold.
type Input struct {
	// Documents are the topologies, in the order of their sources.
	Documents []*Document
	// Objects are all other documents; a List counts as its items.
	Objects []Object
}

// Object is a Kubernetes object that stands beside a topology, as it was written.
type Object struct {
	// File is where it was written.
	File string
	Node *yaml.RNode
}

// One returns the only topology of the input. It is an error when there is none, or
// more than one.
func (in Input) One() (*Document, error) {
	switch n := len(in.Documents); n {
	case 0:
		return nil, errors.New("there is no Topology in the files")
	case 1:
		return in.Documents[0], nil
	default:
		return nil, fmt.Errorf("this takes one topology, and the files hold %d", n)
	}
}

// Files reads every file, and standard input where a path is "-". A file of YAML or
// JSON may hold a topology, objects, or both; the .cue files of one package in one
// directory make one topology together. The error lists what could not be read, and
// the input holds the rest.
func Files(paths ...string) (Input, error) { return FilesOr(os.Stdin, paths...) }

// FilesOr is Files with something else for standard input.
func FilesOr(stdin io.Reader, paths ...string) (Input, error) {
	var in Input
	var failures []error
	if len(paths) == 0 {
		failures = append(failures, errors.New("no file was given to read"))
	}
	var packages cuePackages
	for _, path := range paths {
		f, err := read(stdin, path)
		if err == nil {
			err = in.add(f, &packages)
		}
		if err != nil {
			failures = append(failures, err)
		}
	}
	packages.load()
	return in, errors.Join(failures...)
}

// Bytes reads one source from data; name stands in positions and, by its extension,
// tells CUE (.cue) from YAML and JSON (everything else).
func Bytes(name string, data []byte) (Input, error) {
	var in Input
	var packages cuePackages
	err := in.add(file{name, data}, &packages)
	packages.load()
	return in, err
}

// Documents reads every document of a file of YAML or JSON as it is, whatever it says of itself: a
// List counts as its items. "-" is stdin.
func Documents(stdin io.Reader, path string) ([]Object, error) {
	f, err := read(stdin, path)
	if err != nil {
		return nil, err
	}
	return objects(f)
}

// add takes what a file holds apart. A file of CUE waits in packages for the others of
// its package.
func (in *Input) add(f file, packages *cuePackages) error {
	if isCUE(f.name) {
		return in.addCUE(f, packages)
	}
	parts := split(f.data)
	if parts.size > SizeLimit {
		return tooLarge(f.name, SizeLimit, "a topology")
	}
	found, err := objects(file{f.name, parts.objects})
	if err != nil {
		return err
	}
	in.Objects = append(in.Objects, found...)
	if parts.topology != nil {
		in.Documents = append(in.Documents, document(parseYAML(file{f.name, parts.topology})))
	}
	return nil
}

// file is a source before it is parsed.
type file struct {
	name string
	data []byte
}

func isCUE(name string) bool { return strings.EqualFold(filepath.Ext(name), ".cue") }

// read reads a file, or stdin as "-".
func read(stdin io.Reader, path string) (file, error) {
	if path == "-" {
		const name = "<stdin>"
		data, err := readAll(standardInput{stdin}, name)
		return file{name, data}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return file{}, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return file{}, fmt.Errorf("%s is a directory: name the files in it that are to be read", path)
	}
	data, err := readAll(f, path)
	return file{path, data}, err
}

// standardInput names itself when it cannot be read, as a file does.
type standardInput struct{ io.Reader }

func (s standardInput) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("read standard input: %w", err)
	}
	return n, err
}

// readAll reads as much as objects may take where there are any, and no more than a
// topology may take otherwise: a wrong path must not fill memory.
func readAll(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, SizeLimit+1))
	if err != nil || len(data) <= SizeLimit {
		return data, err
	}
	if isCUE(name) || split(data).objects == nil {
		return nil, tooLarge(name, SizeLimit, "a topology")
	}
	more, err := io.ReadAll(io.LimitReader(r, ObjectsLimit-SizeLimit))
	if err != nil {
		return nil, err
	}
	if len(data)+len(more) > ObjectsLimit {
		return nil, tooLarge(name, ObjectsLimit, "a file of objects")
	}
	return append(data, more...), nil
}

func tooLarge(name string, limit int, what string) error {
	return fmt.Errorf("%s: larger than %d MiB, the limit for %s", name, limit>>20, what)
}
