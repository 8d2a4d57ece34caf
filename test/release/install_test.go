package release_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// proxy is a module proxy with the commit of the working tree as v0.0.1-test.
func proxy(t *testing.T) string {
	t.Helper()
	source := clone(t)
	versions := filepath.Join(t.TempDir(), "proxy", filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(versions, 0o755); err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(map[string]string{"Version": version, "Time": "2026-01-01T00:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	archive, err := os.Create(filepath.Join(versions, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	if err := zip.CreateFromDir(archive, module.Version{Path: path, Version: version}, source); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		version + ".info": info, version + ".mod": contents(t, filepath.Join(source, "go.mod")), "list": []byte(version + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return strings.TrimSuffix(versions, "/"+path+"/@v")
}

const path = "github.com/kustomize-hybrid/kustomize-hybrid"

// version is another one in each run: the go command remembers what the packages of a version
// import, and takes a version for what it was.
var version = fmt.Sprintf("v0.0.1-test.%d", time.Now().UnixNano())

// `go install` of a version works: no replace, nothing that is in a module below, and the program
// says its version. What it depends on comes from where this machine has it.
func TestGoInstall(t *testing.T) {
	from := proxy(t)
	bin := t.TempDir()
	cache := strings.TrimSpace(run(t, ".", nil, "go", "env", "GOMODCACHE"))
	env := []string{
		"GOPROXY=" + fmt.Sprintf("file://%s,file://%s/cache/download", from, cache),
		"GONOSUMDB=" + path, "GOFLAGS=-trimpath", "CGO_ENABLED=0", "GOBIN=" + bin,
	}
	t.Cleanup(func() {
		dir := filepath.Join(cache, filepath.FromSlash(path)+"@"+version)
		_ = filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				return os.Chmod(name, 0o755)
			}
			return err
		})
		for _, left := range []string{dir, filepath.Join(cache, "cache/download", filepath.FromSlash(path))} {
			if err := os.RemoveAll(left); err != nil {
				t.Error(err)
			}
		}
	})
	run(t, t.TempDir(), env, "go", "install", path+"/cmd/kustomize-hybrid@"+version)
	said := run(t, ".", nil, filepath.Join(bin, "kustomize-hybrid"), "version")
	if !strings.HasPrefix(said, "kustomize-hybrid "+version+"\n") {
		t.Errorf("it says %q", said)
	}
}
