package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// runtimeSource is added to a package with mutants. Whoever runs its tests sets MUTANT to the one
// that is awake, or MUTANT_HITS to a file with a byte for each mutant, which becomes 1 where the
// tests reach it. The file is mapped, so that nothing has to happen at the end of a run.
const runtimeSource = `package %s

import (
	"os"
	"strconv"
	"syscall"
)

var mutant_hits []byte

var mutant_awake = mutant_start()

func mutant_start() int {
	if name := os.Getenv("MUTANT_HITS"); name != "" {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			panic(err)
		}
		mutant_hits, err = syscall.Mmap(int(f.Fd()), 0, %d, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
		if err != nil {
			panic(err)
		}
	}
	id, _ := strconv.Atoi(os.Getenv("MUTANT"))
	return id
}

func mutant_on(id int) bool {
	if mutant_hits != nil {
		mutant_hits[id] = 1
	}
	return mutant_awake == id
}

func mutant_off(id int) bool { return !mutant_on(id) }

func mutant_add[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](id, n int) T {
	if mutant_on(id) {
		return T(n)
	}
	return 0
}

func mutant_pick[T any](id int, mutant, original func() T) T {
	if mutant_on(id) {
		return mutant()
	}
	return original()
}
`

// A listed is what `go list` says about a package.
type listed struct {
	Dir        string
	ImportPath string
	Export     string
	GoFiles    []string
}

func list(root string, args ...string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-json=Dir,ImportPath,Export,GoFiles"}, args...)...)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var packages []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

// instrument writes the package in dir with all its mutants into work, and what `go test
// -overlay` needs to compile that instead. It returns the mutants and the overlay's name.
func instrument(root, dir, work string) ([]mutant, string, error) {
	packages, err := list(root, "-export", "-deps", "./"+dir)
	if err != nil {
		return nil, "", err
	}
	p := packages[len(packages)-1]
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })

	var mutants []mutant
	replace := map[string]string{}
	check := func(names []string) ([]*ast.File, *types.Info, *types.Package, error) {
		var files []*ast.File
		for _, name := range names {
			f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, nil, nil, err
			}
			files = append(files, f)
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		pkg, err := (&types.Config{Importer: imports}).Check(p.ImportPath, fset, files, info)
		return files, info, pkg, err
	}
	var names []string
	for _, name := range p.GoFiles {
		names = append(names, filepath.Join(p.Dir, name))
	}
	files, info, pkg, err := check(names)
	if err != nil {
		return nil, "", err
	}
	write := func(path string, data []byte) error {
		to := filepath.Join(work, filepath.Base(path))
		replace[path] = to
		return os.WriteFile(to, data, 0o666)
	}
	for i, f := range files {
		src, err := os.ReadFile(names[i])
		if err != nil {
			return nil, "", err
		}
		w := &writer{
			fset: fset, info: info, pkg: pkg, file: f, name: dir + "/" + p.GoFiles[i], src: src,
			mutants: &mutants, conditions: map[ast.Expr]bool{},
		}
		w.mutate()
		if err := write(names[i], w.bytes()); err != nil {
			return nil, "", err
		}
	}
	help := fmt.Sprintf(runtimeSource, pkg.Name(), len(mutants)+1)
	if err := write(filepath.Join(p.Dir, "mutant_runtime.go"), []byte(help)); err != nil {
		return nil, "", err
	}
	library, data, err := impatient()
	if err != nil {
		return nil, "", err
	}
	if err := write(library, data); err != nil {
		return nil, "", err
	}
	overlay := filepath.Join(work, "overlay.json")
	data, err = json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, "", err
	}
	return mutants, overlay, os.WriteFile(overlay, data, 0o666)
}

// impatient is Go's own testing package, whose tests end with the first thing that they complain
// about: most mutants break many cases of a table, and one is enough.
func impatient() (path string, src []byte, err error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(strings.TrimSpace(string(root)), "src/testing/testing.go")
	src, err = os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	const fail = "func (c *common) Fail() {\n"
	if !bytes.Contains(src, []byte(fail)) {
		return "", nil, fmt.Errorf("%s: no method Fail of common", path)
	}
	return path, bytes.Replace(src, []byte(fail), []byte(fail+"\tos.Exit(1)\n"), 1), nil
}
