package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
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
	resources, err := krusty.MakeKustomizer(buildOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		var function *exec.ExitError
		if errors.As(err, &function) && function.ExitCode() == exitFindings {
			return errFindings // it has said why
		}
		return err
	}
	text, err := resources.AsYaml()
	if err != nil {
		return err
	}
	_, err = c.out.Write(text)
	return err
}

// buildOptions are those of `kustomize build --enable-alpha-plugins --enable-exec`.
// Both are needed: with the first alone kustomize runs no function, prints nothing
// and exits 0 (kustomize#4399).
func buildOptions() *krusty.Options {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as the binary: sortOptions decide
	options.PluginConfig = types.EnabledPluginConfig(types.BploUseStaticallyLinked)
	options.PluginConfig.FnpLoadingOptions.EnableExec = true
	return options
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
