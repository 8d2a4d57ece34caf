package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kustomize-hybrid/kustomize-hybrid"
)

func (c cli) buildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build DIR",
		Short: "Run kustomize build in process, with functions enabled",
		Long: `Builds the kustomization in DIR as 'kustomize build --enable-alpha-plugins --enable-exec'
does, without a kustomize binary, and prints the result.

Functions that the kustomization names run as programs of this user: build only what
you trust. An 'exec' path of kustomize-hybrid finds this very program.`,
		Example: "  kustomize-hybrid build overlays/prod | kubectl apply -f -",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return c.build(args[0]) },
	}
}

func (c cli) build(dir string) error {
	if err := putSelfOnPath(); err != nil {
		return err
	}
	text, err := hybrid.Build(dir)
	if err != nil {
		var function *exec.ExitError
		if errors.As(err, &function) && function.ExitCode() == exitFindings {
			return errFindings // it has said why
		}
		return err
	}
	_, err = c.out.Write(text)
	return err
}

// putSelfOnPath lets `exec: {path: kustomize-hybrid}` find this program, so that a
// build does not depend on how it was installed.
func putSelfOnPath() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return os.Setenv("PATH", filepath.Dir(self)+string(os.PathListSeparator)+os.Getenv("PATH"))
}
