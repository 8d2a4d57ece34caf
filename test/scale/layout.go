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
	setupProgram = "setup.sh"
	setupSource  = "regions/%s/gateway/" + setupProgram
	// watchTable is the first of the tables in which the watch keeps the routes of what
	// the host sends from, watchTables how many of them the first region has: one for
	// its nodes and one for its pods.
	watchTable  = 5253
	watchTables = 2
	nftTable    = "inet kustomize_hybrid"
)

// install puts the files of the region's first gateway from a tree into dir, as they
// lie on a host, and returns the path of the setup program.
func install(tree, region, dir string) (string, error) {
	program := filepath.Join(dir, setupProgram)
	data, err := os.ReadFile(filepath.Join(tree, fmt.Sprintf(setupSource, region)))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return program, os.WriteFile(program, data, 0o755)
}
