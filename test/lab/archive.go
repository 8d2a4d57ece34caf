package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// archive is a tar file under gzip that has no time, no owner and one order: the same files are
// the same bytes.
type archive struct {
	path  string
	files map[string][]byte
}

// openArchive reads one; what is not there has no files.
func openArchive(path string) (*archive, error) {
	a := &archive{path, map[string][]byte{}}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return nil, err
		}
		if a.files[h.Name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}

func (a *archive) write() error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(a.files[name]))}); err != nil {
			return err
		}
		if _, err := w.Write(a.files[name]); err != nil {
			return err
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return err
	}
	return os.WriteFile(a.path, b.Bytes(), 0o644)
}
