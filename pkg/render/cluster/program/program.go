// Package program holds the programs that pods of the cluster run to ask whether its regions
// reach each other: constant files, the same for every topology and user of a version. What
// differs stands in the tables that package cluster writes.
//
// Call Files for all of them; verify.sh says on top what it does.
package program

import (
	"embed"
	"io/fs"
)

// Format is the first line of the tables that verify.sh reads; it refuses any other.
const Format = "kustomize-hybrid verify 1"

// Verify is the program, which needs the others beside it.
const Verify = "verify.sh"

//go:embed *.sh *.awk
var embedded embed.FS

// File is the program or a part of it.
type File struct {
	// Name has no directory: all of them lie beside each other.
	Name string
	Data []byte
}

// Files are all of them, in order of name.
func Files() []File {
	names, err := fs.Glob(embedded, "*")
	if err != nil {
		panic(err) // the pattern is constant
	}
	var files []File
	for _, name := range names {
		data, err := embedded.ReadFile(name)
		if err != nil {
			panic(err) // it has just been listed
		}
		files = append(files, File{name, data})
	}
	return files
}
