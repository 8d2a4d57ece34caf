package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/emit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
)

// gitPrefix begins a topology, or a rendered tree, of a revision that git keeps.
const gitPrefix = "git:"

// topologyAt reads a topology from a file, from the directory that it was rendered into, or
// from either in a revision, as git:REV:PATH.
func (c cli) topologyAt(where string) (hybrid.Input, error) {
	if object, ok := strings.CutPrefix(where, gitPrefix); ok {
		return atRevision(where, object)
	}
	if info, err := os.Stat(where); err != nil || !info.IsDir() {
		return hybrid.LoadFrom(c.in, where)
	}
	in, err := hybrid.Load(filepath.Join(where, render.FromPath))
	if !errors.Is(err, fs.ErrNotExist) {
		return in, err
	}
	if recorded, err := emit.Recorded(where); err != nil || len(recorded) == 0 {
		return hybrid.Input{}, errors.Join(err, fmt.Errorf("%s is a directory that nothing was rendered into: name a topology's file", where))
	}
	return hybrid.Input{}, fmt.Errorf("%s was rendered by a version that did not record its topology (%s): name the topology's file as it was, or git:REV:PATH", where, render.FromPath)
}

// atRevision asks git, which has to be installed, for a file or for what a tree records.
func atRevision(where, object string) (hybrid.Input, error) {
	revision, name, ok := strings.Cut(object, ":")
	if !ok || revision == "" || name == "" || strings.HasPrefix(revision, "-") {
		err := fmt.Errorf("%s: write git:REV:PATH, such as git:main:topology.yaml; PATH begins at the root of the repository, or with ./", where)
		return hybrid.Input{}, &usageError{"kustomize-hybrid plan", err}
	}
	if name == "." {
		object = revision + ":./" // as git wants it
	}
	kind, err := git("cat-file", "-t", object)
	if err != nil {
		return hybrid.Input{}, fmt.Errorf("%s: %w", where, err)
	}
	if strings.TrimSpace(string(kind)) == "tree" {
		object = revision + ":" + withDot(name, render.FromPath)
		if _, err := git("cat-file", "-e", object); err != nil {
			return hybrid.Input{}, fmt.Errorf("%s is a directory that has no %s in that revision: name a topology's file", where, render.FromPath)
		}
		where = gitPrefix + object
	}
	data, err := git("cat-file", "blob", object)
	if err != nil {
		return hybrid.Input{}, fmt.Errorf("%s: %w", where, err)
	}
	return hybrid.Read(where, data)
}

// withDot joins a path of git's, and keeps the ./ by which it begins where git is asked.
func withDot(dir, name string) string {
	joined := path.Join(dir, name)
	if dir == "." || strings.HasPrefix(dir, "./") {
		return "./" + joined
	}
	return joined
}

func git(args ...string) ([]byte, error) {
	var errs bytes.Buffer
	cmd := exec.Command("git", args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if text := strings.TrimSpace(errs.String()); err != nil && text != "" {
		return nil, errors.New(text)
	}
	return out, err
}
