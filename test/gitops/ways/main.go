// Command ways goes two of the ways from a topology to a cluster by the tools' own code, for the
// test that compares all ways: see `make one-hash`. The program is found in PATH.
//
//	ways kpt DIR                         renders a package of kpt's in place
//	ways argocd PLUGINS REPOSITORY APP   prints what the plugin of PLUGINS/plugin.yaml makes of a directory of a repository
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/test/gitops"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ways:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	switch {
	case len(args) == 2 && args[0] == "kpt":
		said, err := gitops.KptRender(ctx, args[1])
		if err != nil {
			return fmt.Errorf("%w\n%s", err, said)
		}
		return nil
	case len(args) == 4 && args[0] == "argocd":
		return argocd(ctx, args[1], args[2], args[3])
	}
	return errors.New("kpt DIR, or argocd PLUGINS REPOSITORY APP")
}

func argocd(ctx context.Context, plugins, repository, app string) (err error) {
	dir, err := os.MkdirTemp("", "ways")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sidecar, err := gitops.StartSidecar(plugins, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sidecar.Close()) }()
	found, err := sidecar.Detects(ctx, repository, app)
	if err == nil && !found {
		err = fmt.Errorf("the plugin does not take %s in %s for its own", app, repository)
	}
	if err != nil {
		return err
	}
	manifests, err := sidecar.Generate(ctx, repository, app)
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(manifests, "\n---\n"))
	return nil
}
