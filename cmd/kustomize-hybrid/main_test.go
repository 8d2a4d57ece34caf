package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kustomize-hybrid": main})
}

// TestScript holds conversations with the program; `make golden` rewrites what it
// says in them.
func TestScript(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE_GOLDEN") != "",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root)
			return writeInputs(root, env.WorkDir)
		},
	})
}

// writeInputs writes into dir what several conversations start from: base.yaml, from which
// most topologies of tests differ, and testdata/input. Then it makes files of those that
// stand there as differences from others.
func writeInputs(root, dir string) error {
	inputs, err := filepath.Glob(filepath.Join(root, "cmd/kustomize-hybrid/testdata/input/*"))
	if err != nil {
		return err
	}
	for _, file := range append(inputs, filepath.Join(root, "pkg/validate/testdata/base.yaml")) {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o666); err != nil {
			return err
		}
	}
	diffs, err := filepath.Glob(filepath.Join(dir, "*.diff"))
	if err != nil {
		return err
	}
	for _, diff := range diffs {
		file := strings.TrimSuffix(diff, ".diff")
		data, err := goldentest.ReadInput(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o666); err != nil {
			return err
		}
	}
	return nil
}
