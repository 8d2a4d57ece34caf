package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// dumpLimit is the size in bytes of the largest cluster dump that is read: a dump of
// ten thousand nodes takes about 100 MB.
const dumpLimit = 512 << 20

// sources are the files of one run: topologies, and objects that exist already.
type sources struct {
	documents []*load.Document
	objects   []existing.Object
}

// sources reads every file; those that cannot be read are in the error, and the
// others are there all the same.
func (c cli) sources(paths []string) (sources, error) {
	var s sources
	var failures []error
	for _, path := range paths {
		if err := c.source(&s, path); err != nil {
			failures = append(failures, err)
		}
	}
	return s, errors.Join(failures...)
}

// source reads one file, which may hold a topology, objects, or both.
func (c cli) source(s *sources, path string) error {
	if filepath.Ext(path) == ".cue" {
		return s.document(c.load(path))
	}
	name, data, err := c.bytes(path)
	if err != nil {
		return err
	}
	return s.add(name, data)
}

// add takes what a file holds apart.
func (s *sources) add(name string, data []byte) error {
	topology, rest := existing.Split(data)
	objects, err := existing.Objects(name, rest)
	if err != nil {
		return err
	}
	s.objects = append(s.objects, objects...)
	if topology == nil && rest != nil {
		return nil
	}
	doc, err := load.Bytes(name, topology)
	if doc != nil {
		err = nil
	}
	return s.document(doc, err)
}

func (s *sources) document(doc *load.Document, err error) error {
	if doc != nil {
		s.documents = append(s.documents, doc)
	}
	return err
}

// bytes reads a file, or standard input as "-", and says what it is called. More than
// a topology may have is only read of what is no topology.
func (c cli) bytes(path string) (name string, data []byte, err error) {
	in, name := c.in, "<stdin>"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return path, nil, err
		}
		defer f.Close()
		in, name = f, path
	}
	data, err = io.ReadAll(io.LimitReader(in, load.SizeLimit+1))
	if err != nil || len(data) <= load.SizeLimit {
		return name, data, readError(name, err)
	}
	if topology, _ := existing.Split(data[:bytes.LastIndexByte(data, '\n')+1]); topology != nil {
		return name, data, nil // loading says that it is too large
	}
	more, err := io.ReadAll(io.LimitReader(in, dumpLimit))
	return name, append(data, more...), readError(name, err)
}

func readError(name string, err error) error {
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}

// check lists everything that is wrong with each topology, beside what exists.
func (s *sources) check(day string) diag.List {
	var list diag.List
	for _, doc := range s.documents {
		list = append(list, checkWith(doc, s.objects, day)...)
	}
	list.Sort()
	return list
}
