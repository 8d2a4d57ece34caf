//go:build scale

package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// Where the host programs stand in a rendered tree and on a host: the one place to
// change when they move.
const (
	setupProgram = "gateway-setup.sh"
	// watchTable is the first of the tables in which the watch keeps the routes of what
	// the host sends from, watchTables how many of them the first region has: one for
	// its nodes and one for its pods.
	watchTable  = 5253
	watchTables = 2
	nftTable    = "inet kustomize_hybrid"
)

// install puts what the region's gateways get from a tree into dir, as it lies on a
// host, and returns the path of the setup program.
func install(tree, region, dir string) (string, error) {
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(tree, "host"))); err != nil {
		return "", err
	}
	for _, file := range []string{"fleet.tables", fmt.Sprintf("regions/%s/gateway/tables", region)} {
		data, err := os.ReadFile(filepath.Join(tree, file))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), data, 0o644); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, setupProgram), nil
}
